//! Azure's common annotated keys: 80 characters of base64 with `JQQJ9` in the middle, then a Marvin32 checksum of
//! what they decode to (<https://github.com/microsoft/security-utilities>).
//!
//! The short form has three bytes of the checksum, the long one all four. Derived keys have the first digits of the
//! checksum in base62 instead.

use data_encoding::BASE64;

use super::formats::marvin32::marvin32;
use super::formats::radix::{BASE62, digits};
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Characters that the checksum covers.
const COVERED: usize = 80;

/// Verifies the checksum. A derived or hashed key whose checksum is written in another way is downgraded and not
/// rejected: not all issuers have published their form.
pub(crate) struct AzureCask;

impl OfflineCheck for AzureCask {
    fn verify(&self, Matched { secret: key, .. }: Matched<'_>) -> Outcome {
        let Some((text, rest)) = key.split_at_checked(COVERED) else { return Outcome::Rejected };
        let Ok(bytes) = BASE64.decode(text) else { return Outcome::Rejected };
        let sum = marvin32(*b"Default0", &bytes);
        let little = sum.to_le_bytes();
        let is_valid = match rest.len() {
            4 => BASE64.encode(&little[..3]).as_bytes() == rest || in_base62(sum, rest),
            8 => BASE64.encode(&little).as_bytes() == rest,
            _ => false,
        };
        match key.get(57) {
            _ if is_valid => Outcome::Verified(Evidence::ChecksumVerified),
            Some(b'D' | b'H') => Outcome::Downgraded(Evidence::ChecksumOfUnknownForm),
            _ => Outcome::Rejected,
        }
    }

    /// Writes the checksum after the covered characters. Changes the first character until the checksum has no `+` or
    /// `/`, which the patterns of rules do not accept there.
    fn complete(&self, sample: &mut Vec<u8>) {
        for letter in b'A'..=b'Z' {
            let Some((text, rest)) = sample.split_at_checked(COVERED) else { return };
            let Ok(bytes) = BASE64.decode(text) else { return };
            let little = marvin32(*b"Default0", &bytes).to_le_bytes();
            let sum = BASE64.encode(if rest.len() == 8 { &little } else { &little[..3] });
            sample.truncate(COVERED);
            sample.extend_from_slice(sum.as_bytes());
            if !sum.contains(['+', '/']) {
                return;
            }
            sample[0] = letter;
        }
    }
}

/// Whether `text` is the beginning of the number in base62, with or without leading zeros.
fn in_base62(sum: u32, text: &[u8]) -> bool {
    let padded = digits(sum, BASE62, 6);
    let zeros = padded.iter().take_while(|digit| **digit == b'0').count();
    padded.starts_with(text) || padded[zeros..].starts_with(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(kind: char, sum: &str) -> Vec<u8> {
        let random = &"Qk7zPw2xV9bN4mT6sLdF3hG8jRcY5vA1".repeat(2)[..52];
        let mut key = format!("{random}JQQJ9{kind}BCAAAAAAAAAAAAAAAAAZDO{sum}").into_bytes();
        AzureCask.complete(&mut key);
        key
    }

    #[test]
    fn both_forms_are_verified_and_random_text_is_rejected() {
        for sum in ["AAAA", "AAAAAA=="] {
            let key = drawn('9', sum);
            assert_eq!(key.len(), COVERED + sum.len());
            assert_eq!(AzureCask.verify_text(&key), Outcome::Verified(Evidence::ChecksumVerified));
            let mut changed = key;
            changed[83] = if changed[83] == b'x' { b'y' } else { b'x' };
            assert_eq!(AzureCask.verify_text(&changed), Outcome::Rejected);
        }
        assert_eq!(AzureCask.verify_text(b"JQQJ99"), Outcome::Rejected);
    }

    #[test]
    fn a_derived_key_has_its_checksum_in_base62() {
        let mut key = drawn('D', "AAAA");
        let sum = marvin32(*b"Default0", &BASE64.decode(&key[..COVERED]).expect("base64"));
        key.truncate(COVERED);
        key.extend_from_slice(&digits(sum, BASE62, 6)[..4]);
        assert_eq!(AzureCask.verify_text(&key), Outcome::Verified(Evidence::ChecksumVerified));
        key[83] ^= 1;
        assert!(matches!(AzureCask.verify_text(&key), Outcome::Downgraded(_)));
    }
}
