//! Marvin32, the keyed hash of Microsoft's identifiable keys
//! (<https://github.com/microsoft/security-utilities>): 64 bits, folded to 32.

/// Hashes `bytes` with a seed of eight ASCII characters (`Default0`).
pub(crate) fn marvin32(seed: [u8; 8], bytes: &[u8]) -> u32 {
    let (low, high) = state(u64::from_be_bytes(seed), bytes);
    low ^ high
}

fn state(seed: u64, bytes: &[u8]) -> (u32, u32) {
    let mut state = (seed as u32, (seed >> 32) as u32);
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        state = mix(state.0.wrapping_add(u32::from_le_bytes(*word)), state.1);
    }
    let mut last = [0u8; 4];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    state = mix(state.0.wrapping_add(u32::from_le_bytes(last)), state.1);
    mix(state.0, state.1)
}

fn mix(mut low: u32, mut high: u32) -> (u32, u32) {
    high ^= low;
    low = low.rotate_left(20).wrapping_add(high);
    high = high.rotate_left(9) ^ low;
    low = low.rotate_left(27).wrapping_add(high);
    (low, high.rotate_left(19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        // From the tests of Marvin in .NET: the 64 bits before they are folded.
        let seed = 0x004F_B61A_001B_DBCC;
        for (bytes, hash) in [
            (&[][..], 0x30ED_35C1_00CD_3C7D),
            (&[0xAF], 0x48E7_3FC7_7D75_DDC1),
            (&[0xE7, 0x0F], 0xB5F6_E1FC_485D_BFF8),
            (&[0x37, 0xF4, 0x95], 0xF0B0_7C78_9B8C_F7E8),
            (&[0x86, 0x42, 0xDC, 0x59], 0x7008_F2E8_7E9C_F556),
            (&[0x15, 0x3F, 0xB7, 0x98, 0x26], 0xE6C0_8C6D_A2AF_A997),
        ] {
            let (low, high) = state(seed, bytes);
            assert_eq!(u64::from(high) << 32 | u64::from(low), hash, "{bytes:x?}");
        }
    }
}
