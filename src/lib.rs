//! stopleak finds hardcoded secrets before they leave a machine, and audits what already left.
//!
//! The program `stopleak` is a pre-commit hook, a CI job and an audit of a whole history. This crate is the same scanner
//! for other programs: build one [`Scanner`] and scan with it as often as needed, from any thread.
//!
//! ```
//! use stopleak::{Confidence, Scanner};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Finds what the command line reports by default: confidence medium and high.
//! let scanner = Scanner::builder().confidence(Confidence::Medium).build()?;
//!
//! let text = format!("db_url: postgres://app:{}@db.internal/orders\n", "v7Kq2mXw9RtB4nLc");
//! let scan = scanner.scan_at("config/production.yaml", text.as_bytes());
//!
//! assert!(scan.is_complete());
//! let finding = &scan.findings[0];
//! assert_eq!(finding.location.start_line, 1);
//! // The value is masked wherever it is shown.
//! assert_eq!(finding.secret.redacted(), "v7Kq********");
//! # Ok(())
//! # }
//! ```
//!
//! - [`Scanner::scan_bytes`], [`Scanner::scan_at`] and [`Scanner::scan_reader`] scan bytes on the calling thread.
//! - `Scanner::scan_directory` and `Scanner::scan_repository` need the feature `git` and return a [`model::ScanReport`], which
//!   [`report::Format`] renders.
//! - [`RuleSet`] is the set of rules: the built-in ones, or those of a rule file.
//!
//! A scan that could not read or finish something has an [`model::Unscanned`] entry. Never treat it as clean.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `git` | yes | directories and git repositories (libgit2, rayon) |
//! | `cli` | yes | the command line program; implies `git` |
//!
//! With `default-features = false` the crate builds without libgit2 and clap, opens no file and starts no thread.
//!
//! # How the code is laid out
//!
//! ```text
//! Source ──Blob──► decode ──Chunk──► engine: prefilter ─► rule ─► checks ─► Match
//!                                                                            │ + location, provenance
//!                       Reporter ◄── ScanReport ◄── policy ◄── Finding ◄─────┘
//! ```
//!
//! Each box is a folder of `src/`, and each folder imports only what the list puts above it (`tests/architecture.rs` holds
//! these walls); `docs/ARCHITECTURE.md` follows one staged blob and one history through them.
//!
//! - `model`: the shared types: Finding, Location, Provenance, Unscanned, ScanReport.
//! - `rules`: the rules as data: YAML syntax, built-in set, loading and linting.
//! - `engine`: finds matches in one text: `prefilter`, `matching`, `checks`, `heuristics`.
//! - `decode`: stored bytes to text.
//! - `git`: objects, refs, commits, index and diffs of a repository; has no notion of secrets.
//! - `source`: what to read, in which order, and where it comes from.
//! - `policy`: allow comments, baseline, skipped paths.
//! - `report`: one file per output format.
//! - `config`: the configuration file and its layers.
//! - `scan`: runs a target: joins source, decode, engine and policy.
//! - `cli`: the command line, one file per command.
//! - `fuzz`: the fuzz targets, with the feature `fuzzing` only, which is not part of the library.

// Only some of the code has a use without the command line.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unreachable_pub, unused_imports))]

pub mod model;
pub mod report;

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod config;
mod decode;
mod engine;
#[cfg(feature = "fuzzing")]
mod fuzz;
#[cfg(feature = "git")]
mod git;
mod policy;
mod rules;
mod scan;
#[cfg(feature = "git")]
mod source;

pub use model::{Confidence, Finding, Severity};
pub use policy::{Baseline, BaselineError, Entry as BaselineEntry, RandomError};
pub use rules::{LimitError, RuleError, RuleSet};
pub use scan::{Scan, ScanError, Scanner, ScannerBuilder};

/// What the program, the tests and the benchmarks of this package use besides. Not part of the library: anything in here
/// can change in every version.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod internals {
    pub use crate::cli::main;
    pub use crate::config::Config;
    pub use crate::engine::authoring::{examples, sample};
    pub use crate::engine::{Engine, check_pattern};
    #[cfg(feature = "fuzzing")]
    pub use crate::fuzz::{TARGETS, Target};
    pub use crate::rules::syntax::{Check, RuleFile};
    pub use crate::rules::{Rule, load, renamed_fields};
}
