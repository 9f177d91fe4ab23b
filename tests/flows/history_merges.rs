//! The commit that a finding is attributed to, in histories with merges, rebases and cherry-picks, and for values that
//! move between files.

use crate::report::{commit, empty, id, text};
use crate::support::World;
use crate::tokens::{line, private_key, token};

/// Creates a repository with one commit on `main`.
fn base() -> World {
    let world = empty();
    world.write("work/a.txt", "base\n");
    commit(&world, "base");
    world
}

/// Commits one file on a new branch from `main`, checks out `main` again, and returns the commit.
fn side(world: &World, branch: &str, path: &str, content: &str) -> String {
    world.git(&["checkout", "-q", "-b", branch, "main"]);
    world.write(&format!("work/{path}"), content);
    let made = commit(world, branch);
    world.git(&["checkout", "-q", "main"]);
    made
}

/// Commits the work tree with these parents, resets `main` to the commit, and returns it.
fn commit_tree(world: &World, parents: &[&str], message: &str) -> String {
    world.git(&["add", "-A"]);
    let tree = world.git(&["write-tree"]).stdout.trim().to_owned();
    let mut arguments = vec!["commit-tree", tree.as_str(), "-m", message];
    parents.iter().for_each(|parent| arguments.extend(["-p", *parent]));
    let made = world.git(&arguments).stdout.trim().to_owned();
    world.git(&["reset", "-q", "--hard", &made]);
    made
}

/// Asserts the first commit of the finding at `path`, and whether that commit is a merge.
#[track_caller]
fn assert_introduced(world: &World, path: &str, commit: &str, merge: bool) {
    let report = world.report(&["history"]);
    let finding = report.finding_at(path);
    assert_eq!((text(finding, "first_commit"), &finding["merge"]), (commit, &merge.into()), "{path}");
}

#[test]
fn a_root_commit_introduces_its_values() {
    let world = empty();
    world.write("work/a.txt", line(1));
    let root = commit(&world, "root");
    world.report(&["history"]).assert_findings(&["new a.txt:1"]);
    assert_introduced(&world, "a.txt", &root, false);
}

#[test]
fn every_root_commit_introduces_its_own_values() {
    let world = base();
    world.git(&["checkout", "-q", "--orphan", "pages"]);
    world.write("work/page.txt", line(1));
    let root = commit(&world, "pages");
    world.git(&["checkout", "-q", "main"]);
    assert_introduced(&world, "page.txt", &root, false);
}

#[test]
fn a_conflict_resolution_introduces_values_of_neither_side() {
    let world = base();
    side(&world, "side", "a.txt", "theirs\n");
    world.write("work/a.txt", "ours\n");
    commit(&world, "ours");
    let merge = world.run(world.command("git", "work").args(["merge", "-q", "side"]));
    assert_ne!(merge.code, 0, "the branches conflict");
    world.write("work/a.txt", format!("resolved\n{}", line(1)));
    let merge = commit(&world, "merge");
    world.report(&["history"]).assert_findings(&["new a.txt:2"]);
    assert_introduced(&world, "a.txt", &merge, true);
}

#[test]
fn an_octopus_merge_introduces_values_of_no_parent() {
    let world = base();
    let sides = [1, 2, 3].map(|n| side(&world, &format!("side{n}"), &format!("{n}.txt"), "harmless\n"));
    world.write("work/evil.txt", line(1));
    let main = id(&world, "HEAD");
    let octopus = commit_tree(&world, &[&main, &sides[0], &sides[1], &sides[2]], "octopus");
    assert_introduced(&world, "evil.txt", &octopus, true);
}

#[test]
fn values_of_the_parents_of_an_octopus_merge_are_attributed_to_them() {
    let world = base();
    let sides = [1, 2, 3].map(|n| side(&world, &format!("side{n}"), &format!("{n}.txt"), &line(n)));
    world.git(&["merge", "-q", "-m", "octopus", "side1", "side2", "side3"]);
    let report = world.report(&["history"]);
    report.assert_findings(&["new 1.txt:1", "new 2.txt:1", "new 3.txt:1"]);
    for (side, n) in sides.iter().zip(1..) {
        assert_introduced(&world, &format!("{n}.txt"), side, false);
    }
}

