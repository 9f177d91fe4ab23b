//! When values came, went and came back: over all their versions and places, by the graph.
//!
//! A value is gone in a commit whose tree holds no version of any file with it, although a parent's does. A merge
//! that takes a side where it was gone already removes nothing. Commits are looked at parents first, so dates have
//! no say.

use std::collections::HashMap;

use super::sets::Sets;
use super::tree_index::{Standing, Trees};
use super::{Roots, walk_order};
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::object::ScanObjects;
use crate::git::odb::oid::Oid;
use crate::git::refs::Tip;

/// So many values are followed in one pass: the sets of values that trees hold stay small.
const AT_ONCE: usize = 1024;

/// So many commits are noted of each kind.
const MAX_NOTED: usize = 16;

/// How a value fared after the commit that brought it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// The first commit that holds it, in the order of the graph. `None` when no commit does.
    pub first: Option<Oid>,
    /// How many commits hold it that have no parent with it: one, unless it came back or came to two branches.
    pub comings: usize,
    /// The commits that took it away, in the order of the graph, at most 16.
    pub removed: Vec<Oid>,
    /// The commits that brought it back, in the order of the graph, at most 16.
    pub back: Vec<Oid>,
    /// The last commit that holds it, in the order of the graph. `None` when no commit does.
    pub last: Option<Oid>,
}

/// How each value fared, given by the blobs that hold it. Every blob must be among those that `trees` were asked
/// for. What refs and HEADs reach decides; other commits only about values that nothing reaches.
pub fn lives(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    trees: &Trees,
    values: &[Vec<Oid>],
) -> Vec<Life> {
    if values.is_empty() {
        return Vec::new();
    }
    // What leads nowhere is told by whoever attributes.
    let roots = Roots::find(objects, graph, tips, head, trees, &mut Vec::new());
    let reachable = graph.reached_from(roots.refs.iter().chain(&roots.heads).map(|(_, rank)| *rank));
    let order = walk_order(&reachable);
    let reached = reachable.iter().filter(|reached| **reached).count();
    let mut lives = Vec::with_capacity(values.len());
    for values in values.chunks(AT_ONCE) {
        let mut sets = Sets::default();
        let roots = held_by_roots(graph, trees, values, &mut sets);
        let mut followed = Followed::new(graph, &roots, &mut sets, values.len());
        followed.walk(&order[..reached]);
        let known: Vec<bool> = followed.lives.iter().map(|life| life.last.is_some()).collect();
        let first = std::mem::take(&mut followed.lives);
        if known.iter().any(|known| !known) {
            followed.lives = vec![Life::default(); values.len()];
            followed.walk(&order[reached..]);
        }
        let other = followed.lives;
        lives.extend(first.into_iter().enumerate().map(|(at, life)| match known[at] {
            true => life,
            false => other.get(at).cloned().unwrap_or_default(),
        }));
    }
    lives
}

/// For each commit the set of values that its tree holds.
fn held_by_roots(graph: &CommitGraph, trees: &Trees, values: &[Vec<Oid>], sets: &mut Sets) -> Vec<u32> {
    let mut of_blob: HashMap<u32, Vec<u32>> = HashMap::new();
    for (blobs, value) in values.iter().zip(0..) {
        for blob in blobs {
            if let Ok(at) = trees.wanted.binary_search(blob) {
                of_blob.entry(at as u32).or_default().push(value);
            }
        }
    }
    let of_blob: HashMap<u32, u32> =
        of_blob.into_iter().map(|(blob, values)| (blob, sets.number(values))).collect();
    // Trees form no cycle: an id is made of the ids below. Two that seem to (in a store that checks no hash) hold
    // what was known of them when they were met again.
    let mut held: Vec<Option<u32>> = vec![None; trees.len()];
    let mut stack: Vec<(u32, bool)> = Vec::new();
    (0..graph.len() as u32)
        .map(|rank| {
            let Standing::Holds(root) = trees.standing(&graph.tree(rank)) else { return Sets::EMPTY };
            stack.push((root, false));
            while let Some((at, entered)) = stack.pop() {
                if !entered && held[at as usize].is_none() {
                    held[at as usize] = Some(Sets::EMPTY);
                    stack.push((at, true));
                    stack.extend(trees.subtrees(at).map(|(child, _)| (child, false)));
                } else if entered {
                    let mut all = Sets::EMPTY;
                    for (leaf, _) in trees.leaves(at) {
                        all = of_blob.get(&leaf.blob).map_or(all, |&own| sets.union(all, own));
                    }
                    for (child, _) in trees.subtrees(at) {
                        all = held[child as usize].map_or(all, |below| sets.union(all, below));
                    }
                    held[at as usize] = Some(all);
                }
            }
            held[root as usize].unwrap_or(Sets::EMPTY)
        })
        .collect()
}

