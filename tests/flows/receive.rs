//! The pre-receive hook: pushed objects are scanned in git's quarantine directory before they are accepted.

use crate::report::commit_file as commit;
use crate::support::{Run, World};
use crate::tokens::{RULE, line, token};

/// Creates `work`, and the bare repository `origin` with one commit on `main` and the pre-receive hook.
fn repository() -> World {
    repository_like(&[])
}

fn repository_like(init: &[&str]) -> World {
    let world = World::repository_like(init);
    world.git(&[&["init", "-q", "--bare", "-b", "main", "../origin"], init].concat());
    world.git(&["remote", "add", "origin", "../origin"]);
    world.git(&["push", "-q", "-u", "origin", "main"]);
    let run = world.stopleak_in("origin", &["hook", "install"]);
    assert!(run.code == 0 && run.stderr.contains("hooks/pre-receive"), "{}", run.stderr);
    world.watch("origin/hooks");
    world
}

fn push(world: &World, arguments: &[&str]) -> Run {
    let refs = || world.run(world.command("git", "origin").arg("for-each-ref")).stdout;
    let before = refs();
    let run = world.run(world.command("git", "work").args(["push", "-q"]).args(arguments));
    run.assert_no_token_shown();
    assert!(!run.stderr.contains("changed:"), "{}", run.stderr);
    assert_eq!(run.code == 0, before != refs(), "{}", run.stderr);
    run
}

#[track_caller]
fn assert_accepted(world: &World, arguments: &[&str]) {
    let run = push(world, arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[track_caller]
fn assert_refused(world: &World, arguments: &[&str], expected: &[&str]) -> Run {
    let run = push(world, arguments);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for part in expected {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    run
}

/// Adds options to the command in the installed hook.
fn with_options(world: &World, options: &str) {
    let hook = world.read("origin/hooks/pre-receive.watched");
    let called = format!("hook run {options} pre-receive");
    world.write("origin/hooks/pre-receive.watched", hook.replace("hook run pre-receive", &called));
}

#[test]
fn commits_pushed_to_an_existing_branch() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &[], &["c.txt:1", "pre-receive hook declined"]);
    world.git(&["rm", "-q", "c.txt"]);
    commit(&world, "d.txt", "harmless\n");
    assert_refused(&world, &[], &["c.txt:1"]);
}

#[test]
fn the_first_push_into_an_empty_repository() {
    let world = repository();
    world.git(&["init", "-q", "--bare", "-b", "main", "../second"]);
    assert_eq!(world.stopleak_in("second", &["hook", "install"]).code, 0);
    world.git(&["push", "-q", "../second", "main"]);
    world.git(&["init", "-q", "--bare", "-b", "main", "../third"]);
    assert_eq!(world.stopleak_in("third", &["hook", "install"]).code, 0);
    commit(&world, "c.txt", &line(2));
    let run = world.run(world.command("git", "work").args(["push", "-q", "../third", "main"]));
    assert!(run.code == 1 && run.stderr.contains("c.txt:1"), "{}", run.stderr);
}

#[test]
fn several_refs_are_refused_together() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    world.git(&["branch", "fine"]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &["origin", "fine", "main"], &["c.txt:1"]);
    assert_accepted(&world, &["origin", "fine"]);
}

#[test]
fn deletions_and_refs_to_existing_commits_pass() {
    let world = repository();
    assert_accepted(&world, &["origin", "main:copy"]);
    assert_accepted(&world, &["origin", ":copy"]);
    world.git(&["tag", "-a", "-m", "harmless", "v1"]);
    assert_accepted(&world, &["origin", "v1"]);
}

#[test]
fn a_force_push() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &["--force"], &["c.txt:1"]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    commit(&world, "d.txt", "harmless\n");
    assert_accepted(&world, &["--force"]);
}

#[test]
fn messages_of_commits_and_tags() {
    let world = repository();
    world.git(&["commit", "-q", "--allow-empty", "-m", &format!("with {}", token(2))]);
    assert_refused(&world, &[], &["commit "]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    world.git(&["tag", "-a", "-m", &format!("with {}", token(3)), "v1"]);
    assert_refused(&world, &["origin", "v1"], &["tag "]);
}

#[test]
fn content_of_another_branch_of_the_repository_is_not_new() {
    let world = repository();
    commit(&world, "c.txt", &line(2));
    world.git(&["update-ref", "refs/heads/main", "HEAD"]);
    // Pushed without the hook.
    let hook = world.path("origin/hooks/pre-receive");
    std::fs::rename(&hook, hook.with_extension("away")).expect("moved");
    world.git(&["push", "-q"]);
    std::fs::rename(hook.with_extension("away"), &hook).expect("moved");
    world.write("work/c.txt", format!("edited\n{}", line(2)));
    commit(&world, "d.txt", "harmless\n");
    let run = push(&world, &["origin", "main:topic"]);
    assert_eq!((run.code, run.stderr.matches("1 old finding").count()), (0, 1), "{}", run.stderr);
    world.git(&["tag", "old", "main~:c.txt"]);
    let run = push(&world, &["origin", "old"]);
    assert_eq!((run.code, run.stderr.matches("1 old finding").count()), (0, 1), "{}", run.stderr);
}

#[test]
fn names_of_refs() {
    let world = repository();
    let name = format!("refs/heads/for-{}", token(2));
    let push = |to: &str| world.run(world.command("git", "work").args(["push", "-q", "origin", to]));
    let run = push(&format!("main:{name}"));
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("(name of the ref)"), "{}", run.stderr);
    let git = |arguments: &[&str]| world.run(world.command("git", "origin").args(arguments)).code;
    assert_eq!(git(&["update-ref", &name, "main"]), 0);
    commit(&world, "b.txt", "harmless\n");
    for to in [format!("main:{name}"), format!(":{name}")] {
        assert_eq!(push(&to).code, 0);
    }
}

