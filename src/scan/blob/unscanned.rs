//! Report entries for a blob that was not scanned completely.

use crate::model::memory::NoMemory;
use crate::model::{Unscanned, UnscannedKind};

/// Most findings of one blob that are reported: more than a person can review.
pub(crate) const MAX_FINDINGS: usize = 10_000;

/// Returns the entry for a blob whose scan panicked.
pub(crate) fn aborted(what: String) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Aborted,
        what,
        reason: "scanning it failed inside stopleak".to_owned(),
        remedy: Some("please report this with the stopleak version".to_owned()),
    }
}

/// Returns the entry for a blob that was not scanned because of `error`.
pub(crate) fn no_memory(what: String, error: NoMemory) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Aborted,
        what,
        reason: error.to_string(),
        remedy: Some("allow more memory (ulimit -v, the limit of the job or container)".to_owned()),
    }
}

/// Returns the report entry for `what`, which was not read, or not to its end, before the deadline.
pub(crate) fn out_of_time(what: String) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::OutOfTime,
        what,
        reason: "not finished: the time for this check was over before they were read".to_owned(),
        remedy: Some("allow more time for it, or push fewer commits at once".to_owned()),
    }
}

/// Returns the entry for a blob of whose `count` findings only the first [`MAX_FINDINGS`] are reported.
pub(crate) fn too_many_findings(count: usize, what: String) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Aborted,
        what,
        reason: format!("{count} findings in one place; only the first {MAX_FINDINGS} are reported"),
        remedy: Some("review it by hand, or list it under skip-paths".to_owned()),
    }
}
