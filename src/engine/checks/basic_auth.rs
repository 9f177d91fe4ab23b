//! `user:password` in base64: HTTP Basic authentication (RFC 7617), docker and npm `auth` entries.

use data_encoding::BASE64;

use super::formats::base64::decode;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::engine::heuristics::placeholder;
use crate::model::Evidence;

/// Checks that the value decodes to a user and a password that is no placeholder.
pub(crate) struct BasicAuth;

impl OfflineCheck for BasicAuth {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        let Some(text) = decode(secret) else { return Outcome::Rejected };
        let Some(colon) = text.iter().position(|&byte| byte == b':') else { return Outcome::Rejected };
        let (user, password) = (&text[..colon], &text[colon + 1..]);
        let printable = text.iter().all(|byte| (0x20..0x7f).contains(byte) || *byte >= 0x80);
        if !printable || password.len() < 3 {
            return Outcome::Rejected;
        }
        if placeholder::is_placeholder_or_template(password) || password == user {
            return Outcome::Rejected;
        }
        Outcome::Plausible(Evidence::EncodedUserAndPassword)
    }

    /// Makes a user with a password of the sample's last letters and digits.
    fn complete(&self, sample: &mut Vec<u8>) {
        let password: Vec<u8> =
            sample.iter().rev().filter(|byte| byte.is_ascii_alphanumeric()).take(16).copied().collect();
        *sample = BASE64.encode(&[b"deploy:", password.as_slice()].concat()).into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_user_with_a_password_is_plausible() {
        let encode = |text: &str| BASE64.encode(text.as_bytes()).into_bytes();
        assert!(matches!(BasicAuth.verify_text(&encode("deploy:vT9qLw2Zr")), Outcome::Plausible(_)));
        for text in ["deploy:password", "user:", "no colon at all", "a:${PASSWORD}", "x:\u{1}\u{2}\u{3}\u{4}"]
        {
            assert_eq!(BasicAuth.verify_text(&encode(text)), Outcome::Rejected, "{text}");
        }
        assert_eq!(BasicAuth.verify_text(b"!!!"), Outcome::Rejected);
    }
}
