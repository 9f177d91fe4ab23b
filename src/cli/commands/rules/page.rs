//! Text for a terminal: headings, paragraphs and lists, wrapped to its width.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use anstyle::Style;

use crate::cli::env::Environment;
use crate::cli::messages;

/// Width in columns where the terminal's is unknown.
const DEFAULT_WIDTH: usize = 80;
/// Width in columns of a label.
pub(crate) const LABEL_WIDTH: usize = 13;
/// Greatest width in columns: longer lines are hard to read.
const MAX_WIDTH: usize = 100;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// A page that is written from top to bottom. Control characters in its texts are made visible: the texts can
/// come from rule files of other people.
pub(crate) struct Page {
    text: String,
    width: usize,
    /// Whether values in its texts are masked.
    is_masked: bool,
}

impl Page {
    /// Creates an empty page. With `is_masked`, values in its texts are masked: patterns of built-in rules contain none, but
    /// some look like it.
    pub(crate) fn new(env: &Environment, is_masked: bool) -> Page {
        let width = env.columns.or_else(terminal_width).unwrap_or(DEFAULT_WIDTH).clamp(40, MAX_WIDTH);
        Page { text: String::new(), width, is_masked }
    }

    fn shown(&self, text: &str) -> String {
        if self.is_masked { messages::shown(text) } else { messages::visible(text) }
    }

    /// Appends a line in bold, after an empty line.
    pub(crate) fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let _ = writeln!(self.text, "{HEADING}{}{HEADING:#}", self.shown(text));
    }

    /// Appends wrapped lines, indented by two.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.hanging("  ", text);
    }

    /// Appends wrapped lines, of which the first begins with `mark`, such as `  1. `, and the others are
    /// indented by its width.
    pub(crate) fn hanging(&mut self, mark: &str, text: &str) {
        let text = self.shown(text);
        let indent = mark.chars().count();
        let mut line = mark.to_owned();
        let mut length = indent;
        for word in text.split_whitespace() {
            let needed = word.chars().count() + usize::from(length > indent);
            if length > indent && length + needed > self.width {
                let _ = writeln!(self.text, "{}", line.trim_end());
                line = " ".repeat(indent);
                length = indent;
            }
            if length > indent {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += word.chars().count();
        }
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    /// Appends a label and beside it a wrapped text.
    pub(crate) fn entry(&mut self, label: &str, text: &str) {
        self.hanging(&format!("  {label:<LABEL_WIDTH$} "), text);
    }

    /// Appends lines without wrapping them, so that they can be copied.
    pub(crate) fn verbatim(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.text, "{:indent$}{}", "", self.shown(line));
        }
    }

    /// Appends lines in a faint style. What exceeds the width is cut off.
    pub(crate) fn aside(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let line = cut(&self.shown(line), self.width - indent);
            let _ = writeln!(self.text, "{:indent$}{FAINT}{line}{FAINT:#}", "");
        }
    }

    /// Prints the page, with styles where stdout supports them.
    pub(crate) fn print(self) -> io::Result<()> {
        let mut out = anstream::stdout();
        out.write_all(self.text.as_bytes())?;
        out.flush()
    }
}

/// Returns `line`, or the beginning of it with an ellipsis when it has more than `max_width` characters.
pub(crate) fn cut(line: &str, max_width: usize) -> String {
    if line.chars().count() <= max_width {
        return line.to_owned();
    }
    line.chars().take(max_width.saturating_sub(1)).chain(['…']).collect()
}

/// Returns the width in columns of the terminal that stdout is; `None` when stdout is no terminal or its
/// width is unknown.
pub(crate) fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|&width| width > 0)
}
