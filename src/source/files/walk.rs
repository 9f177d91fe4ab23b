//! The tasks of a walk: lists one directory at a time, and decides which of its entries are read.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::{ContentKind, RepoPath};
use crate::source::unscanned::unfetched_submodule;

use super::directory::Directory;
use super::queue::Work;
use super::reader::Reader;
use super::visitor::{File, FileVisitor, special_kind, unreadable, unscanned_special};
use super::work_tree;

/// Most files of one directory that one task reads.
const BATCH: usize = 64;

/// The unit of work of a thread.
pub(super) enum Task {
    /// Reads a file that was given by name.
    File {
        /// The real path.
        path: PathBuf,
        file: File,
    },
    /// Lists a directory.
    Directory(Arc<Directory>),
    /// Reads some files of a directory.
    Files(Arc<Directory>, Vec<(OsString, ContentKind)>),
}

impl Task {
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Task::File { .. })
    }
}

impl<V: FileVisitor> Work<Reader<'_, V>> for Task {
    fn run(self, reader: &mut Reader<'_, V>, add: &mut dyn FnMut(Vec<Task>)) {
        match self {
            Task::File { path, file } => reader.read(&path, file),
            Task::Directory(directory) => walk(&directory, reader, add),
            Task::Files(directory, names) => reader.read_all(&directory, &names),
        }
    }
}

fn walk<V: FileVisitor>(
    directory: &Arc<Directory>,
    reader: &mut Reader<'_, V>,
    add: &mut dyn FnMut(Vec<Task>),
) {
    let unreadable_directory = |error: &io::Error| {
        let path = directory.prefix.strip_suffix(b"/").unwrap_or(b".");
        unreadable(RepoPath::new(path).to_text(), error)
    };
    let mut entries = Vec::new();
    match fs::read_dir(&directory.path) {
        Err(error) => return reader.visitor.unscanned(unreadable_directory(&error)),
        Ok(found) => {
            for entry in found {
                match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => reader.visitor.unscanned(unreadable_directory(&error)),
                }
            }
        }
    }
    let git = if directory.no_ignore {
        None
    } else {
        let has = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
        let nested = has(".git").then(|| {
            let mut unscanned = |entry| reader.visitor.unscanned(entry);
            work_tree::nested_at(&directory.path, directory.git.as_deref(), &mut unscanned)
        });
        nested.flatten().or_else(|| directory.git.clone())
    };
    let is_fetched = entries.iter().any(|(name, _)| name == ".git");
    if !is_fetched && directory.git.as_ref().is_some_and(|folder| folder.is_submodule) {
        let path = directory.prefix.strip_suffix(b"/").unwrap_or(b".");
        reader.visitor.unscanned(unfetched_submodule(path));
    }
    let mut tasks = Vec::new();
    let mut files = Vec::new();
    for (name, kind) in entries {
        // The repository itself, or the file with the location of a submodule's.
        if name == ".git" {
            continue;
        }
        if kind.is_dir() {
            let path = directory.path.join(&name);
            let git = match &git {
                None => None,
                Some(git) => match git.enter(&name, &path) {
                    Some(below) => Some(below),
                    None => continue,
                },
            };
            let below = |prefix: &[u8]| [prefix, name.as_encoded_bytes(), b"/"].concat();
            tasks.push(Task::Directory(Arc::new(Directory {
                path,
                prefix: below(&directory.prefix),
                policy_prefix: below(&directory.policy_prefix),
                no_ignore: directory.no_ignore,
                git,
            })));
        } else if git.as_ref().is_some_and(|git| !git.contains(&name)) {
            continue;
        } else if let Some(kind) = special_kind(kind) {
            if reader.visitor.should_read(&directory.file_policy_path(&name)) {
                reader.visitor.unscanned(unscanned_special(directory.file_path(&name).to_text(), kind));
            }
        } else {
            files.push((name, if kind.is_symlink() { ContentKind::Symlink } else { ContentKind::File }));
        }
    }
    for entry in git.iter().flat_map(|git| git.take_problems()) {
        reader.visitor.unscanned(entry);
    }
    // A large directory is shared by several threads.
    while files.len() > BATCH {
        tasks.push(Task::Files(Arc::clone(directory), files.split_off(files.len() - BATCH)));
    }
    add(tasks);
    reader.read_all(directory, &files);
}
