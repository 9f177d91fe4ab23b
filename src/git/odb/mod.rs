//! The object database: ids, packs, loose objects, alternates and commit-graph files, and the trees stored in it.

pub(crate) mod cache;
pub(crate) mod commit_graph_file;
pub(crate) mod delta_context;
pub(crate) mod loose;
pub(crate) mod object;
pub(crate) mod object_numbers;
pub(crate) mod oid;
pub(crate) mod oid_map;
pub(crate) mod pack;
pub(crate) mod store;
pub(crate) mod tree;
pub(crate) mod visitor;
