//! The prefilter finds what comparing everything finds.

use proptest::prelude::*;

use std::sync::LazyLock;

use super::*;
use crate::engine::matching::matcher::begins_cleanly;
use crate::rules::token_run::{BEFORE_LONG, BEFORE_MIXED, LONG, MIXED, is_token_byte};
use crate::rules::{Rule, RuleSet};

/// Every anchor, found by comparing every literal at every place.
fn naive(rules: &[Rule], text: &[u8]) -> Vec<Anchor> {
    let mut found = Vec::new();
    for (rule, source) in rules.iter().enumerate() {
        for start in 0..text.len() {
            let rest = &text[start..];
            for literal in source.literals.iter().filter(|literal| rest.starts_with(literal.as_bytes())) {
                found.push(Anchor { start, end: start + literal.len(), rule, reach: Reach::Literal });
            }
            let begins = |keyword: &&String| {
                rest.get(..keyword.len()).is_some_and(|part| part.eq_ignore_ascii_case(keyword.as_bytes()))
            };
            for keyword in source.keywords.iter().filter(begins) {
                found.push(Anchor { start, end: start + keyword.len(), rule, reach: Reach::Keyword });
            }
        }
    }
    found
}

fn sorted(mut anchors: Vec<Anchor>) -> Vec<(usize, usize, usize, bool)> {
    let mut keys: Vec<_> =
        anchors.drain(..).map(|a| (a.start, a.end, a.rule, a.reach == Reach::Literal)).collect();
    keys.sort_unstable();
    keys
}

/// A text of the rules' own words, whole runs of the alphabet between them, and noise.
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
        for (pick, upper, noise, run, gap) in &pieces {
            let word = words[pick.index(words.len())];
            text.extend_from_slice(if *upper { word.to_ascii_uppercase() } else { word.clone() }.as_bytes());
            [noise, run, gap].into_iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
        }
        text
    })
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| RuleSet::builtin().iter().cloned().collect());
static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| Anchors::new(&RuleSet::builtin(), None));

/// Whether the definition of the rule's route lets the anchor lead anywhere.
fn is_led_to(text: &[u8], anchor: &Anchor) -> bool {
    let route = RULES[anchor.rule].route;
    let runs = text.split_inclusive(|&byte| !is_token_byte(byte)).scan(0, |at, part| {
        let start = *at;
        *at += part.len();
        let len = part.iter().take_while(|&&byte| is_token_byte(byte)).count();
        Some(Span::new(start, start + len))
    });
    let leads = |run: Span| match route {
        Route::Anywhere => true,
        Route::LongRun => {
            run.len() >= LONG
                && anchor.start + BEFORE_LONG >= run.start
                && anchor.end <= run.end
                && begins_cleanly(&RULES[anchor.rule], text, anchor.start)
        }
        Route::MixedRun => {
            run.len() >= MIXED
                && run.of(text).iter().any(u8::is_ascii_digit)
                && anchor.start + BEFORE_MIXED >= run.start
                && anchor.end <= run.end
        }
    };
    route == Route::Anywhere || { runs }.any(leads)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn all_anchors_are_what_comparing_everything_finds(text in texts(), cut in any::<(prop::sample::Index, prop::sample::Index)>()) {
        let naive = naive(&RULES, &text);
        let mut found = Vec::new();
        ANCHORS.find_in(&text, 0..text.len(), |anchor| found.push(anchor));
        prop_assert_eq!(sorted(found), sorted(naive.clone()));
        let (one, other) = (cut.0.index(text.len() + 1), cut.1.index(text.len() + 1));
        let part = one.min(other)..one.max(other);
        let mut found = Vec::new();
        ANCHORS.find_in(&text, part.clone(), |anchor| found.push(anchor));
        prop_assert_eq!(sorted(found), sorted(naive.into_iter().filter(|anchor| part.contains(&anchor.start)).collect()));
    }

    #[test]
    fn no_anchor_is_lost_to_which_a_run_leads(text in texts()) {
        let mut found = Vec::new();
        ANCHORS.find(&text, |anchor| found.push(anchor));
        let found = sorted(found);
        prop_assert!(found.windows(2).all(|two| two[0] != two[1]), "an anchor comes twice");
        let naive = naive(&RULES, &text);
        let needed = sorted(naive.iter().filter(|anchor| is_led_to(&text, anchor)).copied().collect());
        for anchor in &needed {
            prop_assert!(found.binary_search(anchor).is_ok(), "{:?} {:?}", RULES[anchor.2].id, anchor);
        }
        let naive = sorted(naive);
        prop_assert!(found.iter().all(|anchor| naive.binary_search(anchor).is_ok()));
    }
}

#[test]
fn most_rules_are_reached_by_a_run() {
    let routed = |route: Route| RULES.iter().filter(|rule| rule.route == route).count();
    let (long, mixed) = (routed(Route::LongRun), routed(Route::MixedRun));
    assert!(long > 300 && mixed > 350, "{long} by long runs, {mixed} by mixed runs of {}", RULES.len());
}

/// Chunks and blocks leave no gap: a literal of each table at every place around their borders.
#[test]
fn literals_across_the_borders_of_chunks_are_found_once() {
    for word in ["://", "password", concat!("gh", "p_0123456789abcdefghijABCDEFGHIJ")] {
        for start in CHUNK - 70..CHUNK + 10 {
            let mut text = vec![b' '; CHUNK + 200];
            text[start..start + word.len()].copy_from_slice(word.as_bytes());
            let (mut found, mut all) = (Vec::new(), Vec::new());
            ANCHORS.find(&text, |anchor| found.push(anchor));
            ANCHORS.find_in(&text, 0..text.len(), |anchor| all.push(anchor));
            assert!(!found.is_empty(), "{word} at {start}");
            all.retain(|anchor| is_led_to(&text, anchor));
            assert_eq!(sorted(found), sorted(all), "{word} at {start}");
        }
    }
}
