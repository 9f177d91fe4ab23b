//! Places: byte spans inside one chunk, and what people call line and column.

use super::lines::LineIndex;

/// A half-open byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// `start..end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// Bytes covered.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share a byte.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether every byte of `other` is in this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes of `text` that it covers.
    pub fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start..self.end]
    }
}

/// A span as people read it: lines and columns from 1, columns in characters, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// Line of the first character.
    pub start_line: usize,
    /// Column of the first character.
    pub start_column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column of the last character.
    pub end_column: usize,
}

impl Location {
    /// The place of `span` in `text`, whose lines `lines` knows. An empty span is its first character.
    pub fn of(span: Span, lines: &LineIndex, text: &[u8]) -> Location {
        let last = span.end.saturating_sub(1).max(span.start);
        // A column counts whole characters: step back to the first byte of the last one.
        let mut last_start = last;
        while last_start > span.start && text.get(last_start).is_some_and(|byte| byte & 0xC0 == 0x80) {
            last_start -= 1;
        }
        Location {
            start_line: lines.line(span.start),
            start_column: lines.column(span.start, text),
            end_line: lines.line(last_start),
            end_column: lines.column(last_start, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_is_inclusive_and_counts_characters() {
        let text = "key = 'äö'\n".as_bytes();
        let lines = LineIndex::new(text);
        let place = Location::of(Span::new(7, 11), &lines, text);
        assert_eq!(place, Location { start_line: 1, start_column: 8, end_line: 1, end_column: 9 });
    }
}
