//! Attribution of real repositories.

use super::*;
use crate::git::odb::object::{Kind, Object};
use crate::git::refs::read_tips;
use crate::git::repo::Repo;
use crate::git::testing::TestRepo;
use crate::git::testing_objects::{all_objects, oid};

struct Fixture {
    objects: HashMap<Oid, Object>,
    attribution: Attribution,
}

fn attribute_all(test: &TestRepo) -> Fixture {
    let objects = all_objects(test);
    let repo = Repo::open(test.path()).expect("a repository");
    attribute_in(objects, &repo)
}

fn names(refs: &RefSet) -> Vec<&str> {
    refs.iter().collect()
}

fn attribute_in(objects: HashMap<Oid, Object>, repo: &Repo) -> Fixture {
    let wanted = objects.iter().filter(|(_, object)| object.kind == Kind::Blob).map(|(id, _)| *id).collect();
    let graph = CommitGraph::load(&objects, &repo.shallow_commits().expect("readable"), 1);
    let tips = read_tips(repo).expect("readable");
    let attribution = attribute(
        &objects,
        &graph,
        &tips,
        repo.head().expect("readable"),
        &TreeIndex::load(&objects, &Query::from_blobs(wanted), 1),
    );
    assert!(!attribution.has_omitted_paths, "these histories are small");
    Fixture { objects, attribution }
}

impl Fixture {
    #[track_caller]
    fn blob(&self, content: &str) -> &BlobHistory {
        let found = self.objects.iter().find(|(_, object)| object.data == content.as_bytes());
        self.attribution.get(found.expect("such a blob").0).expect("wanted")
    }

    #[track_caller]
    fn introduction(&self, content: &str) -> &Introduction {
        self.blob(content).introduction.as_ref().expect("introduced")
    }
}

fn paths(introduction: &Introduction) -> Vec<String> {
    introduction.paths.iter().map(|(path, _)| String::from_utf8_lossy(path).into_owned()).collect()
}

/// A history with a rename, a copy, a branch, a merge and a removal; tags name its commits.
fn history() -> TestRepo {
    let test = TestRepo::new();
    let tag = |name: &str| {
        test.git(&["tag", name]);
    };
    test.write("a", "first");
    test.write("dir/copy", "twice");
    test.write("dir/sub/copy", "twice");
    test.commit_all("root");
    tag("root");
    test.git(&["mv", "a", "renamed"]);
    test.commit_all("rename");
    test.write("dir/other", "first");
    test.commit_all("copy");
    test.write("dir/new", "new");
    test.git(&["rm", "-q", "renamed"]);
    test.commit_all("new");
    tag("new");
    test.git(&["checkout", "-qb", "side", "root"]);
    test.write("side/file", "of side");
    test.commit_all("side");
    tag("at-side");
    test.git(&["checkout", "-q", "main"]);
    test.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    test.write("evil", "of the merge");
    test.commit_all("merge");
    tag("merge");
    test.git(&["rm", "-q", "dir/new"]);
    test.commit_all("removed");
    test
}

