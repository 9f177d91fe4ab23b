//! Evidence for and against a value that no check can verify: placeholders, entropy, names, assignments.

pub(crate) mod assignment;
pub(crate) mod entropy;
pub(crate) mod generic;
pub(crate) mod placeholder;
