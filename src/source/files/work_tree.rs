//! Which files of a work tree git tracks, and which of the others it ignores.
//!
//! The index is looked up first, and a tracked file is not ignored. So ignore files are read, and their globs
//! compiled, only when the walk meets an untracked path.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::{BufRead, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use crate::git::env::GitEnv;
use crate::git::index::Index;
use crate::git::odb::tree::Mode;
use crate::git::repo::Repo;
use crate::model::{Unscanned, UnscannedKind};
use crate::source::paths::path_text;

/// Largest ignore file in bytes.
const MAX_IGNORE_FILE: u64 = 4_000_000;
/// Most globs of an ignore file. Each needs 5 to 9 KB when it is compiled.
const MAX_GLOBS: usize = 20_000;

/// Most globs of all ignore files of a walk, which stay compiled until its end: below 1 GB. The largest public repositories have a few thousand.
const MAX_ALL_GLOBS: usize = 100_000;

/// One work tree.
struct WorkTree {
    /// The real path.
    top: PathBuf,
    /// The file `info/exclude` of the repository.
    exclude_file: PathBuf,
    /// The tracked files, sorted by path.
    tracked: Index,
    /// The globs of `info/exclude` and of the user's ignore file, in order of precedence.
    excludes: OnceLock<[Gitignore; 2]>,
    /// Number of globs that were compiled.
    glob_count: AtomicUsize,
    /// Ignore files that were not applied, and are not yet reported.
    problems: Mutex<Vec<Unscanned>>,
}

/// One directory of a work tree.
pub(super) struct Folder {
    tree: Arc<WorkTree>,
    parent: Option<Arc<Folder>>,
    /// The real path.
    path: PathBuf,
    /// How many bytes of a tracked path come before the names in this directory.
    prefix: usize,
    /// The tracked entries below it.
    tracked: Range<usize>,
    /// Whether git tracks it as a submodule.
    pub(super) is_submodule: bool,
    /// Whether git ignores the directory, computed on first use. An ignored directory is walked only for its
    /// tracked files; the others are ignored with it.
    ignored: OnceLock<bool>,
    /// The globs of its `.gitignore`, read on first use.
    rules: OnceLock<Gitignore>,
}

/// Returns the directory `path` in the work tree that contains it; `None` outside of work trees, where all files
/// are read. The work tree of a repository that git would refuse to open does not count.
pub(super) fn containing(path: &Path, unscanned: &mut dyn FnMut(Unscanned)) -> Option<Arc<Folder>> {
    let repo = Repo::with_env(path, GitEnv::default()).ok()?;
    let tree = WorkTree::new(&repo, unscanned)?;
    let below = path.strip_prefix(&tree.top).ok()?;
    // The folder of the repository itself is in no work tree.
    if repo.git_dir().canonicalize().is_ok_and(|git_dir| path.starts_with(git_dir)) {
        return None;
    }
    let mut folder = Arc::new(Folder::top(tree));
    let mut path = folder.path.clone();
    for name in below {
        path.push(name);
        let below = folder.below(name, path.clone());
        // A directory that the user names is read even if it is ignored.
        let _ = below.ignored.set(false);
        folder = Arc::new(Folder { parent: Some(folder), ..below });
    }
    Some(folder)
}

/// Returns the directory `path` as the top of a nested work tree, if it is one and not the top of the work tree of
/// `current`.
pub(super) fn nested_at(
    path: &Path,
    current: Option<&Folder>,
    unscanned: &mut dyn FnMut(Unscanned),
) -> Option<Arc<Folder>> {
    if current.is_some_and(|folder| folder.tree.top == path) {
        return None;
    }
    let tree = WorkTree::new(&Repo::open(path).ok()?, unscanned)?;
    (tree.top == path).then(|| Arc::new(Folder::top(tree)))
}

impl WorkTree {
    fn new(repo: &Repo, unscanned: &mut dyn FnMut(Unscanned)) -> Option<WorkTree> {
        let top = repo.work_tree()?.canonicalize().ok()?;
        let file = repo.index_file();
        let index = Index::read(&file, repo.git_dir(), repo.algorithm()).unwrap_or_else(|error| {
            unscanned(Unscanned {
                kind: UnscannedKind::Unreadable,
                what: path_text(&file),
                reason: format!("cannot determine which ignored files are tracked: {error}"),
                remedy: Some("run again with --no-ignore".to_owned()),
            });
            Index::empty(repo.algorithm())
        });
        let exclude_file = repo.common_dir().join("info/exclude");
        Some(WorkTree {
            top,
            exclude_file,
            tracked: index,
            excludes: OnceLock::new(),
            glob_count: AtomicUsize::new(0),
            problems: Mutex::default(),
        })
    }
}