/// Follows the values of one pass from commit to commit.
struct Followed<'f> {
    graph: &'f CommitGraph,
    /// Per rank: the values that the commit holds.
    holds: &'f [u32],
    /// Per rank: the values that it or a commit before it holds.
    ever: Vec<u32>,
    sets: &'f mut Sets,
    lives: Vec<Life>,
}

impl<'f> Followed<'f> {
    fn new(graph: &'f CommitGraph, holds: &'f [u32], sets: &'f mut Sets, values: usize) -> Followed<'f> {
        let lives = vec![Life::default(); values];
        Followed { graph, holds, ever: vec![Sets::EMPTY; graph.len()], sets, lives }
    }

    /// `order` has parents before children.
    fn walk(&mut self, order: &[u32]) {
        let mut last: Vec<Option<u32>> = vec![None; self.lives.len()];
        for &rank in order {
            let own = self.holds[rank as usize];
            let parents = self.graph.parents(rank);
            let mut before = Sets::EMPTY;
            let mut with_parents = Sets::EMPTY;
            for &parent in parents {
                before = self.sets.union(before, self.ever[parent as usize]);
                with_parents = self.sets.union(with_parents, self.holds[parent as usize]);
            }
            self.ever[rank as usize] = self.sets.union(before, own);
            if own == with_parents && parents.iter().all(|&parent| self.holds[parent as usize] == own) {
                continue;
            }
            let id = self.graph.ids()[rank as usize];
            for value in self.sets.without(with_parents, own) {
                let gone_before = |&parent: &u32| {
                    let (ever, holds) = (self.ever[parent as usize], self.holds[parent as usize]);
                    self.sets.has(ever, value) && !self.sets.has(holds, value)
                };
                if !parents.iter().any(gone_before) {
                    note(&mut self.lives[value as usize].removed, id);
                }
            }
            for value in self.sets.without(own, with_parents) {
                let life = &mut self.lives[value as usize];
                life.first.get_or_insert(id);
                life.comings += 1;
                if self.sets.has(before, value) {
                    note(&mut life.back, id);
                }
            }
        }
        // From the end: the first commit that holds a value is its last.
        let mut wanted = self.lives.len();
        let mut looked_at = Sets::EMPTY;
        for &rank in order.iter().rev() {
            let own = self.holds[rank as usize];
            if wanted == 0 {
                break;
            }
            if own == looked_at {
                continue;
            }
            looked_at = own;
            for &value in self.sets.of(own) {
                if last[value as usize].is_none() {
                    last[value as usize] = Some(rank);
                    wanted -= 1;
                }
            }
        }
        for (life, rank) in self.lives.iter_mut().zip(last) {
            life.last = rank.map(|rank| self.graph.ids()[rank as usize]);
        }
    }
}

fn note(commits: &mut Vec<Oid>, id: Oid) {
    if commits.len() < MAX_NOTED {
        commits.push(id);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::git::attribution::Sought;
    use crate::git::odb::object::Kind;
    use crate::git::refs::tips;
    use crate::git::repo::Repo;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::{all_objects, oid};

    /// The life of a value that every blob with these words holds.
    fn life(test: &TestRepo, word: &str) -> Life {
        let objects = all_objects(test);
        let repo = Repo::open(test.path()).expect("a repository");
        let graph = CommitGraph::load(&objects, &repo.shallow().expect("readable"), 1);
        let holding = |word: &str| -> Vec<Oid> {
            let blobs = objects.iter().filter(|(_, object)| object.kind == Kind::Blob);
            let has = |data: &[u8]| memchr::memmem::find(data, word.as_bytes()).is_some();
            blobs.filter(|(_, object)| has(&object.data)).map(|(id, _)| *id).collect()
        };
        let values = [holding("nowhere"), holding(word)];
        let wanted: HashSet<Oid> = values.iter().flatten().copied().collect();
        let trees = Trees::load(&objects, &Sought::blobs(wanted), 1);
        let head = repo.head().expect("readable");
        let mut lives = lives(&objects, &graph, &tips(&repo).expect("readable"), head, &trees, &values);
        assert_eq!(lives[0], Life::default());
        lives.remove(1)
    }

    fn commit(test: &TestRepo, name: &str) -> Oid {
        oid(&test.text(&["rev-parse", name]))
    }

    #[test]
    fn a_value_that_stays_was_never_removed() {
        let test = TestRepo::new();
        test.write("a", "value");
        test.commit_all("one");
        test.git(&["mv", "a", "b"]);
        test.commit_all("two");
        test.write("b", "value, edited");
        test.commit_all("three");
        let (first, last) = (Some(commit(&test, "HEAD~2")), Some(commit(&test, "HEAD")));
        let expected = Life { first, last, comings: 1, ..Life::default() };
        assert_eq!(life(&test, "value"), expected, "a rename and an edit elsewhere take nothing away");
    }

    #[test]
    fn removal_and_return_are_told() {
        let test = TestRepo::new();
        for (content, message) in [("value", "in"), ("clean", "out"), ("x value", "back"), ("gone", "again")]
        {
            test.write("a", content);
            test.commit_all(message);
        }
        let told = life(&test, "value");
        assert_eq!(told.removed, [commit(&test, "HEAD~2"), commit(&test, "HEAD")]);
        assert_eq!(told.back, [commit(&test, "HEAD~1")]);
        assert_eq!(told.last, Some(commit(&test, "HEAD~1")));
    }

    #[test]
    fn a_merge_removes_only_what_no_side_had_removed() {
        let test = TestRepo::new();
        test.write("a", "value");
        test.commit_all("in");
        test.git(&["checkout", "-qb", "side"]);
        test.write("a", "clean");
        test.commit_all("out");
        test.git(&["checkout", "-q", "main"]);
        test.write("b", "other");
        test.commit_all("more");
        test.git(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!(life(&test, "value").removed, [commit(&test, "side")]);
        // An evil merge that takes away what both sides hold.
        test.write("a", "value");
        test.commit_all("back");
        test.git(&["checkout", "-qb", "two"]);
        test.write("c", "c");
        test.commit_all("two");
        test.git(&["checkout", "-q", "main"]);
        test.write("d", "d");
        test.commit_all("d");
        test.git(&["merge", "-q", "--no-ff", "--no-commit", "two"]);
        test.write("a", "clean");
        test.commit_all("evil");
        let told = life(&test, "value");
        assert_eq!(told.removed, [commit(&test, "side"), commit(&test, "HEAD")]);
        assert_eq!(told.back.len(), 1);
    }

    #[test]
    fn what_nothing_reaches_is_followed_by_itself() {
        let test = TestRepo::new();
        test.write("a", "clean");
        test.commit_all("one");
        test.write("a", "value");
        test.commit_all("two");
        let dangling = commit(&test, "HEAD");
        test.git(&["reset", "-q", "--hard", "HEAD~1"]);
        test.git(&["reflog", "expire", "--expire=now", "--all"]);
        let (first, last) = (Some(dangling), Some(dangling));
        assert_eq!(life(&test, "value"), Life { first, last, comings: 1, ..Life::default() });
    }
}
