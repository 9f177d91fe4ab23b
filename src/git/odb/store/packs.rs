//! The packs of a store, which git may replace at any time.
//!
//! A pack stays open even when its file is removed, because its mapping stays valid. So the list only grows, and the
//! number of a pack in it does not change.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::problems::{ProblemCause, ProblemLog, StoreProblem};
use crate::git::odb::oid::HashAlgorithm;
use crate::git::odb::pack::{MultiPackIndex, PackFile, PackIndex, PackIndexError};

/// A directory that was changed less than this before it was listed may have changed again with the same
/// modification time.
const RACY_AGE: Duration = Duration::from_secs(2);
/// How many times a directory is listed when files disappear before they are opened, or are incomplete pairs.
const MAX_LISTINGS: usize = 4;
/// Longer than git needs between renaming the two files of a pack.
const RETRY_DELAY: Duration = Duration::from_millis(5);

/// All open packs. The position of a pack is its number.
pub(crate) type OpenPacks = Arc<[Arc<PackFile>]>;

/// Opens packs, and finds new ones.
#[derive(Debug)]
pub(crate) struct PackStore {
    dirs: Vec<PathBuf>,
    algorithm: HashAlgorithm,
    current: RwLock<OpenPacks>,
    /// The modification time of each directory when it was listed; `None` when it is too recent to be reliable.
    listed: Mutex<Vec<Option<SystemTime>>>,
}

impl PackStore {
    /// Opens all packs of the objects directories `dirs`.
    pub(crate) fn open(dirs: &[PathBuf], algorithm: HashAlgorithm, problems: &ProblemLog) -> PackStore {
        let dirs: Vec<_> = dirs.iter().map(|dir| dir.join("pack")).collect();
        let listed = Mutex::new(vec![None; dirs.len()]);
        let packs = PackStore { dirs, algorithm, current: RwLock::new(Arc::new([])), listed };
        packs.refresh(problems);
        packs
    }

