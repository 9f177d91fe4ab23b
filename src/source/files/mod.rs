//! Files and directories: in a git work tree what git tracks, and what it neither tracks nor ignores.
//!
//! What git tracks is asked before what it ignores: in a work tree where all files are tracked, no
//! `.gitignore` is read. Each file is opened once and its size is never asked for, since a file that
//! grows, or one that says it is empty like those in `/proc`, is read to its end all the same.

mod queue;
mod walk;
mod work_tree;

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::model::{Carrier, Coverage, CoverageKind, RepoPath};

use super::view::{path_bytes, path_text};
use walk::{Directory, Task};

/// One file to scan.
#[derive(Debug)]
pub struct File {
    /// As the user would write it: below the path that was given.
    pub path: RepoPath,
    /// As configuration and rules mean it: below [`WalkOptions::root`].
    pub place: RepoPath,
    /// A file or a symbolic link.
    pub carrier: Carrier,
}

/// Receives files from several threads, one receiver a thread.
pub trait Receiver: Send {
    /// Whether the file at this [`File::place`] is wanted at all; asked before it is opened.
    fn wants(&mut self, place: &RepoPath) -> bool;
    /// One file, to be read from `content`: a link's is its target.
    fn file(&mut self, file: File, content: &mut dyn Read);
    /// Something that could not be read.
    fn gap(&mut self, gap: Coverage);
}

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub struct WalkOptions<'o> {
    /// The folder that configuration and rules speak of: the repository's root.
    pub root: &'o Path,
    /// Read what git ignores too.
    pub no_ignore: bool,
    /// Number of threads.
    pub threads: usize,
}

/// Whether there is nothing at `path`, not even a link: the user has mistyped it.
pub fn is_absent(path: &Path) -> bool {
    let absent =
        |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    fs::symlink_metadata(path).is_err_and(absent)
}

/// Hands out every file at or below `roots`, each once, in no order. A root that is a file is read whatever
/// git thinks of it. Symbolic links are not followed: their targets are scanned as text, like git stores
/// them.
pub fn walk<R: Receiver>(
    roots: &[PathBuf],
    base: &Path,
    options: WalkOptions<'_>,
    make: &(dyn Fn() -> R + Sync),
) -> Vec<R> {
    let repository = options.root.canonicalize().ok();
    let mut first = make();
    let mut real_paths = Vec::new();
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for given in roots {
        match Root::new(given, base, repository.as_deref()) {
            Ok(root) => {
                real_paths.push(root.real.clone());
                match root.is_directory {
                    true => directories.push(root.task(options.no_ignore, &mut first)),
                    false => files.push(root.task(options.no_ignore, &mut first)),
                }
            }
            Err(error) => first.gap(unreadable(path_text(given), &error)),
        }
    }
    // Files that can be come by on two ways are known by their real paths, and the first way counts:
    // one root after the other, so that it is the same whatever the number of threads.
    let seen = overlap(&mut real_paths).then(|| Mutex::new(HashSet::new()));
    let rounds: Vec<Vec<Task>> = match seen {
        Some(_) => files.into_iter().chain(directories).map(|task| vec![task]).collect(),
        None => vec![directories.into_iter().chain(files).collect()],
    };
    let mut readers = vec![Reader::new(first, seen.as_ref())];
    for round in rounds {
        // Files by themselves lead to no more work.
        let most = if round.iter().all(Task::is_file) { round.len() } else { usize::MAX };
        let threads = options.threads.clamp(1, most.max(1));
        readers = queue::run(round, threads, readers, &|| Reader::new(make(), seen.as_ref()));
    }
    readers.into_iter().map(|reader| reader.receiver).collect()
}

/// Whether one of the paths is another, or above it.
fn overlap(paths: &mut [PathBuf]) -> bool {
    // By components, so a path is directly before one of those below it.
    paths.sort();
    paths.windows(2).any(|pair| pair[1].starts_with(&pair[0]))
}

/// One path that was given.
struct Root {
    /// Without a leading `./`.
    shown: PathBuf,
    /// Links resolved, but for the name of a file: that may be a link, which is no other file for that.
    real: PathBuf,
    /// The same below the repository's root; outside like `shown`.
    place: PathBuf,
    is_directory: bool,
    /// A link that leads nowhere has a target all the same.
    dangles: bool,
}

