//! Applies a rule's `requires`: a match may need a match of another rule near it, its counterpart.
//!
//! This reads only the list of matches and the lines between two of them, so it can be repeated whenever the list
//! changes.

use std::collections::{HashMap, HashSet};

use crate::model::{Confidence, Evidence, Span};
use crate::rules::syntax::RequirementOtherwise;

use super::matches::Match;
use crate::engine::work_counter;

/// Most bytes between a match and its counterpart.
const MAX_COUNTERPART_DISTANCE: usize = 4096;

/// Most bytes between the first bytes of the two: identifiers and keys are far shorter than the difference.
pub(crate) const MAX_COUNTERPART_START_DISTANCE: usize = MAX_COUNTERPART_DISTANCE + 1024;

/// Raises, lowers or drops the matches in `found` whose rule has `requires`, depending on whether a counterpart is
/// near. `found` is ordered by position.
pub(crate) fn apply_requirements(found: &mut Vec<Match<'_>>, text: &[u8]) {
    let required: HashSet<&str> =
        found.iter().filter_map(|found| Some(found.rule.requires.as_ref()?.with.as_str())).collect();
    if required.is_empty() {
        return;
    }
    let mut counterparts: HashMap<&str, Counterparts> = HashMap::new();
    for found in found.iter().filter(|found| required.contains(found.rule.id.as_str())) {
        counterparts.entry(&found.rule.id).or_default().push(found.span);
    }
    found.retain_mut(|found| {
        let Some(requirement) = &found.rule.requires else { return true };
        let has_counterpart = counterparts.get(requirement.with.as_str()).is_some_and(|all| {
            all.nearest(found.span).any(|span| is_near(text, found.span, span, requirement.lines))
        });
        match (has_counterpart, requirement.otherwise) {
            (true, RequirementOtherwise::Keep) => {
                found.confidence =
                    if found.confidence == Confidence::Low { Confidence::Medium } else { Confidence::High };
                found.why.push(Evidence::CounterpartNearby);
            }
            (true, _) => found.why.push(Evidence::CounterpartNearby),
            (false, RequirementOtherwise::Keep) => {}
            (false, RequirementOtherwise::Low) => found.confidence = Confidence::Low,
            (false, RequirementOtherwise::Drop) => return false,
        }
        true
    });
}

/// The matches of one required rule, in order of position.
#[derive(Default)]
struct Counterparts {
    starts: Vec<usize>,
    /// For each match the span that ends last, among it and those before it.
    last_ending: Vec<Span>,
}

impl Counterparts {
    fn push(&mut self, span: Span) {
        let last = self.last_ending.last().copied().filter(|last| last.end >= span.end).unwrap_or(span);
        self.starts.push(span.start);
        self.last_ending.push(last);
    }

    /// Returns the nearest span before and the nearest after `span`: if neither is near enough, none is.
    fn nearest(&self, span: Span) -> impl Iterator<Item = Span> {
        let after = self.starts.partition_point(|&start| start <= span.start);
        let before = after.checked_sub(1).map(|at| self.last_ending[at]);
        // Empty: `is_near` does not read the end of the span after.
        let after = self.starts.get(after).map(|&start| Span::new(start, start));
        before.into_iter().chain(after)
    }
}

/// Whether two spans are at most [`MAX_COUNTERPART_DISTANCE`] bytes and `lines` lines apart.
fn is_near(text: &[u8], one: Span, other: Span, lines: usize) -> bool {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    let between = second.start.saturating_sub(first.end);
    if between > MAX_COUNTERPART_DISTANCE {
        return false;
    }
    work_counter::count_search(between);
    memchr::memchr_iter(b'\n', &text[second.start - between..second.start]).nth(lines).is_none()
}
