//! The answers without vector instructions.

use std::ops::Range;

use super::{BLOCK, Bits, FOLD, Masks, NEEDED, STEP, each_block, hash};
use crate::engine::prefilter::short::Halves;
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

pub(crate) fn scan(text: &[u8], range: Range<usize>, halves: &[Halves; 2], sink: impl FnMut(usize, Masks)) {
    let whole = |place: usize| -> [u16; 256] {
        std::array::from_fn(|byte| {
            let [a, b] = halves
                .each_ref()
                .map(|halves| u16::from(halves.low[place][byte & 15] & halves.high[place][byte >> 4]));
            a | b << 8
        })
    };
    let places: [[u16; 256]; 4] = std::array::from_fn(whole);
    let answer = |block: &[u8; NEEDED]| {
        let mut masks = Masks::default();
        for at in 0..BLOCK {
            let [a, b, c, d] = [0, 1, 2, 3].map(|next| usize::from(block[at + next]));
            masks.token_bytes |= u64::from(TOKEN_BYTES[a]) << at;
            masks.digits |= u64::from(block[at].is_ascii_digit()) << at;
            masks.alphanumeric |= u64::from(block[at].is_ascii_alphanumeric()) << at;
            masks.short |= u64::from(places[0][a] & places[1][b] & places[2][c] & places[3][d] != 0) << at;
        }
        masks
    };
    each_block(text, range, answer, sink);
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
