//! Bech32 (BIP-173): Nostr's NIP-19 and age's keys, which may be longer than BIP-173 allows.

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Digits of the checksum.
const SUM_LENGTH: usize = 6;

/// Verifies the checksum over human-readable part and data. All letters must have the same case.
pub(crate) struct Bech32;

impl OfflineCheck for Bech32 {
    fn verify(&self, Matched { secret: text, .. }: Matched<'_>) -> Outcome {
        let mixed = text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
        match parts(text) {
            Some((human, data)) if !mixed && data.len() >= SUM_LENGTH && polymod(human, &data) == 1 => {
                Outcome::Verified(Evidence::ChecksumVerified)
            }
            _ => Outcome::Rejected,
        }
    }

    /// Writes the checksum over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        let Some((human, mut data)) = parts(sample) else { return };
        let Some(start) = data.len().checked_sub(SUM_LENGTH) else { return };
        let upper = human.iter().any(u8::is_ascii_uppercase);
        data[start..].fill(0);
        let sum = polymod(human, &data) ^ 1;
        let at = sample.len() - SUM_LENGTH;
        for (index, byte) in sample[at..].iter_mut().enumerate() {
            let digit = DIGITS[(sum >> (5 * (SUM_LENGTH - 1 - index)) & 31) as usize];
            *byte = if upper { digit.to_ascii_uppercase() } else { digit };
        }
    }
}

/// The human-readable part, and the values of the digits after the last `1`.
fn parts(text: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let one = memchr::memrchr(b'1', text)?;
    let value = |byte: &u8| {
        let digit = byte.to_ascii_lowercase();
        DIGITS.iter().position(|known| *known == digit).map(|value| value as u8)
    };
    let data: Option<Vec<u8>> = text[one + 1..].iter().map(value).collect();
    (one > 0).then_some((&text[..one], data?))
}

fn polymod(human: &[u8], data: &[u8]) -> u32 {
    let lower = || human.iter().map(u8::to_ascii_lowercase);
    let high = lower().map(|byte| byte >> 5);
    let low = lower().map(|byte| byte & 31);
    let symbols = high.chain([0]).chain(low).chain(data.iter().copied());
    symbols.fold(1u32, |sum, symbol| {
        let top = sum >> 25;
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(symbol);
        let generators = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let chosen = generators.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
        chosen.fold(shifted, |sum, (_, generator)| sum ^ generator)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_specification() {
        for valid in [
            "A12UEL5L",
            "a12uel5l",
            "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
            "?1ezyfcl",
        ] {
            assert_eq!(
                Bech32.verify_text(valid.as_bytes()),
                Outcome::Verified(Evidence::ChecksumVerified),
                "{valid}"
            );
        }
        for invalid in
            ["pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8", "10a06t8", "1qzzfhee"]
        {
            assert_eq!(Bech32.verify_text(invalid.as_bytes()), Outcome::Rejected, "{invalid}");
        }
    }
}
