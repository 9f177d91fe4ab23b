//! JSON Web Tokens (RFC 7519, RFC 7515 section 7.1): three base64url parts, the first two JSON objects.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// The day of the release, 2026-11-01, in seconds since 1970. Tokens that expired before it give no access. The clock
/// is not read, so that the result for the same bytes is the same on every day.
const RELEASE_DAY: f64 = 1_793_491_200.0;

/// Checks that header and payload are JSON objects, that the header has an algorithm other than `none`, and that the
/// token did not expire before the release.
pub(crate) struct Jwt;

impl OfflineCheck for Jwt {
    fn verify(&self, Matched { secret: token, .. }: Matched<'_>) -> Outcome {
        let parts: Vec<&[u8]> = token.split(|&byte| byte == b'.').collect();
        let [header, payload, signature, rest @ ..] = parts.as_slice() else { return Outcome::Rejected };
        let Some(header) = object(header) else { return Outcome::Rejected };
        let Some(algorithm) = header.get("alg").and_then(Value::as_str) else { return Outcome::Rejected };
        if !rest.is_empty() {
            // Five parts are an encrypted token (RFC 7516): only its header can be read.
            return Outcome::Downgraded(Evidence::JwtEncrypted);
        }
        // Not a JWT. The detector for generic secrets still finds the value if its name is like that of a secret.
        let Some(payload) = object(payload) else { return Outcome::Rejected };
        if payload.get("exp").and_then(Value::as_f64).is_some_and(|seconds| seconds < RELEASE_DAY) {
            return Outcome::Downgraded(Evidence::JwtExpired);
        }
        match algorithm {
            "none" | "None" | "NONE" => Outcome::Downgraded(Evidence::JwtUnsigned),
            _ if signature.len() < 16 => Outcome::Downgraded(Evidence::JwtSignatureTruncated),
            _ => Outcome::Plausible(Evidence::Jwt),
        }
    }

    /// Replaces header and payload with JSON and keeps the sample's last part as signature.
    fn complete(&self, sample: &mut Vec<u8>) {
        let signature = sample.rsplit(|&byte| byte == b'.').next().unwrap_or_default().to_vec();
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let payload = BASE64URL_NOPAD.encode(br#"{"sub":"drawn-sample","iat":1700000000}"#);
        *sample = [header.as_bytes(), b".", payload.as_bytes(), b".", signature.as_slice()].concat();
    }
}

fn object(part: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let json = BASE64URL_NOPAD.decode(part).or_else(|_| decode_leniently(part)).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Decodes base64url with trailing bits, which some issuers set and implementations accept.
fn decode_leniently(part: &[u8]) -> Result<Vec<u8>, data_encoding::DecodeError> {
    let mut specification = BASE64URL_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a restriction was removed").decode(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> Vec<u8> {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", encode(header), encode(payload), "s".repeat(43)).into_bytes()
    }

    #[test]
    fn json_parts_are_plausible_and_other_parts_are_rejected() {
        assert!(matches!(
            Jwt.verify_text(&token(r#"{"alg":"RS256"}"#, r#"{"iss":"x"}"#)),
            Outcome::Plausible(_)
        ));
        assert!(matches!(
            Jwt.verify_text(&token(r#"{"alg":"none"}"#, r#"{"iss":"x"}"#)),
            Outcome::Downgraded(_)
        ));
        assert_eq!(Jwt.verify_text(&token(r#"{"typ":"JWT"}"#, "{}")), Outcome::Rejected);
        assert_eq!(Jwt.verify_text(&token(r#"{"alg":"RS256"}"#, "not json")), Outcome::Rejected);
        assert_eq!(Jwt.verify_text(&token("not json", r#"{"iss":"x"}"#)), Outcome::Rejected);
        assert_eq!(Jwt.verify_text(b"eyJhbGciOiJIUzI1NiJ9.eyJub3QganNvbg.x"), Outcome::Rejected);
        assert_eq!(Jwt.verify_text(b"eyJ"), Outcome::Rejected);
    }

    #[test]
    fn a_token_that_expired_before_the_release_is_downgraded() {
        let evaluate =
            |exp: &str| Jwt.verify_text(&token(r#"{"alg":"RS256"}"#, &format!(r#"{{"exp":{exp}}}"#)));
        for expired in ["1300819380", "1793491199", "1793491199.5", "-1"] {
            assert_eq!(evaluate(expired), Outcome::Downgraded(Evidence::JwtExpired), "{expired}");
        }
        for valid in ["1793491200", "4102444800", "1e300", "\"soon\"", "null"] {
            assert!(matches!(evaluate(valid), Outcome::Plausible(_)), "{valid}");
        }
    }

    #[test]
    fn completed_samples_are_plausible() {
        let mut sample = b"eyJabcdef.eyJabcdef.ABCDEFGHIJKLMNOPQRSTUV".to_vec();
        Jwt.complete(&mut sample);
        assert!(matches!(Jwt.verify_text(&sample), Outcome::Plausible(_)));
    }
}
