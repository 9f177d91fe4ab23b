//! Commit messages, checked by the installed commit-msg hook.

use crate::support::{Run, World};
use crate::tokens::{line, token};

fn repository() -> World {
    let world = World::repository();
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "commit-msg"]).code, 0);
    world.watch("work/.git/hooks");
    world
}

/// Runs `git` with these arguments and an editor that appends `added` to the message.
fn with_editor(world: &World, arguments: &[&str], added: &str) -> Run {
    world.write("added", added);
    let mut command = world.command("git", "work");
    command.env("GIT_EDITOR", format!("cat {} >>", world.path("added").display()));
    run_and_check_head(world, command.args(arguments))
}

fn without_editor(world: &World, arguments: &[&str]) -> Run {
    run_and_check_head(world, world.command("git", "work").args(arguments))
}

fn run_and_check_head(world: &World, command: &mut std::process::Command) -> Run {
    let head = || world.run(world.command("git", "work").args(["rev-parse", "HEAD"])).stdout;
    let before = head();
    let run = world.run(command);
    run.assert_no_token_shown();
    assert!(!run.stderr.contains("changed:"), "{}", run.stderr);
    assert_eq!(run.code == 0, before != head(), "{}", run.stderr);
    run
}

#[track_caller]
fn assert_refused(run: &Run) {
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("commit message:"), "{}", run.stderr);
}

#[track_caller]
fn assert_accepted(run: &Run) {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

const EMPTY: [&str; 3] = ["commit", "-q", "--allow-empty"];

fn with_message(message: &str) -> Vec<&str> {
    [&EMPTY[..], &["-m", message]].concat()
}

#[test]
fn a_secret_in_the_message_refuses_the_commit() {
    let world = repository();
    let run = without_editor(&world, &with_message(&format!("why\n\nwith {}", token(2))));
    assert_refused(&run);
    assert!(run.stderr.contains("commit message:3:6"), "{}", run.stderr);
    assert_accepted(&without_editor(&world, &with_message("harmless")));
}

#[test]
fn a_message_from_a_file_and_an_amended_one() {
    let world = repository();
    world.write("message", line(2));
    assert_refused(&without_editor(&world, &[&EMPTY[..], &["-F", "../message"]].concat()));
    assert_accepted(&without_editor(&world, &with_message("harmless")));
    assert_refused(&without_editor(&world, &["commit", "-q", "--allow-empty", "--amend", "-m", &token(3)]));
}

#[test]
fn a_message_written_in_an_editor() {
    let world = repository();
    assert_refused(&with_editor(&world, &EMPTY, &format!("why\n\n{}", line(2))));
    assert_accepted(&with_editor(&world, &EMPTY, "why\n"));
}

#[test]
fn comments_are_not_stored_after_an_editor() {
    let world = repository();
    let text = format!("why\n# {}", line(2));
    assert_accepted(&with_editor(&world, &EMPTY, &text));
    assert!(!world.git(&["log", "--format=%B", "-1"]).stdout.contains("token"));
}

#[test]
fn comments_are_stored_without_an_editor() {
    let world = repository();
    assert_refused(&without_editor(&world, &with_message(&format!("why\n\n# {}", token(2)))));
}

#[test]
fn another_comment_character() {
    for (key, prefix) in [("core.commentChar", ";"), ("core.commentString", "//")] {
        let world = repository();
        world.git(&["config", key, prefix]);
        if world.git(&["version"]).stdout.trim() < "git version 2.45" && key == "core.commentString" {
            continue;
        }
        assert_accepted(&with_editor(&world, &EMPTY, &format!("why\n{prefix} {}", line(2))));
        assert_refused(&with_editor(&world, &EMPTY, &format!("why\n# {}", line(2))));
    }
}

#[test]
fn a_comment_character_of_the_command_line() {
    let world = repository();
    let arguments = [&["-c", "core.commentChar=%"][..], &EMPTY].concat();
    assert_accepted(&with_editor(&world, &arguments, &format!("why\n% {}", line(2))));
    assert_refused(&with_editor(&world, &arguments, &format!("why\n# {}", line(2))));
}

#[test]
fn comments_that_the_configuration_keeps_or_strips() {
    let world = repository();
    world.git(&["config", "commit.cleanup", "verbatim"]);
    assert_refused(&with_editor(&world, &EMPTY, &format!("why\n# {}", line(2))));
    world.git(&["config", "commit.cleanup", "strip"]);
    assert_accepted(&without_editor(&world, &with_message(&format!("why\n\n# {}", token(2)))));
}

#[test]
fn the_diff_below_the_scissors_is_not_stored() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.git(&["commit", "-q", "--no-verify", "-a", "-m", "leak"]);
    world.write("work/a.txt", "harmless\n");
    // The diff of this commit contains the line that it removes.
    world.write("message", "why\n");
    let run = with_editor(&world, &["commit", "-q", "-v", "-a", "-e", "-F", "../message"], "");
    assert_accepted(&run);
    world.write("work/a.txt", format!("{}x\n", line(2)));
    world.git(&["config", "commit.verbose", "true"]);
    assert_accepted(&with_editor(&world, &["commit", "-q", "-a", "-e", "-F", "../message"], ""));
}

#[test]
fn text_below_a_scissors_line_of_the_message_itself_is_stored() {
    let world = repository();
    let message = format!("why\n\n# ------------------------ >8 ------------------------\n{}", line(2));
    assert_refused(&without_editor(&world, &with_message(&message)));
}

#[test]
fn the_message_of_a_merge() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "other"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "theirs"]);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "ours"]);
    let run = without_editor(&world, &["merge", "-q", "-m", &token(2), "other"]);
    assert!(run.code != 0 && run.stderr.contains("commit message:"), "{}", run.stderr);
    world.git(&["merge", "--abort"]);
    assert_accepted(&without_editor(&world, &["merge", "-q", "-m", "harmless", "other"]));
}

#[test]
fn a_reworded_commit_of_a_rebase() {
    let world = repository();
    world.write("work/b.txt", "harmless\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "second"]);
    world.write("added", line(2));
    let mut command = world.command("git", "work");
    command
        .env("GIT_SEQUENCE_EDITOR", "sed -i s/^pick/reword/")
        .env("GIT_EDITOR", format!("cp {}", world.path("added").display()))
        .args(["rebase", "-q", "-i", "HEAD~"]);
    let run = world.run(&mut command);
    assert!(run.code != 0 && run.stderr.contains("commit message:"), "{}", run.stderr);
}

#[test]
fn messages_in_a_subdirectory_of_a_linked_worktree_are_checked() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    world.write("linked/sub/x.txt", "harmless\n");
    let mut command = world.command("git", "linked/sub");
    assert_refused(&world.run(command.args(with_message(&token(2)))));
}

#[test]
fn the_hook_refuses_without_a_readable_message_file() {
    let world = repository();
    assert_eq!(world.stopleak(&["hook", "run", "commit-msg"]).code, 2);
    assert_eq!(world.stopleak(&["hook", "run", "commit-msg", "gone"]).code, 2);
}
