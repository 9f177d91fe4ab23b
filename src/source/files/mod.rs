//! Files and directories: in a git work tree the files that git tracks, and those it neither tracks nor ignores.
//!
//! Tracked files are looked up before ignore files: in a work tree without untracked files, no `.gitignore` is
//! read. Each file is opened once and its size is not used, so that one that grows, or that reports a size of 0
//! like those in `/proc`, is read to its end.

mod directory;
mod queue;
mod reader;
mod root;
mod visitor;
mod walk;
mod work_tree;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::paths::path_text;
use reader::Reader;
use root::Root;
pub(crate) use visitor::{File, FileVisitor, is_absent, unreadable};
use walk::Task;

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WalkOptions<'o> {
    /// The folder that paths of rules and policy are relative to: the repository's root.
    pub root: &'o Path,
    /// Whether files that git ignores are read too.
    pub no_ignore: bool,
    /// Number of threads.
    pub threads: usize,
}

/// Visits every file at or below `roots`, each once, in no order, and returns the visitors. A root that is a file
/// is read even if git ignores it. Symbolic links are not followed: their target paths are scanned as text, which
/// is what git stores.
pub(crate) fn walk<V: FileVisitor>(
    roots: &[PathBuf],
    base: &Path,
    options: WalkOptions<'_>,
    make: &(dyn Fn() -> V + Sync),
) -> Vec<V> {
    let repository = options.root.canonicalize().ok();
    let mut first = make();
    let mut real_paths = Vec::new();
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for given in roots {
        match Root::new(given, base, repository.as_deref()) {
            Ok(root) => {
                real_paths.push(root.real.clone());
                match root.is_directory {
                    true => directories.push(root.into_task(options.no_ignore, &mut first)),
                    false => files.push(root.into_task(options.no_ignore, &mut first)),
                }
            }
            Err(error) => first.unscanned(unreadable(path_text(given), &error)),
        }
    }
    // If roots overlap, files are identified by their real paths and the first root with a file determines its
    // path. The roots are then walked one after the other, so that the result does not depend on the number of
    // threads.
    let seen = has_overlap(&mut real_paths).then(|| Mutex::new(HashSet::new()));
    let rounds: Vec<Vec<Task>> = match seen {
        Some(_) => files.into_iter().chain(directories).map(|task| vec![task]).collect(),
        None => vec![directories.into_iter().chain(files).collect()],
    };
    let mut readers = vec![Reader::new(first, seen.as_ref())];
    for round in rounds {
        // Files add no further tasks.
        let most = if round.iter().all(Task::is_file) { round.len() } else { usize::MAX };
        let threads = options.threads.clamp(1, most.max(1));
        readers = queue::run(round, threads, readers, &|| Reader::new(make(), seen.as_ref()));
    }
    readers.into_iter().map(|reader| reader.visitor).collect()
}

/// Whether one of the paths equals another or contains it.
fn has_overlap(paths: &mut [PathBuf]) -> bool {
    // Sorted by components, a path comes directly before one of those below it.
    paths.sort();
    paths.windows(2).any(|pair| pair[1].starts_with(&pair[0]))
}
