//! A match of a rule, and the list that keeps one match for each rule and span.

use std::cmp::{Ordering, Reverse};

use crate::model::{Confidence, Evidence, Severity, Span};
use crate::rules::Rule;

/// One value found in one chunk. Spans are byte offsets in the chunk.
#[derive(Clone, Debug)]
pub struct Match<'e> {
    /// The rule that found it.
    pub rule: &'e Rule,
    /// Its index in the engine's rule set.
    pub rule_index: usize,
    /// The value.
    pub span: Span,
    /// Everything that the rule's pattern matched: the value with its marker and quotes.
    pub whole: Span,
    /// How certain it is that the value is a secret.
    pub confidence: Confidence,
    /// How much damage the value could do.
    pub severity: Severity,
    /// The facts that decided the confidence, in a fixed order.
    pub why: Vec<Evidence>,
    /// The score of the detector for generic secrets, for its matches only; see
    /// [`confidence_from_score`](crate::engine::confidence_from_score).
    pub score: Option<i16>,
}

impl Match<'_> {
    /// A key that orders matches of the same rule and span by quality, the best last.
    pub(crate) fn quality(&self) -> impl Ord {
        let Match { confidence, score, severity, whole, why, .. } = self;
        (confidence, score, severity, whole.len(), Reverse(whole.start), why)
    }

    /// Takes the confidence and the facts of `other`, a match of the same bytes, if it is more certain.
    pub(crate) fn raise(&mut self, other: &Match<'_>) {
        if other.confidence > self.confidence {
            self.confidence = other.confidence;
            self.why.clone_from(&other.why);
        }
    }

    /// Orders matches by span, then by the id of the rule.
    pub(crate) fn cmp_position(&self, other: &Match<'_>) -> Ordering {
        (self.span, &self.rule.id).cmp(&(other.span, &other.rule.id))
    }
}

/// The best match for each rule and span. Several hits can result in the same value; the order in which they are
/// added does not matter.
#[derive(Default)]
pub(crate) struct BestMatches<'e>(Vec<Match<'e>>);

impl<'e> BestMatches<'e> {
    /// Adds a match.
    pub(crate) fn add(&mut self, found: Match<'e>) {
        self.0.push(found);
    }

    /// Returns the best match for each rule and span, ordered by position.
    pub(crate) fn into_sorted(mut self) -> Vec<Match<'e>> {
        // Rules are sorted by id, so this is the order of `cmp_position`.
        let position = |found: &Match<'_>| (found.span, found.rule_index);
        self.0.sort_by(|a, b| position(a).cmp(&position(b)).then_with(|| b.quality().cmp(&a.quality())));
        self.0.dedup_by(|b, a| position(a) == position(b));
        self.0
    }
}
