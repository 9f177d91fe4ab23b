//! Packfiles: index, entries, deltas and the delta forest, over a read-only memory map.
//!
//! Everything here is bytes somebody else wrote. No offset, length, count or id is believed before it was
//! compared with what is really there, and nothing recurses by the depth of a delta chain.
//!
//! The pieces stand alone so that a reader of delta *instructions* can be built from the same ones:
//! [`PackFile::entries`] lists entry headers, [`Delta::segments`] takes a delta apart, [`Forest`] says which
//! entry grows from which, and [`climb`] rebuilds one tree of it parents first.

mod chunks;
mod delta;
mod delta_tree;
mod file;
mod index;
mod inflate;
mod mmap;
mod multi;
mod resolve;
mod resolve_tree;
#[cfg(test)]
pub(crate) mod writer;

pub(crate) use chunks::Chunks;
pub use delta::{Delta, DeltaError, Segment, Segments};
pub use delta_tree::{Forest, Node, Root, RootBase};
pub use file::{Entry, EntryBase, PackError, PackFile};
pub(crate) use index::{FAN_OUT, fan_out_total, read_u32};
pub use index::{Index, IndexError};
pub use inflate::{InflateError, Inflater};
pub(crate) use mmap::{Map, regular_file_len};
pub use multi::MultiIndex;
pub use resolve::Rebuilder;
pub(crate) use resolve::{Bases, corrupt, inherited};
pub use resolve_tree::{Grower, climb};
