//! In: one chunk of bytes and a rule set. Out: [`Match`]es. Never: git, files, settings, output.
//!
//! Matching is local. Whether an anchor at byte p is a match depends only on a bounded window around
//! p, never on where scanning began, so that chunks can be cut, cached and compared.

pub mod authoring;
mod checks;
mod heuristics;
mod incremental;
mod matching;
mod prefilter;
mod stats;
mod work_counter;

use std::cmp::Reverse;
use std::sync::{Arc, OnceLock};

use crate::model::{Confidence, Severity, Span, StageCounts};
use crate::rules::{Rule, RuleSet};

pub use heuristics::generic::confidence as confidence_of;
use heuristics::providers::Providers;
use incremental::Reaches;
pub use incremental::{Changes, Judged};
pub use matching::overlap::settle;
use matching::pattern::LazyPattern;
use prefilter::Anchors;
use stats::{Stage, Stages};

/// One value found in one chunk.
#[derive(Clone, Debug)]
pub struct Match<'e> {
    /// The rule that found it.
    pub rule: &'e Rule,
    /// The value.
    pub span: Span,
    /// The value with its marker and quotes, as far as the rule's pattern reaches.
    pub whole: Span,
    /// How sure it is.
    pub confidence: Confidence,
    /// How bad it is.
    pub severity: Severity,
    /// What held, in a fixed order.
    pub why: Vec<&'static str>,
    /// What speaks for it, where it is a guess that was weighed; see [`confidence_of`].
    pub evidence: Option<i16>,
}

/// The rules, ready to scan with. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    rules: RuleSet,
    /// By rule, of those that were reached.
    patterns: Box<[OnceLock<Box<LazyPattern>>]>,
    anchors: Anchors,
    reaches: OnceLock<Reaches>,
    providers: OnceLock<Providers>,
    stages: Option<Arc<Stages>>,
}

impl Engine {
    /// Builds the prefilter; a rule is looked at when it is first reached, its regexes when they are needed.
    pub fn new(rules: &RuleSet) -> Engine {
        Engine::with(rules, None)
    }

    /// One that counts how often each of its stages is reached; see [`Engine::stages`].
    pub fn counting(rules: &RuleSet) -> Engine {
        Engine::with(rules, Some(Arc::default()))
    }

    fn with(rules: &RuleSet, stages: Option<Arc<Stages>>) -> Engine {
        let patterns = (0..rules.count()).map(|_| OnceLock::new()).collect();
        let anchors = Anchors::new(rules, stages.clone());
        Engine {
            rules: rules.clone(),
            patterns,
            anchors,
            reaches: OnceLock::new(),
            providers: OnceLock::new(),
            stages,
        }
    }

    /// What was counted so far.
    pub fn stages(&self) -> Option<StageCounts> {
        self.stages.as_ref().map(|stages| stages.counts())
    }

    fn count(&self, stage: Stage, count: usize) {
        stats::count(self.stages.as_deref(), stage, count);
    }

    fn pattern(&self, rule: usize) -> &LazyPattern {
        self.patterns[rule].get_or_init(|| Box::new(LazyPattern::new(&self.rules[rule], self.stages.clone())))
    }

    /// Whether a match counts where it stands. Those of a fallback do not beside the name of a provider that a
    /// rule knows. The names are gathered when they are first asked for, which few texts do.
    fn counts(&self, text: &[u8], found: &Match<'_>) -> bool {
        let providers = || self.providers.get_or_init(|| Providers::of(&self.rules));
        !found.rule.fallback || !providers().name(text, found.span)
    }

    /// What a change in a text can be felt by. Asks every rule, so it is made for a history only.
    fn reaches(&self) -> &Reaches {
        self.reaches.get_or_init(|| Reaches::new(&self.rules))
    }

    /// Everything in `text` that a rule takes for a secret, by place: pairs judged, identifiers gone.
    /// Matches of several rules may cover the same bytes: [`settle`] decides between those that
    /// apply, which may depend on the path that only the caller knows.
    pub fn candidates<'e>(&'e self, text: &[u8]) -> Vec<Match<'e>> {
        let mut found = self.local_matches(text);
        matching::overlap::judge_pairs(&mut found, text);
        found.retain(|found| !found.rule.identifier);
        found
    }

    /// How far from the start of an anchor anything is looked at, before and after it: an anchor that is
    /// farther than that from both ends of a text is judged as in any larger text around it.
    pub fn reach(&self) -> (usize, usize) {
        let reaches = self.rules.iter().map(matching::matcher::reach);
        reaches.fold((0, 0), |most, reach| (most.0.max(reach.0), most.1.max(reach.1)))
    }

    /// How much text around its beginning decides about a candidate: in a part of a text, the candidates
    /// that begin at least so far from both ends of the part are those of the whole text. An end of the
    /// part that is the text's own end may be nearer.
    pub fn margin(&self) -> usize {
        let (before, after) = self.reach();
        // From a value to the other one of its pair, from there to an anchor that leads to it, and from that
        // to all that its judgement looks at. The pair is measured from where the value ends.
        matching::overlap::REACH_WITH_LENGTH + 3 * before.max(after)
    }
}

/// Which of two matches of one rule on the same bytes is the better one: all that can differ.
fn quality<'m>(found: &'m Match<'_>) -> impl Ord + 'm {
    let Match { confidence, evidence, severity, whole, .. } = found;
    (confidence, evidence, severity, whole.len(), Reverse(whole.start), &found.why)
}

/// Whether the rule's regexes can be built within the engine's limits; the error says why not.
pub fn check_pattern(rule: &Rule) -> Result<(), String> {
    for pattern in std::iter::once(&rule.pattern).chain(&rule.never_pattern) {
        matching::pattern::build(pattern, matching::pattern::Automaton::LazyDfa)
            .map_err(|error| format!("{pattern}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
