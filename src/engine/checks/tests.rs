//! Tests of all checks: no input makes one panic, every changed character makes a checksum fail, and the samples of
//! every rule pass its checks.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::engine::authoring::sample::{Draw, sample};
use crate::engine::tests::resolve_matches;
use crate::engine::{Engine, Match};
use crate::model::{Confidence, Evidence};
use crate::rules::syntax::{Base58, CheckKind, Crc32, SumEncoding};
use crate::rules::{Rule, RuleSet};

/// All checks: those without parameters by their names, the others with parameters of several kinds.
fn all() -> Vec<Check> {
    let crc32 = |from, of, encoding| Check::Crc32(Crc32 { from, of, gap: 1, tail: 8, encoding });
    let without_parameters =
        Check::TABLE.iter().filter_map(|check| serde_json::from_value(check.name.into()).ok());
    let mut all: Vec<Check> = without_parameters.collect();
    all.extend([
        crc32(4, None, SumEncoding::Hex),
        crc32(0, Some(30), SumEncoding::Base62),
        Check::Base58check(Base58::Bitcoin),
        Check::Base58check(Base58::Ripple),
    ]);
    let tested: BTreeSet<&str> = all.iter().map(|check| check.info().name).collect();
    assert_eq!(tested.len(), Check::TABLE.len(), "a check with parameters is missing in this list");
    all
}

/// Whether the check computes a checksum.
fn is_integrity(check: &Check) -> bool {
    check.info().kind == CheckKind::Integrity
}

/// Beginnings of valid values, so that random bytes reach the later conditions of the checks.
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

#[test]
fn every_file_of_a_check_is_in_the_table_and_the_reverse() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/checks");
    let paths = std::fs::read_dir(folder)
        .expect("the folder of the checks")
        .map(|entry| entry.expect("a file").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut files: Vec<String> = sources
        .map(|path| path.file_stem().expect("a file name").to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), "mod" | "offline_check" | "tests"))
        .collect();
    let mut modules = MODULES.to_vec();
    files.sort();
    modules.sort();
    assert_eq!(files, modules);
    // A check has the same name in its file name and in rule files.
    let names: Vec<String> = Check::TABLE.iter().map(|check| check.name.replace('-', "_")).collect();
    assert_eq!(names, MODULES);
}

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

/// The rules with a checksum, each with its integrity check.
fn rules_with_checksum() -> Vec<(Rule, Check)> {
    let rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("checked");
    let with_checksum = rules.into_iter().filter_map(|rule| {
        let check = rule.checks.iter().find(|check| is_integrity(check))?.clone();
        Some((rule, check))
    });
    with_checksum.collect()
}

/// An engine with this rule alone, which reports its matches without their counterparts.
fn engine_with(rule: &Rule) -> Engine {
    let mut rules = RuleSet::empty();
    let mut rule = rule.clone();
    (rule.requires, rule.is_reported) = (None, true);
    rules.extend(vec![rule]).expect("a checked rule");
    Engine::new(&rules)
}

/// A text in which the rule finds the value, and the byte offset of the value in it.
fn text_with(rule: &Rule, value: &[u8]) -> (Vec<u8>, usize) {
    let before = match rule.keywords.first() {
        Some(keyword) => format!("{keyword}_{} = \"", rule.name_words.first().map_or("", String::as_str)),
        None => "k = \"".to_owned(),
    };
    ([before.as_bytes(), value, b"\"\n"].concat(), before.len())
}

fn is_verified(found: &Match<'_>) -> bool {
    found.confidence == Confidence::High && found.why.contains(&Evidence::ChecksumVerified)
}

/// Two replacements of a character: one of the same kind, and one of another kind.
fn replacements(byte: u8) -> Vec<u8> {
    let next = |first: u8, count: u8, step: u8| first + (byte - first + step) % count;
    match byte {
        b'0'..=b'9' => vec![next(b'0', 10, 1), b'Q'],
        b'a'..=b'z' => vec![next(b'a', 26, 1), byte.to_ascii_uppercase()],
        b'A'..=b'Z' => vec![next(b'A', 26, 1), byte.to_ascii_lowercase()],
        _ => vec![b'A', b'z'],
    }
}

