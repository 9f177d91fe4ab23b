//! In: a finding and the text around it. Out: its status. Never: reading a file, or dropping a finding:
//! an allowed finding stays in the report with status `suppressed`.
//!
//! A file name never suppresses a value. The only setting that works by path is `skip-paths`, and the report counts
//! the files that it leaves out.

mod allow_comments;
mod baseline;
mod comment_syntax;
mod paths;
mod role;

pub(crate) use allow_comments::{AllowComment, KnownComments, Surroundings, find as find_allow_comments};
pub use baseline::{Baseline, BaselineError, Entry, RandomError};
pub(crate) use comment_syntax::Syntaxes;
pub(crate) use paths::SkipPaths;
pub(crate) use role::Role;

use std::collections::HashMap;

use crate::model::{Finding, Fingerprint, FingerprintKey, RepoPath, Status, StatusReason};

/// The effective policy of one run: what is suppressed and what is not read.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Files that are not read.
    pub skip: SkipPaths,
    /// Known findings, and the key of all fingerprints.
    pub baseline: Baseline,
    /// Whether `stopleak:allow` comments suppress findings.
    pub allow_comments: AllowComments,
}

/// Whether the allow comments in the scanned text suppress findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AllowComments {
    /// They do.
    #[default]
    Trusted,
    /// They do not, because the scanned text must not allow itself. The finding reports the comment
    /// ([`StatusReason::UntrustedAllowComment`]) and stays new.
    Untrusted,
}

impl Default for Policy {
    /// No skipped paths, an empty baseline, trusted allow comments.
    fn default() -> Policy {
        Policy {
            skip: SkipPaths::default(),
            baseline: Baseline::default(),
            allow_comments: AllowComments::Trusted,
        }
    }
}

impl Policy {
    /// Whether `skip-paths` leaves out the file at `path`.
    pub(crate) fn skips(&self, path: &RepoPath) -> bool {
        self.skip.matches(path)
    }

    /// The key for the fingerprints of this run.
    pub(crate) fn key(&self) -> &FingerprintKey {
        self.baseline.key()
    }

    /// Suppresses `finding` if one of the allow `comments` for its rule or the baseline allows it, and sets its
    /// `status_reason`. `used` has the comments that cover other values of the same text already, and `syntaxes` are the
    /// comment syntaxes of the file.
    ///
    /// A trusted allow comment takes precedence, since it is next to the value and gives a reason; then the baseline.
    /// An old finding is left unchanged: it does not block, and the reason why it is old is more useful than the
    /// reason why it is allowed. An allow comment for the finding's rule that is incomplete, not trusted or not in a
    /// comment leaves the finding new, with what is missing as the reason.
    pub(crate) fn evaluate(
        &self,
        finding: &mut Finding,
        comments: &[AllowComment],
        syntaxes: Syntaxes,
        used: &mut UsedComments,
    ) {
        if finding.status != Status::New {
            return;
        }
        let comment = allowed_by(finding, comments, syntaxes, used);
        let (status, reason) = match (comment, self.baseline.reason_for(finding)) {
            (Some(Ok(reason)), _) if self.allow_comments == AllowComments::Trusted => {
                (Status::Suppressed, StatusReason::AllowComment { reason })
            }
            (_, Some(reason)) => (Status::Suppressed, reason),
            (Some(Ok(reason)), None) => (Status::New, StatusReason::UntrustedAllowComment { reason }),
            (Some(Err(problem)), None) => (Status::New, problem),
            (None, None) => return,
        };
        finding.status = status;
        finding.status_reason = Some(reason);
    }
}

/// The value that each allow comment of a text covers: one for each rule that it names.
pub(crate) type UsedComments = HashMap<(String, usize), Fingerprint>;

