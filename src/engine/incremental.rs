//! Incremental scanning: a per-text cache of hits and matches. When a text is made out of another one by a delta,
//! only the byte ranges that the delta changed are searched again.
//!
//! This relies on the locality contract (see [`crate::engine`]). A hit whose context is unchanged has the same
//! matches as before. Most hits have no match, and their evaluation reads only their own line: nothing is cached
//! for them, because every hit on a changed line is found and evaluated again. The few hits whose evaluation reads
//! other lines (keys of many lines, values whose provider is named lines above, context words) are cached even
//! without a match, and evaluated again when a change is in *their* context.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use crate::model::Span;
use crate::rules::syntax::Window;
use crate::rules::{Rule, RuleSet};

use super::matching::matcher::Conditions;
use super::matching::matches::{BestMatches, Match};
use super::matching::window_search::SearchedRanges;
use super::matching::{matcher, window};
use super::prefilter::Hit;
use super::stats::Stage;
use super::{Engine, candidates_from_matches};

/// Most hits and most matches in a cache: a few megabytes for each text that others are made out of. With more, a
/// text that is made out of this one is scanned whole.
const MAX_CACHED: usize = if cfg!(test) { 1 << 10 } else { 1 << 15 };

/// Search ranges at most this many bytes apart are merged: starting a new search costs about as much as searching
/// the bytes between.
const MAX_MERGE_DISTANCE: usize = 64;

/// The result of scanning one text, for scans of texts that are made out of it.
#[derive(Debug)]
pub struct ScanCache<'e> {
    content: Content<'e>,
    /// Bytes that were searched for hits.
    pub searched: usize,
}

#[derive(Debug)]
enum Content<'e> {
    /// In order of position.
    Hits(Vec<CachedHit<'e>>),
    /// The matches, one for each rule and span, of a text with more than [`MAX_CACHED`] hits or matches.
    MatchesOnly(Vec<Match<'e>>),
}

/// A hit that has a match, or that may get one by a change on another line.
#[derive(Clone, Debug)]
struct CachedHit<'e> {
    hit: Hit,
    /// Whether changes outside the hit's line can affect it.
    reads_other_lines: bool,
    /// Start of the hit in the text in which `matches` were found.
    evaluated_at: usize,
    matches: Option<Arc<[Match<'e>]>>,
}

/// How one text was made out of another. Positions are byte offsets.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'c> {
    /// The ranges of the new text that are not copied, and the empty ranges between bytes that are not adjacent in
    /// the other text, in order of position. The start and the end of a text count as adjacent to its first and last
    /// byte.
    pub changed: &'c [Range<usize>],
    /// The copied ranges, in order of position in the new text: the start in the other text, and the range in the
    /// new text.
    pub copied: &'c [(usize, Range<usize>)],
}

impl Changes<'_> {
    /// Whether any change is in the `before` bytes before `at`, or in the `after` bytes from there on.
    fn touches(&self, at: usize, (before, after): (usize, usize)) -> bool {
        let first = self.changed.partition_point(|change| change.end + before <= at);
        self.changed.get(first).is_some_and(|change| change.start < at + after)
    }
}

/// How many bytes around a change have to be searched, for all rules together.
#[derive(Clone, Debug)]
pub(crate) struct ContextWidths {
    /// By rule index: whether evaluations read other lines than the hit's own, or more of it than by default.
    reads_other_lines: Vec<bool>,
    /// The most bytes before and after a hit that the evaluation of the other rules reads, without context words.
    on_line: (usize, usize),
    /// Bytes of the longest literal or keyword.
    longest_literal: usize,
    /// Bytes of the longest one that contains a line ending.
    longest_multiline_literal: usize,
}

impl ContextWidths {
    pub(crate) fn new(rules: &RuleSet) -> ContextWidths {
        // Rules with a wider window are few. Without them the search ranges stay small for all others.
        let Window { before, after, .. } = window::DEFAULT;
        let reads_other_lines = |rule: &Rule| {
            let window = rule.window.unwrap_or(window::DEFAULT);
            !matcher::is_bounded_by_line(rule) || window.before > before || window.after > after
        };
        let on_line =
            rules.iter().filter(|&rule| !reads_other_lines(rule)).map(matcher::context_without_words);
        let literals = || rules.iter().flat_map(|rule| rule.literals.iter().chain(&rule.keywords));
        let is_multiline = |literal: &&String| literal.contains('\n');
        ContextWidths {
            reads_other_lines: rules.iter().map(reads_other_lines).collect(),
            on_line: on_line.fold((0, 0), |most, width| (most.0.max(width.0), most.1.max(width.1))),
            longest_literal: literals().map(String::len).max().unwrap_or(0),
            longest_multiline_literal: literals().filter(is_multiline).map(String::len).max().unwrap_or(0),
        }
    }

