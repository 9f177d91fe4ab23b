//! Implementation with NEON, which every 64-bit ARM processor has: the low and the high nibbles of 16 bytes are
//! looked up in one instruction each.
//!
//! One of the few places with `unsafe`: calls of functions that need NEON, and loads.
#![expect(unsafe_code, reason = "vector loads, and calls of functions that need NEON")]

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8, vqtbl1q_u8,
    vreinterpretq_u64_u8, vshrq_n_u8, vtstq_u8,
};
use std::ops::Range;

use super::block::{Masks, NEEDED, for_each_block};
use super::classes::{ALPHANUMERIC, DIGIT, HIGH, LOW};
use crate::engine::prefilter::short::NibbleTables;

/// One bit for each of eight bytes, twice.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

pub(crate) fn scan(
    text: &[u8],
    range: Range<usize>,
    nibbles: &[NibbleTables; 2],
    sink: impl FnMut(usize, Masks),
) {
    // SAFETY: no aarch64 processor that Rust has a standard library for lacks NEON.
    unsafe { vector_scan(text, range, nibbles, sink) }
}

#[target_feature(enable = "neon")]
fn vector_scan(
    text: &[u8],
    range: Range<usize>,
    nibbles: &[NibbleTables; 2],
    sink: impl FnMut(usize, Masks),
) {
    let (low, high) = (load(&LOW, 0), load(&HIGH, 0));
    let tables = nibbles.each_ref().map(|nibbles| {
        (
            nibbles.low.each_ref().map(|bytes| load(bytes, 0)),
            nibbles.high.each_ref().map(|bytes| load(bytes, 0)),
        )
    });
    let bits = load(&BITS, 0);
    // Packs the non-zero bytes into the bits of one number.
    let pack = |vectors: [uint8x16_t; 4]| {
        let [a, b, c, d] = vectors.map(|vector| vandq_u8(vtstq_u8(vector, vector), bits));
        let all = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(all, all)))
    };
    let classify = |block: &[u8; NEEDED]| {
        let quarter = |from: usize| {
            let split = |position: usize| {
                let bytes = load(block, from + position);
                (vandq_u8(bytes, vdupq_n_u8(15)), vshrq_n_u8::<4>(bytes))
            };
            let (l, h) = split(0);
            let token = vandq_u8(vqtbl1q_u8(low, l), vqtbl1q_u8(high, h));
            let buckets = |(lows, highs): &([uint8x16_t; 4], [uint8x16_t; 4]), position: usize, (l, h)| {
                vandq_u8(vqtbl1q_u8(lows[position], l), vqtbl1q_u8(highs[position], h))
            };
            let mut short = tables.each_ref().map(|tables| buckets(tables, 0, (l, h)));
            for position in 1..4 {
                let nibbles = split(position);
                short[0] = vandq_u8(short[0], buckets(&tables[0], position, nibbles));
                short[1] = vandq_u8(short[1], buckets(&tables[1], position, nibbles));
            }
            let short = vorrq_u8(short[0], short[1]);
            (token, short)
        };
        let quarters = [quarter(0), quarter(16), quarter(32), quarter(48)];
        Masks {
            token_bytes: pack(quarters.map(|(token, _)| token)),
            alphanumeric: pack(quarters.map(|(token, _)| vandq_u8(token, vdupq_n_u8(ALPHANUMERIC)))),
            digits: pack(quarters.map(|(token, _)| vandq_u8(token, vdupq_n_u8(DIGIT)))),
            short: pack(quarters.map(|(_, short)| short)),
        }
    };
    for_each_block(text, range, classify, sink);
}

/// Loads 16 bytes from `at` on.
#[target_feature(enable = "neon")]
fn load(bytes: &[u8], at: usize) -> uint8x16_t {
    let bytes = &bytes[at..at + 16];
    // SAFETY: the slice has 16 bytes; the instruction needs no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}
