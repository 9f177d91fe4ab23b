//! What each part of the human format needs: the report, the options, and how text is styled.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::report::escape::terminal;
use crate::report::options::ReportOptions;
use crate::report::view::{Finding, View};

pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const NOTE: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const STRONG: Style = Style::new().bold();

/// New findings of one value by one rule, in report order, never empty.
pub(super) type Group<'v> = Vec<&'v Finding>;

/// One report in human form.
pub(super) struct Page<'v> {
    pub(super) view: &'v View<'v>,
    pub(super) options: &'v ReportOptions,
}

impl Page<'_> {
    /// Returns `text` in a style, or unchanged without colours. `text` must be escaped.
    pub(super) fn paint(&self, style: Style, text: impl Display) -> String {
        if self.options.color { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

/// The first twelve digits of an object id.
pub(super) fn short_id(id: &str) -> String {
    terminal(&id.chars().take(12).collect::<String>())
}
