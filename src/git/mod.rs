//! In: a repository on disk. Out: bytes, ids, paths, commits. Never: a rule, a secret, a verdict.

pub mod env;
pub mod object;
pub mod oid;
pub mod repo;

pub use object::{Kind, Object, ObjectError, ReadObjects, ScanObjects, Visitor};
pub use oid::{HashAlgorithm, Oid};
