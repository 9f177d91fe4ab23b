//! The commits that introduced, removed and reintroduced each value, at any path and in any version of a file.
//!
//! A commit removes a value if its tree contains no blob with the value and the tree of a parent does. A merge with a
//! parent in whose history the value was already removed removes nothing. Commits are walked parents first, whatever
//! their dates are.

use std::collections::HashMap;

use super::roots::{Roots, walk_order};
use super::set_interner::SetInterner;
use super::tree_index::{Lookup, TreeIndex};
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::oid::Oid;
use crate::git::odb::visitor::ScanObjects;
use crate::git::refs::Tip;

/// The number of values that one pass follows, so that the sets of values per tree stay small.
const PASS_LEN: usize = 1024;

/// Maximum number of commits of each kind in a [`Timeline`].
const MAX_COMMITS: usize = 16;

/// The history of one value. All commits are in the order of the graph, parents before children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// The first commit that contains the value. `None` when no commit does.
    pub first: Option<Oid>,
    /// The number of commits that contain the value and have no parent that does: 1 unless the value was reintroduced
    /// or was introduced on several branches.
    pub introductions: usize,
    /// The commits that removed the value, at most 16.
    pub removed_in: Vec<Oid>,
    /// The commits that introduced the value again after its removal, at most 16.
    pub reintroduced_in: Vec<Oid>,
    /// The last commit that contains the value. `None` when no commit does.
    pub last: Option<Oid>,
}

/// Returns the timeline of each value. A value is given by the blobs that contain it, which must all be in the query of
/// `trees`. Only the commits that are reachable from refs and HEADs count, unless no such commit contains the value:
/// then the unreachable commits do.
pub(crate) fn timelines(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    trees: &TreeIndex,
    values: &[Vec<Oid>],
) -> Vec<Timeline> {
    if values.is_empty() {
        return Vec::new();
    }
    // `attribute` reports the tips that resolve to nothing.
    let roots = Roots::find(objects, graph, tips, head, trees, &mut Vec::new());
    let reachable = roots.reachable_commits(graph);
    let order = walk_order(&reachable);
    let (reachable, unreachable) = order.split_at(reachable.iter().filter(|reachable| **reachable).count());
    let mut timelines = Vec::with_capacity(values.len());
    for values in values.chunks(PASS_LEN) {
        let mut sets = SetInterner::default();
        let contents = contents_by_commit(graph, trees, values, &mut sets);
        let mut pass = Pass::new(graph, &contents, &mut sets, values.len());
        pass.walk(reachable);
        let first = std::mem::take(&mut pass.timelines);
        if first.iter().any(|timeline| timeline.last.is_none()) {
            pass.timelines = vec![Timeline::default(); values.len()];
            pass.walk(unreachable);
        }
        let other = pass.timelines;
        timelines.extend(first.into_iter().enumerate().map(|(at, timeline)| match timeline.last {
            Some(_) => timeline,
            None => other.get(at).cloned().unwrap_or_default(),
        }));
    }
    timelines
}

/// For each commit by rank, the set of values in its tree.
fn contents_by_commit(
    graph: &CommitGraph,
    trees: &TreeIndex,
    values: &[Vec<Oid>],
    sets: &mut SetInterner,
) -> Vec<u32> {
    let mut values_of_blob: HashMap<u32, Vec<u32>> = HashMap::new();
    for (blobs, value) in values.iter().zip(0..) {
        for target in blobs.iter().filter_map(|blob| trees.blob_target(blob)) {
            values_of_blob.entry(target).or_default().push(value);
        }
    }
    let values_of_blob: HashMap<u32, u32> =
        values_of_blob.into_iter().map(|(blob, values)| (blob, sets.intern(values))).collect();
    // Trees form no cycles, because an id is a hash of the ids below. In an apparent cycle (in a store whose hashes are
    // not checked), the set of the tree that is met again is the one known so far.
    let mut contents: Vec<Option<u32>> = vec![None; trees.len()];
    let mut stack: Vec<(u32, bool)> = Vec::new();
    (0..graph.len() as u32)
        .map(|rank| {
            let Lookup::Found(root) = trees.lookup(&graph.tree(rank)) else { return SetInterner::EMPTY };
            stack.push((root, false));
            while let Some((tree, is_entered)) = stack.pop() {
                if !is_entered && contents[tree as usize].is_none() {
                    contents[tree as usize] = Some(SetInterner::EMPTY);
                    stack.push((tree, true));
                    stack.extend(trees.subtrees(tree).map(|edge| (edge.child, false)));
                } else if is_entered {
                    let mut all = SetInterner::EMPTY;
                    for leaf in trees.leaves(tree) {
                        all = values_of_blob.get(&leaf.target).map_or(all, |&own| sets.union(all, own));
                    }
                    for edge in trees.subtrees(tree) {
                        all = contents[edge.child as usize].map_or(all, |below| sets.union(all, below));
                    }
                    contents[tree as usize] = Some(all);
                }
            }
            contents[root as usize].unwrap_or(SetInterner::EMPTY)
        })
        .collect()
}

