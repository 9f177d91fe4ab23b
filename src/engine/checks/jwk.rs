//! JSON Web Keys (RFC 7517, RFC 7518 section 6) with a private member: `d` of a pair, `k` of a shared key.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::Outcome;

/// Whether the object is a key with a private member. It may stand in a string, with its quotes escaped.
pub(crate) fn verify(text: &[u8]) -> Outcome {
    let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\\').collect();
    if memchr::memmem::find(&plain, b"\"kty\"").is_none() {
        return Outcome::Disproved;
    }
    let Ok(key) = serde_json::from_slice::<Value>(&plain) else {
        return Outcome::Doubtful("JSON Web Key does not parse");
    };
    let member = match key.get("kty").and_then(Value::as_str) {
        Some("RSA" | "EC" | "OKP") => "d",
        Some("oct") => "k",
        _ => return Outcome::Disproved,
    };
    match key.get(member).and_then(Value::as_str) {
        Some(value) if is_bytes(value) => Outcome::Holds("JSON Web Key with a private member"),
        Some(_) => Outcome::Doubtful("private member is no base64url"),
        None => Outcome::Disproved,
    }
}

fn is_bytes(value: &str) -> bool {
    BASE64URL_NOPAD.decode(value.trim_end_matches('=').as_bytes()).is_ok_and(|bytes| bytes.len() >= 16)
}

/// A key whose private member is made of the sample's own bytes.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let noise: Vec<u8> = sample.iter().rev().filter(|byte| byte.is_ascii_alphanumeric()).copied().collect();
    let half = |start: usize| {
        let bytes: Vec<u8> = noise.iter().cycle().skip(start).take(32).copied().collect();
        BASE64URL_NOPAD.encode(&bytes)
    };
    if noise.is_empty() {
        return;
    }
    *sample = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}","d":"{}"}}"#, half(5), half(0)).into_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_members_count() {
        let bytes = BASE64URL_NOPAD.encode(b"q7Lw2Zr9Tk4Nb8Vx3Mc6Hj1P");
        let judge = |text: &str| verify(text.replace('@', &bytes).as_bytes());
        for key in [
            r#"{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"@"}"#,
            r#"{"d": "@", "kty": "RSA", "key_ops": ["sign"]}"#,
            r#"{"kty":"oct","k":"@"}"#,
            r#"{\"kty\":\"oct\",\"k\":\"@\"}"#,
        ] {
            assert!(matches!(judge(key), Outcome::Holds(_)), "{key}");
        }
        for other in [
            r#"{"kty":"EC","crv":"P-256","x":"@","y":"b"}"#,
            r#"{"kty":"oct","d":"@"}"#,
            r#"{"kty":"weight","d":"@"}"#,
            r#"{"d":"@"}"#,
        ] {
            assert_eq!(judge(other), Outcome::Disproved, "{other}");
        }
        for doubtful in [r#"{"kty":"RSA","d":"@",}"#, r#"{"kty":"RSA","d":"short"}"#] {
            assert!(matches!(judge(doubtful), Outcome::Doubtful(_)), "{doubtful}");
        }
        let mut drawn = b"q7Lw2Zr9Tk4Nb8Vx".to_vec();
        complete(&mut drawn);
        assert!(matches!(verify(&drawn), Outcome::Holds(_)));
    }
}
