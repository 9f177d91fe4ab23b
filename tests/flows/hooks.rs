//! The pre-push hook: the commits, tags and names that a push adds to a remote.

use crate::report::commit_file as commit;
use crate::support::{Run, World};
use crate::tokens::{line, token};

/// Creates `work` with the pre-push hook installed, and its remote `origin` with one commit on `main`.
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
    run.assert_no_token_shown();
    run
}

#[track_caller]
fn assert_accepted(world: &World, arguments: &[&str]) {
    let run = push(world, arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// Asserts that the hook refused the push and named exactly these files (without their extension `.txt`).
#[track_caller]
fn assert_refused(world: &World, arguments: &[&str], places: &[&str]) {
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
fn commits_pushed_to_an_existing_branch() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    commit(&world, "c.txt", &line(2));
    commit(&world, "d.txt", "harmless\n");
    assert_refused(&world, &[], &["c"]);
    // A later commit that removes the file does not remove the value from the pushed commits.
    world.git(&["rm", "-q", "c.txt"]);
    commit(&world, "e.txt", "harmless\n");
    assert_refused(&world, &[], &["c"]);
    assert_accepted(&world, &["--no-verify"]);
    commit(&world, "f.txt", "harmless\n");
    assert_accepted(&world, &[]);
}

#[test]
fn of_a_new_branch_only_commits_missing_at_the_remote_are_scanned() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["origin", "topic"]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &["origin", "topic:other"], &["c"]);
}

#[test]
fn commits_merged_from_another_branch_of_the_remote_are_not_new() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "topic"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["origin", "topic"]);
    world.git(&["checkout", "-q", "main"]);
    commit(&world, "known.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    world.git(&["checkout", "-q", "topic"]);
    world.git(&["merge", "-q", "--no-edit", "main"]);
    assert_accepted(&world, &["origin", "topic"]);
}

#[test]
fn each_remote_has_its_own_known_commits() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    world.git(&["init", "-q", "--bare", "../second"]);
    world.git(&["remote", "add", "second", "../second"]);
    assert_refused(&world, &["second", "main"], &["known"]);
    // A remote given by URL has no tracking branches: only the refs that it advertises are known.
    assert_refused(&world, &["../second", "main"], &["known"]);
    assert_accepted(&world, &["--no-verify", "second", "main"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["../second", "main"]);
}

#[test]
fn a_forced_push_over_an_unknown_commit() {
    let world = repository();
    world.git(&["clone", "-q", "../origin", "../colleague"]);
    let git = |arguments: &[&str]| world.run(world.command("git", "colleague").args(arguments));
    world.write("colleague/theirs.txt", "theirs\n");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "theirs"]);
    assert_eq!(git(&["push", "-q"]).code, 0);
    commit(&world, "c.txt", &line(2));
    assert_eq!(push(&world, &[]).code, 1, "not a fast-forward");
    assert_refused(&world, &["--force"], &["c"]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    commit(&world, "d.txt", "harmless\n");
    assert_accepted(&world, &["--force"]);
}

#[test]
fn deletions_pass() {
    let world = repository();
    commit(&world, "c.txt", &line(2));
    assert_accepted(&world, &["--no-verify", "origin", "HEAD:leak"]);
    assert_accepted(&world, &["origin", ":leak"]);
    world.git(&["fetch", "-q", "--prune"]);
    assert_refused(&world, &["origin", "HEAD:again"], &["c"]);
}