/// Follows some values from commit to commit.
struct Pass<'f> {
    graph: &'f CommitGraph,
    /// Per rank: the values in the tree of the commit.
    contents: &'f [u32],
    /// Per rank: the values in the trees of the commit and its ancestors.
    history: Vec<u32>,
    sets: &'f mut SetInterner,
    timelines: Vec<Timeline>,
}

impl<'f> Pass<'f> {
    fn new(
        graph: &'f CommitGraph,
        contents: &'f [u32],
        sets: &'f mut SetInterner,
        values: usize,
    ) -> Pass<'f> {
        let timelines = vec![Timeline::default(); values];
        Pass { graph, contents, history: vec![SetInterner::EMPTY; graph.len()], sets, timelines }
    }

    /// Walks the commits of `order`, which has parents before children, and completes the timelines.
    fn walk(&mut self, order: &[u32]) {
        for &rank in order {
            self.visit(rank);
        }
        self.find_last(order);
    }

    /// Adds what the commit introduces and removes to the timelines.
    fn visit(&mut self, rank: u32) {
        let own = self.contents[rank as usize];
        let parents = self.graph.parents(rank);
        let mut before = SetInterner::EMPTY;
        let mut in_parents = SetInterner::EMPTY;
        for &parent in parents {
            before = self.sets.union(before, self.history[parent as usize]);
            in_parents = self.sets.union(in_parents, self.contents[parent as usize]);
        }
        self.history[rank as usize] = self.sets.union(before, own);
        if own == in_parents && parents.iter().all(|&parent| self.contents[parent as usize] == own) {
            return;
        }
        let id = self.graph.ids()[rank as usize];
        for value in self.sets.difference(in_parents, own) {
            let was_removed_before = |&parent: &u32| {
                let (history, contents) = (self.history[parent as usize], self.contents[parent as usize]);
                self.sets.contains(history, value) && !self.sets.contains(contents, value)
            };
            if !parents.iter().any(was_removed_before) {
                push_limited(&mut self.timelines[value as usize].removed_in, id);
            }
        }
        for value in self.sets.difference(own, in_parents) {
            let timeline = &mut self.timelines[value as usize];
            timeline.first.get_or_insert(id);
            timeline.introductions += 1;
            if self.sets.contains(before, value) {
                push_limited(&mut timeline.reintroduced_in, id);
            }
        }
    }

    /// Finds the last commit that contains each value: the first one in reverse order.
    fn find_last(&mut self, order: &[u32]) {
        let mut last: Vec<Option<u32>> = vec![None; self.timelines.len()];
        let mut missing = last.len();
        let mut previous = SetInterner::EMPTY;
        for &rank in order.iter().rev() {
            let own = self.contents[rank as usize];
            if missing == 0 {
                break;
            }
            if own == previous {
                continue;
            }
            previous = own;
            for &value in self.sets.values(own) {
                if last[value as usize].is_none() {
                    last[value as usize] = Some(rank);
                    missing -= 1;
                }
            }
        }
        for (timeline, rank) in self.timelines.iter_mut().zip(last) {
            timeline.last = rank.map(|rank| self.graph.ids()[rank as usize]);
        }
    }
}

