//! Azure keys with a signature of their service: base64 of random bytes, a signature of three bytes, and a Marvin32
//! checksum of everything before it (<https://github.com/microsoft/security-utilities>).
//!
//! The signature begins ten characters before the padding in keys of every length. The key does not contain its seed,
//! so every seed of the service is tried.

use data_encoding::{BASE64, BASE64URL, Encoding};

use super::formats::marvin32::marvin32;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

type Seeds = &'static [&'static [u8; 8]];

const MESSAGING: Seeds = &[b"Manage00", b"Send0000", b"Listen00", b"System00", b"Unknown0"];

/// Signatures of the services, each with the seeds of its kinds of keys.
const SERVICES: &[(&[u8; 4], Seeds)] = &[
    (b"+ASt", &[b"Default0"]),
    (b"+ASb", MESSAGING),
    (b"+AEh", MESSAGING),
    (b"+ARm", MESSAGING),
    (b"AIoT", &[b"IoTHub00", b"DpsKey00", b"Device00"]),
    (b"AzCa", &[b"Access00"]),
    (b"ACDb", &[b"MastRW00", b"MastRO00", b"SystRW00", b"SystRO00", b"SysAll00", b"Resour00", b"Encryp00"]),
    (b"+ABa", &[b"AbAcct00"]),
    (b"+AMC", &[b"Classic0"]),
    // Subscription keys use the second one.
    (b"APIM", &[b"Tenant00", b"IoTHub00", b"Gatewy00", b"GitKey00"]),
    (b"AzFu", &[b"Functi00", b"System00", b"Master00"]),
    (b"AzSe", &[b"PAdmin00", b"Query000"]),
    (b"+ACR", &[b"ACRDflt0"]),
];

/// Lengths of the keys in characters: 64, 39, 40 and 32 bytes.
const LENGTHS: [usize; 4] = [88, 52, 56, 44];

/// Characters of the checksum, without padding.
const SUM_LENGTH: usize = 6;

/// Verifies the checksum. A key without a known signature is inconclusive.
pub(crate) struct AzureKey;

impl OfflineCheck for AzureKey {
    fn verify(&self, Matched { secret: key, .. }: Matched<'_>) -> Outcome {
        let Some((signature, seeds)) = service(key) else { return Outcome::Inconclusive };
        let encoding = encoding(signature);
        let Ok(bytes) = encoding.decode(key) else { return Outcome::Rejected };
        let Some((covered, sum)) = bytes.split_last_chunk::<4>() else { return Outcome::Rejected };
        let is_valid = |seed: &&[u8; 8]| {
            let expected = marvin32(**seed, covered).to_le_bytes();
            *sum == expected
                || signature == b"AzCa" && encode_without_symbols(&[covered, &expected].concat()) == key
        };
        if seeds.iter().any(is_valid) {
            Outcome::Verified(Evidence::ChecksumVerified)
        } else {
            Outcome::Rejected
        }
    }

    /// Writes the checksum over the end of the sample. A sample of letters and digits stays one.
    fn complete(&self, sample: &mut Vec<u8>) {
        let Some((signature, &[seed, ..])) = service(sample) else { return };
        let encoding = encoding(signature);
        let end = unpadded(sample).len();
        let is_symbol = |byte: &u8| matches!(byte, b'+' | b'/' | b'-' | b'_');
        let has_symbols = sample.iter().any(is_symbol);
        for letter in b'A'..=b'Z' {
            // The checksum is not known yet: any characters that decode will do.
            sample[end - SUM_LENGTH..end].fill(b'A');
            let Ok(mut bytes) = encoding.decode(sample) else { return };
            if let Some((covered, sum)) = bytes.split_last_chunk_mut::<4>() {
                *sum = marvin32(*seed, covered).to_le_bytes();
            }
            *sample = encoding.encode(&bytes).into_bytes();
            if has_symbols || !sample.iter().any(is_symbol) {
                return;
            }
            sample[0] = letter;
        }
    }
}

