//! What is known of a text, anchor by anchor, so that a text made out of it is judged only where it differs.
//!
//! This is what the locality contract is for. An anchor that a change cannot reach leads to what it led to
//! before, so nothing is kept of the many that led to nothing, as long as their judgement ends with their
//! line: every anchor on a changed line is looked for and judged again. The few whose judgement goes farther
//! (keys of many lines, values whose provider stands lines above, words that must stand near) are kept even
//! when they led to nothing, and judged again when a change comes into *their* reach.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use crate::model::Span;
use crate::rules::syntax::Window;
use crate::rules::{Rule, RuleSet};

use super::matching::{matcher, overlap, window};
use super::prefilter::Anchor;
use super::stats::Stage;
use super::{Engine, Match, quality};

/// More anchors or matches than this are not kept: a few megabytes for each text that others grow from. What
/// grows from such a text is judged whole.
const MOST_KEPT: usize = if cfg!(test) { 1 << 10 } else { 1 << 15 };

/// Zones closer than this are one: starting anew costs about as much as going on.
const WORTH_A_GAP: usize = 64;

/// The judgement of one text.
#[derive(Debug)]
pub struct Judged<'e> {
    found: Found<'e>,
    /// In how many bytes anchors were looked for.
    pub searched: usize,
}

#[derive(Debug)]
enum Found<'e> {
    /// By place of the anchor.
    Kept(Vec<Kept<'e>>),
    /// Too much to be kept: only the matches, each (rule, span) once.
    Matches(Vec<Match<'e>>),
}

/// An anchor that led to a match, or that a change far from it may lead to one.
#[derive(Clone, Debug)]
struct Kept<'e> {
    anchor: Anchor,
    /// Whether changes outside the anchor's line count.
    is_far: bool,
    /// Where the anchor stood when `matches` were found.
    home: usize,
    matches: Option<Arc<[Match<'e>]>>,
}

/// How one text was made out of another.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'c> {
    /// The stretches that are new, and the empty ones between bytes that were no neighbours (both ends of
    /// the text count as one). By place.
    pub new: &'c [Range<usize>],
    /// Where bytes of the other text stand now: their first byte there, and all of them here. By place here.
    pub kept: &'c [(usize, Range<usize>)],
}

impl Changes<'_> {
    /// Whether any change is in `before` bytes before `at`, or in `after` bytes from there on.
    fn touch(&self, at: usize, (before, after): (usize, usize)) -> bool {
        let first = self.new.partition_point(|change| change.end + before <= at);
        self.new.get(first).is_some_and(|change| change.start < at + after)
    }
}

/// How far a change is felt, from the fields of all rules together.
#[derive(Clone, Debug)]
pub(crate) struct Reaches {
    /// By rule: whether its anchors are kept whatever they lead to.
    is_far: Vec<bool>,
    /// The most that judging an anchor of the other rules looks at, apart from words near a match.
    near: (usize, usize),
    /// The longest literal.
    literal: usize,
    /// The longest literal with a line ending in it.
    over_lines: usize,
}

impl Reaches {
    pub(crate) fn new(rules: &RuleSet) -> Reaches {
        // What a longer line has to say is rarely asked: for all others the zones stay small.
        let Window { before, after, .. } = window::DEFAULT;
        let is_far = |rule: &Rule| {
            let window = rule.window.unwrap_or(window::DEFAULT);
            !matcher::is_bounded_by_line(rule) || window.before > before || window.after > after
        };
        let near = rules.iter().filter(|&rule| !is_far(rule)).map(matcher::own_reach);
        let literals = || rules.iter().flat_map(|rule| rule.literals.iter().chain(&rule.keywords));
        let over_lines = |literal: &&String| literal.contains('\n');
        Reaches {
            is_far: rules.iter().map(is_far).collect(),
            near: near.fold((0, 0), |most, reach| (most.0.max(reach.0), most.1.max(reach.1))),
            literal: literals().map(String::len).max().unwrap_or(0),
            over_lines: literals().filter(over_lines).map(String::len).max().unwrap_or(0),
        }
    }