#[test]
fn a_shallow_push_into_an_empty_repository() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    let git = |folder: &str, arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    let url = format!("file://{}", world.path("origin").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    world.git(&["init", "-q", "--bare", "../second"]);
    assert_eq!(world.stopleak_in("second", &["hook", "install"]).code, 0);
    git("second", &["config", "receive.shallowUpdate", "true"]);
    let run = git("shallow", &["push", "-q", "../second", "main"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    world.write("shallow/c.txt", line(2));
    git("shallow", &["add", "."]);
    git("shallow", &["commit", "-q", "-m", "leak"]);
    let run = git("shallow", &["push", "-q", "../second", "main"]);
    assert!(run.code == 1 && run.stderr.contains("c.txt:1"), "{}", run.stderr);
}

#[test]
fn cherry_picked_and_rebased_commits_are_scanned() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "other"]);
    commit(&world, "c.txt", &line(2));
    world.git(&["checkout", "-q", "main"]);
    commit(&world, "b.txt", "harmless\n");
    world.git(&["cherry-pick", "other"]);
    assert_refused(&world, &["origin", "main"], &["c.txt:1"]);
    world.git(&["reset", "-q", "--hard", "HEAD~"]);
    world.git(&["rebase", "-q", "main", "other"]);
    assert_refused(&world, &["origin", "other"], &["c.txt:1"]);
}

#[test]
fn without_time_the_push_is_refused_as_not_finished() {
    let world = repository();
    with_options(&world, "--budget 0s");
    commit(&world, "b.txt", "harmless\n");
    commit(&world, "c.txt", "harmless\n");
    assert_refused(&world, &[], &["2 commits (out-of-time): not finished", "INCOMPLETE"]);
    // Pushes without new objects need no time.
    assert_accepted(&world, &["origin", "HEAD~2:refs/heads/copy"]);
    assert_accepted(&world, &["origin", ":copy"]);
}

#[test]
fn without_time_the_commits_of_a_long_history_are_not_counted() {
    let world = repository();
    with_options(&world, "--budget 0s");
    let commit = |number: usize| {
        format!(
            "commit refs/heads/long\ncommitter T <t@example.com> {} +0000\ndata 1\nx\n",
            1_700_000_000 + number
        )
    };
    world.write("history", (0..600).map(commit).collect::<String>());
    let history = std::fs::File::open(world.path("history")).expect("just written");
    let mut command = world.command("git", "work");
    assert_eq!(world.run(command.args(["fast-import", "--quiet"]).stdin(history)).code, 0);
    assert_refused(&world, &["origin", "long"], &["more than 2", " commits (out-of-time): not finished"]);
}

#[test]
fn without_time_the_hook_can_be_configured_to_warn() {
    let world = repository();
    with_options(&world, "--budget 0s --unfinished warn");
    commit(&world, "b.txt", "harmless\n");
    let run = push(&world, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("1 commit: not finished"), "{}", run.stderr);
}

#[test]
fn time_budget_and_refusal_are_read_from_the_repositorys_configuration() {
    let world = repository();
    world.write("origin/stopleak.yaml", "hooks: {receive-budget: 0s}\n");
    commit(&world, "b.txt", "harmless\n");
    assert_refused(&world, &[], &["not finished"]);
    world.write("origin/stopleak.yaml", "hooks: {receive-budget: 0s, receive-unfinished: warn}\n");
    assert_eq!(push(&world, &[]).code, 0);
    world.write("origin/stopleak.yaml", "hooks: {receive-budget: soon}\n");
    commit(&world, "c.txt", "harmless\n");
    assert_refused(&world, &[], &["expected a time"]);
}

#[test]
fn warning_about_time_still_refuses_other_unscanned_entries() {
    let world = repository();
    with_options(&world, "--unfinished warn --max-blob-size 10");
    commit(&world, "b.txt", "longer than ten bytes\n");
    assert_refused(&world, &[], &["too-large"]);
}

#[test]
fn the_policy_is_never_read_from_pushed_commits() {
    let world = repository();
    commit(&world, "c.txt", &format!("{} # stopleak:allow {RULE} a test\n", line(2).trim_end()));
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    world.write("work/stopleak.yaml", format!("skip-paths: ['*']\nrules: {{off: [{RULE}]}}\n"));
    commit(&world, "d.txt", "harmless\n");
    assert_refused(&world, &[], &["c.txt:1"]);
}

