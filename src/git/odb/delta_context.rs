//! How an object that is stored as a delta differs from its base, and the visitor's result for that base.
//!
//! With it, a visitor of many versions of one file needs to process only the new bytes of each. An object without a
//! delta context (stored undeltified, loose, or read from a replacement copy) is processed completely.

use std::ops::Range;

/// A range of bytes that an object has in common with its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CopiedRange {
    /// Byte offset in the base.
    pub base_offset: usize,
    /// Byte offset in the object.
    pub offset: usize,
    /// Number of bytes; never 0.
    pub len: usize,
}

impl CopiedRange {
    /// Returns the end offset (exclusive) in the object.
    pub(crate) fn end(&self) -> usize {
        self.offset + self.len
    }

    /// Returns the end offset (exclusive) in the base.
    pub(crate) fn base_end(&self) -> usize {
        self.base_offset + self.len
    }
}

/// What an object has in common with its delta base.
#[derive(Debug)]
pub(crate) struct DeltaContext<'a, S> {
    /// The copied ranges, ascending by offset in the object. They do not overlap in the object, but may in the base.
    /// Ranges that are adjacent in both are merged: git splits copies at 64 KiB. All bytes between them are new.
    pub copies: &'a [CopiedRange],
    /// The bytes of the base.
    pub base: &'a [u8],
    /// What visiting the base returned.
    pub base_state: &'a S,
}

impl<S> DeltaContext<'_, S> {
    /// Asserts that the copied ranges have the same bytes in `data`, the object, and in its base.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_copies(&self, data: &[u8]) {
        for copied in self.copies {
            let from = &self.base[copied.base_offset..copied.base_end()];
            assert_eq!(&data[copied.offset..copied.end()], from, "a copied range differs");
        }
    }

    /// Returns the changed ranges of an object of `len` bytes, ascending: ranges of new bytes, and empty ranges
    /// between bytes that were not adjacent in the base. The ends count as well: a base that was cut off at its
    /// start or end gives an empty range there.
    pub(crate) fn changed_ranges(&self, len: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let (base, copies) = (self.base.len(), self.copies);
        (0..=copies.len()).filter_map(move |at| {
            let before = at.checked_sub(1).map(|at| &copies[at]);
            let after = copies.get(at);
            let change = before.map_or(0, CopiedRange::end)..after.map_or(len, |copied| copied.offset);
            let was_adjacent = match (before, after) {
                (None, Some(first)) => first.base_offset == 0,
                (Some(last), None) => last.base_end() == base,
                (Some(_), Some(_)) => false,
                (None, None) => base == 0,
            };
            (!change.is_empty() || !was_adjacent).then_some(change)
        })
    }
}

/// Appends a copied range, merging it with the last one where both are adjacent.
pub(crate) fn push(copies: &mut Vec<CopiedRange>, next: CopiedRange) {
    match copies.last_mut() {
        Some(last) if last.end() == next.offset && last.base_end() == next.base_offset => {
            last.len += next.len;
        }
        _ => copies.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(copies: &[(usize, usize, usize)], base: usize, len: usize) -> Vec<(usize, usize)> {
        let mut merged = Vec::new();
        for &(base_offset, offset, len) in copies {
            push(&mut merged, CopiedRange { base_offset, offset, len });
        }
        DeltaContext { copies: &merged, base: &vec![0; base], base_state: &() }
            .changed_ranges(len)
            .map(|change| (change.start, change.end))
            .collect()
    }

    #[test]
    fn bytes_that_stay_adjacent_are_no_change() {
        let none: Vec<(usize, usize)> = Vec::new();
        assert_eq!(changes(&[(0, 0, 10)], 10, 10), none);
        assert_eq!(changes(&[(0, 0, 4), (4, 4, 6)], 10, 10), none);
        assert_eq!(changes(&[], 0, 0), none);
    }

    #[test]
    fn new_bytes_joined_bytes_and_cut_ends_are_changes() {
        assert_eq!(changes(&[(0, 0, 4), (4, 7, 6)], 10, 13), [(4, 7)]);
        assert_eq!(changes(&[(0, 0, 4), (5, 4, 5)], 10, 9), [(4, 4)]);
        assert_eq!(changes(&[(1, 0, 8)], 10, 8), [(0, 0), (8, 8)]);
        assert_eq!(changes(&[(0, 2, 10)], 10, 15), [(0, 2), (12, 15)]);
        assert_eq!(changes(&[(0, 0, 10), (0, 10, 10)], 10, 20), [(10, 10)]);
        assert_eq!(changes(&[], 10, 3), [(0, 3)]);
        assert_eq!(changes(&[], 0, 3), [(0, 3)]);
        assert_eq!(changes(&[], 10, 0), [(0, 0)]);
    }
}
