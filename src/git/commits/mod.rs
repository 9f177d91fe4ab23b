//! Commits and tags: parsing them, walking their graph, resolving revisions.

pub mod commit;
pub(crate) mod commit_graph_file;
pub mod graph;
pub mod ident;
pub mod merge_base;
pub mod message;
pub mod rev_list;
pub mod rev_parse;
pub mod tag;