#[test]
fn a_clean_merge_introduces_nothing() {
    let world = base();
    let made = side(&world, "side", "b.txt", &line(1));
    world.write("work/c.txt", line(2));
    let own = commit(&world, "own");
    world.git(&["merge", "-q", "-m", "merge", "side"]);
    world.report(&["history"]).assert_findings(&["new b.txt:1", "new c.txt:1"]);
    assert_introduced(&world, "b.txt", &made, false);
    assert_introduced(&world, "c.txt", &own, false);
}

#[test]
fn a_value_that_a_merge_discarded_is_found_in_its_second_parent() {
    let world = base();
    let made = side(&world, "side", "b.txt", &line(1));
    world.git(&["merge", "-q", "-s", "ours", "-m", "ours", "side"]);
    world.git(&["branch", "-q", "-D", "side"]);
    assert_introduced(&world, "b.txt", &made, false);
    let report = world.report(&["history"]);
    let finding = report.finding_at("b.txt");
    assert_eq!((&finding["at_head"], &finding["reachable"]), (&false.into(), &true.into()));
}

#[test]
fn a_value_on_both_sides_is_one_finding() {
    let world = base();
    side(&world, "side", "b.txt", &line(1));
    world.write("work/b.txt", line(1));
    commit(&world, "the same");
    world.git(&["merge", "-q", "-m", "merge", "side"]);
    world.report(&["history"]).assert_findings(&["new b.txt:1"]);
}

#[test]
fn a_rebased_commit_is_one_reachable_finding() {
    let world = base();
    side(&world, "side", "b.txt", &line(1));
    world.write("work/c.txt", "harmless\n");
    commit(&world, "main goes on");
    world.git(&["checkout", "-q", "side"]);
    world.git(&["rebase", "-q", "main"]);
    let rebased = id(&world, "side");
    world.report(&["history"]).assert_findings(&["new b.txt:1"]);
    assert_introduced(&world, "b.txt", &rebased, false);
}

#[test]
fn a_squashed_branch_is_one_finding_in_the_squash_commit() {
    let world = base();
    side(&world, "side", "b.txt", &line(1));
    world.git(&["merge", "-q", "--squash", "side"]);
    let squashed = commit(&world, "squashed");
    world.git(&["branch", "-q", "-D", "side"]);
    world.report(&["history"]).assert_findings(&["new b.txt:1"]);
    assert_introduced(&world, "b.txt", &squashed, false);
}

#[test]
fn a_file_renamed_by_a_merge_is_attributed_to_the_merge_at_the_new_path() {
    let world = base();
    let made = side(&world, "side", "b.txt", &line(1));
    world.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    world.git(&["mv", "b.txt", "moved.txt"]);
    let merge = commit(&world, "merge");
    assert_introduced(&world, "b.txt", &made, false);
    assert_introduced(&world, "moved.txt", &merge, true);
}

#[test]
fn branches_with_forged_dates_are_ordered_by_the_commit_graph() {
    let world = base();
    let at = |seconds: &str, path: &str, content: String| {
        world.write(&format!("work/{path}"), content);
        world.git(&["add", "-A"]);
        let mut command = world.command("git", "work");
        command.args(["commit", "-q", "-m", "x"]).env("GIT_COMMITTER_DATE", seconds);
        assert_eq!(world.run(command.env("GIT_AUTHOR_DATE", seconds)).code, 0);
        id(&world, "HEAD")
    };
    world.git(&["checkout", "-q", "-b", "side"]);
    let first = at("4000000000 +0000", "b.txt", line(1));
    at("100000000 +0000", "b.txt", format!("edited\n{}", line(1)));
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    at("200000000 +0000", "b.txt", format!("edited again\n\n{}", line(1)));
    world.report(&["history"]).assert_findings(&["new b.txt:1"]);
    assert_introduced(&world, "b.txt", &first, false);
}

#[test]
fn a_key_whose_lines_were_added_in_different_commits() {
    let world = empty();
    let key = private_key(1);
    let lines: Vec<&str> = key.lines().collect();
    let third = lines.len() / 3;
    world.write("work/k.pem", lines[..third].join("\n"));
    commit(&world, "a third");
    world.write("work/k.pem", lines[..2 * third].join("\n"));
    commit(&world, "two thirds");
    world.write("work/k.pem", &key);
    let whole = commit(&world, "whole");
    world.git(&["repack", "-q", "-adf"]);
    assert_introduced(&world, "k.pem", &whole, false);
}

