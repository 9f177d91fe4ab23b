//! In: a finding and the text around it. Out: its status. Never: reading a file, or dropping a finding:
//! what is allowed stays in the report as suppressed.
//!
//! Nothing here looks at the name of a file to decide whether a *value* may stay. The only thing that is
//! known by path is what the user lists in `skip-paths`, and that is counted in the report.

mod allow_comments;
mod baseline;
mod paths;
mod role;

pub use allow_comments::Surroundings;
pub use baseline::{Baseline, BaselineError, Entry, RandomError};
pub use paths::{GlobError, SkipPaths};
pub use role::Role;

use crate::model::{Finding, FingerprintKey, RepoPath, Status};

/// What is allowed to stay, resolved for one run.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Files that are not read.
    pub skip: SkipPaths,
    /// Known findings, and the key of all fingerprints.
    pub baseline: Baseline,
    /// Whose `stopleak:allow` marks count.
    pub marks: Marks,
}

/// Whose marks count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marks {
    /// Everybody's.
    #[default]
    Trusted,
    /// Not those that come with the text that is judged: they are told, and change nothing.
    Told,
}

/// How the reason of a finding begins of which only a mark says that it may stay that does not count.
pub const ALLOWS_ITSELF: &str = "allowed by this change itself, which does not count";

impl Default for Policy {
    /// Reads every file, knows no finding, honours marks.
    fn default() -> Policy {
        Policy { skip: SkipPaths::default(), baseline: Baseline::default(), marks: Marks::Trusted }
    }
}

impl Policy {
    /// Whether the user wants the file at `path` left out.
    pub fn skips(&self, path: &RepoPath) -> bool {
        self.skip.matches(path)
    }

    /// The key that the fingerprints of this run are made with.
    pub fn key(&self) -> &FingerprintKey {
        self.baseline.key()
    }

    /// Suppresses `finding` if something allows it, and says what in its `status_reason`.
    ///
    /// The first that applies wins: an inline mark (it stands beside the value and gives a reason), then the
    /// baseline. An old finding is left alone: it does not block, and why it is old is worth more than why
    /// it might be allowed. A mark that is meant for the finding and lacks something leaves it new and says
    /// what is missing, as does one whose author is not trusted.
    pub fn judge(&self, finding: &mut Finding, around: &Surroundings<'_>) {
        if finding.status != Status::New {
            return;
        }
        let mark = allow_comments::find(&finding.rule.id, &finding.secret, around);
        let (status, reason) = match (mark, self.baseline.allows(finding)) {
            (allow_comments::Mark::Allows { reason }, _) if self.marks == Marks::Trusted => {
                (Status::Suppressed, format!("inline: {reason}"))
            }
            (_, Some(reason)) => (Status::Suppressed, reason),
            (allow_comments::Mark::Allows { reason }, None) => {
                (Status::New, format!("{ALLOWS_ITSELF}: {reason}"))
            }
            (allow_comments::Mark::Refused { why }, None) => (Status::New, why),
            (allow_comments::Mark::Absent, None) => return,
        };
        finding.status = status;
        finding.status_reason = Some(reason);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Confidence, Excerpt, Fingerprint, Location, Provenance, RuleInfo, Secret, Severity, Span,
    };

    fn finding(text: &str, value: &str, key: &FingerprintKey) -> (Finding, Span) {
        let start = text.find(value).expect("the value is in the text");
        let span = Span::new(start, start + value.len());
        let secret = Secret::new(value);
        let rule = RuleInfo {
            id: "demo-token".into(),
            name: "Demo".into(),
            provider: "Demo".into(),
            help: "Rotate it.".into(),
            revoke: None,
            revoke_url: None,
        };
        let finding = Finding {
            fingerprint: Fingerprint::new(key, &rule.id, &secret),
            rule: Arc::new(rule),
            severity: Severity::High,
            confidence: Confidence::High,
            why: Vec::new(),
            secret,
            location: Location::of(span, text.as_bytes()),
            excerpt: Excerpt::default(),
            provenance: Provenance::file(RepoPath::new("a.txt")),
            status: Status::New,
            status_reason: None,
        };
        (finding, span)
    }

    fn judged(policy: &Policy, text: &str, status: Status) -> (Status, Option<String>) {
        let (mut finding, span) = finding(text, "v4lue", policy.key());
        finding.status = status;
        let around = Surroundings { text: text.as_bytes(), value: span, secrets: &[span] };
        policy.judge(&mut finding, &around);
        (finding.status, finding.status_reason)
    }

    fn with_baseline(value: &str) -> Policy {
        let mut policy = Policy::default();
        let fingerprint = Fingerprint::new(policy.key(), "demo-token", &Secret::new(value));
        policy.baseline.insert(fingerprint, "demo-token");
        policy
    }

    #[test]
    fn a_mark_wins_over_the_baseline_and_a_refused_mark_leaves_it_to_the_baseline() {
        let known = with_baseline("v4lue");
        let marked = "k = v4lue # stopleak:allow demo-token test data";
        let refused = "k = v4lue # stopleak:allow demo-token";
        assert_eq!(
            judged(&known, marked, Status::New),
            (Status::Suppressed, Some("inline: test data".into()))
        );
        assert_eq!(judged(&known, refused, Status::New), (Status::Suppressed, Some("baseline".into())));
        let (status, why) = judged(&Policy::default(), refused, Status::New);
        assert_eq!(status, Status::New);
        assert!(why.expect("it says so").contains("no reason"));
    }

    #[test]
    fn a_baseline_suppresses_its_own_value_and_no_other() {
        assert_eq!(judged(&with_baseline("v4lue"), "v4lue", Status::New).0, Status::Suppressed);
        assert_eq!(judged(&with_baseline("v4luf"), "v4lue", Status::New), (Status::New, None));
    }

    #[test]
    fn old_findings_are_left_alone_and_marks_of_the_untrusted_are_told() {
        let marked = "k = v4lue # stopleak:allow demo-token test data";
        assert_eq!(judged(&with_baseline("v4lue"), marked, Status::Old), (Status::Old, None));
        let strict = Policy { marks: Marks::Told, ..Policy::default() };
        let told = format!("{ALLOWS_ITSELF}: test data");
        assert_eq!(judged(&strict, marked, Status::New), (Status::New, Some(told)));
        let known = Policy { marks: Marks::Told, ..with_baseline("v4lue") };
        assert_eq!(judged(&known, marked, Status::New), (Status::Suppressed, Some("baseline".into())));
    }
}
