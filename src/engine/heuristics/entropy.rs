//! Shannon entropy: how evenly a value uses its bytes.

use crate::engine::work_counter;

/// Bits per byte: 0 for one repeated byte, at most 8. Zero for the empty value.
pub(crate) fn shannon(value: &[u8]) -> f32 {
    shannon_from_bytes(value.iter().copied())
}

/// Like [`shannon`], for bytes that are not contiguous.
pub(crate) fn shannon_from_bytes(value: impl Iterator<Item = u8>) -> f32 {
    let mut counts = [0u32; 256];
    let mut length = 0u32;
    for byte in value {
        counts[byte as usize] += 1;
        length += 1;
    }
    work_counter::count(length as usize);
    let total = length as f32;
    let bits = |&count: &u32| {
        let share = count as f32 / total;
        -share * share.log2()
    };
    counts.iter().filter(|&&count| count > 0).map(bits).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(shannon(b""), 0.0);
        assert_eq!(shannon(b"aaaa"), 0.0);
        assert_eq!(shannon(b"abcd"), 2.0);
        assert_eq!(shannon(b"aabb"), 1.0);
    }
}
