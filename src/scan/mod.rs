//! In: a `Target` and `Settings`. Out: a `ScanReport`. Never: a format, a stream, or a default of its own.
//!
//! The facade over source, decode, engine and policy. `run` calls the flow of the target (`files`, `texts`, `staged`,
//! `push`, `range`, `history`), and `assemble` turns the outcome of every flow into the report. `scanner` is the library's
//! front door. No module below imports this one. What reads directories or repositories needs the feature `git`.

#[cfg(feature = "git")]
mod assemble;
mod blob;
#[cfg(feature = "git")]
mod changes;
#[cfg(feature = "git")]
mod commit_text;
#[cfg(feature = "git")]
mod deadline;
mod error;
#[cfg(feature = "git")]
mod files;
#[cfg(feature = "git")]
mod history;
#[cfg(feature = "git")]
mod outcome;
#[cfg(feature = "git")]
mod parallel;
#[cfg(feature = "git")]
mod push;
#[cfg(feature = "git")]
mod range;
#[cfg(feature = "git")]
mod run;
mod scanner;
#[cfg(feature = "git")]
mod settings;
#[cfg(feature = "git")]
mod staged;
#[cfg(feature = "git")]
mod target;
#[cfg(all(test, feature = "git"))]
mod testing;
#[cfg(feature = "git")]
mod texts;

#[cfg(feature = "git")]
pub(crate) use crate::source::selection::{RevisionRange, Selection};

#[cfg(feature = "cli")]
pub(crate) use blob::readings::{ReadMatch, merged_matches};
pub use error::ScanError;
#[cfg(feature = "git")]
pub(crate) use run::{report_nothing_scanned, report_unscanned, run, run_selected};
pub use scanner::{Scan, Scanner, ScannerBuilder};
#[cfg(feature = "git")]
pub(crate) use settings::Settings;
#[cfg(feature = "git")]
pub(crate) use target::{Target, Text};

#[cfg(all(test, feature = "git"))]
mod tests;
