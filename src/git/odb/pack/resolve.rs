//! Makes objects out of pack entries, with the buffers one worker needs for it.

use std::sync::Arc;

use super::delta::{Delta, DeltaError};
use super::file::{Entry, PackError, PackFile};
use super::inflate::Inflater;
use crate::git::odb::cache::Cache;
use crate::git::odb::delta_context::Copied;
use crate::git::odb::object::{Object, ObjectError};
use crate::git::odb::oid::Oid;

/// Buffers kept for the next object: at most so many, of at most so many bytes in sum.
const POOLED: usize = 16;
const POOLED_BYTES: usize = 32 << 20;

/// Rebuilds one object at a time and reuses what that needs.
#[derive(Debug, Default)]
pub struct Rebuilder {
    /// For streams that are not entries of a pack.
    pub inflater: Inflater,
    /// For whoever reads single objects: the walk over a whole delta tree needs none.
    pub(crate) bases: Bases,
    delta: Vec<u8>,
    copies: Vec<Copied>,
    pool: Vec<Vec<u8>>,
    pooled_bytes: usize,
}

impl Rebuilder {
    /// The object that `entry` stores whole. Nothing over `limit` bytes is allocated. `id` is for the error.
    pub fn whole(
        &mut self,
        pack: &PackFile,
        entry: &Entry,
        id: Oid,
        limit: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        if entry.size > limit {
            return Err(ObjectError::TooLarge { id, size: entry.size, limit });
        }
        let mut bytes = self.take(entry.size);
        match pack.inflate(entry, &mut self.inflater, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => {
                self.give(bytes);
                Err(corrupt(id, &error))
            }
        }
    }

    /// The object that the delta `entry` makes of `base`. Nothing over `limit` bytes is allocated.
    pub fn grown(
        &mut self,
        pack: &PackFile,
        entry: &Entry,
        id: Oid,
        base: &[u8],
        limit: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        // Instructions longer than the limit: they are not inflated, only asked what they would make.
        if entry.size > limit {
            let size = pack.object_size(entry, &mut self.inflater).map_err(|error| corrupt(id, &error))?;
            return Err(ObjectError::TooLarge { id, size: size.max(entry.size), limit });
        }
        let mut instructions = std::mem::take(&mut self.delta);
        let result = self.apply(pack, entry, id, base, limit, &mut instructions);
        // One giant delta must not pin its memory for the rest of the run.
        if instructions.capacity() <= POOLED_BYTES / 4 {
            self.delta = instructions;
        }
        self.copies.shrink_to(POOLED_BYTES / 4 / size_of::<Copied>());
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
        pack.inflate(entry, &mut self.inflater, instructions).map_err(|error| corrupt(id, &error))?;
        let bad = |error: DeltaError| corrupt(id, &PackError::Delta { offset: entry.offset, error });
        let delta = Delta::parse(instructions).map_err(bad)?;
        if delta.result_len() > limit {
            return Err(ObjectError::TooLarge { id, size: delta.result_len(), limit });
        }
        let mut bytes = self.take(delta.result_len());
        match delta.apply(base, &mut bytes, &mut self.copies) {
            Ok(()) => Ok(bytes),
            Err(error) => {
                self.give(bytes);
                Err(bad(error))
            }
        }
    }

    /// What the last object that was [`Rebuilder::grown`] has from its base.
    pub fn copies(&self) -> &[Copied] {
        &self.copies
    }

    /// An empty buffer that holds at least `size` bytes, if there is so much memory.
    fn take(&mut self, size: u64) -> Vec<u8> {
        // One byte more for the inflater, and slack so that slowly growing versions of a file share a buffer.
        let wanted = usize::try_from(size.saturating_add(size / 8)).unwrap_or(usize::MAX).saturating_add(64);
        let fits =
            |buffer: &Vec<u8>| (wanted..=wanted.saturating_mul(4).max(1 << 16)).contains(&buffer.capacity());
        let best = (0..self.pool.len())
            .filter(|&at| fits(&self.pool[at]))
            .min_by_key(|&at| self.pool[at].capacity());
        if let Some(at) = best {
            let mut buffer = self.pool.swap_remove(at);
            self.pooled_bytes -= buffer.capacity();
            buffer.clear();
            return buffer;
        }
        // Growing a pooled buffer would copy its old content: a fresh one does not. When the size is a lie and
        // there is no such memory, whoever fills the buffer finds out the same way.
        let mut buffer = Vec::new();
        let _ = buffer.try_reserve_exact(wanted);
        buffer
    }

    /// Takes a buffer back that is not needed any more.
    pub fn give(&mut self, buffer: Vec<u8>) {
        if self.pool.len() == POOLED {
            self.pooled_bytes -= self.pool.swap_remove(0).capacity();
        }
        if self.pooled_bytes + buffer.capacity() <= POOLED_BYTES {
            self.pooled_bytes += buffer.capacity();
            self.pool.push(buffer);
        }
    }
}

/// Objects that others grow from, by the number of their pack and their offset in it. Versions of one thing are
/// read one after the other, and each grows from the one before or after it.
#[derive(Debug)]
pub(crate) struct Bases(Cache<(usize, u64), Arc<Object>>);

/// The bases of so many bytes are kept.
const KEPT_BASES: usize = 24 << 20;

impl Default for Bases {
    fn default() -> Bases {
        Bases(Cache::new(KEPT_BASES))
    }
}

impl Bases {
    /// One that keeps nothing.
    pub(crate) fn none() -> Bases {
        Bases(Cache::new(0))
    }

    pub(crate) fn get(&mut self, place: (usize, u64)) -> Option<Arc<Object>> {
        self.0.get(&place).cloned()
    }

    /// Keeps the object, unless it is a large one.
    pub(crate) fn keep(&mut self, place: (usize, u64), object: Object) -> Arc<Object> {
        let weight = object.data.capacity() + size_of::<Object>();
        let object = Arc::new(object);
        self.0.put(place, object.clone(), weight);
        object
    }
}

/// The object `id` is corrupt for this reason.
pub(crate) fn corrupt(id: Oid, why: &impl ToString) -> ObjectError {
    ObjectError::Corrupt { id, why: why.to_string() }
}

/// What `error` of a base means for the object `id` that grows from it. A base over the limit makes the object
/// too large as well, with the base's size: that much would have to be held to have it.
pub(crate) fn inherited(id: Oid, error: &ObjectError) -> ObjectError {
    match error {
        ObjectError::TooLarge { size, limit, .. } => ObjectError::TooLarge { id, size: *size, limit: *limit },
        ObjectError::Missing { id: base } => corrupt(id, &format!("{INHERITED} {base} is missing")),
        // A chain keeps the first cause instead of repeating one sentence per link.
        ObjectError::Corrupt { why, .. } if why.starts_with(INHERITED) => corrupt(id, why),
        ObjectError::Corrupt { id: base, why } => {
            corrupt(id, &format!("{INHERITED} {base} is corrupt: {why}"))
        }
    }
}

const INHERITED: &str = "its delta chain is broken:";
