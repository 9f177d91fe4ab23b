//! The lines of the items of a list in a YAML text, for messages.

/// Most items of one list that are searched from the start of the text.
const MAX_FULL_SEARCHES: usize = 16;

/// Finds the items of one list in their order.
pub(super) struct ItemLines<'t> {
    text: &'t str,
    /// End of the last item that was found.
    at: usize,
    /// 1-based line of `at`.
    line: usize,
    /// Number of searches from the start of the text that are left.
    full_searches: usize,
    /// Number of bytes that were read.
    #[cfg(test)]
    read: usize,
}

impl<'t> ItemLines<'t> {
    pub(super) fn new(text: &'t str) -> ItemLines<'t> {
        ItemLines {
            text,
            at: 0,
            line: 1,
            full_searches: MAX_FULL_SEARCHES,
            #[cfg(test)]
            read: 0,
        }
    }

    /// Returns the 1-based number of the first line, from the last item that was found on, that contains `item` as a whole
    /// word outside of comments. `None` for items that YAML writes in another form (escapes, folded lines).
    ///
    /// An item that is not found costs a search of the whole text, so only the first few are searched.
    pub(super) fn line_of(&mut self, item: &str) -> Option<usize> {
        if item.is_empty() || self.full_searches == 0 {
            return None;
        }
        let found = self.find(self.at, self.line, item).or_else(|| {
            self.full_searches -= 1;
            self.find(0, 1, item)
        });
        let (end, line) = found?;
        (self.at, self.line) = (end, line);
        Some(line)
    }

    /// Searches from `start` on, which is in `line`. Returns the end of the item and its line.
    fn find(&mut self, start: usize, mut line: usize, item: &str) -> Option<(usize, usize)> {
        let mut from = start;
        let mut start_of_line = self.text[..start].rfind('\n').map_or(0, |end| end + 1);
        for rest in self.text[start..].split_inclusive('\n') {
            let end = from + rest.len();
            let is_comment = self.text[start_of_line..end].trim_start().starts_with('#');
            let content = rest.trim_end_matches(['\n', '\r']);
            let found = content
                .match_indices(item)
                .map(|(at, _)| from + at)
                .find(|at| !is_comment && self.is_word(*at, at + item.len()));
            #[cfg(test)]
            {
                self.read += found.map_or(end, |at| at + item.len()) - from;
            }
            if let Some(at) = found {
                return Some((at + item.len(), line));
            }
            (from, start_of_line, line) = (end, end, line + 1);
        }
        None
    }

    fn is_word(&self, start: usize, end: usize) -> bool {
        let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '"' | '\'' | '-' | ':');
        let (before, after) = (&self.text[..start], &self.text[end..]);
        before.chars().next_back().is_none_or(is_end)
            && after.chars().next().is_none_or(|c| is_end(c) && c != '-' && c != ':')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_item_is_that_of_the_whole_word() {
        let text = "# aws\nfiles: [aws-key.yaml]\noff: [\"aws\"]\n";
        assert_eq!(ItemLines::new(text).line_of("aws"), Some(3));
        assert_eq!(ItemLines::new(text).line_of("gone"), None);
    }

    #[test]
    fn items_are_found_in_their_order_and_after_one_that_is_not_found() {
        let mut lines = ItemLines::new("a:\n- x\n- \"\\x79\"\n- z\n# y\n- x\n- w\n");
        let found = ["x", "y", "z", "x", "w", "x"].map(|item| lines.line_of(item));
        assert_eq!(found, [Some(2), None, Some(4), Some(6), Some(7), Some(2)]);
    }

    #[test]
    fn the_search_reads_the_text_a_limited_number_of_times() {
        let names: Vec<String> = (0..20_000).map(|number| format!("d{number}/*")).collect();
        let in_lines: String = names.iter().map(|name| format!("- {name}\n")).collect();
        let in_one_line = format!("[{}]", names.join(","));
        for text in [&in_lines, &in_one_line] {
            let mut lines = ItemLines::new(text);
            assert!(names.iter().all(|name| lines.line_of(name).is_some()));
            assert!(lines.read <= text.len(), "{} of {}", lines.read, text.len());
            let mut lines = ItemLines::new(text);
            assert!(names.iter().all(|name| lines.line_of(&format!("no{name}")).is_none()));
            assert!(lines.read <= 2 * MAX_FULL_SEARCHES * text.len(), "{} of {}", lines.read, text.len());
        }
    }
}
