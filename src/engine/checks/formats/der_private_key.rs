//! Private keys in DER: PKCS#1 (RFC 8017 A.1.2), PKCS#8 (RFC 5958), SEC1 (RFC 5915).

use super::der;
use crate::engine::checks::offline_check::Outcome;
use crate::model::{Evidence, Severity};

/// First bytes of the object identifiers of password-based encryption (PKCS#5, PKCS#12) and of PKCS#7.
pub(crate) const PKCS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01];

/// Evaluates the content of a PEM block with this label. `None` if it is no unencrypted private key.
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
        "RSA PRIVATE KEY" if pkcs1 => Some(Outcome::Plausible(Evidence::Pkcs1Key)),
        "EC PRIVATE KEY" if sec1 => Some(Outcome::Plausible(Evidence::Sec1Key)),
        "DSA PRIVATE KEY" if dsa => Some(Outcome::Plausible(Evidence::DsaKey)),
        _ if pkcs8 => Some(Outcome::Plausible(Evidence::Pkcs8Key)),
        _ if pkcs1 || sec1 || dsa => Some(Outcome::Plausible(Evidence::OtherDerKey)),
        _ => None,
    }
}

/// Evaluates an encrypted PKCS#8 key. `None` if the bytes are none.
pub(crate) fn encrypted(bytes: &[u8]) -> Option<Outcome> {
    let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
    let inner = der::elements(outer.content)?;
    let [(der::SEQUENCE, algorithm), (der::OCTET_STRING, _)] = inner.as_slice() else { return None };
    let name = der::element(algorithm).filter(|name| name.tag == der::OBJECT_IDENTIFIER)?;
    name.content
        .starts_with(PKCS)
        .then_some(Outcome::LessSevere(Evidence::EncryptedPrivateKey, Severity::Low))
}

/// Makes a key of the label's kind with numbers made of `noise`.
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