    /// Where anchors have to be looked for after `changes`: every place where one may stand that is not in
    /// the other text, or whose judgement, if it ends with the line, may be another than there.
    ///
    /// That is from the start of the line with the change to the end of the line behind it. The line ending
    /// before it belongs to it, for literals that begin with one. A line right behind a change counts as
    /// changed: whether something begins a line depends on the byte before it.
    fn zones(&self, text: &[u8], changes: &[Range<usize>]) -> Vec<Range<usize>> {
        let (before, after) = self.near;
        let mut zones: Vec<Range<usize>> = Vec::with_capacity(changes.len());
        for change in changes {
            let low = (change.start + 1).saturating_sub(after.max(self.literal));
            let line = memrchr(b'\n', &text[low..change.start]).map_or(low, |at| low + at);
            let start = line.min((change.start + 1).saturating_sub(self.over_lines));
            let high = change.end.saturating_add(before).min(text.len());
            let end = memchr(b'\n', &text[change.end..high]).map_or(high, |at| change.end + at + 1);
            match zones.last_mut() {
                Some(last) if start <= last.end + WORTH_A_GAP => {
                    last.start = last.start.min(start);
                    last.end = last.end.max(end);
                }
                _ => zones.push(start..end),
            }
        }
        zones
    }
}

impl Engine {
    /// Judges every anchor in `text`.
    pub fn judge<'e>(&'e self, text: &[u8]) -> Judged<'e> {
        let mut collector = Collector::default();
        self.anchors.find_for_later(text, |anchor| self.judge_anchor(text, anchor, &mut collector));
        collector.finish(text.len())
    }

    /// Judges what may be judged otherwise in `text` than in the text that it was made out of, and takes the
    /// rest over. The same as [`Engine::judge`], with less work; `None` when the other one is not known well
    /// enough for that.
    pub fn judge_again<'e>(
        &'e self,
        text: &[u8],
        base: &Judged<'e>,
        changes: &Changes<'_>,
    ) -> Option<Judged<'e>> {
        let Found::Kept(known) = &base.found else { return None };
        let zones = self.reaches().zones(text, changes.new);
        let mut collector = Collector::default();
        let mut searched = 0;
        for zone in &zones {
            searched += zone.len();
            self.anchors
                .find_in(text, zone.clone(), |anchor| self.judge_anchor(text, anchor, &mut collector));
        }
        if !known.is_empty() {
            self.take_over(text, known, changes, &zones, &mut collector);
        }
        Some(collector.finish(searched))
    }

    /// Takes over the anchors that stand outside of the zones. Those inside were looked for: so each is there
    /// once, however often its bytes were copied.
    fn take_over<'e>(
        &'e self,
        text: &[u8],
        known: &[Kept<'e>],
        changes: &Changes<'_>,
        zones: &[Range<usize>],
        collector: &mut Collector<'e>,
    ) {
        let mut zones = zones.iter().peekable();
        for (from, copy) in changes.kept {
            let first = known.partition_point(|kept| kept.anchor.start < *from);
            let end = from + copy.len();
            for kept in known[first..].iter().take_while(|kept| kept.anchor.end <= end) {
                let (start, end) =
                    (kept.anchor.start - from + copy.start, kept.anchor.end - from + copy.start);
                while zones.next_if(|zone| zone.end <= start).is_some() {}
                if zones.peek().is_some_and(|zone| zone.start <= start) {
                    continue;
                }
                let anchor = Anchor { start, end, ..kept.anchor };
                if kept.is_far && changes.touch(start, matcher::reach(&self.rules[anchor.rule])) {
                    self.judge_anchor(text, anchor, collector);
                } else {
                    collector.keep(Kept { anchor, ..kept.clone() });
                }
            }
        }
    }

    fn judge_anchor<'e>(&'e self, text: &[u8], anchor: Anchor, collector: &mut Collector<'e>) {
        let (rule, pattern) = (&self.rules[anchor.rule], self.pattern(anchor.rule));
        let mut matches = Vec::new();
        // What is kept is all that an anchor leads to, whatever others before it led to.
        let mut own = matcher::Memory::default();
        let memory = if collector.best.is_some() { &mut collector.memory } else { &mut own };
        let asked =
            matcher::judge_with(rule, pattern, text, anchor, memory, &mut |found| matches.push(found));
        matches.retain(|found| self.counts(text, found));
        self.count(Stage::Anchors, 1);
        self.count(Stage::Matches, matches.len());
        let is_far = asked || self.reaches().is_far[anchor.rule];
        if is_far || !matches.is_empty() {
            let matches = if matches.is_empty() { None } else { Some(matches.into()) };
            collector.keep(Kept { anchor, is_far, home: anchor.start, matches });
        }
    }

    /// Everything that a judged text holds, as [`Engine::candidates`] of that text.
    pub fn candidates_of<'e>(&'e self, judged: &Judged<'e>, text: &[u8]) -> Vec<Match<'e>> {
        let mut found = judged.matches();
        overlap::judge_pairs(&mut found, text);
        found.retain(|found| !found.rule.identifier);
        found
    }

    /// The matches of every anchor by itself, each (rule, span) once, by place: the local part.
    pub(crate) fn local_matches<'e>(&'e self, text: &[u8]) -> Vec<Match<'e>> {
        let mut best = Best::default();
        let mut memory = matcher::Memory::default();
        self.anchors.find(text, |anchor| {
            let (rule, pattern) = (&self.rules[anchor.rule], self.pattern(anchor.rule));
            self.count(Stage::Anchors, 1);
            let sink = &mut |found| {
                if self.counts(text, &found) {
                    self.count(Stage::Matches, 1);
                    best.add(anchor.rule, found);
                }
            };
            matcher::judge_with(rule, pattern, text, anchor, &mut memory, sink);
        });
        best.finish()
    }
}

