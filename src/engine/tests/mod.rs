//! The engine at its public interface: rules in, matches out.

mod envelope;
mod first_bytes;
mod incremental;
mod linear;
mod locality;
mod near_miss;
mod overlap;
mod prefilter;
mod samples;
mod tail;
mod text;

use std::path::Path;

use super::*;
use crate::model::{Confidence, Evidence};
use crate::rules::load;
use crate::rules::tests::rule_accesses;

pub(crate) fn engine(yaml: &str) -> Engine {
    let mut rules = RuleSet::empty();
    let text = format!("provider: Acme\nrules:\n{yaml}");
    rules.extend(load::parse(&text, Path::new("test.yaml")).expect("good rules")).expect("a good set");
    Engine::new(&rules)
}

/// Keeps only the best of the matches that overlap, each with the highest confidence of those that it displaces.
pub(crate) fn resolve_matches(matches: Vec<Match<'_>>) -> Vec<Match<'_>> {
    resolve_overlaps(matches, |found| found, |kept, other| kept.raise(other))
}

fn found(engine: &Engine, text: &str) -> Vec<(String, String)> {
    let value = |found: &Match| String::from_utf8_lossy(found.span.slice(text.as_bytes())).into_owned();
    resolve_matches(engine.candidates(text.as_bytes()))
        .iter()
        .map(|found| (found.rule.id.clone(), value(found)))
        .collect()
}

const TAIL: &str = "  severity: high
  confidence: high
  help: Revoke it.
  examples: ['{sample}']
  counter_examples: ['x']
";

fn rule(fields: &str) -> String {
    format!("- {}\n{TAIL}", fields.trim().replace('\n', "\n  "))
}

fn acme() -> String {
    rule("id: acme-token\nname: Acme token\nliterals: [acme_]\npattern: 'acme_[a-z0-9]{12}'")
}

#[test]
fn a_value_with_a_broken_checksum_has_the_form_of_one() {
    let engine = Engine::builtin();
    let token = concat!("ghp_", "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX");
    let text = format!("t = '{token}'");
    assert!(engine.candidates(text.as_bytes()).iter().all(|found| found.rule.id != "github-classic-pat"));
    assert_eq!(engine.forms(text.as_bytes()), [Span::new(5, 5 + token.len())]);
}

#[test]
fn a_token_is_found_between_delimiters_and_after_escapes() {
    let engine = engine(&acme());
    let token = "acme_q7w2z9t4k8n1";
    for text in [
        "{}",
        "x = '{}'",
        "a\r\n{}\r\nb",
        "https://h/?t={}&x=1",
        "\"\\n{}\\n\"",
        "t%3D{}%26",
        "({})",
        "\u{1}{}\u{2}",
        "\\u003d{}",
        "\u{1b}[31m{}\u{1b}[0m",
        "\\033[0;1m{}",
    ] {
        assert_eq!(
            found(&engine, &text.replace("{}", token)),
            [("acme-token".into(), token.into())],
            "{text:?}"
        );
    }
    for text in ["x{}", "{}x", "{}_", "{}-a"] {
        assert!(found(&engine, &text.replace("{}", token)).is_empty(), "{text:?}");
    }
}

#[test]
fn a_clean_line_reads_no_rule() {
    let before = rule_accesses();
    let engine = Engine::new(&RuleSet::builtin());
    assert!(engine.candidates(b"    let total: u64 = items.iter().map(Item::len).sum();\n").is_empty());
    assert_eq!(rule_accesses() - before, 0);
}

#[test]
fn only_patterns_of_rules_with_a_hit_are_built() {
    let rules = RuleSet::builtin();
    let rule = rules.get("github-classic-pat").expect("a rule for GitHub");
    let token = authoring::sample::sample(rule, &mut authoring::sample::Draw::new(1)).expect("drawn");
    let engine = Engine::new(&rules);
    assert!(!engine.candidates(&token).is_empty());
    let built = engine.patterns.iter().filter(|pattern| pattern.get().is_some()).count();
    assert!((1..=5).contains(&built), "{built}");
}

#[test]
fn literals_are_case_sensitive() {
    assert!(found(&engine(&acme()), "ACME_q7w2z9t4k8n1").is_empty());
}

#[test]
fn placeholders_are_dropped() {
    let engine = engine(&acme());
    for text in ["acme_xxxxxxxxxxxx", "acme_000000000000", "acme_yourtokenher", "acme_abcdefghijkl"] {
        assert!(found(&engine, text).is_empty(), "{text}");
    }
}

#[test]
fn a_failed_checksum_drops_the_match() {
    let yaml = rule(
        "id: sum-token\nname: n\nliterals: [sum_]\npattern: 'sum_[A-Za-z0-9]{36}'\nchecks: [{crc32: {from: 4, tail: 6, as: base62}}]",
    );
    let engine = engine(&yaml);
    let rule = engine.rules[0].clone();
    let good = String::from_utf8(
        authoring::sample::sample(&rule, &mut authoring::sample::Draw::new(1)).expect("drawn"),
    )
    .expect("ASCII");
    assert_eq!(found(&engine, &good).len(), 1);
    let matches = engine.candidates(good.as_bytes());
    assert_eq!(
        (matches[0].confidence, matches[0].why.as_slice()),
        (Confidence::High, [Evidence::ChecksumVerified].as_slice())
    );
    let bad = String::from_utf8(authoring::sample::broken(good.as_bytes())).expect("ASCII");
    assert!(found(&engine, &bad).is_empty());
}

#[test]
fn keyword_rules_need_the_keyword_the_assignment_and_the_name() {
    let engine = engine(&rule(
        "id: acme-key\nname: n\nkeywords: [acme]\nname_words: [key]\nentropy: 3.0\npattern: '[0-9a-f]{32}'",
    ));
    let value = "f81d4fae7dec11d0a76500a0c91e6bf6";
    for text in ["ACME_API_KEY={}", "acme: { key: '{}' }", "\"acmeKey\": \"{}\"", "--acme-key {}"] {
        assert_eq!(found(&engine, &text.replace("{}", value)).len(), 1, "{text}");
    }
    for text in [
        "API_KEY={}",
        "acme commit={}",
        "key={} acme",
        "ACME_KEY={}0",
        "ACME_KEY=00000000000000000000000000000001",
    ] {
        assert!(found(&engine, &text.replace("{}", value)).is_empty(), "{text}");
    }
    for text in ["acme key {}", "acme:\n  key: {}\n"] {
        let text = text.replace("{}", value);
        let matches = engine.candidates(text.as_bytes());
        assert_eq!(
            matches.iter().map(|found| found.confidence).collect::<Vec<_>>(),
            [Confidence::Low],
            "{text}"
        );
    }
    let twice = format!("acme:\n  acme_key: {value}\n");
    let confidences: Vec<Confidence> =
        engine.candidates(twice.as_bytes()).iter().map(|found| found.confidence).collect();
    assert_eq!(confidences, [Confidence::High], "the nearer name decides");
    let far = format!("acme key {} = {value}", " ".repeat(200));
    assert!(found(&engine, &far).is_empty());
}

#[test]
fn a_specific_rule_beats_a_generic_one_on_the_same_bytes() {
    let generic =
        rule("id: generic-token\nname: n\nkeywords: [token]\ngeneric: true\npattern: '[!-~]{8,99}'");
    let engine = engine(&format!("{}{generic}", acme()));
    assert_eq!(
        found(&engine, "token = 'acme_q7w2z9t4k8n1'"),
        [("acme-token".into(), "acme_q7w2z9t4k8n1".into())]
    );
    assert_eq!(found(&engine, "token = 'zq7Lw2Zr9Tk4Nb8V'")[0].0, "generic-token");
}

#[test]
fn requirements_raise_lower_and_drop() {
    let id = rule("id: acme-id\nname: n\nreport: false\nliterals: [AID]\npattern: 'AID[0-9]{6}'");
    let secret = |otherwise: &str| {
        rule(&format!(
            "id: acme-token\nname: n\nliterals: [acme_]\npattern: 'acme_[a-z0-9]{{12}}'\nrequires: {{with: acme-id, lines: 2, otherwise: {otherwise}}}"
        ))
    };
    let near = "AID739164\n\nacme_q7w2z9t4k8n1";
    let far = "AID739164\n\n\n\nacme_q7w2z9t4k8n1";
    let confidence = |otherwise: &str, text: &str| {
        engine(&format!("{id}{}", secret(otherwise)))
            .candidates(text.as_bytes())
            .first()
            .map(|found| found.confidence)
    };
    assert_eq!(confidence("drop", near), Some(Confidence::High));
    assert_eq!(confidence("drop", far), None);
    assert_eq!(confidence("low", far), Some(Confidence::Low));
    assert_eq!(confidence("keep", far), Some(Confidence::High));
    assert!(found(&engine(&id), near).is_empty(), "a rule that is not reported makes no finding");
}

#[test]
fn context_words_decide_between_providers() {
    let engine = engine(&rule(
        "id: acme-token\nname: n\nliterals: [tk-]\npattern: 'tk-[a-z0-9]{12}'\ncontext: {words: [Acme], lines: 1}",
    ));
    assert_eq!(found(&engine, "# acme\ntk-q7w2z9t4k8n1").len(), 1);
    assert!(found(&engine, "# acme\n\n\ntk-q7w2z9t4k8n1").is_empty());
}

#[test]
fn every_value_in_the_window_of_a_literal_is_found() {
    let yaml = rule(
        "id: acme-doc\nname: n\nliterals: ['kind: Acme']\npattern: '(?m)^ +[a-z]+: (?P<secret>[a-z0-9]{8})$'\nboundary: none\nwindow: {before: 200, after: 200, cut: document, every: true}",
    );
    let engine = engine(&yaml);
    let text = "---\nx:\n  a: q7w2z9t4\nkind: Acme\ndata:\n  b: k8n1m3v5\n---\nd:\n  c: z1x2c3v4\n";
    let values: Vec<String> = found(&engine, text).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, ["q7w2z9t4", "k8n1m3v5"]);
}

/// Repeated names are skipped for speed; the last one may precede a value.
#[test]
fn a_value_after_repeated_names_is_found() {
    let engine = Engine::new(&RuleSet::builtin());
    let value = "q8Wz3LmN7pXkV2rT5yHc9bJd";
    for text in [
        format!("{}{value}\n", "token=".repeat(9)),
        format!("{}{value}\n", "token:x.".repeat(6) + "token="),
        (0..9).map(|at| format!("{{\"token\":\"{value}{at}\"}},")).collect(),
    ] {
        let all = found(&engine, &text);
        assert!(all.iter().any(|(_, span)| span.ends_with(value) || text.contains('"')), "{text} {all:?}");
        assert!(!text.contains('"') || all.len() == 9, "{text} {all:?}");
    }
}
