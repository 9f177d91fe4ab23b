//! One value at one place, as it leaves the scan.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::grade::{Confidence, Severity};
use super::location::Location;
use super::provenance::Provenance;
use super::secret::Secret;

/// What a finding tells about the rule that made it. Shared by all findings of the rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleInfo {
    /// Kebab-case id, never reused.
    pub id: String,
    /// What the token is, for people.
    pub name: String,
    /// Who issues it.
    pub provider: String,
    /// What a developer should do, in a sentence or two.
    pub help: String,
    /// How the owner revokes it.
    pub revoke: Option<String>,
    /// Where the owner revokes it.
    pub revoke_url: Option<String>,
}

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// New and not allowed by anyone: may block.
    New,
    /// The content it replaces already held it: a note.
    Old,
    /// Allowed by an inline mark, the configuration or the baseline.
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

/// Begins the phrase in [`Finding::why`] that says that the value stands in a name or mail. Whose follows.
pub const IN_PEOPLE: &str = "in the name or mail of the";

/// A secret value at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Arc<RuleInfo>,
    /// Damage, from the rule (a check may have lowered it: encrypted keys).
    pub severity: Severity,
    /// Truth, after all checks.
    pub confidence: Confidence,
    /// The proofs and evidence that held, short phrases in a fixed order.
    pub why: Vec<String>,
    /// The value. Masked in every output.
    pub secret: Secret,
    /// Keyed hash of rule and value.
    pub fingerprint: Fingerprint,
    /// Where in the carrier's text.
    pub location: Location,
    /// The line that holds the value's start, every secret on it already masked, cut to a window
    /// around the value when it is long. Untrusted text: reporters escape it.
    pub excerpt: Excerpt,
    /// Which file, commit, ref.
    pub provenance: Provenance,
    /// Whether it counts.
    pub status: Status,
    /// Why it is suppressed or old, where it is.
    pub status_reason: Option<String>,
}

/// A masked line of context.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The masked text, valid UTF-8, without line ending; control characters still in it.
    pub text: String,
    /// 0-based character offset in `text` where the masked value begins.
    pub start: usize,
    /// 0-based character offset one past the masked value.
    pub end: usize,
}

impl Finding {
    /// The order of every report: by path, place, rule, then commit. Total for equal input.
    pub fn sort_key(&self) -> impl Ord + '_ {
        let commit = self.provenance.first_commit.as_ref().map(|commit| commit.id.as_str());
        (
            &self.provenance.path,
            self.provenance.carrier,
            self.location,
            self.rule.id.as_str(),
            commit,
            self.provenance.object.as_deref(),
            &self.fingerprint,
        )
    }
}
