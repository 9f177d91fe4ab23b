//! Finds the positions where a rule could match: every literal and keyword of every rule.
//!
//! Hits may overlap, so whether one is found never depends on the bytes before it. This is the first half of
//! the locality contract (see [`crate::engine`]).
//!
//! Few lines contain a long token run, and most rules cannot match without one (`rules::token_run` proves it
//! from their patterns). Therefore token runs are found first, with vector instructions (`blocks`,
//! `search_ranges`). Prefixes of tokens are searched only at word starts in or just before a long run, names of
//! providers only before runs that contain a digit (`grams`). The literals of the other rules (passwords, URLs,
//! key files) are searched everywhere: those of six bytes and more at every third byte (`anywhere`), shorter
//! ones with vector instructions (`short`).

mod anywhere;
mod blocks;
mod commonness;
mod grams;
mod hit;
mod literal;
mod search_ranges;
mod short;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::matching::boundary::MAX_ESCAPE_LENGTH;
use super::stats;
use super::stats::{Stage, StatsCounter};
use crate::model::Span;
use crate::rules::RuleSet;
use crate::rules::token_run::{MIN_LONG_RUN, Route};

use anywhere::StrideTable;
use commonness::Commonness;
use grams::GramTable;
pub(crate) use hit::{Hit, HitKind};
use search_ranges::{LongRunRanges, MixedRunRanges, RunFinder, WordStarts};
use short::ShortTable;

/// Bytes that both kinds of search read before they go on, so that they stay in the first-level cache: a whole
/// number of blocks, and of steps of `blocks::fours`.
const CHUNK: usize = 85 * blocks::BLOCK * blocks::STEP;

/// All literals and keywords of all rules, in tables.
#[derive(Debug)]
pub(crate) struct Prefilter {
    /// Literals of rules with `Route::LongRun`.
    prefixes: GramTable,
    /// Keywords of rules with `Route::MixedRun`.
    names: GramTable,
    /// Literals of the other rules with at least `anywhere::MIN_LENGTH` bytes.
    anywhere: StrideTable,
    /// The shorter ones.
    short: ShortTable,
    /// All of them, to search a part of a text. Built at its first use.
    all: OnceLock<GramTable>,
    rules: RuleSet,
    stats: Option<Arc<StatsCounter>>,
    /// Bytes of the longest literal.
    longest: usize,
}

impl Prefilter {
    /// Collects the literals and keywords of `rules`. They have at least three bytes (`rules::lint`).
    pub(crate) fn new(rules: &RuleSet, stats: Option<Arc<StatsCounter>>) -> Prefilter {
        let commonness = Commonness;
        let mut longest = 0;
        let [mut prefixes, mut names, mut anywhere, mut short] = [const { Vec::new() }; 4];
        for word in rules.words() {
            let table = match word.route {
                Route::LongRun => &mut prefixes,
                Route::MixedRun => &mut names,
                Route::Anywhere if word.text.len() < anywhere::MIN_LENGTH => &mut short,
                Route::Anywhere => &mut anywhere,
            };
            longest = longest.max(word.text.len());
            table.push(word);
        }
        Prefilter {
            prefixes: GramTable::from_first_grams(&prefixes, stats.clone()),
            names: GramTable::from_rarest_grams(&names, &commonness, stats.clone()),
            anywhere: StrideTable::new(&anywhere, &commonness, stats.clone()),
            short: ShortTable::new(&short, &commonness, stats.clone()),
            all: OnceLock::new(),
            rules: rules.clone(),
            stats,
            longest,
        }
    }

    /// Passes every hit in `text` that can result in a match to `sink`, each once, in no particular order.
    pub(crate) fn find(&self, text: &[u8], sink: impl FnMut(Hit)) {
        self.find_near_runs(text, true, sink);
    }

    /// Like [`Prefilter::find`], with additional hits: those that could result in a match if only the lines
    /// after the hit's own line changed.
    pub(crate) fn find_for_cache(&self, text: &[u8], sink: impl FnMut(Hit)) {
        self.find_near_runs(text, false, sink);
    }