/// Adds a commit unless there are [`MAX_COMMITS`] already.
fn push_limited(commits: &mut Vec<Oid>, id: Oid) {
    if commits.len() < MAX_COMMITS {
        commits.push(id);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::git::attribution::Query;
    use crate::git::odb::object::Kind;
    use crate::git::refs::read_tips;
    use crate::git::repo::Repo;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::{all_objects, oid};

    /// The timeline of a value that every blob with this word contains.
    fn timeline(test: &TestRepo, word: &str) -> Timeline {
        let objects = all_objects(test);
        let repo = Repo::open(test.path()).expect("a repository");
        let graph = CommitGraph::load(&objects, &repo.shallow_commits().expect("readable"), 1);
        let blobs_with = |word: &str| -> Vec<Oid> {
            let blobs = objects.iter().filter(|(_, object)| object.kind == Kind::Blob);
            let has = |data: &[u8]| memchr::memmem::find(data, word.as_bytes()).is_some();
            blobs.filter(|(_, object)| has(&object.data)).map(|(id, _)| *id).collect()
        };
        let values = [blobs_with("nowhere"), blobs_with(word)];
        let wanted: HashSet<Oid> = values.iter().flatten().copied().collect();
        let trees = TreeIndex::load(&objects, &Query::from_blobs(wanted), 1);
        let head = repo.head().expect("readable");
        let mut timelines =
            timelines(&objects, &graph, &read_tips(&repo).expect("readable"), head, &trees, &values);
        assert_eq!(timelines[0], Timeline::default());
        timelines.remove(1)
    }

    fn commit(test: &TestRepo, name: &str) -> Oid {
        oid(&test.text(&["rev-parse", name]))
    }

    #[test]
    fn a_value_that_remains_was_never_removed() {
        let test = TestRepo::new();
        test.write("a", "value");
        test.commit_all("one");
        test.git(&["mv", "a", "b"]);
        test.commit_all("two");
        test.write("b", "value, edited");
        test.commit_all("three");
        let (first, last) = (Some(commit(&test, "HEAD~2")), Some(commit(&test, "HEAD")));
        let expected = Timeline { first, last, introductions: 1, ..Timeline::default() };
        assert_eq!(timeline(&test, "value"), expected, "a rename and an edit elsewhere remove nothing");
    }

    #[test]
    fn removals_and_reintroductions_are_listed() {
        let test = TestRepo::new();
        for (content, message) in [("value", "in"), ("clean", "out"), ("x value", "back"), ("gone", "again")]
        {
            test.write("a", content);
            test.commit_all(message);
        }
        let found = timeline(&test, "value");
        assert_eq!(found.removed_in, [commit(&test, "HEAD~2"), commit(&test, "HEAD")]);
        assert_eq!(found.reintroduced_in, [commit(&test, "HEAD~1")]);
        assert_eq!(found.last, Some(commit(&test, "HEAD~1")));
    }

    #[test]
    fn a_merge_removes_only_what_no_parent_had_removed() {
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
        assert_eq!(timeline(&test, "value").removed_in, [commit(&test, "side")]);
        // An evil merge that removes what both parents contain.
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
        let found = timeline(&test, "value");
        assert_eq!(found.removed_in, [commit(&test, "side"), commit(&test, "HEAD")]);
        assert_eq!(found.reintroduced_in.len(), 1);
    }

    #[test]
    fn unreachable_commits_count_when_no_reachable_one_has_the_value() {
        let test = TestRepo::new();
        test.write("a", "clean");
        test.commit_all("one");
        test.write("a", "value");
        test.commit_all("two");
        let dangling = commit(&test, "HEAD");
        test.git(&["reset", "-q", "--hard", "HEAD~1"]);
        test.git(&["reflog", "expire", "--expire=now", "--all"]);
        let (first, last) = (Some(dangling), Some(dangling));
        assert_eq!(
            timeline(&test, "value"),
            Timeline { first, last, introductions: 1, ..Timeline::default() }
        );
    }
}
