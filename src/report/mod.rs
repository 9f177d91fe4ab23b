//! In: a `ScanReport`. Out: text in one of the formats. Never: the raw value of a secret, unless it was requested.
//!
//! Every format is written from the same `View`, which masks each finding before a format reads it. A new format
//! is one file and one line in the table below.

mod assemble;
mod escape;
mod file;
#[cfg(test)]
mod fixture;
mod format;
mod human;
mod json;
mod json_text;
mod jsonl;
mod options;
mod redact;
mod sarif;
pub mod schema;
pub(crate) mod shell;
#[cfg(test)]
mod tests;
mod verdict;
mod view;

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use crate::model::ScanReport;
use view::View;

pub use escape::terminal_lines;
pub use file::{check_target, replace_file};
pub(crate) use format::grouped;
pub(crate) use json_text::to_pretty_text;
pub use options::ReportOptions;

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

            fn writer(self) -> fn(View<'_>, &ReportOptions, &mut dyn io::Write) -> io::Result<()> {
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
    /// For people: excerpts, help, a verdict line.
    Human = "human" => human::write,
    /// One JSON object.
    Json = "json" => json::write,
    /// JSON Lines, the master format: one record a line, the last one is the summary.
    Jsonl = "jsonl" => jsonl::write,
    /// SARIF 2.1.0 for code scanning services.
    Sarif = "sarif" => sarif::write,
}

impl Format {
    /// Whether `--show-secrets` applies: the report stays with the user. A format that is not listed here never
    /// shows a value.
    fn may_show_secrets(self) -> bool {
        matches!(self, Format::Human | Format::Json | Format::Jsonl)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Writes `report` to `out`. Equal reports give equal bytes; the order of the findings in `report` does not matter.
/// `out` should be buffered, since it gets many small writes.
///
/// # Errors
/// If writing to `out` fails.
pub fn write(
    format: Format,
    report: &ScanReport,
    options: &ReportOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let show_secrets = options.show_secrets && format.may_show_secrets();
    format.writer()(assemble::view(report, show_secrets), options, out)?;
    out.flush()
}

/// Writes `report` to the file at `path`; see [`replace_file`].
///
/// # Errors
/// If the file cannot be written; an existing one is unchanged then.
pub fn write_to_file(
    path: &Path,
    format: Format,
    report: &ScanReport,
    options: &ReportOptions,
) -> io::Result<()> {
    replace_file(path, |out| write(format, report, options, out))
}
