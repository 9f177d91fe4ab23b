//! The objects of a repository: all its packs, loose objects and alternates as one store.
//!
//! A file that cannot be opened only affects the objects in it, and is reported by [`ObjectStore::problems`]. A
//! caller that claims to have read everything has to check that list, before and after visiting the objects.
//!
//! Ids are not recomputed: that would cost more than everything else together. Damage is still detected, because
//! every zlib stream has a checksum and every size is stored twice. An object that a pack deliberately stores under a
//! wrong id is returned under that id.

mod alternates;
mod dedup;
mod packs;
mod plan;
mod problems;
mod scan;
mod snapshot;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::commit_graph_file::CommitGraphFiles;
use super::loose::LooseObjects;
use super::object::{Kind, Object, ObjectError, ReadObjects};
use super::oid::{HashAlgorithm, Oid};
use super::pack::DeltaResolver;
use packs::{OpenPacks, PackStore};
use plan::PackPlan;
use problems::ProblemLog;
pub(crate) use problems::{ProblemCause, StoreProblem};
use snapshot::Snapshot;

/// The maximum size of an object in bytes, unless [`ObjectStore::with_limit`] sets another: 512 MiB, git's default
/// for `core.bigFileThreshold`, from which on git does not store files as deltas.
pub(crate) const DEFAULT_LIMIT: u64 = 512 << 20;

/// All objects of one repository. Reading is safe while git repacks: open packs stay mapped, and a missing object is
/// searched for in packs that have appeared since.
#[derive(Debug)]
pub(crate) struct ObjectStore {
    loose: Vec<LooseObjects>,
    packs: PackStore,
    limit: u64,
    problems: ProblemLog,
    commit_graph: LazyCommitGraph,
    resolvers: Mutex<Vec<DeltaResolver>>,
    /// Kept for the next time that all objects are visited.
    pack_plans: Mutex<Option<Arc<[PackPlan]>>>,
}

/// The commit-graph files of the store, opened when a generation number is first needed.
#[derive(Debug)]
struct LazyCommitGraph {
    dirs: Vec<PathBuf>,
    algorithm: HashAlgorithm,
    files: OnceLock<CommitGraphFiles>,
}

impl ObjectStore {
    /// Opens the store at `objects_dirs`, the repository's own directory first, and all directories that their
    /// `info/alternates` name. Failures are reported by [`ObjectStore::problems`].
    pub(crate) fn open(objects_dirs: &[PathBuf], algorithm: HashAlgorithm) -> ObjectStore {
        let problems = ProblemLog::default();
        let dirs = alternates::resolve(objects_dirs, &problems);
        ObjectStore {
            loose: dirs.iter().map(|dir| LooseObjects::new(dir, algorithm)).collect(),
            packs: PackStore::open(&dirs, algorithm, &problems),
            limit: DEFAULT_LIMIT,
            problems,
            commit_graph: LazyCommitGraph { dirs, algorithm, files: OnceLock::new() },
            resolvers: Mutex::default(),
            pack_plans: Mutex::default(),
        }
    }

    /// Returns the store with another limit: objects over `limit` bytes are refused. An object whose delta base is
    /// over the limit is refused too, with the size of the base, because that much memory is needed to resolve it.
    pub(crate) fn with_limit(mut self, limit: u64) -> ObjectStore {
        self.limit = limit;
        self
    }

    /// Returns what could not be opened or listed so far, each problem once. Reading a missing object and
    /// [`ScanObjects::for_each`](crate::git::ScanObjects::for_each) can find more.
    pub(crate) fn problems(&self) -> Vec<StoreProblem> {
        self.problems.lock().clone()
    }

    /// Returns the kind and size in bytes of the object `id`, without inflating more than a few bytes of it.
    ///
    /// # Errors
    /// The object is missing or corrupt.
    pub(crate) fn header(&self, id: &Oid) -> Result<(Kind, u64), ObjectError> {
        self.with_snapshot(|snapshot, resolver| snapshot.header(id, resolver))
    }

    /// Returns whether an object is stored under `id`, intact or not.
    pub(crate) fn contains(&self, id: &Oid) -> bool {
        let found = self.with_snapshot(|snapshot, _| match snapshot.contains(id) {
            true => Ok(()),
            false => Err(ObjectError::Missing { id: *id }),
        });
        found.is_ok()
    }

    /// Runs `read`, and runs it again when it fails and there are new packs: a running gc moves objects into new
    /// packs and removes the old files.
    fn with_snapshot<T>(
        &self,
        read: impl Fn(&Snapshot<'_>, &mut DeltaResolver) -> Result<T, ObjectError>,
    ) -> Result<T, ObjectError> {
        let pool = || self.resolvers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut resolver = pool().pop().unwrap_or_default();
        let mut read = |packs: &OpenPacks| {
            read(&Snapshot { packs, loose: &self.loose, limit: self.limit }, &mut resolver)
        };
        let packs = self.packs.current();
        let mut result = read(&packs);
        if let Err(ObjectError::Missing { .. } | ObjectError::Corrupt { .. }) = result {
            self.packs.refresh(&self.problems);
            let now = self.packs.current();
            // Compared with the packs that were read: another thread may have found the new ones first.
            if now.len() > packs.len() {
                result = read(&now);
            }
        }
        pool().push(resolver);
        match result {
            Err(ObjectError::Missing { id }) if self.problems.have_no_memory() => {
                Err(ObjectError::NoMemory { id, what: "a pack that may contain it".to_owned() })
            }
            result => result,
        }
    }
}

impl ReadObjects for ObjectStore {
    fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
        let mut object = self.with_snapshot(|snapshot, resolver| snapshot.read(id, resolver))?;
        // Its buffer may be a larger pooled one, and the caller may keep many objects.
        if object.data.capacity() / 2 > object.data.len() {
            object.data.shrink_to_fit();
        }
        Ok(object)
    }

    fn generation(&self, id: &Oid) -> u32 {
        let LazyCommitGraph { dirs, algorithm, files } = &self.commit_graph;
        files.get_or_init(|| CommitGraphFiles::open(dirs, *algorithm)).generation(id)
    }
}
