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
        Locator::new(lines, text).locate(span)
    }
}

/// Finds the places of many spans in one text. Spans that come in order cost one reading of the
/// text together, also where all of them stand on one line of many megabytes.
#[derive(Debug)]
pub struct Locator<'t> {
    lines: &'t LineIndex,
    text: &'t [u8],
    /// A byte offset whose line and column are known.
    known: (usize, usize, usize),
}

impl<'t> Locator<'t> {
    /// Begins at the text's start.
    pub fn new(lines: &'t LineIndex, text: &'t [u8]) -> Locator<'t> {
        Locator { lines, text, known: (0, 1, 1) }
    }

    /// The place of `span`; an empty span is its first character.
    pub fn locate(&mut self, span: Span) -> Location {
        let (start_line, start_column) = self.place(span.start);
        let known = self.known;
        let last = span.end.saturating_sub(1).max(span.start);
        // A column counts whole characters: step back to the first byte of the last one.
        let mut last_start = last;
        while last_start > span.start && self.text.get(last_start).is_some_and(|byte| byte & 0xC0 == 0x80) {
            last_start -= 1;
        }
        let (end_line, end_column) = self.place(last_start);
        // The next span may begin inside this one.
        self.known = known;
        Location { start_line, start_column, end_line, end_column }
    }

    fn place(&mut self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.lines.line(offset);
        let (known, known_line, known_column) = self.known;
        let (from, column) = if line == known_line && known <= offset {
            (known, known_column)
        } else {
            (self.lines.start(line), 1)
        };
        let column = column + super::lines::characters(&self.text[from..offset]);
        self.known = (offset, line, column);
        (line, column)
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

    #[test]
    fn many_spans_on_one_line_are_placed_like_single_ones() {
        let text = "ä-bb ".repeat(50) + "\n" + &"xü ".repeat(20);
        let text = text.as_bytes();
        let lines = LineIndex::new(text);
        let mut locator = Locator::new(&lines, text);
        for start in (0..text.len() - 4).filter(|&at| text[at] & 0xC0 != 0x80) {
            let span = Span::new(start, start + 3);
            assert_eq!(locator.locate(span), Location::of(span, &lines, text), "{start}");
        }
    }
}
