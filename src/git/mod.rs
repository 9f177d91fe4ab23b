//! In: a repository on disk. Out: bytes, ids, paths, commits. Never: a rule, a secret, a verdict.

pub mod attribution;
pub mod commits;
pub mod diff;
pub mod env;
pub mod index;
pub mod odb;
mod plumbing;
mod quote;
pub mod refs;
pub mod repo;
mod safe_open;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod testing_objects;

pub use odb::delta_context::{Copied, Growth};
pub use odb::numbers::Numbers;
pub use odb::object::{Kind, Object, ObjectError, ReadObjects, ScanObjects, Visitor};
pub use odb::oid::{HashAlgorithm, Oid};
pub use odb::store::{ObjectStore, StoreProblem};