#[test]
fn tags() {
    let world = repository();
    assert_accepted(&world, &["origin", "HEAD:refs/tags/plain"]);
    world.git(&["tag", "-a", "-m", "harmless", "v1"]);
    assert_accepted(&world, &["origin", "v1"]);

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
    assert_refused(&world, &["origin", "commit"], &["c"]);
    assert_refused(&world, &["origin", "tree"], &["c"]);
    let run = push(&world, &["origin", "blob"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("GitHub"), "{}", run.stderr);
}

#[test]
fn several_refs_are_reported_together() {
    let world = repository();
    for (branch, seed) in [("one", 1), ("two", 2), ("three", 1)] {
        world.git(&["checkout", "-q", "-b", branch, "main"]);
        commit(&world, &format!("{branch}.txt"), &line(seed));
    }
    world.git(&["checkout", "-q", "main"]);
    assert_refused(&world, &["--all"], &["one", "three", "two"]);
    let run = push(&world, &["origin", "one", "one:copy", "two"]);
    assert_eq!(run.stderr.matches("stopleak: ").count(), 1, "{}", run.stderr);
    assert_accepted(&world, &["origin", "main", "main:copy"]);
}

#[test]
fn commits_made_without_a_commit_hook_are_scanned() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "other"]);
    commit(&world, "c.txt", &line(2));
    world.git(&["checkout", "-q", "main"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);

    world.git(&["cherry-pick", "other"]);
    assert_refused(&world, &[], &["c"]);
    world.git(&["revert", "--no-edit", "HEAD"]);
    world.git(&["revert", "--no-edit", "HEAD"]);
    assert_refused(&world, &[], &["c"]);
    world.git(&["reset", "-q", "--hard", "origin/main"]);
    world.git(&["format-patch", "-q", "-1", "-o", "../patches", "other"]);
    let patch = world.path("patches/0001-c.txt.patch");
    world.git(&["am", "-q", patch.to_str().expect("text")]);
    assert_refused(&world, &[], &["c"]);
    world.git(&["reset", "-q", "--hard", "origin/main"]);
    world.git(&["merge", "-q", "--no-edit", "other"]);
    assert_refused(&world, &[], &["c"]);
    world.git(&["rebase", "-q", "origin/main", "other"]);
    assert_refused(&world, &["origin", "other"], &["c"]);
}

#[test]
fn notes_and_other_refs() {
    let world = repository();
    world.git(&["notes", "add", "-m", &format!("with {}", token(2))]);
    let run = push(&world, &["origin", "refs/notes/commits"]);
    assert!(run.code == 1 && run.stderr.contains("ghp_****"), "{}", run.stderr);
    world.write("work/a.txt", line(3));
    world.git(&["stash"]);
    assert_refused(&world, &["origin", "refs/stash:refs/heads/stashed"], &["a"]);
    assert_accepted(&world, &["origin", "HEAD:refs/custom/x"]);
}

#[test]
fn messages_of_commits() {
    let world = repository();
    world.git(&["commit", "-q", "--allow-empty", "-m", &format!("with {}", token(2))]);
    let run = push(&world, &[]);
    assert!(run.code == 1 && run.stderr.contains("commit "), "{}", run.stderr);
    world.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "harmless"]);
    assert_accepted(&world, &[]);
}

#[test]
fn an_edit_near_an_old_secret_passes_with_one_note() {
    let world = repository();
    commit(&world, "old.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    for text in ["edited", "again"] {
        commit(&world, "old.txt", &format!("{text}\n{}", line(1)));
    }
    let run = push(&world, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr.matches("not blocking (old.txt)").count(), 1, "{}", run.stderr);
}

#[test]
fn a_remote_whose_name_is_a_prefix_of_another() {
    let world = repository();
    world.git(&["init", "-q", "--bare", "-b", "main", "../second"]);
    world.git(&["remote", "add", "origin/fork", "../second"]);
    commit(&world, "c.txt", &line(2));
    assert_accepted(&world, &["--no-verify", "origin/fork", "main"]);
    assert_refused(&world, &["origin", "main"], &["c"]);
}

#[test]
fn a_url_of_a_configured_remote() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["../origin", "topic"]);
    assert_accepted(&world, &["../origin/", "topic:again"]);
    world.git(&["init", "-q", "--bare", "../second"]);
    assert_refused(&world, &["../second", "topic"], &["known"]);
    // The URL for pushing decides, not the one for fetching.
    world.git(&["remote", "set-url", "--push", "origin", "../second"]);
    assert_refused(&world, &["../origin", "topic:third"], &["known"]);
}

