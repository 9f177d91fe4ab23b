//! The technical half of `stopleak rules show`: how a scan recognises a value.

use std::fmt::Display;

use crate::rules::syntax::{Boundary, Cut, Otherwise, PairOtherwise};
use crate::rules::{Check, Rule};

/// Every condition of the rule as a label and a text.
pub(crate) fn conditions(rule: &Rule) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let mut line = |label: &'static str, value: &dyn Display| lines.push((label, value.to_string()));
    reach(rule, &mut line);
    further(rule, &mut line);
    lines
}

/// How a scan comes to try the rule, and what it tries.
fn reach(rule: &Rule, line: &mut dyn FnMut(&'static str, &dyn Display)) {
    let every = rule.window.is_some_and(|window| window.every);
    match (rule.literals.is_empty(), every) {
        (false, true) => line("near", &quoted(&rule.literals)),
        (false, false) if rule.at == 0 => line("begins with", &quoted(&rule.literals)),
        (false, false) => line("has", &format!("{} at byte {}", quoted(&rule.literals), rule.at)),
        (true, _) => line("behind", &format!("{}, in any letter case", quoted(&rule.keywords))),
    }
    if !rule.names.is_empty() {
        line("and", &format!("{} between that and the value", quoted(&rule.names)));
    }
    line("pattern", &rule.pattern);
    if let Some(window) = rule.window {
        let cut = match window.cut {
            Cut::Line => "on its line",
            Cut::Document => "in its YAML document",
            Cut::None => "over lines",
        };
        line("window", &format!("{} bytes before, {} after, {cut}", window.before, window.after));
    }
    match rule.boundary {
        Boundary::Token => line("boundary", &"no letter or digit beside it, no _ or - behind it"),
        Boundary::Base64 => line("boundary", &"no base64 character beside it"),
        Boundary::Value => line("boundary", &"all of a value, between quotes, blanks or separators"),
        Boundary::None => {}
    }
    if !rule.paths.is_empty() {
        line("files", &rule.paths.join(", "));
    }
}

/// What a match must hold besides its shape.
fn further(rule: &Rule, line: &mut dyn FnMut(&'static str, &dyn Display)) {
    if let Some(entropy) = rule.entropy {
        line("entropy", &format!("at least {entropy} bits per byte"));
    }
    for check in &rule.checks {
        line("check", &words(check));
    }
    if let Some(context) = &rule.context {
        let otherwise = match context.otherwise {
            Otherwise::Drop => "no match without it",
            Otherwise::Low => "low confidence without it",
        };
        let place = lines(context.lines);
        line("context", &format!("{} {place}; {otherwise}", quoted(&context.words)));
    }
    if let Some(pair) = &rule.pair {
        let otherwise = match pair.otherwise {
            PairOtherwise::Keep => "raises the confidence",
            PairOtherwise::Low => "low confidence without it",
            PairOtherwise::Drop => "no match without it",
        };
        line("pair", &format!("{} {}; {otherwise}", pair.with, lines(pair.lines)));
    }
    if let Some(pattern) = &rule.never_pattern {
        line("never", &pattern);
    }
    if !rule.never.is_empty() {
        line("never", &format!("{} known values of documentation", rule.never.len()));
    }
    if rule.fallback {
        line("gives way", &"to every other rule, and beside the names of providers that rules know");
    }
    match (rule.generic, rule.human) {
        (true, _) => line("judged as", &"a guess from name, value and syntax"),
        (false, true) => line("judged as", &"something that people write: no placeholders"),
        (false, false) => {}
    }
}

fn words(check: &Check) -> String {
    let text = match check {
        Check::Crc32(sum) => return format!("CRC-32 in the last {} bytes", sum.tail),
        Check::Crc16 => "CRC-16 in the last two bytes of its base32",
        Check::Base58check(_) => "double SHA-256 in the last four bytes of its base58",
        Check::EosKey => "RIPEMD-160 in the last four bytes of its base58",
        Check::Bech32 => "bech32 checksum in the last six characters",
        Check::Bip39 => "words of BIP-39 with their checksum",
        Check::MoneroSeed => "25 words with their checksum",
        Check::AzureKey => "Marvin32 checksum, where a service's signature stands before it",
        Check::AzureCask => "Marvin32 checksum in the last characters",
        Check::EntraSecret => "three digits of a Marvin32 checksum at the end",
        Check::AzureDevopsPat => "CRC-32 in four of its bytes",
        Check::SupabaseKey => "SHA-256 checksum, for projects that people host themselves",
        Check::Jwt => "header and payload are JSON, name an algorithm, and no day long past",
        Check::PuttyKey => "structure of a PuTTY key file; an encrypted one has low severity",
        Check::DerKey => "base64 of a private key in DER",
        Check::Pkcs12 => "base64 of a PKCS#12 bundle",
        Check::Jwk => "a JSON Web Key with a private member",
        Check::Macaroon => "base64 of a macaroon",
        Check::PrivateKey => "armour and structure of a private key; an encrypted one has low severity",
        Check::BasicAuth => "base64 of user:password, the password no placeholder",
        Check::Base64Json => "base64 of a JSON object",
        Check::Base64Text => "base64 of printable text",
        Check::UrlPassword => "a URL with a host and a literal password",
        Check::LiteralPassword => "a literal value: no variable, call, template or placeholder",
        Check::LettersAndDigits => "letters and digits mixed",
        Check::Wordless => "letters that do not follow each other as in words",
        Check::AwsAccount => "base32 that holds a 12-digit account number",
    };
    text.to_owned()
}

pub(crate) fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(" or ")
}

fn lines(count: usize) -> String {
    match count {
        0 => "on the same line".to_owned(),
        1 => "within 1 line".to_owned(),
        count => format!("within {count} lines"),
    }
}
