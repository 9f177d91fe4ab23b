//! Where a rule could match: value first, keyword second.
//!
//! An anchor is a literal at a byte. Anchors may overlap, so whether one is found never depends on
//! what stands before it: the first half of the locality contract.
//!
//! Few lines hold a long token run, and most rules cannot match without one (`rules::token_run` proves it from
//! their patterns). So the runs are found first, with vector instructions (`blocks`, `zones`): prefixes of
//! tokens are looked for only where words begin in or just before a long run, names of providers only before
//! runs with a digit in them (`grams`). The literals of the other rules, for passwords, URLs and key files, are
//! looked for everywhere: those of six bytes and more at every third byte (`anywhere`), shorter ones by
//! vector instructions too (`short`).

mod anywhere;
mod blocks;
mod commonness;
mod grams;
mod literal;
mod search_ranges;
mod short;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::matching::matcher::ESCAPE;
use super::stats;
use super::stats::{Stage, Stages};
use crate::model::Span;
use crate::rules::RuleSet;
use crate::rules::token_run::{LONG, Route};

use anywhere::StrideTable;
use commonness::Commonness;
use grams::GramTable;
use search_ranges::{Beginnings, LongZones, MixedZones, RunFinder};
use short::ShortTable;

/// How a rule is reached from an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The match starts a fixed number of bytes before the anchor, and letter case counts.
    Literal,
    /// The value stands behind the anchor, which may be in any letter case.
    Keyword,
}

/// One place where one rule could match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// First byte of the literal.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
    /// Index into the engine's rules.
    pub(crate) rule: usize,
    /// How to go on from here.
    pub(crate) reach: Reach,
}

/// Bytes that are looked at in two ways before the next ones are: they stay in the first-level cache. Whole
/// blocks, and whole steps of `blocks::fours`.
const CHUNK: usize = 85 * blocks::BLOCK * blocks::STEP;

/// The prefilter: all literals of all rules.
#[derive(Debug)]
pub(crate) struct Anchors {
    /// Of rules with `Route::LongRun`.
    prefixes: GramTable,
    /// Of rules with `Route::MixedRun`.
    names: GramTable,
    /// Of the others, by length.
    anywhere: StrideTable,
    short: ShortTable,
    /// All of them, for parts of texts. Built when it is first needed.
    all: OnceLock<GramTable>,
    rules: RuleSet,
    stages: Option<Arc<Stages>>,
    /// Bytes of the longest literal.
    longest: usize,
}

impl Anchors {
    /// Collects the literals and keywords of `rules`. They have at least three bytes (`rules::lint`).
    pub(crate) fn new(rules: &RuleSet, stages: Option<Arc<Stages>>) -> Anchors {
        let commonness = Commonness;
        let mut longest = 0;
        let [mut prefixes, mut names, mut anywhere, mut short] = [const { Vec::new() }; 4];
        for word in rules.words() {
            let table = match word.route {
                Route::LongRun => &mut prefixes,
                Route::MixedRun => &mut names,
                Route::Anywhere if word.text.len() < anywhere::LEAST => &mut short,
                Route::Anywhere => &mut anywhere,
            };
            longest = longest.max(word.text.len());
            table.push(word);
        }
        Anchors {
            prefixes: GramTable::by_first(&prefixes, stages.clone()),
            names: GramTable::by_rarest(&names, &commonness, stages.clone()),
            anywhere: StrideTable::new(&anywhere, &commonness, stages.clone()),
            short: ShortTable::new(&short, &commonness, stages.clone()),
            all: OnceLock::new(),
            rules: rules.clone(),
            stages,
            longest,
        }
    }

    /// Gives every anchor in `text` that can lead to a match, each once, in no particular order.
    pub(crate) fn find(&self, text: &[u8], sink: impl FnMut(Anchor)) {
        self.find_some(text, true, sink);
    }

    /// The same, and those that could lead to a match in a text with other lines behind the anchor's own.
    pub(crate) fn find_for_later(&self, text: &[u8], sink: impl FnMut(Anchor)) {
        self.find_some(text, false, sink);
    }

