//! What is derived from a pattern refuses nothing that the pattern matches, and the automaton that is chosen for it
//! finds what any other finds.

use proptest::collection::vec;
use proptest::prelude::*;
use regex_automata::{Anchored, Input};

use super::text::{ENGINE, RULES, a_rule, a_text};
use crate::engine::authoring::sample::{Draw, sample_of};
use crate::engine::matching::pattern;
use crate::engine::matching::pattern::Automaton;
use crate::model::Span;
use crate::rules::lint;

#[test]
fn no_draw_is_refused() {
    for (index, rule) in RULES.iter().enumerate() {
        let opening = ENGINE.pattern(index).opening();
        let hir = lint::parse(&rule.pattern).expect("a checked pattern");
        for seed in 0..100 {
            let drawn = sample_of(rule, &hir, &mut Draw::new(seed));
            let shown = String::from_utf8_lossy(&drawn);
            assert!(opening.may_begin(&drawn), "{} {shown}", rule.id);
            assert!(opening.has_mark(&drawn), "{} {shown}", rule.id);
            assert!(opening.fits(drawn.len()), "{} {shown}", rule.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_match_is_what_the_bare_regex_matches(
        (rules, text) in vec(a_rule(), 1..4)
            .prop_flat_map(|rules| a_text(rules.clone(), 8).prop_map(move |text| (rules.clone(), text))),
    ) {
        let text = &text[..text.len().min(1500)];
        let window = Span::new(0, text.len());
        for index in rules {
            let regex = pattern::build(&RULES[index].pattern, Automaton::LazyDfa).expect("a checked pattern");
            for start in 0..text.len() {
                let bare = regex.search(&Input::new(text).range(start..).anchored(Anchored::Yes));
                let bare = bare.map(|found| (found.start(), found.end()));
                let found = ENGINE.pattern(index).match_at(text, window, start);
                let found = found.map(|found| (found.whole.start, found.whole.end));
                prop_assert_eq!(found, bare, "{} at {} of {:?}", &RULES[index].id, start, String::from_utf8_lossy(text));
            }
        }
    }
}
