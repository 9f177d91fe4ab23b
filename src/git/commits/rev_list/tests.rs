//! Compares ranges with those of `git rev-list`, with true and forged dates and generation numbers.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::git::HashAlgorithm;
use crate::git::commits::graph::CommitGraph;
use crate::git::commits::merge_base::independent;
use crate::git::odb::object::Object;
use crate::git::odb::store::ObjectStore;
use crate::git::testing::TestRepo;
use crate::git::testing_objects::{all_objects, oid};

fn ids(range: &CommitRange) -> Vec<String> {
    range.commits.iter().map(|commit| commit.id.to_string()).collect()
}

fn walk(test: &TestRepo, exclude: &[&str], include: &[&str]) -> CommitRange {
    let resolve =
        |revs: &[&str]| -> Vec<Oid> { revs.iter().map(|rev| oid(&test.text(&["rev-parse", rev]))).collect() };
    rev_list(&all_objects(test), &HashSet::new(), &resolve(exclude), &resolve(include))
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

fn parents_come_first(range: &CommitRange) -> bool {
    let positions: HashMap<Oid, usize> = range.commits.iter().map(|commit| commit.id).zip(0..).collect();
    range.commits.iter().all(|commit| {
        commit.parents.iter().all(|parent| positions.get(parent).is_none_or(|at| *at < positions[&commit.id]))
    })
}

/// main: a - b - m - d, side: a - s1 - s2, where m merges s1; an orphan branch `island`.
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
fn ranges_equal_those_of_git_rev_list() {
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
        all.shallow_boundary.is_empty()
            && all.missing.is_empty()
            && !all.has_shallow_exclude
            && all.missing_excluded.is_empty()
    );
}