impl Folder {
    fn top(tree: WorkTree) -> Folder {
        Folder {
            parent: None,
            path: tree.top.clone(),
            prefix: 0,
            tracked: 0..tree.tracked.len(),
            is_submodule: false,
            ignored: OnceLock::from(false),
            rules: OnceLock::new(),
            tree: Arc::new(tree),
        }
    }

    /// Returns the subdirectory `name`, at `path`; `None` if it is ignored and contains no tracked file.
    pub(super) fn enter(self: &Arc<Folder>, name: &OsStr, path: &Path) -> Option<Arc<Folder>> {
        let below = Folder { parent: Some(Arc::clone(self)), ..self.below(name, path.to_path_buf()) };
        // A submodule is tracked by its name, without entries below.
        if below.tracked.is_empty() && !self.tracks(name) {
            let ignored = self.ignores(path, true);
            if ignored {
                return None;
            }
            let _ = below.ignored.set(false);
        }
        Some(Arc::new(below))
    }

    /// Returns the ignore files of the work tree that were not applied, each once.
    pub(super) fn take_problems(&self) -> Vec<Unscanned> {
        std::mem::take(&mut *self.tree.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether git tracks the file `name` in this directory, or does not ignore it.
    pub(super) fn contains(&self, name: &OsStr) -> bool {
        self.tracks(name) || !self.ignores(&self.path.join(name), false)
    }

    fn below(&self, name: &OsStr, path: PathBuf) -> Folder {
        let bytes = name.as_encoded_bytes();
        let tracked = &self.tree.tracked;
        let point = |within, last| {
            tracked.partition_point(within, |path| self.compare(path, bytes, &[last]) == Ordering::Less)
        };
        let first = point(self.tracked.clone(), b'/');
        // `0` is the byte after `/`.
        let end = point(first..self.tracked.end, b'0');
        Folder {
            tree: Arc::clone(&self.tree),
            parent: None,
            path,
            prefix: self.prefix + bytes.len() + 1,
            tracked: first..end,
            is_submodule: first == end && self.tracked_mode(name) == Some(Mode::Gitlink),
            ignored: OnceLock::new(),
            rules: OnceLock::new(),
        }
    }

    /// Compares a tracked path with that of `name` followed by `suffix`.
    fn compare(&self, path: &[u8], name: &[u8], suffix: &[u8]) -> Ordering {
        let path = &path[self.prefix.min(path.len())..];
        path.iter().cmp(name.iter().chain(suffix))
    }

    fn tracks(&self, name: &OsStr) -> bool {
        self.tracked_mode(name).is_some()
    }

    /// Returns the mode of the tracked entry `name` in this directory.
    fn tracked_mode(&self, name: &OsStr) -> Option<Mode> {
        let name = name.as_encoded_bytes();
        let tracked = &self.tree.tracked;
        let first = tracked
            .partition_point(self.tracked.clone(), |path| self.compare(path, name, b"") == Ordering::Less);
        let entry = (first < self.tracked.end).then(|| tracked.entry(first))?;
        (self.compare(entry.path, name, b"") == Ordering::Equal).then_some(entry.mode)
    }

    /// Whether git ignores the untracked `path` in this directory. The last matching line of the nearest ignore file
    /// decides, as in gitignore(5).
    fn ignores(&self, path: &Path, is_directory: bool) -> bool {
        if self.is_ignored() {
            return true;
        }
        let folders = std::iter::successors(Some(self), |folder| folder.parent.as_deref());
        let rules = folders.map(Folder::rules).chain(self.tree.excludes());
        let mut matches = rules.map(|rules| rules.matched(path, is_directory));
        matches!(matches.find(|found| !found.is_none()), Some(Match::Ignore(_)))
    }

    fn is_ignored(&self) -> bool {
        *self
            .ignored
            .get_or_init(|| self.parent.as_ref().is_some_and(|parent| parent.ignores(&self.path, true)))
    }

    fn rules(&self) -> &Gitignore {
        self.rules.get_or_init(|| {
            let file = self.path.join(".gitignore");
            // git does not follow a symbolic link here.
            let is_file = file.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
            if is_file { self.tree.globs(&self.path, &file) } else { Gitignore::empty() }
        })
    }
}

impl WorkTree {
    fn excludes(&self) -> &[Gitignore] {
        self.excludes.get_or_init(|| {
            let of_user = gitconfig_excludes_path().map(|file| self.globs(&self.top, &file));
            [self.globs(&self.top, &self.exclude_file), of_user.unwrap_or_else(Gitignore::empty)]
        })
    }

    /// Returns the globs in `file`, which are relative to `top`; none of them for a file above a limit, so that more files
    /// are read than git tracks.
    fn globs(&self, top: &Path, file: &Path) -> Gitignore {
        let globs = globs(top, file).and_then(|globs| {
            let before = self.glob_count.fetch_add(globs.len(), atomic::Ordering::Relaxed);
            if before + globs.len() <= MAX_ALL_GLOBS {
                return Ok(globs);
            }
            Err(format!("the ignore files have more than {MAX_ALL_GLOBS} globs, the limit for all together"))
        });
        globs.unwrap_or_else(|reason| {
            let entry = Unscanned {
                kind: UnscannedKind::TooLarge,
                what: path_text(file),
                reason: format!("{reason}; files that it ignores were read"),
                remedy: Some("write one glob for each folder, or run again with --no-ignore".to_owned()),
            };
            self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
            Gitignore::empty()
        })
    }
}

/// Returns the globs in `file`, which are relative to `top`. A missing file, a named pipe or device in its place,
/// or a line that is no valid glob, ignores nothing.
///
/// # Errors
///
/// More than [`MAX_GLOBS`] globs, or a file that is larger than [`MAX_IGNORE_FILE`]. Nothing is compiled then.
fn globs(top: &Path, file: &Path) -> Result<Gitignore, String> {
    if !file.is_file() {
        return Ok(Gitignore::empty());
    }
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|open| open.take(MAX_IGNORE_FILE + 1).read_to_end(&mut bytes));
    if read.is_err() {
        return Ok(Gitignore::empty());
    }
    if bytes.len() as u64 > MAX_IGNORE_FILE {
        return Err(format!("larger than {} MB, the limit for an ignore file", MAX_IGNORE_FILE / 1_000_000));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    // A line that is not UTF-8 is no glob that the crate accepts.
    let lines = || {
        bytes.lines().map_while(|line| match line {
            Err(error) if error.kind() != io::ErrorKind::InvalidData => None,
            line => Some(line.ok()),
        })
    };
    let is_glob = |line: &String| !line.trim().is_empty() && !line.starts_with('#');
    if lines().flatten().filter(is_glob).nth(MAX_GLOBS).is_some() {
        return Err(format!("there are more than {MAX_GLOBS} globs, the limit for an ignore file"));
    }
    let mut builder = GitignoreBuilder::new(top);
    for line in lines().flatten() {
        let _ = builder.add_line(None, &line);
    }
    Ok(builder.build().unwrap_or_else(|_| Gitignore::empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignore_file_above_a_limit_is_not_compiled() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(".gitignore");
        let globs = |content: &[u8]| {
            std::fs::write(&file, content).expect("written");
            globs(folder.path(), &file)
        };
        let lines = |count: usize| "# a\n\na\n".repeat(count).into_bytes();
        assert_eq!(globs(&lines(MAX_GLOBS)).map(|globs| globs.len()), Ok(MAX_GLOBS));
        assert!(globs(&lines(MAX_GLOBS + 1)).is_err_and(|error| error.contains("more than 20000 globs")));
        assert!(globs(&[b'a'; 4_000_001]).is_err_and(|error| error.contains("larger than 4 MB")));
        let odd = globs(b"\xef\xbb\xbfone\r\n\xff\ntwo").expect("allowed");
        for (name, is_ignored) in [("one", true), ("two", true), ("three", false)] {
            assert_eq!(odd.matched(folder.path().join(name), false).is_ignore(), is_ignored, "{name}");
        }
        std::fs::remove_file(&file).expect("removed");
        assert!(super::globs(folder.path(), &file).expect("allowed").is_empty());
    }
}
