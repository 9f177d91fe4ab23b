//! In: paths, or a repository. Out: what to read, in which order, and where it came from. Never: a match.

pub mod commit_files;
pub mod files;
pub mod history;
pub mod range;
pub mod selection;
pub mod staged;
pub mod submodules;
pub mod view;
