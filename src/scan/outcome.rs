//! The result of a flow, before it is turned into a report.

use crate::model::{Counts, Finding, Unscanned, WorkStats};

use super::deadline::DeadlineRemainder;

/// What a flow found. Unsorted: [`report`](super::assemble::report) sorts.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Findings of every confidence and status.
    pub(crate) findings: Vec<Finding>,
    /// What was not read, except for `remainder`.
    pub(crate) unscanned: Vec<Unscanned>,
    /// How much was read.
    pub(crate) counts: Counts,
    /// Full names of the refs that were read, for `history`.
    pub(crate) refs: Vec<String>,
    /// Whether the repository is one that others push to.
    pub(crate) is_server: bool,
    /// How much work that was.
    pub(crate) work_stats: WorkStats,
    /// What the deadline left unread.
    pub(crate) remainder: DeadlineRemainder,
    /// Notes for the report: sentences without a full stop.
    pub(crate) notes: Vec<String>,
    /// Why there was nothing to read, where that is so.
    pub(crate) nothing_scanned: Option<String>,
}

impl Outcome {
    /// Adds findings, unscanned entries and numbers of a part of the work. `refs`, `is_server`, `notes` and
    /// `nothing_scanned` belong to the whole flow and are not taken over.
    pub(crate) fn absorb(&mut self, part: Outcome) {
        self.findings.extend(part.findings);
        self.unscanned.extend(part.unscanned);
        self.counts += part.counts;
        self.work_stats += part.work_stats;
        self.remainder += part.remainder;
    }
}
