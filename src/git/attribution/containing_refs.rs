//! Finds the refs that contain a commit, as `git for-each-ref --contains` does, for many commits at once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::git::commits::graph::CommitGraph;
use crate::model::RefSet;

/// Number of words of bits per commit in one pass through the graph. It limits the memory.
const WORDS: usize = 4;

/// A set of up to [`CHUNK_LEN`] refs or commits.
type Bits = [u64; WORDS];

/// Number of refs or commits that one pass handles.
const CHUNK_LEN: usize = WORDS * 64;

/// For each rank of `commits`, returns the names of the refs that contain it. `tips` are (name, rank), sorted by name.
/// Equal sets of names are shared.
pub(super) fn containing_refs(
    graph: &CommitGraph,
    tips: &[(String, u32)],
    commits: &[u32],
) -> HashMap<u32, RefSet> {
    let list: Arc<[String]> = tips.iter().map(|(name, _)| name.clone()).collect();
    let mut shared: HashMap<Arc<[u64]>, RefSet> = HashMap::new();
    let mut set_of = |row: Vec<u64>| {
        let row: Arc<[u64]> = row.into();
        shared.entry(row).or_insert_with_key(|row| RefSet::from_bits(list.clone(), row.clone())).clone()
    };
    let mut sets = HashMap::with_capacity(commits.len());
    // Each chunk takes a pass through the graph, so the shorter of the two lists is split into chunks.
    if tips.len() < commits.len() {
        let mut rows: Vec<Vec<u64>> = vec![Vec::new(); commits.len()];
        for chunk in tips.chunks(CHUNK_LEN) {
            let containing = propagate_to_parents(graph, chunk.iter().map(|(_, rank)| *rank));
            rows.iter_mut().zip(commits).for_each(|(row, rank)| row.extend(containing[*rank as usize]));
        }
        sets.extend(commits.iter().copied().zip(rows.into_iter().map(set_of)));
    } else {
        for chunk in commits.chunks(CHUNK_LEN) {
            let contained = propagate_to_children(graph, chunk);
            let mut rows: Vec<Vec<u64>> = vec![vec![0; tips.len().div_ceil(64)]; chunk.len()];
            for (tip, (_, rank)) in tips.iter().enumerate() {
                for (row, word) in rows.chunks_mut(64).zip(contained[*rank as usize]) {
                    for_each_bit(word, |bit| row[bit][tip / 64] |= 1 << (tip % 64));
                }
            }
            sets.extend(chunk.iter().copied().zip(rows.into_iter().map(&mut set_of)));
        }
    }
    sets
}

/// Per rank: which of up to [`CHUNK_LEN`] `tips` contain it.
fn propagate_to_parents(graph: &CommitGraph, tips: impl Iterator<Item = u32>) -> Vec<Bits> {
    let mut bits = own_bits(graph, tips);
    // Children come after their parents, so one pass from the end is enough.
    for rank in (0..graph.len() as u32).rev() {
        let own = bits[rank as usize];
        if own != [0; WORDS] {
            graph.parents(rank).iter().for_each(|&parent| union_into(&mut bits[parent as usize], own));
        }
    }
    bits
}

/// Per rank: which of up to [`CHUNK_LEN`] `commits` it contains.
fn propagate_to_children(graph: &CommitGraph, commits: &[u32]) -> Vec<Bits> {
    let mut bits = own_bits(graph, commits.iter().copied());
    for rank in 0..graph.len() as u32 {
        for &parent in graph.parents(rank) {
            let parent = bits[parent as usize];
            union_into(&mut bits[rank as usize], parent);
        }
    }
    bits
}

fn own_bits(graph: &CommitGraph, ranks: impl Iterator<Item = u32>) -> Vec<Bits> {
    let mut bits = vec![[0; WORDS]; graph.len()];
    ranks.enumerate().for_each(|(at, rank)| bits[rank as usize][at / 64] |= 1 << (at % 64));
    bits
}

fn union_into(bits: &mut Bits, more: Bits) {
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
    use crate::git::commits::graph::CommitCollector;
    use crate::git::odb::object::Kind;
    use crate::git::odb::oid::Oid;
    use crate::git::odb::visitor::ObjectVisitor;

    /// A graph in which the commit of rank `at` has the parents `parents[at]`.
    fn graph(parents: &[Vec<usize>]) -> CommitGraph {
        let id = |at: usize| format!("{at:040x}");
        let mut commits = CommitCollector::default();
        for (at, parents) in parents.iter().enumerate() {
            let parents: String = parents.iter().map(|parent| format!("parent {}\n", id(*parent))).collect();
            let ident = format!("A <a@example.org> {at} +0000");
            let text = format!("tree {}\n{parents}author {ident}\ncommitter {ident}\n\n", id(0));
            let oid = Oid::from_hex(id(at).as_bytes()).expect("an id");
            commits.visit(&oid, Kind::Commit, text.as_bytes(), None);
        }
        let graph = CommitGraph::from_commits([commits], &HashSet::new());
        assert!(graph.len() == parents.len() && graph.problems.is_empty() && graph.missing.is_empty());
        graph
    }

    #[test]
    fn both_directions_give_the_refs_that_a_search_gives() {
        // Merges, forks and several root commits, from a fixed seed.
        let mut state = 7u64;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        let count = 700;
        let parents: Vec<Vec<usize>> =
            (0..count).map(|at| (0..draw(4)).filter(|_| at > 0).map(|_| draw(at.max(1))).collect()).collect();
        let graph = graph(&parents);
        let every_nth = |every: usize| (0..count as u32).step_by(every);
        for (tips_every, commits_every) in [(1, 50), (50, 1), (2, 2), (700, 700)] {
            let tips: Vec<(String, u32)> =
                every_nth(tips_every).map(|rank| (format!("{rank:03}"), rank)).collect();
            let commits: Vec<u32> = every_nth(commits_every).collect();
            let sets = containing_refs(&graph, &tips, &commits);
            assert_eq!(sets.len(), commits.len());
            for rank in commits {
                let containing =
                    tips.iter().filter(|(_, tip)| graph.reachable_from([*tip].into_iter())[rank as usize]);
                let expected: Vec<&str> = containing.map(|(name, _)| name.as_str()).collect();
                assert_eq!(sets[&rank].iter().collect::<Vec<_>>(), expected, "{rank} of {}", tips.len());
            }
        }
    }
}
