//! Files and directories: in a git work tree what git tracks, and what it neither tracks nor ignores.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};

use crate::git::env::GitEnv;
use crate::git::index::Index;
use crate::git::repo::{Repo, RepoError};
use crate::git::tree::Mode;
use crate::model::{Carrier, Coverage, CoverageKind, RepoPath};

use super::view::{path_bytes, path_text};

/// One file to scan.
#[derive(Debug)]
pub struct File<'b> {
    /// As the user would write it: below the path that was given.
    pub path: RepoPath,
    /// As configuration and rules mean it: below [`WalkOptions::root`].
    pub place: RepoPath,
    /// A file or a symbolic link.
    pub carrier: Carrier,
    /// The content, or the link's target.
    pub bytes: &'b [u8],
}

/// Receives files from several threads, one receiver a thread.
pub trait Receiver: Send {
    /// Whether the file at this [`File::place`] is wanted at all; asked before it is read.
    fn wants(&mut self, place: &RepoPath) -> bool;
    /// One file.
    fn file(&mut self, file: File<'_>);
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
    /// Larger files are not read, and said.
    pub max_size: u64,
}

/// Whether there is nothing at `path`, not even a link: the user has mistyped it.
pub fn is_absent(path: &Path) -> bool {
    let absent =
        |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    fs::symlink_metadata(path).is_err_and(absent)
}

/// Reads every file at or below `roots`, each once. A root that is a file is read whatever git thinks of
/// it. Symbolic links are not followed: their targets are scanned as text, like git stores them.
pub fn walk<R: Receiver>(
    roots: &[PathBuf],
    base: &Path,
    options: WalkOptions<'_>,
    make: &(dyn Fn() -> R + Sync),
) -> Vec<R> {
    let done = Mutex::new(Vec::new());
    let seen = Mutex::new(HashSet::new());
    let reader = || Reader {
        receiver: Some(make()),
        done: &done,
        seen: &seen,
        buffer: Vec::new(),
        max_size: options.max_size,
    };
    let mut directories = Vec::new();
    {
        let mut reader = reader();
        for root in roots.iter().map(|root| Root::new(root, base, options.root)) {
            let is_link = root.top.is_symlink();
            match fs::metadata(&root.top) {
                Ok(metadata) if metadata.is_dir() => directories.push(root),
                Ok(_) => reader.read(&root.top, &root, false),
                // A link that leads nowhere has a target all the same.
                Err(error) if is_link && error.kind() == io::ErrorKind::NotFound => {
                    reader.read(&root.top, &root, true);
                }
                Err(error) => reader.unreadable(&root.given, &error),
            }
        }
    }
    for directory in &directories {
        walk_directory(directory, options, &reader);
    }
    if !options.no_ignore {
        let mut reader = reader();
        for directory in &directories {
            read_tracked(directory, &mut reader);
        }
    }
    done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// One path that was given.
struct Root {
    given: PathBuf,
    /// The same from where the user stands.
    top: PathBuf,
    /// The same below the repository's root, links resolved; `None` outside.
    place: Option<PathBuf>,
}

impl Root {
    fn new(given: &Path, base: &Path, repository: &Path) -> Root {
        let top = base.join(given);
        // The name itself may be a link, which is no other file for that.
        let real = match (top.is_dir(), top.parent(), top.file_name()) {
            (false, Some(folder), Some(name)) => folder.canonicalize().map(|folder| folder.join(name)),
            _ => top.canonicalize(),
        };
        let place = real
            .ok()
            .zip(repository.canonicalize().ok())
            .and_then(|(real, repository)| Some(real.strip_prefix(repository).ok()?.to_path_buf()));
        Root { given: given.to_path_buf(), top, place }
    }

    /// How a file below is shown: relative to where the user stands, without a leading `./`.
    fn shown(&self, path: &Path) -> PathBuf {
        let below = match path.strip_prefix(&self.top) {
            Ok(below) if below.as_os_str().is_empty() => self.given.clone(),
            Ok(below) => self.given.join(below),
            Err(_) => path.to_path_buf(),
        };
        below.strip_prefix(".").unwrap_or(&below).to_path_buf()
    }

    /// Where configuration and rules see it.
    fn place(&self, path: &Path) -> PathBuf {
        match (&self.place, path.strip_prefix(&self.top)) {
            (Some(place), Ok(below)) if below.as_os_str().is_empty() => place.clone(),
            (Some(place), Ok(below)) => place.join(below),
            _ => self.shown(path),
        }
    }
}

fn walk_directory<'d, R: Receiver>(
    root: &Root,
    options: WalkOptions<'_>,
    reader: &(dyn Fn() -> Reader<'d, R> + Sync),
) {
    let mut walk = WalkBuilder::new(&root.top);
    walk.standard_filters(false).follow_links(false).threads(options.threads.max(1));
    walk.filter_entry(|entry| entry.file_name() != OsStr::new(".git"));
    if !options.no_ignore {
        walk.git_ignore(true).git_exclude(true).git_global(true).parents(true).require_git(true);
    }
    walk.build_parallel().run(|| {
        let mut reader = reader();
        Box::new(move |entry| {
            match entry {
                Err(error) => reader.walk_error(&error),
                Ok(entry) => {
                    let kind = entry.file_type();
                    let is_link = kind.is_some_and(|kind| kind.is_symlink());
                    if kind.is_some_and(|kind| kind.is_file()) || is_link {
                        reader.read(entry.path(), root, is_link);
                    }
                }
            }
            WalkState::Continue
        })
    });
}

/// Files that git tracks although a `.gitignore` names them: the walk passed them over.
fn read_tracked<R: Receiver>(root: &Root, reader: &mut Reader<'_, R>) {
    let unknown = |what: &Path, error: &dyn std::fmt::Display| Coverage {
        kind: CoverageKind::Unreadable,
        what: path_text(what),
        reason: format!("cannot tell which ignored files are tracked: {error}"),
        remedy: Some("run again with --no-ignore".to_owned()),
    };
    let repo = match Repo::with_env(&root.top, GitEnv::default()) {
        Ok(repo) => repo,
        Err(RepoError::NotARepository { .. }) => return,
        Err(error) => return reader.receiver().gap(unknown(&root.given, &error)),
    };
    let Some(work_tree) = repo.work_tree() else { return };
    let file = repo.index_file();
    let index = match Index::read(&file, repo.git_dir(), repo.algorithm()) {
        Ok(index) => index,
        Err(error) => return reader.receiver().gap(unknown(&file, &error)),
    };
    let (Ok(work_tree), Ok(real_top)) = (work_tree.canonicalize(), root.top.canonicalize()) else { return };
    for entry in index.entries() {
        let path = work_tree.join(crate::git::env::path_from_bytes(entry.path));
        let Ok(below) = path.strip_prefix(&real_top) else { continue };
        if !matches!(entry.mode, Mode::File | Mode::Executable | Mode::Symlink) {
            continue;
        }
        let as_walked = root.top.join(below);
        if reader.has_seen(&as_walked) {
            continue;
        }
        // A tracked file that is not there was deleted or left out by a sparse checkout.
        let kind = fs::symlink_metadata(&as_walked).map(|metadata| metadata.file_type());
        if let Some(kind) = kind.ok().filter(|kind| kind.is_file() || kind.is_symlink()) {
            reader.read(&as_walked, root, kind.is_symlink());
        }
    }
}

/// Reads files one after the other into one buffer; hands its receiver over when dropped.
struct Reader<'d, R: Receiver> {
    receiver: Option<R>,
    done: &'d Mutex<Vec<R>>,
    /// Files that some thread has read or left out already.
    seen: &'d Mutex<HashSet<PathBuf>>,
    buffer: Vec<u8>,
    max_size: u64,
}

impl<R: Receiver> Drop for Reader<'_, R> {
    fn drop(&mut self) {
        self.done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).extend(self.receiver.take());
    }
}

