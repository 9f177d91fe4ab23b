//! Settles what single anchors cannot: pairs of matches, and several matches on the same bytes.
//!
//! Both look only at the list of matches and at the lines between two of them, so they can be done
//! again whenever a list changes.

use std::cmp::Reverse;

use crate::model::{Confidence, Span};
use crate::rules::syntax::PairOtherwise;

use super::Match;

/// Farthest that two matches of a pair may stand apart, in bytes.
const PAIR_REACH: usize = 4096;

/// Applies `pair`: drops, lowers or raises matches by whether their companion stands near.
pub(crate) fn judge_pairs(found: &mut Vec<Match<'_>>, text: &[u8]) {
    if found.iter().all(|found| found.rule.pair.is_none()) {
        return;
    }
    let places: Vec<(&str, Span)> = found.iter().map(|found| (found.rule.id.as_str(), found.span)).collect();
    found.retain_mut(|found| {
        let Some(pair) = &found.rule.pair else { return true };
        let near =
            |&&(rule, span): &&(&str, Span)| rule == pair.with && is_near(text, found.span, span, pair.lines);
        match (places.iter().find(near), pair.otherwise) {
            (Some(_), PairOtherwise::Keep) => {
                found.confidence =
                    if found.confidence == Confidence::Low { Confidence::Medium } else { Confidence::High };
                found.why.push("its counterpart stands beside it");
            }
            (Some(_), _) => found.why.push("its counterpart stands beside it"),
            (None, PairOtherwise::Keep) => {}
            (None, PairOtherwise::Low) => found.confidence = Confidence::Low,
            (None, PairOtherwise::Drop) => return false,
        }
        true
    });
}

fn is_near(text: &[u8], one: Span, other: Span, lines: usize) -> bool {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    let between = second.start.saturating_sub(first.end);
    between <= PAIR_REACH
        && memchr::memchr_iter(b'\n', &text[first.end.min(second.start)..second.start]).count() <= lines
}

/// Keeps the best match wherever several cover the same bytes: a specific rule beats a generic one,
/// then the surer, then the one with the longer literal, then the longer match.
pub(crate) fn settle(found: &mut Vec<Match<'_>>) {
    if found.len() < 2 {
        return;
    }
    let rank = |found: &Match<'_>| {
        let literal = found.rule.literals.iter().map(String::len).max().unwrap_or(0);
        (
            Reverse(!found.rule.generic),
            Reverse(!found.rule.human),
            Reverse(found.confidence),
            Reverse(literal),
            Reverse(found.span.len()),
            found.span,
            found.rule.id.clone(),
        )
    };
    found.sort_by_cached_key(rank);
    let mut kept = std::collections::BTreeMap::<usize, usize>::new();
    found.retain(|found| {
        let before = kept.range(..found.span.end).next_back();
        if before.is_some_and(|(_, &end)| end > found.span.start) {
            return false;
        }
        kept.insert(found.span.start, found.span.end);
        true
    });
    found.sort_by_key(|found| found.span);
}
