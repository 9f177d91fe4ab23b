//! In: bytes as they are stored. Out: the texts to match on, with the way back to the bytes. Never: deciding what is
//! a secret.
//!
//! Bytes are read in every plausible way, because no test of a few bytes can decide how all of them are meant: a log can
//! begin as UTF-16 and continue as ASCII, and a byte order mark can precede anything. Each way is a [`Reading`].

#[cfg(test)]
pub(crate) mod testing;
mod utf16;
mod wide;

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::model::Span;
use crate::model::memory::{self, NoMemory};

use utf16::{ByteOrder, Utf16};
use wide::Piece;

/// How a reading gets text from bytes, the one with the most exact columns first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReadingKind {
    /// All bytes as UTF-16, decoded to UTF-8.
    Utf16,
    /// The bytes without the zero bytes of wide characters: of UTF-16 and UTF-32 at any offset, between other bytes.
    Narrowed,
    /// The bytes as they are stored.
    Stored,
}

impl ReadingKind {
    /// Number of kinds.
    pub(crate) const COUNT: usize = 3;

    /// All of them.
    pub(crate) const ALL: [ReadingKind; ReadingKind::COUNT] =
        [ReadingKind::Utf16, ReadingKind::Narrowed, ReadingKind::Stored];
}

/// A text that bytes can be read as. It is ASCII-compatible.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'b> {
    /// How the text was made.
    pub(crate) kind: ReadingKind,
    /// The text; borrowed if it is the stored bytes.
    pub(crate) text: Cow<'b, [u8]>,
    /// Whether values in the text count. `false` for UTF-16 in which a stretch of ASCII follows.
    pub(crate) is_plausible: bool,
    map: OffsetMap,
}

/// Where the bytes of a text are stored.
#[derive(Clone, Debug)]
enum OffsetMap {
    /// At the same distance from this offset.
    Shifted(usize),
    Narrowed(Vec<Piece>),
    Utf16(Utf16),
}

impl<'b> Reading<'b> {
    /// Returns the reading of the bytes in `range` as they are stored.
    pub(crate) fn stored(bytes: &'b [u8], range: Range<usize>) -> Reading<'b> {
        Reading {
            kind: ReadingKind::Stored,
            map: OffsetMap::Shifted(range.start),
            text: Cow::Borrowed(&bytes[range]),
            is_plausible: true,
        }
    }

    /// Returns where the byte of the text at `offset` is stored; for a wide character, its byte that is not zero.
    fn stored_offset(&self, offset: usize) -> usize {
        match &self.map {
            OffsetMap::Shifted(start) => start + offset,
            OffsetMap::Narrowed(pieces) => wide::stored_offset(pieces, offset),
            OffsetMap::Utf16(utf16) => utf16.stored_offset(&self.text, offset),
        }
    }

    /// Returns the stored bytes of a span of the text, from its first character to its last.
    pub(crate) fn stored_span(&self, span: Span) -> Span {
        let start = self.stored_offset(span.start);
        let end = if span.is_empty() { start } else { self.stored_offset(span.end - 1) + 1 };
        Span::new(start, end.max(start))
    }

    /// Returns the first offset in the text whose byte is stored at `stored` or after it.
    pub(crate) fn text_offset(&self, stored: usize) -> usize {
        let offset = match &self.map {
            OffsetMap::Shifted(start) => stored.saturating_sub(*start),
            OffsetMap::Narrowed(pieces) => wide::text_offset(pieces, stored),
            OffsetMap::Utf16(utf16) => utf16.text_offset(&self.text, stored),
        };
        offset.min(self.text.len())
    }
}

/// Reads the parts of one text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder {
    /// The byte order if the text begins as UTF-16.
    order: Option<ByteOrder>,
}

impl Decoder {
    /// Most stored bytes for each byte of a text: those of a wide character of four bytes.
    pub(crate) const MAX_WIDTH: usize = 4;

    /// Creates the decoder of a text that begins with `bytes`, at least [`utf16::PROBE`] of them if it is as long.
    pub(crate) fn new(bytes: &[u8]) -> Decoder {
        Decoder { order: utf16::detect(bytes) }
    }

