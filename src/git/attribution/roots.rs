//! The starting points of attribution: what refs and HEADs name, and the order in which commits are walked.

use std::collections::HashMap;

use super::tree_index::TreeIndex;
use crate::git::commits::graph::CommitGraph;
use crate::git::commits::tag::peel_until;
use crate::git::odb::object::{Kind, ObjectError};
use crate::git::odb::oid::Oid;
use crate::git::odb::visitor::ScanObjects;
use crate::git::refs::{Tip, TipKind};

/// What refs and HEADs name, tags peeled.
#[derive(Default)]
pub(super) struct Roots {
    /// Refs to commits: (full name, rank in the graph), sorted by name.
    pub(super) refs: Vec<(String, u32)>,
    /// HEADs of all worktrees: (name, rank in the graph), sorted by name.
    pub(super) heads: Vec<(String, u32)>,
    /// Refs to trees and blobs.
    pub(super) direct: Vec<(String, Oid)>,
}

impl Roots {
    /// Resolves the refs and HEADs among `tips`. Tips that resolve to no object of the store are added to `problems`.
    pub(super) fn find(
        objects: &impl ScanObjects,
        graph: &CommitGraph,
        tips: &[Tip],
        head: Option<Oid>,
        trees: &TreeIndex,
        problems: &mut Vec<ObjectError>,
    ) -> Roots {
        let mut roots = Roots::default();
        roots.heads.extend(head.and_then(|head| graph.rank(&head)).map(|rank| ("HEAD".to_owned(), rank)));
        // Reflogs and pseudo-refs are no roots: what only they name is walked with the unreachable commits.
        for tip in tips.iter().filter(|tip| matches!(tip.kind, TipKind::Ref | TipKind::Head)) {
            let list = if tip.kind == TipKind::Ref { &mut roots.refs } else { &mut roots.heads };
            if let Some(rank) = graph.rank(&tip.id) {
                list.push((tip.name.clone(), rank));
            } else if trees.contains(&tip.id) {
                roots.direct.push((tip.name.clone(), tip.id));
            } else {
                match peel_until(objects, &tip.id, |id| graph.rank(id).is_some()) {
                    Ok((id, Kind::Commit)) => match graph.rank(&id) {
                        Some(rank) => list.push((tip.name.clone(), rank)),
                        None => problems.push(ObjectError::Missing { id }),
                    },
                    Ok((id, _)) => roots.direct.push((tip.name.clone(), id)),
                    Err(error) => problems.push(error),
                }
            }
        }
        for list in [&mut roots.refs, &mut roots.heads] {
            list.sort();
            list.dedup();
        }
        roots
    }

    /// For each commit by rank, whether it is reachable from a ref or HEAD.
    pub(super) fn reachable_commits(&self, graph: &CommitGraph) -> Vec<bool> {
        graph.reachable_from(self.refs.iter().chain(&self.heads).map(|(_, rank)| *rank))
    }

    /// For each queried blob or name below a tree or blob that refs name directly, by its target number: the full
    /// names of these refs.
    pub(super) fn direct_refs(&self, trees: &TreeIndex) -> HashMap<u32, Vec<String>> {
        let mut names: HashMap<u32, Vec<String>> = HashMap::new();
        for (name, id) in &self.direct {
            let below = trees.find(id).map(|tree| trees.targets_below(tree)).unwrap_or_default();
            let own = trees.blob_target(id);
            below.into_iter().chain(own).for_each(|at| names.entry(at).or_default().push(name.clone()));
        }
        names
    }
}

/// All ranks: first the commits that are `reachable` from refs and HEADs, then the rest; parents before children in
/// both parts.
pub(super) fn walk_order(reachable: &[bool]) -> Vec<u32> {
    let ranks = || 0..reachable.len() as u32;
    let mut order: Vec<u32> = ranks().filter(|&rank| reachable[rank as usize]).collect();
    order.extend(ranks().filter(|&rank| !reachable[rank as usize]));
    order
}
