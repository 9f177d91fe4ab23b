//! Compares with git's own plumbing commands.

use std::collections::{BTreeSet, HashMap};

use super::*;
use crate::git::commits::commit::Commit;
use crate::git::index::{Index, access_counter};
use crate::git::odb::object::{Object, ReadObjects};
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::tree::Mode;
use crate::git::testing::TestRepo;
use crate::git::testing_objects::{all_objects, oid};

type Objects = HashMap<Oid, Object>;

fn tree_of(objects: &Objects, commit: &Oid) -> Oid {
    Commit::parse(&objects.read(commit).expect("there").data).expect("valid").tree
}

/// The changes of a commit against all its parents.
fn diff_commit(test: &TestRepo, rev: &str) -> Diff {
    let objects = all_objects(test);
    let id = oid(&test.text(&["rev-parse", &format!("{rev}^{{commit}}")]));
    let data = objects[&id].data.clone();
    let commit = Commit::parse(&data).expect("valid");
    let parents: Vec<_> = commit.parents.iter().map(|parent| Some(tree_of(&objects, parent))).collect();
    diff_trees(&objects, Some(commit.tree), &parents)
}

/// The path and new id of each change, for comparison.
fn brief(diff: &Diff) -> BTreeSet<(String, Option<Oid>)> {
    assert_eq!(diff.problems, []);
    diff.changes.iter().map(|c| (String::from_utf8_lossy(&c.path).into_owned(), c.new)).collect()
}

fn paths(diff: &Diff) -> Vec<String> {
    assert_eq!(diff.problems, []);
    let sign = |c: &Change| if c.new.is_some() { "" } else { "-" };
    diff.changes.iter().map(|c| format!("{}{}", sign(c), String::from_utf8_lossy(&c.path))).collect()
}

/// The same from git's raw output for two sides, without pure mode changes.
fn raw(output: &[u8]) -> BTreeSet<(String, Option<Oid>)> {
    let mut fields = output.split(|&byte| byte == 0);
    let mut all = BTreeSet::new();
    while let Some(facts) = fields.next().filter(|facts| !facts.is_empty()) {
        let path = String::from_utf8_lossy(fields.next().expect("a path")).into_owned();
        let words: Vec<_> = std::str::from_utf8(&facts[1..]).expect("text").split(' ').collect();
        let is_same_type = words[0][..2] == words[1][..2];
        if words[4].starts_with('U') || (words[2] == words[3] && is_same_type) {
            continue;
        }
        all.insert((path, Some(oid(words[3])).filter(|id| !id.is_zero())));
    }
    all
}

fn staged(test: &TestRepo) -> Diff {
    let objects = all_objects(test);
    let git_dir = test.path().join(".git");
    let index = Index::read(&git_dir.join("index"), &git_dir, HashAlgorithm::Sha1).expect("valid");
    let head = test.command().args(["rev-parse", "-q", "--verify", "HEAD"]).output().expect("git").stdout;
    let head = Oid::from_hex(head.trim_ascii()).map(|head| tree_of(&objects, &head));
    diff_index(&objects, &index, head)
}

#[track_caller]
fn assert_staged_as_git_lists(test: &TestRepo) -> Diff {
    let diff = staged(test);
    let options = ["--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ita-invisible-in-index"];
    let want = test.git(&[&["diff-index"], &options[..], &["HEAD"]].concat());
    assert_eq!(brief(&diff), raw(&want));
    diff
}

fn populated() -> TestRepo {
    let test = TestRepo::new();
    for path in
        ["a", "dir/b", "dir/sub/c", "dir/sub/deep/d", "dir.txt", "dir0", "z/y/x", "z/w", "kind", "exec"]
    {
        test.write(path, path);
    }
    test.commit_all("one");
    test
}

