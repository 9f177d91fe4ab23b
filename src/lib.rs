//! stopleak finds hardcoded secrets before they leave a machine, and audits what already left.
//!
//! ```text
//! Source ──Blob──► decode ──Chunk──► engine: anchors ─► rule ─► proof ─► Match
//!                                                                         │ + location, provenance
//!                     Reporter ◄── ScanReport ◄── policy ◄── Finding ◄────┘
//! ```
//!
//! Each box is a folder, and each folder may import only what the picture puts before it
//! (`tests/architecture.rs` holds these walls):
//!
//! - [`model`]: the words everybody shares: Finding, Location, Provenance, Coverage, ScanReport.
//! - [`rules`]: what to look for, as data: the YAML syntax, the built-in set, loading and checking.
//! - [`engine`]: finds matches in one chunk of bytes; knows nothing of git, files or settings.
//! - [`decode`]: turns stored bytes into chunks of text with a way back to the stored offsets.
//! - [`git`]: bytes and ids out of a repository; knows nothing of secrets.
//! - [`source`]: what to read, in which order, and where it came from.
//! - [`policy`]: what is allowed, what is old, what blocks.
//! - [`report`]: one file per output format.
//! - [`config`]: the configuration file.
//! - [`scan`]: joins the boxes for one run.
//! - [`cli`]: the command line.

pub mod config;
pub mod decode;
pub mod engine;
pub mod git;
pub mod model;
pub mod policy;
pub mod report;
pub mod rules;
pub mod scan;
pub mod source;