#[test]
fn a_key_that_only_a_merge_completes() {
    let world = empty();
    let key = private_key(2);
    let lines: Vec<&str> = key.lines().collect();
    let (head, tail) = lines.split_at(lines.len() / 2);
    let middle = "\n".repeat(9);
    world.write("work/k.pem", &middle);
    commit(&world, "base");
    side(&world, "side", "k.pem", &format!("{middle}{}\n", tail.join("\n")));
    world.write("work/k.pem", format!("{}\n{middle}", head.join("\n")));
    commit(&world, "ours");
    world.run(world.command("git", "work").args(["merge", "-q", "--no-commit", "side"]));
    world.write("work/k.pem", &key);
    let merge = commit(&world, "merge");
    assert_introduced(&world, "k.pem", &merge, true);
}

#[test]
fn a_reverted_revert_is_one_reintroduced_finding() {
    let world = base();
    world.write("work/b.txt", line(1));
    let first = commit(&world, "in");
    world.git(&["revert", "--no-edit", "HEAD"]);
    let removed = id(&world, "HEAD");
    world.git(&["revert", "--no-edit", "HEAD"]);
    let back = id(&world, "HEAD");
    let report = world.report(&["history"]);
    report.assert_findings(&["new b.txt:1"]);
    let finding = report.finding_at("b.txt");
    assert_eq!(text(finding, "first_commit"), first);
    assert_eq!((&finding["removed_in"], &finding["reintroduced_in"]), (&[removed].into(), &[back].into()));
}

#[test]
fn the_message_of_a_merge_is_scanned() {
    let world = base();
    side(&world, "side", "b.txt", "harmless\n");
    world.git(&["merge", "-q", "--no-ff", "-m", &format!("with {}", token(1)), "side"]);
    let report = world.report(&["history"]);
    report.assert_findings(&["new commit:1"]);
    assert_eq!(
        (&report.findings[0]["merge"], text(&report.findings[0], "content_kind")),
        (&true.into(), "commit")
    );
}

#[test]
fn a_cherry_picked_value_is_one_finding_in_both_branches() {
    let world = empty();
    world.write("work/own.txt", "harmless\n");
    let base = commit(&world, "base");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side.txt", "harmless\n");
    commit(&world, "side");
    world.write("work/a.env", line(1));
    let message = format!("with {}", token(2));
    let leak = commit(&world, &message);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["cherry-pick", &leak]);
    world.git(&["branch", "clean", &base]);
    let report = world.report(&["history"]);
    report.assert_findings(&["new a.env:1", "new commit:1"]);
    for finding in &report.findings {
        assert_eq!(finding["refs"], serde_json::json!(["refs/heads/main", "refs/heads/side"]), "{finding}");
    }
}

#[test]
fn a_message_kept_by_an_amended_commit_is_attributed_to_the_reachable_commit() {
    let world = empty();
    let message = format!("with {}", token(1));
    world.write("work/a.txt", "one\n");
    commit(&world, &message);
    for content in ["two\n", "three\n", "four\n"] {
        world.write("work/a.txt", content);
        world.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
        let report = world.report(&["history"]);
        report.assert_findings(&["new commit:1"]);
        assert_eq!(text(&report.findings[0], "first_commit"), id(&world, "HEAD"));
        assert_eq!(report.findings[0]["reachable"], true);
    }
}

#[test]
fn a_moved_value_has_its_previous_path_and_its_first_commit() {
    let world = empty();
    world.write("work/a.env", line(1));
    let leak = commit(&world, "in");
    world.write("work/a.env", "moved\n");
    world.write("work/dir/b.env", format!("# moved here\n{}", line(1)));
    let moves = commit(&world, "moves");
    let report = world.report(&["history"]);
    let moved = report.finding_at("dir/b.env");
    assert_eq!((text(moved, "first_seen"), text(moved, "first_commit")), (&*leak, &*moves));
    assert_eq!(moved["moved_from"], serde_json::json!(["a.env"]));
    assert_eq!(report.finding_at("a.env")["moved_from"], serde_json::json!([]));
    let human = world.stopleak_in("work", &["history", "--color", "never"]).stdout;
    assert!(human.contains(&format!("moved here from a.env by {}", &moves[..12])), "{human}");
    assert!(human.contains(&format!("first seen in {}", &leak[..12])), "{human}");
}