    fn find_some(&self, text: &[u8], only_near_runs: bool, mut sink: impl FnMut(Anchor)) {
        stats::count(self.stages.as_deref(), Stage::Bytes, text.len());
        let mut finder = RunFinder::default();
        let mut near =
            Near { begins: Beginnings::new(), long: LongZones::default(), mixed: MixedZones::default() };
        let mut start = 0;
        while start < text.len() {
            let chunk = start..text.len().min(start + CHUNK);
            blocks::scan(text, chunk.clone(), &self.short.halves, |at, masks| {
                let mut left = masks.short;
                while left != 0 {
                    self.short.find_at(text, at + left.trailing_zeros() as usize, &mut sink);
                    left &= left - 1;
                }
                near.begins.push(at, masks.alphanumeric);
                finder.push(at, masks, &mut |run, has_digit| {
                    self.follow(text, run, has_digit && only_near_runs, &mut near, &mut sink);
                });
            });
            self.anywhere.find(text, chunk.clone(), &mut sink);
            start = chunk.end;
        }
        finder.end(text.len(), &mut |run, has_digit| {
            self.follow(text, run, has_digit && only_near_runs, &mut near, &mut sink);
        });
        near.long.end(&mut |zone| self.find_prefixes(text, zone, &near.begins, &mut sink));
        if only_near_runs {
            near.mixed.end(&mut |zone| self.find_names(text, zone, &mut sink));
        } else {
            self.find_names(text, Span::new(0, text.len()), &mut sink);
        }
    }

    /// Gives every anchor in `text` that begins in `starts`; those that cannot lead to a match, too. For parts of
    /// a text: the runs that would tell them apart may reach out of them.
    pub(crate) fn find_in(&self, text: &[u8], starts: Range<usize>, mut sink: impl FnMut(Anchor)) {
        let all = self.all.get_or_init(|| {
            let words: Vec<_> = self.rules.words().collect();
            GramTable::by_rarest(&words, &Commonness, self.stages.clone())
        });
        stats::count(self.stages.as_deref(), Stage::Bytes, starts.len());
        let part = Span::new(starts.start, text.len().min(starts.end + self.longest));
        let mut sink = |anchor: Anchor| {
            if anchor.start < starts.end {
                sink(anchor);
            }
        };
        all.find(part.of(text), &mut shifted(part.start, &mut sink));
    }

    /// Looks near a run, as soon as no later one can lead to the same place.
    #[inline(never)]
    fn follow(
        &self,
        text: &[u8],
        run: Span,
        has_digit: bool,
        near: &mut Near,
        sink: &mut impl FnMut(Anchor),
    ) {
        stats::count(self.stages.as_deref(), Stage::Runs, 1);
        if run.len() >= LONG {
            near.long.add(run, &mut |zone| self.find_prefixes(text, zone, &near.begins, sink));
        }
        if has_digit {
            near.mixed.add(run, &mut |zone| self.find_names(text, zone, sink));
        }
    }

    /// The prefixes in `zone` before which no letter or digit stands, or an escape could stand.
    fn find_prefixes(&self, text: &[u8], zone: Span, begins: &Beginnings, sink: &mut impl FnMut(Anchor)) {
        let low = zone.start.saturating_sub(ESCAPE);
        let mut probe = |at: usize| {
            if let Some(three) = text.get(at..at + 3) {
                self.prefixes.find_at(text, at, three, sink);
            }
        };
        let in_word = |at: usize| at > 0 && text[at - 1].is_ascii_alphanumeric();
        if !begins.each(zone, &mut probe) {
            (zone.start..zone.end).filter(|&at| !in_word(at)).for_each(&mut probe);
        }
        // Inside a word a token may begin behind an escape.
        let mut next = zone.start;
        for opener in memchr::memchr3_iter(b'\\', b'%', b'[', &text[low..zone.end]) {
            let end = zone.end.min(low + opener + 1 + ESCAPE);
            (next.max(low + opener + 1)..end).filter(|&at| in_word(at)).for_each(&mut probe);
            next = next.max(end);
        }
    }

    fn find_names(&self, text: &[u8], zone: Span, sink: &mut impl FnMut(Anchor)) {
        self.names.find(zone.of(text), &mut shifted(zone.start, sink));
    }
}

/// What is known of the bytes before the place that scanning has come to.
struct Near {
    begins: Beginnings,
    long: LongZones,
    mixed: MixedZones,
}

/// Takes anchors of a part of a text that begins at `offset`.
fn shifted(offset: usize, sink: &mut impl FnMut(Anchor)) -> impl FnMut(Anchor) {
    move |anchor| sink(Anchor { start: anchor.start + offset, end: anchor.end + offset, ..anchor })
}
