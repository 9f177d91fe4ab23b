//! In: one chunk of bytes and a rule set. Out: [`Match`]es. Never: git, files, settings, output.
//!
//! Matching is local (the locality contract): whether a hit at byte p becomes a match depends only on a bounded
//! window around p, never on where scanning began. Therefore chunks can be cut, cached and compared.

pub(crate) mod authoring;
mod checks;
mod forms;
mod heuristics;
mod incremental;
mod matching;
mod prefilter;
mod stats;
mod work_counter;

use std::sync::{Arc, LazyLock, OnceLock};

use crate::model::{Span, StageCounts};
use crate::rules::{Rule, RuleSet};

pub(crate) use forms::{MaskedNeighbours, joined, token_like_runs};
pub(crate) use heuristics::generic::confidence_from_score;
use incremental::ContextWidths;
pub(crate) use incremental::{Changes, ScanCache};
use matching::matcher;
use matching::matcher::Conditions;
pub(crate) use matching::matches::Match;
pub(crate) use matching::overlap::resolve_overlaps;
use matching::pattern::LazyPattern;
use matching::requirements::{MAX_COUNTERPART_START_DISTANCE, apply_requirements};
use matching::window_search::SearchedRanges;
use prefilter::Prefilter;
use stats::{Stage, StatsCounter};

/// A rule set, prepared for scanning. One engine is shared by all threads.
#[derive(Debug)]
pub struct Engine {
    rules: RuleSet,
    /// By rule index, filled for rules that had a hit.
    patterns: Box<[OnceLock<Box<LazyPattern>>]>,
    prefilter: Prefilter,
    context_widths: OnceLock<ContextWidths>,
    stats: Option<Arc<StatsCounter>>,
}

impl Engine {
    /// Builds the prefilter. A rule is read at its first hit, and its regexes are compiled when they are first run.
    pub fn new(rules: &RuleSet) -> Engine {
        Engine::build(rules, None)
    }

    /// Like [`Engine::new`], and counts how often each stage of the search is reached; see [`Engine::stats`].
    pub fn with_stats(rules: &RuleSet) -> Engine {
        Engine::build(rules, Some(Arc::default()))
    }

    fn build(rules: &RuleSet, stats: Option<Arc<StatsCounter>>) -> Engine {
        let patterns = (0..rules.count()).map(|_| OnceLock::new()).collect();
        let prefilter = Prefilter::new(rules, stats.clone());
        Engine { rules: rules.clone(), patterns, prefilter, context_widths: OnceLock::new(), stats }
    }

    /// Returns the counts so far; `None` unless the engine was built with [`Engine::with_stats`].
    pub fn stats(&self) -> Option<StageCounts> {
        self.stats.as_ref().map(|stats| stats.counts())
    }

    fn count(&self, stage: Stage, count: usize) {
        stats::count(self.stats.as_deref(), stage, count);
    }

    fn pattern(&self, rule: usize) -> &LazyPattern {
        self.patterns[rule].get_or_init(|| Box::new(LazyPattern::new(&self.rules[rule], self.stats.clone())))
    }

    /// Returns the widths for incremental scans. Built at the first use, because it reads every rule and only the
    /// scan of a history needs it.
    fn context_widths(&self) -> &ContextWidths {
        self.context_widths.get_or_init(|| ContextWidths::new(&self.rules))
    }

    /// Returns all candidates in `text`, in order of position: values that a rule matches, with the rules'
    /// requirements applied, and without the matches of rules that are not reported.
    ///
    /// Matches of several rules may overlap. `resolve_overlaps` decides between those that apply, which may depend
    /// on the path, and only the caller has the path.
    pub fn candidates<'e>(&'e self, text: &[u8]) -> Vec<Match<'e>> {
        candidates_from_matches(self.local_matches(text), text)
    }

    /// Returns the engine of all built-in rules. What is masked does not depend on the rules that are on.
    pub(crate) fn builtin() -> &'static Engine {
        static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&RuleSet::builtin()));
        &ENGINE
    }

    /// Returns the spans of everything in `text` that has the form of a value of a reported rule, sorted, overlapping
    /// ones joined. Checks, entropy, context words and counterparts are not required.
    pub(crate) fn forms(&self, text: &[u8]) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut searched = SearchedRanges::default();
        self.prefilter.find(text, |hit| {
            let (rule, pattern) = (&self.rules[hit.rule], self.pattern(hit.rule));
            if rule.is_reported {
                let sink = &mut |found: Match<'_>| spans.push(found.span);
                matcher::evaluate_with(rule, pattern, text, hit, Conditions::Form, &mut searched, sink);
            }
        });
        joined(spans)
    }

    /// Returns the most bytes before and after the start of a hit that its evaluation may read: a hit that is at
    /// least this far from both ends of a text has the same matches in any larger text around it.
    fn context(&self) -> (usize, usize) {
        let widths = self.rules.iter().map(matching::matcher::context);
        widths.fold((0, 0), |most, width| (most.0.max(width.0), most.1.max(width.1)))
    }

    /// Returns the bytes of text around its start that decide about a candidate: in a part of a text, the candidates
    /// that begin at least this far from both ends of the part are those of the whole text. An end of the part that
    /// is also the end of the text may be nearer.
    pub fn margin(&self) -> usize {
        let (before, after) = self.context();
        // The distance from a value to its counterpart, from there to the hit that finds the counterpart, and from
        // the hit to the last byte that its evaluation reads. The first is measured from the end of the value.
        MAX_COUNTERPART_START_DISTANCE + 3 * before.max(after)
    }
}

/// Returns the candidates of `text` from its local matches.
fn candidates_from_matches<'e>(mut found: Vec<Match<'e>>, text: &[u8]) -> Vec<Match<'e>> {
    apply_requirements(&mut found, text);
    found.retain(|found| found.rule.is_reported);
    found
}

/// Checks that the rule's regexes can be built within the engine's limits.
///
/// # Errors
///
/// The pattern and the reason if one cannot.
pub fn check_pattern(rule: &Rule) -> Result<(), String> {
    for pattern in std::iter::once(&rule.pattern).chain(&rule.allow_pattern) {
        matching::pattern::build(pattern, matching::pattern::Automaton::LazyDfa)
            .map_err(|error| format!("{pattern}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
