//! Bundles of keys and certificates: PKCS#12 (RFC 7292).

use data_encoding::BASE64;

use super::formats::base64::decode;
use super::formats::der;
use super::formats::der_private_key::PKCS;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Checks that the value decodes to a PKCS#12 bundle. Its content is encrypted, but the password may be empty or
/// well-known.
pub(crate) struct Pkcs12;

impl OfflineCheck for Pkcs12 {
    fn verify(&self, Matched { secret: text, .. }: Matched<'_>) -> Outcome {
        let bundle = |bytes: &[u8]| {
            let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
            let version = der::element(outer.content).filter(|element| element.content == [3])?;
            let content = der::element(version.rest).filter(|element| element.tag == der::SEQUENCE)?;
            let name = der::element(content.content)?;
            (name.tag == der::OBJECT_IDENTIFIER && name.content.starts_with(PKCS)).then_some(())
        };
        match decode(text) {
            Some(bytes) if bundle(&bytes).is_some() => Outcome::Plausible(Evidence::Pkcs12Bundle),
            _ => Outcome::Downgraded(Evidence::Pkcs12BundleMalformed),
        }
    }

    /// Makes a bundle of the sample's bytes.
    fn complete(&self, sample: &mut Vec<u8>) {
        let noise: Vec<u8> = sample.iter().rev().cycle().take(400).copied().collect();
        *sample = BASE64.encode(&bundle(&noise)).into_bytes();
    }
}

/// A bundle with `noise` as its content.
pub(super) fn bundle(noise: &[u8]) -> Vec<u8> {
    let name = der::encode(der::OBJECT_IDENTIFIER, &[PKCS, &[7, 1]].concat());
    let content = der::encode(
        der::SEQUENCE,
        &[name, der::encode(0xa0, &der::encode(der::OCTET_STRING, noise))].concat(),
    );
    let three = der::encode(der::INTEGER, &[3]);
    der::encode(der::SEQUENCE, &[three, content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::checks::formats::der_private_key::key;

    const NOISE: &[u8; 128] = &[0x5a; 128];

    #[test]
    fn bundles_are_plausible_and_keys_are_not() {
        let evaluate = |bytes: &[u8]| Pkcs12.verify_text(BASE64.encode(bytes).as_bytes());
        assert!(matches!(evaluate(&bundle(NOISE)), Outcome::Plausible(_)));
        assert!(matches!(evaluate(&key("PRIVATE KEY", NOISE)), Outcome::Downgraded(_)));
        assert!(matches!(Pkcs12.verify_text(b"!"), Outcome::Downgraded(_)));
    }
}