#[test]
fn the_introducing_commit_is_the_first_in_the_graph_and_no_rename() {
    let test = history();
    let all = attribute_all(&test);
    assert_eq!(all.attribution.problems, []);
    for (content, rev, at) in [
        ("first", "root", &["a"][..]),
        ("twice", "root", &["dir/copy", "dir/sub/copy"]),
        ("new", "new", &["dir/new"]),
        ("of side", "at-side", &["side/file"]),
        ("of the merge", "merge", &["evil"]),
    ] {
        let introduction = all.introduction(content);
        assert_eq!(introduction.commit.to_string(), test.text(&["rev-parse", rev]), "{content}");
        assert_eq!(paths(introduction), at);
        assert_eq!(introduction.is_merge, rev == "merge");
        assert!(!introduction.may_be_earlier && all.blob(content).is_reachable);
    }
    assert!(
        !all.blob("first").head_paths.is_empty()
            && !all.blob("of side").head_paths.is_empty()
            && all.blob("new").head_paths.is_empty()
    );
    assert_eq!(names(&all.blob("of the merge").refs), ["refs/heads/main", "refs/tags/merge"]);
    assert_eq!(
        names(&all.blob("of side").refs),
        ["refs/heads/main", "refs/heads/side", "refs/tags/at-side", "refs/tags/merge"]
    );
    let further: Vec<(String, Vec<String>)> = all
        .blob("first")
        .later_introductions
        .iter()
        .map(|later| (later.commit.to_string(), paths(later)))
        .collect();
    let id = |rev: &str| test.text(&["rev-parse", rev]);
    let expected = [(id("new~2"), vec!["renamed".to_owned()]), (id("new~1"), vec!["dir/other".to_owned()])];
    assert_eq!(further, expected);
    assert_eq!(all.blob("first").head_paths, [b"dir/other".to_vec()]);
    assert_eq!(all.blob("twice").head_paths, [b"dir/copy".to_vec(), b"dir/sub/copy".to_vec()]);
    let order = |content: &str| all.attribution.introduction_order(&all.introduction(content).commit);
    assert!(order("first") < order("new") && order("new") < order("of the merge"));
}

#[test]
fn forged_dates_do_not_change_what_is_first() {
    let test = TestRepo::new();
    let commit = |date: &str, message: &str| {
        test.git(&["add", "-A"]);
        let mut command = test.command();
        command.env("GIT_COMMITTER_DATE", format!("@{date}")).args(["commit", "-q", "-m", message]);
        assert!(command.status().expect("git is installed").success());
    };
    test.write("a", "value");
    commit("4000000000 +0000", "far future");
    let first = test.text(&["rev-parse", "HEAD"]);
    test.write("b", "value");
    commit("1 +0000", "long ago");
    assert_eq!(attribute_all(&test).introduction("value").commit.to_string(), first);
}

#[test]
fn unreachable_blobs_are_attributed_too() {
    let test = TestRepo::new();
    test.write("a", "kept");
    test.commit_all("one");
    test.write("a", "thrown away");
    let dropped = test.commit_all("two");
    test.git(&["reset", "-q", "--hard", "HEAD~"]);
    test.write("a", "older stash");
    test.git(&["stash", "-q"]);
    test.write("a", "newer stash");
    test.git(&["stash", "-q"]);
    // The same content, first in a dropped commit, then in a reachable one.
    test.write("b", "again");
    test.commit_all("dropped first");
    test.git(&["reset", "-q", "--hard", "HEAD~"]);
    test.write("c", "again");
    let stays = test.commit_all("stays");
    test.pipe(&["hash-object", "-w", "--stdin"], b"dangling");
    test.write("d", "only staged");
    test.git(&["add", "d"]);

    let all = attribute_all(&test);
    assert_eq!(all.introduction("thrown away").commit.to_string(), dropped);
    assert!(!all.blob("thrown away").is_reachable && all.blob("thrown away").refs.is_empty());
    assert!(!all.blob("older stash").is_reachable && all.blob("older stash").introduction.is_some());
    assert!(all.blob("newer stash").is_reachable);
    assert_eq!(names(&all.blob("newer stash").refs), ["refs/stash"]);
    assert_eq!(all.introduction("again").commit.to_string(), stays);
    assert_eq!(paths(all.introduction("again")), ["c"]);
    for content in ["dangling", "only staged"] {
        assert_eq!(*all.blob(content), BlobHistory::default());
    }
}

