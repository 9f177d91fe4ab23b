//! Hooks that were there before: kept, run, and put back.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::{Run, World};

/// Another hook, which notes how it was called and what it read, and returns 7 while `fail` is there.
const THEIRS: &str =
    "#!/bin/sh\necho \"$# $*\" >> \"$TOLD\"\ncat >> \"$TOLD\"\n! [ -e \"$TOLD.fail\" ] || exit 7\n";

fn put(world: &World, path: &str, content: &str) {
    world.write(path, content);
    fs::set_permissions(world.path(path), fs::Permissions::from_mode(0o755)).expect("changed");
}

/// A repository with their `hook`, and stopleak's installed upon it.
fn chained(hook: &str) -> World {
    let world = World::repository();
    put(&world, &format!("work/.git/hooks/{hook}"), THEIRS);
    let run = world.stopleak(&["hook", "install", "--hook", hook]);
    assert!(run.code == 0 && run.stderr.contains("was there before"), "{}", run.stderr);
    world
}

fn git(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command("git", "work");
    world.run(command.env("TOLD", world.path("told")).args(arguments))
}

fn told(world: &World) -> String {
    fs::read_to_string(world.path("told")).unwrap_or_default()
}

/// The installed files of `hook` and what is kept of the one before.
fn files(world: &World, hook: &str) -> (bool, bool) {
    let ours = fs::read_to_string(world.path(&format!("work/.git/hooks/{hook}")));
    let kept = world.path(&format!("work/.git/hooks/{hook}.before-stopleak"));
    (ours.is_ok_and(|text| text.contains("stopleak hook: written by")), kept.symlink_metadata().is_ok())
}

#[test]
fn a_hook_before_a_commit_runs_first_and_its_exit_status_counts() {
    let world = chained("pre-commit");
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(told(&world), "0 \n");
    world.write("told.fail", "");
    world.write("work/stopleak.yaml", "no: configuration\n");
    let run = git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(run.code == 1 && !run.stderr.contains("stopleak.yaml"), "stopleak ran: {}", run.stderr);
}

#[test]
fn the_check_sees_what_an_earlier_hook_did() {
    let world = World::repository();
    put(&world, "work/.git/hooks/pre-commit", "#!/bin/sh\necho 'skip-paths: 7' > stopleak.yaml\n");
    assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
    let run = git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(run.code != 0 && run.stderr.contains("stopleak.yaml"), "stopleak ran too early: {}", run.stderr);
}

#[test]
fn a_hook_with_arguments_gets_them() {
    let world = chained("commit-msg");
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "a message"]).code, 0);
    assert_eq!(told(&world), "1 .git/COMMIT_EDITMSG\n");
}

#[test]
fn what_an_earlier_hook_makes_of_the_message_is_checked_and_kept() {
    let world = World::repository();
    put(&world, "work/.git/hooks/commit-msg", "#!/bin/sh\necho added >> \"$1\"\n");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "commit-msg"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(git(&world, &["log", "-1", "--format=%B"]).stdout.trim(), "x\nadded");
}

