//! Values that consist of few different bytes.

use crate::engine::work_counter;

/// Whether the value consists of few different bytes, or at least half of it of one.
pub(super) fn is_repetitive(value: &[u8]) -> bool {
    work_counter::count(2 * value.len());
    let mut seen = [0u64; 4];
    for byte in value.iter().map(u8::to_ascii_lowercase) {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    let distinct = seen.iter().map(|bits| bits.count_ones() as usize).sum::<usize>();
    let longest = longest_run(value);
    (value.len() >= 4 && distinct <= 2)
        || (value.len() >= 12 && distinct <= 4)
        || (longest >= 5 && longest * 4 >= value.len())
        // At least half of the bytes can only be equal if the other half contains all other bytes.
        || (value.len() >= 8 && distinct <= value.len() / 2 + 1 && most_frequent(value) * 2 >= value.len())
}

/// Number of occurrences of the most frequent byte, in any letter case.
fn most_frequent(value: &[u8]) -> usize {
    work_counter::count(value.len());
    let mut counts = [0usize; 256];
    value.iter().for_each(|&byte| counts[byte.to_ascii_lowercase() as usize] += 1);
    counts.into_iter().max().unwrap_or(0)
}

fn longest_run(value: &[u8]) -> usize {
    value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}