    /// Returns the packs that are open now.
    pub(crate) fn current(&self) -> OpenPacks {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lists the directories that have changed and opens new packs.
    pub(crate) fn refresh(&self, problems: &ProblemLog) {
        // Locked until the end, so that a second thread finds the directories unchanged.
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current();
        let known: HashSet<&Path> = before.iter().map(|pack| pack.path()).collect();
        let mut new = Vec::new();
        for (dir, listed) in self.dirs.iter().zip(listed.iter_mut()) {
            let modified = fs::metadata(dir).and_then(|metadata| metadata.modified()).ok();
            if modified.is_some() && modified == *listed {
                continue;
            }
            let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
            *listed = modified.filter(|_| age.is_some_and(|age| age > RACY_AGE));
            new.extend(open_new(dir, self.algorithm, &known, problems));
        }
        if new.is_empty() {
            return;
        }
        let all: OpenPacks = before.iter().cloned().chain(new.into_iter().map(Arc::new)).collect();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

/// The result of listing one directory.
struct DirListing {
    packs: Vec<PackFile>,
    problems: Vec<StoreProblem>,
    /// A listed file was missing, or the other file of its pair: git may be writing or removing packs.
    is_changing: bool,
}

/// Opens the packs of `dir` that are not `known`, and lists it again while git is changing it.
fn open_new(
    dir: &Path,
    algorithm: HashAlgorithm,
    known: &HashSet<&Path>,
    problems: &ProblemLog,
) -> Vec<PackFile> {
    let mut listing = list_dir(dir, algorithm, known);
    for _ in 1..MAX_LISTINGS {
        if !listing.is_changing {
            break;
        }
        std::thread::sleep(RETRY_DELAY);
        // Packs of the earlier listing are opened again, which is rare and simpler than merging two listings.
        listing = list_dir(dir, algorithm, known);
    }
    listing.problems.into_iter().for_each(|problem| problems.push(problem));
    // The largest pack first: most objects and their bases are in it.
    listing.packs.sort_by_key(|pack| (std::cmp::Reverse(pack.index().len()), pack.path().to_owned()));
    listing.packs
}

/// Lists `dir` and opens its packs, except the `known` ones.
fn list_dir(dir: &Path, algorithm: HashAlgorithm, known: &HashSet<&Path>) -> DirListing {
    let mut listing = DirListing { packs: Vec::new(), problems: Vec::new(), is_changing: false };
    // By the path without extension: whether there is a .pack file, and whether there is an .idx file.
    let mut files: BTreeMap<PathBuf, (bool, bool)> = BTreeMap::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return listing,
        Err(error) => {
            listing.add(dir, format!("cannot be listed, so its packs are not read: {error}"));
            return listing;
        }
    };
    for entry in entries {
        match entry.map(|entry| entry.path()) {
            Ok(path) if path.extension().is_some_and(|ending| ending == "pack") => {
                files.entry(path.with_extension("")).or_default().0 = true;
            }
            Ok(path) if path.extension().is_some_and(|ending| ending == "idx") => {
                files.entry(path.with_extension("")).or_default().1 = true;
            }
            Ok(_) => (),
            Err(error) => listing.add(dir, format!("cannot be listed completely: {error}")),
        }
    }
    let mut multi = None;
    for (stem, (has_pack, has_index)) in files {
        let (pack, index) = (stem.with_extension("pack"), stem.with_extension("idx"));
        // Git writes to these names before it renames.
        let is_temporary = stem.file_name().is_some_and(|name| {
            let name = name.as_encoded_bytes();
            name.starts_with(b".tmp") || name.starts_with(b"tmp_")
        });
        if known.contains(pack.as_path()) {
            continue;
        }
        if is_temporary && !(has_pack && has_index) {
            // One file has its final name, so the other one is about to be renamed.
            listing.is_changing |= has_index;
            continue;
        }
        if !has_pack {
            listing.is_changing = true;
            listing.add(&index, "its pack file is missing");
            continue;
        }
        let opened = if has_index { PackIndex::open(&index, algorithm).map(Some) } else { Ok(None) };
        listing.is_changing |=
            matches!(&opened, Err(PackIndexError::Open(error)) if error.kind() == ErrorKind::NotFound);
        let index = match opened {
            Ok(Some(index)) => Some(index),
            Ok(None) => listing.multi_pack_index(dir, algorithm, &mut multi, &index),
            Err(error) => {
                listing.add_for(index_cause(&error), &index, error.to_string());
                listing.multi_pack_index(dir, algorithm, &mut multi, &index)
            }
        };
        let Some(pack_index) = index else {
            listing.is_changing |= !has_index;
            listing.add(
                &pack,
                "has no readable index, so its objects are not read; run `git index-pack` to create it",
            );
            continue;
        };
        match PackFile::open(&pack, pack_index, algorithm) {
            Ok(opened) => {
                if let Some(inconsistency) = opened.inconsistency() {
                    listing.add(&pack, inconsistency);
                }
                listing.packs.push(opened);
            }
            Err(error) => {
                listing.is_changing |= error.kind() == ErrorKind::NotFound;
                listing.add_for(ProblemCause::from(&error), &pack, format!("cannot be opened: {error}"));
            }
        }
    }
    listing
}

fn index_cause(error: &PackIndexError) -> ProblemCause {
    match error {
        PackIndexError::Open(error) => ProblemCause::from(error),
        _ => ProblemCause::Damage,
    }
}

impl DirListing {
    fn add(&mut self, path: &Path, why: impl Into<String>) {
        self.add_for(ProblemCause::Damage, path, why);
    }

    fn add_for(&mut self, cause: ProblemCause, path: &Path, why: impl Into<String>) {
        self.problems.push(StoreProblem { path: path.to_owned(), cause, why: why.into() });
    }

    /// Returns the index, from a multi-pack index, of the pack whose `.idx` file would be `index`.
    fn multi_pack_index(
        &mut self,
        dir: &Path,
        algorithm: HashAlgorithm,
        opened: &mut Option<Vec<MultiPackIndex>>,
        index: &Path,
    ) -> Option<PackIndex> {
        let files = opened.get_or_insert_with(|| {
            let mut paths = vec![dir.join("multi-pack-index")];
            let layers = fs::read_dir(dir.join("multi-pack-index.d")).into_iter().flatten().flatten();
            let layers = layers.map(|entry| entry.path());
            paths.extend(layers.filter(|path| path.extension().is_some_and(|ending| ending == "midx")));
            let mut files = Vec::new();
            for path in paths {
                match MultiPackIndex::open(&path, algorithm) {
                    Ok(file) => files.push(file),
                    Err(PackIndexError::Open(error)) if error.kind() == ErrorKind::NotFound => (),
                    Err(error) => self.add_for(index_cause(&error), &path, error.to_string()),
                }
            }
            files
        });
        let name = index.file_name()?.to_str()?;
        files.iter().find_map(|file| file.pack_index(name))
    }
}