#[test]
fn the_policy_is_the_configuration_in_the_repository_directory() {
    let world = repository();
    commit(&world, "c.txt", &format!("{} # stopleak:allow {RULE} a test\n", line(2).trim_end()));
    assert_refused(&world, &[], &["c.txt:1"]);
    world.write("origin/stopleak.yaml", "hooks: {receive-marks: true}\n");
    assert_accepted(&world, &["origin", "main:allowed"]);
    commit(&world, "d.txt", &line(3));
    world.write("origin/stopleak.yaml", "skip-paths: [d.txt]\n");
    assert_accepted(&world, &["origin", "main:skipped"]);
    commit(&world, "e.txt", &line(4));
    world.write("elsewhere.yaml", "skip-paths: [e.txt]\n");
    with_options(&world, &format!("--config {}", world.path("elsewhere.yaml").display()));
    assert_accepted(&world, &["origin", "main:named"]);
}

#[test]
fn the_reported_way_to_allow_a_finding_works() {
    let world = repository();
    commit(&world, "c.txt", &line(2));
    assert_refused(
        &world,
        &[],
        &["baseline create --history (in a clone;", "puts the file next to the repository's `config`)"],
    );
    assert_eq!(world.stopleak(&["baseline", "create", "--history"]).code, 0);
    world.write("origin/.stopleak-baseline", world.read("work/.stopleak-baseline"));
    assert_accepted(&world, &[]);
}

#[test]
fn checked_out_files_of_the_receiving_repository_are_no_policy() {
    let world = repository();
    world.git(&["init", "-q", "-b", "main", "../files"]);
    let git = |arguments: &[&str]| {
        let run = world.run(world.command("git", "files").args(arguments));
        assert_eq!(run.code, 0, "{}", run.stderr);
    };
    git(&["config", "receive.denyCurrentBranch", "updateInstead"]);
    assert_eq!(world.stopleak_in("files", &["hook", "install", "--hook", "pre-receive"]).code, 0);
    world.write("work/stopleak.yaml", "skip-paths: ['*']\n");
    commit(&world, "b.txt", "harmless\n");
    world.git(&["push", "-q", "../files", "main"]);
    assert!(world.path("files/stopleak.yaml").is_file());
    commit(&world, "c.txt", &line(2));
    let run = world.run(world.command("git", "work").args(["push", "-q", "../files", "main"]));
    assert!(run.code == 1 && run.stderr.contains("c.txt:1"), "{}", run.stderr);
}

#[test]
fn a_sha_256_repository() {
    let world = repository_like(&["--object-format=sha256"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &[], &["c.txt:1"]);
}

#[test]
fn a_reftable_repository() {
    let world = repository_like(&["--ref-format=reftable"]);
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    commit(&world, "c.txt", &line(2));
    assert_refused(&world, &[], &["c.txt:1"]);
}

#[test]
fn a_push_from_a_shallow_clone() {
    let world = repository();
    commit(&world, "b.txt", "harmless\n");
    assert_accepted(&world, &[]);
    let url = format!("file://{}", world.path("origin").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let git = |arguments: &[&str]| world.run(world.command("git", "shallow").args(arguments));
    for (path, content, code) in [("c.txt", "harmless\n".to_owned(), 0), ("d.txt", line(2), 1)] {
        world.write(&format!("shallow/{path}"), content);
        git(&["add", "."]);
        git(&["commit", "-q", "-m", path]);
        let run = git(&["push", "-q"]);
        assert_eq!(run.code, code, "{}", run.stderr);
    }
}

#[test]
fn packed_and_loose_objects_in_quarantine_are_scanned() {
    for limit in ["1", "1000"] {
        let world = repository();
        world.run(world.command("git", "origin").args(["config", "receive.unpackLimit", limit]));
        commit(&world, "c.txt", &line(2));
        assert_refused(&world, &[], &["c.txt:1"]);
    }
}

#[test]
fn a_repository_with_alternates() {
    let world = repository();
    world.git(&["clone", "-q", "--bare", "--shared", "../origin", "../borrower"]);
    assert_eq!(world.stopleak_in("borrower", &["hook", "install"]).code, 0);
    world.watch("borrower/hooks");
    commit(&world, "c.txt", &line(2));
    let run = world.run(world.command("git", "work").args(["push", "-q", "../borrower", "main"]));
    assert!(run.code == 1 && run.stderr.contains("c.txt:1"), "{}", run.stderr);
    assert!(!run.stderr.contains("changed:"), "{}", run.stderr);
}

#[test]
fn malformed_input_lines_are_refused() {
    let world = repository();
    world.write("input", "what is this\n");
    let mut command = world.command(crate::support::binary(), "origin");
    let input = std::fs::File::open(world.path("input")).expect("just written");
    let run = world.run(command.args(["hook", "run", "pre-receive"]).stdin(input));
    assert_eq!(run.code, 2, "{}", run.stderr);
}
