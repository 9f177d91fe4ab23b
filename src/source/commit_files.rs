//! The files of one commit, read without a checkout: the policy as it was before a change.
//!
//! Symbolic links are followed as in a checkout, as long as their targets are in the tree.

use crate::git::odb::object::not_a_file;
use crate::git::odb::store::ObjectStore;
use crate::git::odb::tree;
use crate::git::odb::tree::{Mode, lookup};
use crate::git::{Kind, ObjectError, Oid, ReadObjects};

use super::view::RepoView;

/// Most symbolic links that are followed for one path, as in the file system.
const MAX_LINKS: usize = 40;

/// One commit's tree.
#[derive(Clone, Copy)]
pub(crate) struct CommitFiles<'v> {
    objects: &'v ObjectStore,
    commit: Oid,
    root: Oid,
}

impl<'v> CommitFiles<'v> {
    /// Returns the files of `commit`.
    ///
    /// # Errors
    ///
    /// If the commit cannot be read.
    pub(crate) fn new(view: &'v RepoView, commit: Oid) -> Result<CommitFiles<'v>, ObjectError> {
        Ok(CommitFiles { objects: &view.objects, commit, root: view.tree_of(&commit)? })
    }

    /// Returns the commit's id.
    pub(crate) fn commit(&self) -> &Oid {
        &self.commit
    }

    /// Returns the content of the file at `path`; `None` if there is no file.
    ///
    /// # Errors
    ///
    /// If an object on the path cannot be read.
    pub(crate) fn read(&self, path: &[u8]) -> Result<Option<Vec<u8>>, ObjectError> {
        let mut path = path.to_vec();
        for _ in 0..MAX_LINKS {
            let Some((mode, id)) = self.entry(&path)? else { return Ok(None) };
            if !mode.is_blob() {
                return Ok(None);
            }
            let object = self.objects.read(&id)?;
            if object.kind != Kind::Blob {
                return Err(not_a_file(id));
            }
            if mode != Mode::Symlink {
                return Ok(Some(object.data));
            }
            let folder = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
            let is_relative = |target: &Vec<u8>| !target.is_empty() && !object.data.starts_with(b"/");
            match normalize_path(&[&path[..folder], &object.data].concat()).filter(is_relative) {
                Some(target) => path = target,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Returns the tree entry at `path`. Links are not followed.
    ///
    /// # Errors
    ///
    /// If a tree on the path cannot be read.
    pub(crate) fn entry(&self, path: &[u8]) -> Result<Option<(Mode, Oid)>, ObjectError> {
        lookup(self.objects, &self.root, path)
    }

    /// Returns the paths of all files below the folder at `path`, sorted; `None` if there is no folder. The list ends
    /// early, and is not complete, after `most` files and folders: few trees can contain each other many times.
    ///
    /// # Errors
    ///
    /// If a tree below `path` cannot be read.
    pub(crate) fn files_below(&self, path: &[u8], most: usize) -> Result<Option<FileList>, ObjectError> {
        let mut open = match self.entry(path)? {
            Some((Mode::Tree, id)) => vec![(path.to_vec(), id)],
            _ => return Ok(None),
        };
        let mut files = Vec::new();
        let mut read = 0;
        while let Some((folder, id)) = open.pop() {
            read += 1;
            if read + open.len() + files.len() > most {
                return Ok(Some(FileList { paths: files, is_complete: false }));
            }
            let data = tree::read_tree(self.objects, &id)?;
            for entry in tree::entries(&data, id.as_bytes().len()) {
                let entry = entry.map_err(|error| ObjectError::Corrupt { id, why: error.to_string() })?;
                let separator = if folder.is_empty() { &b""[..] } else { b"/" };
                let path = [&folder, separator, entry.name].concat();
                match entry.mode {
                    Mode::Tree => open.push((path, entry.id)),
                    mode if mode.is_blob() => files.push(path),
                    _ => {}
                }
            }
        }
        files.sort();
        Ok(Some(FileList { paths: files, is_complete: true }))
    }
}

/// Files below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileList {
    /// Their paths, sorted if the list is complete.
    pub(crate) paths: Vec<Vec<u8>>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

/// Returns `path` without `.` and `..`; `None` if it leaves the tree or is absolute.
pub(crate) fn normalize_path(path: &[u8]) -> Option<Vec<u8>> {
    let mut names: Vec<&[u8]> = Vec::new();
    if path.starts_with(b"/") {
        return None;
    }
    for name in path.split(|&byte| byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join(&b'/'))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn files_links_and_folders_of_a_commit() {
        let test = TestRepo::new();
        test.write("a/b/file", "old");
        std::os::unix::fs::symlink("../a/./b/file", test.path().join("a/up")).expect("linked");
        std::os::unix::fs::symlink("b/file", test.path().join("a/link")).expect("linked");
        std::os::unix::fs::symlink("../../etc/passwd", test.path().join("out")).expect("linked");
        std::os::unix::fs::symlink("loop", test.path().join("loop")).expect("linked");
        let id = test.commit_all("one");
        test.write("a/b/file", "new");
        let view = RepoView::discover(test.path(), u64::MAX).expect("a repository");
        let commit = Oid::from_hex(id.as_bytes()).expect("an id");
        let files = CommitFiles::new(&view, commit).expect("a commit");
        let read = |path: &[u8]| files.read(path).expect("readable");
        for path in ["a/b/file", "a/link", "a/up"] {
            assert_eq!(read(path.as_bytes()).as_deref(), Some(&b"old"[..]), "{path}");
        }
        for path in ["a", "a/b", "gone", "a/b/file/x", "out", "loop", ""] {
            assert_eq!(read(path.as_bytes()), None, "{path}");
        }
        let below = |most| files.files_below(b"a", most).expect("readable").expect("a folder");
        assert_eq!(below(9).paths, [&b"a/b/file"[..], b"a/link", b"a/up"]);
        assert!(below(9).is_complete && !below(2).is_complete);
        assert_eq!(files.files_below(b"out", 9).expect("readable"), None);
        assert_eq!(normalize_path(b"./a//b/../c").as_deref(), Some(&b"a/c"[..]));
        assert_eq!((normalize_path(b"a/../.."), normalize_path(b"/a")), (None, None));
    }
}
