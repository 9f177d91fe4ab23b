//! Private keys in DER: PKCS#1 (RFC 8017 A.1.2), PKCS#8 (RFC 5958), SEC1 (RFC 5915), and bundles (PKCS#12, RFC 7292).

use data_encoding::BASE64;

use super::base64_text::decode;
use super::{Outcome, der};
use crate::model::Severity;

/// What begins the object identifiers of password-based encryption (PKCS#5, PKCS#12) and of PKCS#7.
const PKCS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01];

/// What the bytes of a PEM body with that label hold; `None` when that is no private key.
pub(crate) fn plain(label: &str, bytes: &[u8]) -> Option<Outcome> {
    let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
    let inner = der::elements(outer.content)?;
    let is_all_integers = |count| inner.len() >= count && inner.iter().all(|(tag, _)| *tag == der::INTEGER);
    let starts_with =
        |tags: &[u8]| inner.len() >= tags.len() && inner.iter().zip(tags).all(|(one, tag)| one.0 == *tag);
    let pkcs8 = starts_with(&[der::INTEGER, der::SEQUENCE, der::OCTET_STRING])
        && der::element(inner[1].1)?.tag == der::OBJECT_IDENTIFIER;
    let pkcs1 = is_all_integers(9);
    let sec1 = starts_with(&[der::INTEGER, der::OCTET_STRING]) && inner[1].1.len() >= 20;
    let dsa = inner.len() == 6 && is_all_integers(6);
    match label {
        "RSA PRIVATE KEY" if pkcs1 => Some(Outcome::Holds("PKCS#1 key parses")),
        "EC PRIVATE KEY" if sec1 => Some(Outcome::Holds("SEC1 key parses")),
        "DSA PRIVATE KEY" if dsa => Some(Outcome::Holds("DSA key parses")),
        _ if pkcs8 => Some(Outcome::Holds("PKCS#8 key parses")),
        _ if pkcs1 || sec1 || dsa => Some(Outcome::Holds("key parses")),
        _ => None,
    }
}

/// Whether they hold a PKCS#8 key under a password.
pub(crate) fn encrypted(bytes: &[u8]) -> Option<Outcome> {
    let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
    let inner = der::elements(outer.content)?;
    let [(der::SEQUENCE, algorithm), (der::OCTET_STRING, _)] = inner.as_slice() else { return None };
    let name = der::element(algorithm).filter(|name| name.tag == der::OBJECT_IDENTIFIER)?;
    name.content.starts_with(PKCS).then_some(Outcome::Harmless("encrypted private key", Severity::Low))
}

/// Whether base64 without armour holds a private key. Certificates and public keys begin alike, and never count.
pub(crate) fn verify(text: &[u8]) -> Outcome {
    let Some(bytes) = decode(text) else { return Outcome::Doubtful("key body is no base64") };
    match plain("", &bytes).or_else(|| encrypted(&bytes)) {
        Some(outcome) => outcome,
        None if der::element(&bytes).is_some() => Outcome::Disproved,
        None => Outcome::Doubtful("key is cut off"),
    }
}

/// Whether base64 holds a PKCS#12 bundle. Its content is under a password, which may be empty or known.
pub(crate) fn verify_bundle(text: &[u8]) -> Outcome {
    let bundle = |bytes: &[u8]| {
        let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
        let version = der::element(outer.content).filter(|element| element.content == [3])?;
        let content = der::element(version.rest).filter(|element| element.tag == der::SEQUENCE)?;
        let name = der::element(content.content)?;
        (name.tag == der::OBJECT_IDENTIFIER && name.content.starts_with(PKCS)).then_some(())
    };
    match decode(text) {
        Some(bytes) if bundle(&bytes).is_some() => Outcome::Holds("PKCS#12 bundle parses"),
        _ => Outcome::Doubtful("bundle does not parse"),
    }
}

/// A key of the label's kind whose numbers are made of `noise`.
pub(crate) fn key(label: &str, noise: &[u8]) -> Vec<u8> {
    let number = |byte: u8| der::encode(der::INTEGER, &[&[byte], &noise[..31]].concat());
    let zero = der::encode(der::INTEGER, &[0]);
    let numbers = |count: u8| (1..=count).flat_map(number).collect::<Vec<u8>>();
    let rsa = || der::encode(der::SEQUENCE, &[&zero[..], &numbers(8)].concat());
    let algorithm = |last: &[u8]| {
        der::encode(der::SEQUENCE, &der::encode(der::OBJECT_IDENTIFIER, &[PKCS, last].concat()))
    };
    match label {
        "RSA PRIVATE KEY" => rsa(),
        "DSA PRIVATE KEY" => der::encode(der::SEQUENCE, &[&zero[..], &numbers(5)].concat()),
        "EC PRIVATE KEY" => {
            let one = der::encode(der::INTEGER, &[1]);
            der::encode(der::SEQUENCE, &[one, der::encode(der::OCTET_STRING, &noise[..32])].concat())
        }
        "ENCRYPTED PRIVATE KEY" => {
            let octets = der::encode(der::OCTET_STRING, noise);
            der::encode(der::SEQUENCE, &[algorithm(&[5, 13]), octets].concat())
        }
        _ => {
            let octets = der::encode(der::OCTET_STRING, &rsa());
            der::encode(der::SEQUENCE, &[zero.clone(), algorithm(&[1, 1]), octets].concat())
        }
    }
}

