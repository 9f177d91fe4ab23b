//! Questions about each byte of a text, answered for 64 bytes at a time: is it a token byte, a digit, a
//! letter or digit, and could a short literal begin there?
//!
//! And one about every third byte: do the four bytes from it on hit a set bit of a hash table?
//!
//! Asked with vector instructions where the processor has them (AVX2, NEON), otherwise by tables. The answers are the same
//! everywhere.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod classes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod tables;

use std::ops::Range;

use super::short::Halves;

/// Bytes of which the answers come together.
pub(crate) const BLOCK: usize = 64;

/// A block and the three bytes behind it, which the last questions of the block are about too.
const NEEDED: usize = BLOCK + 3;

/// The answers about one block, one bit a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) token_bytes: u64,
    pub(crate) digits: u64,
    pub(crate) alphanumeric: u64,
    pub(crate) short: u64,
}

/// Gives the answers about `range` of `text`, block by block. `range` begins at a block and ends at one or at
/// the text's end; behind the end, bytes are taken for 0.
pub(crate) fn scan(text: &[u8], range: Range<usize>, halves: &[Halves; 2], sink: impl FnMut(usize, Masks)) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return avx2::scan(text, range, halves, sink);
    }
    #[cfg(target_arch = "aarch64")]
    return neon::scan(text, range, halves, sink);
    #[cfg(not(target_arch = "aarch64"))]
    tables::scan(text, range, halves, sink);
}

/// The hash table that is asked about four bytes: a bit for each value of the hash.
pub(crate) type Bits = [u32; 1 << (BITS - 5)];

/// Bits of the hash of four bytes: 16 KB of table, half of a first-level cache.
pub(crate) const BITS: u32 = 17;

/// Sets the bit that tells lower from upper case, whatever the bytes are.
pub(crate) const FOLD: u32 = 0x2020_2020;

const MULTIPLIER: u32 = 0x9E37_79B1;

/// The number of four folded bytes in the hash table.
#[inline(always)]
pub(crate) fn hash(folded: u32) -> usize {
    (folded.wrapping_mul(MULTIPLIER) >> (32 - BITS)) as usize
}

/// The distance between the places of [`fours`].
pub(crate) const STEP: usize = 3;

/// Gives every third place from `range.start` on, within `range`, where four bytes begin that hit a set bit.
pub(crate) fn fours(text: &[u8], range: Range<usize>, bits: &Bits, sink: impl FnMut(usize)) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return avx2::fours(text, range, bits, sink);
    }
    tables::fours(text, range, bits, sink);
}

/// Cuts `range` into blocks and asks `answer` about each.
#[inline(always)]
fn each_block(
    text: &[u8],
    range: Range<usize>,
    answer: impl Fn(&[u8; NEEDED]) -> Masks,
    mut sink: impl FnMut(usize, Masks),
) {
    let mut at = range.start;
    while at < range.end {
        let masks = match text[at..].first_chunk::<NEEDED>() {
            Some(block) => answer(block),
            None => {
                let mut block = [0; NEEDED];
                let rest = &text[at..text.len().min(at + NEEDED)];
                block[..rest.len()].copy_from_slice(rest);
                answer(&block)
            }
        };
        sink(at, masks);
        at += BLOCK;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::token_run::is_token_byte;

    fn masks(
        scan: impl Fn(&[u8], Range<usize>, &[Halves; 2], &mut dyn FnMut(usize, Masks)),
        text: &[u8],
        halves: &[Halves; 2],
    ) -> Vec<(usize, Masks)> {
        let mut all = Vec::new();
        scan(text, 0..text.len(), halves, &mut |at, masks| all.push((at, masks)));
        all
    }

    fn halves() -> impl Strategy<Value = [Halves; 2]> {
        let table = || prop::array::uniform4(prop::array::uniform16(any::<u8>()));
        prop::array::uniform2((table(), table()).prop_map(|(low, high)| Halves { low, high }))
    }

    proptest! {
        #[test]
        fn every_processor_gives_the_same_answers(text in prop::collection::vec(any::<u8>(), 0..400), halves in halves()) {
            let by_tables = masks(|text, range, halves, sink| tables::scan(text, range, halves, sink), &text, &halves);
            let here = masks(|text, range, halves, sink| scan(text, range, halves, sink), &text, &halves);
            prop_assert_eq!(&by_tables, &here);
            for (at, masks) in by_tables {
                for bit in 0..64 {
                    let byte = text.get(at + bit).copied().unwrap_or(0);
                    prop_assert_eq!(masks.token_bytes >> bit & 1 == 1, is_token_byte(byte), "byte {} at {}", byte, at + bit);
                    prop_assert_eq!(masks.digits >> bit & 1 == 1, byte.is_ascii_digit());
                    prop_assert_eq!(masks.alphanumeric >> bit & 1 == 1, byte.is_ascii_alphanumeric());
                    let four = [0, 1, 2, 3].map(|next| text.get(at + bit + next).copied().unwrap_or(0));
                    let remains = |halves: &Halves| {
                        four.iter().enumerate().fold(u8::MAX, |buckets, (place, byte)| {
                            buckets & halves.low[place][usize::from(byte & 15)] & halves.high[place][usize::from(byte >> 4)]
                        }) != 0
                    };
                    prop_assert_eq!(masks.short >> bit & 1 == 1, halves.iter().any(remains));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_processor_hits_the_same_bits(text in prop::collection::vec(any::<u8>(), 0..400), cut in 0..400usize, odd in any::<u32>()) {
            let bits: Box<Bits> = Box::new(std::array::from_fn(|at| (at as u32).wrapping_mul(odd | 1) & 0x1111_0101));
            let range = cut.min(text.len())..text.len();
            let (mut here, mut by_tables) = (Vec::new(), Vec::new());
            fours(&text, range.clone(), &bits, |at| here.push(at));
            tables::fours(&text, range.clone(), &bits, |at| by_tables.push(at));
            prop_assert_eq!(&here, &by_tables);
            let expected: Vec<usize> = range.step_by(STEP).filter(|&at| {
                text.get(at..at + 4).is_some_and(|four| {
                    let bit = hash(u32::from_le_bytes(four.try_into().expect("four")) | FOLD);
                    bits[bit >> 5] >> (bit & 31) & 1 == 1
                })
            }).collect();
            prop_assert_eq!(here, expected);
        }
    }

    /// Blocks are asked about one after the other, whatever is cut off before them.
    #[test]
    fn a_later_part_gives_what_the_whole_gives_there() {
        let text: Vec<u8> =
            (0..1000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let halves = [
            Halves { low: [[1; 16]; 4], high: [[1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]; 4] },
            Halves::default(),
        ];
        let whole = masks(|text, range, halves, sink| scan(text, range, halves, sink), &text, &halves);
        let mut parts = Vec::new();
        for range in [0..128, 128..192, 192..1000] {
            scan(&text, range, &halves, |at, masks| parts.push((at, masks)));
        }
        assert_eq!(parts, whole);
        assert!(whole.iter().any(|(_, masks)| masks.short != 0));
    }
}
