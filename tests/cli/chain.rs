//! Hooks that existed before stopleak was installed: they are renamed, run and restored.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::{Run, World};

/// Another hook, which records its arguments and input, and exits with 7 while the file `$CALLS.fail` exists.
const EXISTING_HOOK: &str =
    "#!/bin/sh\necho \"$# $*\" >> \"$CALLS\"\ncat >> \"$CALLS\"\n! [ -e \"$CALLS.fail\" ] || exit 7\n";

fn write_executable(world: &World, path: &str, content: &str) {
    world.write(path, content);
    fs::set_permissions(world.path(path), fs::Permissions::from_mode(0o755)).expect("changed");
}

/// Creates a repository with another `hook`, and installs that of stopleak over it.
fn chained(hook: &str) -> World {
    let world = World::repository();
    write_executable(&world, &format!("work/.git/hooks/{hook}"), EXISTING_HOOK);
    let run = world.stopleak(&["hook", "install", "--hook", hook]);
    assert!(run.code == 0 && run.stderr.contains("the existing hook was renamed to"), "{}", run.stderr);
    world
}

fn git(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command("git", "work");
    world.run(command.env("CALLS", world.path("calls")).args(arguments))
}

fn calls(world: &World) -> String {
    fs::read_to_string(world.path("calls")).unwrap_or_default()
}

/// Returns whether the `hook` of stopleak and a renamed existing hook are present.
fn files(world: &World, hook: &str) -> (bool, bool) {
    let installed = fs::read_to_string(world.path(&format!("work/.git/hooks/{hook}")));
    let previous = world.path(&format!("work/.git/hooks/{hook}.before-stopleak"));
    (
        installed.is_ok_and(|text| text.contains("stopleak hook: written by")),
        previous.symlink_metadata().is_ok(),
    )
}

#[test]
fn an_existing_commit_hook_runs_first_and_its_exit_code_counts() {
    let world = chained("pre-commit");
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(calls(&world), "0 \n");
    world.write("calls.fail", "");
    world.write("work/stopleak.yaml", "no: configuration\n");
    let run = git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(run.code == 1 && !run.stderr.contains("stopleak.yaml"), "stopleak ran: {}", run.stderr);
}

#[test]
fn the_check_runs_after_an_existing_commit_hook() {
    let world = World::repository();
    write_executable(
        &world,
        "work/.git/hooks/pre-commit",
        "#!/bin/sh\necho 'skip-paths: 7' > stopleak.yaml\n",
    );
    assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
    let run = git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(run.code != 0 && run.stderr.contains("stopleak.yaml"), "stopleak ran too early: {}", run.stderr);
}

#[test]
fn an_existing_hook_gets_its_arguments() {
    let world = chained("commit-msg");
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "a message"]).code, 0);
    assert_eq!(calls(&world), "1 .git/COMMIT_EDITMSG\n");
}

#[test]
fn a_message_edited_by_an_existing_hook_is_kept() {
    let world = World::repository();
    write_executable(&world, "work/.git/hooks/commit-msg", "#!/bin/sh\necho added >> \"$1\"\n");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "commit-msg"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(git(&world, &["log", "-1", "--format=%B"]).stdout.trim(), "x\nadded");
}

