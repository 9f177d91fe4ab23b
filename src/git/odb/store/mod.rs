//! The objects of a repository: all its packs, loose objects and alternates as one store.
//!
//! What cannot be opened costs only itself and is told by [`ObjectStore::problems`]; whoever promises to have
//! read everything has to look there, before and after a walk.
//!
//! Ids are not recomputed: that would cost more than everything else together. Damage shows because every
//! zlib stream carries a checksum and every size is stated twice; what a pack deliberately stores under a
//! wrong id is handed out under that id.

mod alternates;
mod dedup;
mod lookup;
mod packs;
mod scan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::loose::LooseObjects;
use super::object::{Kind, Object, ObjectError, ReadObjects};
use super::oid::{HashAlgorithm, Oid};
use super::pack::Rebuilder;
use crate::git::commits::commit_graph_file::Levels;
use lookup::Lookup;
use packs::{PackList, Packs};
use scan::Share;

/// What no object may exceed unless [`ObjectStore::with_limit`] says otherwise: half a gibibyte, from where on
/// git itself does not look for deltas any more.
pub const DEFAULT_LIMIT: u64 = 512 << 20;

/// A part of the store that cannot be used, or not trusted as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreProblem {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

/// All objects of one repository. Reading is safe while git repacks: packs stay mapped, and what is missing is
/// looked for in packs that appeared meanwhile.
#[derive(Debug)]
pub struct ObjectStore {
    loose: Vec<LooseObjects>,
    packs: Packs,
    limit: u64,
    problems: Problems,
    /// Where to look, until somebody asks for them.
    levels: (Vec<PathBuf>, HashAlgorithm, OnceLock<Levels>),
    rebuilders: Mutex<Vec<Rebuilder>>,
    /// What was worked out about the packs for going through all objects.
    shares: Mutex<Option<Arc<[Share]>>>,
}

impl ObjectStore {
    /// Opens the store at `objects_dirs`, the repository's own directory first, and all that their
    /// `info/alternates` lead to. Nothing fails: see [`ObjectStore::problems`].
    pub fn open(objects_dirs: &[PathBuf], algorithm: HashAlgorithm) -> ObjectStore {
        let problems = Problems::default();
        let dirs = alternates::resolve(objects_dirs, &problems);
        ObjectStore {
            loose: dirs.iter().map(|dir| LooseObjects::new(dir, algorithm)).collect(),
            packs: Packs::open(&dirs, algorithm, &problems),
            limit: DEFAULT_LIMIT,
            problems,
            levels: (dirs, algorithm, OnceLock::new()),
            rebuilders: Mutex::default(),
            shares: Mutex::default(),
        }
    }

    /// The same store that refuses objects over `limit` bytes. An object that grows from a larger base is
    /// refused too, with the size of that base: so much would have to be held to have it.
    pub fn with_limit(mut self, limit: u64) -> ObjectStore {
        self.limit = limit;
        self
    }

    /// What could not be opened or listed so far, each once. Looking for a missing object and
    /// [`for_each`](super::object::ScanObjects::for_each) can find more.
    pub fn problems(&self) -> Vec<StoreProblem> {
        self.problems.lock().clone()
    }

    /// The kind and size of the object `id`, without inflating more than a few bytes of it.
    pub fn header(&self, id: &Oid) -> Result<(Kind, u64), ObjectError> {
        self.with_lookup(|lookup, rebuilder| lookup.header(id, rebuilder))
    }

    /// Whether the store has something under the id `id`, sound or not.
    pub fn contains(&self, id: &Oid) -> bool {
        let found = self.with_lookup(|lookup, _| match lookup.contains(id) {
            true => Ok(()),
            false => Err(ObjectError::Missing { id: *id }),
        });
        found.is_ok()
    }

    /// Asks again when there are new packs: a running gc moves objects and removes where they were.
    fn with_lookup<T>(
        &self,
        ask: impl Fn(&Lookup<'_>, &mut Rebuilder) -> Result<T, ObjectError>,
    ) -> Result<T, ObjectError> {
        let pool = || self.rebuilders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rebuilder = pool().pop().unwrap_or_default();
        let mut ask =
            |packs: &PackList| ask(&Lookup { packs, loose: &self.loose, limit: self.limit }, &mut rebuilder);
        let packs = self.packs.current();
        let mut answer = ask(&packs);
        if let Err(ObjectError::Missing { .. } | ObjectError::Corrupt { .. }) = answer {
            self.packs.refresh(&self.problems);
            let now = self.packs.current();
            // Compared with what was asked: another thread may have found the new packs first.
            if now.len() > packs.len() {
                answer = ask(&now);
            }
        }
        pool().push(rebuilder);
        answer
    }
}

impl ReadObjects for ObjectStore {
    fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
        let mut object = self.with_lookup(|lookup, rebuilder| lookup.read(id, rebuilder))?;
        // It may sit in a pooled buffer, and the caller may keep many.
        if object.data.capacity() / 2 > object.data.len() {
            object.data.shrink_to_fit();
        }
        Ok(object)
    }

    fn level(&self, id: &Oid) -> u32 {
        let (dirs, algorithm, levels) = &self.levels;
        levels.get_or_init(|| Levels::open(dirs, *algorithm)).of(id)
    }
}

/// Where problems are collected by whoever meets them.
#[derive(Debug, Default)]
struct Problems(Mutex<Vec<StoreProblem>>);

impl Problems {
    fn add(&self, path: &Path, why: impl Into<String>) {
        let problem = StoreProblem { path: path.to_owned(), why: why.into() };
        let mut problems = self.lock();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<StoreProblem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