    /// Returns the readings of `bytes`, which are stored at `offset` of the whole text. The stored bytes are always
    /// among them, limited to `plain`: a part of `bytes` that has enough context for text without wide characters.
    ///
    /// Costs one search for a zero byte if there is none.
    pub(crate) fn readings<'b>(
        self,
        bytes: &'b [u8],
        offset: usize,
        plain: Range<usize>,
    ) -> Vec<Reading<'b>> {
        let stored = Reading::stored(bytes, plain);
        if self.order.is_none() && memchr(0, bytes).is_none() {
            return vec![stored];
        }
        let mut readings = Vec::with_capacity(ReadingKind::COUNT);
        if let Some(order) = self.order {
            let (text, map) = utf16::decode(bytes, order, offset);
            readings.push(Reading {
                kind: ReadingKind::Utf16,
                is_plausible: utf16::is_plausible(bytes, offset == 0),
                text: Cow::Owned(text),
                map: OffsetMap::Utf16(map),
            });
        }
        if let Some((text, pieces)) = wide::narrow(bytes, offset == 0) {
            readings.push(Reading {
                kind: ReadingKind::Narrowed,
                is_plausible: true,
                text: Cow::Owned(text),
                map: OffsetMap::Narrowed(pieces),
            });
        }
        readings.push(stored);
        readings
    }
}

/// Returns the readings of a whole text in memory.
///
/// # Errors
///
/// If there is not enough memory for the texts.
pub(crate) fn readings(bytes: &[u8]) -> Result<Vec<Reading<'_>>, NoMemory> {
    /// Most bytes for each stored byte: both texts and where their bytes are stored.
    const COST: usize = 6;
    if memchr(0, bytes).is_none() {
        return Ok(vec![Reading::stored(bytes, 0..bytes.len())]);
    }
    memory::check(bytes.len().saturating_mul(COST))?;
    Ok(Decoder::new(bytes).readings(bytes, 0, 0..bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<(ReadingKind, bool)> {
        readings(bytes).expect("small").iter().map(|reading| (reading.kind, reading.is_plausible)).collect()
    }

    #[test]
    fn only_wide_characters_add_readings() {
        use ReadingKind::{Narrowed, Stored, Utf16};
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let log = [
            wide(&"started\r\n".repeat(80)),
            b"appended by another program, long enough to be seen: ok\r\n".repeat(2),
        ]
        .concat();
        for (bytes, expected) in [
            (b"plain".to_vec(), vec![(Stored, true)]),
            (b"\0\x01\x02 binary \0\0\0".to_vec(), vec![(Stored, true)]),
            (wide("password = x"), vec![(Utf16, true), (Narrowed, true), (Stored, true)]),
            (b"\xff\xfeplain".to_vec(), vec![(Stored, true)]),
            (log, vec![(Utf16, false), (Narrowed, true), (Stored, true)]),
        ] {
            assert_eq!(kinds(&bytes), expected, "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn offsets_of_all_readings_lead_to_the_stored_byte_and_back() {
        let text = "key = 'grün 🔑 value, and more of it'\r\n".repeat(300);
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide: Vec<u8> = text.encode_utf16().flat_map(order).collect();
            let mixed = [b"ASCII first\n".as_slice(), &wide, b"and last\0\0\x01\0"].concat();
            for bytes in [&wide, &mixed] {
                for reading in readings(bytes).expect("small") {
                    let mut last = None;
                    for (offset, &byte) in reading.text.iter().enumerate() {
                        if !byte.is_ascii() {
                            continue;
                        }
                        let stored = reading.stored_offset(offset);
                        assert_eq!(bytes[stored], byte, "{:?} {offset}", reading.kind);
                        assert!(last < Some(stored), "{:?} {offset}", reading.kind);
                        assert_eq!(reading.text_offset(stored), offset, "{:?} {stored}", reading.kind);
                        last = Some(stored);
                    }
                }
            }
        }
    }
}
