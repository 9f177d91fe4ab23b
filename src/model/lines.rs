//! Line numbers for the few places that need them: built once per blob, only when there is a hit.

/// Where the lines of a text begin. Lines end at LF; a CR before it belongs to the line's end.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Reads `text` once.
    pub fn new(text: &[u8]) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1));
        LineIndex { starts }
    }

    /// 1-based line that holds the byte at `offset`.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// Byte offset where the 1-based `line` begins; the last line's start for larger numbers.
    pub fn start(&self, line: usize) -> usize {
        self.starts[line.saturating_sub(1).min(self.starts.len() - 1)]
    }

    /// The bytes of the 1-based `line`, without its line ending.
    pub fn text<'t>(&self, line: usize, text: &'t [u8]) -> &'t [u8] {
        let start = self.start(line).min(text.len());
        let rest = &text[start..];
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let line = &rest[..end];
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// Characters in `bytes`: UTF-8 scalars, and one for each byte that belongs to none.
pub(super) fn characters(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_one_based_and_end_before_their_line_ending() {
        let text = "a\nüb\r\n\nz".as_bytes();
        let index = LineIndex::new(text);
        assert_eq!((index.line(0), index.line(4), index.line(text.len())), (1, 2, 4));
        assert_eq!(index.text(2, text), "üb".as_bytes());
        assert_eq!(index.text(3, text), b"");
    }

    #[test]
    fn invalid_bytes_count_one_character_each() {
        assert_eq!(characters(b"\xff\xfex\xc3\xbc"), 4);
    }
}
