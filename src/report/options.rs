//! Options that apply to several formats.

/// How a report is written. A format ignores the options that do not apply to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// ANSI colours in the human format. The caller decides whether the output is a terminal.
    pub color: bool,
    /// Raw values in the human, json and jsonl formats. Formats for servers never show them.
    pub show_secrets: bool,
    /// Human format: findings and unscanned entries only; no counts of old and suppressed findings, no verdict when
    /// clean.
    pub quiet: bool,
    /// Columns of the terminal, for the excerpts of the human format; 120 when unknown.
    pub width: Option<usize>,
}
