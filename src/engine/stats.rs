//! Counts how often each stage of the search is reached. Used by `--stats` only: without it nothing is counted.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::StageCounts;

/// The counters of one engine, shared by all threads and all parts of the engine.
#[derive(Debug, Default)]
pub(crate) struct StatsCounter {
    bytes: AtomicU64,
    runs: AtomicU64,
    compared: AtomicU64,
    hits: AtomicU64,
    searches: AtomicU64,
    matches: AtomicU64,
}

/// A stage of the search.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// Bytes that the prefilter searched.
    Bytes,
    /// Token runs long enough for some rule.
    Runs,
    /// Positions that passed a hash filter, so that literals were compared there.
    Compared,
    /// Literals and keywords that were found.
    Hits,
    /// Searches with a rule's regex.
    Searches,
    /// Values that a rule accepted, before overlaps between rules are resolved.
    Matches,
}

impl StatsCounter {
    pub(crate) fn add(&self, stage: Stage, count: usize) {
        let counter = match stage {
            Stage::Bytes => &self.bytes,
            Stage::Runs => &self.runs,
            Stage::Compared => &self.compared,
            Stage::Hits => &self.hits,
            Stage::Searches => &self.searches,
            Stage::Matches => &self.matches,
        };
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> StageCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StageCounts {
            bytes: load(&self.bytes),
            runs: load(&self.runs),
            compared: load(&self.compared),
            hits: load(&self.hits),
            searches: load(&self.searches),
            matches: load(&self.matches),
        }
    }
}

/// Adds `count` to a stage if statistics are collected.
pub(crate) fn count(stats: Option<&StatsCounter>, stage: Stage, count: usize) {
    if let Some(stats) = stats {
        stats.add(stage, count);
    }
}
