//! Prepares the packs of a store for visiting every object once.

use std::sync::Arc;

use super::dedup;
use super::dedup::Dedup;
use crate::git::odb::pack::{DeltaTrees, PackFile};

/// The delta trees of one pack, and which of its objects are visited in this pack.
#[derive(Debug)]
pub(super) struct PackPlan {
    pub(super) dedup: Dedup,
    pub(super) trees: DeltaTrees,
}

/// Plans all `packs`. This reads the header of every entry.
pub(super) fn plan_packs(packs: &[Arc<PackFile>]) -> Arc<[PackPlan]> {
    let indexes: Vec<_> = packs.iter().map(|pack| pack.index()).collect();
    let dedups = dedup::deduplicate(&indexes).into_iter();
    let plan = |(dedup, pack): (Dedup, &Arc<PackFile>)| PackPlan {
        trees: DeltaTrees::new(pack, |position| dedup.contains(position)),
        dedup,
    };
    dedups.zip(packs).map(plan).collect()
}
