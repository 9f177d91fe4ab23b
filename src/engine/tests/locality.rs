//! Matching is local: what is decided about an anchor does not depend on where scanning began or ended.

use proptest::collection::vec;
use proptest::prelude::*;

use super::prefilter::{Seen, seen};
use super::text::{ENGINE, a_rule, a_text, all_anchors};
use crate::engine::matching::matcher;
use crate::engine::prefilter::Anchor;

/// What one anchor leads to, at its place in a text of which `offset` bytes are missing.
fn judged<'e>(text: &[u8], anchor: Anchor, offset: usize) -> Vec<Seen<'e>> {
    let mut all = Vec::new();
    let (rule, pattern) = (&ENGINE.rules[anchor.rule], ENGINE.pattern(anchor.rule));
    matcher::judge(rule, pattern, text, anchor, &mut |found| all.push(seen(&found, offset)));
    all
}

fn cases() -> impl Strategy<Value = (Vec<u8>, Vec<(prop::sample::Index, prop::sample::Index)>)> {
    let text = vec(a_rule(), 1..8).prop_flat_map(|rules| a_text(rules, 24));
    (text, vec(any::<(prop::sample::Index, prop::sample::Index)>(), 8))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_cut_that_is_out_of_reach_changes_nothing((text, cuts) in cases()) {
        let all = all_anchors(&text);
        for (one, other) in cuts {
            let (one, other) = (one.index(text.len() + 1), other.index(text.len() + 1));
            let (low, high) = (one.min(other), one.max(other));
            let slice = &text[low..high];

            let inside: Vec<Anchor> = all.iter().filter(|a| a.start >= low && a.end <= high).copied().collect();
            let shifted = |a: &Anchor| Anchor { start: a.start - low, end: a.end - low, ..*a };
            let expected: Vec<Anchor> = inside.iter().map(shifted).collect();
            prop_assert_eq!(all_anchors(slice), expected);

            for anchor in inside {
                let rule = &ENGINE.rules[anchor.rule];
                let (before, after) = matcher::reach(rule);
                let reached = (low == 0 || anchor.start >= low + before)
                    && (high == text.len() || anchor.start + after <= high);
                if reached {
                    let whole = judged(&text, anchor, 0);
                    prop_assert_eq!(judged(slice, shifted(&anchor), low), whole, "{} {}..{} of {:?}",
                        rule.id, low, high, String::from_utf8_lossy(&text));
                }
            }
        }
    }
}
