//! Files that git divides into named chunks: multi-pack indexes and commit-graphs.

use std::ops::Range;

use super::index::IndexError;

/// The table of contents of such a file: rows of a 4-byte name and the 8-byte offset where the chunk starts; it ends
/// where the next row's chunk starts.
pub(crate) struct Chunks<'a> {
    /// The whole file.
    pub(crate) map: &'a [u8],
    /// Where the rows begin.
    pub(crate) table: usize,
    /// How many rows there are, without the last, which only says where the chunks end.
    pub(crate) count: usize,
}

impl Chunks<'_> {
    /// Where the chunk of this name lies; `None` when there is none.
    pub(crate) fn find(&self, name: &[u8; 4]) -> Result<Option<Range<usize>>, IndexError> {
        for row in 0..self.count {
            let at = self.table + row * 12;
            let rows = self.map.get(at..at + 24).ok_or(IndexError::Damaged("cut short"))?;
            if &rows[..4] == name {
                let offset = |at: usize| {
                    let bytes = rows[at..at + 8].try_into().expect("eight bytes of 24");
                    usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(usize::MAX)
                };
                let range = offset(4)..offset(16);
                return match self.map.get(range.clone()) {
                    Some(_) => Ok(Some(range)),
                    None => Err(IndexError::Damaged("a chunk lies outside the file")),
                };
            }
        }
        Ok(None)
    }
}