#[test]
fn remote_tracking_branches_by_the_configured_refspec() {
    let world = repository();
    let fetch = |to: &str| {
        let refs = format!("+refs/heads/*:{to}");
        world.git(&["config", "--replace-all", "remote.origin.fetch", &refs]);
    };
    commit(&world, "known.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    fetch("refs/theirs/*");
    world.git(&["fetch", "-q"]);
    world.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    assert_accepted(&world, &["origin", "main:topic"]);
    // Local branches and tags are no evidence of what the remote contains, even if a fetch would overwrite them.
    for own in ["refs/heads/*", "refs/tags/*"] {
        fetch(own);
        assert_refused(&world, &["origin", "main:other"], &["known"]);
    }
}

#[test]
fn a_pushed_revision_may_contain_spaces() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["origin", "HEAD@{1 minute ago}:refs/heads/fine"]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &["origin", "HEAD@{1 minute ago}:refs/heads/leak"], &["c"]);
}

#[test]
fn tags_of_blobs_and_trees_that_the_remote_has() {
    let world = repository();
    commit(&world, "known.txt", &line(1));
    world.git(&["tag", "file", "HEAD:known.txt"]);
    world.git(&["tag", "folder", "HEAD^{tree}"]);
    assert_refused(&world, &["origin", "folder"], &["known"]);
    world.git(&["rm", "-q", "known.txt"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["--no-verify"]);
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
    // Refs with these names already exist at the remote.
    for name in &names {
        world.git(&["push", "-q", "origin", &format!("+main:{name}")]);
        world.git(&["push", "-q", "origin", &format!(":{name}")]);
    }
    assert_accepted(&world, &["origin", "main:refs/heads/password-of-the-day"]);
}

#[test]
fn a_push_from_a_shallow_clone_to_another_remote() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    let url = format!("file://{}", world.path("origin").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    assert_eq!(world.stopleak_in("shallow", &["hook", "install", "--hook", "pre-push"]).code, 0);
    world.git(&["init", "-q", "--bare", "../second"]);
    let git = |folder: &str, arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    git("second", &["config", "receive.shallowUpdate", "true"]);
    // Every pushed object was read, so the run is complete.
    let run = git("shallow", &["push", "-q", "../second", "main"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    commit(&world, "known.txt", &line(1));
    assert_accepted(&world, &["--no-verify"]);
    git("shallow", &["fetch", "-q", "--depth", "1"]);
    let run = git("shallow", &["push", "-q", "../second", "origin/main:refs/heads/topic"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("at or before") && !run.stderr.contains("INCOMPLETE"), "{}", run.stderr);
}

#[test]
fn pushes_from_a_linked_worktree_and_a_shallow_clone() {
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
    assert_accepted(&world, &[]);
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
fn the_hook_command_inside_of_another_hook_script() {
    let world = World::repository();
    let theirs = "#!/bin/sh\nstopleak hook run pre-commit \"$@\" || exit $?\n";
    let folder = crate::support::binary().parent().expect("a folder").to_owned();
    let hook = world.path("work/.git/hooks/pre-commit");
    world.write("work/.git/hooks/pre-commit", theirs.replace("stopleak", "\"$FOLDER\"/stopleak"));
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("changed");
    world.write("work/b.txt", line(2));
    world.assert_git_exit_code(&folder, &["commit", "-q", "-a", "-m", "nothing"], 1);
    world.run(world.command("git", "work").args(["add", "."]));
    world.assert_git_exit_code(&folder, &["commit", "-q", "-m", "leak"], 1);
}

/// Creates the branch `long` with 6,000 commits, an hour apart, and pushes it and the branch `side` at its first commit.
/// It is long enough that the hook reads all of it only if it would otherwise refuse a push.
fn push_long_history(world: &World) {
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
fn a_long_history_is_read_before_a_push_is_refused() {
    let world = repository();
    push_long_history(&world);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &["origin", "long"]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &["origin", "long"], &["c"]);
    // The remote has the commit in a branch whose tip has an old date: the date must not cause a refusal.
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
    assert_accepted(&world, &["origin", "long"]);
    commit(&world, "d.txt", &line(3));
    assert_refused(&world, &["origin", "long"], &["d"]);
}

impl World {
    fn assert_git_exit_code(&self, folder: &std::path::Path, arguments: &[&str], code: i32) {
        let mut command = self.command("git", "work");
        let run = self.run(command.args(arguments).env("FOLDER", folder));
        assert_eq!(run.code, code, "{}", run.stderr);
    }
}
