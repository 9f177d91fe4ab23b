//! One blob, message or name: from bytes to findings.

pub(crate) mod blob_scanner;
pub(crate) mod chunk;
pub(crate) mod excerpt;
#[cfg(feature = "git")]
pub(crate) mod identity;
pub(crate) mod line_masks;
#[cfg(feature = "git")]
pub(crate) mod near_changes;
#[cfg(feature = "git")]
pub(crate) mod object_part;
pub(crate) mod readings;
pub(crate) mod streaming;
pub(crate) mod unscanned;
