//! What git says of the files in a work tree: which it tracks, and which of the others it ignores.
//!
//! Tracked is asked first, by the index, and what is tracked is not ignored. Hence ignore files are read,
//! and their globs built, only when something untracked is met.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use crate::git::env::GitEnv;
use crate::git::index::Index;
use crate::git::repo::Repo;
use crate::model::{Coverage, CoverageKind};
use crate::source::view::path_text;

/// One work tree.
struct WorkTree {
    /// Its real path.
    top: PathBuf,
    /// `info/exclude` of its repository.
    exclude: PathBuf,
    /// Sorted by path.
    tracked: Index,
    /// What `info/exclude` and the user's own ignore file say, the stronger first.
    excludes: OnceLock<[Gitignore; 2]>,
}

/// One directory of a work tree.
pub(super) struct Folder {
    tree: Arc<WorkTree>,
    above: Option<Arc<Folder>>,
    /// Its real path.
    path: PathBuf,
    /// How many bytes of a tracked path come before the names in it.
    prefix: usize,
    /// The tracked entries below it.
    tracked: Range<usize>,
    /// Whether it is ignored, where that is known already. Tracked files are in it then, or it would not be
    /// walked; the others are ignored with it.
    ignored: OnceLock<bool>,
    /// What its `.gitignore` says.
    rules: OnceLock<Gitignore>,
}

/// The directory `path` in the work tree around it; `None` where git has no say. A repository that git would
/// refuse has none, so all files are read there.
pub(super) fn around(path: &Path, gap: &mut dyn FnMut(Coverage)) -> Option<Arc<Folder>> {
    let repo = Repo::with_env(path, GitEnv::default()).ok()?;
    let tree = WorkTree::of(&repo, gap)?;
    let below = path.strip_prefix(&tree.top).ok()?;
    // What is in the repository's own folder is in no work tree.
    if repo.git_dir().canonicalize().is_ok_and(|git_dir| path.starts_with(git_dir)) {
        return None;
    }
    let mut folder = Arc::new(Folder::top(tree));
    let mut path = folder.path.clone();
    for name in below {
        path.push(name);
        let below = folder.below(name, path.clone());
        // Who names a folder means it, also one that is ignored.
        let _ = below.ignored.set(false);
        folder = Arc::new(Folder { above: Some(folder), ..below });
    }
    Some(folder)
}

/// The directory `path` as the top of a work tree of its own, if it is one that is not `known` already.
pub(super) fn at(path: &Path, known: Option<&Folder>, gap: &mut dyn FnMut(Coverage)) -> Option<Arc<Folder>> {
    if known.is_some_and(|folder| folder.tree.top == path) {
        return None;
    }
    let tree = WorkTree::of(&Repo::open(path).ok()?, gap)?;
    (tree.top == path).then(|| Arc::new(Folder::top(tree)))
}

impl WorkTree {
    fn of(repo: &Repo, gap: &mut dyn FnMut(Coverage)) -> Option<WorkTree> {
        let top = repo.work_tree()?.canonicalize().ok()?;
        let file = repo.index_file();
        let index = Index::read(&file, repo.git_dir(), repo.algorithm()).unwrap_or_else(|error| {
            gap(Coverage {
                kind: CoverageKind::Unreadable,
                what: path_text(&file),
                reason: format!("cannot tell which ignored files are tracked: {error}"),
                remedy: Some("run again with --no-ignore".to_owned()),
            });
            Index::empty(repo.algorithm())
        });
        let exclude = repo.common_dir().join("info/exclude");
        Some(WorkTree { top, exclude, tracked: index, excludes: OnceLock::new() })
    }
}

impl Folder {
    fn top(tree: WorkTree) -> Folder {
        Folder {
            above: None,
            path: tree.top.clone(),
            prefix: 0,
            tracked: 0..tree.tracked.len(),
            ignored: OnceLock::from(false),
            rules: OnceLock::new(),
            tree: Arc::new(tree),
        }
    }

    /// The directory `name` in it, at `path`, if anything there may count.
    pub(super) fn enter(self: &Arc<Folder>, name: &OsStr, path: &Path) -> Option<Arc<Folder>> {
        let below = Folder { above: Some(Arc::clone(self)), ..self.below(name, path.to_path_buf()) };
        // A submodule is tracked under its own name.
        if below.tracked.is_empty() && !self.tracks(name) {
            let ignored = self.ignores(path, true);
            if ignored {
                return None;
            }
            let _ = below.ignored.set(false);
        }
        Some(Arc::new(below))
    }

    /// Whether the file `name` in it is one that git tracks or would let be added.
    pub(super) fn counts(&self, name: &OsStr) -> bool {
        self.tracks(name) || !self.ignores(&self.path.join(name), false)
    }

    fn below(&self, name: &OsStr, path: PathBuf) -> Folder {
        let bytes = name.as_encoded_bytes();
        let tracked = &self.tree.tracked;
        let point = |within, last| {
            tracked.partition_point(within, |path| self.order(path, bytes, &[last]) == Ordering::Less)
        };
        let first = point(self.tracked.clone(), b'/');
        // The byte behind the slash.
        let end = point(first..self.tracked.end, b'0');
        Folder {
            tree: Arc::clone(&self.tree),
            above: None,
            path,
            prefix: self.prefix + bytes.len() + 1,
            tracked: first..end,
            ignored: OnceLock::new(),
            rules: OnceLock::new(),
        }
    }

    /// How a tracked path stands to that of `name` with `more` behind it.
    fn order(&self, path: &[u8], name: &[u8], more: &[u8]) -> Ordering {
        let path = &path[self.prefix.min(path.len())..];
        path.iter().cmp(name.iter().chain(more))
    }

    fn tracks(&self, name: &OsStr) -> bool {
        let name = name.as_encoded_bytes();
        let tracked = &self.tree.tracked;
        let first = tracked
            .partition_point(self.tracked.clone(), |path| self.order(path, name, b"") == Ordering::Less);
        first < self.tracked.end && self.order(tracked.entry(first).path, name, b"") == Ordering::Equal
    }

    /// Whether git ignores what is at `path` in it and not tracked. The first word counts: that of the
    /// nearest ignore file, and of its last line.
    fn ignores(&self, path: &Path, is_directory: bool) -> bool {
        if self.is_ignored() {
            return true;
        }
        let folders = std::iter::successors(Some(self), |folder| folder.above.as_deref());
        let rules = folders.map(Folder::rules).chain(self.tree.excludes());
        let mut words = rules.map(|rules| rules.matched(path, is_directory));
        matches!(words.find(|word| !word.is_none()), Some(Match::Ignore(_)))
    }

    fn is_ignored(&self) -> bool {
        *self.ignored.get_or_init(|| self.above.as_ref().is_some_and(|above| above.ignores(&self.path, true)))
    }

    fn rules(&self) -> &Gitignore {
        self.rules.get_or_init(|| {
            let file = self.path.join(".gitignore");
            // git does not follow a link here.
            let is_file = file.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
            if is_file { globs(&self.path, &file) } else { Gitignore::empty() }
        })
    }
}

impl WorkTree {
    fn excludes(&self) -> &[Gitignore] {
        self.excludes.get_or_init(|| {
            let users = gitconfig_excludes_path().map(|file| globs(&self.top, &file));
            [globs(&self.top, &self.exclude), users.unwrap_or_else(Gitignore::empty)]
        })
    }
}

/// The globs in `file`, which speak of paths below `top`. A file that is not there, or a line that is no
/// glob, ignores nothing.
fn globs(top: &Path, file: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(top);
    let _ = builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
