//! Blocks of 64 bytes, and the constants and tables that all implementations share.

use std::ops::Range;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// Bytes of a block and the three bytes after it: short literals that begin in the block may end there.
pub(crate) const NEEDED: usize = BLOCK + 3;

/// The properties of the bytes of one block, one bit for each byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) token_bytes: u64,
    pub(crate) digits: u64,
    pub(crate) alphanumeric: u64,
    /// Positions where a short literal could begin.
    pub(crate) short: u64,
}

/// A hash table without entries: one bit for each value of the hash of four bytes.
pub(crate) type Bits = [u32; 1 << (BITS - 5)];

/// Bits of the hash of four bytes: 16 KB of table, half of a first-level cache.
pub(crate) const BITS: u32 = 17;

/// Sets the bit that distinguishes lower from upper case, in bytes that are not letters too.
pub(crate) const FOLD: u32 = 0x2020_2020;

pub(crate) const MULTIPLIER: u32 = 0x9E37_79B1;

/// Bytes between two positions that [`fours`](super::fours) reads.
pub(crate) const STEP: usize = 3;

/// Returns the hash of four folded bytes: the index of their bit in [`Bits`].
#[inline(always)]
pub(crate) fn hash(folded: u32) -> usize {
    (folded.wrapping_mul(MULTIPLIER) >> (32 - BITS)) as usize
}

/// Cuts `range` into blocks and passes the position and the result of `classify` for each block to `sink`. Bytes
/// after the end of the text are 0.
#[inline(always)]
pub(crate) fn for_each_block(
    text: &[u8],
    range: Range<usize>,
    classify: impl Fn(&[u8; NEEDED]) -> Masks,
    mut sink: impl FnMut(usize, Masks),
) {
    let mut at = range.start;
    while at < range.end {
        let masks = match text[at..].first_chunk::<NEEDED>() {
            Some(block) => classify(block),
            None => {
                let mut block = [0; NEEDED];
                let rest = &text[at..text.len().min(at + NEEDED)];
                block[..rest.len()].copy_from_slice(rest);
                classify(&block)
            }
        };
        sink(at, masks);
        at += BLOCK;
    }
}
