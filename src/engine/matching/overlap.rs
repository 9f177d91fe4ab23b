//! Decides between matches that cover the same bytes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::{Confidence, Evidence};
use crate::rules::syntax::RuleKind;

use super::matches::Match;

/// The rank of a match among those that overlap it; the greatest is kept. Fields are compared from first to last.
///
/// A verified checksum comes first, then a value that is assigned to a name over one that is only near a
/// provider's name. Then a specific rule comes before a general one: a provider's rule before one
/// for a general format, a format before the detector that reads only names, this detector before the rules for any
/// value beside a name, a rule whose path or context words matched before one without. Then the higher confidence, the
/// longer prefix, and the match that covers more of the text.
///
/// The rank decides which rule names the value, not how certain the finding is: that is the highest confidence of all
/// matches that overlap it. It does not depend on the path either, so a moved file keeps its fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'e> {
    is_verified: bool,
    is_assigned: bool,
    is_provider_rule: bool,
    has_shape: bool,
    has_name: bool,
    is_machine_made: bool,
    conditions: usize,
    confidence: Confidence,
    prefix: usize,
    whole: usize,
    length: usize,
    start: Reverse<usize>,
    id: Reverse<&'e str>,
}

impl<'e> Rank<'e> {
    fn new(found: &Match<'e>) -> Rank<'e> {
        let rule = found.rule;
        let has_context_word = rule.context.is_some() && found.why.contains(&Evidence::ContextWord);
        Rank {
            is_verified: found.why.contains(&Evidence::ChecksumVerified),
            is_assigned: !found.why.iter().any(is_unassigned),
            is_provider_rule: rule.rule_kind() == RuleKind::Provider,
            has_shape: !rule.generic && !rule.fallback,
            has_name: !rule.fallback,
            is_machine_made: !rule.human_chosen,
            conditions: usize::from(!rule.paths.is_empty()) + usize::from(has_context_word),
            confidence: found.confidence,
            prefix: rule.literals.iter().map(String::len).min().unwrap_or(0),
            whole: found.whole.len(),
            length: found.span.len(),
            start: Reverse(found.span.start),
            id: Reverse(&rule.id),
        }
    }
}

/// Whether the value is only near the provider's name, not assigned to a name that contains it.
fn is_unassigned(fact: &Evidence) -> bool {
    matches!(fact, Evidence::NotAssigned | Evidence::ProviderNameAlone | Evidence::ProviderNamedAbove)
}

/// Keeps only the best of the items whose matches overlap, and returns the rest in order of position. `found`
/// returns the match of an item.
///
/// Calls `raise` with each kept item and each displaced item that overlaps it, the best displaced item first. A guess
/// must never hide a more certain match of the same bytes: the caller gives the kept item the greater confidence.
pub(crate) fn resolve_overlaps<'e, T>(
    mut items: Vec<T>,
    found: impl Fn(&T) -> &Match<'e>,
    mut raise: impl FnMut(&mut T, &T),
) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    items.sort_by_cached_key(|item| Reverse(Rank::new(found(item))));
    let mut kept_spans = BTreeMap::<usize, usize>::new();
    let (mut kept, displaced): (Vec<T>, Vec<T>) = items.into_iter().partition(|item| {
        let span = found(item).span;
        // Kept spans do not overlap, so testing the last one that begins before the end is enough.
        let before = kept_spans.range(..span.end).next_back();
        let is_free = before.is_none_or(|(_, &end)| end <= span.start);
        if is_free {
            kept_spans.insert(span.start, span.end);
        }
        is_free
    });
    kept.sort_by_key(|item| found(item).span);
    for other in &displaced {
        let span = found(other).span;
        let first = kept.partition_point(|item| found(item).span.end <= span.start);
        for item in &mut kept[first..] {
            if found(item).span.start >= span.end {
                break;
            }
            raise(item, other);
        }
    }
    kept
}
