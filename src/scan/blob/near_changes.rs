//! Scans a text that was made of another one by a few changes: only the bytes near the changes, and of the other text
//! only the bytes near the values in question.
//!
//! This relies on the locality of matching: a value that is farther from every change than the context that decides about
//! it is a value of the other text too, and so it is not new.

use std::collections::HashSet;
use std::ops::Range;

use memchr::{memchr, memmem};

use crate::decode::{Reading, ReadingKind};
use crate::model::{Locator, Position, Secret, Span, character_boundary};

use super::blob_scanner::{BlobScan, BlobScanner, contiguous_start};
use super::chunk::Chunk;

/// Most values whose occurrences are searched one by one. For more, the text is scanned whole.
const MAX_SEARCHED_VALUES: usize = 16;

/// A text of at most so many bytes is scanned whole.
const SMALL: usize = 16 * 1024;

/// The result of scanning near the changes of a text.
#[derive(Debug)]
pub(crate) struct PartialScan<'i> {
    /// Every value that may be new, and maybe others.
    pub(crate) scan: BlobScan<'i>,
    /// Bytes that were searched.
    pub(crate) searched: u64,
}

impl BlobScanner<'_> {
    /// Scans `bytes` near the `changed` ranges, which are in order of position: finds every value that the text before the
    /// changes does not have. Never panics, like [`BlobScanner::scan`].
    pub(crate) fn scan_near_changes<'i>(
        &'i self,
        bytes: &[u8],
        changed: &[Range<usize>],
        what: impl Fn() -> String,
    ) -> PartialScan<'i> {
        let context = self.context_bytes();
        let ranges = around(bytes.len(), changed, 2 * context, 4 * context);
        let near = is_stored(bytes).then(|| self.try_scan_ranges(bytes, &ranges, &what)).flatten();
        near.unwrap_or_else(|| PartialScan { scan: self.scan(bytes, what), searched: bytes.len() as u64 })
    }

    /// Returns the candidates that begin in `ranges`; `None` if one of them covers an end of a range, because it may be
    /// compared with others beyond it.
    fn try_scan_ranges<'i>(
        &'i self,
        text: &[u8],
        ranges: &[Range<usize>],
        what: &dyn Fn() -> String,
    ) -> Option<PartialScan<'i>> {
        let context = self.context_bytes();
        let mut found = PartialScan { scan: BlobScan::default(), searched: 0 };
        let mut locator = Locator::new(text, Position::default());
        for range in ranges {
            let reported = widened(text.len(), range, context);
            let first = character_boundary(text, reported.start);
            let Range { start: offset, end } = widened(text.len(), range, 2 * context);
            let offset = character_boundary(text, offset);
            let start = [locator.position(first); ReadingKind::COUNT];
            let readings = [Reading::stored(&text[offset..end], 0..end - offset)];
            let reported = first - offset..reported.end - offset;
            let chunk = Chunk { readings: &readings, offset, reported, start };
            self.scan_chunk(&chunk, &mut found.scan, what);
            found.searched += (end - offset) as u64;
        }
        let covers = |span: Span, at: usize| span.start < at && at < span.end;
        let is_cut = |range: &Range<usize>| {
            let spans = || found.scan.candidates.iter().map(|candidate| candidate.span());
            [range.start, range.end].into_iter().any(|at| spans().any(|span| covers(span, at)))
        };
        if ranges.iter().any(is_cut) {
            return None;
        }
        let is_inside = |at: usize| ranges.iter().any(|range| range.contains(&at));
        found.scan.candidates.retain(|candidate| is_inside(candidate.span().start));
        found.scan.report_truncation(what);
        Some(found)
    }

    /// Returns those of the `wanted` bare values that are values in `bytes`, of any confidence, at any path, and how many
    /// bytes were searched for that; maybe others too.
    pub(crate) fn bare_values_near(&self, bytes: &[u8], wanted: &HashSet<Secret>) -> (HashSet<Secret>, u64) {
        if bytes.len() <= SMALL {
            return (self.bare_values(bytes), bytes.len() as u64);
        }
        let context = self.context_bytes();
        let ranges = match wanted.len() {
            ..=MAX_SEARCHED_VALUES if is_stored(bytes) => {
                around(bytes.len(), &occurrences(bytes, wanted), context, 2 * context)
            }
            _ => std::iter::once(0..bytes.len()).collect(),
        };
        let mut values = HashSet::new();
        let mut searched = 0;
        for range in &ranges {
            let wide = widened(bytes.len(), range, context);
            searched += wide.len() as u64;
            let begins = range.start - wide.start..range.end - wide.start;
            values.extend(self.bare_values_in(&bytes[wide], begins));
        }
        (values, searched)
    }

    /// Returns the bytes on each side of a value that decide about it.
    fn context_bytes(&self) -> usize {
        let (before, after) = self.chunk_overlap();
        before.max(after)
    }
}

/// Whether the text in `bytes` is `bytes`, so that it has the same offsets.
fn is_stored(bytes: &[u8]) -> bool {
    memchr(0, bytes).is_none()
}

/// Returns where the `wanted` values can begin, in order of position.
fn occurrences(text: &[u8], wanted: &HashSet<Secret>) -> Vec<Range<usize>> {
    let starts: HashSet<&[u8]> = wanted.iter().map(contiguous_start).collect();
    let mut all: Vec<Range<usize>> = starts
        .iter()
        .flat_map(|start| memmem::find_iter(text, start).map(|at| at..at + start.len()).collect::<Vec<_>>())
        .collect();
    all.sort_by_key(|range| range.start);
    all
}

/// Returns the `ranges` with `width` bytes more on both sides. Results at most `gap` bytes apart are joined.
fn around(len: usize, ranges: &[Range<usize>], width: usize, gap: usize) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for range in ranges.iter().map(|range| widened(len, range, width)) {
        match all.last_mut() {
            Some(last) if range.start <= last.end + gap => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

fn widened(len: usize, range: &Range<usize>, width: usize) -> Range<usize> {
    range.start.saturating_sub(width)..range.end.saturating_add(width).min(len)
}
