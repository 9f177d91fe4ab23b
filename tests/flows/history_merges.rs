//! Which commit a value is said to come from, where histories part and meet, and where it moves between files.

use crate::report::{commit, empty, id, text};
use crate::support::World;
use crate::tokens::{line, private_key, token};

/// A first commit on `main`.
fn base() -> World {
    let world = empty();
    world.write("work/a.txt", "base\n");
    commit(&world, "base");
    world
}

/// A commit on a new branch from `main` that writes one file; `main` is checked out again.
fn side(world: &World, branch: &str, path: &str, content: &str) -> String {
    world.git(&["checkout", "-q", "-b", branch, "main"]);
    world.write(&format!("work/{path}"), content);
    let made = commit(world, branch);
    world.git(&["checkout", "-q", "main"]);
    made
}

/// A commit of what is staged with these parents, to which `main` goes.
fn commit_tree(world: &World, parents: &[&str], message: &str) -> String {
    world.git(&["add", "-A"]);
    let tree = world.git(&["write-tree"]).stdout.trim().to_owned();
    let mut arguments = vec!["commit-tree", tree.as_str(), "-m", message];
    parents.iter().for_each(|parent| arguments.extend(["-p", *parent]));
    let made = world.git(&arguments).stdout.trim().to_owned();
    world.git(&["reset", "-q", "--hard", &made]);
    made
}

#[track_caller]
fn introduced(world: &World, path: &str, commit: &str, merge: bool) {
    let report = world.report(&["history"]);
    let finding = report.at(path);
    assert_eq!((text(finding, "first_commit"), &finding["merge"]), (commit, &merge.into()), "{path}");
}

#[test]
fn a_root_commit_introduces() {
    let world = empty();
    world.write("work/a.txt", line(1));
    let root = commit(&world, "root");
    world.report(&["history"]).is(&["new a.txt:1"]);
    introduced(&world, "a.txt", &root, false);
}

#[test]
fn every_root_introduces_its_own() {
    let world = base();
    world.git(&["checkout", "-q", "--orphan", "pages"]);
    world.write("work/page.txt", line(1));
    let root = commit(&world, "pages");
    world.git(&["checkout", "-q", "main"]);
    introduced(&world, "page.txt", &root, false);
}

#[test]
fn a_resolved_conflict_introduces_what_neither_side_has() {
    let world = base();
    side(&world, "side", "a.txt", "theirs\n");
    world.write("work/a.txt", "ours\n");
    commit(&world, "ours");
    let merge = world.run(world.command("git", "work").args(["merge", "-q", "side"]));
    assert_ne!(merge.code, 0, "they conflict");
    world.write("work/a.txt", format!("resolved\n{}", line(1)));
    let merge = commit(&world, "merge");
    world.report(&["history"]).is(&["new a.txt:2"]);
    introduced(&world, "a.txt", &merge, true);
}

#[test]
fn an_octopus_introduces_what_no_parent_has() {
    let world = base();
    let sides = [1, 2, 3].map(|n| side(&world, &format!("side{n}"), &format!("{n}.txt"), "harmless\n"));
    world.write("work/evil.txt", line(1));
    let main = id(&world, "HEAD");
    let octopus = commit_tree(&world, &[&main, &sides[0], &sides[1], &sides[2]], "octopus");
    introduced(&world, "evil.txt", &octopus, true);
}

#[test]
fn what_any_parent_of_an_octopus_has_is_that_parents() {
    let world = base();
    let sides = [1, 2, 3].map(|n| side(&world, &format!("side{n}"), &format!("{n}.txt"), &line(n)));
    world.git(&["merge", "-q", "-m", "octopus", "side1", "side2", "side3"]);
    let report = world.report(&["history"]);
    report.is(&["new 1.txt:1", "new 2.txt:1", "new 3.txt:1"]);
    for (side, n) in sides.iter().zip(1..) {
        introduced(&world, &format!("{n}.txt"), side, false);
    }
}

#[test]
fn a_clean_merge_introduces_nothing() {
    let world = base();
    let made = side(&world, "side", "b.txt", &line(1));
    world.write("work/c.txt", line(2));
    let own = commit(&world, "own");
    world.git(&["merge", "-q", "-m", "merge", "side"]);
    world.report(&["history"]).is(&["new b.txt:1", "new c.txt:1"]);
    introduced(&world, "b.txt", &made, false);
    introduced(&world, "c.txt", &own, false);
}

#[test]
fn what_a_merge_threw_away_is_found_in_its_second_parent() {
    let world = base();
    let made = side(&world, "side", "b.txt", &line(1));
    world.git(&["merge", "-q", "-s", "ours", "-m", "ours", "side"]);
    world.git(&["branch", "-q", "-D", "side"]);
    introduced(&world, "b.txt", &made, false);
    let report = world.report(&["history"]);
    let finding = report.at("b.txt");
    assert_eq!((&finding["at_head"], &finding["reachable"]), (&false.into(), &true.into()));
}

#[test]
fn a_value_on_both_sides_is_one_finding() {
    let world = base();
    side(&world, "side", "b.txt", &line(1));
    world.write("work/b.txt", line(1));
    commit(&world, "the same");
    world.git(&["merge", "-q", "-m", "merge", "side"]);
    world.report(&["history"]).is(&["new b.txt:1"]);
}

