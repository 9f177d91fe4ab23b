//! From which refs, reflogs and pseudo-refs commits are reachable.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::containing_refs::containing_refs;
use super::roots::Roots;
use super::tree_index::TreeIndex;
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::oid::Oid;
use crate::git::odb::visitor::ScanObjects;
use crate::git::refs::{Tip, TipKind};
use crate::model::RefSet;

/// Whether a commit is reachable, and from which refs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reachability {
    /// Whether it is reachable from a ref or any HEAD.
    pub is_reachable: bool,
    /// Full names of the refs that contain it, sorted. If only a HEAD contains it, the name of that HEAD.
    pub refs: RefSet,
}

/// Returns the reachability of each of `commits`. Commits that are not in the graph are left out.
pub(crate) fn reachability(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    commits: &[Oid],
) -> HashMap<Oid, Reachability> {
    // `attribute` reports the tips that resolve to nothing.
    let roots = Roots::find(objects, graph, tips, head, &TreeIndex::default(), &mut Vec::new());
    let ranks = ranks_of(graph, commits);
    let refs = refs_or_heads(graph, &roots, &ranks);
    let reachability = |(rank, refs): (u32, RefSet)| {
        (graph.ids()[rank as usize], Reachability { is_reachable: !refs.is_empty(), refs })
    };
    refs.into_iter().map(reachability).collect()
}

/// For each of `commits`, the sorted names of the refs whose reflogs contain it, and of the pseudo-refs that do.
/// Commits that are not in the graph are left out.
pub(crate) fn reflogs_containing(
    graph: &CommitGraph,
    tips: &[Tip],
    commits: &[Oid],
) -> HashMap<Oid, Arc<[String]>> {
    let is_reflog = |tip: &&Tip| matches!(tip.kind, TipKind::Reflog | TipKind::PseudoRef);
    let rank = |tip: &Tip| Some((tip.name.clone(), graph.rank(&tip.id)?));
    let tips: Vec<(String, u32)> = tips.iter().filter(is_reflog).filter_map(rank).collect();
    let ranks = ranks_of(graph, commits);
    let names = containing_refs(graph, &tips, &ranks);
    let named = |rank: u32| {
        // Each entry of a reflog is a tip with the same name.
        let names: BTreeSet<&str> = names[&rank].iter().collect();
        (graph.ids()[rank as usize], names.into_iter().map(str::to_owned).collect())
    };
    ranks.into_iter().map(named).collect()
}

/// For each of `ranks`, the names of the refs that contain the commit, or of the HEADs where no ref does.
pub(super) fn refs_or_heads(graph: &CommitGraph, roots: &Roots, ranks: &[u32]) -> HashMap<u32, RefSet> {
    let mut refs = containing_refs(graph, &roots.refs, ranks);
    let mut heads = containing_refs(graph, &roots.heads, ranks);
    for (rank, refs) in &mut refs {
        if refs.is_empty() {
            *refs = heads.remove(rank).unwrap_or_default();
        }
    }
    refs
}

fn ranks_of(graph: &CommitGraph, commits: &[Oid]) -> Vec<u32> {
    let mut ranks: Vec<u32> = commits.iter().filter_map(|commit| graph.rank(commit)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}
