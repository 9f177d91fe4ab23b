//! Against `git rev-list`, dates honest and forged.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::git::HashAlgorithm;
use crate::git::commits::graph::CommitGraph;
use crate::git::commits::merge_base::latest;
use crate::git::odb::object::Object;
use crate::git::odb::store::ObjectStore;
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

/// Commits in memory whose levels somebody wrote down, and which of them were read.
struct Leveled {
    objects: HashMap<Oid, Object>,
    levels: HashMap<Oid, u32>,
    read: std::sync::Mutex<HashSet<Oid>>,
}

impl ReadObjects for Leveled {
    fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
        self.read.lock().expect("one thread").insert(*id);
        self.objects.read(id)
    }

    fn level(&self, id: &Oid) -> u32 {
        self.levels.get(id).copied().unwrap_or(UNKNOWN)
    }
}

/// The levels of what `tips` reach: one more than the highest of their parents.
fn levels(shape: &[(i64, Vec<usize>)], tips: &[usize]) -> HashMap<usize, u32> {
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
    fn levels_change_no_range_and_wrong_ones_lose_no_commit(
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
        let levels = levels(&shape, &pick(&written)).into_iter().map(|(at, level)| (ids[at], level)).collect();
        let found = |levels: HashMap<Oid, u32>, is_right: bool| {
            let objects = Leveled { objects: objects.clone(), levels, read: Default::default() };
            let (exclude, include) = (to_ids(&exclude), to_ids(&include));
            let range = walk_range(&objects, &HashSet::new(), &exclude, &include);
            assert!(parents_come_first(&range) && range.missing.is_empty() && !range.unproved);
            let at_once = Limits { patience: Some(0), ..Limits::default() };
            let likely = walk_range_within(&objects, &HashSet::new(), &exclude, &include, at_once);
            let some = [&exclude[..], &include].concat();
            let best = |found: Vec<Oid>| found.into_iter().collect::<HashSet<_>>();
            let (fast, slow) =
                (best(latest(&objects, &HashSet::new(), &some)), best(latest(&objects.objects, &HashSet::new(), &some)));
            assert!(if is_right { fast == slow } else { fast.is_superset(&slow) });
            let all: HashSet<Oid> = likely.commits.iter().map(|commit| commit.id).collect();
            assert!(range.commits.iter().all(|commit| all.contains(&commit.id)));
            assert!(likely.unproved || likely == range);
            range.commits.iter().map(|commit| commit.id).collect::<HashSet<_>>()
        };
        prop_assert_eq!(found(levels, true), want.clone());
        let wrong = ids.iter().copied().zip(wrong.iter().copied()).filter(|(_, level)| *level > 0);
        prop_assert!(found(wrong.collect(), false).is_superset(&want));
    }
}

#[test]
fn what_has_a_level_is_read_only_where_the_range_could_be_reached() {
    // Forty branches that leave a line at different places, and two new commits at one of them.
    let mut shape: Vec<(i64, Vec<usize>)> = vec![(0, vec![])];
    shape.extend((1..50).map(|at| (at as i64, vec![at - 1])));
    shape.extend((0..40).map(|at| (1000, vec![at])));
    shape.extend([(1, vec![60]), (2, vec![90])]);
    let (objects, ids) = forged(&shape);
    let exclude: Vec<Oid> = ids[50..90].to_vec();
    let levels = levels(&shape, &(50..90).collect::<Vec<_>>());
    let levels = levels.into_iter().map(|(at, level)| (ids[at], level)).collect();
    let objects = Leveled { objects, levels, read: Default::default() };
    let range = walk_range(&objects, &HashSet::new(), &exclude, &[ids[91]]);
    assert_eq!(range.commits.iter().map(|commit| commit.id).collect::<Vec<_>>(), ids[90..92]);
    assert_eq!(*objects.read.lock().expect("one thread"), HashSet::from([ids[90], ids[91]]));
}