#[test]
fn refs_of_tagged_blobs_and_trees_are_found() {
    let test = TestRepo::new();
    let blob = test.pipe(&["hash-object", "-w", "--stdin"], b"tagged");
    test.git(&["tag", "-am", "annotated", "of-blob", &blob]);
    let inner = test.pipe(&["hash-object", "-w", "--stdin"], b"in a tree");
    let tree = test.pipe(&["mktree"], format!("100644 blob {inner}\tname\n").as_bytes());
    test.git(&["tag", "of-tree", &tree]);
    let all = attribute_all(&test);
    for (content, name) in [("tagged", "refs/tags/of-blob"), ("in a tree", "refs/tags/of-tree")] {
        let history = all.blob(content);
        assert_eq!((&history.introduction, history.is_reachable), (&None, true));
        assert_eq!(names(&history.refs), [name]);
    }
    assert_eq!(all.attribution.problems, []);
}

#[test]
fn a_detached_head_is_named_when_no_ref_contains_the_commit() {
    let test = TestRepo::new();
    test.commit("one");
    test.git(&["checkout", "-q", "--detach"]);
    test.write("a", "detached");
    test.commit_all("two");
    let all = attribute_all(&test);
    assert_eq!(names(&all.blob("detached").refs), ["HEAD"]);
    assert!(!all.blob("detached").head_paths.is_empty() && all.blob("detached").is_reachable);
}

#[test]
fn introductions_at_a_shallow_boundary_may_be_earlier() {
    let test = history();
    let url = format!("file://{}", test.path().display());
    let clone = test.sibling_path("shallow");
    test.git(&["clone", "-q", "--depth", "2", "--branch", "main", &url, clone.to_str().expect("text")]);
    let repo = Repo::open(&clone).expect("a repository");
    // Only the objects of the clone.
    let listed = test.text(&[
        "-C",
        clone.to_str().expect("text"),
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname)",
    ]);
    let mut objects = all_objects(&test);
    let stored: HashSet<Oid> = listed.lines().map(oid).collect();
    objects.retain(|id, _| stored.contains(id));
    let all = attribute_in(objects, &repo);
    let introduction = all.introduction("first");
    assert_eq!(introduction.commit.to_string(), test.text(&["rev-parse", "merge"]));
    assert!(introduction.may_be_earlier);
}

#[test]
fn missing_trees_are_reported_and_the_rest_is_attributed() {
    let test = history();
    let mut objects = all_objects(&test);
    let lost = oid(&test.text(&["rev-parse", "new:dir"]));
    objects.remove(&lost);
    let repo = Repo::open(test.path()).expect("a repository");
    let all = attribute_in(objects, &repo);
    assert_eq!(all.attribution.problems, [ObjectError::Missing { id: lost }]);
    assert_eq!(paths(all.introduction("of side")), ["side/file"]);
}

#[test]
fn the_walk_of_trees_that_repeat_each_other_ends() {
    // A chain of thirty directories, each with two entries for the next one: 2^30 paths.
    let id = |byte: u8| Oid::from_bytes(&[byte; 20]).expect("20 bytes");
    let mut objects = HashMap::from([(id(1), Object { kind: Kind::Blob, data: b"x".to_vec() })]);
    objects.insert(id(2), Object { kind: Kind::Tree, data: [&b"100644 f\0"[..], &[1; 20]].concat() });
    for at in 3..33 {
        let data = [&b"40000 l\0"[..], &[at - 1; 20], b"40000 r\0", &[at - 1; 20]].concat();
        objects.insert(id(at), Object { kind: Kind::Tree, data });
    }
    let data = format!("tree {}\n\n", id(32)).into_bytes();
    objects.insert(id(200), Object { kind: Kind::Commit, data });
    let graph = CommitGraph::load(&objects, &HashSet::new(), 1);
    let attribution = attribute(
        &objects,
        &graph,
        &[],
        Some(id(200)),
        &TreeIndex::load(&objects, &Query::from_blobs(HashSet::from([id(1)])), 1),
    );
    let history = attribution.get(&id(1)).expect("wanted");
    assert!(!history.head_paths.is_empty() && history.introduction.is_some());
    assert!(attribution.has_omitted_paths, "not all paths can have been followed");
}
