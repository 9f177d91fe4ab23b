//! Which refs have a commit in their history.

use std::collections::HashMap;
use std::sync::Arc;

use crate::git::commits::graph::CommitGraph;
use crate::model::RefSet;

/// Bits are pushed through the graph so many words at a time, which bounds the memory.
const WORDS: usize = 4;

/// A set of up to [`CHUNK`] refs or commits.
type Bits = [u64; WORDS];

const CHUNK: usize = WORDS * 64;

/// For each rank of `commits`, the names of the refs that reach it. `tips` are (name, rank), sorted
/// by name; equal sets of names are shared.
pub(super) fn refs_of(graph: &CommitGraph, tips: &[(String, u32)], commits: &[u32]) -> HashMap<u32, RefSet> {
    let list: Arc<[String]> = tips.iter().map(|(name, _)| name.clone()).collect();
    let mut shared: HashMap<Arc<[u64]>, RefSet> = HashMap::new();
    let mut set_of = |row: Vec<u64>| {
        let row: Arc<[u64]> = row.into();
        shared.entry(row).or_insert_with_key(|row| RefSet::of(list.clone(), row.clone())).clone()
    };
    let mut sets = HashMap::with_capacity(commits.len());
    // Either side can be the one that the graph is searched for; each chunk of it is a pass.
    if tips.len() < commits.len() {
        let mut rows: Vec<Vec<u64>> = vec![Vec::new(); commits.len()];
        for chunk in tips.chunks(CHUNK) {
            let reached = towards_parents(graph, chunk.iter().map(|(_, rank)| *rank));
            rows.iter_mut().zip(commits).for_each(|(row, rank)| row.extend(reached[*rank as usize]));
        }
        sets.extend(commits.iter().copied().zip(rows.into_iter().map(set_of)));
    } else {
        for chunk in commits.chunks(CHUNK) {
            let held = towards_children(graph, chunk);
            let mut rows: Vec<Vec<u64>> = vec![vec![0; tips.len().div_ceil(64)]; chunk.len()];
            for (tip, (_, rank)) in tips.iter().enumerate() {
                for (row, held) in rows.chunks_mut(64).zip(held[*rank as usize]) {
                    for_each_bit(held, |bit| row[bit][tip / 64] |= 1 << (tip % 64));
                }
            }
            sets.extend(chunk.iter().copied().zip(rows.into_iter().map(&mut set_of)));
        }
    }
    sets
}

/// Per rank: which of up to [`CHUNK`] `tips` reach it.
fn towards_parents(graph: &CommitGraph, tips: impl Iterator<Item = u32>) -> Vec<Bits> {
    let mut bits = with_own_bit(graph, tips);
    // Children come after their parents, so one pass from the end reaches everything.
    for rank in (0..graph.len() as u32).rev() {
        let own = bits[rank as usize];
        if own != [0; WORDS] {
            graph.parents(rank).iter().for_each(|&parent| join(&mut bits[parent as usize], own));
        }
    }
    bits
}

/// Per rank: which of up to [`CHUNK`] `commits` it has in its history.
fn towards_children(graph: &CommitGraph, commits: &[u32]) -> Vec<Bits> {
    let mut bits = with_own_bit(graph, commits.iter().copied());
    for rank in 0..graph.len() as u32 {
        for &parent in graph.parents(rank) {
            let parent = bits[parent as usize];
            join(&mut bits[rank as usize], parent);
        }
    }
    bits
}

fn with_own_bit(graph: &CommitGraph, ranks: impl Iterator<Item = u32>) -> Vec<Bits> {
    let mut bits = vec![[0; WORDS]; graph.len()];
    ranks.enumerate().for_each(|(at, rank)| bits[rank as usize][at / 64] |= 1 << (at % 64));
    bits
}

fn join(bits: &mut Bits, more: Bits) {
    bits.iter_mut().zip(more).for_each(|(bits, more)| *bits |= more);
}

fn for_each_bit(mut word: u64, mut visit: impl FnMut(usize)) {
    while word != 0 {
        visit(word.trailing_zeros() as usize);
        word &= word - 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::git::commits::graph::Commits;
    use crate::git::odb::object::{Kind, Visitor};
    use crate::git::odb::oid::Oid;

    /// Commit `at` has the parents of `parents[at]`; its rank is then `at`.
    fn graph(parents: &[Vec<usize>]) -> CommitGraph {
        let id = |at: usize| format!("{at:040x}");
        let mut commits = Commits::default();
        for (at, parents) in parents.iter().enumerate() {
            let parents: String = parents.iter().map(|parent| format!("parent {}\n", id(*parent))).collect();
            let who = format!("A <a@example.org> {at} +0000");
            let text = format!("tree {}\n{parents}author {who}\ncommitter {who}\n\n", id(0));
            let oid = Oid::from_hex(id(at).as_bytes()).expect("an id");
            commits.visit(&oid, Kind::Commit, text.as_bytes(), None);
        }
        let graph = CommitGraph::of([commits], &HashSet::new());
        assert!(graph.len() == parents.len() && graph.problems.is_empty() && graph.missing.is_empty());
        graph
    }

    #[test]
    fn both_ways_through_the_graph_name_the_refs_that_a_search_names() {
        // Merges, forks and several roots, from a fixed seed.
        let mut state = 7u64;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        let count = 700;
        let parents: Vec<Vec<usize>> =
            (0..count).map(|at| (0..draw(4)).filter(|_| at > 0).map(|_| draw(at.max(1))).collect()).collect();
        let graph = graph(&parents);
        let some = |every: usize| (0..count as u32).step_by(every);
        for (tips_every, commits_every) in [(1, 50), (50, 1), (2, 2), (700, 700)] {
            let tips: Vec<(String, u32)> =
                some(tips_every).map(|rank| (format!("{rank:03}"), rank)).collect();
            let commits: Vec<u32> = some(commits_every).collect();
            let sets = refs_of(&graph, &tips, &commits);
            assert_eq!(sets.len(), commits.len());
            for rank in commits {
                let reaching =
                    tips.iter().filter(|(_, tip)| graph.reached_from([*tip].into_iter())[rank as usize]);
                let expected: Vec<&str> = reaching.map(|(name, _)| name.as_str()).collect();
                assert_eq!(sets[&rank].iter().collect::<Vec<_>>(), expected, "{rank} of {}", tips.len());
            }
        }
    }
}
