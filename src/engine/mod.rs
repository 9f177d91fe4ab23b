//! In: one chunk of bytes and a rule set. Out: [`Match`]es. Never: git, files, settings, output.
//!
//! Matching is local. Whether an anchor at byte p is a match depends only on a bounded window around
//! p, never on where scanning began, so that chunks can be cut, cached and compared.

mod anchors;
mod assignment;
mod entropy;
mod filler;
mod generic;
mod matcher;
mod overlap;
mod pattern;
mod proof;
pub mod sample;
mod window;

use std::collections::HashSet;

use crate::model::{Confidence, Severity, Span};
use crate::rules::{Rule, RuleSet};

use anchors::Anchors;
pub use anchors::Workload;
use pattern::LazyPattern;

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
}

/// The rules, ready to scan with. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Rule>,
    patterns: Vec<LazyPattern>,
    anchors: Anchors,
}

impl Engine {
    /// Builds the prefilter; regexes are compiled when a rule is first reached.
    pub fn new(rules: &RuleSet, workload: Workload) -> Engine {
        let rules = rules.as_slice().to_vec();
        let patterns = rules.iter().map(LazyPattern::new).collect();
        let anchors = Anchors::new(&rules, workload);
        Engine { rules, patterns, anchors }
    }

    /// Everything that counts in `text`, by place: pairs judged, overlaps settled, identifiers gone.
    pub fn scan<'e>(&'e self, text: &[u8]) -> Vec<Match<'e>> {
        let mut found = self.local_matches(text);
        overlap::judge_pairs(&mut found, text);
        found.retain(|found| !found.rule.identifier);
        overlap::settle(&mut found);
        found
    }

    /// The matches of every anchor by itself, each (rule, span) once, by place: the local part.
    fn local_matches<'e>(&'e self, text: &[u8]) -> Vec<Match<'e>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for anchor in self.anchors.find(text) {
            let rule = &self.rules[anchor.rule];
            let pattern = &self.patterns[anchor.rule];
            matcher::judge(rule, pattern, text, anchor, &mut |found_here| {
                if seen.insert((anchor.rule, found_here.span)) {
                    found.push(found_here);
                }
            });
        }
        found.sort_by(|a, b| (a.span, &a.rule.id).cmp(&(b.span, &b.rule.id)));
        found
    }
}

#[cfg(test)]
mod tests;
