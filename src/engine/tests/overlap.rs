//! A match never hides a more certain one of the same bytes.

use proptest::collection::vec;
use proptest::prelude::*;

use super::resolve_matches;
use super::text::{ENGINE, RULES, a_rule, a_text};
use crate::engine::{Engine, Match};
use crate::model::Confidence;
use crate::rules::RuleSet;

/// A random value of letters and digits, drawn from `seed`.
fn machine_made(length: usize, seed: u64) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        char::from(ALPHABET[(state >> 33) as usize % ALPHABET.len()])
    };
    // A value without a digit may be the name of a variable.
    (0..length).map(|at| if at == 5 { '7' } else { next() }).collect()
}

/// The best confidence that is reported of `value` in `text`, a file without a path of its own rules.
fn reported(engine: &Engine, text: &str, value: &str) -> Option<Confidence> {
    let start = text.find(value).expect("the text contains the value");
    let is_value = |found: &Match<'_>| found.span.start == start && found.span.len() == value.len();
    let mut candidates = engine.candidates(text.as_bytes());
    candidates.retain(|found| found.rule.paths.is_empty());
    let found = resolve_matches(candidates);
    found.iter().filter(|found| is_value(found)).map(|found| found.confidence).max()
}

/// Each first text has the word of another rule beside the value, each second has only the name of a password.
#[test]
fn a_word_beside_a_value_lowers_nothing() {
    let texts = [
        ("kind: Secret\nstringData:\n  password: {}\n", "kind: Settings\ndata:\n  password: {}\n"),
        ("{\"access\":\"rw\",\"password\":\"{}\"}", "{\"mode\":\"rw\",\"password\":\"{}\"}"),
        ("{ token: process.env.T, password: \"{}\" }", "{ a: process.env.T, password: \"{}\" }"),
        ("connect(key=KEY, password=\"{}\")", "connect(a=A, password=\"{}\")"),
        ("my_secret = 1; db_password = \"{}\"", "my_number = 1; db_password = \"{}\""),
    ];
    let mut certain = 0;
    for (text, alone) in texts {
        for length in [12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40] {
            for seed in 0..25 {
                let value = machine_made(length, seed * 100 + length as u64);
                let expected = reported(&ENGINE, &alone.replace("{}", &value), &value);
                certain += usize::from(expected == Some(Confidence::Medium));
                let text = text.replace("{}", &value);
                assert!(reported(&ENGINE, &text, &value) >= expected, "{text}");
            }
        }
    }
    assert!(certain > 800, "{certain} of 1,375 values are certain");
}

#[test]
fn the_name_of_a_provider_never_lowers_a_match() {
    let providers = ["greynoise", "cronitor", "papertrail", "raygun", "slack", "github", "telegram", "acme"];
    for provider in providers {
        for name in ["api_key", "token", "secret", "password"] {
            let value = machine_made(32, provider.len() as u64 * 7);
            let text = format!("{provider}_{name} = \"{value}\"\n");
            assert_eq!(reported(&ENGINE, &text, &value), Some(Confidence::Medium), "{text}");
        }
        let value = machine_made(32, provider.len() as u64);
        let text = format!("export {}_KEY={value}\n", provider.to_ascii_uppercase());
        assert!(reported(&ENGINE, &text, &value).is_some(), "{text}");
    }
}

/// Whether one of `found` covers a byte of `other` and is at least as certain.
fn is_covered(found: &[Match<'_>], other: &Match<'_>) -> bool {
    found.iter().any(|found| {
        found.span.start < other.span.end
            && other.span.start < found.span.end
            && found.confidence >= other.confidence
    })
}

fn cases() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let text = vec(a_rule(), 1..6).prop_flat_map(|rules| a_text(rules, 16));
    (text, vec(a_rule(), 0..RULES.len() / 2))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn every_candidate_is_reported_with_its_confidence((text, _) in cases()) {
        let candidates = ENGINE.candidates(&text);
        let reported = resolve_matches(candidates.clone());
        for found in &candidates {
            prop_assert!(is_covered(&reported, found), "{} {:?} in {:?}", found.rule.id, found.span,
                String::from_utf8_lossy(&text));
        }
        for pair in reported.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start);
        }
    }

    #[test]
    fn adding_rules_lowers_nothing((text, without) in cases()) {
        let mut rules = RuleSet::builtin();
        let left_out: Vec<&str> = without.iter().map(|&index| RULES[index].id.as_str()).collect();
        rules.retain(|id| !left_out.contains(&id));
        let fewer = Engine::new(&rules);
        let reported = resolve_matches(ENGINE.candidates(&text));
        for found in resolve_matches(fewer.candidates(&text)) {
            prop_assert!(is_covered(&reported, &found), "{} {:?} {} in {:?}", found.rule.id, found.span,
                found.confidence, String::from_utf8_lossy(&text));
        }
    }
}