impl<'e> Judged<'e> {
    /// Whether there is nothing to decide about.
    pub fn is_empty(&self) -> bool {
        match &self.found {
            Found::Kept(kept) => kept.iter().all(|kept| kept.matches.is_none()),
            Found::Matches(matches) => matches.is_empty(),
        }
    }

    /// The anchors that are kept.
    #[cfg(test)]
    pub(crate) fn kept_anchors(&self) -> Vec<Anchor> {
        match &self.found {
            Found::Kept(kept) => kept.iter().map(|kept| kept.anchor).collect(),
            Found::Matches(_) => Vec::new(),
        }
    }

    /// The matches, each (rule, span) once, by place.
    pub(crate) fn matches(&self) -> Vec<Match<'e>> {
        let kept = match &self.found {
            Found::Kept(kept) => kept,
            Found::Matches(matches) => return matches.clone(),
        };
        let mut matches = Vec::new();
        kept.iter().for_each(|kept| kept.give(&mut |_, found| matches.push(found)));
        matches.sort_by(|a, b| by_place(a, b).then_with(|| quality(b).cmp(&quality(a))));
        matches.dedup_by(|b, a| by_place(a, b).is_eq());
        matches
    }
}

impl<'e> Kept<'e> {
    /// Gives the matches at their place, each with the number of its rule.
    fn give(&self, sink: &mut dyn FnMut(usize, Match<'e>)) {
        for found in self.matches.iter().flat_map(|matches| matches.iter()) {
            let mut found = found.clone();
            // A match may begin before its anchor, so it is moved by adding before subtracting.
            let moved = |span: Span| {
                Span::new(
                    span.start + self.anchor.start - self.home,
                    span.end + self.anchor.start - self.home,
                )
            };
            (found.span, found.whole) = (moved(found.span), moved(found.whole));
            sink(self.anchor.rule, found);
        }
    }
}

/// Gathers what is kept, until that is too much.
#[derive(Default)]
struct Collector<'e> {
    kept: Vec<Kept<'e>>,
    matches: usize,
    best: Option<Best<'e>>,
    /// Of anchors that are not kept.
    memory: matcher::Memory,
}

impl<'e> Collector<'e> {
    fn keep(&mut self, kept: Kept<'e>) {
        if let Some(best) = &mut self.best {
            return kept.give(&mut |rule, found| best.add(rule, found));
        }
        self.matches += kept.matches.as_ref().map_or(0, |matches| matches.len());
        self.kept.push(kept);
        if self.kept.len().max(self.matches) > MOST_KEPT {
            let mut best = Best::default();
            self.kept.drain(..).for_each(|kept| kept.give(&mut |rule, found| best.add(rule, found)));
            self.best = Some(best);
        }
    }

    fn finish(mut self, searched: usize) -> Judged<'e> {
        let found = match self.best {
            Some(best) => Found::Matches(best.finish()),
            None => {
                self.kept.sort_by_key(|kept| kept.anchor.start);
                Found::Kept(self.kept)
            }
        };
        Judged { found, searched }
    }
}

/// The best match for each (rule, span). Where several anchors lead to the same value the best one stands,
/// whichever came first.
#[derive(Default)]
struct Best<'e> {
    found: Vec<Match<'e>>,
    known: HashMap<(usize, Span), usize>,
}

impl<'e> Best<'e> {
    fn add(&mut self, rule: usize, found: Match<'e>) {
        let index = *self.known.entry((rule, found.span)).or_insert(self.found.len());
        match self.found.get_mut(index) {
            None => self.found.push(found),
            Some(before) if quality(&found) > quality(before) => *before = found,
            Some(_) => {}
        }
    }

    /// By place.
    fn finish(mut self) -> Vec<Match<'e>> {
        self.found.sort_by(by_place);
        self.found
    }
}

fn by_place(a: &Match<'_>, b: &Match<'_>) -> Ordering {
    (a.span, &a.rule.id).cmp(&(b.span, &b.rule.id))
}
