//! Commits and tags: parsing, the commit graph, revision ranges (`git rev-list`) and revisions (`git rev-parse`).

pub(crate) mod commit;
pub(crate) mod graph;
pub(crate) mod ident;
pub(crate) mod merge_base;
pub(crate) mod message;
pub(crate) mod rev_list;
pub(crate) mod rev_parse;
pub(crate) mod tag;
