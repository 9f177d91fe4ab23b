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
use crate::git::repo::Repo;
use crate::git::tree::Mode;
use crate::model::{Carrier, Coverage, CoverageKind, RepoPath};

use super::view::{path_bytes, path_text};

/// One file to scan.
#[derive(Debug)]
pub struct File<'b> {
    /// As the user would write it: below the path that was given.
    pub path: RepoPath,
    /// A file or a symbolic link.
    pub carrier: Carrier,
    /// The content, or the link's target.
    pub bytes: &'b [u8],
}

/// Receives files from several threads, one receiver a thread.
pub trait Receiver: Send {
    /// Whether the file is wanted at all; asked before it is read.
    fn wants(&mut self, path: &RepoPath) -> bool;
    /// One file.
    fn file(&mut self, file: File<'_>);
    /// Something that could not be read.
    fn gap(&mut self, gap: Coverage);
}

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub struct WalkOptions {
    /// Read what git ignores too.
    pub no_ignore: bool,
    /// Number of threads.
    pub threads: usize,
    /// Larger files are not read, and said.
    pub max_size: u64,
}

/// Reads every file at or below `roots`. A root that is a file is read whatever git thinks of it.
/// Symbolic links are not followed: their targets are scanned as text, like git stores them.
pub fn walk<R: Receiver>(
    roots: &[PathBuf],
    base: &Path,
    options: WalkOptions,
    make: &(dyn Fn() -> R + Sync),
) -> Vec<R> {
    let done = Mutex::new(Vec::new());
    let reader =
        || Reader { receiver: Some(make()), done: &done, buffer: Vec::new(), max_size: options.max_size };
    let seen = Mutex::new(HashSet::new());
    let mut directories = Vec::new();
    {
        let mut reader = reader();
        for root in roots {
            match fs::metadata(base.join(root)) {
                Ok(metadata) if metadata.is_dir() => directories.push(root.clone()),
                Ok(_) => reader.read(&base.join(root), root, false),
                Err(error) => reader.unreadable(root, &error),
            }
        }
    }
    for directory in &directories {
        walk_directory(directory, base, options, &reader, &seen);
    }
    if !options.no_ignore {
        let mut reader = reader();
        for directory in &directories {
            read_tracked(directory, base, &mut reader, &seen);
        }
    }
    done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

type Seen = Mutex<HashSet<PathBuf>>;

fn walk_directory<'d, R: Receiver>(
    root: &Path,
    base: &Path,
    options: WalkOptions,
    reader: &(dyn Fn() -> Reader<'d, R> + Sync),
    seen: &Seen,
) {
    let mut walk = WalkBuilder::new(base.join(root));
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
                        let shown = shown(entry.path(), base, root);
                        if !options.no_ignore {
                            let mut seen = seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                            seen.insert(entry.path().to_path_buf());
                        }
                        reader.read(entry.path(), &shown, is_link);
                    }
                }
            }
            WalkState::Continue
        })
    });
}

/// Files that git tracks although a `.gitignore` names them: the walk passed them over.
fn read_tracked<R: Receiver>(root: &Path, base: &Path, reader: &mut Reader<'_, R>, seen: &Seen) {
    let top = base.join(root);
    let Ok(repo) = Repo::with_env(&top, GitEnv::default()) else { return };
    let Some(work_tree) = repo.work_tree() else { return };
    let file = repo.index_file();
    let index = match Index::read(&file, repo.git_dir(), repo.algorithm()) {
        Ok(index) => index,
        Err(error) => {
            return reader.receiver().gap(Coverage {
                kind: CoverageKind::Unreadable,
                what: path_text(&file),
                reason: format!("cannot tell which ignored files are tracked: {error}"),
                remedy: Some("run again with --no-ignore".to_owned()),
            });
        }
    };
    let (Ok(work_tree), Ok(real_top)) = (work_tree.canonicalize(), top.canonicalize()) else { return };
    for entry in &index.entries {
        let path = work_tree.join(crate::git::env::path_from_bytes(&entry.path));
        let Ok(below) = path.strip_prefix(&real_top) else { continue };
        let as_walked = top.join(below);
        let is_file = matches!(entry.mode, Mode::File | Mode::Executable | Mode::Symlink);
        let is_new =
            is_file && !seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(&as_walked);
        // A tracked file that is not there was deleted or left out by a sparse checkout.
        if let (true, Ok(metadata)) = (is_new, fs::symlink_metadata(&as_walked))
            && (metadata.is_file() || metadata.is_symlink())
        {
            reader.read(&as_walked, &shown(&as_walked, base, root), metadata.is_symlink());
        }
    }
}

/// How a walked path is shown: relative to where the user stands, without a leading `./`.
fn shown(path: &Path, base: &Path, root: &Path) -> PathBuf {
    let below_base = if root.is_absolute() { path } else { path.strip_prefix(base).unwrap_or(path) };
    let plain = below_base.strip_prefix(".").unwrap_or(below_base);
    plain.to_path_buf()
}

/// Reads files one after the other into one buffer; hands its receiver over when dropped.
struct Reader<'d, R: Receiver> {
    receiver: Option<R>,
    done: &'d Mutex<Vec<R>>,
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

    fn read(&mut self, path: &Path, shown: &Path, is_link: bool) {
        let shown_path = RepoPath::new(path_bytes(shown));
        if !self.receiver().wants(&shown_path) {
            return;
        }
        self.buffer.clear();
        let content = if is_link {
            fs::read_link(path).map(|target| self.buffer.extend(path_bytes(&target)))
        } else {
            read_into(&mut self.buffer, path, self.max_size)
        };
        match content {
            Err(error) => self.unreadable(shown, &error),
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
                self.receiver().file(File { path: shown_path, carrier, bytes: &bytes });
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
