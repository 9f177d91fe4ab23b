//! One directory at a time: what is in it, and what of that is read.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::{Carrier, RepoPath};

use super::queue::Work;
use super::work_tree;
use super::work_tree::Folder;
use super::{File, Reader, Receiver, unreadable};

/// How many files of one directory are read by one thread in a row.
const BATCH: usize = 64;

/// A directory to walk.
pub(super) struct Directory {
    /// Its real path.
    pub(super) path: PathBuf,
    /// What comes before the names in it where people read them, with a `/` at the end or empty.
    pub(super) shown: Vec<u8>,
    /// The same for configuration and rules.
    pub(super) place: Vec<u8>,
    /// Whether everything is read, whatever git thinks of it.
    pub(super) no_ignore: bool,
    /// What git thinks of it, where it has a say.
    pub(super) git: Option<Arc<Folder>>,
}

/// What a thread does in one go.
pub(super) enum Task {
    /// Read a file that was given by name.
    File {
        path: PathBuf,
        file: File,
    },
    Directory(Arc<Directory>),
    /// Read some files of a directory.
    Files(Arc<Directory>, Vec<(OsString, Carrier)>),
}

impl Task {
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Task::File { .. })
    }
}

impl<R: Receiver> Work<Reader<'_, R>> for Task {
    fn run(self, reader: &mut Reader<'_, R>, add: &mut dyn FnMut(Vec<Task>)) {
        match self {
            Task::File { path, file } => reader.read(&path, file),
            Task::Directory(directory) => walk(&directory, reader, add),
            Task::Files(directory, names) => reader.read_in(&directory, &names),
        }
    }
}

fn walk<R: Receiver>(directory: &Arc<Directory>, reader: &mut Reader<'_, R>, add: &mut dyn FnMut(Vec<Task>)) {
    let refused = |error: &io::Error| {
        let shown = directory.shown.strip_suffix(b"/").unwrap_or(b".");
        unreadable(RepoPath::new(shown).to_text(), error)
    };
    let mut entries = Vec::new();
    match fs::read_dir(&directory.path) {
        Err(error) => return reader.receiver.gap(refused(&error)),
        Ok(found) => {
            for entry in found {
                match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => reader.receiver.gap(refused(&error)),
                }
            }
        }
    }
    let git = if directory.no_ignore {
        None
    } else {
        let has = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
        let nested = has(".git").then(|| {
            work_tree::at(&directory.path, directory.git.as_deref(), &mut |gap| reader.receiver.gap(gap))
        });
        nested.flatten().or_else(|| directory.git.clone())
    };
    let mut tasks = Vec::new();
    let mut files = Vec::new();
    for (name, kind) in entries {
        // The repository itself, or where a submodule's is.
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
            let within = |prefix: &[u8]| [prefix, name.as_encoded_bytes(), b"/"].concat();
            let (shown, place) = (within(&directory.shown), within(&directory.place));
            let no_ignore = directory.no_ignore;
            tasks.push(Task::Directory(Arc::new(Directory { path, shown, place, no_ignore, git })));
        } else if (kind.is_file() || kind.is_symlink()) && git.as_ref().is_none_or(|git| git.counts(&name)) {
            files.push((name, if kind.is_symlink() { Carrier::Symlink } else { Carrier::File }));
        }
    }
    // A large directory is not one thread's alone.
    while files.len() > BATCH {
        tasks.push(Task::Files(Arc::clone(directory), files.split_off(files.len() - BATCH)));
    }
    add(tasks);
    reader.read_in(directory, &files);
}
