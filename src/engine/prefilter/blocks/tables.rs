//! Implementation without vector instructions.

use std::ops::Range;

use super::block::{BLOCK, Bits, FOLD, Masks, NEEDED, STEP, for_each_block, hash};
use crate::engine::prefilter::short::NibbleTables;
use crate::rules::token_run::is_token_byte;

const TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_token_byte(byte as u8);
        byte += 1;
    }
    table
};

pub(crate) fn scan(
    text: &[u8],
    range: Range<usize>,
    nibbles: &[NibbleTables; 2],
    sink: impl FnMut(usize, Masks),
) {
    let buckets = |position: usize| -> [u16; 256] {
        std::array::from_fn(|byte| {
            let [a, b] = nibbles
                .each_ref()
                .map(|tables| u16::from(tables.low[position][byte & 15] & tables.high[position][byte >> 4]));
            a | b << 8
        })
    };
    let positions: [[u16; 256]; 4] = std::array::from_fn(buckets);
    let classify = |block: &[u8; NEEDED]| {
        let mut masks = Masks::default();
        for at in 0..BLOCK {
            let [a, b, c, d] = [0, 1, 2, 3].map(|next| usize::from(block[at + next]));
            masks.token_bytes |= u64::from(TOKEN_BYTES[a]) << at;
            masks.digits |= u64::from(block[at].is_ascii_digit()) << at;
            masks.alphanumeric |= u64::from(block[at].is_ascii_alphanumeric()) << at;
            masks.short |=
                u64::from(positions[0][a] & positions[1][b] & positions[2][c] & positions[3][d] != 0) << at;
        }
        masks
    };
    for_each_block(text, range, classify, sink);
}

pub(crate) fn fours(text: &[u8], range: Range<usize>, bits: &Bits, mut sink: impl FnMut(usize)) {
    let mut at = range.start;
    while at < range.end
        && let Some(four) = text[at..].first_chunk::<4>()
    {
        let bit = hash(u32::from_le_bytes(*four) | FOLD);
        if bits[bit >> 5] >> (bit & 31) & 1 != 0 {
            sink(at);
        }
        at += STEP;
    }
}
