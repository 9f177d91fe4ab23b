//! In: bytes as they are stored. Out: the text to match on. Never: deciding what is a secret.
//!
//! Line and column in the decoded text are those of the stored text; byte offsets are not.

mod reader;
mod utf16;

use std::borrow::Cow;

pub(crate) use reader::TextReader;

use crate::model::memory;
use crate::model::memory::NoMemory;

/// Returns the text in `bytes`: UTF-16 decoded to UTF-8 (then `Cow::Owned`), everything else unchanged
/// (`Cow::Borrowed`), so that the text is ASCII-compatible. Binary data is not left out: a token in it is a token.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, [u8]> {
    match utf16::detect(bytes) {
        Some(order) => Cow::Owned(utf16::decode(bytes, order)),
        None => Cow::Borrowed(bytes),
    }
}

/// Checks that there is enough memory for [`text`].
///
/// # Errors
///
/// If there is not.
pub(crate) fn check_memory(bytes: &[u8]) -> Result<(), NoMemory> {
    match utf16::detect(bytes) {
        // Three bytes for each unit, and what a growing buffer holds at once.
        Some(_) => memory::check(bytes.len().saturating_mul(3)),
        None => Ok(()),
    }
}