#[test]
fn a_hook_of_a_push_gets_arguments_and_input_and_runs_after_the_check() {
    let world = chained("pre-push");
    world.git(&["init", "-q", "--bare", "../origin"]);
    let run = git(&world, &["push", "-q", "../origin", "main", "main:other"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let told_now = told(&world);
    let lines: Vec<&str> = told_now.lines().collect();
    assert_eq!(lines[0], "2 ../origin ../origin");
    assert!(lines.len() == 3 && lines[1].starts_with("refs/heads/main "), "{told_now}");

    world.write("told.fail", "");
    assert_eq!(git(&world, &["push", "-q", "../origin", "main:third"]).code, 1);
    world.write("work/stopleak.yaml", "no: configuration\n");
    let before = told(&world);
    assert_eq!(git(&world, &["push", "-q", "../origin", "main:third"]).code, 1);
    assert_eq!(told(&world), before, "nothing is done before the check");
}

#[test]
fn a_hook_of_a_push_that_reads_nothing_is_no_error() {
    let world = World::repository();
    put(&world, "work/.git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-push"]).code, 0);
    world.git(&["init", "-q", "--bare", "../origin"]);
    let run = git(&world, &["push", "-q", "../origin", "main"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn a_receiving_hook_gets_the_same_input() {
    let world = World::repository();
    world.git(&["init", "-q", "--bare", "../origin"]);
    put(&world, "origin/hooks/pre-receive", THEIRS);
    assert_eq!(world.stopleak_in("origin", &["hook", "install"]).code, 0);
    assert_eq!(git(&world, &["push", "-q", "../origin", "main", "main:other"]).code, 0);
    assert_eq!(told(&world).lines().count(), 3, "{}", told(&world));
}

#[test]
fn uninstall_puts_the_hook_back_byte_for_byte() {
    for mode in [0o755, 0o700, 0o644] {
        let world = World::repository();
        let hook = world.path("work/.git/hooks/pre-commit");
        let content = b"#!/bin/sh\r\n# \xff\0 no newline at the end";
        fs::create_dir_all(hook.parent().expect("a folder")).expect("made");
        fs::write(&hook, content).expect("written");
        fs::set_permissions(&hook, fs::Permissions::from_mode(mode)).expect("changed");
        let times =
            |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time");
        let before = times(&hook);
        assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
        assert_eq!(files(&world, "pre-commit"), (true, true));
        assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
        assert_eq!(world.stopleak(&["hook", "uninstall"]).code, 0);
        assert_eq!(files(&world, "pre-commit"), (false, false));
        assert_eq!((fs::read(&hook).expect("back"), times(&hook)), (content.to_vec(), before));
        assert_eq!(fs::metadata(&hook).expect("back").permissions().mode() & 0o777, mode);
    }
}

#[test]
fn a_hook_that_git_ignored_stays_ignored() {
    let world = World::repository();
    world.write("work/.git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
}

#[test]
fn a_link_is_kept_as_a_link_and_never_written_through() {
    let world = World::repository();
    put(&world, "elsewhere", THEIRS);
    let hook = world.path("work/.git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("made");
    symlink("../../../elsewhere", &hook).expect("linked");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    assert_eq!(world.read("elsewhere"), THEIRS);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(told(&world), "0 \n");
    assert_eq!(world.stopleak(&["hook", "uninstall"]).code, 0);
    assert_eq!(fs::read_link(&hook).expect("a link"), Path::new("../../../elsewhere"));
    assert_eq!(world.read("elsewhere"), THEIRS);
}

#[test]
fn without_the_hook_that_was_there_before_it_refuses() {
    let world = chained("pre-commit");
    fs::remove_file(world.path("work/.git/hooks/pre-commit.before-stopleak")).expect("removed");
    let run = git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(run.code == 1 && run.stderr.contains("is gone"), "{}", run.stderr);
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
}

#[test]
fn the_hook_that_was_there_before_runs_when_ours_is_given_another_name() {
    let world = chained("pre-commit");
    // As the pre-commit framework does with what it finds.
    let hooks = world.path("work/.git/hooks");
    fs::rename(hooks.join("pre-commit"), hooks.join("pre-commit.legacy")).expect("renamed");
    put(&world, "work/.git/hooks/pre-commit", "#!/bin/sh\nexec \"${0%/*}\"/pre-commit.legacy\n");
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(told(&world), "0 \n");
    let run =
        world.run(world.command("sh", "work/.git/hooks").arg("pre-commit.legacy").env("TOLD", "/dev/null"));
    assert!(!run.stderr.contains("is gone"), "{}", run.stderr);
}

#[test]
fn a_hook_that_asks_its_name_is_said() {
    let world = World::repository();
    put(&world, "work/.git/hooks/dispatch", "#!/bin/sh\nexec ./hooks.d/\"${0##*/}\"\n");
    symlink("dispatch", world.path("work/.git/hooks/pre-commit")).expect("made");
    let run = world.stopleak(&["hook", "install"]);
    assert!(run.code == 0 && run.stderr.contains("it asks by which name it was called"), "{}", run.stderr);
}

#[test]
fn two_hooks_of_others_are_not_mixed_up() {
    let world = chained("pre-commit");
    put(&world, "work/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let run = world.stopleak(&["hook", "install", "--hook", "pre-commit"]);
    assert!(run.code == 2 && run.stderr.contains("join the two"), "{}", run.stderr);
    assert_eq!(world.read("work/.git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
    let run = world.stopleak(&["hook", "uninstall"]);
    assert!(run.code == 0 && run.stderr.contains("stays"), "{}", run.stderr);
    assert_eq!(world.read("work/.git/hooks/pre-commit.before-stopleak"), THEIRS);
}

#[test]
fn in_a_shared_folder_and_from_a_linked_worktree() {
    let world = World::repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    put(&world, "work/.git/hooks/pre-commit", THEIRS);
    assert_eq!(world.stopleak_in("linked", &["hook", "install"]).code, 0);
    let mut command = world.command("git", "linked");
    command.env("TOLD", world.path("told")).args(["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(world.run(&mut command).code, 0);
    assert_eq!(told(&world), "0 \n");

    world.git(&["config", "core.hooksPath", "tools/hooks"]);
    put(&world, "work/tools/hooks/pre-commit", THEIRS);
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(told(&world), "0 \n0 \n");
}

#[test]
fn what_is_said_of_git_holds() {
    let world = World::repository();
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg"] {
        put(&world, &format!("work/.git/hooks/{hook}"), "#!/bin/sh\necho \"${0##*/}\" >> \"$TOLD\"\n");
    }
    // What each command runs.
    let runs = |arguments: &[&str]| {
        let _ = fs::remove_file(world.path("told"));
        let run = git(&world, arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
        told(&world).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let edit = |path: &str| world.write(&format!("work/{path}"), path);
    let commit = "pre-commit commit-msg";
    edit("a.txt");
    assert_eq!(runs(&["commit", "-q", "-a", "-m", "x"]), commit);
    assert_eq!(runs(&["commit", "-q", "--amend", "-m", "y"]), commit);
    assert_eq!(runs(&["commit", "-q", "--no-verify", "--allow-empty", "-m", "z"]), "");
    assert_eq!(runs(&["checkout", "-q", "-b", "other", "HEAD~2"]), "");
    edit("b.txt");
    world.git(&["add", "."]);
    assert_eq!(runs(&["commit", "-q", "-m", "b"]), commit);
    assert_eq!(runs(&["checkout", "-q", "main"]), "");
    assert_eq!(runs(&["merge", "-q", "--no-edit", "other"]), "pre-merge-commit commit-msg");
    assert_eq!(runs(&["revert", "--no-edit", "HEAD~2"]), "");
    assert_eq!(runs(&["reset", "-q", "--hard", "HEAD~2"]), "");
    assert_eq!(runs(&["cherry-pick", "other"]), "");
    assert_eq!(runs(&["rebase", "-q", "main", "other"]), "");
    assert_eq!(runs(&["format-patch", "-q", "-1", "-o", "../patches", "main"]), "");
    assert_eq!(runs(&["checkout", "-q", "-b", "third", "main~"]), "");
    assert_eq!(runs(&["am", "-q", world.path("patches/0001-b.patch").to_str().expect("text")]), "");
    assert_eq!(runs(&["stash", "-q"]), "");
    assert_eq!(runs(&["tag", "-a", "-m", "x", "v1"]), "");
    assert_eq!(runs(&["notes", "add", "-m", "x"]), "");
    let editors = ["-c", "core.editor=true", "-c", "sequence.editor=sed -i.bak s/^pick/reword/"];
    let reword = [&editors[..], &["rebase", "-q", "-i", "HEAD~"]].concat();
    assert_eq!(runs(&reword), commit);
    let diverged = |name: &str| {
        for (branch, from) in [(format!("{name}-a"), "third"), (format!("{name}-b"), "third")] {
            world.git(&["checkout", "-q", "-b", &branch, from]);
            world.write("work/a.txt", &branch);
            world.git(&["commit", "-q", "--no-verify", "-a", "-m", "x"]);
        }
        format!("{name}-a")
    };
    let resolved = |command: &[&str]| {
        assert_eq!(git(&world, command).code, 1, "a conflict");
        edit("a.txt");
        world.git(&["add", "."]);
        runs(&["-c", "core.editor=true", command[0], "--continue"])
    };
    assert_eq!(resolved(&["merge", &diverged("merge")]), commit);
    assert_eq!(resolved(&["cherry-pick", &diverged("pick")]), commit);
    assert_eq!(resolved(&["rebase", &diverged("rebase")]), "");
}
