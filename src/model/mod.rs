//! In: nothing of ours. Out: the words that all other folders share. Never: input, output or settings.

mod finding;
mod fingerprint;
mod grade;
mod location;
mod path;
mod provenance;
mod ref_set;
mod report;
mod secret;
mod unscanned;

pub use finding::{Excerpt, Finding, IN_PEOPLE, RuleInfo, Status};
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use grade::{Confidence, Severity};
pub use location::{Location, Locator, Place, Span, character_boundary};
pub use path::RepoPath;
pub use provenance::{Carrier, CommitFacts, Life, Provenance};
pub use ref_set::RefSet;
pub use report::{Counts, Effort, ScanHeader, ScanReport, StageCounts, Verdict};
pub use secret::Secret;
pub use unscanned::{Coverage, CoverageKind};
