//! Every message of `stopleak hook install`, `uninstall` and `status`, as golden output.

mod agents;
mod managers;

use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use insta::assert_snapshot;

use crate::support::{World, binary};

const ALL_HOOKS: &str =
    "--hook pre-commit --hook pre-merge-commit --hook commit-msg --hook pre-push --hook pre-receive";

/// Runs `stopleak hook` with each of these argument lists in `folder`, and returns the commands with their output. An
/// exit code other than 0 follows the output.
fn transcript_in(world: &World, folder: &str, commands: &[&str]) -> String {
    let mut text = String::new();
    for command in commands {
        let arguments: Vec<&str> = ["hook"].into_iter().chain(command.split(' ')).collect();
        let run = world.stopleak_in(folder, &arguments);
        let _ = write!(
            text,
            "$ stopleak hook {}\n{}{}",
            command.replace(ALL_HOOKS, "ALL"),
            run.stderr,
            run.stdout
        );
        if run.code != 0 {
            let _ = writeln!(text, "exit code {}", run.code);
        }
    }
    text
}

fn transcript(world: &World, commands: &[&str]) -> String {
    transcript_in(world, "work", commands)
}

fn install_all() -> String {
    format!("install {ALL_HOOKS}")
}

fn write_executable(world: &World, path: &str, content: &str) {
    world.write(path, content);
    set_mode(&world.path(path), 0o755);
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed");
}