/// The text of a Redis key whose issuer replaces the symbols of base64 with letters.
fn encode_without_symbols(bytes: &[u8]) -> Vec<u8> {
    let mut text = BASE64.encode(bytes).into_bytes();
    for byte in &mut text {
        *byte = match *byte {
            b'+' => b'P',
            b'/' => b'F',
            other => other,
        };
    }
    text
}

fn service(key: &[u8]) -> Option<(&'static [u8; 4], Seeds)> {
    if !LENGTHS.contains(&key.len()) {
        return None;
    }
    let covered = &unpadded(key)[..unpadded(key).len() - SUM_LENGTH];
    let signature = covered.last_chunk::<4>()?;
    SERVICES.iter().find(|(known, _)| *known == signature).copied()
}

fn unpadded(key: &[u8]) -> &[u8] {
    let padding = key.iter().rev().take_while(|byte| **byte == b'=').count().min(2);
    &key[..key.len() - padding]
}

/// Function keys are used in URLs.
fn encoding(signature: &[u8; 4]) -> Encoding {
    if signature == b"AzFu" { BASE64URL } else { BASE64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key with random-looking characters before the signature.
    fn drawn(before: usize, signature: &str, padding: &str) -> Vec<u8> {
        let noise = "Qk7zPw2xV9bN4mT6sLdF3hG8jRcY5vA1".repeat(3);
        let mut key = format!("{}{signature}AAAAAA{padding}", &noise[..before]).into_bytes();
        AzureKey.complete(&mut key);
        key
    }

    #[test]
    fn keys_of_every_length_and_service_are_verified() {
        for (before, signature, padding) in [
            (76, "+ASt", "=="),
            (33, "+ASb", "="),
            (33, "AIoT", "="),
            (44, "AzFu", "=="),
            (42, "AzSe", ""),
            (42, "+ACR", ""),
        ] {
            let key = drawn(before, signature, padding);
            assert_eq!(
                AzureKey.verify_text(&key),
                Outcome::Verified(Evidence::ChecksumVerified),
                "{signature}"
            );
            let length = key.len();
            let mut changed = key;
            changed[length - 12] = if changed[length - 12] == b'x' { b'y' } else { b'x' };
            assert_ne!(
                AzureKey.verify_text(&changed),
                Outcome::Verified(Evidence::ChecksumVerified),
                "{signature}"
            );
        }
        let has_symbols = drawn(42, "AzSe", "").iter().any(|byte| !byte.is_ascii_alphanumeric());
        assert!(!has_symbols, "a search key has letters and digits only");
    }

    #[test]
    fn a_checksum_with_any_seed_of_the_service_is_accepted() {
        let mut key = drawn(33, "+AEh", "=");
        let bytes = BASE64.decode(&key).expect("base64");
        for seed in MESSAGING {
            let (covered, _) = bytes.split_last_chunk::<4>().expect("long enough");
            key = BASE64.encode(&[covered, &marvin32(**seed, covered).to_le_bytes()].concat()).into_bytes();
            assert_eq!(AzureKey.verify_text(&key), Outcome::Verified(Evidence::ChecksumVerified));
        }
    }

    #[test]
    fn a_redis_key_may_have_letters_instead_of_symbols() {
        let replaced = (b'A'..=b'Z').find_map(|letter| {
            let mut key = drawn(33, "AzCa", "=");
            key[5] = letter;
            let covered = BASE64.decode(&key).ok()?[..28].to_vec();
            let sum = marvin32(*b"Access00", &covered).to_le_bytes();
            let text = BASE64.encode(&[&covered[..], &sum].concat());
            text[34..].contains(['+', '/']).then(|| text.replace('+', "P").replace('/', "F"))
        });
        let key = replaced.expect("some checksum has a symbol");
        assert_eq!(AzureKey.verify_text(key.as_bytes()), Outcome::Verified(Evidence::ChecksumVerified));
    }

    #[test]
    fn a_key_without_a_signature_is_inconclusive() {
        assert_eq!(AzureKey.verify_text("Qk7zPw2xV9b".repeat(8).as_bytes()), Outcome::Inconclusive);
        assert_eq!(AzureKey.verify_text(b"+ASt"), Outcome::Inconclusive);
    }
}
