//! The submodules of a history, and where their repositories are.
//!
//! Names and paths come from the repository, which is not trusted: a path out of it is not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::git::ReadObjects;
use crate::git::attribution::BlobHistory;
use crate::git::env::path_from_bytes;
use crate::git::odb::tree;
use crate::model::{RepoPath, Unscanned, UnscannedKind};

use super::view::RepoView;

/// A path at which a commit has a submodule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Submodule {
    /// The path in the repository.
    pub path: Vec<u8>,
    /// Whether HEAD has the submodule there.
    pub at_head: bool,
}

impl Submodule {
    /// Returns all submodules of a history, sorted by path.
    pub(crate) fn from_history(history: &BlobHistory) -> Vec<Submodule> {
        let introductions = history.introduction.iter().chain(&history.later_introductions);
        let paths: BTreeSet<&Vec<u8>> =
            introductions.flat_map(|introduction| &introduction.paths).map(|(path, _)| path).collect();
        let at_head = |path: &Vec<u8>| history.head_paths.binary_search(path).is_ok();
        paths.into_iter().map(|path| Submodule { path: path.clone(), at_head: at_head(path) }).collect()
    }

    /// Returns the entry for a submodule whose repository is not cloned; `path` includes that of the submodules
    /// around it. The run stays complete if only old commits have the submodule: it may not exist anywhere anymore.
    pub(crate) fn unscanned_without_repo(&self, path: &[u8]) -> Unscanned {
        let (kind, reason) = match self.at_head {
            true => (UnscannedKind::Missing, "a submodule whose repository is not cloned"),
            false => {
                (UnscannedKind::Elsewhere, "a submodule of older commits, whose repository is not cloned")
            }
        };
        let what = RepoPath::new(path).to_text();
        let remedy = Some("git submodule update --init --recursive".to_owned()).filter(|_| self.at_head);
        Unscanned { kind, what, reason: reason.to_owned(), remedy }
    }
}

/// Where the repositories of one repository's submodules can be.
pub(crate) struct SubmoduleRepos {
    work_tree: Option<PathBuf>,
    /// Folders with one repository per submodule name.
    modules: Vec<PathBuf>,
    /// Submodule names by path, from `.gitmodules`.
    names: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl SubmoduleRepos {
    /// Reads `.gitmodules` of HEAD and of the work tree.
    pub(crate) fn new(view: &RepoView) -> SubmoduleRepos {
        let repo = &view.repo;
        let work_tree = repo.work_tree().map(Path::to_path_buf);
        let at_head = gitmodules_at_head(view).unwrap_or_default();
        let in_work_tree = work_tree.as_ref().and_then(|dir| read_regular(&dir.join(".gitmodules")));
        // The entries of the work tree come last and win.
        let names =
            [at_head, in_work_tree.unwrap_or_default()].iter().flat_map(|text| parse_names(text)).collect();
        let mut modules = vec![repo.git_dir().join("modules"), repo.common_dir().join("modules")];
        modules.dedup();
        SubmoduleRepos { work_tree, modules, names }
    }

    /// Returns the repository of the submodule at `path`: its work tree, or its folder in `.git/modules`.
    pub(crate) fn find(&self, path: &[u8]) -> Option<PathBuf> {
        let checked_out = self.work_tree.iter().filter_map(|dir| join_without_links(dir, &inner_path(path)?));
        let checked_out = checked_out.filter(|dir| dir.join(".git").exists());
        let names = self.names.get(path).into_iter().map(Vec::as_slice).chain([path]);
        let kept =
            names.flat_map(|name| self.modules.iter().filter_map(|dir| Some(dir.join(inner_path(name)?))));
        checked_out.chain(kept.filter(|dir| dir.join("HEAD").is_file())).next()
    }
}

/// Returns the path, unless a component of it is empty, `.`, `..` or `.git`.
fn inner_path(path: &[u8]) -> Option<PathBuf> {
    let down = path.split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".." | b".git"));
    down.then(|| path_from_bytes(path))
}

/// Returns the path below `dir`, unless it contains a symbolic link: a checked-out link could point anywhere.
fn join_without_links(dir: &Path, path: &Path) -> Option<PathBuf> {
    let real = dir.canonicalize().ok()?.join(path);
    (real.canonicalize().ok()? == real).then(|| dir.join(path))
}

/// Reads a file; `None` if it cannot be read or is no regular file, such as a named pipe.
fn read_regular(path: &Path) -> Option<Vec<u8>> {
    path.is_file().then(|| fs::read(path).ok()).flatten()
}

fn gitmodules_at_head(view: &RepoView) -> Option<Vec<u8>> {
    let head = view.repo.head().ok()??;
    let root = view.tree_of(&head).ok()?;
    let data = tree::read_tree(&view.objects, &root).ok()?;
    let mut entries = tree::entries(&data, root.as_bytes().len()).map_while(Result::ok);
    let entry = entries.find(|entry| entry.name == b".gitmodules" && entry.mode.is_blob())?;
    view.objects.read(&entry.id).ok().map(|object| object.data)
}

/// Returns path and name of each submodule in a `.gitmodules` file, in the syntax that git writes.
fn parse_names(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut names = Vec::new();
    let mut name: Option<Vec<u8>> = None;
    for line in text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
        if line.starts_with(b"[") {
            let section = line.strip_prefix(b"[submodule \"").and_then(|line| line.strip_suffix(b"\"]"));
            name = section.map(unescaped);
        } else if let (Some(name), Some(value)) = (&name, line.strip_prefix(b"path")) {
            let value = value.trim_ascii().strip_prefix(b"=").map(<[u8]>::trim_ascii);
            names.extend(value.map(|value| (unescaped(unquoted(value)), name.clone())));
        }
    }
    names
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.iter();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next()),
            byte => plain.push(byte),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_read_as_git_writes_them() {
        let text = b"[core]\n\tpath = no\n[submodule \"a \\\"b\\\"\"]\n\turl = x\n\tpath = libs/a\n\
                     [submodule \"c\"]\n  path=\"with # sign\"\n[submodule \"none\"]\n";
        let expected = [(&b"libs/a"[..], &b"a \"b\""[..]), (b"with # sign", b"c")];
        let expected: Vec<_> = expected.map(|(path, name)| (path.to_vec(), name.to_vec())).into();
        assert_eq!(parse_names(text), expected);
    }

    #[test]
    fn paths_out_of_the_repository_are_rejected() {
        for path in [&b"../x"[..], b"a/../../x", b"/etc", b"a//b", b"", b".git/modules/x", b"."] {
            assert_eq!(inner_path(path), None, "{}", String::from_utf8_lossy(path));
        }
        assert_eq!(inner_path(b"libs/a"), Some(PathBuf::from("libs/a")));
    }
}
