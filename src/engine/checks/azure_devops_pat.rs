//! Old personal access tokens of Azure DevOps: 32 bytes in base32, of which four scattered ones are a CRC-32 of
//! the others (<https://github.com/microsoft/security-utilities>).

use data_encoding::{BASE32_NOPAD, Encoding, Specification};

use super::{CHECKSUM_VERIFIED, Outcome};

/// What the sum is mixed with: user tokens and application tokens.
const MASKS: [u32; 2] = [0xE0B9_692D, 0x1019_F92E];

/// Where the sum's bytes stand, lowest first.
const SUM: [usize; 4] = [22, 8, 7, 2];

/// Whether the sum is right. The letters are lower-case.
pub(crate) fn verify(token: &[u8]) -> Outcome {
    let Some(bytes) = decode(token, &BASE32_NOPAD) else { return Outcome::Disproved };
    let sum = u32::from_le_bytes(SUM.map(|at| bytes[at]));
    let covered = covered(&bytes);
    if MASKS.iter().any(|mask| crc32fast::hash(&covered) ^ mask == sum) {
        Outcome::Proved(CHECKSUM_VERIFIED)
    } else {
        Outcome::Disproved
    }
}

/// Writes the right sum into the sample.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let mut specification: Specification = BASE32_NOPAD.specification();
    specification.check_trailing_bits = false;
    let lenient = specification.encoding().expect("only a check was taken away");
    let Some(mut bytes) = decode(sample, &lenient) else { return };
    let sum = (crc32fast::hash(&covered(&bytes)) ^ MASKS[0]).to_le_bytes();
    for (at, byte) in SUM.into_iter().zip(sum) {
        bytes[at] = byte;
    }
    *sample = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase().into_bytes();
}

fn decode(token: &[u8], encoding: &Encoding) -> Option<[u8; 32]> {
    encoding.decode(&token.to_ascii_uppercase()).ok()?.try_into().ok()
}

fn covered(bytes: &[u8; 32]) -> [u8; 28] {
    let mut covered = [0; 28];
    let others = (0..bytes.len()).filter(|at| !SUM.contains(at));
    for (byte, at) in covered.iter_mut().zip(others) {
        *byte = bytes[at];
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_masks_hold_and_every_change_is_noticed() {
        let mut token = "qk7zpw2xv6bn4mt6sldf3hg5jrcy5va2qk7zpw2xv6bn4mt6sldf".as_bytes().to_vec();
        complete(&mut token);
        assert_eq!(verify(&token), Outcome::Proved(CHECKSUM_VERIFIED));
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(verify(&changed), Outcome::Disproved, "{at}");
        }
        let mut bytes = decode(&token, &BASE32_NOPAD).expect("base32");
        let sum = u32::from_le_bytes(SUM.map(|at| bytes[at])) ^ MASKS[0] ^ MASKS[1];
        for (at, byte) in SUM.into_iter().zip(sum.to_le_bytes()) {
            bytes[at] = byte;
        }
        let application = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        assert_eq!(verify(application.as_bytes()), Outcome::Proved(CHECKSUM_VERIFIED));
    }
}
