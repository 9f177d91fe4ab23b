//! The refs that contain a value at a path, and the paths from which it was moved there.
//!
//! Several commits may introduce a value at the same path: a cherry-pick, or the same file added on two branches. The
//! refs that contain the first of these commits are then incomplete. So each occurrence is traced through the graph:
//! every commit counts that contains the value at the path while none of its parents does.

use std::collections::HashMap;

use super::collect::Edge;
use super::query::Container;
use super::reachability::refs_or_heads;
use super::roots::Roots;
use super::set_interner::SetInterner;
use super::tree_index::{Lookup, TreeIndex};
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::oid::Oid;
use crate::git::odb::visitor::ScanObjects;
use crate::git::refs::Tip;
use crate::model::RefSet;

/// The approximate number of occurrences that one pass traces, so that the sets of occurrences per tree stay small.
const PASS_LEN: usize = 1024;

/// A value at a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence<'p> {
    /// The position of the value in the list of values.
    pub value: usize,
    /// The path.
    pub path: &'p [u8],
}

/// The history of one occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OccurrenceHistory {
    /// Full names of the refs that contain a commit with the value at the path, sorted. For commits that only a HEAD
    /// contains, the name of that HEAD.
    pub refs: RefSet,
    /// The other occurrences of the value (by position) that the introducing commit removed: it moved the value.
    pub moved_from: Vec<usize>,
}

/// Traces occurrences through the commits that are reachable from refs and HEADs. Each value is given by what contains
/// it; all containers must be in the query of `trees`. The `occurrences` of one value must be adjacent.
pub(crate) fn trace_occurrences(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    trees: &TreeIndex,
    values: &[Vec<Container>],
    occurrences: &[Occurrence<'_>],
) -> Vec<OccurrenceHistory> {
    if occurrences.is_empty() {
        return Vec::new();
    }
    // `attribute` reports the tips that resolve to nothing.
    let roots = Roots::find(objects, graph, tips, head, trees, &mut Vec::new());
    let reachable = roots.reachable_commits(graph);
    let mut introductions: Vec<Vec<u32>> = Vec::with_capacity(occurrences.len());
    let mut histories: Vec<OccurrenceHistory> = Vec::with_capacity(occurrences.len());
    let mut start = 0;
    while start < occurrences.len() {
        let full = occurrences.len().min(start + PASS_LEN);
        let last = occurrences[full - 1].value;
        let end = full + occurrences[full..].iter().take_while(|occurrence| occurrence.value == last).count();
        let pass = Pass::new(trees, values, &occurrences[start..end]);
        for (ranks, moved_from) in pass.trace(graph, &reachable) {
            introductions.push(ranks);
            let moved_from = moved_from.into_iter().map(|at| start + at as usize).collect();
            histories.push(OccurrenceHistory { refs: RefSet::default(), moved_from });
        }
        start = end;
    }
    let mut ranks: Vec<u32> = introductions.iter().flatten().copied().collect();
    ranks.sort_unstable();
    ranks.dedup();
    let refs = refs_or_heads(graph, &roots, &ranks);
    for (history, ranks) in histories.iter_mut().zip(introductions) {
        ranks.iter().for_each(|rank| history.refs.join(&refs[rank]));
    }
    histories
}

/// The directories on the paths of the occurrences. The root's number is 0.
#[derive(Default)]
struct Directories {
    /// Subdirectories by (number of the directory, number of the name).
    below: HashMap<(u32, u32), u32>,
    /// By the same key: the values that are traced at that path, with their occurrences.
    occurrences: HashMap<(u32, u32), HashMap<u32, Vec<u32>>>,
}

/// Occurrences that are traced together.
struct Pass<'t, 'p> {
    trees: &'t TreeIndex,
    occurrences: &'p [Occurrence<'p>],
    directories: Directories,
    /// By target number: the values that it contains.
    values_of_target: HashMap<u32, Vec<u32>>,
}

