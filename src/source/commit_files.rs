//! The files of one commit, read without a checkout: policy as it was before a change.
//!
//! Links are followed as a checkout would, as far as they stay in the tree.

use crate::git::odb::store::ObjectStore;
use crate::git::odb::tree;
use crate::git::odb::tree::{Mode, lookup};
use crate::git::{Kind, ObjectError, Oid, ReadObjects};

use super::view::RepoView;

/// More links in a row than this lead nowhere, as in the file system.
const MAX_LINKS: usize = 40;

/// One commit's tree.
#[derive(Clone, Copy)]
pub struct CommitFiles<'v> {
    objects: &'v ObjectStore,
    commit: Oid,
    root: Oid,
}

impl<'v> CommitFiles<'v> {
    /// The files of `commit`.
    pub fn new(view: &'v RepoView, commit: Oid) -> Result<CommitFiles<'v>, ObjectError> {
        Ok(CommitFiles { objects: &view.objects, commit, root: view.tree_of(&commit)? })
    }

    /// The commit.
    pub fn commit(&self) -> &Oid {
        &self.commit
    }

    /// The content of the file at `path`; `None` when there is no file.
    pub fn read(&self, path: &[u8]) -> Result<Option<Vec<u8>>, ObjectError> {
        let mut path = path.to_vec();
        for _ in 0..MAX_LINKS {
            let Some((mode, id)) = self.entry(&path)? else { return Ok(None) };
            if !mode.is_blob() {
                return Ok(None);
            }
            let object = self.objects.read(&id)?;
            if object.kind != Kind::Blob {
                return Err(ObjectError::Corrupt { id, why: "used as a file, but is none".to_owned() });
            }
            if mode != Mode::Symlink {
                return Ok(Some(object.data));
            }
            let folder = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
            let inside = |target: &Vec<u8>| !target.is_empty() && !object.data.starts_with(b"/");
            match normal(&[&path[..folder], &object.data].concat()).filter(inside) {
                Some(target) => path = target,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What stands at `path`: links are not followed.
    pub fn entry(&self, path: &[u8]) -> Result<Option<(Mode, Oid)>, ObjectError> {
        lookup(self.objects, &self.root, path)
    }

    /// The paths of all files below the folder at `path`, sorted; `None` when there is no folder.
    pub fn files_below(&self, path: &[u8]) -> Result<Option<Vec<Vec<u8>>>, ObjectError> {
        let mut open = match self.entry(path)? {
            Some((Mode::Tree, id)) => vec![(path.to_vec(), id)],
            _ => return Ok(None),
        };
        let mut files = Vec::new();
        while let Some((folder, id)) = open.pop() {
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
        Ok(Some(files))
    }
}

/// `path` without `.` and `..`; `None` when it leaves the tree or begins at the root of the file system.
pub fn normal(path: &[u8]) -> Option<Vec<u8>> {
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
        let view = RepoView::at(test.path(), u64::MAX).expect("a repository");
        let commit = Oid::from_hex(id.as_bytes()).expect("an id");
        let files = CommitFiles::new(&view, commit).expect("a commit");
        let read = |path: &[u8]| files.read(path).expect("readable");
        for path in ["a/b/file", "a/link", "a/up"] {
            assert_eq!(read(path.as_bytes()).as_deref(), Some(&b"old"[..]), "{path}");
        }
        for path in ["a", "a/b", "gone", "a/b/file/x", "out", "loop", ""] {
            assert_eq!(read(path.as_bytes()), None, "{path}");
        }
        let below = files.files_below(b"a").expect("readable").expect("a folder");
        assert_eq!(below, [&b"a/b/file"[..], b"a/link", b"a/up"]);
        assert_eq!(files.files_below(b"out").expect("readable"), None);
        assert_eq!(normal(b"./a//b/../c").as_deref(), Some(&b"a/c"[..]));
        assert_eq!((normal(b"a/../.."), normal(b"/a")), (None, None));
    }
}
