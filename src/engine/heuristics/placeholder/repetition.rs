//! Values that consist of few different bytes.

use crate::engine::work_counter;

/// Whether the value consists of few different bytes, or at least half of it of one.
pub(super) fn is_repetitive(value: &[u8]) -> bool {
    work_counter::count(2 * value.len());
    let mut seen = [0u64; 4];
    let (mut run, mut longest, mut previous) = (0, 0, None);
    for &byte in value {
        run = if previous == Some(byte) { run + 1 } else { 1 };
        longest = longest.max(run);
        previous = Some(byte);
        let lower = byte.to_ascii_lowercase();
        seen[usize::from(lower >> 6)] |= 1 << (lower & 63);
    }
    let distinct = seen.iter().map(|bits| bits.count_ones() as usize).sum::<usize>();
    (value.len() >= 4 && distinct <= 2)
        || (value.len() >= 12 && distinct <= 4)
        || (longest >= 5 && longest * 4 >= value.len())
        // At least half of the bytes can only be equal if the other half contains all other bytes.
        || (value.len() >= 8 && distinct <= value.len() / 2 + 1 && most_frequent(value) * 2 >= value.len())
}

/// Number of occurrences of the most frequent byte, in any letter case.
fn most_frequent(value: &[u8]) -> usize {
    work_counter::count(value.len());
    let mut counts = [0u32; 256];
    value.iter().for_each(|&byte| counts[byte.to_ascii_lowercase() as usize] += 1);
    counts.into_iter().max().unwrap_or(0) as usize
}
