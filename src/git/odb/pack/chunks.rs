//! The table of contents of chunk-based files: multi-pack indexes and commit-graph files.
//!
//! Format: git's `gitformat-chunk`.

use std::ops::Range;

use super::index::PackIndexError;

/// The table of contents. Each row is a 4-byte chunk id and the 8-byte offset of the chunk, which ends at the offset
/// of the next row.
pub(crate) struct ChunkTable<'a> {
    /// The whole file.
    pub(crate) map: &'a [u8],
    /// Byte offset of the first row.
    pub(crate) table: usize,
    /// Number of chunks: the rows without the last one, which only gives the end of the last chunk.
    pub(crate) count: usize,
}

impl ChunkTable<'_> {
    /// Returns the byte range of the chunk `name`; `None` when there is none.
    pub(crate) fn find(&self, name: &[u8; 4]) -> Result<Option<Range<usize>>, PackIndexError> {
        for row in 0..self.count {
            let at = self.table + row * 12;
            let rows = self.map.get(at..at + 24).ok_or(PackIndexError::Damaged("truncated"))?;
            if &rows[..4] == name {
                let offset = |at: usize| {
                    let bytes = rows[at..at + 8].try_into().expect("eight bytes of 24");
                    usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(usize::MAX)
                };
                let range = offset(4)..offset(16);
                return match self.map.get(range.clone()) {
                    Some(_) => Ok(Some(range)),
                    None => Err(PackIndexError::Damaged("a chunk is outside the file")),
                };
            }
        }
        Ok(None)
    }
}