#[test]
fn a_rebase_leaves_one_finding_that_is_reachable() {
    let world = base();
    side(&world, "side", "b.txt", &line(1));
    world.write("work/c.txt", "harmless\n");
    commit(&world, "main goes on");
    world.git(&["checkout", "-q", "side"]);
    world.git(&["rebase", "-q", "main"]);
    let rebased = id(&world, "side");
    world.report(&["history"]).is(&["new b.txt:1"]);
    introduced(&world, "b.txt", &rebased, false);
}

#[test]
fn a_squashed_branch_is_one_finding_of_the_commit_that_is_left() {
    let world = base();
    side(&world, "side", "b.txt", &line(1));
    world.git(&["merge", "-q", "--squash", "side"]);
    let squashed = commit(&world, "squashed");
    world.git(&["branch", "-q", "-D", "side"]);
    world.report(&["history"]).is(&["new b.txt:1"]);
    introduced(&world, "b.txt", &squashed, false);
}

#[test]
fn a_file_that_a_merge_brought_to_another_path_is_of_the_merge_there() {
    let world = base();
    let made = side(&world, "side", "b.txt", &line(1));
    world.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    world.git(&["mv", "b.txt", "moved.txt"]);
    let merge = commit(&world, "merge");
    introduced(&world, "b.txt", &made, false);
    introduced(&world, "moved.txt", &merge, true);
}

#[test]
fn sides_with_forged_dates_are_ordered_by_the_graph() {
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
    world.report(&["history"]).is(&["new b.txt:1"]);
    introduced(&world, "b.txt", &first, false);
}

#[test]
fn a_key_whose_lines_came_in_different_commits() {
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
    introduced(&world, "k.pem", &whole, false);
}

#[test]
fn a_key_that_only_a_merge_puts_together() {
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
    introduced(&world, "k.pem", &merge, true);
}

#[test]
fn a_reverted_revert_is_one_finding_that_came_back() {
    let world = base();
    world.write("work/b.txt", line(1));
    let first = commit(&world, "in");
    world.git(&["revert", "--no-edit", "HEAD"]);
    let removed = id(&world, "HEAD");
    world.git(&["revert", "--no-edit", "HEAD"]);
    let back = id(&world, "HEAD");
    let report = world.report(&["history"]);
    report.is(&["new b.txt:1"]);
    let finding = report.at("b.txt");
    assert_eq!(text(finding, "first_commit"), first);
    assert_eq!((&finding["removed_in"], &finding["back_in"]), (&[removed].into(), &[back].into()));
}

#[test]
fn a_merge_message_is_a_carrier() {
    let world = base();
    side(&world, "side", "b.txt", "harmless\n");
    world.git(&["merge", "-q", "--no-ff", "-m", &format!("with {}", token(1)), "side"]);
    let report = world.report(&["history"]);
    report.is(&["new commit:1"]);
    assert_eq!(
        (&report.findings[0]["merge"], text(&report.findings[0], "carrier")),
        (&true.into(), "commit")
    );
}

#[test]
fn what_a_cherry_pick_repeats_is_one_finding_of_both_branches() {
    let world = empty();
    world.write("work/own.txt", "harmless\n");
    let base = commit(&world, "base");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side.txt", "harmless\n");
    commit(&world, "side");
    world.write("work/a.env", line(1));
    let message = format!("with {}", token(2));
    let brings = commit(&world, &message);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["cherry-pick", &brings]);
    world.git(&["branch", "clean", &base]);
    let report = world.report(&["history"]);
    report.is(&["new a.env:1", "new commit:1"]);
    for finding in &report.findings {
        assert_eq!(finding["refs"], serde_json::json!(["refs/heads/main", "refs/heads/side"]), "{finding}");
    }
}

#[test]
fn a_message_that_an_amended_commit_keeps_is_told_of_the_commit_that_is_reached() {
    let world = empty();
    let message = format!("with {}", token(1));
    world.write("work/a.txt", "one\n");
    commit(&world, &message);
    for content in ["two\n", "three\n", "four\n"] {
        world.write("work/a.txt", content);
        world.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
        let report = world.report(&["history"]);
        report.is(&["new commit:1"]);
        assert_eq!(text(&report.findings[0], "first_commit"), id(&world, "HEAD"));
        assert_eq!(report.findings[0]["reachable"], true);
    }
}

#[test]
fn a_move_names_where_it_came_from_and_who_brought_the_value() {
    let world = empty();
    world.write("work/a.env", line(1));
    let brings = commit(&world, "in");
    world.write("work/a.env", "moved\n");
    world.write("work/dir/b.env", format!("# moved here\n{}", line(1)));
    let moves = commit(&world, "moves");
    let report = world.report(&["history"]);
    let moved = report.at("dir/b.env");
    assert_eq!((text(moved, "first_seen"), text(moved, "first_commit")), (&*brings, &*moves));
    assert_eq!(moved["moved_from"], serde_json::json!(["a.env"]));
    assert_eq!(report.at("a.env")["moved_from"], serde_json::json!([]));
    let human = world.stopleak_in("work", &["history", "--color", "never"]).stdout;
    assert!(human.contains(&format!("moved here from a.env by {}", &moves[..12])), "{human}");
    assert!(human.contains(&format!("first seen in {}", &brings[..12])), "{human}");
}
