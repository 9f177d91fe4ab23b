//! Shannon entropy: how evenly a value uses its bytes.

/// Bits per byte: 0 for one repeated byte, at most 8. Zero for the empty value.
pub(crate) fn shannon(value: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for &byte in value {
        counts[byte as usize] += 1;
    }
    let total = value.len() as f32;
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
