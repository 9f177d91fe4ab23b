//! The prefilter never loses a match: the matches found through its hits are those found by trying every rule at
//! every byte.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::text::{ENGINE, a_rule, a_text};
use crate::engine::Match;
use crate::engine::matching::matcher;
use crate::engine::prefilter::{Hit, HitKind};
use crate::rules::Rule;

/// The visible properties of a match: rule id, span, whole, and confidence, severity and evidence as text.
pub(super) type Summary<'e> = (&'e str, (usize, usize), (usize, usize), String);

pub(super) fn summary<'e>(found: &Match<'e>, offset: usize) -> Summary<'e> {
    let grade = format!("{} {} {:?}", found.confidence, found.severity, found.why);
    let (span, whole) = (found.span, found.whole);
    let place = |span: crate::model::Span| (span.start + offset, span.end + offset);
    (&found.rule.id, place(span), place(whole), grade)
}

/// Returns every position where the rule could match, found without the prefilter.
fn naive_hits(rule: &Rule, index: usize, text: &[u8]) -> Vec<Hit> {
    let at = |start: usize, end: usize, kind| Hit { start, end, rule: index, kind };
    let mut hits = Vec::new();
    for start in 0..text.len() {
        let rest = &text[start..];
        if rule.window.is_some_and(|window| window.every) {
            let literals = rule.literals.iter().filter(|literal| rest.starts_with(literal.as_bytes()));
            hits.extend(literals.map(|literal| at(start, start + literal.len(), HitKind::Literal)));
        } else if rule.keywords.is_empty() {
            // At any byte, because the test has to show that a match always contains a literal.
            if start >= rule.literal_offset {
                hits.push(at(start, start + 1, HitKind::Literal));
            }
        }
        for keyword in &rule.keywords {
            if rest.get(..keyword.len()).is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes())) {
                hits.push(at(start, start + keyword.len(), HitKind::Keyword));
            }
        }
    }
    hits
}

fn reference_matches<'e>(index: usize, text: &[u8]) -> Vec<Summary<'e>> {
    let (rule, pattern) = (&ENGINE.rules[index], ENGINE.pattern(index));
    let mut best: BTreeMap<_, Match<'e>> = BTreeMap::new();
    for hit in naive_hits(rule, index, text) {
        matcher::evaluate(rule, pattern, text, hit, &mut |found| {
            let known = best.get(&found.span);
            if known.is_none_or(|known| found.quality() > known.quality()) {
                best.insert(found.span, found);
            }
        });
    }
    best.values().map(|found| summary(found, 0)).collect()
}

fn cases() -> impl Strategy<Value = (Vec<usize>, Vec<u8>)> {
    vec(a_rule(), 1..5)
        .prop_flat_map(|rules| a_text(rules.clone(), 12).prop_map(move |text| (rules.clone(), text)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn hits_result_in_the_matches_of_trying_every_byte((mut rules, text) in cases()) {
        rules.sort_unstable();
        rules.dedup();
        let all = ENGINE.local_matches(&text);
        for index in rules {
            let rule = &ENGINE.rules[index];
            let found: Vec<_> = all.iter().filter(|found| found.rule.id == rule.id).map(|found| summary(found, 0)).collect();
            prop_assert_eq!(found, reference_matches(index, &text), "{} in {:?}", rule.id, String::from_utf8_lossy(&text));
        }
    }
}
