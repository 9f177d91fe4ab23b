//! What every check implements, and what it returns.

use crate::model::{Confidence, Evidence, Severity};

/// The bytes that a check evaluates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matched<'t> {
    /// Everything that the rule's pattern matched.
    pub(crate) whole: &'t [u8],
    /// The value in it.
    pub(crate) secret: &'t [u8],
}

/// One offline check. A check with parameters implements it for their type.
pub(crate) trait OfflineCheck {
    /// Evaluates a match. The bytes are hostile: no input may make it panic, and the work must be linear in their
    /// length or their length limited.
    fn verify(&self, matched: Matched<'_>) -> Outcome;

    /// Changes a sample that was drawn from a rule's pattern so that the check passes. Does nothing by default: for
    /// checks that most samples pass.
    fn complete(&self, _sample: &mut Vec<u8>) {}

    /// Whether [`complete`](OfflineCheck::complete) gets the whole match rather than the value in it.
    fn completes_whole_match(&self) -> bool {
        false
    }

    /// Evaluates a match that is nothing but its value.
    #[cfg(test)]
    fn verify_text(&self, text: &[u8]) -> Outcome {
        self.verify(Matched { whole: text, secret: text })
    }
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An integrity check passed: another text of this form would hardly pass by chance.
    Verified(Evidence),
    /// A structure check passed.
    Plausible(Evidence),
    /// A structure check passed, and the value does less damage than the rule assumes.
    LessSevere(Evidence, Severity),
    /// A structure check failed, but the value may have a form that is not published: low confidence.
    Downgraded(Evidence),
    /// The value contains nothing that the check can evaluate.
    Inconclusive,
    /// The value cannot be valid.
    Rejected,
}

/// Applies an outcome to a match's confidence and severity, and adds its evidence. Returns false when the match is
/// rejected.
pub(crate) fn apply(
    outcome: Outcome,
    confidence: &mut Confidence,
    severity: &mut Severity,
    why: &mut Vec<Evidence>,
) -> bool {
    match outcome {
        Outcome::Verified(fact) => {
            *confidence = Confidence::High;
            why.push(fact);
        }
        Outcome::Plausible(fact) => why.push(fact),
        Outcome::LessSevere(fact, lowered) => {
            *severity = lowered.min(*severity);
            why.push(fact);
        }
        Outcome::Downgraded(fact) => {
            *confidence = Confidence::Low;
            why.push(fact);
        }
        Outcome::Inconclusive => {}
        Outcome::Rejected => return false,
    }
    true
}
