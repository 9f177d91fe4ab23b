//! Settles what single anchors cannot: pairs of matches, and several matches on the same bytes.
//!
//! Both look only at the list of matches and at the lines between two of them, so they can be done
//! again whenever a list changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{Confidence, Span};
use crate::rules::syntax::PairOtherwise;

use super::matcher::{CONTEXT_HOLDS, NAMED_ABOVE, NOT_ASSIGNED, NOT_NAMED};
use crate::engine::Match;
use crate::engine::checks::CHECKSUM_VERIFIED;
use crate::engine::work_counter;

/// Farthest that two matches of a pair may stand apart, in bytes.
const PAIR_REACH: usize = 4096;

/// The same, measured between their first bytes: identifiers and keys are far shorter than this.
pub(crate) const REACH_WITH_LENGTH: usize = PAIR_REACH + 1024;

/// Applies `pair`: drops, lowers or raises matches by whether their companion stands near.
pub(crate) fn judge_pairs(found: &mut Vec<Match<'_>>, text: &[u8]) {
    let partners: HashSet<&str> =
        found.iter().filter_map(|found| Some(found.rule.pair.as_ref()?.with.as_str())).collect();
    if partners.is_empty() {
        return;
    }
    let mut places: HashMap<&str, Partners> = HashMap::new();
    for found in found.iter().filter(|found| partners.contains(found.rule.id.as_str())) {
        places.entry(&found.rule.id).or_default().push(found.span);
    }
    found.retain_mut(|found| {
        let Some(pair) = &found.rule.pair else { return true };
        let near = places.get(pair.with.as_str()).is_some_and(|all| {
            all.around(found.span).any(|span| is_near(text, found.span, span, pair.lines))
        });
        match (near, pair.otherwise) {
            (true, PairOtherwise::Keep) => {
                found.confidence =
                    if found.confidence == Confidence::Low { Confidence::Medium } else { Confidence::High };
                found.why.push("its counterpart stands beside it");
            }
            (true, _) => found.why.push("its counterpart stands beside it"),
            (false, PairOtherwise::Keep) => {}
            (false, PairOtherwise::Low) => found.confidence = Confidence::Low,
            (false, PairOtherwise::Drop) => return false,
        }
        true
    });
}

/// The matches of one rule, by place.
#[derive(Default)]
struct Partners {
    starts: Vec<usize>,
    /// For each the match that reaches farthest of it and those before it.
    farthest: Vec<Span>,
}

impl Partners {
    fn push(&mut self, span: Span) {
        let farthest = self.farthest.last().copied().filter(|last| last.end >= span.end).unwrap_or(span);
        self.starts.push(span.start);
        self.farthest.push(farthest);
    }

    /// The nearest before and the nearest behind `span`: where neither is near, none is.
    fn around(&self, span: Span) -> impl Iterator<Item = Span> {
        let behind = self.starts.partition_point(|&start| start <= span.start);
        let before = behind.checked_sub(1).map(|at| self.farthest[at]);
        // Nothing that is asked about the one behind depends on its end.
        let behind = self.starts.get(behind).map(|&start| Span::new(start, start));
        before.into_iter().chain(behind)
    }
}

fn is_near(text: &[u8], one: Span, other: Span, lines: usize) -> bool {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    let between = second.start.saturating_sub(first.end);
    if between > PAIR_REACH {
        return false;
    }
    work_counter::count_search(between);
    memchr::memchr_iter(b'\n', &text[second.start - between..second.start]).nth(lines).is_none()
}

/// How a match stands against others on the same bytes; the greater one wins.
///
/// What a checksum has proved beats everything, and a value assigned to a name one that only stands
/// near a provider's name. Then a specific rule beats a generic one: a provider's
/// before one for a general form, a form before the detector that only looks at names, one whose path
/// or context words hold before one that takes anything. Then the surer, the one with the longer
/// prefix, the one that explains more of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Standing<'e> {
    proved: bool,
    firmly_reached: bool,
    of_provider: bool,
    not_generic: bool,
    machine_made: bool,
    conditions: usize,
    confidence: Confidence,
    prefix: usize,
    whole: usize,
    length: usize,
    first: Reverse<usize>,
    id: Reverse<&'e str>,
}

impl<'e> Standing<'e> {
    /// Where `found` stands.
    fn of(found: &Match<'e>) -> Standing<'e> {
        let rule = found.rule;
        let in_context = rule.context.is_some() && found.why.contains(&CONTEXT_HOLDS);
        Standing {
            proved: found.why.contains(&CHECKSUM_VERIFIED),
            firmly_reached: !found.why.iter().any(|why| [NOT_ASSIGNED, NOT_NAMED, NAMED_ABOVE].contains(why)),
            of_provider: rule.provider.as_deref() != Some("Generic"),
            not_generic: !rule.generic && !rule.fallback,
            machine_made: !rule.human,
            conditions: usize::from(!rule.paths.is_empty()) + usize::from(in_context),
            confidence: found.confidence,
            prefix: rule.literals.iter().map(String::len).min().unwrap_or(0),
            whole: found.whole.len(),
            length: found.span.len(),
            first: Reverse(found.span.start),
            id: Reverse(&rule.id),
        }
    }
}

/// Keeps the best wherever the matches of several items cover the same bytes; the result is ordered
/// by place. `found` names an item's match.
pub fn settle<'e, T>(mut items: Vec<T>, found: impl Fn(&T) -> &Match<'e>) -> Vec<T> {
    if items.len() > 1 {
        items.sort_by_cached_key(|item| Reverse(Standing::of(found(item))));
        let mut kept = BTreeMap::<usize, usize>::new();
        items.retain(|item| {
            let span = found(item).span;
            // Kept spans do not overlap, so the last one that begins before the end decides.
            let before = kept.range(..span.end).next_back();
            let free = before.is_none_or(|(_, &end)| end <= span.start);
            if free {
                kept.insert(span.start, span.end);
            }
            free
        });
        items.sort_by_key(|item| found(item).span);
    }
    items
}
