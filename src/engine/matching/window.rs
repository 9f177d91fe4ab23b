//! The range of bytes around a hit that a rule's match may cover: the second half of the locality contract (see
//! [`crate::engine`]). The bytes directly beside a match and the words near it are read too: `matcher::context`
//! returns the sum.

use memchr::{memchr, memmem, memrchr};

use crate::model::Span;
use crate::rules::Rule;
use crate::rules::syntax::{Cut, Window};

use crate::engine::work_counter;

/// The window of rules without one.
pub(crate) const DEFAULT: Window = Window { before: 256, after: 1024, cut: Cut::Line, every: false };

/// Returns the range of `text` around the hit at `at` that a match of `rule` may cover.
pub(crate) fn around(text: &[u8], at: usize, rule: &Rule) -> Span {
    let window = rule.window.unwrap_or(DEFAULT);
    let low = at.saturating_sub(window.before);
    let high = at.saturating_add(window.after).min(text.len());
    match window.cut {
        Cut::None => Span::new(low, high),
        // A literal that begins with a line ending belongs to the line after it.
        Cut::Line if text[at] == b'\n' => {
            Span::new(at, line_part(text, at + 1, at + 1, high.max(at + 1)).end)
        }
        Cut::Line => line_part(text, at, low, high),
        Cut::Document => {
            work_counter::count_search(high - low);
            let start = memmem::rfind(&text[low..at], b"\n---").map_or(low, |found| low + found + 1);
            let end = memmem::find(&text[at..high], b"\n---").map_or(high, |found| at + found + 1);
            Span::new(start, end)
        }
    }
}

/// Returns the part of the line around `at` that is in `low..high`, without its line ending.
pub(crate) fn line_part(text: &[u8], at: usize, low: usize, high: usize) -> Span {
    work_counter::count_search(high - low);
    let start = memrchr(b'\n', &text[low..at]).map_or(low, |found| low + found + 1);
    let end = memchr(b'\n', &text[at..high]).map_or(high, |found| at + found);
    let end = if end > at && text[end - 1] == b'\r' { end - 1 } else { end };
    Span::new(start, end)
}

/// Returns the range of `span` and up to `lines` lines on either side, at most `distance` bytes each way.
pub(crate) fn lines_around(text: &[u8], span: Span, lines: usize, distance: usize) -> Span {
    let low = span.start.saturating_sub(distance);
    let high = span.end.saturating_add(distance).min(text.len());
    work_counter::count_search(high - low);
    let mut before = memchr::memrchr_iter(b'\n', &text[low..span.start]);
    let start = before.nth(lines).map_or(low, |found| low + found + 1);
    let mut after = memchr::memchr_iter(b'\n', &text[span.end..high]);
    let end = after.nth(lines).map_or(high, |found| span.end + found);
    Span::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_around_counts_lines_on_both_sides() {
        let text = b"one\ntwo\nthree\nfour\nfive\n";
        let three = Span::new(8, 13);
        assert_eq!(lines_around(text, three, 0, 100).slice(text), b"three");
        assert_eq!(lines_around(text, three, 1, 100).slice(text), b"two\nthree\nfour");
        assert_eq!(lines_around(text, three, 1, 2).slice(text), b"o\nthree\nf");
    }

    #[test]
    fn line_parts_end_before_the_line_ending() {
        let text = b"a\r\nbcd\r\ne";
        assert_eq!(line_part(text, 4, 0, text.len()).slice(text), b"bcd");
        assert_eq!(line_part(text, 4, 4, 5).slice(text), b"c");
    }
}
