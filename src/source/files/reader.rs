//! Opens files for a visitor.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::model::ContentKind;
use crate::source::paths::path_bytes;

use super::directory::Directory;
use super::visitor::{File, FileVisitor, unreadable};

/// Opens files for its visitor; one per thread.
pub(super) struct Reader<'w, V> {
    pub(super) visitor: V,
    /// The real paths of files that a thread has read or skipped, if roots overlap.
    seen: Option<&'w Mutex<HashSet<PathBuf>>>,
    /// Buffer for the path of the current file.
    path: PathBuf,
}

impl<'w, V: FileVisitor> Reader<'w, V> {
    pub(super) fn new(visitor: V, seen: Option<&'w Mutex<HashSet<PathBuf>>>) -> Reader<'w, V> {
        Reader { visitor, seen, path: PathBuf::new() }
    }

    /// Reads some files of a directory.
    pub(super) fn read_all(&mut self, directory: &Directory, names: &[(OsString, ContentKind)]) {
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        path.push(&directory.path);
        for (name, content_kind) in names {
            path.push(name);
            let policy_path = directory.file_policy_path(name);
            if self.is_first_visit(&path) && self.visitor.should_read(&policy_path) {
                let content_kind = *content_kind;
                self.open(&path, File { path: directory.file_path(name), policy_path, content_kind });
            }
            path.pop();
        }
        self.path = path;
    }

    /// Reads one file.
    pub(super) fn read(&mut self, path: &Path, file: File) {
        if self.is_first_visit(path) && self.visitor.should_read(&file.policy_path) {
            self.open(path, file);
        }
    }

    fn is_first_visit(&self, path: &Path) -> bool {
        let Some(seen) = self.seen else { return true };
        seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(path.to_path_buf())
    }

    fn open(&mut self, path: &Path, file: File) {
        let opened = match file.content_kind {
            ContentKind::Symlink => fs::read_link(path).map(|target| Content::Target(path_bytes(&target))),
            _ => fs::File::open(path).map(Content::File),
        };
        match opened {
            Ok(Content::Target(target)) => self.visitor.visit(file, &mut target.as_slice()),
            Ok(Content::File(mut content)) => self.visitor.visit(file, &mut content),
            Err(error) => self.visitor.unscanned(unreadable(file.path.to_text(), &error)),
        }
    }
}

enum Content {
    File(fs::File),
    /// The target path of a symbolic link.
    Target(Vec<u8>),
}