#[test]
fn dates_end_only_a_walk_that_may_end_with_too_much() {
    const DAY: i64 = 24 * 60 * 60;
    // A long line, a branch that left it at its start, and a new commit on the line's end.
    let mut shape: Vec<(i64, Vec<usize>)> = vec![(0, vec![])];
    shape.extend((1..1000).map(|at| (at as i64 * DAY, vec![at - 1])));
    shape.extend([(1000 * DAY, vec![0]), (1001 * DAY, vec![999])]);
    // What descends from the new commit and says that it is as old as the line.
    shape.push((1, vec![1001]));
    let (objects, ids) = forged(&shape);
    let objects = Leveled { objects, levels: HashMap::new(), read: Default::default() };
    let found = |exclude: &[usize], patience| {
        objects.read.lock().expect("one thread").clear();
        let exclude: Vec<Oid> = exclude.iter().map(|&at| ids[at]).collect();
        let limits = Limits { patience, ..Limits::default() };
        let range = walk_range_within(&objects, &HashSet::new(), &exclude, &[ids[1001]], limits);
        let read = objects.read.lock().expect("one thread").len();
        (range.commits.len(), range.unproved, read)
    };
    assert_eq!(found(&[999, 1000], None), (1, false, 1002));
    let (commits, unproved, read) = found(&[999, 1000], Some(100));
    assert_eq!((commits, unproved), (1, true));
    assert!(read < 600, "{read}");
    // Forged: too much, and whoever wants to know it exactly is told.
    assert_eq!(found(&[999, 1000, 1002], None), (0, false, 1003));
    let (commits, unproved, _) = found(&[999, 1000, 1002], Some(100));
    assert_eq!((commits, unproved), (1, true));
}

#[test]
fn levels_are_those_that_git_writes() {
    for format in ["sha1", "sha256"] {
        let test = TestRepo::init(&["init", "-q", "-b", "main", "--object-format", format]);
        let ids: Vec<String> = (0..5).map(|at| test.commit(&at.to_string())).collect();
        let store = || {
            let algorithm = if format == "sha1" { HashAlgorithm::Sha1 } else { HashAlgorithm::Sha256 };
            ObjectStore::open(&[test.path().join(".git/objects")], algorithm)
        };
        let levels = |ids: &[String]| {
            let store = store();
            ids.iter().map(|id| store.level(&oid(id))).collect::<Vec<_>>()
        };
        assert_eq!(levels(&ids), [UNKNOWN; 5]);
        test.git(&["commit-graph", "write", "--reachable"]);
        assert_eq!(levels(&ids), [1, 2, 3, 4, 5]);
        let later = [test.commit("later")];
        assert_eq!(levels(&later), [UNKNOWN]);
        test.git(&["commit-graph", "write", "--reachable", "--split=no-merge"]);
        assert_eq!(levels(&[&ids[..], &later].concat()), [1, 2, 3, 4, 5, 6]);
        // A damaged file costs time and no commit.
        std::fs::remove_dir_all(test.path().join(".git/objects/info/commit-graphs")).expect("removed");
        test.git(&["commit-graph", "write", "--reachable"]);
        let file = test.path().join(".git/objects/info/commit-graph");
        let sound = std::fs::read(&file).expect("a file");
        std::fs::remove_file(&file).expect("removed");
        let commits = |store: &ObjectStore| {
            let range = walk_range(store, &HashSet::new(), &[oid(&ids[2])], &[oid(&later[0])]);
            range.commits.len()
        };
        for at in (0..sound.len()).step_by(3) {
            let mut bytes = sound.clone();
            bytes[at] ^= 0xff;
            std::fs::write(&file, &bytes).expect("written");
            assert!(commits(&store()) >= 3, "{format} byte {at}");
            std::fs::write(&file, &sound[..at]).expect("written");
            assert_eq!(commits(&store()), 3, "{format} cut at {at}");
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
