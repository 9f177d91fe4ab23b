//! The object database: ids, packs, loose objects and alternates, and the trees stored in it.

pub(crate) mod cache;
pub(crate) mod delta_context;
pub mod loose;
pub(crate) mod numbers;
pub mod object;
pub mod oid;
pub(crate) mod oid_map;
pub mod pack;
pub mod store;
pub mod tree;
