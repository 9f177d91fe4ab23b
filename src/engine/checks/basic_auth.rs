//! `user:password` in base64: HTTP Basic authentication (RFC 7617), docker and npm `auth` entries.

use data_encoding::BASE64;

use super::Outcome;
use super::base64_text::decode;
use crate::engine::heuristics::placeholder;

/// Whether it decodes to a user and a password that is no placeholder.
pub(crate) fn verify(secret: &[u8]) -> Outcome {
    let Some(text) = decode(secret) else { return Outcome::Disproved };
    let Some(colon) = text.iter().position(|&byte| byte == b':') else { return Outcome::Disproved };
    let (user, password) = (&text[..colon], &text[colon + 1..]);
    let printable = text.iter().all(|byte| (0x20..0x7f).contains(byte) || *byte >= 0x80);
    if !printable || password.len() < 3 {
        return Outcome::Disproved;
    }
    if placeholder::is_placeholder(password) || password == user {
        return Outcome::Disproved;
    }
    Outcome::Holds("decodes to user:password")
}

/// A user with a password made of the sample's first bytes.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let password: Vec<u8> =
        sample.iter().rev().filter(|byte| byte.is_ascii_alphanumeric()).take(16).copied().collect();
    *sample = BASE64.encode(&[b"deploy:", password.as_slice()].concat()).into_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_user_with_a_real_password_holds() {
        let encode = |text: &str| BASE64.encode(text.as_bytes()).into_bytes();
        assert!(matches!(verify(&encode("deploy:vT9qLw2Zr")), Outcome::Holds(_)));
        for text in ["deploy:password", "user:", "no colon at all", "a:${PASSWORD}", "x:\u{1}\u{2}\u{3}\u{4}"]
        {
            assert_eq!(verify(&encode(text)), Outcome::Disproved, "{text}");
        }
        assert_eq!(verify(b"!!!"), Outcome::Disproved);
    }
}
