//! Finds all values in the window around a literal (`window.every`): a secret key beside its id, or the entries
//! of a document that declares its kind.
//!
//! A literal has every value that begins in its window. Where a value ends depends only on the position where it
//! begins, not on the literal. Therefore literals whose windows overlap have the same values in the overlap, and
//! each byte is searched once per rule and text (see [`SearchedRanges`]).

use regex_automata::{Anchored, Input};

use crate::model::Span;
use crate::rules::Rule;
use crate::rules::syntax::{Cut, Window};

use super::boundary::has_boundary_before;
use super::pattern::{LazyPattern, PatternMatch};
use super::window;
use crate::engine::work_counter;

/// The range of one text that was last searched for the values of each rule. Values that begin in it have been
/// passed to the sink already.
#[derive(Debug, Default)]
pub(crate) struct SearchedRanges(Vec<(usize, Span)>);

impl SearchedRanges {
    /// Returns the searched range of a rule; empty at its first call.
    fn range_mut(&mut self, rule: usize) -> &mut Span {
        let index = self.0.iter().position(|(known, _)| *known == rule).unwrap_or_else(|| {
            self.0.push((rule, Span::new(0, 0)));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }
}

/// Returns the bytes of the longest value: the width of the window.
pub(crate) fn max_value_length(window: Window) -> usize {
    window.before + window.after
}

/// Passes the matches of all values that begin in `window` to `sink`, except those that begin in the range that
/// `searched` contains.
pub(crate) fn find_values(
    (index, rule, pattern): (usize, &Rule, &LazyPattern),
    text: &[u8],
    window: Span,
    searched: &mut SearchedRanges,
    sink: &mut dyn FnMut(PatternMatch),
) {
    let known = searched.range_mut(index);
    if window.end < known.start || known.end < window.start {
        // Literals are evaluated nearly in order of position, so ranges far before are not needed again.
        *known = Span::new(window.start, window.start);
    }
    if window.start < known.start {
        find_values_in(rule, pattern, text, Span::new(window.start, known.start), sink);
        known.start = window.start;
    }
    if known.end < window.end {
        known.end = find_values_in(rule, pattern, text, Span::new(known.end, window.end), sink);
    }
}

/// Passes the matches of the values that begin in `part` to `sink`. Returns the end of the searched range: at least
/// the end of `part`, and beyond it if no value begins there, so that the next literal need not search it.
fn find_values_in(
    rule: &Rule,
    pattern: &LazyPattern,
    text: &[u8],
    part: Span,
    sink: &mut dyn FnMut(PatternMatch),
) -> usize {
    let settings = rule.window.unwrap_or(window::DEFAULT);
    let longest = max_value_length(settings);
    let mut high = part.end.saturating_add(2 * longest).min(text.len());
    // A value that begins before this position ends within `high`.
    let mut certain = if high == text.len() { high } else { part.end + longest };
    // Assertions read one byte beside the match on both sides, but not beyond the line.
    let mut whole = Span::new(part.start.saturating_sub(1), text.len().min(high + 1));
    if settings.cut == Cut::Line {
        work_counter::count_search(high - part.end);
        if whole.start < part.start && text[whole.start] == b'\n' {
            whole.start = part.start;
        }
        let line_end = memchr::memchr(b'\n', &text[part.end..high]).map(|found| part.end + found);
        if let Some(end) = line_end {
            high = if end > part.end && text[end - 1] == b'\r' { end - 1 } else { end };
            (whole.end, certain) = (high, high);
        }
    }
    let search = |start: usize, end: usize, anchored| {
        let range = start - whole.start..end - whole.start;
        pattern.search(Input::new(&text[whole.start..whole.end]).range(range).anchored(anchored), whole.start)
    };
    let mut from = part.start;
    while from < part.end {
        let found = search(from, high, Anchored::No);
        let start = found.map_or(certain, |found| found.whole.start.min(certain));
        let Some(found) = found.filter(|_| start < part.end) else { return start };
        from = start + 1;
        if !has_boundary_before(rule, text, start) {
            // Skips all positions up to the next one with a boundary before it.
            let skipped = (from..part.end).take_while(|&at| !has_boundary_before(rule, text, at)).count();
            work_counter::count(skipped);
            from += skipped;
        } else if found.whole.end - start <= longest {
            sink(found);
        } else if let Some(found) = search(start, high.min(start + longest), Anchored::Yes) {
            sink(found);
        }
    }
    part.end
}
