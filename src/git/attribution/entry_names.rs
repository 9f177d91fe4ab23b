//! The distinct names of tree entries.
//!
//! A history repeats each name in thousands of trees, so the lookup of a known name dominates the cost.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Minimum length of a name in bytes. Shorter names cannot contain a secret.
const MIN_LEN: usize = 8;

/// A set of entry names.
#[derive(Debug, Default)]
pub(super) struct NameSet(HashSet<Box<[u8]>, BuildHasherDefault<NameHasher>>);

impl NameSet {
    /// Adds a name, unless it is shorter than [`MIN_LEN`].
    pub(super) fn add(&mut self, name: &[u8]) {
        if name.len() >= MIN_LEN && !self.0.contains(name) {
            self.0.insert(name.into());
        }
    }

    /// Adds the names of another set.
    pub(super) fn merge(&mut self, other: NameSet) {
        if self.0.is_empty() {
            *self = other;
        } else {
            self.0.extend(other.0);
        }
    }

    /// The names, sorted.
    pub(super) fn sorted(&self) -> Vec<&[u8]> {
        let mut names: Vec<&[u8]> = self.0.iter().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names
    }
}

/// A fast hash that multiplies eight bytes at a time into the state. It does not resist chosen collisions: they cost
/// time, and the set stays correct.
#[derive(Clone, Copy, Default)]
struct NameHasher(u64);

impl NameHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, tail)) = rest.split_first_chunk::<8>() {
            self.mix(u64::from_le_bytes(*word));
            rest = tail;
        }
        // The last eight bytes, which overlap the word before them.
        match bytes.last_chunk::<8>() {
            Some(last) if !rest.is_empty() => self.mix(u64::from_le_bytes(*last)),
            Some(_) => {}
            None => rest.iter().for_each(|byte| self.mix(u64::from(*byte))),
        }
    }

    fn write_usize(&mut self, len: usize) {
        self.mix(len as u64);
    }

    fn finish(&self) -> u64 {
        // The hash table takes the bucket from the low bits and the tag from the high bits.
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_short_ones_are_left_out() {
        let mut names = NameSet::default();
        for name in ["src", "long-name.txt", "Makefile", "long-name.txt", "long-name.txu", ""] {
            names.add(name.as_bytes());
        }
        let mut more = NameSet::default();
        more.add(b"long-name.txt");
        more.add(b"another-one");
        names.merge(more);
        let expected: [&[u8]; 4] = [b"Makefile", b"another-one", b"long-name.txt", b"long-name.txu"];
        assert_eq!(names.sorted(), expected);
    }
}
