//! In: paths, or a repository. Out: what to scan, in which order, and where it came from. Never: a match.

pub(crate) mod commit_files;
pub(crate) mod files;
pub(crate) mod history;
pub(crate) mod paths;
pub(crate) mod range;
pub(crate) mod selection;
pub(crate) mod staged;
pub(crate) mod submodules;
pub(crate) mod trees;
pub(crate) mod unscanned;
pub(crate) mod view;
