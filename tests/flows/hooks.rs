//! What a push brings to a remote, through the installed hook.

use crate::report::commit_file as commit;
use crate::support::{Run, World};
use crate::tokens::{line, token};

/// `work` with the pre-push hook, and its remote `origin`, which has one commit on `main`.
fn repository() -> World {
    let world = World::repository();
    world.git(&["init", "-q", "--bare", "-b", "main", "../origin"]);
    world.git(&["remote", "add", "origin", "../origin"]);
    world.git(&["push", "-q", "-u", "origin", "main"]);
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-push"]).code, 0);
    world.watch("work/.git/hooks");
    world
}

fn push(world: &World, arguments: &[&str]) -> Run {
    let run = world.run(world.command("git", "work").args(["push", "-q"]).args(arguments));
    run.is_discreet();
    run
}

#[track_caller]
fn accepted(world: &World, arguments: &[&str]) {
    let run = push(world, arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// The hook refused the push and named `places`, and nothing else.
#[track_caller]
fn refused(world: &World, arguments: &[&str], places: &[&str]) {
    let run = push(world, arguments);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let mut named: Vec<&str> = Vec::new();
    for line in run.stderr.lines().map(str::trim) {
        if let Some((place, _)) = line.split_once(".txt:") {
            named.push(place);
        }
    }
    named.sort();
    assert_eq!(named, places, "{}", run.stderr);
}

#[test]
fn a_known_branch() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &[]);
    commit(&world, "c.txt", &line(2));
    commit(&world, "d.txt", "harmless\n");
    refused(&world, &[], &["c"]);
    // Taking it out again does not take it out of what is pushed.
    world.git(&["rm", "-q", "c.txt"]);
    commit(&world, "e.txt", "harmless\n");
    refused(&world, &[], &["c"]);
    accepted(&world, &["--no-verify"]);
    commit(&world, "f.txt", "harmless\n");
    accepted(&world, &[]);
}

#[test]
fn a_new_branch_is_what_the_remote_lacks() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["origin", "topic"]);
    commit(&world, "c.txt", &line(2));
    refused(&world, &["origin", "topic:other"], &["c"]);
}

#[test]
fn what_came_from_another_branch_of_the_remote_is_not_news() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "topic"]);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["origin", "topic"]);
    world.git(&["checkout", "-q", "main"]);
    commit(&world, "known.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    world.git(&["checkout", "-q", "topic"]);
    world.git(&["merge", "-q", "--no-edit", "main"]);
    accepted(&world, &["origin", "topic"]);
}

#[test]
fn another_remote_has_what_it_has() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    world.git(&["init", "-q", "--bare", "../second"]);
    world.git(&["remote", "add", "second", "../second"]);
    refused(&world, &["second", "main"], &["known"]);
    // By its address alone nothing is known of a remote but what its refs name.
    refused(&world, &["../second", "main"], &["known"]);
    accepted(&world, &["--no-verify", "second", "main"]);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["../second", "main"]);
}

#[test]
fn a_forced_push_over_something_unknown() {
    let world = repository();
    world.git(&["clone", "-q", "../origin", "../colleague"]);
    let git = |arguments: &[&str]| world.run(world.command("git", "colleague").args(arguments));
    world.write("colleague/theirs.txt", "theirs\n");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "theirs"]);
    assert_eq!(git(&["push", "-q"]).code, 0);
    commit(&world, "c.txt", &line(2));
    assert_eq!(push(&world, &[]).code, 1, "not a fast-forward");
    refused(&world, &["--force"], &["c"]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    commit(&world, "d.txt", "harmless\n");
    accepted(&world, &["--force"]);
}

#[test]
fn deletions_bring_nothing() {
    let world = repository();
    commit(&world, "c.txt", &line(2));
    accepted(&world, &["--no-verify", "origin", "HEAD:leak"]);
    accepted(&world, &["origin", ":leak"]);
    world.git(&["fetch", "-q", "--prune"]);
    refused(&world, &["origin", "HEAD:again"], &["c"]);
}

