//! How deep the lists and mappings of a YAML text are nested, found without a parser.
//!
//! libyaml compares every token with every open bracket, so 100,000 open brackets keep it busy for minutes. Brackets
//! inside quotes, comments, block scalars and unquoted text are no brackets; where the text is ambiguous, they count.

/// Returns whether a list or mapping of `text` is nested more than `limit` deep, by brackets or by indentation. Reads each
/// byte once.
pub(super) fn is_deeper_than(text: &str, limit: usize) -> bool {
    let mut reader = Reader { text: text.as_bytes(), at: 0, brackets: 0, limit };
    while reader.at < reader.text.len() {
        if reader.line() {
            return true;
        }
    }
    false
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// Number of open brackets.
    brackets: usize,
    limit: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Reads the rest of the line, and the lines that belong to its quoted texts and block scalars. Returns whether the
    /// limit is exceeded.
    fn line(&mut self) -> bool {
        let indent = self.text[self.at..].iter().take_while(|byte| **byte == b' ').count();
        self.at += indent;
        // Whether a value can begin here: a bracket or quote elsewhere belongs to unquoted text.
        let mut is_start = true;
        // `- - - a` opens three lists in one line.
        let mut dashes = 0;
        while let Some(byte) = self.byte() {
            self.at += 1;
            let is_end = self.byte().is_none_or(|next| next.is_ascii_whitespace());
            match byte {
                b'\n' => return false,
                b' ' | b'\t' | b'\r' => continue,
                b'#' if self.at < 2 || self.text[self.at - 2].is_ascii_whitespace() => {
                    self.skip_line();
                    return false;
                }
                b'[' | b'{' if is_start || self.brackets > 0 => {
                    self.brackets += 1;
                    is_start = true;
                }
                b']' | b'}' => {
                    self.brackets = self.brackets.saturating_sub(1);
                    is_start = false;
                }
                b',' if self.brackets > 0 => is_start = true,
                b'"' | b'\'' if is_start => {
                    self.skip_quoted(byte);
                    is_start = false;
                }
                b'-' | b'?' if is_start && is_end => dashes += 1,
                b':' if is_end || self.brackets > 0 => is_start = true,
                b'|' | b'>' if is_start && self.brackets == 0 => {
                    self.skip_line();
                    self.skip_block(indent + dashes);
                    return false;
                }
                // A tag, `&name` or `*name` can come before a value.
                b'!' | b'&' | b'*' if is_start => {
                    while self
                        .byte()
                        .is_some_and(|next| !next.is_ascii_whitespace() && !b"[]{},".contains(&next))
                    {
                        self.at += 1;
                    }
                }
                _ => is_start = false,
            }
            // Each level of indentation is at least one column.
            if self.brackets + dashes > self.limit {
                return true;
            }
        }
        false
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    }

    /// Skips the rest of a quoted text, to any line.
    fn skip_quoted(&mut self, quote: u8) {
        while let Some(byte) = self.byte() {
            self.at += 1;
            match byte {
                b'\\' if quote == b'"' => self.at += 1,
                b'\'' if quote == b'\'' && self.byte() == Some(b'\'') => self.at += 1,
                byte if byte == quote => return,
                _ => {}
            }
        }
    }

    /// Skips the lines of a block scalar: the empty ones and those that are indented more than `indent`.
    fn skip_block(&mut self, indent: usize) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let own = rest.iter().take_while(|byte| **byte == b' ').count();
            let is_empty = matches!(rest.get(own), None | Some(b'\n' | b'\r'));
            if own <= indent && !is_empty {
                return;
            }
            self.skip_line();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_deep(text: &str) -> bool {
        is_deeper_than(text, 3)
    }

    #[test]
    fn brackets_and_dashes_count() {
        for text in [
            "[[[[",
            "a: [[[[]]]]",
            "a: {b: {c: {d: {",
            "a: [\n[\n[\n[",
            "- - - - a",
            "? [ x, [ y:[ ! [",
            "a: 'it''s' \nb: [\"\\\"\", [[[",
            "a: |\n  [[[[\n b\n  c\nd: [[[[",
            "a: &x [*x, [ [ !t [",
            "a:\n- \"[\n  [\"\n- [[[[",
        ] {
            assert!(is_deep(text), "{text}");
        }
    }

    #[test]
    fn brackets_in_text_do_not_count() {
        for text in [
            "[[[]]]",
            "[[]]\n[[]]\n[[]]",
            "a: '[[[[ '' [[[['",
            "a: \"[[[[ \\\" [[[[\"",
            "a: x[[[[",
            "a: x # [[[[",
            "# [[[[",
            "a: |\n  [[[[\n\n  [[[[\nb: c",
            "- a: >-\n    [[[[\n  b: c",
            "a: 'x\n  [[[[\n  '",
            "- [a]\n- [b]\n- [c]\n- [d]\n- [e]",
        ] {
            assert!(!is_deep(text), "{text}");
        }
    }

    #[test]
    fn no_built_in_rule_file_is_refused() {
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "yaml") {
                    let text = std::fs::read_to_string(&path).expect("a text");
                    assert!(!is_deeper_than(&text, 8), "{}", path.display());
                }
            }
        }
    }
}