impl Root {
    fn new(given: &Path, base: &Path, repository: Option<&Path>) -> io::Result<Root> {
        let path = base.join(given);
        let (is_directory, dangles) = match fs::metadata(&path) {
            Ok(metadata) => (metadata.is_dir(), false),
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => (false, true),
            Err(error) => return Err(error),
        };
        let real = match (is_directory, path.parent(), path.file_name()) {
            (false, Some(folder), Some(name)) => folder.canonicalize()?.join(name),
            _ => path.canonicalize()?,
        };
        let shown = given.strip_prefix(".").unwrap_or(given).to_path_buf();
        let below = repository.and_then(|repository| real.strip_prefix(repository).ok());
        let place = below.map_or_else(|| shown.clone(), Path::to_path_buf);
        Ok(Root { shown, real, place, is_directory, dangles })
    }

    fn task(self, no_ignore: bool, receiver: &mut impl Receiver) -> Task {
        if self.is_directory {
            let git =
                if no_ignore { None } else { work_tree::around(&self.real, &mut |gap| receiver.gap(gap)) };
            let (shown, place) = (prefix(&self.shown), prefix(&self.place));
            return Task::Directory(Arc::new(Directory { path: self.real, shown, place, no_ignore, git }));
        }
        let path = RepoPath::new(path_bytes(&self.shown));
        let place = RepoPath::new(path_bytes(&self.place));
        let carrier = if self.dangles { Carrier::Symlink } else { Carrier::File };
        Task::File { path: self.real, file: File { path, place, carrier } }
    }
}

/// What the names in a directory are shown behind.
fn prefix(directory: &Path) -> Vec<u8> {
    let mut bytes = path_bytes(directory);
    if !matches!(bytes.last(), None | Some(b'/')) {
        bytes.push(b'/');
    }
    bytes
}

/// Opens files for its receiver; one a thread.
struct Reader<'w, R> {
    receiver: R,
    /// The real paths of files that some thread has read or left out already, where that can happen.
    seen: Option<&'w Mutex<HashSet<PathBuf>>>,
    /// The path of the file at hand.
    path: PathBuf,
}

impl<'w, R: Receiver> Reader<'w, R> {
    fn new(receiver: R, seen: Option<&'w Mutex<HashSet<PathBuf>>>) -> Reader<'w, R> {
        Reader { receiver, seen, path: PathBuf::new() }
    }

    /// Reads those files of a directory that are wanted.
    fn read_in(&mut self, directory: &Directory, names: &[(OsString, Carrier)]) {
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        path.push(&directory.path);
        for (name, carrier) in names {
            path.push(name);
            let place = below(&directory.place, name);
            if self.is_first(&path) && self.receiver.wants(&place) {
                let file = File { path: below(&directory.shown, name), place, carrier: *carrier };
                self.open(&path, file);
            }
            path.pop();
        }
        self.path = path;
    }

    fn read(&mut self, path: &Path, file: File) {
        if self.is_first(path) && self.receiver.wants(&file.place) {
            self.open(path, file);
        }
    }

    fn is_first(&self, path: &Path) -> bool {
        let Some(seen) = self.seen else { return true };
        seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(path.to_path_buf())
    }

    fn open(&mut self, path: &Path, file: File) {
        let opened = match file.carrier {
            Carrier::Symlink => fs::read_link(path).map(|target| Content::Target(path_bytes(&target))),
            _ => fs::File::open(path).map(Content::File),
        };
        match opened {
            Ok(Content::Target(target)) => self.receiver.file(file, &mut target.as_slice()),
            Ok(Content::File(mut content)) => self.receiver.file(file, &mut content),
            Err(error) => self.receiver.gap(unreadable(file.path.to_text(), &error)),
        }
    }
}

enum Content {
    File(fs::File),
    Target(Vec<u8>),
}

/// The path of the file called `name` behind a directory's prefix.
fn below(prefix: &[u8], name: &OsStr) -> RepoPath {
    let name = name.as_encoded_bytes();
    let mut path = Vec::with_capacity(prefix.len() + name.len());
    path.extend_from_slice(prefix);
    path.extend_from_slice(name);
    RepoPath::new(path)
}

/// The entry for what the system would not hand out.
pub fn unreadable(what: String, error: &io::Error) -> Coverage {
    Coverage {
        kind: CoverageKind::Unreadable,
        what,
        reason: format!("cannot be read: {error}"),
        remedy: None,
    }
}
