//! A pattern that is split has the matches of the whole pattern.

use proptest::prelude::*;
use regex_automata::util::primitives::PatternID;
use regex_automata::{Anchored, Input};

use super::text::{RULES, a_rule, a_text};
use crate::engine::matching::pattern::{Automaton, LazyPattern, build};
use crate::engine::matching::tail::split;
use crate::model::Span;
use crate::rules::lint;

#[test]
fn many_patterns_are_split() {
    let is_split = |pattern: &str| split(&lint::parse(pattern).expect("a checked pattern")).is_some();
    let count = RULES.iter().filter(|rule| is_split(&rule.pattern)).count();
    assert!(count >= 100, "{count}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_split_pattern_has_the_matches_of_the_whole((index, text) in a_rule().prop_flat_map(|rule| (Just(rule), a_text(vec![rule], 6)))) {
        let rule = &RULES[index];
        let pattern = LazyPattern::new(rule, None);
        let whole = build(&rule.pattern, Automaton::LazyDfa).expect("a checked pattern");
        let group = whole.group_info().to_index(PatternID::ZERO, "secret");
        let mut captures = whole.create_captures();
        for start in 0..text.len() {
            let input = Input::new(&text).range(start..).anchored(Anchored::Yes);
            whole.search_captures(&input, &mut captures);
            let expected = captures.get_match().map(|found| {
                let secret = group.and_then(|group| captures.get_group(group)).unwrap_or(found.span());
                (Span::new(found.start(), found.end()), Span::new(secret.start, secret.end))
            });
            let found = pattern.search(input, 0).map(|found| (found.whole, found.secret));
            prop_assert_eq!(found, expected, "{} at {} in {:?}", rule.id, start, String::from_utf8_lossy(&text));
        }
    }
}
