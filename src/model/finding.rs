//! One value at one location, as the scan reports it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::fingerprint::Fingerprint;
use super::grade::{Confidence, Severity};
use super::location::Location;
use super::provenance::Provenance;
use super::secret::Secret;
use super::status_reason::StatusReason;

/// What a finding contains about its rule. Shared by all findings of the rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleInfo {
    /// Kebab-case id, never reused.
    pub id: String,
    /// What the token is, for people.
    pub name: String,
    /// The company or project that issues it.
    pub provider: String,
    /// What a developer should do, in one or two sentences.
    pub help: String,
    /// How the owner revokes it.
    pub revoke: Option<String>,
    /// Where the owner revokes it.
    pub revoke_url: Option<String>,
}

/// Whether a finding can block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// New and not suppressed: may block.
    New,
    /// The previous content has the value too: does not block.
    Old,
    /// Suppressed by an allow comment or the baseline: does not block.
    Suppressed,
}

impl Status {
    /// The lower-case word used in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Old => "old",
            Status::Suppressed => "suppressed",
        }
    }
}

/// A secret value at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Arc<RuleInfo>,
    /// How much damage a leak does, from the rule; a check may lower it (encrypted keys).
    pub severity: Severity,
    /// How certain it is that the value is a secret, after all checks.
    pub confidence: Confidence,
    /// The facts that decided the confidence, in a fixed order.
    pub why: Vec<Evidence>,
    /// The value. Masked in every output.
    pub secret: Secret,
    /// Keyed hash of rule and value.
    pub fingerprint: Fingerprint,
    /// Where in the text of the content.
    pub location: Location,
    /// The line of the value's first byte, with every secret on it masked, and truncated around the value if it is
    /// long. Untrusted text: reporters escape it.
    pub excerpt: Excerpt,
    /// Which file, commit and refs.
    pub provenance: Provenance,
    /// Whether it can block.
    pub status: Status,
    /// Why it is old or suppressed, or why an allow comment next to it has no effect.
    pub status_reason: Option<StatusReason>,
}

/// A masked line of context.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The masked text without line ending. May contain control characters.
    pub text: String,
    /// 0-based character offset in `text` where the masked value begins.
    pub start: usize,
    /// 0-based character offset one past the masked value.
    pub end: usize,
}

impl Finding {
    /// The sort order of every report: by path, location, rule, then commit. Equal input gives equal order.
    pub fn sort_key(&self) -> impl Ord + '_ {
        let commit = self.provenance.first_commit.as_ref().map(|commit| commit.id.as_str());
        (
            &self.provenance.path,
            self.provenance.content_kind,
            self.location,
            self.rule.id.as_str(),
            commit,
            self.provenance.object.as_deref(),
            &self.fingerprint,
        )
    }
}
