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

    /// 1-based column of the byte at `offset`, counted in characters; a byte that is not part of
    /// valid UTF-8 counts as one.
    pub fn column(&self, offset: usize, text: &[u8]) -> usize {
        let start = self.start(self.line(offset));
        characters(&text[start..offset.min(text.len())]) + 1
    }
}

/// Characters in `bytes`: UTF-8 scalars, and one for each byte that belongs to none.
fn characters(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_one_based_and_columns_count_characters() {
        let text = "a\nüb\r\n\nz".as_bytes();
        let index = LineIndex::new(text);
        assert_eq!((index.line(0), index.column(0, text)), (1, 1));
        assert_eq!((index.line(4), index.column(4, text)), (2, 2));
        assert_eq!(index.text(2, text), "üb".as_bytes());
        assert_eq!(index.text(3, text), b"");
        assert_eq!((index.line(text.len()), index.column(text.len(), text)), (4, 2));
    }

    #[test]
    fn invalid_bytes_count_one_column_each() {
        let text = b"\xff\xfex";
        assert_eq!(LineIndex::new(text).column(2, text), 3);
    }
}
