//! Against `git rev-list`, dates honest and forged.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::git::graph::CommitGraph;
use crate::git::object::Object;
use crate::git::testing::TestRepo;
use crate::git::testing_objects::{all_objects, oid};

fn ids(range: &Range) -> Vec<String> {
    range.commits.iter().map(|commit| commit.id.to_string()).collect()
}

fn walk(test: &TestRepo, exclude: &[&str], include: &[&str]) -> Range {
    let resolve =
        |revs: &[&str]| -> Vec<Oid> { revs.iter().map(|rev| oid(&test.text(&["rev-parse", rev]))).collect() };
    walk_range(&all_objects(test), &HashSet::new(), &resolve(exclude), &resolve(include))
}

#[track_caller]
fn assert_as_rev_list(test: &TestRepo, exclude: &[&str], include: &[&str]) {
    let range = walk(test, exclude, include);
    let mut args = vec!["rev-list", "--topo-order", "--reverse"];
    args.extend_from_slice(include);
    args.push("--not");
    args.extend_from_slice(exclude);
    let mut want: Vec<String> = test.text(&args).lines().map(str::to_owned).collect();
    let mut got = ids(&range);
    assert!(parents_come_first(&range));
    got.sort();
    want.sort();
    assert_eq!(got, want, "{exclude:?}..{include:?}");
}

fn parents_come_first(range: &Range) -> bool {
    let place: HashMap<Oid, usize> = range.commits.iter().map(|commit| commit.id).zip(0..).collect();
    range.commits.iter().all(|commit| {
        commit.parents.iter().all(|parent| place.get(parent).is_none_or(|at| *at < place[&commit.id]))
    })
}

/// main: a - b - m - d, side: a - s1 - s2, where m merges s1; an island without common history.
fn branching() -> TestRepo {
    let test = TestRepo::new();
    for name in ["a", "b"] {
        test.commit(name);
        test.git(&["tag", name]);
    }
    test.git(&["checkout", "-qb", "side", "a"]);
    for name in ["s1", "s2"] {
        test.commit(name);
        test.git(&["tag", "-am", "annotated", name]);
    }
    test.git(&["checkout", "-q", "main"]);
    test.git(&["merge", "-q", "--no-ff", "-m", "m", "s1"]);
    test.git(&["tag", "m"]);
    test.commit("d");
    test.git(&["checkout", "-q", "--orphan", "island"]);
    test.commit("island");
    test
}

#[test]
fn ranges_are_those_of_rev_list() {
    let test = branching();
    let revs = ["main", "side", "a", "b", "m", "s1", "s2", "island"];
    for exclude in revs {
        for include in revs {
            assert_as_rev_list(&test, &[exclude], &[include]);
        }
    }
    assert_as_rev_list(&test, &["side", "b"], &["main", "island"]);
    assert_as_rev_list(&test, &["main", "side"], &["island", "s1"]);
    let all = walk(&test, &[], &["main"]);
    assert_eq!(all.commits.len(), 5);
    assert!(
        all.boundary.is_empty()
            && all.missing.is_empty()
            && !all.exclude_cut
            && all.exclude_missing.is_empty()
    );
}

/// Commits in memory; each has a date and parents among those before it.
fn forged(shape: &[(i64, Vec<usize>)]) -> (HashMap<Oid, Object>, Vec<Oid>) {
    let id = |at: usize| {
        let mut bytes = [at as u8; 20];
        bytes[0] = (at * 37) as u8;
        Oid::from_bytes(&bytes).expect("20 bytes")
    };
    let objects = shape.iter().enumerate().map(|(at, (date, parents))| {
        let parents: String = parents.iter().map(|&parent| format!("parent {}\n", id(parent))).collect();
        let tree = "e".repeat(40);
        let data = format!("tree {tree}\n{parents}author A <a> 0 +0000\ncommitter C <c> {date} +0000\n\nx");
        (id(at), Object { kind: Kind::Commit, data: data.into_bytes() })
    });
    (objects.collect(), (0..shape.len()).map(id).collect())
}

fn ancestors(shape: &[(i64, Vec<usize>)], tips: &[usize]) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let mut stack = tips.to_vec();
    while let Some(at) = stack.pop() {
        if seen.insert(at) {
            stack.extend(&shape[at].1);
        }
    }
    seen
}

