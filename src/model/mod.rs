//! In: no other folder. Out: the types that all other folders share. Never: input, output or settings.

mod command;
mod evidence;
mod finding;
mod fingerprint;
mod grade;
mod location;
pub(crate) mod memory;
mod path;
mod provenance;
mod ref_set;
mod report;
mod secret;
mod status_reason;
mod unscanned;

pub use command::Command;
pub use evidence::{Evidence, Identity};
pub use finding::{Excerpt, Finding, RuleInfo, Status};
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use grade::{Confidence, Severity};
pub use location::{Location, Locator, Position, Span, character_boundary};
pub use path::RepoPath;
pub use provenance::{CommitFacts, ContentKind, Provenance, Timeline};
pub use ref_set::RefSet;
pub use report::{Counts, ScanHeader, ScanReport, StageCounts, Verdict, WorkStats};
pub use secret::Secret;
pub use status_reason::StatusReason;
pub use unscanned::{Unscanned, UnscannedKind};
