//! The prefilter may never lose a match: what is found through anchors is what trying every rule at every
//! byte finds.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::text::{ENGINE, a_rule, a_text};
use crate::engine::matching::matcher;
use crate::engine::prefilter::{Anchor, Reach};
use crate::engine::{Match, quality};
use crate::rules::Rule;

/// What can be seen of a match.
pub(super) type Seen<'e> = (&'e str, (usize, usize), (usize, usize), String);

pub(super) fn seen<'e>(found: &Match<'e>, offset: usize) -> Seen<'e> {
    let grade = format!("{} {} {:?}", found.confidence, found.severity, found.why);
    let (span, whole) = (found.span, found.whole);
    let place = |span: crate::model::Span| (span.start + offset, span.end + offset);
    (&found.rule.id, place(span), place(whole), grade)
}

/// Everywhere the rule could apply, found without the automaton.
fn naive_anchors(rule: &Rule, index: usize, text: &[u8]) -> Vec<Anchor> {
    let at = |start: usize, end: usize, reach| Anchor { start, end, rule: index, reach };
    let mut anchors = Vec::new();
    for start in 0..text.len() {
        let rest = &text[start..];
        if rule.window.is_some_and(|window| window.every) {
            let literals = rule.literals.iter().filter(|literal| rest.starts_with(literal.as_bytes()));
            anchors.extend(literals.map(|literal| at(start, start + literal.len(), Reach::Literal)));
        } else if rule.keywords.is_empty() {
            // Any byte: that only literals begin a match is what is to be shown.
            if start >= rule.at {
                anchors.push(at(start, start + 1, Reach::Literal));
            }
        }
        for keyword in &rule.keywords {
            if rest.get(..keyword.len()).is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes())) {
                anchors.push(at(start, start + keyword.len(), Reach::Keyword));
            }
        }
    }
    anchors
}

fn by_reference<'e>(index: usize, text: &[u8]) -> Vec<Seen<'e>> {
    let (rule, pattern) = (&ENGINE.rules[index], ENGINE.pattern(index));
    let mut best: BTreeMap<_, Match<'e>> = BTreeMap::new();
    for anchor in naive_anchors(rule, index, text) {
        matcher::judge(rule, pattern, text, anchor, &mut |found| {
            let known = best.get(&found.span);
            if known.is_none_or(|known| quality(&found) > quality(known)) {
                best.insert(found.span, found);
            }
        });
    }
    best.values().map(|found| seen(found, 0)).collect()
}

fn cases() -> impl Strategy<Value = (Vec<usize>, Vec<u8>)> {
    vec(a_rule(), 1..5)
        .prop_flat_map(|rules| a_text(rules.clone(), 12).prop_map(move |text| (rules.clone(), text)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn anchors_find_what_trying_everywhere_finds((mut rules, text) in cases()) {
        rules.sort_unstable();
        rules.dedup();
        let all = ENGINE.local_matches(&text);
        for index in rules {
            let rule = &ENGINE.rules[index];
            let found: Vec<_> = all.iter().filter(|found| found.rule.id == rule.id).map(|found| seen(found, 0)).collect();
            prop_assert_eq!(found, by_reference(index, &text), "{} in {:?}", rule.id, String::from_utf8_lossy(&text));
        }
    }
}
