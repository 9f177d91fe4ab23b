//! A match of a rule, and the list that keeps one match for each rule and span.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

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
pub(crate) struct BestMatches<'e> {
    matches: Vec<Match<'e>>,
    /// Index into `matches` by rule index and span.
    index: HashMap<(usize, Span), usize>,
}

impl<'e> BestMatches<'e> {
    /// Adds a match of the rule with this index.
    pub(crate) fn add(&mut self, rule: usize, found: Match<'e>) {
        let index = *self.index.entry((rule, found.span)).or_insert(self.matches.len());
        match self.matches.get_mut(index) {
            None => self.matches.push(found),
            Some(before) if found.quality() > before.quality() => *before = found,
            Some(_) => {}
        }
    }

    /// Returns the matches, ordered by position.
    pub(crate) fn into_sorted(mut self) -> Vec<Match<'e>> {
        self.matches.sort_by(Match::cmp_position);
        self.matches
    }
}