/// Makes every kind of change at once, in the work tree.
fn change_everything(test: &TestRepo) {
    test.write("a", "changed");
    test.git(&["mv", "dir/b", "dir/moved"]);
    test.git(&["rm", "-rqf", "z/y"]);
    std::fs::remove_file(test.path().join("kind")).expect("there");
    std::os::unix::fs::symlink("a", test.path().join("kind")).expect("symlinks work");
    // A file becomes a directory, and a directory a file.
    std::fs::remove_file(test.path().join("dir0")).expect("there");
    test.write("dir0/inner", "new");
    std::fs::remove_dir_all(test.path().join("dir/sub")).expect("there");
    test.write("dir/sub", "now a file");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(test.path().join("exec"), PermissionsExt::from_mode(0o755)).expect("own file");
    use std::os::unix::ffi::OsStrExt;
    test.write(std::ffi::OsStr::from_bytes(b"new/\xff\t\n"), "odd name");
    test.git(&["add", "-A"]);
    let head = test.text(&["rev-parse", "HEAD"]);
    test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},module")]);
}

#[test]
fn a_root_commit_is_all_new() {
    let test = populated();
    let want = raw(&test.git(&["diff-tree", "--root", "-r", "-z", "--no-commit-id", "--no-abbrev", "HEAD"]));
    assert_eq!(want.len(), 10);
    assert_eq!(brief(&diff_commit(&test, "HEAD")), want);
}

#[test]
fn a_plain_commit_has_content_and_type_changes_with_the_old_blobs() {
    let test = populated();
    change_everything(&test);
    test.commit("two");
    let diff = diff_commit(&test, "HEAD");
    let want =
        raw(&test.git(&["diff-tree", "-r", "-z", "--no-commit-id", "--no-abbrev", "--no-renames", "HEAD"]));
    assert_eq!(brief(&diff), want);
    assert!(!paths(&diff).contains(&"exec".to_owned()), "a mode change is none");
    let find = |path: &[u8]| diff.changes.iter().find(|change| change.path == path).expect("listed");
    assert_eq!(find(b"kind").mode, Mode::Symlink);
    assert_eq!(find(b"module").mode, Mode::Gitlink);
    assert_eq!(find(b"a").old_blobs, [oid(&test.text(&["rev-parse", "HEAD~:a"]))]);
    assert_eq!(find(b"dir/moved").old_blobs, []);
    // The source of the rename is listed.
    assert_eq!(find(b"dir/b").old_blobs, [find(b"dir/moved").new.expect("a blob")]);
}

