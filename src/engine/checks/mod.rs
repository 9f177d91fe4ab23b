//! Proofs that need no network: what can be said about a value by looking at it alone.
//!
//! Each proof is one file with `verify`, and where a sample can be made to hold, `complete`.

mod armour;
mod aws;
mod azure_cask;
mod azure_devops;
mod azure_key;
mod base58;
pub(crate) mod base64_text;
mod basic_auth;
mod bech32;
mod bip39;
mod crc16;
mod crc32;
pub(crate) mod der;
mod der_key;
mod entra;
mod jwk;
mod jwt;
mod macaroon;
mod marvin;
mod monero;
mod pgp;
mod private_key;
mod putty;
mod ssh_wire;
mod supabase;
#[cfg(test)]
mod tests;
mod url_password;

use super::heuristics::generic::shape;
use super::work_counter;
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
    /// The value holds nothing that could be tested.
    Unknown,
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
        Outcome::Unknown => {}
        Outcome::Disproved => return false,
    }
    true
}

/// Runs one check. `whole` is the match, `secret` the value inside it.
pub(crate) fn verify(check: &Check, whole: &[u8], secret: &[u8]) -> Outcome {
    work_counter::count(whole.len());
    match check {
        Check::Crc32(parameters) => crc32::verify(parameters, secret),
        Check::Crc16 => crc16::verify(secret),
        Check::Base58check(alphabet) => base58::verify(*alphabet, secret),
        Check::EosKey => base58::verify_eos(secret),
        Check::Bech32 => bech32::verify(secret),
        Check::Bip39 => bip39::verify(secret),
        Check::MoneroSeed => monero::verify(secret),
        Check::AzureKey => azure_key::verify(secret),
        Check::AzureCask => azure_cask::verify(secret),
        Check::EntraSecret => entra::verify(secret),
        Check::AzureDevopsPat => azure_devops::verify(secret),
        Check::SupabaseKey => supabase::verify(secret),
        Check::Jwt => jwt::verify(secret),
        Check::PrivateKey => private_key::verify(whole),
        Check::PuttyKey => putty::verify(whole),
        Check::DerKey => der_key::verify(secret),
        Check::Pkcs12 => der_key::verify_bundle(secret),
        Check::Jwk => jwk::verify(whole),
        Check::Macaroon => macaroon::verify(secret),
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

/// Whether `complete` writes the whole match anew, and not only the value in it.
pub(crate) fn writes_whole(check: &Check) -> bool {
    matches!(check, Check::PrivateKey | Check::PuttyKey | Check::Jwk)
}

/// Changes a drawn sample so that the check holds for it, for checks that a random draw fails.
pub(crate) fn complete(check: &Check, sample: &mut Vec<u8>) {
    // There is nothing to make a value of.
    if sample.is_empty() {
        return;
    }
    match check {
        Check::Crc32(parameters) => crc32::complete(parameters, sample),
        Check::Crc16 => crc16::complete(sample),
        Check::Base58check(alphabet) => base58::complete(*alphabet, sample),
        Check::EosKey => base58::complete_eos(sample),
        Check::Bech32 => bech32::complete(sample),
        Check::Bip39 => bip39::complete(sample),
        Check::MoneroSeed => monero::complete(sample),
        Check::AzureKey => azure_key::complete(sample),
        Check::AzureCask => azure_cask::complete(sample),
        Check::EntraSecret => entra::complete(sample),
        Check::AzureDevopsPat => azure_devops::complete(sample),
        Check::SupabaseKey => supabase::complete(sample),
        Check::Jwt => jwt::complete(sample),
        Check::PrivateKey => private_key::complete(sample),
        Check::PuttyKey => putty::complete(sample),
        Check::DerKey => der_key::complete(sample),
        Check::Pkcs12 => der_key::complete_bundle(sample),
        Check::Jwk => jwk::complete(sample),
        Check::Macaroon => macaroon::complete(sample),
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
