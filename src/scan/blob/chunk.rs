//! Chunks of one text that overlap by the context that decides about a value, so that their findings are those of the
//! whole text.

use std::ops::Range;

use crate::decode::{Decoder, Reading, ReadingKind};
use crate::model::{Position, character_boundary};

use super::readings::advanced;

/// A chunk of stored bytes, with context on both sides.
pub(crate) struct Chunk<'c, 'b> {
    /// The texts that the bytes can be read as.
    pub(crate) readings: &'c [Reading<'b>],
    /// Byte offset of the chunk in the whole.
    pub(crate) offset: usize,
    /// Byte range of the chunk in which reported values start; the bytes around it are context.
    pub(crate) reported: Range<usize>,
    /// For each [`ReadingKind`] the position of the first byte of `reported`.
    pub(crate) start: [Position; ReadingKind::COUNT],
}

/// Makes the chunks of one text, from its start to its end.
pub(super) struct Chunker {
    /// Bytes of text that decide about a value, before and after it.
    before: usize,
    after: usize,
    /// That of the text, after its first chunk.
    decoder: Option<Decoder>,
    /// The positions of the next chunk's first reported byte.
    start: [Position; ReadingKind::COUNT],
}

impl Chunker {
    /// Returns one for texts of which `before` and `after` bytes around a value decide about it.
    pub(super) fn new((before, after): (usize, usize)) -> Chunker {
        Chunker { before, after, decoder: None, start: [Position::default(); ReadingKind::COUNT] }
    }

    /// Most stored bytes of context before the reported range of a chunk that are read.
    pub(super) fn stored_before(&self) -> usize {
        Decoder::MAX_WIDTH * self.before
    }

    /// The same after it.
    pub(super) fn stored_after(&self) -> usize {
        Decoder::MAX_WIDTH * self.after
    }

    /// Passes the next chunk to `work`: the `bytes` at `offset` of the whole, of which values in `reported` are reported.
    /// That begins where the one of the chunk before ended, and ends between two characters of stored text.
    pub(super) fn read<T>(
        &mut self,
        bytes: &[u8],
        offset: usize,
        reported: Range<usize>,
        work: impl FnOnce(&Chunk<'_, '_>) -> T,
    ) -> T {
        let plain = character_boundary(bytes, reported.start.saturating_sub(self.before));
        let plain = plain..bytes.len().min(reported.end + self.after);
        let decoder = *self.decoder.get_or_insert_with(|| Decoder::new(bytes));
        let readings = decoder.readings(bytes, offset, plain);
        let chunk = Chunk { readings: &readings, offset, reported: reported.clone(), start: self.start };
        let result = work(&chunk);
        // After the last chunk, no position is needed.
        if reported.end < bytes.len() {
            self.start = advanced(&readings, self.start, reported);
        }
        result
    }
}
