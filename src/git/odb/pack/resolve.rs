//! Resolves pack entries to objects, with the buffers that one worker needs for it.

use std::sync::Arc;

use super::delta::{Delta, DeltaError};
use super::file::{Entry, PackError, PackFile};
use super::inflate::{InflateError, Inflater};
use crate::git::odb::cache::Cache;
use crate::git::odb::delta_context::CopiedRange;
use crate::git::odb::object::{Object, ObjectError, corrupt, no_memory};
use crate::git::odb::oid::Oid;
use crate::model::memory;

/// Maximum number of buffers that are kept for reuse.
const MAX_POOLED: usize = 16;
/// Maximum capacity in bytes of all buffers that are kept for reuse.
const MAX_POOLED_BYTES: usize = 32 << 20;

/// Resolves one object at a time and reuses its buffers.
#[derive(Debug, Default)]
pub(crate) struct DeltaResolver {
    /// Also used for streams that are not pack entries.
    pub inflater: Inflater,
    /// Used for reading single objects: resolving a whole delta tree needs no cache.
    pub(crate) base_cache: DeltaBaseCache,
    instructions: Vec<u8>,
    copies: Vec<CopiedRange>,
    pool: Vec<Vec<u8>>,
    pooled_bytes: usize,
}

impl DeltaResolver {
    /// Returns the object that `entry` stores undeltified. Nothing over `limit` bytes is allocated. `id` is for the
    /// error.
    ///
    /// # Errors
    /// The entry is damaged, or the object is over `limit` bytes.
    pub(crate) fn read_whole(
        &mut self,
        pack: &PackFile,
        entry: &Entry,
        id: Oid,
        limit: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        if entry.size > limit {
            return Err(ObjectError::TooLarge { id, size: entry.size, limit });
        }
        let mut bytes = self.take_buffer(entry.size);
        match pack.inflate(entry, &mut self.inflater, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => {
                self.recycle(bytes);
                Err(object_error(id, &error))
            }
        }
    }

    /// Applies the delta of `entry` to `base` and returns the object. Nothing over `limit` bytes is allocated. `id`
    /// is for the error.
    ///
    /// # Errors
    /// The entry is damaged, does not fit its base, or the object or its delta is over `limit` bytes.
    pub(crate) fn resolve_delta(
        &mut self,
        pack: &PackFile,
        entry: &Entry,
        id: Oid,
        base: &[u8],
        limit: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        // Instructions over the limit are not inflated, except for the header with the size of the result.
        if entry.size > limit {
            let size = pack.object_size(entry, &mut self.inflater).map_err(|error| corrupt(id, &error))?;
            return Err(ObjectError::TooLarge { id, size: size.max(entry.size), limit });
        }
        let mut instructions = std::mem::take(&mut self.instructions);
        let result = self.apply(pack, entry, id, base, limit, &mut instructions);
        // The memory of one very large delta must not be kept for the rest of the run.
        if instructions.capacity() <= MAX_POOLED_BYTES / 4 {
            self.instructions = instructions;
        }
        self.copies.shrink_to(MAX_POOLED_BYTES / 4 / size_of::<CopiedRange>());
        result
    }

    fn apply(
        &mut self,
        pack: &PackFile,
        entry: &Entry,
        id: Oid,
        base: &[u8],
        limit: u64,
        instructions: &mut Vec<u8>,
    ) -> Result<Vec<u8>, ObjectError> {
        pack.inflate(entry, &mut self.inflater, instructions).map_err(|error| object_error(id, &error))?;
        let invalid = |error: DeltaError| object_error(id, &PackError::Delta { offset: entry.offset, error });
        let delta = Delta::parse(instructions).map_err(invalid)?;
        if delta.result_len() > limit {
            return Err(ObjectError::TooLarge { id, size: delta.result_len(), limit });
        }
        let mut bytes = self.take_buffer(delta.result_len());
        match delta.apply(base, &mut bytes, &mut self.copies) {
            Ok(()) => Ok(bytes),
            Err(error) => {
                self.recycle(bytes);
                Err(invalid(error))
            }
        }
    }

    /// Returns the ranges that the last object of [`DeltaResolver::resolve_delta`] has in common with its base.
    pub(crate) fn copies(&self) -> &[CopiedRange] {
        &self.copies
    }

