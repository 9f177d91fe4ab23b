//! What holds for all checks: nothing panics, every checksum notices every changed character, and whoever names
//! a check in a rule gets samples that it holds for.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::engine::authoring::sample::{Draw, sample};
use crate::engine::{Engine, Match, settle};
use crate::rules::syntax::{Base58, Crc32, SumEncoding};
use crate::rules::{Rule, RuleSet};

/// One of each kind.
fn all() -> Vec<Check> {
    let crc32 = |from, of, encoding| Check::Crc32(Crc32 { from, of, gap: 1, tail: 8, encoding });
    vec![
        crc32(4, None, SumEncoding::Hex),
        crc32(0, Some(30), SumEncoding::Base62),
        Check::Crc16,
        Check::Base58check(Base58::Bitcoin),
        Check::Base58check(Base58::Ripple),
        Check::EosKey,
        Check::Bech32,
        Check::Bip39,
        Check::MoneroSeed,
        Check::AzureKey,
        Check::AzureCask,
        Check::EntraSecret,
        Check::AzureDevopsPat,
        Check::SupabaseKey,
        Check::Jwt,
        Check::PrivateKey,
        Check::PuttyKey,
        Check::DerKey,
        Check::Pkcs12,
        Check::Jwk,
        Check::Macaroon,
        Check::BasicAuth,
        Check::Base64Json,
        Check::Base64Text,
        Check::UrlPassword,
        Check::LiteralPassword,
        Check::LettersAndDigits,
        Check::Wordless,
        Check::AwsAccount,
    ]
}

/// Whether it is a checksum. No `_`: whoever adds a check says here what it is.
fn is_integrity(check: &Check) -> bool {
    match check {
        Check::Crc32(_)
        | Check::Crc16
        | Check::Base58check(_)
        | Check::EosKey
        | Check::Bech32
        | Check::Bip39
        | Check::MoneroSeed
        | Check::AzureKey
        | Check::AzureCask
        | Check::EntraSecret
        | Check::AzureDevopsPat
        | Check::SupabaseKey => true,
        Check::Jwt
        | Check::PrivateKey
        | Check::PuttyKey
        | Check::DerKey
        | Check::Pkcs12
        | Check::Jwk
        | Check::Macaroon
        | Check::BasicAuth
        | Check::Base64Json
        | Check::Base64Text
        | Check::UrlPassword
        | Check::LiteralPassword
        | Check::LettersAndDigits
        | Check::Wordless
        | Check::AwsAccount => false,
    }
}

/// Texts that begin like what the checks know, so that random bytes get past their first lines.
const BEGINNINGS: [&[u8]; 18] = [
    b"",
    b"MIIE",
    b"MII4AIBAzCC",
    b"pypi-AgEIcHlwaS5vcmc",
    b"MDAxOWxvY2F0aW9uI",
    b"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.",
    b"{\"kty\":\"EC\",\"d\":\"",
    b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPublic-Lines: 4\n",
    b"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo",
    b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ",
    b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU",
    b"-----BEGIN PRIVATE KEY-----\nMII",
    b"PVT_K1_",
    b"age1",
    b"abandon zoo ",
    b"sb_secret_",
    b"postgres://app:",
    b"AKIA",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_a_check_panic(
        beginning in 0..BEGINNINGS.len(),
        rest in prop::collection::vec(any::<u8>(), 0..200),
        printable in "[ -~\n]{0,300}",
        letters in "[A-Za-z0-9+/]{0,300}={0,2}",
    ) {
        for rest in [rest.as_slice(), printable.as_bytes(), letters.as_bytes()] {
            let text = [BEGINNINGS[beginning], rest].concat();
            for check in all() {
                verify(&check, &text, &text);
                complete(&check, &mut text.clone());
            }
        }
    }
}

/// The rules as their files have them, with a checksum.
fn summed() -> Vec<(Rule, Check)> {
    let rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("checked");
    let summed = rules.into_iter().filter_map(|rule| {
        let check = rule.checks.iter().find(|check| is_integrity(check))?.clone();
        Some((rule, check))
    });
    summed.collect()
}

fn alone(rule: &Rule) -> Engine {
    let mut rules = RuleSet::empty();
    let mut rule = rule.clone();
    // What stands around a value is another test's question.
    (rule.pair, rule.identifier) = (None, false);
    rules.extend(vec![rule]).expect("a checked rule");
    Engine::new(&rules)
}

/// The sample where its rule finds it, and where in that text it stands.
fn placed(rule: &Rule, value: &[u8]) -> (Vec<u8>, usize) {
    let before = match rule.keywords.first() {
        Some(keyword) => format!("{keyword}_{} = \"", rule.names.first().map_or("", String::as_str)),
        None => "k = \"".to_owned(),
    };
    ([before.as_bytes(), value, b"\"\n"].concat(), before.len())
}

fn is_proved(found: &Match<'_>) -> bool {
    found.confidence == Confidence::High && found.why.contains(&CHECKSUM_VERIFIED)
}

