//! Implementation with AVX2: the low and the high nibbles of 32 bytes are looked up in one instruction each.
//!
//! One of the few places with `unsafe`: calls of functions that need AVX2, and loads.
#![expect(unsafe_code, reason = "vector loads, and calls of functions that need AVX2")]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_andnot_si256, _mm256_broadcastsi128_si256,
    _mm256_castsi256_ps, _mm256_cmpeq_epi8, _mm256_i32gather_epi32, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_movemask_ps, _mm256_mullo_epi32, _mm256_or_si256, _mm256_set_m128i, _mm256_set1_epi8,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sllv_epi32, _mm256_srli_epi16,
    _mm256_srli_epi32,
};
use std::ops::Range;

use super::block::{BITS, Bits, FOLD, MULTIPLIER, Masks, NEEDED, STEP, for_each_block};
use super::classes::{ALPHANUMERIC, DIGIT, HIGH, LOW};
use super::tables;
use crate::engine::prefilter::short::NibbleTables;

/// Panics if the processor lacks AVX2.
pub(crate) fn scan(
    text: &[u8],
    range: Range<usize>,
    nibbles: &[NibbleTables; 2],
    sink: impl FnMut(usize, Masks),
) {
    assert!(std::arch::is_x86_feature_detected!("avx2"));
    // SAFETY: the assertion above.
    unsafe { vector_scan(text, range, nibbles, sink) }
}

#[target_feature(enable = "avx2")]
fn vector_scan(
    text: &[u8],
    range: Range<usize>,
    nibbles: &[NibbleTables; 2],
    sink: impl FnMut(usize, Masks),
) {
    let (low, high) = (table(&LOW), table(&HIGH));
    let tables = nibbles.each_ref().map(|nibbles| {
        (nibbles.low.each_ref().map(|bytes| table(bytes)), nibbles.high.each_ref().map(|bytes| table(bytes)))
    });
    let fifteen = _mm256_set1_epi8(15);
    let zero = _mm256_setzero_si256();
    let digit = _mm256_set1_epi8(DIGIT as i8);
    let alphanumeric = _mm256_set1_epi8(ALPHANUMERIC as i8);
    let bits = |vector: __m256i| _mm256_movemask_epi8(_mm256_cmpeq_epi8(vector, zero)) as u32;
    let look_up = |table: __m256i, nibbles: __m256i| _mm256_shuffle_epi8(table, nibbles);
    let half = |block: &[u8; NEEDED], from: usize| {
        let split = |position: usize| {
            let bytes = load(block, from + position);
            let low = _mm256_and_si256(bytes, fifteen);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), fifteen);
            (low, high)
        };
        let (l, h) = split(0);
        let token = _mm256_and_si256(look_up(low, l), look_up(high, h));
        let buckets = |(lows, highs): &([__m256i; 4], [__m256i; 4]), position: usize, (l, h)| {
            _mm256_and_si256(look_up(lows[position], l), look_up(highs[position], h))
        };
        let mut short = tables.each_ref().map(|tables| buckets(tables, 0, (l, h)));
        for position in 1..4 {
            let nibbles = split(position);
            short[0] = _mm256_and_si256(short[0], buckets(&tables[0], position, nibbles));
            short[1] = _mm256_and_si256(short[1], buckets(&tables[1], position, nibbles));
        }
        let short = _mm256_or_si256(short[0], short[1]);
        [token, _mm256_and_si256(token, digit), _mm256_and_si256(token, alphanumeric), short].map(&bits)
    };
    let classify = |block: &[u8; NEEDED]| {
        let (a, b) = (half(block, 0), half(block, 32));
        let join = |which: usize| !(u64::from(a[which]) | u64::from(b[which]) << 32);
        Masks { token_bytes: join(0), digits: join(1), alphanumeric: join(2), short: join(3) }
    };
    for_each_block(text, range, classify, sink);
}

/// Panics if the processor lacks AVX2.
pub(crate) fn fours(text: &[u8], range: Range<usize>, bits: &Bits, sink: impl FnMut(usize)) {
    assert!(std::arch::is_x86_feature_detected!("avx2"));
    // SAFETY: the assertion above.
    unsafe { vector_fours(text, range, bits, sink) }
}

/// Hashes eight groups of four bytes, three bytes apart, at once and fetches their bits with one gather.
#[target_feature(enable = "avx2")]
fn vector_fours(text: &[u8], range: Range<usize>, bits: &Bits, mut sink: impl FnMut(usize)) {
    const { assert!(STEP == 3) };
    /// Shuffles thirteen bytes into four groups of four.
    const APART: [u8; 16] = [0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12];
    let apart = table(&APART);
    let fold = _mm256_set1_epi32(FOLD as i32);
    let multiplier = _mm256_set1_epi32(MULTIPLIER as i32);
    let last = _mm256_set1_epi32(31);
    let mut at = range.start;
    let last_start = range.end.saturating_sub(8 * STEP).min(text.len().saturating_sub(28));
    while at <= last_start
        && let Some(bytes) = text[at..].first_chunk::<28>()
    {
        // SAFETY: 16 bytes from 0 and from 12 on are within the 28; the instruction needs no alignment.
        let (low, high) =
            unsafe { (_mm_loadu_si128(bytes.as_ptr().cast()), _mm_loadu_si128(bytes[12..].as_ptr().cast())) };
        let grams = _mm256_or_si256(_mm256_shuffle_epi8(_mm256_set_m128i(high, low), apart), fold);
        let hashes = _mm256_mullo_epi32(grams, multiplier);
        const { assert!(BITS == 17) };
        let numbers = _mm256_srli_epi32::<15>(hashes);
        let words = _mm256_srli_epi32::<5>(numbers);
        // SAFETY: 17 bits less 5 number 2^12 words, as many as the table has.
        let words = unsafe { _mm256_i32gather_epi32::<4>(bits.as_ptr().cast(), words) };
        // Shifts the selected bit to the sign position.
        let signs = _mm256_sllv_epi32(words, _mm256_andnot_si256(numbers, last));
        let mut hits = _mm256_movemask_ps(_mm256_castsi256_ps(signs)) as u32;
        while hits != 0 {
            sink(at + STEP * hits.trailing_zeros() as usize);
            hits &= hits - 1;
        }
        at += 8 * STEP;
    }
    tables::fours(text, at..range.end, bits, sink);
}

/// Loads 32 bytes of the block from `at` on; `at` is at most 35.
#[target_feature(enable = "avx2")]
fn load(block: &[u8; NEEDED], at: usize) -> __m256i {
    let bytes = &block[at..at + 32];
    // SAFETY: the slice has 32 bytes; the instruction needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Loads the table into both lanes.
#[target_feature(enable = "avx2")]
fn table(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the array has 16 bytes; the instruction needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}