/// A bundle that holds `noise`.
pub(crate) fn bundle(noise: &[u8]) -> Vec<u8> {
    let name = der::encode(der::OBJECT_IDENTIFIER, &[PKCS, &[7, 1]].concat());
    let content = der::encode(
        der::SEQUENCE,
        &[name, der::encode(0xa0, &der::encode(der::OCTET_STRING, noise))].concat(),
    );
    let three = der::encode(der::INTEGER, &[3]);
    der::encode(der::SEQUENCE, &[three, content].concat())
}

/// A key that begins as the sample does: RSA of 2048 bits, P-256, or Ed25519. Patterns know the beginnings of those.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let noise: Vec<u8> = sample.iter().rev().cycle().take(256).copied().collect();
    let integer = |bytes: &[u8]| der::encode(der::INTEGER, bytes);
    let bytes = if sample.starts_with(b"MII") {
        let positive = |length: usize| integer(&[&[0, 0x80], &noise[1..length]].concat());
        let fifths = (0..5).flat_map(|_| positive(128));
        let numbers = [integer(&[0]), positive(256), integer(&[1, 0, 1]), integer(&noise), fifths.collect()];
        der::encode(der::SEQUENCE, &numbers.concat())
    } else if sample.starts_with(b"MH") {
        let curve = der::encode(der::OBJECT_IDENTIFIER, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
        let point = der::encode(0x03, &[&[0, 4], &noise[..64]].concat());
        let secret = der::encode(der::OCTET_STRING, &noise[..32]);
        let parts = [integer(&[1]), secret, der::encode(0xa0, &curve), der::encode(0xa1, &point)];
        der::encode(der::SEQUENCE, &parts.concat())
    } else {
        let algorithm = der::encode(der::SEQUENCE, &der::encode(der::OBJECT_IDENTIFIER, &[0x2b, 0x65, 0x70]));
        let secret = der::encode(der::OCTET_STRING, &der::encode(der::OCTET_STRING, &noise[..32]));
        der::encode(der::SEQUENCE, &[integer(&[0]), algorithm, secret].concat())
    };
    *sample = BASE64.encode(&bytes).into_bytes();
}

/// A bundle made of the sample's own bytes.
pub(crate) fn complete_bundle(sample: &mut Vec<u8>) {
    let noise: Vec<u8> = sample.iter().rev().cycle().take(400).copied().collect();
    *sample = BASE64.encode(&bundle(&noise)).into_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISE: &[u8; 128] = &[0x5a; 128];

    #[test]
    fn keys_without_armour_hold_and_what_begins_alike_does_not() {
        let judge = |bytes: &[u8]| verify(BASE64.encode(bytes).as_bytes());
        for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "PRIVATE KEY"] {
            let bytes = key(label, NOISE);
            assert!(matches!(judge(&bytes), Outcome::Holds(_)), "{label}");
            assert!(matches!(judge(&bytes[..bytes.len() - 1]), Outcome::Doubtful(_)), "{label}");
        }
        assert!(matches!(judge(&key("ENCRYPTED PRIVATE KEY", NOISE)), Outcome::Harmless(..)));
        let algorithm = der::encode(der::SEQUENCE, &der::encode(der::OBJECT_IDENTIFIER, PKCS));
        let public = der::encode(der::SEQUENCE, &[algorithm.clone(), der::encode(0x03, NOISE)].concat());
        let certificate =
            der::encode(der::SEQUENCE, &[algorithm.clone(), algorithm, der::encode(0x03, NOISE)].concat());
        let public_pkcs1 = der::encode(der::SEQUENCE, &der::encode(der::INTEGER, NOISE).repeat(2));
        for bytes in [public, certificate, public_pkcs1, bundle(NOISE)] {
            assert_eq!(judge(&bytes), Outcome::Disproved);
        }
    }

    #[test]
    fn samples_begin_as_keys_of_their_kind_do() {
        for (begin, expected) in [
            ("MIIEvQk7zPw2", "MIIEpQIBAAKCAQEAg"),
            ("MHcCAQEEIk7z", "MHcCAQEEI"),
            ("MIGHAgEAMBMG", "MC4CAQAwBQYDK2VwBCIEI"),
        ] {
            let mut sample = begin.as_bytes().to_vec();
            complete(&mut sample);
            assert!(sample.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(&sample));
            assert!(matches!(verify(&sample), Outcome::Holds(_)));
        }
    }

    #[test]
    fn bundles_hold() {
        let judge = |bytes: &[u8]| verify_bundle(BASE64.encode(bytes).as_bytes());
        assert!(matches!(judge(&bundle(NOISE)), Outcome::Holds(_)));
        assert!(matches!(judge(&key("PRIVATE KEY", NOISE)), Outcome::Doubtful(_)));
        assert!(matches!(verify_bundle(b"!"), Outcome::Doubtful(_)));
    }
}
