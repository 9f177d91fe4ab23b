//! Base32 text whose last two bytes are a CRC-16/XMODEM of the others, low byte first: NATS nkeys
//! (<https://github.com/nats-io/nkeys>) and Stellar's strkeys (SEP-23).

use data_encoding::BASE32_NOPAD;

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Verifies the checksum at the end.
pub(crate) struct Crc16;

impl OfflineCheck for Crc16 {
    fn verify(&self, Matched { secret: text, .. }: Matched<'_>) -> Outcome {
        // Trailing bits are an error: no encoder sets any.
        let Ok(bytes) = BASE32_NOPAD.decode(text) else { return Outcome::Rejected };
        match bytes.split_last_chunk::<2>() {
            Some((covered, sum)) if crc16(covered).to_le_bytes() == *sum => {
                Outcome::Verified(Evidence::ChecksumVerified)
            }
            _ => Outcome::Rejected,
        }
    }

    /// Writes the checksum over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        let mut specification = BASE32_NOPAD.specification();
        specification.check_trailing_bits = false;
        let lenient = specification.encoding().expect("only a restriction was removed");
        let Ok(mut bytes) = lenient.decode(sample) else { return };
        if let Some((covered, sum)) = bytes.split_last_chunk_mut::<2>() {
            *sum = crc16(covered).to_le_bytes();
            *sample = BASE32_NOPAD.encode(&bytes).into_bytes();
        }
    }
}

/// Polynomial 1021, initial value 0, not reflected.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_polynomial() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
    }

    #[test]
    fn the_example_of_the_specification() {
        // SEP-23's first valid account id: the public counterpart has the same layout.
        let id = ["GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4K", "VWLTJJFC7MGXUA74P7UJVSGZ"].concat();
        assert_eq!(Crc16.verify_text(id.as_bytes()), Outcome::Verified(Evidence::ChecksumVerified));
        // One of its invalid ones: trailing bits after the last byte.
        let stray = ["GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4K", "VWLTJJFC7MGXUA74P7UJVSGZA"].concat();
        assert_eq!(Crc16.verify_text(stray.as_bytes()), Outcome::Rejected);
        assert_eq!(Crc16.verify_text(b""), Outcome::Rejected);
    }
}