    /// Returns an empty buffer with a capacity of at least `size` bytes, if there is enough memory.
    fn take_buffer(&mut self, size: u64) -> Vec<u8> {
        // One byte more for the inflater, and slack so that slowly growing versions of a file share a buffer.
        let needed = usize::try_from(size.saturating_add(size / 8)).unwrap_or(usize::MAX).saturating_add(64);
        let fits =
            |buffer: &Vec<u8>| (needed..=needed.saturating_mul(4).max(1 << 16)).contains(&buffer.capacity());
        let best = (0..self.pool.len())
            .filter(|&at| fits(&self.pool[at]))
            .min_by_key(|&at| self.pool[at].capacity());
        if let Some(at) = best {
            let mut buffer = self.pool.swap_remove(at);
            self.pooled_bytes -= buffer.capacity();
            buffer.clear();
            return buffer;
        }
        // A new buffer, because growing a pooled one would copy its old content. When this much memory cannot be
        // allocated (the size may be wrong), filling the buffer reports it.
        let mut buffer = Vec::new();
        let _ = memory::reserve(&mut buffer, needed);
        buffer
    }

    /// Takes back a buffer for reuse.
    pub(crate) fn recycle(&mut self, buffer: Vec<u8>) {
        if self.pool.len() == MAX_POOLED {
            self.pooled_bytes -= self.pool.swap_remove(0).capacity();
        }
        if self.pooled_bytes + buffer.capacity() <= MAX_POOLED_BYTES {
            self.pooled_bytes += buffer.capacity();
            self.pool.push(buffer);
        }
    }
}

/// Cache of delta bases, by the number of their pack and their offset in it. Versions of one file are usually read
/// one after the other, and each is a delta against the one before or after it.
#[derive(Debug)]
pub(crate) struct DeltaBaseCache(Cache<(usize, u64), Arc<Object>>);

/// Capacity of the delta base cache in bytes.
const BASE_CACHE_BYTES: usize = 24 << 20;

impl Default for DeltaBaseCache {
    fn default() -> DeltaBaseCache {
        DeltaBaseCache(Cache::new(BASE_CACHE_BYTES))
    }
}

impl DeltaBaseCache {
    /// Creates a cache that keeps nothing.
    pub(crate) fn disabled() -> DeltaBaseCache {
        DeltaBaseCache(Cache::new(0))
    }

    pub(crate) fn get(&mut self, location: (usize, u64)) -> Option<Arc<Object>> {
        self.0.get(&location).cloned()
    }

    /// Adds the object, unless it is large.
    pub(crate) fn insert(&mut self, location: (usize, u64), object: Object) -> Arc<Object> {
        let weight = object.data.capacity() + size_of::<Object>();
        let object = Arc::new(object);
        self.0.insert(location, object.clone(), weight);
        object
    }
}

/// Returns the error of the object `id` whose entry cannot be resolved.
fn object_error(id: Oid, error: &PackError) -> ObjectError {
    match error {
        PackError::Inflate { error: InflateError::NoMemory { size }, .. }
        | PackError::Delta { error: DeltaError::NoMemory(size), .. } => no_memory(id, *size),
        _ => corrupt(id, error),
    }
}

/// Returns the error of the object `id` whose base has the error `error`. A base over the limit makes the object too
/// large as well, with the size of the base: that much memory is needed to resolve it.
pub(crate) fn base_error(id: Oid, error: &ObjectError) -> ObjectError {
    match error {
        ObjectError::TooLarge { size, limit, .. } => ObjectError::TooLarge { id, size: *size, limit: *limit },
        ObjectError::NoMemory { what, .. } => ObjectError::NoMemory { id, what: what.clone() },
        ObjectError::Missing { id: base } => corrupt(id, &format!("{BROKEN_CHAIN} {base} is missing")),
        // The first cause is kept instead of one sentence per delta of the chain.
        ObjectError::Corrupt { why, .. } if why.starts_with(BROKEN_CHAIN) => corrupt(id, why),
        ObjectError::Corrupt { id: base, why } => {
            corrupt(id, &format!("{BROKEN_CHAIN} {base} is corrupt: {why}"))
        }
    }
}

const BROKEN_CHAIN: &str = "its delta chain is broken:";
