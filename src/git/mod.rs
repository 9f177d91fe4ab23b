//! In: a repository on disk. Out: bytes, ids, paths, commits. Never: a rule, a secret, a verdict.

mod cache;
mod growth;
pub mod loose;
pub mod object;
pub mod oid;
pub mod pack;
pub mod store;

pub use growth::{Copied, Growth};
pub use numbers::Numbers;
pub use object::{Kind, Object, ObjectError, ReadObjects, ScanObjects, Visitor};
pub use oid::{HashAlgorithm, Oid};

pub mod attribution;
pub mod bases;
pub mod commit;
pub mod diff;
pub mod env;
pub mod graph;
pub mod ident;
pub mod index;
mod levels;
pub mod message;
mod numbers;
mod oid_map;
mod opening;
mod plumbing;
mod quote;
pub mod refs;
pub mod repo;
pub mod revision;
pub mod revs;
pub mod tag;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod testing_objects;
pub mod tracking;
pub mod tree;
pub use store::{ObjectStore, StoreProblem};
