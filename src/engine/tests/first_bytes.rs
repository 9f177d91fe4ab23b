//! `FirstBytes` rejects nothing that the pattern matches, and the automaton that is chosen for a pattern finds the
//! same matches as any other.

use proptest::collection::vec;
use proptest::prelude::*;
use regex_automata::{Anchored, Input};

use super::text::{ENGINE, RULES, a_rule, a_text};
use crate::engine::authoring::sample::{Draw, sample_from_hir};
use crate::engine::matching::pattern;
use crate::engine::matching::pattern::Automaton;
use crate::model::Span;
use crate::rules::lint;

#[test]
fn no_sample_is_rejected() {
    for (index, rule) in RULES.iter().enumerate() {
        let first_bytes = ENGINE.pattern(index).first_bytes();
        let hir = lint::parse(&rule.pattern).expect("a checked pattern");
        for seed in 0..100 {
            let drawn = sample_from_hir(rule, &hir, &mut Draw::new(seed));
            let shown = String::from_utf8_lossy(&drawn);
            assert!(first_bytes.may_begin(&drawn), "{} {shown}", rule.id);
            assert!(first_bytes.has_required_byte(&drawn), "{} {shown}", rule.id);
            assert!(first_bytes.allows_length(drawn.len()), "{} {shown}", rule.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn match_at_finds_the_same_as_the_plain_regex(
        (rules, text) in vec(a_rule(), 1..4)
            .prop_flat_map(|rules| a_text(rules.clone(), 8).prop_map(move |text| (rules.clone(), text))),
    ) {
        let text = &text[..text.len().min(1500)];
        let window = Span::new(0, text.len());
        for index in rules {
            let regex = pattern::build(&RULES[index].pattern, Automaton::LazyDfa).expect("a checked pattern");
            for start in 0..text.len() {
                let plain = regex.search(&Input::new(text).range(start..).anchored(Anchored::Yes));
                let plain = plain.map(|found| (found.start(), found.end()));
                let found = ENGINE.pattern(index).match_at(text, window, start);
                let found = found.map(|found| (found.whole.start, found.whole.end));
                prop_assert_eq!(found, plain, "{} at {} of {:?}", &RULES[index].id, start, String::from_utf8_lossy(text));
            }
        }
    }
}
