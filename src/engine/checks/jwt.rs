//! JSON Web Tokens (RFC 7519, RFC 7515 section 7.1): three base64url parts, the first two JSON objects.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::Outcome;

/// The release's day, 2026-11-01, in seconds since 1970. Tokens that expired before it open nothing. It is no
/// clock's day, so that the same bytes are judged alike on every day.
const RELEASED: f64 = 1_793_491_200.0;

/// Whether header and payload are JSON objects, the header names an algorithm other than `none`, and the token is
/// not known to have expired.
pub(crate) fn verify(token: &[u8]) -> Outcome {
    let parts: Vec<&[u8]> = token.split(|&byte| byte == b'.').collect();
    let [header, payload, signature, rest @ ..] = parts.as_slice() else { return Outcome::Disproved };
    let Some(header) = object(header) else { return Outcome::Disproved };
    let Some(algorithm) = header.get("alg").and_then(Value::as_str) else { return Outcome::Disproved };
    if !rest.is_empty() {
        // Five parts are an encrypted token (RFC 7516): nothing behind the header can be read.
        return Outcome::Doubtful("JWT header is JSON, payload encrypted");
    }
    // No JWT at all: what stands beside a secret-like name is still found there, as a generic secret.
    let Some(payload) = object(payload) else { return Outcome::Disproved };
    if payload.get("exp").and_then(Value::as_f64).is_some_and(|seconds| seconds < RELEASED) {
        return Outcome::Doubtful("expired JWT");
    }
    match algorithm {
        "none" | "None" | "NONE" => Outcome::Doubtful("unsigned JWT"),
        _ if signature.len() < 16 => Outcome::Doubtful("JWT with a cut signature"),
        _ => Outcome::Holds("JWT header and payload are JSON"),
    }
}

fn object(part: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let json = BASE64URL_NOPAD.decode(part).or_else(|_| lenient(part)).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Some issuers leave stray bits behind the last byte; readers of tokens accept that.
fn lenient(part: &[u8]) -> Result<Vec<u8>, data_encoding::DecodeError> {
    let mut specification = BASE64URL_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a check was taken away").decode(part)
}

/// A token whose header and payload are JSON; the draw's last part stays as signature.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let signature = sample.rsplit(|&byte| byte == b'.').next().unwrap_or_default().to_vec();
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let payload = BASE64URL_NOPAD.encode(br#"{"sub":"drawn-sample","iat":1700000000}"#);
    *sample = [header.as_bytes(), b".", payload.as_bytes(), b".", signature.as_slice()].concat();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> Vec<u8> {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", encode(header), encode(payload), "s".repeat(43)).into_bytes()
    }

    #[test]
    fn json_parts_hold_and_anything_else_does_not() {
        assert!(matches!(verify(&token(r#"{"alg":"RS256"}"#, r#"{"iss":"x"}"#)), Outcome::Holds(_)));
        assert!(matches!(verify(&token(r#"{"alg":"none"}"#, r#"{"iss":"x"}"#)), Outcome::Doubtful(_)));
        assert_eq!(verify(&token(r#"{"typ":"JWT"}"#, "{}")), Outcome::Disproved);
        assert_eq!(verify(&token(r#"{"alg":"RS256"}"#, "not json")), Outcome::Disproved);
        assert_eq!(verify(&token("not json", r#"{"iss":"x"}"#)), Outcome::Disproved);
        assert_eq!(verify(b"eyJhbGciOiJIUzI1NiJ9.eyJub3QganNvbg.x"), Outcome::Disproved);
        assert_eq!(verify(b"eyJ"), Outcome::Disproved);
    }

    #[test]
    fn a_token_that_had_expired_by_the_release_is_doubtful() {
        let judge = |exp: &str| verify(&token(r#"{"alg":"RS256"}"#, &format!(r#"{{"exp":{exp}}}"#)));
        for expired in ["1300819380", "1793491199", "1793491199.5", "-1"] {
            assert_eq!(judge(expired), Outcome::Doubtful("expired JWT"), "{expired}");
        }
        for valid in ["1793491200", "4102444800", "1e300", "\"soon\"", "null"] {
            assert!(matches!(judge(valid), Outcome::Holds(_)), "{valid}");
        }
    }

    #[test]
    fn completed_samples_hold() {
        let mut sample = b"eyJabcdef.eyJabcdef.ABCDEFGHIJKLMNOPQRSTUV".to_vec();
        complete(&mut sample);
        assert!(matches!(verify(&sample), Outcome::Holds(_)));
    }
}
