//! Places: byte spans inside one chunk, and what people call line and column.

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
    /// The place of `span` in `text`. An empty span is its first character.
    pub fn of(span: Span, text: &[u8]) -> Location {
        Locator::new(text, Place::default()).locate(span)
    }
}

/// Where one byte stands. Lines end at LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Default for Place {
    /// That of a text's first byte.
    fn default() -> Place {
        Place { line: 1, column: 1 }
    }
}

/// Finds the places of many spans in one text. No list of lines is made: line ends are counted from one
/// span to the next, so spans that come in order cost one reading of the text together, also where all
/// of them stand on one line of many megabytes.
#[derive(Debug)]
pub struct Locator<'t> {
    text: &'t [u8],
    first: Place,
    /// A byte offset whose place is known.
    known: (usize, Place),
}

impl<'t> Locator<'t> {
    /// Begins at the text's first byte, which stands at `first`.
    pub fn new(text: &'t [u8], first: Place) -> Locator<'t> {
        Locator { text, first, known: (0, first) }
    }

    /// The place of `span`; an empty span is its first character.
    pub fn locate(&mut self, span: Span) -> Location {
        let start = self.place(span.start);
        let known = self.known;
        let last = span.end.saturating_sub(1).max(span.start);
        // A column counts whole characters: step back to the first byte of the last one.
        let mut last_start = last;
        while last_start > span.start && self.text.get(last_start).is_some_and(|&byte| is_inner(byte)) {
            last_start -= 1;
        }
        let end = self.place(last_start);
        // The next span may begin inside this one.
        self.known = known;
        Location {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// The place of the byte at `offset`.
    pub fn place(&mut self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        if offset < self.known.0 {
            self.known = (0, self.first);
        }
        let (from, mut place) = self.known;
        let between = &self.text[from..offset];
        place.line += memchr_iter(b'\n', between).count();
        place.column = match memrchr(b'\n', between) {
            Some(line_end) => 1 + characters(&between[line_end + 1..]),
            None => place.column + characters(between),
        };
        self.known = (offset, place);
        place
    }
}

/// Whether the byte is none that a character of UTF-8 begins with.
fn is_inner(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// The last offset up to `offset` at which no character is cut in two: what stands before and behind it
/// has as many characters as both together.
pub fn character_boundary(text: &[u8], offset: usize) -> usize {
    let is_boundary = |at: &usize| text.get(*at).is_none_or(|&byte| !is_inner(byte));
    // A character has at most three such bytes; more of them are no characters' and may be parted.
    (offset.saturating_sub(3)..=offset).rev().find(is_boundary).unwrap_or(offset)
}

/// Characters in `bytes`: UTF-8 scalars, and one for each byte that belongs to none.
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
        let place = Location::of(Span::new(7, 11), text);
        assert_eq!(place, Location { start_line: 1, start_column: 8, end_line: 1, end_column: 9 });
    }

    #[test]
    fn lines_end_at_line_feeds() {
        let text = "a\nüb\r\n\nz".as_bytes();
        let place = |offset| Locator::new(text, Place::default()).place(offset);
        assert_eq!(place(0), Place { line: 1, column: 1 });
        assert_eq!(place(1), Place { line: 1, column: 2 });
        assert_eq!(place(4), Place { line: 2, column: 2 });
        assert_eq!(place(7), Place { line: 3, column: 1 });
        assert_eq!(place(text.len()), Place { line: 4, column: 2 });
    }

    #[test]
    fn invalid_bytes_count_one_character_each() {
        assert_eq!(characters(b"\xff\xfex\xc3\xbc"), 4);
    }

    #[test]
    fn many_spans_are_placed_like_single_ones() {
        let text = "ä-bb ".repeat(50) + "\n" + &"xü ".repeat(20) + "\r\n\n" + &"y".repeat(9);
        let text = text.as_bytes();
        let mut locator = Locator::new(text, Place::default());
        let starts = (0..text.len() - 4).filter(|&at| !is_inner(text[at]));
        // Not all in order.
        for start in starts.clone().chain(starts.step_by(7)) {
            let span = Span::new(start, start + 3);
            assert_eq!(locator.locate(span), Location::of(span, text), "{start}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_in_two_parts_has_the_same_places(
            pieces in proptest::collection::vec(0usize..8, 1..30),
            cut in 0usize..90,
        ) {
            let words: [&[u8]; 8] =
                [b"a", b"\n", b"\r\n", "ü".as_bytes(), "🔑".as_bytes(), b"\xff", b"\x80\x80", b"\xf0\x9f"];
            let text: Vec<u8> = pieces.iter().flat_map(|piece| words[*piece].to_vec()).collect();
            let cut = character_boundary(&text, cut.min(text.len()));
            let place = |offset| Locator::new(&text, Place::default()).place(offset);
            let mut second = Locator::new(&text[cut..], place(cut));
            // Columns inside a character are nobody's.
            for offset in (cut..=text.len()).filter(|&at| character_boundary(&text, at) == at) {
                proptest::prop_assert_eq!(second.place(offset - cut), place(offset), "{} {}", cut, offset);
            }
        }
    }
}