#[test]
fn an_existing_pre_push_hook_gets_arguments_and_input_and_runs_after_the_check() {
    let world = chained("pre-push");
    world.git(&["init", "-q", "--bare", "../origin"]);
    let run = git(&world, &["push", "-q", "../origin", "main", "main:other"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let calls_now = calls(&world);
    let lines: Vec<&str> = calls_now.lines().collect();
    assert_eq!(lines[0], "2 ../origin ../origin");
    assert!(lines.len() == 3 && lines[1].starts_with("refs/heads/main "), "{calls_now}");

    world.write("calls.fail", "");
    assert_eq!(git(&world, &["push", "-q", "../origin", "main:third"]).code, 1);
    world.write("work/stopleak.yaml", "no: configuration\n");
    let before = calls(&world);
    assert_eq!(git(&world, &["push", "-q", "../origin", "main:third"]).code, 1);
    assert_eq!(calls(&world), before, "the existing hook does not run before the check");
}

#[test]
fn an_existing_pre_push_hook_need_not_read_its_input() {
    let world = World::repository();
    write_executable(&world, "work/.git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-push"]).code, 0);
    world.git(&["init", "-q", "--bare", "../origin"]);
    let run = git(&world, &["push", "-q", "../origin", "main"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn an_existing_pre_receive_hook_gets_the_same_input() {
    let world = World::repository();
    world.git(&["init", "-q", "--bare", "../origin"]);
    write_executable(&world, "origin/hooks/pre-receive", EXISTING_HOOK);
    assert_eq!(world.stopleak_in("origin", &["hook", "install"]).code, 0);
    assert_eq!(git(&world, &["push", "-q", "../origin", "main", "main:other"]).code, 0);
    assert_eq!(calls(&world).lines().count(), 3, "{}", calls(&world));
}

#[test]
fn uninstall_restores_the_existing_hook_byte_for_byte() {
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
fn an_existing_hook_that_is_not_executable_does_not_run() {
    let world = World::repository();
    world.write("work/.git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
}

#[test]
fn a_symbolic_link_is_renamed_and_its_target_is_not_written() {
    let world = World::repository();
    write_executable(&world, "elsewhere", EXISTING_HOOK);
    let hook = world.path("work/.git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("made");
    symlink("../../../elsewhere", &hook).expect("linked");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    assert_eq!(world.read("elsewhere"), EXISTING_HOOK);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(calls(&world), "0 \n");
    assert_eq!(world.stopleak(&["hook", "uninstall"]).code, 0);
    assert_eq!(fs::read_link(&hook).expect("a link"), Path::new("../../../elsewhere"));
    assert_eq!(world.read("elsewhere"), EXISTING_HOOK);
}

#[test]
fn a_missing_previous_hook_refuses_the_commit() {
    let world = chained("pre-commit");
    fs::remove_file(world.path("work/.git/hooks/pre-commit.before-stopleak")).expect("removed");
    let run = git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(run.code == 1 && run.stderr.contains("the previous hook is missing"), "{}", run.stderr);
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
}

#[test]
fn the_previous_hook_runs_even_if_the_hook_of_stopleak_is_renamed() {
    let world = chained("pre-commit");
    // The pre-commit framework renames existing hooks like this.
    let hooks = world.path("work/.git/hooks");
    fs::rename(hooks.join("pre-commit"), hooks.join("pre-commit.legacy")).expect("renamed");
    write_executable(&world, "work/.git/hooks/pre-commit", "#!/bin/sh\nexec \"${0%/*}\"/pre-commit.legacy\n");
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(calls(&world), "0 \n");
    let run =
        world.run(world.command("sh", "work/.git/hooks").arg("pre-commit.legacy").env("CALLS", "/dev/null"));
    assert!(!run.stderr.contains("the previous hook is missing"), "{}", run.stderr);
}

#[test]
fn a_hook_that_uses_its_own_name_has_a_warning() {
    let world = World::repository();
    write_executable(&world, "work/.git/hooks/dispatch", "#!/bin/sh\nexec ./hooks.d/\"${0##*/}\"\n");
    symlink("dispatch", world.path("work/.git/hooks/pre-commit")).expect("made");
    let run = world.stopleak(&["hook", "install"]);
    assert!(
        run.code == 0 && run.stderr.contains("the existing hook uses its own file name, which has changed"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_second_existing_hook_does_not_overwrite_the_first() {
    let world = chained("pre-commit");
    write_executable(&world, "work/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let run = world.stopleak(&["hook", "install", "--hook", "pre-commit"]);
    assert!(run.code == 2 && run.stderr.contains("merge the two files"), "{}", run.stderr);
    assert_eq!(world.read("work/.git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
    let run = world.stopleak(&["hook", "uninstall"]);
    assert!(run.code == 0 && run.stderr.contains("was not restored"), "{}", run.stderr);
    assert_eq!(world.read("work/.git/hooks/pre-commit.before-stopleak"), EXISTING_HOOK);
}

#[test]
fn existing_hooks_run_from_a_linked_worktree_and_with_core_hooks_path() {
    let world = World::repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    write_executable(&world, "work/.git/hooks/pre-commit", EXISTING_HOOK);
    assert_eq!(world.stopleak_in("linked", &["hook", "install"]).code, 0);
    let mut command = world.command("git", "linked");
    command.env("CALLS", world.path("calls")).args(["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(world.run(&mut command).code, 0);
    assert_eq!(calls(&world), "0 \n");

    world.git(&["config", "core.hooksPath", "tools/hooks"]);
    write_executable(&world, "work/tools/hooks/pre-commit", EXISTING_HOOK);
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    assert_eq!(git(&world, &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0);
    assert_eq!(calls(&world), "0 \n0 \n");
}

#[test]
fn the_descriptions_of_hooks_match_when_git_runs_them() {
    let world = World::repository();
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg"] {
        write_executable(
            &world,
            &format!("work/.git/hooks/{hook}"),
            "#!/bin/sh\necho \"${0##*/}\" >> \"$CALLS\"\n",
        );
    }
    // Returns the hooks that a git command runs.
    let runs = |arguments: &[&str]| {
        let _ = fs::remove_file(world.path("calls"));
        let run = git(&world, arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
        calls(&world).split_whitespace().collect::<Vec<_>>().join(" ")
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
