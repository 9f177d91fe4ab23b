//! Object ids of both of git's hash algorithms, as plain values.

use std::fmt;

/// The hash algorithm that names a repository's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HashAlgorithm {
    /// 20-byte ids.
    Sha1,
    /// 32-byte ids (`extensions.objectFormat = sha256`).
    Sha256,
}

impl HashAlgorithm {
    /// Returns the number of bytes in one id.
    pub(crate) fn id_len(self) -> usize {
        match self {
            HashAlgorithm::Sha1 => 20,
            HashAlgorithm::Sha256 => 32,
        }
    }
}

/// The value of each byte as a hexadecimal digit; 255 for all other bytes.
const DIGITS: [u8; 256] = {
    let mut digits = [255; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// An object id: 20 bytes under SHA-1, 32 under SHA-256. Ordered by its bytes, as in a pack index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid {
    bytes: [u8; 32],
    len: u8,
}

impl Oid {
    /// Creates an id from its raw bytes; `None` unless there are 20 or 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Option<Oid> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Oid { bytes, len: raw.len() as u8 })
    }

    /// Parses an id of 40 or 64 hexadecimal digits of either case.
    pub fn from_hex(hex: &[u8]) -> Option<Oid> {
        if hex.len() != 40 && hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        // Invalid digits are checked once at the end, without a branch per digit: whole histories of commits are
        // parsed by this.
        let mut bad = 0;
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
            bad |= high | low;
            *byte = high << 4 | low;
        }
        (bad < 16).then_some(Oid { bytes, len: (hex.len() / 2) as u8 })
    }

    /// Returns the raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }

    /// Returns whether every byte is zero, which git uses for "no object" (unborn branch, deletion).
    pub fn is_zero(&self) -> bool {
        self.bytes == [0; 32]
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_for_both_lengths() {
        for hex in ["00ff".repeat(10), "a1b2".repeat(16)] {
            let id = Oid::from_hex(hex.as_bytes()).expect("valid");
            assert_eq!(id.to_string(), hex);
            assert_eq!(Oid::from_bytes(id.as_bytes()), Some(id));
        }
    }

    #[test]
    fn other_lengths_and_digits_are_refused() {
        assert_eq!(Oid::from_hex(b"12"), None);
        assert_eq!(Oid::from_hex("zz".repeat(20).as_bytes()), None);
        assert_eq!(Oid::from_bytes(&[0; 19]), None);
    }
}