/// Commits in memory, each with a date and parents among the commits before it.
fn forged(shape: &[(i64, Vec<usize>)]) -> (HashMap<Oid, Object>, Vec<Oid>) {
    let id = |at: usize| {
        let mut bytes = [at as u8; 20];
        bytes[0] = (at * 37) as u8;
        bytes[16..].copy_from_slice(&(at as u32).to_be_bytes());
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
        let shape = shape_of(&seeds);
        let (objects, ids) = forged(&shape);
        let pick = |tips: &[prop::sample::Index]| tips.iter().map(|tip| tip.index(shape.len())).collect::<Vec<_>>();
        let (exclude, include) = (pick(&exclude), pick(&include));
        let to_ids = |tips: &[usize]| tips.iter().map(|&tip| ids[tip]).collect::<Vec<_>>();
        let range = rev_list(&objects, &HashSet::new(), &to_ids(&exclude), &to_ids(&include));
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

/// Commits in memory with given generation numbers; records which of them were read.
struct WithGenerations {
    objects: HashMap<Oid, Object>,
    generations: HashMap<Oid, u32>,
    read: std::sync::Mutex<HashSet<Oid>>,
}

impl ReadObjects for WithGenerations {
    fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
        self.read.lock().expect("one thread").insert(*id);
        self.objects.read(id)
    }

    fn generation(&self, id: &Oid) -> u32 {
        self.generations.get(id).copied().unwrap_or(GENERATION_INFINITY)
    }
}

/// The generation numbers of the commits reachable from `tips`: one more than the highest of their parents.
fn generations(shape: &[(i64, Vec<usize>)], tips: &[usize]) -> HashMap<usize, u32> {
    let mut all: Vec<u32> = Vec::new();
    for (_, parents) in shape {
        all.push(1 + parents.iter().map(|&parent| all[parent]).max().unwrap_or(0));
    }
    ancestors(shape, tips).into_iter().map(|at| (at, all[at])).collect()
}

type Seeds = Vec<(i64, Vec<prop::sample::Index>)>;

fn shape_of(seeds: &Seeds) -> Vec<(i64, Vec<usize>)> {
    let parents = |at: usize, parents: &[prop::sample::Index]| match at {
        0 => vec![],
        _ => parents.iter().map(|parent| parent.index(at)).collect(),
    };
    seeds.iter().enumerate().map(|(at, (date, before))| (*date, parents(at, before))).collect()
}

proptest! {
    #[test]
    fn generation_numbers_change_no_range_and_wrong_ones_lose_no_commit(
        seeds in proptest::collection::vec((-50i64..50, proptest::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..32),
        exclude in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        include in proptest::collection::vec(any::<prop::sample::Index>(), 1..3),
        written in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        wrong in proptest::collection::vec(0u32..40, 32),
    ) {
        let shape = shape_of(&seeds);
        let (objects, ids) = forged(&shape);
        let pick = |tips: &[prop::sample::Index]| tips.iter().map(|tip| tip.index(shape.len())).collect::<Vec<_>>();
        let (exclude, include) = (pick(&exclude), pick(&include));
        let to_ids = |tips: &[usize]| tips.iter().map(|&tip| ids[tip]).collect::<Vec<_>>();
        let without = ancestors(&shape, &exclude);
        let want: HashSet<Oid> =
            ancestors(&shape, &include).difference(&without).map(|&at| ids[at]).collect();
        let generations = generations(&shape, &pick(&written));
        let generations = generations.into_iter().map(|(at, generation)| (ids[at], generation)).collect();
        let found = |generations: HashMap<Oid, u32>, is_correct: bool| {
            let objects = WithGenerations { objects: objects.clone(), generations, read: Default::default() };
            let (exclude, include) = (to_ids(&exclude), to_ids(&include));
            let range = rev_list(&objects, &HashSet::new(), &exclude, &include);
            assert!(parents_come_first(&range) && range.missing.is_empty() && !range.is_approximate);
            let at_once = Limits { trust_dates_after: Some(0), ..Limits::default() };
            let approximate = rev_list_within(&objects, &HashSet::new(), &exclude, &include, at_once);
            let tips = [&exclude[..], &include].concat();
            let best = |found: Vec<Oid>| found.into_iter().collect::<HashSet<_>>();
            let fast = best(independent(&objects, &HashSet::new(), &tips));
            let slow = best(independent(&objects.objects, &HashSet::new(), &tips));
            assert!(if is_correct { fast == slow } else { fast.is_superset(&slow) });
            let all: HashSet<Oid> = approximate.commits.iter().map(|commit| commit.id).collect();
            assert!(range.commits.iter().all(|commit| all.contains(&commit.id)));
            assert!(approximate.is_approximate || approximate == range);
            range.commits.iter().map(|commit| commit.id).collect::<HashSet<_>>()
        };
        prop_assert_eq!(found(generations, true), want.clone());
        let wrong = ids.iter().copied().zip(wrong.iter().copied()).filter(|(_, generation)| *generation > 0);
        prop_assert!(found(wrong.collect(), false).is_superset(&want));
    }
}

#[test]
fn commits_with_generation_numbers_are_read_only_when_they_may_be_in_the_range() {
    // Forty branches that fork from one line at different commits, and two new commits on one of them.
    let mut shape: Vec<(i64, Vec<usize>)> = vec![(0, vec![])];
    shape.extend((1..50).map(|at| (at as i64, vec![at - 1])));
    shape.extend((0..40).map(|at| (1000, vec![at])));
    shape.extend([(1, vec![60]), (2, vec![90])]);
    let (objects, ids) = forged(&shape);
    let exclude: Vec<Oid> = ids[50..90].to_vec();
    let generations = generations(&shape, &(50..90).collect::<Vec<_>>());
    let generations = generations.into_iter().map(|(at, generation)| (ids[at], generation)).collect();
    let objects = WithGenerations { objects, generations, read: Default::default() };
    let range = rev_list(&objects, &HashSet::new(), &exclude, &[ids[91]]);
    assert_eq!(range.commits.iter().map(|commit| commit.id).collect::<Vec<_>>(), ids[90..92]);
    assert_eq!(*objects.read.lock().expect("one thread"), HashSet::from([ids[90], ids[91]]));
}

#[test]
fn dates_end_a_walk_only_when_they_may_be_trusted() {
    const DAY: i64 = 24 * 60 * 60;
    // A long line, a branch that forks from its start, and a new commit at its end.
    let mut shape: Vec<(i64, Vec<usize>)> = vec![(0, vec![])];
    shape.extend((1..1000).map(|at| (at as i64 * DAY, vec![at - 1])));
    shape.extend([(1000 * DAY, vec![0]), (1001 * DAY, vec![999])]);
    // A descendant of the new commit with the date of an old one.
    shape.push((1, vec![1001]));
    let (objects, ids) = forged(&shape);
    let objects = WithGenerations { objects, generations: HashMap::new(), read: Default::default() };
    let found = |exclude: &[usize], trust_dates_after| {
        objects.read.lock().expect("one thread").clear();
        let exclude: Vec<Oid> = exclude.iter().map(|&at| ids[at]).collect();
        let limits = Limits { trust_dates_after, ..Limits::default() };
        let range = rev_list_within(&objects, &HashSet::new(), &exclude, &[ids[1001]], limits);
        let read = objects.read.lock().expect("one thread").len();
        (range.commits.len(), range.is_approximate, read)
    };
    assert_eq!(found(&[999, 1000], None), (1, false, 1002));
    let (commits, is_approximate, read) = found(&[999, 1000], Some(100));
    assert_eq!((commits, is_approximate), (1, true));
    assert!(read < 600, "{read}");
    // With the forged date the approximate range contains too many commits.
    assert_eq!(found(&[999, 1000, 1002], None), (0, false, 1003));
    let (commits, is_approximate, _) = found(&[999, 1000, 1002], Some(100));
    assert_eq!((commits, is_approximate), (1, true));
}

#[test]
fn generation_numbers_are_those_that_git_writes() {
    for format in ["sha1", "sha256"] {
        let test = TestRepo::init(&["init", "-q", "-b", "main", "--object-format", format]);
        let ids: Vec<String> = (0..5).map(|at| test.commit(&at.to_string())).collect();
        let store = || {
            let algorithm = if format == "sha1" { HashAlgorithm::Sha1 } else { HashAlgorithm::Sha256 };
            ObjectStore::open(&[test.path().join(".git/objects")], algorithm)
        };
        let generations = |ids: &[String]| {
            let store = store();
            ids.iter().map(|id| store.generation(&oid(id))).collect::<Vec<_>>()
        };
        assert_eq!(generations(&ids), [GENERATION_INFINITY; 5]);
        test.git(&["commit-graph", "write", "--reachable"]);
        assert_eq!(generations(&ids), [1, 2, 3, 4, 5]);
        let later = [test.commit("later")];
        assert_eq!(generations(&later), [GENERATION_INFINITY]);
        test.git(&["commit-graph", "write", "--reachable", "--split=no-merge"]);
        assert_eq!(generations(&[&ids[..], &later].concat()), [1, 2, 3, 4, 5, 6]);
        // A damaged file costs time, but loses no commit.
        std::fs::remove_dir_all(test.path().join(".git/objects/info/commit-graphs")).expect("removed");
        test.git(&["commit-graph", "write", "--reachable"]);
        let file = test.path().join(".git/objects/info/commit-graph");
        let intact = std::fs::read(&file).expect("a file");
        std::fs::remove_file(&file).expect("removed");
        let commits = |store: &ObjectStore| {
            let range = rev_list(store, &HashSet::new(), &[oid(&ids[2])], &[oid(&later[0])]);
            range.commits.len()
        };
        for at in (0..intact.len()).step_by(3) {
            let mut bytes = intact.clone();
            bytes[at] ^= 0xff;
            std::fs::write(&file, &bytes).expect("written");
            assert!(commits(&store()) >= 3, "{format} byte {at}");
            std::fs::write(&file, &intact[..at]).expect("written");
            assert_eq!(commits(&store()), 3, "{format} cut at {at}");
        }
    }
}

#[test]
fn a_fast_forward_reads_no_ancestors_of_the_old_tip() {
    let (mut objects, ids) = forged(&[(1, vec![]), (2, vec![0]), (3, vec![1]), (4, vec![2])]);
    objects.remove(&ids[0]);
    let range = rev_list(&objects, &HashSet::new(), &[ids[1]], &[ids[3]]);
    assert_eq!(range.commits.iter().map(|commit| commit.id).collect::<Vec<_>>(), ids[2..]);
}

#[test]
fn missing_commits_and_shallow_boundaries_are_reported_per_side() {
    let shape = [(1, vec![]), (2, vec![0]), (3, vec![1]), (3, vec![1]), (4, vec![2])];
    let (objects, ids) = forged(&shape);
    let shallow = HashSet::from([ids[1]]);
    let walk = |exclude: &[Oid], include: &[Oid]| rev_list(&objects, &shallow, exclude, include);
    let range = walk(&[], &[ids[4]]);
    assert_eq!(
        (range.commits.len(), &range.shallow_boundary[..], range.has_shallow_exclude),
        (3, &ids[1..2], false)
    );
    let range = walk(&[ids[3]], &[ids[4]]);
    assert_eq!((range.commits.len(), range.shallow_boundary.len(), range.has_shallow_exclude), (2, 0, true));

    let mut objects = objects;
    objects.remove(&ids[1]);
    let walk = |exclude: &[Oid], include: &[Oid]| rev_list(&objects, &HashSet::new(), exclude, include);
    let range = walk(&[], &[ids[4]]);
    assert_eq!((range.commits.len(), range.missing.len()), (2, 1));
    let range = walk(&[ids[3]], &[ids[4]]);
    assert_eq!((range.commits.len(), range.missing.len(), range.has_shallow_exclude), (2, 0, false));
    assert_eq!(range.missing_excluded.len(), 1);

    let graph = CommitGraph::load(&objects, &HashSet::new(), 1);
    assert_eq!((&graph.missing[..], graph.len()), (&ids[1..2], 4));
    assert!(graph.has_missing_parents(graph.rank(&ids[2]).expect("there")));
    assert!(!graph.has_missing_parents(graph.rank(&ids[4]).expect("there")));
}

#[test]
fn commits_at_a_shallow_boundary_have_missing_parents() {
    let test = branching();
    test.git(&["checkout", "-q", "main"]);
    let url = format!("file://{}", test.path().display());
    let clone = test.sibling_path("shallow");
    test.git(&["clone", "-q", "--depth", "2", "--branch", "main", &url, clone.to_str().expect("text")]);
    let repo = crate::git::repo::Repo::open(&clone).expect("a repository");
    let shallow = repo.shallow_commits().expect("readable");
    let graph = CommitGraph::load(&all_objects(&test), &shallow, 1);
    let incomplete =
        graph.ids().iter().filter(|id| graph.has_missing_parents(graph.rank(id).expect("own"))).count();
    assert_eq!((shallow.len(), incomplete), (1, 1));
}

#[test]
fn replace_refs_are_ignored() {
    let test = branching();
    test.git(&["replace", "--graft", "main"]);
    let range = walk(&test, &[], &["refs/heads/main"]);
    assert_eq!(range.commits.len(), 5);
}

#[test]
fn tips_that_are_no_commits_are_listed_separately() {
    let test = branching();
    let blob = test.pipe(&["hash-object", "-w", "--stdin"], b"content");
    test.git(&["tag", "-am", "of a blob", "content", &blob]);
    let range = walk(&test, &["a"], &["content", "b"]);
    assert_eq!(ids(&range), [test.text(&["rev-parse", "b"])]);
    assert_eq!(range.non_commit_tips, [(oid(&blob), Kind::Blob)]);
}