/// Another character that may stand in its place: of the same kind, and one of another kind.
fn others(byte: u8) -> Vec<u8> {
    let next = |first: u8, count: u8, step: u8| first + (byte - first + step) % count;
    match byte {
        b'0'..=b'9' => vec![next(b'0', 10, 1), b'Q'],
        b'a'..=b'z' => vec![next(b'a', 26, 1), byte.to_ascii_uppercase()],
        b'A'..=b'Z' => vec![next(b'A', 26, 1), byte.to_ascii_lowercase()],
        _ => vec![b'A', b'z'],
    }
}

#[test]
fn every_changed_character_is_noticed_by_every_rule_with_a_checksum() {
    let rules = summed();
    assert!(rules.len() >= 60, "{}", rules.len());
    for (rule, check) in rules {
        // A phrase's checksum has few bits, and words that differ in a letter are words: see below.
        if matches!(check, Check::Bip39 | Check::MoneroSeed) {
            continue;
        }
        let engine = alone(&rule);
        let value = sample(&rule, &mut Draw::new(3)).expect("a checked pattern");
        let (text, start) = placed(&rule, &value);
        let found = engine.candidates(&text);
        let proved = found
            .iter()
            .find(|found| is_proved(found) || check == Check::AzureKey && found.why == ["exact shape"]);
        let span = proved.unwrap_or_else(|| panic!("{}: {}", rule.id, String::from_utf8_lossy(&text))).span;
        let signed = found.iter().any(is_proved);
        for at in span.start.max(start)..span.end {
            for other in others(text[at]) {
                let mut changed = text.clone();
                changed[at] = other;
                for found in engine.candidates(&changed) {
                    let shown = String::from_utf8_lossy(&changed);
                    assert!(!is_proved(&found), "{} proves {shown}", rule.id);
                    // Of a hosted project's key, and of a derived key of an unknown issuer, nothing is known.
                    let open = check == Check::SupabaseKey
                        || check == Check::AzureCask && found.confidence == Confidence::Low
                        || check == Check::AzureKey && !signed;
                    assert!(open, "{} finds {shown}", rule.id);
                }
            }
        }
    }
}

#[test]
fn a_changed_phrase_passes_no_more_often_than_its_bits_say() {
    for (rule, check) in summed() {
        // Of 12 words four bits are checksum; of Monero's 25 the last one is one of 24.
        let (chance, covered) = match check {
            Check::Bip39 => (16, usize::MAX),
            Check::MoneroSeed => (24, 3),
            _ => continue,
        };
        let (mut passed, mut tried) = (0, 0);
        for seed in 0..20 {
            let phrase = sample(&rule, &mut Draw::new(seed)).expect("a checked pattern");
            let outcome = verify(&check, &phrase, &phrase);
            assert!(matches!(outcome, Outcome::Proved(_) | Outcome::Holds(_)), "{}", rule.id);
            let words: Vec<&[u8]> = phrase.split(|byte| *byte == b' ').collect();
            let mut start = 0;
            for word in words {
                for at in start..start + word.len().min(covered) {
                    let mut changed = phrase.clone();
                    changed[at] = if changed[at] == b'z' { b'a' } else { changed[at] + 1 };
                    tried += 1;
                    passed += usize::from(verify(&check, &changed, &changed) != Outcome::Disproved);
                }
                start += word.len() + 1;
            }
        }
        assert!(passed * chance / 2 <= tried, "{}: {passed} of {tried}", rule.id);
    }
}

#[test]
fn a_changed_pgp_key_is_no_longer_proved() {
    let rules = RuleSet::builtin();
    let rule = rules.get("pgp-private-key").expect("a rule for PGP");
    let key = sample(rule, &mut Draw::new(1)).expect("a checked pattern");
    let judge = |key: &[u8]| verify(&Check::PrivateKey, key, key);
    assert_eq!(judge(&key), Outcome::Proved(CHECKSUM_VERIFIED));
    let body = memchr::memmem::find(&key, b"\n\n").expect("a blank line") + 2;
    let end = memchr::memmem::find(&key, b"\n-----END").expect("an end");
    for at in body..end {
        for other in others(key[at]).into_iter().filter(|_| key[at].is_ascii_alphanumeric()) {
            let mut changed = key.clone();
            changed[at] = other;
            assert!(matches!(judge(&changed), Outcome::Doubtful(_)), "{}", String::from_utf8_lossy(&changed));
        }
    }
}

#[test]
fn samples_of_every_rule_pass_its_own_checks() {
    let rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("checked");
    for rule in rules
        .iter()
        .filter(|rule| rule.checks.iter().any(writes_whole) || rule.checks.iter().any(is_integrity))
    {
        let engine = alone(rule);
        for seed in 0..12 {
            let (text, _) = placed(rule, &sample(rule, &mut Draw::new(seed)).expect("a checked pattern"));
            let found = settle(engine.candidates(&text), |found| found);
            assert_eq!(found.len(), 1, "{} in {}", rule.id, String::from_utf8_lossy(&text));
        }
    }
}
