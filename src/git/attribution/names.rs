//! Which refs have a commit in their history.

use std::collections::HashMap;
use std::sync::Arc;

use crate::git::graph::CommitGraph;

/// Refs are pushed through the graph so many words of bits at a time, which bounds the memory.
const WORDS: usize = 4;

/// For each rank of `commits`, the names of the refs that reach it. `tips` are (name, rank), sorted
/// by name; equal sets of names are shared.
pub(super) fn refs_of(
    graph: &CommitGraph,
    tips: &[(String, u32)],
    commits: &[u32],
) -> HashMap<u32, Arc<[String]>> {
    let mut rows: Vec<Vec<u64>> = vec![Vec::new(); commits.len()];
    for chunk in tips.chunks(WORDS * 64) {
        let mut bits = vec![[0u64; WORDS]; graph.len()];
        for (bit, (_, rank)) in chunk.iter().enumerate() {
            bits[*rank as usize][bit / 64] |= 1 << (bit % 64);
        }
        // Children come after their parents, so one pass from the end reaches everything.
        for rank in (0..graph.len() as u32).rev() {
            let own = bits[rank as usize];
            if own != [0; WORDS] {
                for &parent in graph.parents(rank) {
                    let parent = &mut bits[parent as usize];
                    parent.iter_mut().zip(own).for_each(|(word, own)| *word |= own);
                }
            }
        }
        for (row, rank) in rows.iter_mut().zip(commits) {
            row.extend_from_slice(&bits[*rank as usize]);
        }
    }
    let mut shared: HashMap<Vec<u64>, Arc<[String]>> = HashMap::new();
    let names = |row: &Vec<u64>| -> Arc<[String]> {
        let is_set = |at: &usize| row[at / 64] >> (at % 64) & 1 == 1;
        (0..tips.len()).filter(is_set).map(|at| tips[at].0.clone()).collect()
    };
    commits
        .iter()
        .zip(rows)
        .map(|(rank, row)| {
            let set = shared.get(&row).cloned().unwrap_or_else(|| names(&row));
            shared.entry(row).or_insert_with(|| set.clone());
            (*rank, set)
        })
        .collect()
}