    /// Returns the ranges of `text` to search for hits after the changes at `changed`: they contain every hit that
    /// the other text does not have, and every hit whose evaluation reads only its line and may have another result.
    ///
    /// A range begins at the start of the line with the change and ends at the end of that line. It includes the
    /// line ending before, for literals that begin with one. A line directly after a change counts as changed,
    /// because whether something begins a line depends on the byte before it.
    fn search_ranges(&self, text: &[u8], changed: &[Range<usize>]) -> Vec<Range<usize>> {
        let (before, after) = self.on_line;
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(changed.len());
        for change in changed {
            let low = (change.start + 1).saturating_sub(after.max(self.longest_literal));
            let line = memrchr(b'\n', &text[low..change.start]).map_or(low, |at| low + at);
            let start = line.min((change.start + 1).saturating_sub(self.longest_multiline_literal));
            let high = change.end.saturating_add(before).min(text.len());
            let end = memchr(b'\n', &text[change.end..high]).map_or(high, |at| change.end + at + 1);
            match ranges.last_mut() {
                Some(last) if start <= last.end + MAX_MERGE_DISTANCE => {
                    last.start = last.start.min(start);
                    last.end = last.end.max(end);
                }
                _ => ranges.push(start..end),
            }
        }
        ranges
    }
}

impl Engine {
    /// Scans a whole text and caches the result, for [`Engine::candidates_from_cache`] and [`Engine::rescan`].
    pub fn scan_with_cache<'e>(&'e self, text: &[u8]) -> ScanCache<'e> {
        let mut cache = CacheBuilder::default();
        self.prefilter.find_for_cache(text, |hit| self.evaluate_hit(text, hit, &mut cache));
        cache.finish(text.len())
    }

    /// Scans a text that was made out of another one by `changes`, with the cache of the other text. Only the ranges
    /// near a change are searched.
    ///
    /// Returns the same as [`Engine::scan_with_cache`], except for the number of searched bytes, or `None` if the
    /// other text had too many hits or matches to cache.
    pub fn rescan<'e>(
        &'e self,
        text: &[u8],
        base: &ScanCache<'e>,
        changes: &Changes<'_>,
    ) -> Option<ScanCache<'e>> {
        let Content::Hits(cached) = &base.content else { return None };
        let ranges = self.context_widths().search_ranges(text, changes.changed);
        let mut cache = CacheBuilder::default();
        let mut searched = 0;
        for range in &ranges {
            searched += range.len();
            self.prefilter.find_in_range(text, range.clone(), |hit| self.evaluate_hit(text, hit, &mut cache));
        }
        if !cached.is_empty() {
            self.reuse_hits(text, cached, changes, &ranges, &mut cache);
        }
        Some(cache.finish(searched))
    }

    /// Copies the cached hits outside of the search ranges. Those inside were found by the search, so each hit is
    /// there once, however often its bytes were copied.
    fn reuse_hits<'e>(
        &'e self,
        text: &[u8],
        cached: &[CachedHit<'e>],
        changes: &Changes<'_>,
        ranges: &[Range<usize>],
        cache: &mut CacheBuilder<'e>,
    ) {
        let mut ranges = ranges.iter().peekable();
        for (from, copy) in changes.copied {
            let first = cached.partition_point(|cached| cached.hit.start < *from);
            let end = from + copy.len();
            for cached in cached[first..].iter().take_while(|cached| cached.hit.end <= end) {
                let start = cached.hit.start - from + copy.start;
                let end = cached.hit.end - from + copy.start;
                while ranges.next_if(|range| range.end <= start).is_some() {}
                if ranges.peek().is_some_and(|range| range.start <= start) {
                    continue;
                }
                let hit = Hit { start, end, ..cached.hit };
                if cached.reads_other_lines && changes.touches(start, matcher::context(&self.rules[hit.rule]))
                {
                    self.evaluate_hit(text, hit, cache);
                } else {
                    cache.push(CachedHit { hit, ..cached.clone() });
                }
            }
        }
    }

    fn evaluate_hit<'e>(&'e self, text: &[u8], hit: Hit, cache: &mut CacheBuilder<'e>) {
        let (rule, pattern) = (&self.rules[hit.rule], self.pattern(hit.rule));
        let mut matches = Vec::new();
        // A cached hit has all of its matches, including those that it shares with hits before it.
        let mut own = SearchedRanges::default();
        let searched = if cache.best.is_some() { &mut cache.searched } else { &mut own };
        let used_context =
            matcher::evaluate_with(rule, pattern, text, hit, Conditions::All, searched, &mut |found| {
                matches.push(found);
            });
        self.count(Stage::Hits, 1);
        self.count(Stage::Matches, matches.len());
        let reads_other_lines = used_context || self.context_widths().reads_other_lines[hit.rule];
        if reads_other_lines || !matches.is_empty() {
            let matches = if matches.is_empty() { None } else { Some(matches.into()) };
            cache.push(CachedHit { hit, reads_other_lines, evaluated_at: hit.start, matches });
        }
    }

    /// Returns the candidates of a scanned text: the same as [`Engine::candidates`] of that text.
    pub fn candidates_from_cache<'e>(&'e self, cache: &ScanCache<'e>, text: &[u8]) -> Vec<Match<'e>> {
        candidates_from_matches(cache.matches(), text)
    }

    /// Returns the best match for each rule and span, in order of position, before the matches are compared with
    /// each other: the part of a scan that is local.
    pub(crate) fn local_matches<'e>(&'e self, text: &[u8]) -> Vec<Match<'e>> {
        let mut best = BestMatches::default();
        let mut searched = SearchedRanges::default();
        self.prefilter.find(text, |hit| {
            let (rule, pattern) = (&self.rules[hit.rule], self.pattern(hit.rule));
            self.count(Stage::Hits, 1);
            let sink = &mut |found| {
                self.count(Stage::Matches, 1);
                best.add(found);
            };
            matcher::evaluate_with(rule, pattern, text, hit, Conditions::All, &mut searched, sink);
        });
        best.into_sorted()
    }
}

