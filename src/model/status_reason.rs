//! Why a finding has its status.

use std::fmt;

/// Why a finding is old or suppressed, or why something that was meant to suppress it has no effect. `Display` gives
/// the sentence of the reports, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusReason {
    /// The version of the file that this change replaces has the value too.
    InPreviousVersion,
    /// The text that a program is about to replace has the value too.
    InPreviousText,
    /// The same change removes the value from another file.
    Moved,
    /// A parent commit has the same blob under another path.
    Copied,
    /// A file or directory of a parent commit has the value in its name.
    InExistingName,
    /// Suppressed by an allow comment.
    AllowComment {
        /// The reason that the comment gives; values in it are masked.
        reason: String,
    },
    /// Suppressed by the baseline.
    Baseline {
        /// The remark of the entry.
        remark: Option<String>,
    },
    /// Not suppressed: the allow comment is part of the scanned change, and such comments are not trusted.
    UntrustedAllowComment {
        /// The reason that the comment gives; values in it are masked.
        reason: String,
    },
    /// Not suppressed: the allow comment has `*` in place of the rule.
    AllowCommentWithWildcard {
        /// The id of the rule that the comment must name.
        rule: String,
    },
    /// Not suppressed: the allow comment gives no reason.
    AllowCommentWithoutReason {
        /// The id of the rule that the comment names.
        rule: String,
    },
    /// Not suppressed: `stopleak:allow` is not in a comment of this type of file.
    AllowCommentOutsideOfComment {
        /// The id of the rule that it names.
        rule: String,
    },
    /// Not suppressed: the allow comment covers another value of the rule on its line.
    AllowCommentForAnotherValue {
        /// The id of the rule that the comment names.
        rule: String,
    },
}

impl StatusReason {
    /// Whether the reason is an allow comment that suppresses the finding.
    pub fn is_allow_comment(&self) -> bool {
        matches!(self, StatusReason::AllowComment { .. })
    }
}

impl fmt::Display for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusReason::InPreviousVersion => f.write_str("already in the file before this change"),
            StatusReason::InPreviousText => f.write_str("already there before this change"),
            StatusReason::Moved => f.write_str("moved here from a file that this change removes it from"),
            StatusReason::Copied => f.write_str("a copy of a file that was there before"),
            StatusReason::InExistingName => f.write_str("in a name that was there before"),
            StatusReason::AllowComment { reason } => write!(f, "inline: {reason}"),
            StatusReason::Baseline { remark: Some(remark) } => write!(f, "baseline: {remark}"),
            StatusReason::Baseline { remark: None } => f.write_str("baseline"),
            StatusReason::UntrustedAllowComment { reason } => {
                write!(f, "allowed by this change itself, which does not count: {reason}")
            }
            StatusReason::AllowCommentWithWildcard { rule } => {
                write!(f, "the allow comment has no effect: it must name {rule}, not *")
            }
            StatusReason::AllowCommentWithoutReason { rule } => {
                write!(
                    f,
                    "the allow comment has no effect: it gives no reason (stopleak:allow {rule} REASON)"
                )
            }
            StatusReason::AllowCommentOutsideOfComment { rule } => {
                write!(f, "stopleak:allow {rule} has no effect: it is not in a comment of this type of file")
            }
            StatusReason::AllowCommentForAnotherValue { rule } => write!(
                f,
                "the allow comment covers another value of this line: add stopleak:allow {rule} REASON for this one"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_one_sentence() {
        let rule = || "demo-token".to_owned();
        let reason = || "test data".to_owned();
        let reasons = [
            StatusReason::InPreviousVersion,
            StatusReason::InPreviousText,
            StatusReason::Moved,
            StatusReason::Copied,
            StatusReason::InExistingName,
            StatusReason::AllowComment { reason: reason() },
            StatusReason::Baseline { remark: Some(reason()) },
            StatusReason::Baseline { remark: None },
            StatusReason::UntrustedAllowComment { reason: reason() },
            StatusReason::AllowCommentWithWildcard { rule: rule() },
            StatusReason::AllowCommentWithoutReason { rule: rule() },
            StatusReason::AllowCommentOutsideOfComment { rule: rule() },
            StatusReason::AllowCommentForAnotherValue { rule: rule() },
        ];
        insta::assert_snapshot!(reasons.map(|reason| reason.to_string()).join("\n"), @r#"
        already in the file before this change
        already there before this change
        moved here from a file that this change removes it from
        a copy of a file that was there before
        in a name that was there before
        inline: test data
        baseline: test data
        baseline
        allowed by this change itself, which does not count: test data
        the allow comment has no effect: it must name demo-token, not *
        the allow comment has no effect: it gives no reason (stopleak:allow demo-token REASON)
        stopleak:allow demo-token has no effect: it is not in a comment of this type of file
        the allow comment covers another value of this line: add stopleak:allow demo-token REASON for this one
        "#);
    }
}