proptest! {
    #[test]
    fn forged_dates_change_no_range(
        seeds in proptest::collection::vec((-50i64..50, proptest::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..24),
        exclude in proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
        include in proptest::collection::vec(any::<prop::sample::Index>(), 1..3),
    ) {
        let shape: Vec<(i64, Vec<usize>)> = seeds
            .iter()
            .enumerate()
            .map(|(at, (date, parents))| {
                let parents = if at == 0 { vec![] } else { parents.iter().map(|parent| parent.index(at)).collect() };
                (*date, parents)
            })
            .collect();
        let (objects, ids) = forged(&shape);
        let pick = |tips: &[prop::sample::Index]| tips.iter().map(|tip| tip.index(shape.len())).collect::<Vec<_>>();
        let (exclude, include) = (pick(&exclude), pick(&include));
        let to_ids = |tips: &[usize]| tips.iter().map(|&tip| ids[tip]).collect::<Vec<_>>();
        let range = walk_range(&objects, &HashSet::new(), &to_ids(&exclude), &to_ids(&include));
        let without = ancestors(&shape, &exclude);
        let want: HashSet<Oid> =
            ancestors(&shape, &include).difference(&without).map(|&at| ids[at]).collect();
        prop_assert_eq!(range.commits.iter().map(|commit| commit.id).collect::<HashSet<_>>(), want);
        prop_assert!(parents_come_first(&range));

        let graph = CommitGraph::load(&objects, &HashSet::new(), 1);
        for (at, (_, parents)) in shape.iter().enumerate() {
            let rank = graph.rank(&ids[at]).expect("loaded");
            prop_assert_eq!(graph.parents(rank).len(), parents.len());
            prop_assert!(graph.parents(rank).iter().all(|&parent| parent < rank));
        }
    }
}

#[test]
fn a_fast_forward_reads_nothing_below_the_old_tip() {
    let (mut objects, ids) = forged(&[(1, vec![]), (2, vec![0]), (3, vec![1]), (4, vec![2])]);
    objects.remove(&ids[0]);
    let range = walk_range(&objects, &HashSet::new(), &[ids[1]], &[ids[3]]);
    assert_eq!(range.commits.iter().map(|commit| commit.id).collect::<Vec<_>>(), ids[2..]);
}

#[test]
fn missing_commits_and_shallow_boundaries_are_told_apart_by_side() {
    let shape = [(1, vec![]), (2, vec![0]), (3, vec![1]), (3, vec![1]), (4, vec![2])];
    let (objects, ids) = forged(&shape);
    let shallow = HashSet::from([ids[1]]);
    let walk = |exclude: &[Oid], include: &[Oid]| walk_range(&objects, &shallow, exclude, include);
    let range = walk(&[], &[ids[4]]);
    assert_eq!((range.commits.len(), &range.boundary[..], range.exclude_cut), (3, &ids[1..2], false));
    let range = walk(&[ids[3]], &[ids[4]]);
    assert_eq!((range.commits.len(), range.boundary.len(), range.exclude_cut), (2, 0, true));

    let mut objects = objects;
    objects.remove(&ids[1]);
    let walk = |exclude: &[Oid], include: &[Oid]| walk_range(&objects, &HashSet::new(), exclude, include);
    let range = walk(&[], &[ids[4]]);
    assert_eq!((range.commits.len(), range.missing.len()), (2, 1));
    let range = walk(&[ids[3]], &[ids[4]]);
    assert_eq!((range.commits.len(), range.missing.len(), range.exclude_cut), (2, 0, false));
    assert_eq!(range.exclude_missing.len(), 1);

    let graph = CommitGraph::load(&objects, &HashSet::new(), 1);
    assert_eq!((&graph.missing[..], graph.len()), (&ids[1..2], 4));
    assert!(graph.is_cut(graph.rank(&ids[2]).expect("there")));
    assert!(!graph.is_cut(graph.rank(&ids[4]).expect("there")));
}

#[test]
fn a_shallow_clone_is_cut_at_its_boundary() {
    let test = branching();
    test.git(&["checkout", "-q", "main"]);
    let url = format!("file://{}", test.path().display());
    let place = test.beside("shallow");
    test.git(&["clone", "-q", "--depth", "2", "--branch", "main", &url, place.to_str().expect("text")]);
    let repo = crate::git::repo::Repo::open(&place).expect("a repository");
    let shallow = repo.shallow().expect("readable");
    let graph = CommitGraph::load(&all_objects(&test), &shallow, 1);
    let cut = graph.ids().iter().filter(|id| graph.is_cut(graph.rank(id).expect("own"))).count();
    assert_eq!((shallow.len(), cut), (1, 1));
}

#[test]
fn replace_refs_have_no_say() {
    let test = branching();
    test.git(&["replace", "--graft", "main"]);
    let range = walk(&test, &[], &["refs/heads/main"]);
    assert_eq!(range.commits.len(), 5);
}

#[test]
fn tips_that_are_no_commits_are_listed_apart() {
    let test = branching();
    let blob = test.pipe(&["hash-object", "-w", "--stdin"], b"content");
    test.git(&["tag", "-am", "of a blob", "content", &blob]);
    let range = walk(&test, &["a"], &["content", "b"]);
    assert_eq!(ids(&range), [test.text(&["rev-parse", "b"])]);
    assert_eq!(range.others, [(oid(&blob), Kind::Blob)]);
}
