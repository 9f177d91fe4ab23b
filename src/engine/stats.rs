//! How often each stage of the search was reached: for `--stats`, and counted only then.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::StageCounts;

/// Shared by everything that searches.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    bytes: AtomicU64,
    runs: AtomicU64,
    compared: AtomicU64,
    anchors: AtomicU64,
    searches: AtomicU64,
    matches: AtomicU64,
}

/// One stage.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// Bytes in which anchors were looked for.
    Bytes,
    /// Token runs that are long enough to lead to a rule.
    Runs,
    /// Places that passed a filter, so that literals were compared with them.
    Compared,
    /// Literals that stood there.
    Anchors,
    /// Searches by a rule's regex.
    Searches,
    /// Values that a rule took, before rules are weighed against each other.
    Matches,
}

impl Stages {
    pub(crate) fn add(&self, stage: Stage, count: usize) {
        let counter = match stage {
            Stage::Bytes => &self.bytes,
            Stage::Runs => &self.runs,
            Stage::Compared => &self.compared,
            Stage::Anchors => &self.anchors,
            Stage::Searches => &self.searches,
            Stage::Matches => &self.matches,
        };
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> StageCounts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StageCounts {
            bytes: of(&self.bytes),
            runs: of(&self.runs),
            compared: of(&self.compared),
            anchors: of(&self.anchors),
            searches: of(&self.searches),
            matches: of(&self.matches),
        }
    }
}

/// Counts where somebody wants to know.
pub(crate) fn count(stages: Option<&Stages>, stage: Stage, count: usize) {
    if let Some(stages) = stages {
        stages.add(stage, count);
    }
}