impl<'t, 'p> Pass<'t, 'p> {
    fn new(
        trees: &'t TreeIndex,
        values: &[Vec<Container>],
        occurrences: &'p [Occurrence<'p>],
    ) -> Pass<'t, 'p> {
        let components = |path: &'p [u8]| path.split(|&byte| byte == b'/');
        let names = occurrences.iter().flat_map(|occurrence| components(occurrence.path));
        let mut names: HashMap<&[u8], u32> = names.map(|name| (name, u32::MAX)).collect();
        for (number, name) in trees.names() {
            if let Some(known) = names.get_mut(name) {
                *known = number;
            }
        }
        let mut directories = Directories::default();
        let mut values_of_target: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut last_value = None;
        for (occurrence, at) in occurrences.iter().zip(0..) {
            let mut directory = 0;
            let mut path = components(occurrence.path).map(|name| names[name]).peekable();
            while let Some(name) = path.next() {
                if path.peek().is_none() {
                    let here = directories.occurrences.entry((directory, name)).or_default();
                    here.entry(occurrence.value as u32).or_default().push(at);
                } else {
                    let next = directories.below.len() as u32 + 1;
                    directory = *directories.below.entry((directory, name)).or_insert(next);
                }
            }
            if last_value.replace(occurrence.value) != Some(occurrence.value) {
                let containers = values[occurrence.value].iter();
                for target in containers.filter_map(|container| trees.target(*container)) {
                    values_of_target.entry(target).or_default().push(occurrence.value as u32);
                }
            }
        }
        Pass { trees, occurrences, directories, values_of_target }
    }

    /// For each occurrence, returns the ranks of the commits that introduced it, and the occurrences from which the
    /// first of them moved the value.
    fn trace(self, graph: &CommitGraph, reachable: &[bool]) -> Vec<(Vec<u32>, Vec<u32>)> {
        let mut sets = SetInterner::default();
        let contents = self.contents(graph, reachable, &mut sets);
        let mut found = vec![(Vec::new(), Vec::new()); self.occurrences.len()];
        for rank in (0..graph.len() as u32).filter(|&rank| reachable[rank as usize]) {
            let own = contents[rank as usize];
            let parents = graph.parents(rank).iter();
            let before =
                parents.fold(SetInterner::EMPTY, |all, &parent| sets.union(all, contents[parent as usize]));
            if own == before {
                continue;
            }
            let added = sets.difference(own, before);
            let removed = if added.is_empty() { Vec::new() } else { sets.difference(before, own) };
            for at in added {
                let value = |at: u32| self.occurrences[at as usize].value;
                let (ranks, moved_from) = &mut found[at as usize];
                if ranks.is_empty() {
                    moved_from.extend(removed.iter().copied().filter(|&other| value(other) == value(at)));
                }
                ranks.push(rank);
            }
        }
        found
    }

    /// For each commit, the set of occurrences in its tree.
    fn contents(&self, graph: &CommitGraph, reachable: &[bool], sets: &mut SetInterner) -> Vec<u32> {
        // Only the directories on the paths of occurrences are read.
        let mut known: HashMap<(u32, u32), Option<u32>> = HashMap::new();
        let mut stack: Vec<(u32, u32)> = Vec::new();
        let mut contents_of = |rank: u32| {
            let Lookup::Found(root) = self.trees.lookup(&graph.tree(rank)) else { return SetInterner::EMPTY };
            stack.push((root, 0));
            while let Some(&(tree, directory)) = stack.last() {
                let below =
                    |edge: Edge| Some((edge.child, *self.directories.below.get(&(directory, edge.name))?));
                match known.get(&(tree, directory)) {
                    None => {
                        known.insert((tree, directory), None);
                        let children = self.trees.subtrees(tree).filter_map(below);
                        stack.extend(children.filter(|child| !known.contains_key(child)));
                    }
                    Some(None) => {
                        let mut all = sets.intern(self.occurrences_in(tree, directory));
                        for child in self.trees.subtrees(tree).filter_map(below) {
                            let child = known.get(&child).copied().flatten().unwrap_or(SetInterner::EMPTY);
                            all = sets.union(all, child);
                        }
                        known.insert((tree, directory), Some(all));
                        stack.pop();
                    }
                    Some(Some(_)) => _ = stack.pop(),
                }
            }
            known[&(root, 0)].unwrap_or(SetInterner::EMPTY)
        };
        let ranks = (0..graph.len() as u32).zip(reachable);
        ranks
            .map(|(rank, &reachable)| if reachable { contents_of(rank) } else { SetInterner::EMPTY })
            .collect()
    }

    /// The occurrences that are entries of `tree`, where it is the tree of `directory`.
    fn occurrences_in(&self, tree: u32, directory: u32) -> Vec<u32> {
        let mut found = Vec::new();
        for leaf in self.trees.leaves(tree) {
            if let Some(here) = self.directories.occurrences.get(&(directory, leaf.name))
                && let Some(values) = self.values_of_target.get(&leaf.target)
            {
                found.extend(values.iter().filter_map(|value| here.get(value)).flatten());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::attribution::Query;
    use crate::git::refs::read_tips;
    use crate::git::repo::Repo;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::{all_objects, oid};

    /// Traces the blob with this content at `paths`.
    fn trace(test: &TestRepo, content: &str, paths: &[&str]) -> Vec<OccurrenceHistory> {
        let objects = all_objects(test);
        let repo = Repo::open(test.path()).expect("a repository");
        let graph = CommitGraph::load(&objects, &repo.shallow_commits().expect("readable"), 1);
        test.write("hashed", content);
        let blob = oid(&test.text(&["hash-object", "hashed"]));
        let trees = TreeIndex::load(&objects, &Query::from_blobs([blob].into()), 1);
        let occurrences: Vec<Occurrence<'_>> =
            paths.iter().map(|path| Occurrence { value: 1, path: path.as_bytes() }).collect();
        let (tips, head) = (read_tips(&repo).expect("readable"), repo.head().expect("readable"));
        trace_occurrences(
            &objects,
            &graph,
            &tips,
            head,
            &trees,
            &[vec![], vec![Container::Blob(blob)]],
            &occurrences,
        )
    }

    #[test]
    fn a_value_that_two_branches_introduced_has_the_refs_of_both() {
        let test = TestRepo::new();
        test.write("a", "harmless");
        test.commit_all("one");
        test.git(&["checkout", "-qb", "side"]);
        test.write("dir/b", "value");
        test.commit_all("on the side");
        test.git(&["checkout", "-q", "main"]);
        test.git(&["cherry-pick", "side"]);
        test.git(&["branch", "clean", "HEAD~1"]);
        let [found] = &trace(&test, "value", &["dir/b"])[..] else { panic!("one occurrence") };
        assert_eq!(found.refs.iter().collect::<Vec<_>>(), ["refs/heads/main", "refs/heads/side"]);
        assert_eq!(trace(&test, "value", &["b", "dir", "dir/c"]), vec![OccurrenceHistory::default(); 3]);
    }

    #[test]
    fn moves_are_recognized_and_copies_are_no_moves() {
        let test = TestRepo::new();
        test.write("a", "value");
        test.commit_all("one");
        test.write("copy/a", "value");
        test.commit_all("two");
        test.git(&["mv", "a", "b"]);
        test.commit_all("three");
        let moved_from = |paths: &[&str]| -> Vec<Vec<usize>> {
            trace(&test, "value", paths).into_iter().map(|history| history.moved_from).collect()
        };
        assert_eq!(moved_from(&["a", "b", "copy/a"]), [vec![], vec![0], vec![]]);
    }
}
