//! Proofs that need no network: what can be said about a value by looking at it alone.
//!
//! Each proof is one file with `verify`, and where a sample can be made to hold, `complete`.

mod aws;
mod base64_text;
mod basic_auth;
mod crc32;
pub(crate) mod der;
mod jwt;
mod private_key;
mod url_password;

use super::generic::shape;
use crate::model::{Confidence, Severity};
use crate::rules::Check;

/// The reason given when an integrity check holds.
pub(crate) const CHECKSUM_VERIFIED: &str = "checksum verified";

/// What a check found out about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An integrity check held: no other text of this shape would pass by chance.
    Proved(&'static str),
    /// A structure check held.
    Holds(&'static str),
    /// A structure check held, and says that the value does less damage than the rule expects.
    Harmless(&'static str, Severity),
    /// A structure check failed: the value may be of an unknown generation.
    Doubtful(&'static str),
    /// It cannot be such a value.
    Disproved,
}

/// The least confidence and the severity that an outcome leaves, or `None` when the match is dropped.
pub(crate) fn apply(
    outcome: Outcome,
    confidence: &mut Confidence,
    severity: &mut Severity,
    why: &mut Vec<&'static str>,
) -> bool {
    match outcome {
        Outcome::Proved(reason) => {
            *confidence = Confidence::High;
            why.push(reason);
        }
        Outcome::Holds(reason) => why.push(reason),
        Outcome::Harmless(reason, lowered) => {
            *severity = lowered.min(*severity);
            why.push(reason);
        }
        Outcome::Doubtful(reason) => {
            *confidence = Confidence::Low;
            why.push(reason);
        }
        Outcome::Disproved => return false,
    }
    true
}

/// Runs one check. `whole` is the match, `secret` the value inside it.
pub(crate) fn verify(check: &Check, whole: &[u8], secret: &[u8]) -> Outcome {
    match check {
        Check::Crc32(parameters) => crc32::verify(parameters, secret),
        Check::Jwt => jwt::verify(secret),
        Check::PrivateKey => private_key::verify(whole),
        Check::BasicAuth => basic_auth::verify(secret),
        Check::Base64Json => base64_text::verify_json(secret),
        Check::Base64Text => base64_text::verify_text(secret),
        Check::UrlPassword => url_password::verify(whole, secret),
        Check::LiteralPassword => url_password::verify_literal(secret),
        Check::LettersAndDigits => letters_and_digits(secret),
        Check::Wordless => wordless(secret),
        Check::AwsAccount => aws::verify(secret),
    }
}

/// Changes a drawn sample so that the check holds for it, for checks that a random draw fails.
pub(crate) fn complete(check: &Check, sample: &mut Vec<u8>) {
    match check {
        Check::Crc32(parameters) => crc32::complete(parameters, sample),
        Check::Jwt => jwt::complete(sample),
        Check::PrivateKey => private_key::complete(sample),
        Check::BasicAuth => basic_auth::complete(sample),
        Check::Base64Json => base64_text::complete_json(sample),
        Check::Base64Text => base64_text::complete_text(sample),
        Check::AwsAccount => aws::complete(sample),
        Check::UrlPassword | Check::LiteralPassword | Check::LettersAndDigits | Check::Wordless => {}
    }
}

fn wordless(secret: &[u8]) -> Outcome {
    if !shape::is_wordlike(secret) { Outcome::Holds("no words in it") } else { Outcome::Disproved }
}

fn letters_and_digits(secret: &[u8]) -> Outcome {
    let both = secret.iter().any(u8::is_ascii_alphabetic) && secret.iter().any(u8::is_ascii_digit);
    if both { Outcome::Holds("letters and digits mixed") } else { Outcome::Disproved }
}
