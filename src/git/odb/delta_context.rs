//! How an object that is stored as a delta came from its base: what is new in it, and what was known of the
//! base when it was looked at.
//!
//! Whoever looks at many versions of one file so needs to look at the new bytes only. An object without a
//! growth (stored whole, loose, rescued from elsewhere) is looked at whole.

use std::ops::Range;

/// Bytes of the base that stand in the object too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Offset in the base.
    pub from: usize,
    /// Offset in the object.
    pub to: usize,
    /// Number of bytes; never 0.
    pub len: usize,
}

impl Copied {
    /// One past its last byte in the object.
    pub fn end(&self) -> usize {
        self.to + self.len
    }

    /// One past its last byte in the base.
    pub fn base_end(&self) -> usize {
        self.from + self.len
    }
}

/// What an object has from its base.
#[derive(Debug)]
pub struct Growth<'a, S> {
    /// By place in the object. No two overlap in it, in the base they may. Copies that follow one another in
    /// both are one: git splits them at 64 KB. What stands between is new.
    pub copies: &'a [Copied],
    /// The base.
    pub base: &'a [u8],
    /// What the visit of the base left behind.
    pub state: &'a S,
}

impl<S> Growth<'_, S> {
    /// The changes of an object of `len` bytes, by place: stretches of new bytes, and the empty ones between
    /// bytes that were no neighbours in the base, ends included: a base that was cut off at its start or end
    /// leaves an empty change there.
    pub fn changes(&self, len: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let (base, copies) = (self.base.len(), self.copies);
        (0..=copies.len()).filter_map(move |at| {
            let before = at.checked_sub(1).map(|at| &copies[at]);
            let after = copies.get(at);
            let change = before.map_or(0, Copied::end)..after.map_or(len, |copied| copied.to);
            let was_here = match (before, after) {
                (None, Some(first)) => first.from == 0,
                (Some(last), None) => last.base_end() == base,
                (Some(_), Some(_)) => false,
                (None, None) => base == 0,
            };
            (!change.is_empty() || !was_here).then_some(change)
        })
    }
}

/// Collects copies as a delta is applied.
pub(crate) fn push(copies: &mut Vec<Copied>, next: Copied) {
    match copies.last_mut() {
        Some(last) if last.end() == next.to && last.base_end() == next.from => last.len += next.len,
        _ => copies.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(copies: &[(usize, usize, usize)], base: usize, len: usize) -> Vec<(usize, usize)> {
        let mut merged = Vec::new();
        for &(from, to, len) in copies {
            push(&mut merged, Copied { from, to, len });
        }
        Growth { copies: &merged, base: &vec![0; base], state: &() }
            .changes(len)
            .map(|change| (change.start, change.end))
            .collect()
    }

    #[test]
    fn neighbours_that_stay_neighbours_are_no_change() {
        let none: Vec<(usize, usize)> = Vec::new();
        assert_eq!(changes(&[(0, 0, 10)], 10, 10), none);
        assert_eq!(changes(&[(0, 0, 4), (4, 4, 6)], 10, 10), none);
        assert_eq!(changes(&[], 0, 0), none);
    }

    #[test]
    fn new_bytes_seams_and_cut_ends_are_changes() {
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