#[test]
fn default_hooks() {
    let world = World::repository();
    let commands = ["status", "install", "install", "status", "uninstall", "uninstall"];
    assert_snapshot!(transcript(&world, &commands), @r"
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        not installed
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook install
    installed [WORLD]/work/.git/hooks/pre-commit
      runs for commit (also with -a and --amend, for reword in a rebase, and to conclude a merge, cherry-pick or revert by hand)
      does not run for merges, cherry-picks and reverts without conflicts, other rebase steps (also rebase --continue), am, stash, --no-verify, and commits made without the git command (web pages, some IDEs)
    installed [WORLD]/work/.git/hooks/pre-merge-commit
      runs for merges without conflicts (also by pull)
      does not run for fast-forwards, merges with conflicts or --no-commit (pre-commit checks those), merges in a rebase, --no-verify, and merges made on a web page
    to check commits made by cherry-pick, rebase and am before a push: stopleak hook install --hook pre-push
    $ stopleak hook install
    [WORLD]/work/.git/hooks/pre-commit is already installed
    [WORLD]/work/.git/hooks/pre-merge-commit is already installed
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        installed
      pre-merge-commit  installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook uninstall
    removed [WORLD]/work/.git/hooks/pre-commit
    removed [WORLD]/work/.git/hooks/pre-merge-commit
    $ stopleak hook uninstall
    no stopleak hook in [WORLD]/work/.git/hooks
    ");
}

#[test]
fn every_hook() {
    let world = World::repository();
    assert_snapshot!(transcript(&world, &[&install_all(), "status"]), @r"
    $ stopleak hook install ALL
    installed [WORLD]/work/.git/hooks/pre-commit
      runs for commit (also with -a and --amend, for reword in a rebase, and to conclude a merge, cherry-pick or revert by hand)
      does not run for merges, cherry-picks and reverts without conflicts, other rebase steps (also rebase --continue), am, stash, --no-verify, and commits made without the git command (web pages, some IDEs)
    installed [WORLD]/work/.git/hooks/pre-merge-commit
      runs for merges without conflicts (also by pull)
      does not run for fast-forwards, merges with conflicts or --no-commit (pre-commit checks those), merges in a rebase, --no-verify, and merges made on a web page
    installed [WORLD]/work/.git/hooks/commit-msg
      runs for commit, merge, and reword in a rebase
      does not run for cherry-picks and reverts without conflicts, other rebase steps, am, tags and notes, --no-verify, and commits made without the git command
    installed [WORLD]/work/.git/hooks/pre-push
      runs for push, so it also checks commits made by cherry-pick, rebase and am
      does not run for --no-verify, and pushes made without the git command
    installed [WORLD]/work/.git/hooks/pre-receive
      runs for every push to this repository; the pusher cannot skip it
      does not run for commits that are fetched into this repository; hosted services do not run your hooks
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        installed
      pre-merge-commit  installed
      commit-msg        installed
      pre-push          installed
      pre-receive       installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    ");
}

#[test]
fn bare_repository() {
    let world = World::repository();
    world.git(&["init", "-q", "--bare", "../bare"]);
    let commands = ["install", "status", "install --agent claude", "uninstall --agent claude", "uninstall"];
    assert_snapshot!(transcript_in(&world, "bare", &commands), @r"
    $ stopleak hook install
    installed [WORLD]/bare/hooks/pre-receive
      runs for every push to this repository; the pusher cannot skip it
      does not run for commits that are fetched into this repository; hosted services do not run your hooks
    $ stopleak hook status
    hooks in [WORLD]/bare/hooks
      pre-commit        not installed
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook install --agent claude
    error: a bare repository has no work tree for the settings of an agent
    exit code 2
    $ stopleak hook uninstall --agent claude
    error: a bare repository has no work tree for the settings of an agent
    exit code 2
    $ stopleak hook uninstall
    removed [WORLD]/bare/hooks/pre-receive
    ");
}

#[test]
fn existing_hooks() {
    let world = World::repository();
    for hook in ["pre-commit", "pre-push"] {
        write_executable(&world, &format!("work/.git/hooks/{hook}"), "#!/bin/sh\nexit 0\n");
    }
    let commands = ["status", "install --hook pre-commit --hook pre-push", "status", "uninstall"];
    assert_snapshot!(transcript(&world, &commands), @r"
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        another hook
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          another hook
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook install --hook pre-commit --hook pre-push
    installed [WORLD]/work/.git/hooks/pre-commit
      the existing hook was renamed to [WORLD]/work/.git/hooks/pre-commit.before-stopleak and runs before stopleak
      runs for commit (also with -a and --amend, for reword in a rebase, and to conclude a merge, cherry-pick or revert by hand)
      does not run for merges, cherry-picks and reverts without conflicts, other rebase steps (also rebase --continue), am, stash, --no-verify, and commits made without the git command (web pages, some IDEs)
    installed [WORLD]/work/.git/hooks/pre-push
      the existing hook was renamed to [WORLD]/work/.git/hooks/pre-push.before-stopleak and runs after stopleak
      runs for push, so it also checks commits made by cherry-pick, rebase and am
      does not run for --no-verify, and pushes made without the git command
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        installed; also runs the previous hook
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          installed; also runs the previous hook
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook uninstall
    removed [WORLD]/work/.git/hooks/pre-commit; restored the previous hook
    removed [WORLD]/work/.git/hooks/pre-push; restored the previous hook
    ");
}

#[test]
fn existing_hook_that_uses_its_own_name() {
    let world = World::repository();
    write_executable(&world, "work/.git/hooks/dispatch", "#!/bin/sh\nexec ./hooks.d/\"${0##*/}\"\n");
    symlink("dispatch", world.path("work/.git/hooks/pre-commit")).expect("made");
    assert_snapshot!(transcript(&world, &["install --hook pre-commit"]), @r"
    $ stopleak hook install --hook pre-commit
    installed [WORLD]/work/.git/hooks/pre-commit
      the existing hook was renamed to [WORLD]/work/.git/hooks/pre-commit.before-stopleak and runs before stopleak
    warning: the existing hook uses its own file name, which has changed
    help: check that it still works
      runs for commit (also with -a and --amend, for reword in a rebase, and to conclude a merge, cherry-pick or revert by hand)
      does not run for merges, cherry-picks and reverts without conflicts, other rebase steps (also rebase --continue), am, stash, --no-verify, and commits made without the git command (web pages, some IDEs)
    to check commits made by cherry-pick, rebase and am before a push: stopleak hook install --hook pre-push
    ");
}

#[test]
fn second_existing_hook() {
    let world = World::repository();
    let hook = "work/.git/hooks/pre-commit";
    write_executable(&world, hook, "#!/bin/sh\nexit 0\n");
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    write_executable(&world, hook, "#!/bin/sh\nexit 1\n");
    assert_snapshot!(transcript(&world, &["install --hook pre-commit", "status", "uninstall"]), @r"
    $ stopleak hook install --hook pre-commit
    warning: [WORLD]/work/.git/hooks/pre-commit is another hook, but [WORLD]/work/.git/hooks/pre-commit.before-stopleak already exists from an earlier installation
    help: merge the two files, or delete one of them
    error: nothing was installed
    exit code 2
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        another hook
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook uninstall
    warning: [WORLD]/work/.git/hooks/pre-commit.before-stopleak was not restored, because [WORLD]/work/.git/hooks/pre-commit is not a stopleak hook
    no stopleak hook in [WORLD]/work/.git/hooks
    ");
}

#[test]
fn existing_hook_that_calls_stopleak() {
    let world = World::repository();
    write_executable(&world, "work/.git/hooks/pre-commit", "#!/bin/sh\nstopleak staged || exit 1\n");
    assert_snapshot!(transcript(&world, &["install --hook pre-commit", "status", "uninstall"]), @r"
    $ stopleak hook install --hook pre-commit
    [WORLD]/work/.git/hooks/pre-commit already calls stopleak
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        another hook, which calls stopleak
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook uninstall
    no stopleak hook in [WORLD]/work/.git/hooks
    ");
}

#[test]
fn directory_in_place_of_a_hook() {
    let world = World::repository();
    std::fs::create_dir_all(world.path("work/.git/hooks/pre-commit")).expect("made");
    assert_snapshot!(transcript(&world, &["install", "status"]), @r"
    $ stopleak hook install
    warning: [WORLD]/work/.git/hooks/pre-commit is a directory, which git ignores
    help: rename or delete it
    error: nothing was installed
    exit code 2
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        a directory, which git ignores
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    ");
}

#[test]
fn hooks_that_are_outdated_or_not_executable() {
    let world = World::repository();
    assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
    let outdated =
        world.read("work/.git/hooks/pre-commit").replace(binary().to_str().expect("UTF-8"), "/old");
    world.write("work/.git/hooks/pre-commit", outdated);
    set_mode(&world.path("work/.git/hooks/pre-merge-commit"), 0o644);
    assert_snapshot!(transcript(&world, &["status", "install", "status"]), @r"
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        installed by another stopleak binary or version; install again to update it
      pre-merge-commit  installed, but not executable: git ignores it
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook install
    installed [WORLD]/work/.git/hooks/pre-commit
      runs for commit (also with -a and --amend, for reword in a rebase, and to conclude a merge, cherry-pick or revert by hand)
      does not run for merges, cherry-picks and reverts without conflicts, other rebase steps (also rebase --continue), am, stash, --no-verify, and commits made without the git command (web pages, some IDEs)
    installed [WORLD]/work/.git/hooks/pre-merge-commit
      runs for merges without conflicts (also by pull)
      does not run for fast-forwards, merges with conflicts or --no-commit (pre-commit checks those), merges in a rebase, --no-verify, and merges made on a web page
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        installed
      pre-merge-commit  installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            not installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    ");
}

#[test]
fn hooks_path_in_the_repository() {
    let world = World::repository();
    world.git(&["config", "core.hooksPath", "tools/hooks"]);
    assert_snapshot!(transcript(&world, &["install --hook pre-push", "uninstall"]), @r"
    $ stopleak hook install --hook pre-push
    installed [WORLD]/work/tools/hooks/pre-push
      runs for push, so it also checks commits made by cherry-pick, rebase and am
      does not run for --no-verify, and pushes made without the git command
    $ stopleak hook uninstall
    removed [WORLD]/work/tools/hooks/pre-push
    ");
}

#[test]
fn hooks_path_outside_of_the_repository() {
    let world = World::repository();
    world.git(&["config", "core.hooksPath", world.path("shared").to_str().expect("UTF-8")]);
    assert_snapshot!(transcript(&world, &["install --hook pre-push", "uninstall"]), @r"
    $ stopleak hook install --hook pre-push
    installed [WORLD]/shared/pre-push
      runs for push, so it also checks commits made by cherry-pick, rebase and am
      does not run for --no-verify, and pushes made without the git command
    warning: core.hooksPath is outside of this repository: every repository that uses [WORLD]/shared runs these hooks
    $ stopleak hook uninstall
    removed [WORLD]/shared/pre-push
    ");
}

#[test]
fn hooks_path_without_hooks() {
    let world = World::repository();
    world.git(&["config", "core.hooksPath", "/dev/null"]);
    let mut text = transcript(&world, &["install", "status"]);
    world.git(&["config", "core.hooksPath", ""]);
    text.push_str(&transcript(&world, &["install", "status"]));
    assert_snapshot!(text, @r"
    $ stopleak hook install
    error: core.hooksPath is /dev/null, which is not a directory: git runs no hooks in this repository
    exit code 2
    $ stopleak hook status
    error: core.hooksPath is /dev/null, which is not a directory: git runs no hooks in this repository
    exit code 2
    $ stopleak hook install
    error: core.hooksPath is empty: git runs no hooks in this repository
    exit code 2
    $ stopleak hook status
    error: core.hooksPath is empty: git runs no hooks in this repository
    exit code 2
    ");
}

#[test]
fn outside_of_a_repository() {
    assert_snapshot!(transcript(&World::empty(), &["install", "uninstall", "status"]), @r"
    $ stopleak hook install
    error: [WORLD]/work is not in a git repository
    help: run it inside a git repository, or scan plain files with: stopleak scan PATH
    exit code 2
    $ stopleak hook uninstall
    error: [WORLD]/work is not in a git repository
    help: run it inside a git repository, or scan plain files with: stopleak scan PATH
    exit code 2
    $ stopleak hook status
    error: [WORLD]/work is not in a git repository
    help: run it inside a git repository, or scan plain files with: stopleak scan PATH
    exit code 2
    ");
}
