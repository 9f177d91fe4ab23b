//! The variables by which git tells a hook where to look.
//!
//! Captured once into a value, so that everything else in `git` is a function of its arguments.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::odb::oid::Oid;
use super::quote::unquote;

/// What the environment says about the repository. Relative paths are kept as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitEnv {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: a temporary index under `git commit -a` and `git commit PATH`.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: the quarantine in a receiving hook.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, a list.
    pub alternates: Option<OsString>,
    /// `GIT_SHALLOW_FILE`: set while a shallow push is received.
    pub shallow_file: Option<PathBuf>,
    /// `GIT_CEILING_DIRECTORIES`, a list: where the search upwards ends.
    pub ceilings: Option<OsString>,
    /// `GIT_CONFIG_GLOBAL`: replaces the user's configuration file.
    pub config_global: Option<PathBuf>,
    /// The ids in the names of `GITHEAD_…`: what `git merge` is merging. Its pre-merge-commit hook
    /// learns that from nowhere else, since `MERGE_HEAD` is written later.
    pub merging: Vec<Oid>,
}

impl GitEnv {
    /// Reads the process environment; empty variables count as unset, as in git.
    #[allow(clippy::disallowed_methods, reason = "the one place of this folder that reads the environment")]
    pub fn capture() -> GitEnv {
        let get = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let path = |name| get(name).map(PathBuf::from);
        GitEnv {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY"),
            alternates: get("GIT_ALTERNATE_OBJECT_DIRECTORIES"),
            shallow_file: path("GIT_SHALLOW_FILE"),
            ceilings: get("GIT_CEILING_DIRECTORIES"),
            config_global: path("GIT_CONFIG_GLOBAL"),
            merging: merging(std::env::vars_os().map(|(name, _)| name)),
        }
    }

    /// The alternates as paths, relative ones below `base`. An entry in double quotes has git's
    /// backslash escapes, since receiving hooks get such lists for paths that hold a separator.
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

fn merging(names: impl Iterator<Item = OsString>) -> Vec<Oid> {
    let id = |name: OsString| Oid::from_hex(name.as_encoded_bytes().strip_prefix(b"GITHEAD_")?);
    let mut ids: Vec<Oid> = names.filter_map(id).collect();
    ids.sort_unstable();
    ids
}

/// A path of the bytes that git stores. Where paths are not bytes, invalid UTF-8 is replaced.
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

/// The entries of a list. One in quotes that are malformed is taken as it stands, like git does.
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
        let want = ["/a", "/base/b/c", "/d:\"ü\n", "/base/e"].map(PathBuf::from);
        assert_eq!(dirs, want);
    }

    #[test]
    fn malformed_quotes_are_taken_as_they_stand() {
        for list in ["\"", "\"\\", "\"\\3", "\"a"] {
            assert_eq!(split_quoted(list.as_bytes(), b':'), [list.as_bytes()]);
        }
    }
}
