//! Azure's common annotated keys: 80 characters of base64 with `JQQJ9` in the middle, then a Marvin32 checksum of
//! what they decode to (<https://github.com/microsoft/security-utilities>).
//!
//! The short form has three bytes of the sum; a long one all four. Derived keys have the sum's number in base62
//! instead, of which only the first digits fit.

use data_encoding::BASE64;

use super::crc32::{BASE62, digits};
use super::marvin::marvin32;
use super::{CHECKSUM_VERIFIED, Outcome};

/// Characters that the checksum covers.
const COVERED: usize = 80;

/// Whether the sum is right. A derived or hashed key whose sum is written in a third way may be of an issuer
/// that nobody has published.
pub(crate) fn verify(key: &[u8]) -> Outcome {
    let Some((text, rest)) = key.split_at_checked(COVERED) else { return Outcome::Disproved };
    let Ok(bytes) = BASE64.decode(text) else { return Outcome::Disproved };
    let sum = marvin32(*b"Default0", &bytes);
    let little = sum.to_le_bytes();
    let holds = match rest.len() {
        4 => BASE64.encode(&little[..3]).as_bytes() == rest || in_base62(sum, rest),
        8 => BASE64.encode(&little).as_bytes() == rest,
        _ => false,
    };
    match key.get(57) {
        _ if holds => Outcome::Proved(CHECKSUM_VERIFIED),
        Some(b'D' | b'H') => Outcome::Doubtful("checksum of an unknown form"),
        _ => Outcome::Disproved,
    }
}

/// Whether `text` is the beginning of the number in base62, without zeros before it or with them.
fn in_base62(sum: u32, text: &[u8]) -> bool {
    let padded = digits(sum, BASE62, 6);
    let zeros = padded.iter().take_while(|digit| **digit == b'0').count();
    padded.starts_with(text) || padded[zeros..].starts_with(text)
}

/// Writes the right sum behind the covered characters. No sign may come of it: another first character is taken.
pub(crate) fn complete(sample: &mut Vec<u8>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(kind: char, sum: &str) -> Vec<u8> {
        let random = &"Qk7zPw2xV9bN4mT6sLdF3hG8jRcY5vA1".repeat(2)[..52];
        let mut key = format!("{random}JQQJ9{kind}BCAAAAAAAAAAAAAAAAAZDO{sum}").into_bytes();
        complete(&mut key);
        key
    }

    #[test]
    fn both_forms_are_proved_and_noise_is_not() {
        for sum in ["AAAA", "AAAAAA=="] {
            let key = drawn('9', sum);
            assert_eq!(key.len(), COVERED + sum.len());
            assert_eq!(verify(&key), Outcome::Proved(CHECKSUM_VERIFIED));
            let mut changed = key;
            changed[83] = if changed[83] == b'x' { b'y' } else { b'x' };
            assert_eq!(verify(&changed), Outcome::Disproved);
        }
        assert_eq!(verify(b"JQQJ99"), Outcome::Disproved);
    }

    #[test]
    fn a_derived_key_has_a_number() {
        let mut key = drawn('D', "AAAA");
        let sum = marvin32(*b"Default0", &BASE64.decode(&key[..COVERED]).expect("base64"));
        key.truncate(COVERED);
        key.extend_from_slice(&digits(sum, BASE62, 6)[..4]);
        assert_eq!(verify(&key), Outcome::Proved(CHECKSUM_VERIFIED));
        key[83] ^= 1;
        assert!(matches!(verify(&key), Outcome::Doubtful(_)));
    }
}