#[test]
fn tags() {
    let world = repository();
    accepted(&world, &["origin", "HEAD:refs/tags/plain"]);
    world.git(&["tag", "-a", "-m", "harmless", "v1"]);
    accepted(&world, &["origin", "v1"]);

    world.git(&["tag", "-a", "-m", &format!("with {}", token(2)), "message"]);
    let run = push(&world, &["origin", "message"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("tag"), "{}", run.stderr);
    world.git(&["tag", "-a", "-m", "of a tag", "nested", "message"]);
    assert_eq!(push(&world, &["origin", "nested"]).code, 1);

    commit(&world, "c.txt", &line(3));
    world.git(&["tag", "-a", "-m", "harmless", "commit"]);
    let id = |revision: &str| world.git(&["rev-parse", revision]).stdout.trim().to_owned();
    let (tree, blob) = (id("HEAD^{tree}"), id("HEAD:c.txt"));
    world.git(&["tag", "-a", "-m", "harmless", "tree", &tree]);
    world.git(&["tag", "blob", &blob]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    refused(&world, &["origin", "commit"], &["c"]);
    refused(&world, &["origin", "tree"], &["c"]);
    let run = push(&world, &["origin", "blob"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("GitHub"), "{}", run.stderr);
}

#[test]
fn several_refs_are_one_report() {
    let world = repository();
    for (branch, seed) in [("one", 1), ("two", 2), ("three", 1)] {
        world.git(&["checkout", "-q", "-b", branch, "main"]);
        commit(&world, &format!("{branch}.txt"), &line(seed));
    }
    world.git(&["checkout", "-q", "main"]);
    refused(&world, &["--all"], &["one", "three", "two"]);
    let run = push(&world, &["origin", "one", "one:copy", "two"]);
    assert_eq!(run.stderr.matches("stopleak: ").count(), 1, "{}", run.stderr);
    accepted(&world, &["origin", "main", "main:copy"]);
}

#[test]
fn what_ran_no_hook_before() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "other"]);
    commit(&world, "c.txt", &line(2));
    world.git(&["checkout", "-q", "main"]);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &[]);

    world.git(&["cherry-pick", "other"]);
    refused(&world, &[], &["c"]);
    world.git(&["revert", "--no-edit", "HEAD"]);
    world.git(&["revert", "--no-edit", "HEAD"]);
    refused(&world, &[], &["c"]);
    world.git(&["reset", "-q", "--hard", "origin/main"]);
    world.git(&["format-patch", "-q", "-1", "-o", "../patches", "other"]);
    let patch = world.path("patches/0001-c.txt.patch");
    world.git(&["am", "-q", patch.to_str().expect("text")]);
    refused(&world, &[], &["c"]);
    world.git(&["reset", "-q", "--hard", "origin/main"]);
    world.git(&["merge", "-q", "--no-edit", "other"]);
    refused(&world, &[], &["c"]);
    world.git(&["rebase", "-q", "origin/main", "other"]);
    refused(&world, &["origin", "other"], &["c"]);
}

#[test]
fn notes_and_other_refs() {
    let world = repository();
    world.git(&["notes", "add", "-m", &format!("with {}", token(2))]);
    let run = push(&world, &["origin", "refs/notes/commits"]);
    assert!(run.code == 1 && run.stderr.contains("ghp_****"), "{}", run.stderr);
    world.write("work/a.txt", line(3));
    world.git(&["stash"]);
    refused(&world, &["origin", "refs/stash:refs/heads/stashed"], &["a"]);
    accepted(&world, &["origin", "HEAD:refs/custom/x"]);
}

#[test]
fn messages_of_commits() {
    let world = repository();
    world.git(&["commit", "-q", "--allow-empty", "-m", &format!("with {}", token(2))]);
    let run = push(&world, &[]);
    assert!(run.code == 1 && run.stderr.contains("commit "), "{}", run.stderr);
    world.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "harmless"]);
    accepted(&world, &[]);
}

#[test]
fn an_edit_beside_an_old_secret_passes_and_says_so_once() {
    let world = repository();
    commit(&world, "old.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    for text in ["edited", "again"] {
        commit(&world, "old.txt", &format!("{text}\n{}", line(1)));
    }
    let run = push(&world, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr.matches("not blocking (old.txt)").count(), 1, "{}", run.stderr);
}

