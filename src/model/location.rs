//! Byte spans inside one chunk, and lines and columns.

use memchr::{memchr_iter, memrchr};

/// A half-open byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Creates the span `start..end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it has no bytes.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two spans have a byte in common.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether every byte of `other` is in this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Returns the bytes of `text` in this span.
    pub fn slice(self, text: &[u8]) -> &[u8] {
        &text[self.start..self.end]
    }
}

/// A span in lines and columns, both from 1. Columns count characters, and both ends are inclusive.
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
    /// Returns the location of `span` in `text`. An empty span is located at its first character.
    pub fn from_span(span: Span, text: &[u8]) -> Location {
        Locator::new(text, Position::default()).locate(span)
    }
}

/// The line and column of one byte. Lines end at LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Default for Position {
    /// The position of the first byte of a text.
    fn default() -> Position {
        Position { line: 1, column: 1 }
    }
}

/// Converts many spans of one text to locations. There is no list of lines: line endings are counted from one span to
/// the next, so spans in ascending order need one pass over the text, even if all of them are on one line of many
/// megabytes.
#[derive(Debug)]
pub struct Locator<'t> {
    text: &'t [u8],
    first: Position,
    /// A byte offset with its position.
    known: (usize, Position),
}

impl<'t> Locator<'t> {
    /// Creates a locator for `text`, whose first byte is at `first`.
    pub fn new(text: &'t [u8], first: Position) -> Locator<'t> {
        Locator { text, first, known: (0, first) }
    }

    /// Returns the location of `span`. An empty span is located at its first character.
    pub fn locate(&mut self, span: Span) -> Location {
        let start = self.position(span.start);
        let known = self.known;
        let last = span.end.saturating_sub(1).max(span.start);
        // A column counts whole characters: step back to the first byte of the last one.
        let mut last_start = last;
        while last_start > span.start && self.text.get(last_start).is_some_and(|&byte| is_continuation(byte))
        {
            last_start -= 1;
        }
        let end = self.position(last_start);
        // The next span may begin inside this one.
        self.known = known;
        Location {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// Returns the position of the byte at `offset`.
    pub fn position(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        if offset < self.known.0 {
            self.known = (0, self.first);
        }
        let (from, mut position) = self.known;
        let between = &self.text[from..offset];
        position.line += memchr_iter(b'\n', between).count();
        position.column = match memrchr(b'\n', between) {
            Some(line_end) => 1 + characters(&between[line_end + 1..]),
            None => position.column + characters(between),
        };
        self.known = (offset, position);
        position
    }
}

/// Whether the byte is a continuation byte of UTF-8.
fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Returns the last offset up to `offset` that is not inside a UTF-8 character, so that the two parts of `text` have as
/// many characters as the whole.
pub fn character_boundary(text: &[u8], offset: usize) -> usize {
    let is_boundary = |at: &usize| text.get(*at).is_none_or(|&byte| !is_continuation(byte));
    // A character has at most three continuation bytes; a longer run is not part of a character and can be split.
    (offset.saturating_sub(3)..=offset).rev().find(is_boundary).unwrap_or(offset)
}

/// Number of characters in `bytes`: UTF-8 scalar values, and one for each byte that is not part of one.
fn characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().count(),
        Err(_) => {
            bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_is_inclusive_and_counts_characters() {
        let text = "key = 'äö'\n".as_bytes();
        let location = Location::from_span(Span::new(7, 11), text);
        assert_eq!(location, Location { start_line: 1, start_column: 8, end_line: 1, end_column: 9 });
    }

    #[test]
    fn lines_end_at_line_feeds() {
        let text = "a\nüb\r\n\nz".as_bytes();
        let position = |offset| Locator::new(text, Position::default()).position(offset);
        assert_eq!(position(0), Position { line: 1, column: 1 });
        assert_eq!(position(1), Position { line: 1, column: 2 });
        assert_eq!(position(4), Position { line: 2, column: 2 });
        assert_eq!(position(7), Position { line: 3, column: 1 });
        assert_eq!(position(text.len()), Position { line: 4, column: 2 });
    }

    #[test]
    fn invalid_bytes_count_one_character_each() {
        assert_eq!(characters(b"\xff\xfex\xc3\xbc"), 4);
    }

    #[test]
    fn many_spans_have_the_same_locations_as_single_ones() {
        let text = "ä-bb ".repeat(50) + "\n" + &"xü ".repeat(20) + "\r\n\n" + &"y".repeat(9);
        let text = text.as_bytes();
        let mut locator = Locator::new(text, Position::default());
        let starts = (0..text.len() - 4).filter(|&at| !is_continuation(text[at]));
        // Some of them not in order.
        for start in starts.clone().chain(starts.step_by(7)) {
            let span = Span::new(start, start + 3);
            assert_eq!(locator.locate(span), Location::from_span(span, text), "{start}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_in_two_parts_has_the_same_positions(
            pieces in proptest::collection::vec(0usize..8, 1..30),
            cut in 0usize..90,
        ) {
            let words: [&[u8]; 8] =
                [b"a", b"\n", b"\r\n", "ü".as_bytes(), "🔑".as_bytes(), b"\xff", b"\x80\x80", b"\xf0\x9f"];
            let text: Vec<u8> = pieces.iter().flat_map(|piece| words[*piece].to_vec()).collect();
            let cut = character_boundary(&text, cut.min(text.len()));
            let position = |offset| Locator::new(&text, Position::default()).position(offset);
            let mut second = Locator::new(&text[cut..], position(cut));
            // Offsets inside a character have no defined column.
            for offset in (cut..=text.len()).filter(|&at| character_boundary(&text, at) == at) {
                proptest::prop_assert_eq!(second.position(offset - cut), position(offset), "{} {}", cut, offset);
            }
        }
    }
}
