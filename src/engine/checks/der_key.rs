//! Base64 of a private key in DER, without armour.

use data_encoding::BASE64;

use super::formats::base64::decode;
use super::formats::der;
use super::formats::der_private_key::{encrypted, plain};
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Checks that the value decodes to a private key. Certificates and public keys, which begin with the same bytes, are
/// rejected.
pub(crate) struct DerKey;

impl OfflineCheck for DerKey {
    fn verify(&self, Matched { secret: text, .. }: Matched<'_>) -> Outcome {
        let Some(bytes) = decode(text) else { return Outcome::Downgraded(Evidence::KeyNotBase64) };
        match plain("", &bytes).or_else(|| encrypted(&bytes)) {
            Some(outcome) => outcome,
            None if der::element(&bytes).is_some() => Outcome::Rejected,
            None => Outcome::Downgraded(Evidence::KeyTruncated),
        }
    }

    /// Makes a key with the beginning of the sample, because patterns can require it: RSA of 2048 bits, P-256 or
    /// Ed25519.
    fn complete(&self, sample: &mut Vec<u8>) {
        let noise: Vec<u8> = sample.iter().rev().cycle().take(256).copied().collect();
        let integer = |bytes: &[u8]| der::encode(der::INTEGER, bytes);
        let bytes = if sample.starts_with(b"MII") {
            let positive = |length: usize| integer(&[&[0, 0x80], &noise[1..length]].concat());
            let fifths = (0..5).flat_map(|_| positive(128));
            let numbers =
                [integer(&[0]), positive(256), integer(&[1, 0, 1]), integer(&noise), fifths.collect()];
            der::encode(der::SEQUENCE, &numbers.concat())
        } else if sample.starts_with(b"MH") {
            let curve = der::encode(der::OBJECT_IDENTIFIER, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
            let point = der::encode(0x03, &[&[0, 4], &noise[..64]].concat());
            let secret = der::encode(der::OCTET_STRING, &noise[..32]);
            let parts = [integer(&[1]), secret, der::encode(0xa0, &curve), der::encode(0xa1, &point)];
            der::encode(der::SEQUENCE, &parts.concat())
        } else {
            let algorithm =
                der::encode(der::SEQUENCE, &der::encode(der::OBJECT_IDENTIFIER, &[0x2b, 0x65, 0x70]));
            let secret = der::encode(der::OCTET_STRING, &der::encode(der::OCTET_STRING, &noise[..32]));
            der::encode(der::SEQUENCE, &[integer(&[0]), algorithm, secret].concat())
        };
        *sample = BASE64.encode(&bytes).into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::checks::formats::der_private_key::{PKCS, key};
    use crate::engine::checks::pkcs12::bundle;

    const NOISE: &[u8; 128] = &[0x5a; 128];

    #[test]
    fn private_keys_are_plausible_and_other_der_is_rejected() {
        let evaluate = |bytes: &[u8]| DerKey.verify_text(BASE64.encode(bytes).as_bytes());
        for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "PRIVATE KEY"] {
            let bytes = key(label, NOISE);
            assert!(matches!(evaluate(&bytes), Outcome::Plausible(_)), "{label}");
            assert!(matches!(evaluate(&bytes[..bytes.len() - 1]), Outcome::Downgraded(_)), "{label}");
        }
        assert!(matches!(evaluate(&key("ENCRYPTED PRIVATE KEY", NOISE)), Outcome::LessSevere(..)));
        let algorithm = der::encode(der::SEQUENCE, &der::encode(der::OBJECT_IDENTIFIER, PKCS));
        let public = der::encode(der::SEQUENCE, &[algorithm.clone(), der::encode(0x03, NOISE)].concat());
        let certificate =
            der::encode(der::SEQUENCE, &[algorithm.clone(), algorithm, der::encode(0x03, NOISE)].concat());
        let public_pkcs1 = der::encode(der::SEQUENCE, &der::encode(der::INTEGER, NOISE).repeat(2));
        for bytes in [public, certificate, public_pkcs1, bundle(NOISE)] {
            assert_eq!(evaluate(&bytes), Outcome::Rejected);
        }
    }

    #[test]
    fn samples_begin_like_keys_of_their_kind() {
        for (begin, expected) in [
            ("MIIEvQk7zPw2", "MIIEpQIBAAKCAQEAg"),
            ("MHcCAQEEIk7z", "MHcCAQEEI"),
            ("MIGHAgEAMBMG", "MC4CAQAwBQYDK2VwBCIEI"),
        ] {
            let mut sample = begin.as_bytes().to_vec();
            DerKey.complete(&mut sample);
            assert!(sample.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(&sample));
            assert!(matches!(DerKey.verify_text(&sample), Outcome::Plausible(_)));
        }
    }
}