#[test]
fn clean_merges_have_no_changes_and_evil_merges_have_those_they_add() {
    let test = populated();
    for (branch, file) in [("one", "dir/b"), ("two", "dir/sub/c"), ("three", "z/w")] {
        test.git(&["checkout", "-qb", branch, "main"]);
        test.write(file, branch);
        test.git(&["rm", "-q", "a"]);
        test.commit_all(branch);
    }
    test.git(&["checkout", "-q", "one"]);
    test.git(&["merge", "-q", "--no-ff", "-m", "clean", "two"]);
    assert_eq!(paths(&diff_commit(&test, "HEAD")), [""; 0]);
    test.git(&["checkout", "-q", "one~0"]);
    test.git(&["reset", "-q", "--hard", "one^1"]);
    test.git(&["merge", "-q", "--no-ff", "-m", "octopus", "two", "three"]);
    assert_eq!(test.text(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 4);
    assert_eq!(paths(&diff_commit(&test, "HEAD")), [""; 0]);
    // Changes against all parents: an added file, a changed one, and the deletion of a file that all had.
    test.write("dir/evil", "evil");
    test.write("dir/b", "neither");
    test.git(&["rm", "-q", "dir.txt"]);
    test.git(&["add", "-A"]);
    test.git(&["commit", "-q", "--amend", "-m", "evil"]);
    let diff = diff_commit(&test, "HEAD");
    assert_eq!(paths(&diff), ["-dir.txt", "dir/b", "dir/evil"]);
    let listed = test.git(&["diff-tree", "-c", "-r", "-z", "--name-only", "--no-commit-id", "HEAD"]);
    assert_eq!(String::from_utf8_lossy(&listed), "dir.txt\0dir/b\0dir/evil\0");
    let changed = diff.changes.iter().find(|change| change.path == b"dir/b").expect("listed");
    assert_eq!(changed.old_blobs.len(), 2, "each old version once");
}

#[test]
fn a_missing_tree_affects_only_itself() {
    let test = populated();
    let mut objects = all_objects(&test);
    let head = oid(&test.text(&["rev-parse", "HEAD^{tree}"]));
    let lost = oid(&test.text(&["rev-parse", "HEAD:dir/sub"]));
    objects.remove(&lost);
    let diff = diff_trees(&objects, Some(head), &[]);
    assert_eq!(diff.problems, [(b"dir/sub/".to_vec(), crate::git::ObjectError::Missing { id: lost })]);
    assert_eq!(diff.changes.len(), 8);
}

#[test]
fn repeated_or_unsorted_names_in_trees_hide_nothing() {
    use crate::git::Kind;
    let entry = |name: &str, id: u8| [b"100644 ", name.as_bytes(), b"\0", &[id; 20]].concat();
    let id = |byte: u8| Oid::from_bytes(&[byte; 20]).expect("20 bytes");
    let tree = |entries: &[Vec<u8>]| Object { kind: Kind::Tree, data: entries.concat() };
    let objects = HashMap::from([
        (id(101), tree(&[entry("b", 1), entry("a", 2), entry("b", 3)])),
        (id(102), tree(&[entry("b", 1), entry("a", 2)])),
    ]);
    let diff = diff_trees(&objects, Some(id(101)), &[Some(id(102))]);
    assert_eq!(brief(&diff), BTreeSet::from([("b".into(), Some(id(3)))]));
}

#[test]
fn a_tree_that_contains_itself_ends_the_walk() {
    use crate::git::Kind;
    let id = Oid::from_bytes(&[7; 20]).expect("20 bytes");
    let data = [&b"40000 x\0"[..], &[7; 20]].concat();
    let objects = HashMap::from([(id, Object { kind: Kind::Tree, data })]);
    let diff = diff_trees(&objects, Some(id), &[]);
    assert_eq!((diff.changes.len(), diff.problems.len()), (0, 1));
}

#[test]
fn staged_changes_equal_git_diff_index() {
    let test = populated();
    assert_eq!(assert_staged_as_git_lists(&test).changes, []);
    change_everything(&test);
    assert!(assert_staged_as_git_lists(&test).changes.len() > 8);
    for args in [&["--index-version", "4"][..], &["--split-index"]] {
        test.git(&[&["update-index"], args].concat());
        assert_staged_as_git_lists(&test);
    }
    // The content in the work tree is not staged.
    test.write("a", "not staged");
    let diff = assert_staged_as_git_lists(&test);
    let a = diff.changes.iter().find(|change| change.path == b"a").expect("listed");
    assert_eq!(test.text(&["cat-file", "blob", &a.new.expect("a blob").to_string()]), "changed");
}

#[test]
fn the_first_commit_is_compared_with_nothing() {
    let test = TestRepo::new();
    assert_eq!(staged(&test), Diff::default());
    test.write("dir/a", "1");
    test.git(&["add", "-A"]);
    assert_eq!(paths(&staged(&test)), ["dir/a"]);
}

#[test]
fn intent_to_add_files_are_not_staged() {
    let test = populated();
    test.write("later", "x");
    test.write("dir/later/deep", "x");
    test.git(&["add", "-N", "later", "dir/later/deep"]);
    test.git(&["rm", "-q", "--cached", "z/w"]);
    test.git(&["add", "-N", "z/w"]);
    assert_eq!(paths(&assert_staged_as_git_lists(&test)), ["-z/w"]);
}

#[test]
fn a_folded_directory_is_compared_only_where_it_differs() {
    let test = populated();
    let other = test.text(&["rev-parse", "HEAD"]);
    test.write("dir/sub/c", "other");
    test.commit_all("two");
    test.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "z"]);
    assert_eq!(assert_staged_as_git_lists(&test).changes, []);
    test.write("z/w", "changed");
    test.git(&["add", "z/w"]);
    assert_eq!(paths(&assert_staged_as_git_lists(&test)), ["z/w"]);
    // HEAD changes and the folded directory does not: its content is staged.
    test.git(&["reset", "-q", "--soft", &other]);
    assert_eq!(paths(&staged(&test)), ["dir/sub/c", "z/w"]);
}

