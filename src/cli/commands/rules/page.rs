//! Text for a person at a terminal: headings, paragraphs and lists, as wide as there is room.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use anstyle::Style;

use crate::cli::env::Environment;
use crate::cli::messages;

/// Columns where nobody says how many there are.
const WIDTH: usize = 80;
/// Room for a label.
pub(crate) const LABEL: usize = 13;
/// Longer lines are hard to read.
const WIDEST: usize = 100;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// A page that grows from top to bottom. What is added is made visible: texts can come from rule files that
/// others wrote.
pub(crate) struct Page {
    text: String,
    width: usize,
}

impl Page {
    pub(crate) fn new(env: &Environment) -> Page {
        let width = env.columns.or_else(terminal_width).unwrap_or(WIDTH).clamp(40, WIDEST);
        Page { text: String::new(), width }
    }

    /// A line in bold with an empty one above it.
    pub(crate) fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let _ = writeln!(self.text, "{HEADING}{}{HEADING:#}", messages::visible(text));
    }

    /// Lines of words, all indented by two.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.hanging("  ", text);
    }

    /// The same behind a mark on the first line, such as `  1. `.
    pub(crate) fn hanging(&mut self, mark: &str, text: &str) {
        let text = messages::visible(text);
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

    /// A name, and beside it what belongs to it.
    pub(crate) fn entry(&mut self, label: &str, text: &str) {
        self.hanging(&format!("  {label:<LABEL$} "), text);
    }

    /// A line as it is, to be copied.
    pub(crate) fn verbatim(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.text, "{:indent$}{}", "", messages::visible(line));
        }
    }

    /// Lines that say less than the others; what does not fit is cut.
    pub(crate) fn aside(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let line = cut(&messages::visible(line), self.width - indent);
            let _ = writeln!(self.text, "{:indent$}{FAINT}{line}{FAINT:#}", "");
        }
    }

    /// Prints it, with colours where they are wanted.
    pub(crate) fn print(self) -> io::Result<()> {
        let mut out = anstream::stdout();
        out.write_all(self.text.as_bytes())?;
        out.flush()
    }
}

/// The beginning of `line` that fits; an ellipsis says that some did not.
pub(crate) fn cut(line: &str, room: usize) -> String {
    if line.chars().count() <= room {
        return line.to_owned();
    }
    line.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// Columns of the terminal that stdout is; `None` when it is none, or will not say.
pub(crate) fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|&width| width > 0)
}
