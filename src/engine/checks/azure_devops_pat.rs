//! Old personal access tokens of Azure DevOps: 32 bytes in base32, four of which are a CRC-32 of the others (<https://github.com/microsoft/security-utilities>).

use data_encoding::{BASE32_NOPAD, Encoding, Specification};

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// XORed with the checksum: of user tokens and of application tokens.
const MASKS: [u32; 2] = [0xE0B9_692D, 0x1019_F92E];

/// Positions of the checksum's bytes, the lowest byte first.
const SUM_POSITIONS: [usize; 4] = [22, 8, 7, 2];

/// Verifies the checksum. The letters are lower-case.
pub(crate) struct AzureDevopsPat;

impl OfflineCheck for AzureDevopsPat {
    fn verify(&self, Matched { secret: token, .. }: Matched<'_>) -> Outcome {
        let Some(bytes) = decode(token, &BASE32_NOPAD) else { return Outcome::Rejected };
        let sum = u32::from_le_bytes(SUM_POSITIONS.map(|at| bytes[at]));
        let covered = covered(&bytes);
        if MASKS.iter().any(|mask| crc32fast::hash(&covered) ^ mask == sum) {
            Outcome::Verified(Evidence::ChecksumVerified)
        } else {
            Outcome::Rejected
        }
    }

    /// Writes the checksum into the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        let mut specification: Specification = BASE32_NOPAD.specification();
        specification.check_trailing_bits = false;
        let lenient = specification.encoding().expect("only a restriction was removed");
        let Some(mut bytes) = decode(sample, &lenient) else { return };
        let sum = (crc32fast::hash(&covered(&bytes)) ^ MASKS[0]).to_le_bytes();
        for (at, byte) in SUM_POSITIONS.into_iter().zip(sum) {
            bytes[at] = byte;
        }
        *sample = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase().into_bytes();
    }
}

fn decode(token: &[u8], encoding: &Encoding) -> Option<[u8; 32]> {
    encoding.decode(&token.to_ascii_uppercase()).ok()?.try_into().ok()
}

fn covered(bytes: &[u8; 32]) -> [u8; 28] {
    let mut covered = [0; 28];
    let others = (0..bytes.len()).filter(|at| !SUM_POSITIONS.contains(at));
    for (byte, at) in covered.iter_mut().zip(others) {
        *byte = bytes[at];
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_with_either_mask_are_verified_and_every_change_is_rejected() {
        let mut token = "qk7zpw2xv6bn4mt6sldf3hg5jrcy5va2qk7zpw2xv6bn4mt6sldf".as_bytes().to_vec();
        AzureDevopsPat.complete(&mut token);
        assert_eq!(AzureDevopsPat.verify_text(&token), Outcome::Verified(Evidence::ChecksumVerified));
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(AzureDevopsPat.verify_text(&changed), Outcome::Rejected, "{at}");
        }
        let mut bytes = decode(&token, &BASE32_NOPAD).expect("base32");
        let sum = u32::from_le_bytes(SUM_POSITIONS.map(|at| bytes[at])) ^ MASKS[0] ^ MASKS[1];
        for (at, byte) in SUM_POSITIONS.into_iter().zip(sum.to_le_bytes()) {
            bytes[at] = byte;
        }
        let application = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        assert_eq!(
            AzureDevopsPat.verify_text(application.as_bytes()),
            Outcome::Verified(Evidence::ChecksumVerified)
        );
    }
}
