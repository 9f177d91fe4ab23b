//! JSON Web Keys (RFC 7517, RFC 7518 section 6) with a private member: `d` of a pair, `k` of a shared key.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Checks that the object is a key with a private member. It may be inside a string, with escaped quotes.
pub(crate) struct Jwk;

impl OfflineCheck for Jwk {
    fn verify(&self, Matched { whole: text, .. }: Matched<'_>) -> Outcome {
        let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\\').collect();
        if memchr::memmem::find(&plain, b"\"kty\"").is_none() {
            return Outcome::Rejected;
        }
        let Ok(key) = serde_json::from_slice::<Value>(&plain) else {
            return Outcome::Downgraded(Evidence::JsonWebKeyMalformed);
        };
        let member = match key.get("kty").and_then(Value::as_str) {
            Some("RSA" | "EC" | "OKP") => "d",
            Some("oct") => "k",
            _ => return Outcome::Rejected,
        };
        match key.get(member).and_then(Value::as_str) {
            Some(value) if is_bytes(value) => Outcome::Plausible(Evidence::JsonWebKey),
            Some(_) => Outcome::Downgraded(Evidence::PrivateMemberNotBase64),
            None => Outcome::Rejected,
        }
    }

    /// Makes a key whose private member consists of the sample's bytes.
    fn complete(&self, sample: &mut Vec<u8>) {
        let noise: Vec<u8> =
            sample.iter().rev().filter(|byte| byte.is_ascii_alphanumeric()).copied().collect();
        let half = |start: usize| {
            let bytes: Vec<u8> = noise.iter().cycle().skip(start).take(32).copied().collect();
            BASE64URL_NOPAD.encode(&bytes)
        };
        if noise.is_empty() {
            return;
        }
        *sample =
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}","d":"{}"}}"#, half(5), half(0)).into_bytes();
    }

    fn completes_whole_match(&self) -> bool {
        true
    }
}

fn is_bytes(value: &str) -> bool {
    BASE64URL_NOPAD.decode(value.trim_end_matches('=').as_bytes()).is_ok_and(|bytes| bytes.len() >= 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_with_a_private_member_are_plausible() {
        let bytes = BASE64URL_NOPAD.encode(b"q7Lw2Zr9Tk4Nb8Vx3Mc6Hj1P");
        let evaluate = |text: &str| Jwk.verify_text(text.replace('@', &bytes).as_bytes());
        for key in [
            r#"{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"@"}"#,
            r#"{"d": "@", "kty": "RSA", "key_ops": ["sign"]}"#,
            r#"{"kty":"oct","k":"@"}"#,
            r#"{\"kty\":\"oct\",\"k\":\"@\"}"#,
        ] {
            assert!(matches!(evaluate(key), Outcome::Plausible(_)), "{key}");
        }
        for other in [
            r#"{"kty":"EC","crv":"P-256","x":"@","y":"b"}"#,
            r#"{"kty":"oct","d":"@"}"#,
            r#"{"kty":"weight","d":"@"}"#,
            r#"{"d":"@"}"#,
        ] {
            assert_eq!(evaluate(other), Outcome::Rejected, "{other}");
        }
        for downgraded in [r#"{"kty":"RSA","d":"@",}"#, r#"{"kty":"RSA","d":"short"}"#] {
            assert!(matches!(evaluate(downgraded), Outcome::Downgraded(_)), "{downgraded}");
        }
        let mut drawn = b"q7Lw2Zr9Tk4Nb8Vx".to_vec();
        Jwk.complete(&mut drawn);
        assert!(matches!(Jwk.verify_text(&drawn), Outcome::Plausible(_)));
    }
}