#[test]
fn a_remote_whose_name_begins_with_that_of_another() {
    let world = repository();
    world.git(&["init", "-q", "--bare", "-b", "main", "../second"]);
    world.git(&["remote", "add", "origin/fork", "../second"]);
    commit(&world, "c.txt", &line(2));
    accepted(&world, &["--no-verify", "origin/fork", "main"]);
    refused(&world, &["origin", "main"], &["c"]);
}

#[test]
fn an_address_that_is_that_of_a_remote() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["../origin", "topic"]);
    accepted(&world, &["../origin/", "topic:again"]);
    world.git(&["init", "-q", "--bare", "../second"]);
    refused(&world, &["../second", "topic"], &["known"]);
    // What is pushed counts, not from where is fetched.
    world.git(&["remote", "set-url", "--push", "origin", "../second"]);
    refused(&world, &["../origin", "topic:third"], &["known"]);
}

#[test]
fn tracking_branches_where_the_remote_has_them() {
    let world = repository();
    let fetch = |to: &str| {
        let refs = format!("+refs/heads/*:{to}");
        world.git(&["config", "--replace-all", "remote.origin.fetch", &refs]);
    };
    commit(&world, "known.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    fetch("refs/theirs/*");
    world.git(&["fetch", "-q"]);
    world.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    accepted(&world, &["origin", "main:topic"]);
    // Branches of our own tell nothing of the remote, even where a fetch would replace them.
    for own in ["refs/heads/*", "refs/tags/*"] {
        fetch(own);
        refused(&world, &["origin", "main:other"], &["known"]);
    }
}

#[test]
fn what_is_pushed_may_be_named_with_spaces() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["origin", "HEAD@{1 minute ago}:refs/heads/fine"]);
    commit(&world, "c.txt", &line(2));
    refused(&world, &["origin", "HEAD@{1 minute ago}:refs/heads/leak"], &["c"]);
}

#[test]
fn a_tag_of_files_that_the_remote_has() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    world.git(&["tag", "file", "HEAD:known.txt"]);
    world.git(&["tag", "folder", "HEAD^{tree}"]);
    refused(&world, &["origin", "folder"], &["known"]);
    world.git(&["rm", "-q", "known.txt"]);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["--no-verify"]);
    for tag in ["file", "folder"] {
        let run = push(&world, &["origin", tag]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("1 old finding"), "{}", run.stderr);
    }
}

#[test]
fn names_of_refs() {
    let world = repository();
    let names = ["refs/heads", "refs/tags", "refs/notes"].map(|kind| format!("{kind}/for-{}", token(2)));
    for name in &names {
        let run =
            world.run(world.command("git", "work").args(["push", "-q", "origin", &format!("main:{name}")]));
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains("(name of the ref)"), "{}", run.stderr);
        world.git(&["push", "-q", "--no-verify", "origin", &format!("main:{name}")]);
    }
    commit(&world, "b.txt", "harmless\n");
    // The remote has these names already.
    for name in &names {
        world.git(&["push", "-q", "origin", &format!("+main:{name}")]);
        world.git(&["push", "-q", "origin", &format!(":{name}")]);
    }
    accepted(&world, &["origin", "main:refs/heads/password-of-the-day"]);
}

#[test]
fn what_a_shallow_clone_pushes_elsewhere() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &[]);
    let url = format!("file://{}", world.path("origin").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    assert_eq!(world.stopleak_in("shallow", &["hook", "install", "--hook", "pre-push"]).code, 0);
    world.git(&["init", "-q", "--bare", "../second"]);
    let git = |folder: &str, arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    git("second", &["config", "receive.shallowUpdate", "true"]);
    // All that is sent was read.
    let run = git("shallow", &["push", "-q", "../second", "main"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    commit(&world, "known.txt", &line(1));
    accepted(&world, &["--no-verify"]);
    git("shallow", &["fetch", "-q", "--depth", "1"]);
    let run = git("shallow", &["push", "-q", "../second", "origin/main:refs/heads/topic"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("at or before") && !run.stderr.contains("INCOMPLETE"), "{}", run.stderr);
}

#[test]
fn from_a_linked_worktree_and_a_shallow_clone() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked", "-b", "topic"]);
    let git = |folder: &str, arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    world.write("linked/b.txt", line(2));
    git("linked", &["add", "."]);
    git("linked", &["commit", "-q", "-m", "leak"]);
    let run = git("linked", &["push", "-q", "origin", "topic"]);
    assert!(run.code == 1 && run.stderr.contains("b.txt"), "{}", run.stderr);

    for number in 0..3 {
        commit(&world, &format!("{number}.txt"), "harmless\n");
    }
    accepted(&world, &[]);
    let url = format!("file://{}", world.path("origin").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    assert_eq!(world.stopleak_in("shallow", &["hook", "install", "--hook", "pre-push"]).code, 0);
    world.write("shallow/b.txt", "harmless\n");
    git("shallow", &["add", "."]);
    git("shallow", &["commit", "-q", "-m", "harmless"]);
    let run = git("shallow", &["push", "-q"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    world.write("shallow/c.txt", line(3));
    git("shallow", &["add", "."]);
    git("shallow", &["commit", "-q", "-m", "leak"]);
    let run = git("shallow", &["push", "-q"]);
    assert!(run.code == 1 && run.stderr.contains("c.txt"), "{}", run.stderr);
}

#[test]
fn a_hook_in_a_hook_of_another_tool() {
    let world = World::repository();
    let theirs = "#!/bin/sh\nstopleak hook run pre-commit \"$@\" || exit $?\n";
    let folder = crate::support::binary().parent().expect("a folder").to_owned();
    let hook = world.path("work/.git/hooks/pre-commit");
    world.write("work/.git/hooks/pre-commit", theirs.replace("stopleak", "\"$FOLDER\"/stopleak"));
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("changed");
    world.write("work/b.txt", line(2));
    world.git_may_fail(&folder, &["commit", "-q", "-a", "-m", "nothing"], 1);
    world.run(world.command("git", "work").args(["add", "."]));
    world.git_may_fail(&folder, &["commit", "-q", "-m", "leak"], 1);
}

/// A line of commits on the remote's `main`, an hour apart and long enough that the hook does not read all of it for
/// nothing, and a branch of the remote that left it at its start: what is pushed does not descend from that.
fn long_line(world: &World) {
    let mut stream = String::new();
    let start = 1_500_000_000;
    for at in 0..6000 {
        let date = start + at * 3600;
        stream.push_str(&format!("commit refs/heads/long\ncommitter T <t@e> {date} +0000\ndata 1\nx\n"));
    }
    let mut command = world.command("git", "work");
    let mut import = command
        .args(["fast-import", "--quiet"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("git starts");
    use std::io::Write;
    import.stdin.take().expect("a pipe").write_all(stream.as_bytes()).expect("written");
    assert!(import.wait().expect("it ends").success());
    world.git(&["push", "-q", "--no-verify", "origin", "long", "long~5999:refs/heads/side"]);
    world.git(&["checkout", "-q", "long"]);
}

#[test]
fn a_long_history_is_read_where_something_would_be_said() {
    let world = repository();
    long_line(&world);
    commit(&world, "b.txt", "harmless\n");
    accepted(&world, &["origin", "long"]);
    commit(&world, "c.txt", &line(2));
    refused(&world, &["origin", "long"], &["c"]);
    // The remote has it in a branch whose tip says that it is old: dates are no reason to refuse.
    let leak = world.git(&["rev-parse", "HEAD"]).stdout;
    let old = "1500000100 +0000";
    let mut command = world.command("git", "work");
    let run = world.run(command.env("GIT_COMMITTER_DATE", old).args([
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "old",
    ]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    world.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/forged"]);
    world.git(&["reset", "-q", "--hard", leak.trim()]);
    accepted(&world, &["origin", "long"]);
    commit(&world, "d.txt", &line(3));
    refused(&world, &["origin", "long"], &["d"]);
}

impl World {
    fn git_may_fail(&self, folder: &std::path::Path, arguments: &[&str], code: i32) {
        let mut command = self.command("git", "work");
        let run = self.run(command.args(arguments).env("FOLDER", folder));
        assert_eq!(run.code, code, "{}", run.stderr);
    }
}