/// Returns the reason of the first comment that covers no other value, else why there is none.
fn allowed_by(
    finding: &Finding,
    comments: &[AllowComment],
    syntaxes: Syntaxes,
    used: &mut UsedComments,
) -> Option<Result<String, StatusReason>> {
    let rule = || finding.rule.id.clone();
    let mut problem = None;
    for comment in comments {
        let found = match &comment.reason {
            Err(missing) => missing.clone(),
            Ok(_) if !comment.syntaxes.intersects(syntaxes) => {
                StatusReason::AllowCommentOutsideOfComment { rule: rule() }
            }
            Ok(reason) => {
                let key = (rule(), comment.at);
                if *used.entry(key).or_insert_with(|| finding.fingerprint.clone()) == finding.fingerprint {
                    return Some(Ok(reason.clone()));
                }
                StatusReason::AllowCommentForAnotherValue { rule: rule() }
            }
        };
        problem.get_or_insert(found);
    }
    problem.map(Err)
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
            location: Location::from_span(span, text.as_bytes()),
            excerpt: Excerpt::default(),
            provenance: Provenance::file(RepoPath::new("a.txt")),
            status: Status::New,
            status_reason: None,
        };
        (finding, span)
    }

    fn evaluated(policy: &Policy, text: &str, status: Status) -> (Status, Option<StatusReason>) {
        evaluated_as(policy, text, status, Syntaxes::ALL)
    }

    fn evaluated_as(
        policy: &Policy,
        text: &str,
        status: Status,
        syntaxes: Syntaxes,
    ) -> (Status, Option<StatusReason>) {
        let (mut finding, value) = finding(text, "v4lue", policy.key());
        finding.status = status;
        let (masks, known) = (|_: Span| vec![value], Default::default());
        let around = Surroundings { text: text.as_bytes(), value, masks: &masks, known: &known };
        let comments = find_allow_comments(&finding.rule.id, &finding.secret, &around);
        policy.evaluate(&mut finding, &comments, syntaxes, &mut UsedComments::new());
        (finding.status, finding.status_reason)
    }

    #[test]
    fn a_comment_must_be_one_in_this_type_of_file() {
        let problem = || Some(StatusReason::AllowCommentOutsideOfComment { rule: "demo-token".to_owned() });
        let of = |name: &str| Syntaxes::of_file(&RepoPath::new(name));
        let policy = Policy::default();
        assert_eq!(evaluated_as(&policy, COMMENTED, Status::New, of("a.py")).0, Status::Suppressed);
        assert_eq!(evaluated_as(&policy, COMMENTED, Status::New, of("a.js")), (Status::New, problem()));
        let in_string = "k = 'v4lue # stopleak:allow demo-token test data'";
        assert_eq!(evaluated(&policy, in_string, Status::New), (Status::New, problem()));
        assert_eq!(evaluated(&with_baseline("v4lue"), in_string, Status::New), by_baseline());
    }

    fn with_baseline(value: &str) -> Policy {
        let mut policy = Policy::default();
        let fingerprint = Fingerprint::new(policy.key(), "demo-token", &Secret::new(value));
        policy.baseline.insert(fingerprint, "demo-token");
        policy
    }

    const COMMENTED: &str = "k = v4lue # stopleak:allow demo-token test data";

    fn by_baseline() -> (Status, Option<StatusReason>) {
        (Status::Suppressed, Some(StatusReason::Baseline { remark: None }))
    }

    #[test]
    fn an_allow_comment_takes_precedence_and_an_invalid_one_leaves_it_to_the_baseline() {
        let known = with_baseline("v4lue");
        let invalid = "k = v4lue # stopleak:allow demo-token";
        let by_comment = StatusReason::AllowComment { reason: "test data".to_owned() };
        assert_eq!(evaluated(&known, COMMENTED, Status::New), (Status::Suppressed, Some(by_comment)));
        assert_eq!(evaluated(&known, invalid, Status::New), by_baseline());
        let problem = StatusReason::AllowCommentWithoutReason { rule: "demo-token".to_owned() };
        assert!(problem.to_string().contains("no reason"));
        assert_eq!(evaluated(&Policy::default(), invalid, Status::New), (Status::New, Some(problem)));
    }

    #[test]
    fn a_baseline_suppresses_its_own_value_and_no_other() {
        assert_eq!(evaluated(&with_baseline("v4lue"), "v4lue", Status::New), by_baseline());
        assert_eq!(evaluated(&with_baseline("v4luf"), "v4lue", Status::New), (Status::New, None));
    }

    #[test]
    fn old_findings_are_unchanged_and_untrusted_allow_comments_are_reported() {
        assert_eq!(evaluated(&with_baseline("v4lue"), COMMENTED, Status::Old), (Status::Old, None));
        let strict = Policy { allow_comments: AllowComments::Untrusted, ..Policy::default() };
        let reason = StatusReason::UntrustedAllowComment { reason: "test data".to_owned() };
        assert_eq!(evaluated(&strict, COMMENTED, Status::New), (Status::New, Some(reason)));
        let known = Policy { allow_comments: AllowComments::Untrusted, ..with_baseline("v4lue") };
        assert_eq!(evaluated(&known, COMMENTED, Status::New), by_baseline());
    }
}
