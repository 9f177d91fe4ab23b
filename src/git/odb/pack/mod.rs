//! Packfiles: index, entries, deltas and delta trees, over a read-only memory map.
//!
//! All bytes are untrusted. Every offset, length, count and id is checked against the actual data before it is used,
//! and nothing recurses by the depth of a delta chain.
//!
//! The parts are usable separately, so that a reader of delta *instructions* can be built from them:
//! [`PackFile`] reads entry headers, `delta` iterates over the instructions of a delta,
//! [`DeltaTrees`] groups entries by their bases, and `resolve_tree` resolves one delta tree, bases first.

mod chunks;
mod delta;
mod delta_tree;
mod file;
mod index;
mod inflate;
mod mmap;
mod multi_pack_index;
mod resolve;
mod resolve_tree;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod writer;

pub(crate) use chunks::ChunkTable;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use delta::Delta;
pub(crate) use delta_tree::{DeltaTrees, Node, Root, RootBase};
pub(crate) use file::{Entry, EntryBase, PackError, PackFile};
pub(crate) use index::{FAN_OUT_LEN, fan_out_total, read_u32};
pub(crate) use index::{PackIndex, PackIndexError};
pub(crate) use inflate::{InflateError, Inflater};
pub(crate) use mmap::{FileBytes, MappedFile, regular_file_len};
pub(crate) use multi_pack_index::MultiPackIndex;
pub(crate) use resolve::DeltaResolver;
pub(crate) use resolve::{DeltaBaseCache, base_error};
pub(crate) use resolve_tree::{DeltaVisitor, resolve_tree};
