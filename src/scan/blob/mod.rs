//! One blob, message or name: from bytes to findings.

pub(crate) mod blob_scanner;
pub(crate) mod excerpt;
pub(crate) mod names;
pub(crate) mod object_part;
pub(crate) mod streaming;
