//! Values that stand anywhere near their rule's literal (`window.every`): a secret key beside its id, the
//! entries of a document that says what it is.
//!
//! A literal has every value that begins in its window. How far a value reaches depends on the place where it
//! begins and on nothing else, not even on the literal: so literals whose windows overlap have the same
//! values in common, and whoever judges several of one text searches each byte once.

use regex_automata::{Anchored, Input};

use crate::model::Span;
use crate::rules::Rule;
use crate::rules::syntax::{Cut, Window};

use super::matcher::begins_cleanly;
use super::pattern::{Found, LazyPattern};
use super::window;
use crate::engine::work_counter;

/// Where the values of each rule have been searched in one text: a value that begins there has been given.
#[derive(Debug, Default)]
pub(crate) struct Searched(Vec<(usize, Span)>);

impl Searched {
    /// What is known of the rule.
    fn of(&mut self, rule: usize) -> &mut Span {
        let index = self.0.iter().position(|(known, _)| *known == rule).unwrap_or_else(|| {
            self.0.push((rule, Span::new(0, 0)));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }
}

/// Longest value: as long as the window is wide.
pub(crate) fn longest(window: Window) -> usize {
    window.before + window.after
}

/// Gives the matches of the values that begin in `window`, those left out that `searched` has seen.
pub(crate) fn values(
    (index, rule, pattern): (usize, &Rule, &LazyPattern),
    text: &[u8],
    window: Span,
    searched: &mut Searched,
    sink: &mut dyn FnMut(Found),
) {
    let known = searched.of(index);
    if window.end < known.start || known.end < window.start {
        // Literals come by place, or nearly so: what lies far behind is not asked for again.
        *known = Span::new(window.start, window.start);
    }
    if window.start < known.start {
        values_in(rule, pattern, text, Span::new(window.start, known.start), sink);
        known.start = window.start;
    }
    if known.end < window.end {
        known.end = values_in(rule, pattern, text, Span::new(known.end, window.end), sink);
    }
}

/// Gives the matches of the values that begin in `part`. Returns the end of what was searched: at least that of
/// `part`, and farther where nothing begins behind it, so that the next literal need not look there.
fn values_in(
    rule: &Rule,
    pattern: &LazyPattern,
    text: &[u8],
    part: Span,
    sink: &mut dyn FnMut(Found),
) -> usize {
    let settings = rule.window.unwrap_or(window::DEFAULT);
    let longest = longest(settings);
    let mut high = part.end.saturating_add(2 * longest).min(text.len());
    // A value that begins before this one has been read to its end.
    let mut certain = if high == text.len() { high } else { part.end + longest };
    // Assertions look at one byte more than a match may hold, on both sides, but not past the line.
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
        if !begins_cleanly(rule, text, start) {
            // Nor does a match begin cleanly at the bytes up to the next one at which any may begin.
            let unclean = (from..part.end).take_while(|&at| !begins_cleanly(rule, text, at)).count();
            work_counter::count(unclean);
            from += unclean;
        } else if found.whole.end - start <= longest {
            sink(found);
        } else if let Some(found) = search(start, high.min(start + longest), Anchored::Yes) {
            sink(found);
        }
    }
    part.end
}
