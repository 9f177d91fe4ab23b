//! Matching is local: the matches of a hit do not depend on where scanning began or ended.

use proptest::collection::vec;
use proptest::prelude::*;

use super::prefilter::{Summary, summary};
use super::text::{ENGINE, a_rule, a_text, all_hits};
use crate::engine::matching::matcher;
use crate::engine::prefilter::Hit;

/// Returns the matches of one hit, with `offset` added to their spans: the bytes that were cut off before `text`.
fn evaluated<'e>(text: &[u8], hit: Hit, offset: usize) -> Vec<Summary<'e>> {
    let mut all = Vec::new();
    let (rule, pattern) = (&ENGINE.rules[hit.rule], ENGINE.pattern(hit.rule));
    matcher::evaluate(rule, pattern, text, hit, &mut |found| all.push(summary(&found, offset)));
    all
}

fn cases() -> impl Strategy<Value = (Vec<u8>, Vec<(prop::sample::Index, prop::sample::Index)>)> {
    let text = vec(a_rule(), 1..8).prop_flat_map(|rules| a_text(rules, 24));
    (text, vec(any::<(prop::sample::Index, prop::sample::Index)>(), 8))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_cut_outside_of_the_context_changes_no_match((text, cuts) in cases()) {
        let all = all_hits(&text);
        for (one, other) in cuts {
            let (one, other) = (one.index(text.len() + 1), other.index(text.len() + 1));
            let (low, high) = (one.min(other), one.max(other));
            let slice = &text[low..high];

            let inside: Vec<Hit> = all.iter().filter(|a| a.start >= low && a.end <= high).copied().collect();
            let shifted = |a: &Hit| Hit { start: a.start - low, end: a.end - low, ..*a };
            let expected: Vec<Hit> = inside.iter().map(shifted).collect();
            prop_assert_eq!(all_hits(slice), expected);

            for hit in inside {
                let rule = &ENGINE.rules[hit.rule];
                let (before, after) = matcher::context(rule);
                let has_context = (low == 0 || hit.start >= low + before)
                    && (high == text.len() || hit.start + after <= high);
                if has_context {
                    let whole = evaluated(&text, hit, 0);
                    prop_assert_eq!(evaluated(slice, shifted(&hit), low), whole, "{} {}..{} of {:?}",
                        rule.id, low, high, String::from_utf8_lossy(&text));
                }
            }
        }
    }
}