#[test]
fn conflicts_are_listed_and_both_sides_compared() {
    let test = populated();
    test.git(&["checkout", "-qb", "side"]);
    test.write("a", "side");
    test.git(&["rm", "-q", "z/w"]);
    test.commit_all("side");
    test.git(&["checkout", "-q", "main"]);
    test.write("a", "main");
    test.write("z/w", "main");
    test.commit_all("main");
    let _ = test.command().args(["merge", "-q", "side"]).output().expect("git is installed");
    let diff = staged(&test);
    assert_eq!(diff.conflicted, [b"a".to_vec(), b"z/w".to_vec()]);
    let theirs = oid(&test.text(&["rev-parse", "side:a"]));
    assert_eq!(brief(&diff), BTreeSet::from([("a".into(), Some(theirs))]));
}

#[test]
fn concluding_a_merge_has_only_the_changes_against_both_sides() {
    let test = populated();
    test.git(&["checkout", "-qb", "side"]);
    test.write("dir/theirs", "side");
    test.commit_all("side");
    test.git(&["checkout", "-q", "main"]);
    test.write("dir/ours", "main");
    test.commit_all("main");
    test.git(&["merge", "-q", "--no-commit", "side"]);
    test.write("dir/evil", "evil");
    test.git(&["add", "-A"]);
    assert_eq!(paths(&assert_staged_as_git_lists(&test)), ["dir/evil", "dir/theirs"]);
    let objects = all_objects(&test);
    let parents = ["HEAD", "MERGE_HEAD"].map(|rev| tree_of(&objects, &oid(&test.text(&["rev-parse", rev]))));
    let git_dir = test.path().join(".git");
    let index = Index::read(&git_dir.join("index"), &git_dir, HashAlgorithm::Sha1).expect("valid");
    assert_eq!(paths(&diff_index_with_parents(&objects, &index, &parents)), ["dir/evil"]);
}

#[test]
fn entries_of_unchanged_directories_are_not_visited() {
    let test = TestRepo::new();
    for at in 0..400 {
        test.write(format!("dir{}/sub{}/file{at}", at / 100, at / 10 % 10), "x");
    }
    test.commit_all("one");
    // `git add .` would invalidate the cached ids of directories whose files are as new as the index.
    test.write("changed", "changed");
    let id = test.text(&["hash-object", "-w", "changed"]);
    test.git(&["update-index", "--cacheinfo", &format!("100644,{id},dir2/sub5/file255")]);
    let before = access_counter::entries_read();
    assert_eq!(paths(&staged(&test)), ["dir2/sub5/file255"]);
    // Of each level the directories, some of them twice, and the ten files beside the changed one.
    let visited = access_counter::entries_read() - before;
    assert!(visited < 80, "{visited}");
}

#[test]
fn unchanged_directories_are_not_read() {
    let test = populated();
    test.write("a", "changed");
    test.git(&["add", "a"]);
    let mut objects = all_objects(&test);
    for rev in ["HEAD:dir", "HEAD:z"] {
        objects.remove(&oid(&test.text(&["rev-parse", rev])));
    }
    let git_dir = test.path().join(".git");
    let index = Index::read(&git_dir.join("index"), &git_dir, HashAlgorithm::Sha1).expect("valid");
    let head = tree_of(&objects, &oid(&test.text(&["rev-parse", "HEAD"])));
    assert_eq!(paths(&diff_index(&objects, &index, Some(head))), ["a"]);
}
