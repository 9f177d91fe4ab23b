//! Submodules of a history, and where their repositories are.
//!
//! The names and paths come from whoever wrote the repository: one that leads out of it is not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::git::ReadObjects;
use crate::git::attribution::BlobHistory;
use crate::git::env::path_from_bytes;
use crate::git::odb::tree;
use crate::model::{Coverage, CoverageKind, RepoPath};

use super::view;
use super::view::RepoView;

/// A place where a commit has or had a submodule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Its path in the repository.
    pub path: Vec<u8>,
    /// Whether HEAD has it there.
    pub at_head: bool,
}

impl Submodule {
    /// All that history knows of, sorted by path.
    pub fn all(known: &BlobHistory) -> Vec<Submodule> {
        let introductions = known.introduction.iter().chain(&known.later);
        let paths: BTreeSet<&Vec<u8>> =
            introductions.flat_map(|introduction| &introduction.paths).map(|(path, _)| path).collect();
        let at_head = |path: &Vec<u8>| known.head_paths.binary_search(path).is_ok();
        paths.into_iter().map(|path| Submodule { path: path.clone(), at_head: at_head(path) }).collect()
    }

    /// That the one at `path` was not read, because nobody asked for it.
    pub fn said(path: Vec<u8>) -> Coverage {
        view::submodule(&path)
    }

    /// That it was asked for and its repository is not there; `path` is its full one. One that only old commits
    /// have is no gap: there may be nowhere left to fetch it from.
    pub fn not_there(&self, path: &[u8]) -> Coverage {
        let (kind, reason) = match self.at_head {
            true => (CoverageKind::Missing, "a submodule whose repository is not here"),
            false => (CoverageKind::Elsewhere, "a submodule of older commits, whose repository is not here"),
        };
        let what = RepoPath::new(path).to_text();
        let remedy = Some("git submodule update --init --recursive".to_owned()).filter(|_| self.at_head);
        Coverage { kind, what, reason: reason.to_owned(), remedy }
    }
}

/// Where the repositories of one repository's submodules can be.
pub struct Submodules {
    work_tree: Option<PathBuf>,
    /// Folders of repositories by the submodule's name.
    modules: Vec<PathBuf>,
    /// Names by path, as `.gitmodules` says.
    names: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Submodules {
    /// Those of the repository.
    pub fn of(view: &RepoView) -> Submodules {
        let repo = &view.repo;
        let work_tree = repo.work_tree().map(Path::to_path_buf);
        let at_head = gitmodules_at_head(view).unwrap_or_default();
        let here = work_tree.as_ref().and_then(|dir| fs::read(dir.join(".gitmodules")).ok());
        // What is checked out comes last and holds.
        let names = [at_head, here.unwrap_or_default()].iter().flat_map(|text| names(text)).collect();
        let mut modules = vec![repo.git_dir().join("modules"), repo.common_dir().join("modules")];
        modules.dedup();
        Submodules { work_tree, modules, names }
    }

    /// The repository of the submodule at `path`: the one that is checked out there, or the one that git keeps
    /// for it.
    pub fn repository(&self, path: &[u8]) -> Option<PathBuf> {
        let checked_out = self.work_tree.iter().filter_map(|dir| without_links(dir, &inside(path)?));
        let checked_out = checked_out.filter(|dir| dir.join(".git").exists());
        let names = self.names.get(path).into_iter().map(Vec::as_slice).chain([path]);
        let kept = names.flat_map(|name| self.modules.iter().filter_map(|dir| Some(dir.join(inside(name)?))));
        checked_out.chain(kept.filter(|dir| dir.join("HEAD").is_file())).next()
    }
}

/// The path, unless it leads anywhere but down.
fn inside(path: &[u8]) -> Option<PathBuf> {
    let down = path.split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".." | b".git"));
    down.then(|| path_from_bytes(path))
}

/// The path below `dir`, unless a link in it may lead elsewhere: what is checked out is another's choice too.
fn without_links(dir: &Path, path: &Path) -> Option<PathBuf> {
    let real = dir.canonicalize().ok()?.join(path);
    (real.canonicalize().ok()? == real).then(|| dir.join(path))
}

fn gitmodules_at_head(view: &RepoView) -> Option<Vec<u8>> {
    let head = view.repo.head().ok()??;
    let root = view.tree_of(&head).ok()?;
    let data = tree::read_tree(&view.objects, &root).ok()?;
    let mut entries = tree::entries(&data, root.as_bytes().len()).map_while(Result::ok);
    let entry = entries.find(|entry| entry.name == b".gitmodules" && entry.mode.is_blob())?;
    view.objects.read(&entry.id).ok().map(|object| object.data)
}

/// Path and name of each submodule. Understands what git writes there.
fn names(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
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
        assert_eq!(names(text), expected);
    }

    #[test]
    fn no_path_leads_out() {
        for path in [&b"../x"[..], b"a/../../x", b"/etc", b"a//b", b"", b".git/modules/x", b"."] {
            assert_eq!(inside(path), None, "{}", String::from_utf8_lossy(path));
        }
        assert_eq!(inside(b"libs/a"), Some(PathBuf::from("libs/a")));
    }
}