#[test]
fn every_changed_character_is_rejected_by_every_rule_with_a_checksum() {
    let rules = rules_with_checksum();
    assert!(rules.len() >= 60, "{}", rules.len());
    for (rule, check) in rules {
        // The checksum of a phrase has few bits, and some words differ in one letter: see the next test.
        if matches!(check, Check::Bip39 | Check::MoneroSeed) {
            continue;
        }
        let engine = engine_with(&rule);
        let value = sample(&rule, &mut Draw::new(3)).expect("a checked pattern");
        let (text, start) = text_with(&rule, &value);
        let found = engine.candidates(&text);
        let original = found.iter().find(|found| {
            is_verified(found) || check == Check::AzureKey && found.why == [Evidence::ExactShape]
        });
        let span = original.unwrap_or_else(|| panic!("{}: {}", rule.id, String::from_utf8_lossy(&text))).span;
        let has_signature = found.iter().any(is_verified);
        for at in span.start.max(start)..span.end {
            for other in replacements(text[at]) {
                let mut changed = text.clone();
                changed[at] = other;
                for found in engine.candidates(&changed) {
                    let shown = String::from_utf8_lossy(&changed);
                    assert!(!is_verified(&found), "{} verifies {shown}", rule.id);
                    // These have forms whose checksum cannot be verified.
                    let may_match = check == Check::SupabaseKey
                        || check == Check::AzureCask && found.confidence == Confidence::Low
                        || check == Check::AzureKey && !has_signature;
                    assert!(may_match, "{} finds {shown}", rule.id);
                }
            }
        }
    }
}

#[test]
fn a_changed_phrase_passes_as_rarely_as_the_bits_of_its_checksum_predict() {
    for (rule, check) in rules_with_checksum() {
        // Four bits of 12 words are checksum; the last of Monero's 25 words is one of the 24 others.
        let (chance, covered) = match check {
            Check::Bip39 => (16, usize::MAX),
            Check::MoneroSeed => (24, 3),
            _ => continue,
        };
        let (mut passed, mut tried) = (0, 0);
        for seed in 0..20 {
            let phrase = sample(&rule, &mut Draw::new(seed)).expect("a checked pattern");
            let outcome = verify(&check, &phrase, &phrase);
            assert!(matches!(outcome, Outcome::Verified(_) | Outcome::Plausible(_)), "{}", rule.id);
            let words: Vec<&[u8]> = phrase.split(|byte| *byte == b' ').collect();
            let mut start = 0;
            for word in words {
                for at in start..start + word.len().min(covered) {
                    let mut changed = phrase.clone();
                    changed[at] = if changed[at] == b'z' { b'a' } else { changed[at] + 1 };
                    tried += 1;
                    passed += usize::from(verify(&check, &changed, &changed) != Outcome::Rejected);
                }
                start += word.len() + 1;
            }
        }
        assert!(passed * chance / 2 <= tried, "{}: {passed} of {tried}", rule.id);
    }
}

#[test]
fn a_changed_pgp_key_is_downgraded() {
    let rules = RuleSet::builtin();
    let rule = rules.get("pgp-private-key").expect("a rule for PGP");
    let key = sample(rule, &mut Draw::new(1)).expect("a checked pattern");
    let outcome = |key: &[u8]| verify(&Check::PrivateKey, key, key);
    assert_eq!(outcome(&key), Outcome::Verified(Evidence::ChecksumVerified));
    let body = memchr::memmem::find(&key, b"\n\n").expect("a blank line") + 2;
    let end = memchr::memmem::find(&key, b"\n-----END").expect("an end");
    for at in body..end {
        for other in replacements(key[at]).into_iter().filter(|_| key[at].is_ascii_alphanumeric()) {
            let mut changed = key.clone();
            changed[at] = other;
            assert!(
                matches!(outcome(&changed), Outcome::Downgraded(_)),
                "{}",
                String::from_utf8_lossy(&changed)
            );
        }
    }
}

#[test]
fn samples_of_every_rule_pass_its_checks() {
    let rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("checked");
    for rule in rules
        .iter()
        .filter(|rule| rule.checks.iter().any(completes_whole_match) || rule.checks.iter().any(is_integrity))
    {
        let engine = engine_with(rule);
        for seed in 0..12 {
            let (text, _) = text_with(rule, &sample(rule, &mut Draw::new(seed)).expect("a checked pattern"));
            let found = resolve_matches(engine.candidates(&text));
            assert_eq!(found.len(), 1, "{} in {}", rule.id, String::from_utf8_lossy(&text));
        }
    }
}
