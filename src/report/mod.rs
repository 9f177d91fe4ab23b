//! In: a `ScanReport`. Out: text in one of the formats. Never: a secret's raw value, unless asked to show it.
//!
//! Every format is written from the same [`Document`]: what is masked is masked once, before any format
//! sees it. A new format is one file and one line in the table below.

mod escape;
mod file;
#[cfg(test)]
mod fixture;
mod format;
mod human;
mod json;
mod jsonl;
mod redact;
mod sarif;
pub mod schema;
pub(crate) mod shell;
#[cfg(test)]
mod tests;
mod verdict;

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::model::ScanReport;

pub use escape::terminal_lines;
pub use file::{replace_file, write_to_file};
pub(crate) use format::grouped;
pub use schema::Document;

/// How a report is written. What does not apply to a format is ignored by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// ANSI colours in the human format. The caller knows whether the output is a terminal.
    pub color: bool,
    /// Raw values in the human, json and jsonl formats. Formats made for servers never show them.
    pub show_secrets: bool,
    /// Human format: findings and coverage alone; no counts of old and allowed ones, no verdict when clean.
    pub quiet: bool,
    /// Columns of the terminal, for the human format's excerpts; 120 when unknown.
    pub width: Option<usize>,
}

macro_rules! formats {
    ($($(#[$meta:meta])* $variant:ident = $word:literal => $write:path),+ $(,)?) => {
        /// An output format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Format { $($(#[$meta])* $variant),+ }

        impl Format {
            /// Every format, in the order of the documentation.
            pub const ALL: &'static [Format] = &[$(Format::$variant),+];

            /// The word used on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Format::$variant => $word),+ }
            }

            fn writer(self) -> fn(&Document, &ReportOptions, &mut dyn io::Write) -> io::Result<()> {
                match self { $(Format::$variant => $write),+ }
            }
        }

        impl FromStr for Format {
            type Err = String;
            fn from_str(word: &str) -> Result<Format, String> {
                match word {
                    $($word => Ok(Format::$variant),)+
                    _ => Err(format!("expected one of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

formats! {
    /// For a person: code frames, help, a verdict line.
    Human = "human" => human::write,
    /// One JSON object.
    Json = "json" => json::write,
    /// JSON Lines, the master format: one record a line, the last one is the summary.
    Jsonl = "jsonl" => jsonl::write,
    /// SARIF 2.1.0 for code scanning services.
    Sarif = "sarif" => sarif::write,
}

impl Format {
    /// Formats that stay with the person who asked. A format that is not named here never shows a value.
    fn may_show_secrets(self) -> bool {
        matches!(self, Format::Human | Format::Json | Format::Jsonl)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Writes `report` to `out`. Equal reports give equal bytes; the order of the findings in `report` does
/// not matter. `out` is written in small pieces: hand in something buffered.
pub fn write(
    format: Format,
    report: &ScanReport,
    options: &ReportOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let show_secrets = options.show_secrets && format.may_show_secrets();
    format.writer()(&Document::new(report, show_secrets), options, out)?;
    out.flush()
}
