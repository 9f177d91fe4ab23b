//! In: a repository on disk. Out: bytes, ids, paths, commits. Never: a rule, a secret, a verdict.

pub(crate) mod attribution;
mod blocking_files;
pub(crate) mod commits;
pub(crate) mod diff;
pub(crate) mod env;
pub(crate) mod index;
pub(crate) mod odb;
mod plumbing;
mod quote;
pub(crate) mod refs;
pub(crate) mod repo;
mod safe_open;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod testing_objects;

pub(crate) use odb::delta_context::DeltaContext;
pub(crate) use odb::object::{Kind, Object, ObjectError, ReadObjects};
#[cfg(test)]
pub(crate) use odb::oid::HashAlgorithm;
pub(crate) use odb::oid::Oid;
#[cfg(test)]
pub(crate) use odb::store::ObjectStore;
pub(crate) use odb::store::{ProblemCause, StoreProblem};
pub(crate) use odb::visitor::{ObjectVisitor, ScanObjects};
