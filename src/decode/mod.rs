//! In: the bytes as they are stored. Out: [`Chunk`]s of text to match on. Never: deciding what is a secret.

mod reader;
mod utf16;

use std::borrow::Cow;

pub use reader::TextReader;

/// One text made from stored bytes. Line and column in it are those of the stored text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk<'b> {
    /// The bytes to match on: ASCII-compatible wherever the stored text was.
    pub text: Cow<'b, [u8]>,
}

/// The text in `bytes`: UTF-16 turned into UTF-8, everything else as it stands. Binary data is not
/// left out: a token in it is a token.
pub fn text(bytes: &[u8]) -> Chunk<'_> {
    let text = match utf16::detect(bytes) {
        Some(order) => Cow::Owned(utf16::decode(bytes, order)),
        None => Cow::Borrowed(bytes),
    };
    Chunk { text }
}
