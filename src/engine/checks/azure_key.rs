//! Azure keys that name their service: base64 of random bytes, three bytes of signature and a Marvin32
//! checksum of everything before it (<https://github.com/microsoft/security-utilities>).
//!
//! The signature stands ten characters before the padding, whatever the key's length is. Which seed counts is
//! not written in the key: every seed of the service is tried.

use data_encoding::{BASE64, BASE64URL, Encoding};

use super::marvin::marvin32;
use super::{CHECKSUM_VERIFIED, Outcome};

type Seeds = &'static [&'static [u8; 8]];

const MESSAGING: Seeds = &[b"Manage00", b"Send0000", b"Listen00", b"System00", b"Unknown0"];

/// The services, by signature, with the seeds of their kinds of keys.
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
    // The second one is what subscription keys really use.
    (b"APIM", &[b"Tenant00", b"IoTHub00", b"Gatewy00", b"GitKey00"]),
    (b"AzFu", &[b"Functi00", b"System00", b"Master00"]),
    (b"AzSe", &[b"PAdmin00", b"Query000"]),
    (b"+ACR", &[b"ACRDflt0"]),
];

/// Lengths of the keys in characters: 64, 39, 40 and 32 bytes.
const LENGTHS: [usize; 4] = [88, 52, 56, 44];

/// Characters that the checksum takes, without padding.
const SUM: usize = 6;

/// Whether the checksum is right; nothing is said about a key that has no known signature.
pub(crate) fn verify(key: &[u8]) -> Outcome {
    let Some((signature, seeds)) = service(key) else { return Outcome::Unknown };
    let encoding = encoding(signature);
    let Ok(bytes) = encoding.decode(key) else { return Outcome::Disproved };
    let Some((covered, sum)) = bytes.split_last_chunk::<4>() else { return Outcome::Disproved };
    let holds = |seed: &&[u8; 8]| {
        let right = marvin32(**seed, covered).to_le_bytes();
        *sum == right || signature == b"AzCa" && with_letters(&[covered, &right].concat()) == key
    };
    if seeds.iter().any(holds) { Outcome::Proved(CHECKSUM_VERIFIED) } else { Outcome::Disproved }
}

/// The text of a Redis key, which has letters instead of signs from the day on that they are replaced.
fn with_letters(bytes: &[u8]) -> Vec<u8> {
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

/// Writes the right sum over the end of the sample. Where the sample has no signs, the sum gets none.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let Some((signature, &[seed, ..])) = service(sample) else { return };
    let encoding = encoding(signature);
    let end = unpadded(sample).len();
    let is_sign = |byte: &u8| matches!(byte, b'+' | b'/' | b'-' | b'_');
    let signs = sample.iter().any(is_sign);
    for letter in b'A'..=b'Z' {
        // The last characters are the sum's: any that decode will do for now.
        sample[end - SUM..end].fill(b'A');
        let Ok(mut bytes) = encoding.decode(sample) else { return };
        if let Some((covered, sum)) = bytes.split_last_chunk_mut::<4>() {
            *sum = marvin32(*seed, covered).to_le_bytes();
        }
        *sample = encoding.encode(&bytes).into_bytes();
        if signs || !sample.iter().any(is_sign) {
            return;
        }
        sample[0] = letter;
    }
}

fn service(key: &[u8]) -> Option<(&'static [u8; 4], Seeds)> {
    if !LENGTHS.contains(&key.len()) {
        return None;
    }
    let unsummed = &unpadded(key)[..unpadded(key).len() - SUM];
    let signature = unsummed.last_chunk::<4>()?;
    SERVICES.iter().find(|(known, _)| *known == signature).copied()
}

fn unpadded(key: &[u8]) -> &[u8] {
    let padding = key.iter().rev().take_while(|byte| **byte == b'=').count().min(2);
    &key[..key.len() - padding]
}

/// Function keys stand in URLs.
fn encoding(signature: &[u8; 4]) -> Encoding {
    if signature == b"AzFu" { BASE64URL } else { BASE64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key with random-looking bytes before the signature.
    fn drawn(before: usize, signature: &str, padding: &str) -> Vec<u8> {
        let noise = "Qk7zPw2xV9bN4mT6sLdF3hG8jRcY5vA1".repeat(3);
        let mut key = format!("{}{signature}AAAAAA{padding}", &noise[..before]).into_bytes();
        complete(&mut key);
        key
    }

    #[test]
    fn keys_of_every_length_and_seed_are_proved() {
        for (before, signature, padding) in [
            (76, "+ASt", "=="),
            (33, "+ASb", "="),
            (33, "AIoT", "="),
            (44, "AzFu", "=="),
            (42, "AzSe", ""),
            (42, "+ACR", ""),
        ] {
            let key = drawn(before, signature, padding);
            assert_eq!(verify(&key), Outcome::Proved(CHECKSUM_VERIFIED), "{signature}");
            let length = key.len();
            let mut changed = key;
            changed[length - 12] = if changed[length - 12] == b'x' { b'y' } else { b'x' };
            assert_ne!(verify(&changed), Outcome::Proved(CHECKSUM_VERIFIED), "{signature}");
        }
        let signs = drawn(42, "AzSe", "").iter().any(|byte| !byte.is_ascii_alphanumeric());
        assert!(!signs, "a search key has letters and digits only");
    }

    #[test]
    fn a_sum_under_any_seed_of_the_service_counts() {
        let mut key = drawn(33, "+AEh", "=");
        let bytes = BASE64.decode(&key).expect("base64");
        for seed in MESSAGING {
            let (covered, _) = bytes.split_last_chunk::<4>().expect("long enough");
            key = BASE64.encode(&[covered, &marvin32(**seed, covered).to_le_bytes()].concat()).into_bytes();
            assert_eq!(verify(&key), Outcome::Proved(CHECKSUM_VERIFIED));
        }
    }

    #[test]
    fn a_redis_key_may_have_letters_for_signs() {
        let replaced = (b'A'..=b'Z').find_map(|letter| {
            let mut key = drawn(33, "AzCa", "=");
            key[5] = letter;
            let covered = BASE64.decode(&key).ok()?[..28].to_vec();
            let sum = marvin32(*b"Access00", &covered).to_le_bytes();
            let signs = BASE64.encode(&[&covered[..], &sum].concat());
            signs[34..].contains(['+', '/']).then(|| signs.replace('+', "P").replace('/', "F"))
        });
        let key = replaced.expect("some sum has a sign");
        assert_eq!(verify(key.as_bytes()), Outcome::Proved(CHECKSUM_VERIFIED));
    }

    #[test]
    fn nothing_is_said_about_keys_without_a_signature() {
        assert_eq!(verify("Qk7zPw2xV9b".repeat(8).as_bytes()), Outcome::Unknown);
        assert_eq!(verify(b"+ASt"), Outcome::Unknown);
    }
}