    fn find_near_runs(&self, text: &[u8], names_near_runs_only: bool, mut sink: impl FnMut(Hit)) {
        stats::count(self.stats.as_deref(), Stage::Bytes, text.len());
        let mut finder = RunFinder::default();
        let mut pending = Pending {
            word_starts: WordStarts::new(),
            long: LongRunRanges::default(),
            mixed: MixedRunRanges::default(),
        };
        let mut start = 0;
        while start < text.len() {
            let chunk = start..text.len().min(start + CHUNK);
            blocks::scan(text, chunk.clone(), &self.short.nibbles, |at, masks| {
                let mut left = masks.short;
                while left != 0 {
                    self.short.find_at(text, at + left.trailing_zeros() as usize, &mut sink);
                    left &= left - 1;
                }
                pending.word_starts.push(at, masks.alphanumeric);
                finder.push(at, masks, &mut |run, has_digit| {
                    self.add_run(text, run, has_digit && names_near_runs_only, &mut pending, &mut sink);
                });
            });
            self.anywhere.find(text, chunk.clone(), &mut sink);
            start = chunk.end;
        }
        finder.finish(text.len(), &mut |run, has_digit| {
            self.add_run(text, run, has_digit && names_near_runs_only, &mut pending, &mut sink);
        });
        pending.long.finish(&mut |range| self.find_prefixes(text, range, &pending.word_starts, &mut sink));
        if names_near_runs_only {
            pending.mixed.finish(&mut |range| self.find_names(text, range, &mut sink));
        } else {
            self.find_names(text, Span::new(0, text.len()), &mut sink);
        }
    }

    /// Passes every hit in `text` that begins in `starts` to `sink`, including those that cannot result in a
    /// match: a token run that would exclude them may extend beyond the searched part of the text.
    pub(crate) fn find_in_range(&self, text: &[u8], starts: Range<usize>, mut sink: impl FnMut(Hit)) {
        let all = self.all.get_or_init(|| {
            let words: Vec<_> = self.rules.words().collect();
            GramTable::from_rarest_grams(&words, &Commonness, self.stats.clone())
        });
        stats::count(self.stats.as_deref(), Stage::Bytes, starts.len());
        let part = Span::new(starts.start, text.len().min(starts.end + self.longest));
        let mut sink = |hit: Hit| {
            if hit.start < starts.end {
                sink(hit);
            }
        };
        all.find(part.slice(text), &mut shifted(part.start, &mut sink));
    }

    /// Adds the search ranges of a token run, and searches those that no later run can extend.
    #[inline(never)]
    fn add_run(
        &self,
        text: &[u8],
        run: Span,
        has_digit: bool,
        pending: &mut Pending,
        sink: &mut impl FnMut(Hit),
    ) {
        stats::count(self.stats.as_deref(), Stage::Runs, 1);
        if run.len() >= MIN_LONG_RUN {
            pending.long.add(run, &mut |range| self.find_prefixes(text, range, &pending.word_starts, sink));
        }
        if has_digit {
            pending.mixed.add(run, &mut |range| self.find_names(text, range, sink));
        }
    }

    /// Finds the prefixes in `range` that follow no letter or digit, or that could follow an escape.
    fn find_prefixes(&self, text: &[u8], range: Span, word_starts: &WordStarts, sink: &mut impl FnMut(Hit)) {
        let low = range.start.saturating_sub(MAX_ESCAPE_LENGTH);
        let mut probe = |at: usize| {
            if let Some(three) = text.get(at..at + 3) {
                self.prefixes.find_at(text, at, three, sink);
            }
        };
        let is_in_word = |at: usize| at > 0 && text[at - 1].is_ascii_alphanumeric();
        if !word_starts.for_each_in(range, &mut probe) {
            (range.start..range.end).filter(|&at| !is_in_word(at)).for_each(&mut probe);
        }
        // Inside a word a token may begin after an escape.
        let mut next = range.start;
        for opener in memchr::memchr3_iter(b'\\', b'%', b'[', &text[low..range.end]) {
            let end = range.end.min(low + opener + 1 + MAX_ESCAPE_LENGTH);
            (next.max(low + opener + 1)..end).filter(|&at| is_in_word(at)).for_each(&mut probe);
            next = next.max(end);
        }
    }

    fn find_names(&self, text: &[u8], range: Span, sink: &mut impl FnMut(Hit)) {
        self.names.find(range.slice(text), &mut shifted(range.start, sink));
    }
}

/// The state of the search before the current block.
struct Pending {
    word_starts: WordStarts,
    long: LongRunRanges,
    mixed: MixedRunRanges,
}

/// Wraps `sink` so that it accepts hits in a part of the text that begins at `offset`.
fn shifted(offset: usize, sink: &mut impl FnMut(Hit)) -> impl FnMut(Hit) {
    move |hit| sink(Hit { start: hit.start + offset, end: hit.end + offset, ..hit })
}
