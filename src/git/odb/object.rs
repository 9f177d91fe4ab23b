//! What an object store hands out, and how reading one object can fail.

use std::collections::HashMap;

use thiserror::Error;

use super::delta_context::Growth;
use super::numbers::Numbers;
use super::oid::Oid;
use crate::git::commits::commit_graph_file::UNKNOWN;

/// The four kinds of git object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A file's bytes, or a symlink's target.
    Blob,
    /// An annotated tag.
    Tag,
}

/// One object: its kind and its inflated, undeltified bytes without the loose header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What `data` holds.
    pub kind: Kind,
    /// The content.
    pub data: Vec<u8>,
}

/// Why one object could not be had. It costs that one object, never the whole run.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ObjectError {
    /// No pack, loose file or alternate holds it (partial clone, damaged repository).
    #[error("object {id} is missing")]
    Missing {
        /// The id that was asked for.
        id: Oid,
    },
    /// It is there and does not read back.
    #[error("object {id} is corrupt: {why}")]
    Corrupt {
        /// The id that was asked for.
        id: Oid,
        /// What is wrong with the stored bytes.
        why: String,
    },
    /// It is larger than the caller wants to hold.
    #[error("object {id} has {size} bytes, over the limit of {limit}")]
    TooLarge {
        /// The id that was asked for.
        id: Oid,
        /// Its inflated size in bytes.
        size: u64,
        /// The caller's limit in bytes.
        limit: u64,
    },
}

impl ObjectError {
    /// The id that was asked for.
    pub fn id(&self) -> &Oid {
        match self {
            ObjectError::Missing { id }
            | ObjectError::Corrupt { id, .. }
            | ObjectError::TooLarge { id, .. } => id,
        }
    }
}

/// Reads single objects by id.
pub trait ReadObjects: Sync {
    /// The object named `id`, whole.
    fn read(&self, id: &Oid) -> Result<Object, ObjectError>;

    /// A number that is higher than those of all commits which the commit `id` reaches, where git wrote one down; else
    /// the highest one, which nothing that has a number reaches. It may be wrong: no commit may be lost by it.
    fn level(&self, _id: &Oid) -> u32 {
        UNKNOWN
    }
}

/// Objects held in memory: for tests of everything above the store.
impl ReadObjects for HashMap<Oid, Object> {
    fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
        self.get(id).cloned().ok_or(ObjectError::Missing { id: *id })
    }
}

/// Receives the objects of a whole store, one worker's share.
pub trait Visitor: Send {
    /// What the visit of an object leaves behind for those that grow from it; `()` for visitors that look at
    /// each object by itself. It lives as long as the object's bytes are held: a handful at a time.
    type State;

    /// One object, whole. Each unique id comes once per run, in no promised order. `growth` tells what it has
    /// from an object that this visitor has seen before, where that is known.
    fn visit(
        &mut self,
        id: &Oid,
        kind: Kind,
        data: &[u8],
        growth: Option<Growth<'_, Self::State>>,
    ) -> Self::State;

    /// One object that could not be read.
    fn failed(&mut self, error: ObjectError);
}

/// Walks every object that is stored, whether anything refers to it or not.
pub trait ScanObjects: ReadObjects {
    /// Numbers for what is stored now.
    fn numbers(&self) -> Numbers;

    /// Whether there is something under the id `id`, sound or not.
    fn has(&self, id: &Oid) -> bool;

    /// Visits every stored object of the wanted `kinds` on up to `threads` threads. `make` is called
    /// once per worker; the workers' visitors come back for merging, in no promised order.
    fn for_each<V: Visitor>(&self, kinds: &[Kind], threads: usize, make: &(dyn Fn() -> V + Sync)) -> Vec<V>;
}

impl ScanObjects for HashMap<Oid, Object> {
    fn numbers(&self) -> Numbers {
        let mut ids: Vec<Oid> = self.keys().copied().collect();
        ids.sort_unstable();
        Numbers::new(&[], ids)
    }

    fn has(&self, id: &Oid) -> bool {
        self.contains_key(id)
    }

    fn for_each<V: Visitor>(&self, kinds: &[Kind], _threads: usize, make: &(dyn Fn() -> V + Sync)) -> Vec<V> {
        let mut visitor = make();
        for (id, object) in self.iter().filter(|(_, object)| kinds.contains(&object.kind)) {
            visitor.visit(id, object.kind, &object.data, None);
        }
        vec![visitor]
    }
}