impl<'e> ScanCache<'e> {
    /// Whether the text has no matches.
    pub fn is_empty(&self) -> bool {
        match &self.content {
            Content::Hits(hits) => hits.iter().all(|cached| cached.matches.is_none()),
            Content::MatchesOnly(matches) => matches.is_empty(),
        }
    }

    /// Returns the cached hits.
    #[cfg(test)]
    pub(crate) fn hits(&self) -> Vec<Hit> {
        match &self.content {
            Content::Hits(hits) => hits.iter().map(|cached| cached.hit).collect(),
            Content::MatchesOnly(_) => Vec::new(),
        }
    }

    /// Returns the best match for each rule and span, in order of position.
    pub(crate) fn matches(&self) -> Vec<Match<'e>> {
        let hits = match &self.content {
            Content::Hits(hits) => hits,
            Content::MatchesOnly(matches) => return matches.clone(),
        };
        let mut matches = Vec::new();
        hits.iter().for_each(|cached| cached.for_each_match(&mut |found| matches.push(found)));
        matches.sort_by(|a, b| a.cmp_position(b).then_with(|| b.quality().cmp(&a.quality())));
        matches.dedup_by(|b, a| a.cmp_position(b).is_eq());
        matches
    }
}

impl<'e> CachedHit<'e> {
    /// Passes each match, moved to the hit's current position, to `sink`.
    fn for_each_match(&self, sink: &mut dyn FnMut(Match<'e>)) {
        for found in self.matches.iter().flat_map(|matches| matches.iter()) {
            let mut found = found.clone();
            // A match may begin before its hit, so the addition comes before the subtraction.
            let moved = |span: Span| {
                Span::new(
                    span.start + self.hit.start - self.evaluated_at,
                    span.end + self.hit.start - self.evaluated_at,
                )
            };
            (found.span, found.whole) = (moved(found.span), moved(found.whole));
            sink(found);
        }
    }
}

/// Collects hits until there are too many, then only matches.
#[derive(Default)]
struct CacheBuilder<'e> {
    hits: Vec<CachedHit<'e>>,
    /// Number of matches of `hits`.
    matches: usize,
    /// The matches, once there were too many hits or matches.
    best: Option<BestMatches<'e>>,
    /// Shared by the hits that are not cached.
    searched: SearchedRanges,
}

impl<'e> CacheBuilder<'e> {
    fn push(&mut self, cached: CachedHit<'e>) {
        if let Some(best) = &mut self.best {
            return cached.for_each_match(&mut |found| best.add(found));
        }
        self.matches += cached.matches.as_ref().map_or(0, |matches| matches.len());
        self.hits.push(cached);
        if self.hits.len().max(self.matches) > MAX_CACHED {
            let mut best = BestMatches::default();
            self.hits.drain(..).for_each(|cached| cached.for_each_match(&mut |found| best.add(found)));
            self.best = Some(best);
        }
    }

    fn finish(mut self, searched: usize) -> ScanCache<'e> {
        let content = match self.best {
            Some(best) => Content::MatchesOnly(best.into_sorted()),
            None => {
                self.hits.sort_by_key(|cached| cached.hit.start);
                Content::Hits(self.hits)
            }
        };
        ScanCache { content, searched }
    }
}