impl<R: Receiver> Reader<'_, R> {
    fn receiver(&mut self) -> &mut R {
        self.receiver.as_mut().expect("taken only when dropped")
    }

    fn has_seen(&self, path: &Path) -> bool {
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(path)
    }

    fn read(&mut self, path: &Path, root: &Root, is_link: bool) {
        let first =
            self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(path.to_path_buf());
        let place = RepoPath::new(path_bytes(&root.place(path)));
        if !first || !self.receiver().wants(&place) {
            return;
        }
        let shown = root.shown(path);
        let shown_path = RepoPath::new(path_bytes(&shown));
        self.buffer.clear();
        let content = if is_link {
            fs::read_link(path).map(|target| self.buffer.extend(path_bytes(&target)))
        } else {
            read_into(&mut self.buffer, path, self.max_size)
        };
        match content {
            Err(error) => self.unreadable(&shown, &error),
            Ok(()) if self.buffer.len() as u64 > self.max_size => {
                let gap = Coverage {
                    kind: CoverageKind::TooLarge,
                    what: shown_path.to_text(),
                    reason: format!("larger than the limit of {} bytes", self.max_size),
                    remedy: Some("raise --max-blob-size to read it".to_owned()),
                };
                self.receiver().gap(gap);
            }
            Ok(()) => {
                let carrier = if is_link { Carrier::Symlink } else { Carrier::File };
                let bytes = std::mem::take(&mut self.buffer);
                self.receiver().file(File { path: shown_path, place, carrier, bytes: &bytes });
                self.buffer = bytes;
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.receiver().gap(Coverage {
            kind: CoverageKind::Unreadable,
            what: path_text(path),
            reason: format!("cannot be read: {error}"),
            remedy: None,
        });
    }

    fn walk_error(&mut self, error: &ignore::Error) {
        self.receiver().gap(Coverage {
            kind: CoverageKind::Unreadable,
            what: "directory walk".to_owned(),
            reason: RepoPath::new(error.to_string()).to_text(),
            remedy: None,
        });
    }
}

/// Reads the file, at most one byte over the limit: a size that grows while it is read is no trap.
fn read_into(buffer: &mut Vec<u8>, path: &Path, limit: u64) -> io::Result<()> {
    let file = fs::File::open(path)?;
    if let Ok(metadata) = file.metadata() {
        buffer.reserve(metadata.len().min(limit) as usize + 1);
    }
    file.take(limit.saturating_add(1)).read_to_end(buffer)?;
    Ok(())
}
