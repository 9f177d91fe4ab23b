//! The environment variables with which git describes the repository to a hook (git(1), "ENVIRONMENT VARIABLES").
//!
//! They are captured once into a value, so that everything else in `git` is a function of its arguments.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::odb::oid::Oid;
use super::quote::unquote;

/// The repository according to the environment. Relative paths are kept unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GitEnv {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: a temporary index under `git commit -a` and `git commit PATH`.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: the quarantine directory in a `pre-receive` or `update` hook.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, a list.
    pub alternates: Option<OsString>,
    /// `GIT_SHALLOW_FILE`: set while a shallow push is received.
    pub shallow_file: Option<PathBuf>,
    /// `GIT_CEILING_DIRECTORIES`, a list: directories at which the search for a repository ends.
    pub ceiling_dirs: Option<OsString>,
    /// `GIT_CONFIG_GLOBAL`: a replacement for the user's configuration file.
    pub config_global: Option<PathBuf>,
    /// The ids in the names of the `GITHEAD_…` variables: the commits that `git merge` is merging. They are the only
    /// source of these ids for its pre-merge-commit hook, because `MERGE_HEAD` is written later.
    pub merge_heads: Vec<Oid>,
}

impl GitEnv {
    /// Reads the environment of the process. Empty variables are treated as unset, as in git.
    #[allow(clippy::disallowed_methods, reason = "the one place of this folder that reads the environment")]
    pub(crate) fn capture() -> GitEnv {
        let get = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let path = |name| get(name).map(PathBuf::from);
        GitEnv {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY"),
            alternates: get("GIT_ALTERNATE_OBJECT_DIRECTORIES"),
            shallow_file: path("GIT_SHALLOW_FILE"),
            ceiling_dirs: get("GIT_CEILING_DIRECTORIES"),
            config_global: path("GIT_CONFIG_GLOBAL"),
            merge_heads: merge_heads(std::env::vars_os().map(|(name, _)| name)),
        }
    }

    /// The alternates as paths; relative ones are resolved against `base`. An entry in double quotes has git's
    /// backslash escapes: receive hooks get such lists when a path contains a separator.
    pub(super) fn alternate_dirs(&self, base: &Path) -> Vec<PathBuf> {
        let Some(list) = &self.alternates else { return Vec::new() };
        let separator = if cfg!(windows) { b';' } else { b':' };
        split_quoted(list.as_encoded_bytes(), separator)
            .into_iter()
            .filter(|entry| !entry.is_empty())
            .map(|entry| base.join(path_from_bytes(&entry)))
            .collect()
    }
}

fn merge_heads(names: impl Iterator<Item = OsString>) -> Vec<Oid> {
    let id = |name: OsString| Oid::from_hex(name.as_encoded_bytes().strip_prefix(b"GITHEAD_")?);
    let mut ids: Vec<Oid> = names.filter_map(id).collect();
    ids.sort_unstable();
    ids
}

/// Converts a path from the bytes that git stores. On platforms whose paths are not bytes, invalid UTF-8 is replaced.
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// Splits a list into its entries. An entry with malformed quotes is taken literally, as in git.
fn split_quoted(list: &[u8], separator: u8) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let (mut entry, tail) = unquote(rest).unwrap_or((Vec::new(), rest));
        let end = memchr::memchr(separator, tail).unwrap_or(tail.len());
        entry.extend_from_slice(&tail[..end]);
        rest = tail.get(end + 1..).unwrap_or_default();
        entries.push(entry);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn alternates_split_at_separators_outside_quotes() {
        let env =
            GitEnv { alternates: Some("/a:b/c::\"/d:\\\"\\303\\274\\n\":e".into()), ..GitEnv::default() };
        let dirs = env.alternate_dirs(Path::new("/base"));
        let expected = ["/a", "/base/b/c", "/d:\"ü\n", "/base/e"].map(PathBuf::from);
        assert_eq!(dirs, expected);
    }

    #[test]
    fn malformed_quotes_are_taken_literally() {
        for list in ["\"", "\"\\", "\"\\3", "\"a"] {
            assert_eq!(split_quoted(list.as_bytes(), b':'), [list.as_bytes()]);
        }
    }
}
