//! Which packs there are, while git may be replacing them.
//!
//! A pack once opened stays: its mapping outlives its file. So the list only grows, and a position in it keeps
//! its meaning.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::{Problems, StoreProblem};
use crate::git::odb::oid::HashAlgorithm;
use crate::git::odb::pack::{Index, IndexError, MultiIndex, PackFile};

/// A directory that changed less long ago than this before it was listed may have changed again without
/// another time stamp.
const RACY: Duration = Duration::from_secs(2);
/// How often to look when files vanish between listing and opening, or are there by halves.
const ATTEMPTS: usize = 4;
/// What git needs between the two halves of a pack, and more.
const PAUSE: Duration = Duration::from_millis(5);

pub(crate) type PackList = Arc<[Arc<PackFile>]>;

#[derive(Debug)]
pub(crate) struct Packs {
    dirs: Vec<PathBuf>,
    algorithm: HashAlgorithm,
    current: RwLock<PackList>,
    /// The time stamp of each directory when it was listed, if it can be relied on.
    listed: Mutex<Vec<Option<SystemTime>>>,
}

impl Packs {
    /// Opens all packs of the objects directories `dirs`.
    pub(crate) fn open(dirs: &[PathBuf], algorithm: HashAlgorithm, problems: &Problems) -> Packs {
        let dirs: Vec<_> = dirs.iter().map(|dir| dir.join("pack")).collect();
        let listed = Mutex::new(vec![None; dirs.len()]);
        let packs = Packs { dirs, algorithm, current: RwLock::new(Arc::new([])), listed };
        packs.refresh(problems);
        packs
    }

    /// The packs known now.
    pub(crate) fn current(&self) -> PackList {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lists the directories that changed and opens what is new.
    pub(crate) fn refresh(&self, problems: &Problems) {
        // Held throughout: who comes second finds the directories unchanged.
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
            *listed = modified.filter(|_| age.is_some_and(|age| age > RACY));
            new.extend(open_new(dir, self.algorithm, &known, problems));
        }
        if new.is_empty() {
            return;
        }
        let all: PackList = before.iter().cloned().chain(new.into_iter().map(Arc::new)).collect();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

/// What one look at a directory gave.
struct Look {
    packs: Vec<PackFile>,
    problems: Vec<StoreProblem>,
    /// Something was listed and then not there, or only half there: perhaps git is at work.
    unsettled: bool,
}

fn open_new(
    dir: &Path,
    algorithm: HashAlgorithm,
    known: &HashSet<&Path>,
    problems: &Problems,
) -> Vec<PackFile> {
    let mut look = look(dir, algorithm, known);
    for _ in 1..ATTEMPTS {
        if !look.unsettled {
            break;
        }
        std::thread::sleep(PAUSE);
        // What was opened by an earlier look is opened again: rare, and simpler than joining two looks.
        look = self::look(dir, algorithm, known);
    }
    look.problems.into_iter().for_each(|problem| problems.add(&problem.path, problem.why));
    // The largest pack of a directory is the one that most objects and their bases are in.
    look.packs.sort_by_key(|pack| (std::cmp::Reverse(pack.index().len()), pack.path().to_owned()));
    look.packs
}

fn look(dir: &Path, algorithm: HashAlgorithm, known: &HashSet<&Path>) -> Look {
    let mut look = Look { packs: Vec::new(), problems: Vec::new(), unsettled: false };
    // By the path without its ending: whether there is a .pack and whether there is an .idx.
    let mut files: BTreeMap<PathBuf, (bool, bool)> = BTreeMap::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return look,
        Err(error) => {
            look.add(dir, format!("cannot be listed, so its packs are not seen: {error}"));
            return look;
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
            Err(error) => look.add(dir, format!("cannot be listed to its end: {error}")),
        }
    }
    let mut multi = None;
    for (stem, (has_pack, has_index)) in files {
        let (pack, index) = (stem.with_extension("pack"), stem.with_extension("idx"));
        // Git writes under such names before it renames.
        let temporary = stem.file_name().is_some_and(|name| {
            let name = name.as_encoded_bytes();
            name.starts_with(b".tmp") || name.starts_with(b"tmp_")
        });
        if known.contains(pack.as_path()) {
            continue;
        }
        if temporary && !(has_pack && has_index) {
            // Half of it has its name already, so the other half is about to.
            look.unsettled |= has_index;
            continue;
        }
        if !has_pack {
            look.unsettled = true;
            look.add(&index, "its pack file is missing");
            continue;
        }
        let opened = if has_index { Index::open(&index, algorithm).map(Some) } else { Ok(None) };
        look.unsettled |=
            matches!(&opened, Err(IndexError::Open(error)) if error.kind() == ErrorKind::NotFound);
        let listed = match opened {
            Ok(Some(index)) => Some(index),
            Ok(None) => look.multi_index(dir, algorithm, &mut multi, &index),
            Err(error) => {
                look.add(&index, error.to_string());
                look.multi_index(dir, algorithm, &mut multi, &index)
            }
        };
        let Some(listed) = listed else {
            look.unsettled |= !has_index;
            look.add(&pack, "has no readable index, so its objects are not seen; `git index-pack` makes one");
            continue;
        };
        match PackFile::open(&pack, listed, algorithm) {
            Ok(opened) => {
                if let Some(doubt) = opened.doubt() {
                    look.add(&pack, doubt);
                }
                look.packs.push(opened);
            }
            Err(error) => {
                look.unsettled |= error.kind() == ErrorKind::NotFound;
                look.add(&pack, format!("cannot be opened: {error}"));
            }
        }
    }
    look
}

impl Look {
    fn add(&mut self, path: &Path, why: impl Into<String>) {
        self.problems.push(StoreProblem { path: path.to_owned(), why: why.into() });
    }

    /// The part of a multi-pack index that is for the pack whose own index would be `index`.
    fn multi_index(
        &mut self,
        dir: &Path,
        algorithm: HashAlgorithm,
        opened: &mut Option<Vec<MultiIndex>>,
        index: &Path,
    ) -> Option<Index> {
        let files = opened.get_or_insert_with(|| {
            let mut paths = vec![dir.join("multi-pack-index")];
            let layers = fs::read_dir(dir.join("multi-pack-index.d")).into_iter().flatten().flatten();
            let layers = layers.map(|entry| entry.path());
            paths.extend(layers.filter(|path| path.extension().is_some_and(|ending| ending == "midx")));
            let mut files = Vec::new();
            for path in paths {
                match MultiIndex::open(&path, algorithm) {
                    Ok(file) => files.push(file),
                    Err(IndexError::Open(error)) if error.kind() == ErrorKind::NotFound => (),
                    Err(error) => self.add(&path, error.to_string()),
                }
            }
            files
        });
        let name = index.file_name()?.to_str()?;
        files.iter().find_map(|file| file.index_of(name))
    }
}
