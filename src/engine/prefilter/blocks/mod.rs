//! Classifies each byte of a text, 64 bytes at a time: whether it is a token byte, a digit, a letter or digit, and
//! whether a short literal could begin there ([`scan`]). Also finds, at every third byte, the groups of four bytes
//! that hit a set bit of a hash table ([`fours`]).
//!
//! Uses vector instructions where the processor has them (AVX2, NEON), tables otherwise. The results are the same
//! everywhere.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod block;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod classes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod tables;

use std::ops::Range;

pub(crate) use block::{BITS, BLOCK, Bits, FOLD, Masks, STEP, hash};

use super::short::NibbleTables;

/// Passes the position and the masks of each block in `range` of `text` to `sink`. `range` begins at the start of a
/// block and ends at the end of one or of the text; bytes after the end of the text are 0.
pub(crate) fn scan(
    text: &[u8],
    range: Range<usize>,
    nibbles: &[NibbleTables; 2],
    sink: impl FnMut(usize, Masks),
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return avx2::scan(text, range, nibbles, sink);
    }
    #[cfg(target_arch = "aarch64")]
    return neon::scan(text, range, nibbles, sink);
    #[cfg(not(target_arch = "aarch64"))]
    tables::scan(text, range, nibbles, sink);
}

/// Passes every third position in `range`, counted from its start, at which four bytes of `text` hit a set bit to
/// `sink`.
pub(crate) fn fours(text: &[u8], range: Range<usize>, bits: &Bits, sink: impl FnMut(usize)) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return avx2::fours(text, range, bits, sink);
    }
    tables::fours(text, range, bits, sink);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::token_run::is_token_byte;

    fn masks(
        scan: impl Fn(&[u8], Range<usize>, &[NibbleTables; 2], &mut dyn FnMut(usize, Masks)),
        text: &[u8],
        nibbles: &[NibbleTables; 2],
    ) -> Vec<(usize, Masks)> {
        let mut all = Vec::new();
        scan(text, 0..text.len(), nibbles, &mut |at, masks| all.push((at, masks)));
        all
    }

    fn nibbles() -> impl Strategy<Value = [NibbleTables; 2]> {
        let table = || prop::array::uniform4(prop::array::uniform16(any::<u8>()));
        prop::array::uniform2((table(), table()).prop_map(|(low, high)| NibbleTables { low, high }))
    }

    proptest! {
        #[test]
        fn every_processor_gives_the_same_masks(text in prop::collection::vec(any::<u8>(), 0..400), nibbles in nibbles()) {
            let by_tables = masks(|text, range, nibbles, sink| tables::scan(text, range, nibbles, sink), &text, &nibbles);
            let here = masks(|text, range, nibbles, sink| scan(text, range, nibbles, sink), &text, &nibbles);
            prop_assert_eq!(&by_tables, &here);
            for (at, masks) in by_tables {
                for bit in 0..64 {
                    let byte = text.get(at + bit).copied().unwrap_or(0);
                    prop_assert_eq!(masks.token_bytes >> bit & 1 == 1, is_token_byte(byte), "byte {} at {}", byte, at + bit);
                    prop_assert_eq!(masks.digits >> bit & 1 == 1, byte.is_ascii_digit());
                    prop_assert_eq!(masks.alphanumeric >> bit & 1 == 1, byte.is_ascii_alphanumeric());
                    let four = [0, 1, 2, 3].map(|next| text.get(at + bit + next).copied().unwrap_or(0));
                    let remains = |tables: &NibbleTables| {
                        four.iter().enumerate().fold(u8::MAX, |buckets, (position, byte)| {
                            buckets & tables.low[position][usize::from(byte & 15)] & tables.high[position][usize::from(byte >> 4)]
                        }) != 0
                    };
                    prop_assert_eq!(masks.short >> bit & 1 == 1, nibbles.iter().any(remains));
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

    #[test]
    fn a_later_range_gives_the_same_masks_as_the_whole_text() {
        let text: Vec<u8> =
            (0..1000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let nibbles = [
            NibbleTables { low: [[1; 16]; 4], high: [[1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]; 4] },
            NibbleTables::default(),
        ];
        let whole = masks(|text, range, nibbles, sink| scan(text, range, nibbles, sink), &text, &nibbles);
        let mut parts = Vec::new();
        for range in [0..128, 128..192, 192..1000] {
            scan(&text, range, &nibbles, |at, masks| parts.push((at, masks)));
        }
        assert_eq!(parts, whole);
        assert!(whole.iter().any(|(_, masks)| masks.short != 0));
    }
}
