//! The prefilter finds the hits that a comparison of every literal at every byte finds.

use proptest::prelude::*;

use std::sync::LazyLock;

use super::*;
use crate::engine::matching::boundary::has_boundary_before;
use crate::rules::token_run::{
    MAX_LONG_RUN_DISTANCE, MAX_MIXED_RUN_DISTANCE, MIN_LONG_RUN, MIN_MIXED_RUN, is_token_byte,
};
use crate::rules::{Rule, RuleSet};

/// Finds every hit by comparing every literal at every byte.
fn naive(rules: &[Rule], text: &[u8]) -> Vec<Hit> {
    let mut found = Vec::new();
    for (rule, source) in rules.iter().enumerate() {
        for start in 0..text.len() {
            let rest = &text[start..];
            for literal in source.literals.iter().filter(|literal| rest.starts_with(literal.as_bytes())) {
                found.push(Hit { start, end: start + literal.len(), rule, kind: HitKind::Literal });
            }
            let begins = |keyword: &&String| {
                rest.get(..keyword.len()).is_some_and(|part| part.eq_ignore_ascii_case(keyword.as_bytes()))
            };
            for keyword in source.keywords.iter().filter(begins) {
                found.push(Hit { start, end: start + keyword.len(), rule, kind: HitKind::Keyword });
            }
        }
    }
    found
}

fn sorted(mut hits: Vec<Hit>) -> Vec<(usize, usize, usize, bool)> {
    let mut keys: Vec<_> =
        hits.drain(..).map(|a| (a.start, a.end, a.rule, a.kind == HitKind::Literal)).collect();
    keys.sort_unstable();
    keys
}

/// A text of literals and keywords of the rules, with token runs and noise between them.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let pieces = (
        any::<prop::sample::Index>(),
        any::<bool>(),
        prop_oneof!["[ -~\n]{0,7}", r"(\\n|\\t|%3D|\\x3d|\\u003d|\[31m|\[0;1m)"],
        "(?:[a-z0-9]{0,40})?",
        "[ .]{0,99}",
    );
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| {
        let words: Vec<&String> =
            RULES.iter().flat_map(|rule| rule.literals.iter().chain(&rule.keywords)).collect();
        let mut text = Vec::new();
        for (pick, upper, noise, run, separator) in &pieces {
            let word = words[pick.index(words.len())];
            text.extend_from_slice(if *upper { word.to_ascii_uppercase() } else { word.clone() }.as_bytes());
            [noise, run, separator].into_iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
        }
        text
    })
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| RuleSet::builtin().iter().cloned().collect());
static PREFILTER: LazyLock<Prefilter> = LazyLock::new(|| Prefilter::new(&RuleSet::builtin(), None));

/// Whether the hit can result in a match according to the definition of its rule's route.
fn can_match(text: &[u8], hit: &Hit) -> bool {
    let route = RULES[hit.rule].route;
    let runs = text.split_inclusive(|&byte| !is_token_byte(byte)).scan(0, |at, part| {
        let start = *at;
        *at += part.len();
        let len = part.iter().take_while(|&&byte| is_token_byte(byte)).count();
        Some(Span::new(start, start + len))
    });
    let allows = |run: Span| match route {
        Route::Anywhere => true,
        Route::LongRun => {
            run.len() >= MIN_LONG_RUN
                && hit.start + MAX_LONG_RUN_DISTANCE >= run.start
                && hit.end <= run.end
                && has_boundary_before(&RULES[hit.rule], text, hit.start)
        }
        Route::MixedRun => {
            run.len() >= MIN_MIXED_RUN
                && run.slice(text).iter().any(u8::is_ascii_digit)
                && hit.start + MAX_MIXED_RUN_DISTANCE >= run.start
                && hit.end <= run.end
        }
    };
    route == Route::Anywhere || { runs }.any(allows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn find_in_range_finds_every_literal_in_the_range(text in texts(), cut in any::<(prop::sample::Index, prop::sample::Index)>()) {
        let naive = naive(&RULES, &text);
        let mut found = Vec::new();
        PREFILTER.find_in_range(&text, 0..text.len(), |hit| found.push(hit));
        prop_assert_eq!(sorted(found), sorted(naive.clone()));
        let (one, other) = (cut.0.index(text.len() + 1), cut.1.index(text.len() + 1));
        let part = one.min(other)..one.max(other);
        let mut found = Vec::new();
        PREFILTER.find_in_range(&text, part.clone(), |hit| found.push(hit));
        prop_assert_eq!(sorted(found), sorted(naive.into_iter().filter(|hit| part.contains(&hit.start)).collect()));
    }

    #[test]
    fn find_loses_no_hit_that_can_match(text in texts()) {
        let mut found = Vec::new();
        PREFILTER.find(&text, |hit| found.push(hit));
        let found = sorted(found);
        prop_assert!(found.windows(2).all(|two| two[0] != two[1]), "an hit comes twice");
        let naive = naive(&RULES, &text);
        let needed = sorted(naive.iter().filter(|hit| can_match(&text, hit)).copied().collect());
        for hit in &needed {
            prop_assert!(found.binary_search(hit).is_ok(), "{:?} {:?}", RULES[hit.2].id, hit);
        }
        let naive = sorted(naive);
        prop_assert!(found.iter().all(|hit| naive.binary_search(hit).is_ok()));
    }
}

#[test]
fn most_rules_require_a_token_run() {
    let routed = |route: Route| RULES.iter().filter(|rule| rule.route == route).count();
    let (long, mixed) = (routed(Route::LongRun), routed(Route::MixedRun));
    assert!(long > 300 && mixed > 350, "{long} require a long run, {mixed} a mixed run, of {}", RULES.len());
}

/// Tests a literal of each table at every position around the border of two chunks.
#[test]
fn literals_across_the_borders_of_chunks_are_found_once() {
    for word in ["://", "password", concat!("gh", "p_0123456789abcdefghijABCDEFGHIJ")] {
        for start in CHUNK - 70..CHUNK + 10 {
            let mut text = vec![b' '; CHUNK + 200];
            text[start..start + word.len()].copy_from_slice(word.as_bytes());
            let (mut found, mut all) = (Vec::new(), Vec::new());
            PREFILTER.find(&text, |hit| found.push(hit));
            PREFILTER.find_in_range(&text, 0..text.len(), |hit| all.push(hit));
            assert!(!found.is_empty(), "{word} at {start}");
            all.retain(|hit| can_match(&text, hit));
            assert_eq!(sorted(found), sorted(all), "{word} at {start}");
        }
    }
}
