//! The pre-commit hook with every kind of index, repository, git setting and environment. The module `staged` tests the
//! kinds of changes.

use std::process::Command;

use crate::support::{Run, World, binary};
use crate::tokens::{line, token};

fn repository() -> World {
    World::with_hooks(&[])
}

fn commit_of(world: &World, command: &mut Command) -> Run {
    let run = world.run(command.args(["commit", "-q", "-m", "x"]));
    run.assert_no_token_shown();
    assert!(!run.stderr.contains("changed:"), "{}", run.stderr);
    run
}

fn commit(world: &World) -> Run {
    commit_of(world, &mut world.command("git", "work"))
}

#[track_caller]
fn assert_refused(run: &Run, expected: &str) {
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

#[track_caller]
fn assert_accepted(run: &Run) {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// Asserts that a harmless commit passes, that an edit near the old secret passes with one note, and that the hook and
/// `stopleak staged` find a new secret.
#[track_caller]
fn assert_hook_works(world: &World) {
    world.write("work/a.txt", "edited\n");
    world.git(&["add", "."]);
    assert_accepted(&commit(world));
    world.write("work/old.txt", format!("edited\n{}last\n", line(1)));
    world.git(&["add", "."]);
    assert_one_old_finding_reported(&commit(world));
    world.write("work/sub/b.txt", line(2));
    world.git(&["add", "."]);
    world.report(&["staged"]).assert_findings(&["new sub/b.txt:1"]);
    assert_refused(&commit(world), "sub/b.txt:1");
}

#[track_caller]
fn assert_one_old_finding_reported(run: &Run) {
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "stopleak: 1 old finding in the changed files, not blocking (old.txt)\n")
    );
}

#[test]
fn split_index() {
    let world = repository();
    world.git(&["config", "core.splitIndex", "true"]);
    world.git(&["update-index", "--split-index"]);
    assert_hook_works(&world);
}

#[test]
fn index_version_4() {
    let world = repository();
    world.git(&["config", "index.version", "4"]);
    world.git(&["update-index", "--index-version", "4"]);
    assert_hook_works(&world);
}

#[test]
fn sparse_index() {
    let world = repository();
    for folder in ["sub", "away"] {
        world.write(&format!("work/{folder}/c.txt"), "harmless\n");
    }
    world.git(&["add", "."]);
    assert_accepted(&commit(&world));
    world.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "sub"]);
    assert_hook_works(&world);
}

#[test]
fn file_system_monitor() {
    let world = repository();
    // The monitor reports that everything may have changed.
    world.write("monitor", "#!/bin/sh\nprintf '1\\0/\\0'\n");
    let monitor = world.path("monitor");
    std::fs::set_permissions(&monitor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("changed");
    world.git(&["config", "core.fsmonitor", monitor.to_str().expect("text")]);
    world.git(&["update-index", "--fsmonitor"]);
    assert_hook_works(&world);
}

#[test]
fn untracked_cache() {
    let world = repository();
    world.git(&["config", "core.untrackedCache", "true"]);
    world.git(&["update-index", "--force-untracked-cache"]);
    assert_hook_works(&world);
}

#[test]
fn skip_worktree() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["update-index", "--skip-worktree", "a.txt"]);
    assert_refused(&commit(&world), "a.txt:1");
}

#[test]
fn assume_unchanged() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["update-index", "--assume-unchanged", "a.txt"]);
    assert_refused(&commit(&world), "a.txt:1");
}

#[test]
fn intent_to_add() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "-N", "b.txt"]);
    world.write("work/a.txt", "edited\n");
    world.git(&["add", "a.txt"]);
    assert_accepted(&commit(&world));
}

#[test]
fn conflicted_stages() {
    let world = repository();
    for (branch, from, content) in [("other", "main", "theirs\n".to_owned()), ("third", "main", line(2))] {
        world.git(&["checkout", "-q", "-b", branch, from]);
        world.write("work/a.txt", content);
        world.git(&["commit", "-q", "--no-verify", "-a", "-m", branch]);
    }
    assert_eq!(world.run(world.command("git", "work").args(["merge", "-q", "other"])).code, 1);
    let run = world.stopleak(&["staged"]);
    run.assert_no_token_shown();
    assert!(
        run.stdout.contains("note: in conflict: a.txt; ") && run.stdout.contains("git add the file"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("nothing to scan"), "{}", run.stdout);
    assert_eq!(commit(&world).code, 128, "git commits no conflict");
}

#[test]
fn automatic_crlf_conversion() {
    let world = repository();
    world.git(&["config", "core.autocrlf", "true"]);
    world.git(&["config", "core.safecrlf", "false"]);
    world.write("work/b.txt", format!("first\r\n{}\r\n", line(2).trim_end()));
    world.git(&["add", "."]);
    world.report(&["staged"]).assert_findings(&["new b.txt:2"]);
    assert_refused(&commit(&world), "b.txt:2");
}

#[test]
fn working_tree_encoding() {
    let world = repository();
    world.write("work/.gitattributes", "b.txt text working-tree-encoding=UTF-16LE\n");
    let units = format!("first\n{}", line(2));
    world.write("work/b.txt", units.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    world.git(&["add", "."]);
    world.report(&["staged"]).assert_findings(&["new b.txt:2"]);
    assert_refused(&commit(&world), "b.txt:2");
}

#[test]
fn attributes_and_failing_filters() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    world.write("work/.gitattributes", "* -diff -text binary filter=no diff=no\n");
    world.git(&["config", "filter.no.clean", "false"]);
    world.git(&["config", "filter.no.smudge", "false"]);
    world.git(&["config", "diff.no.textconv", "false"]);
    world.report(&["staged"]).assert_findings(&["new b.txt:1"]);
}

#[test]
fn tracing() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    let mut command = world.command(binary(), "work");
    for name in ["GIT_TRACE", "GIT_TRACE_SETUP", "GIT_TRACE_PACK_ACCESS", "GIT_TRACE2_EVENT"] {
        command.env(name, "1");
    }
    world.report_of(command.arg("staged")).assert_findings(&["new b.txt:1"]);
    assert_refused(&commit_of(&world, world.command("git", "work").env("GIT_TRACE", "1")), "b.txt:1");
}

#[test]
fn an_external_diff_and_settings_of_diff() {
    let world = repository();
    for (key, value) in [
        ("diff.external", "true"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.noprefix", "true"),
        ("color.ui", "always"),
        ("core.quotePath", "false"),
        ("diff.renames", "false"),
    ] {
        world.git(&["config", key, value]);
    }
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    assert_refused(
        &commit_of(&world, world.command("git", "work").env("GIT_EXTERNAL_DIFF", "true")),
        "b.txt:1",
    );
}

#[test]
fn a_relative_index_from_a_subfolder() {
    let world = repository();
    world.write("work/sub/b.txt", line(2));
    let with_index = |folder: &str, arguments: &[&str]| {
        let mut command = world.command("git", folder);
        world.run(command.env("GIT_INDEX_FILE", ".git/other").args(arguments))
    };
    assert_eq!(with_index("work", &["read-tree", "HEAD"]).code, 0);
    assert_eq!(with_index("work", &["add", "sub/b.txt"]).code, 0);
    let run = with_index("work/sub", &["commit", "-q", "-m", "x"]);
    assert_refused(&run, "sub/b.txt:1");
    assert!(!run.stderr.contains("changed:"), "{}", run.stderr);
}

#[test]
fn a_commit_of_named_paths() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "b.txt"]);
    world.write("work/a.txt", "edited\n");
    assert_accepted(&world.run(world.command("git", "work").args(["commit", "-q", "-m", "x", "a.txt"])));
    let run = world.run(world.command("git", "work").args(["commit", "-q", "-m", "x", "b.txt"]));
    assert_refused(&run, "b.txt:1");
}

#[test]
fn a_commit_of_all_changes() {
    let world = repository();
    world.write("work/a.txt", line(2));
    let run = world.run(world.command("git", "work").args(["commit", "-q", "-m", "x", "-a"]));
    assert_refused(&run, "a.txt:1");
    assert!(!run.stderr.contains("changed:"), "{}", run.stderr);
}

#[test]
fn a_partially_staged_file() {
    let world = repository();
    let middle = "harmless\n".repeat(20);
    world.write("work/a.txt", &middle);
    world.git(&["add", "."]);
    assert_accepted(&commit(&world));
    let interactive = |answers: &str| {
        world.write("work/a.txt", format!("edited\n{middle}{}", line(2)));
        world.write("answers", answers);
        let input = std::fs::File::open(world.path("answers")).expect("just written");
        let mut command = world.command("git", "work");
        world.run(command.args(["commit", "-q", "-m", "x", "-p"]).stdin(input))
    };
    let run = interactive("n\ny\n");
    assert_refused(&run, "a.txt:21");
    world.git(&["reset", "-q"]);
    assert_eq!(interactive("y\nn\n").code, 0);
    world.report(&["staged"]).assert_findings(&[]);
}

#[test]
fn amending() {
    let world = repository();
    let amend =
        || world.run(world.command("git", "work").args(["commit", "-q", "--amend", "--no-edit", "-a"]));
    world.write("work/old.txt", format!("edited\n{}last\n", line(1)));
    assert_one_old_finding_reported(&amend());
    world.write("work/old.txt", format!("edited\n{}{}", line(1), line(2)));
    assert_refused(&amend(), "old.txt:3");
}

#[test]
fn a_subfolder_of_a_linked_worktree() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    world.write("linked/sub/b.txt", line(2));
    world.run(world.command("git", "linked").args(["add", "."]));
    assert_refused(&commit_of(&world, &mut world.command("git", "linked/sub")), "sub/b.txt:1");
}

#[test]
fn a_commit_inside_of_a_submodule() {
    let world = repository();
    world.git(&["init", "-q", "-b", "main", "../module"]);
    let git = |folder: &str, arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    git("module", &["commit", "-q", "--allow-empty", "-m", "x"]);
    world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../module", "module"]);
    assert_eq!(world.stopleak_in("work/module", &["hook", "install"]).code, 0);
    world.watch("work/.git/modules/module/hooks");
    world.write("work/module/b.txt", line(2));
    git("work/module", &["add", "."]);
    assert_refused(&commit_of(&world, &mut world.command("git", "work/module")), "b.txt:1");
    assert_accepted(&commit(&world));
}

/// Reproduces the pre-commit framework: unstaged changes are removed during the run, and not all versions pass git's
/// variables to the hook.
#[test]
fn the_pre_commit_framework_stashes_unstaged_changes() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.write("work/a.txt", "staged\n");
    world.git(&["add", "."]);
    world.write("work/a.txt", line(3));
    world.write("work/b.txt", "unstaged\n");
    let stash_unstaged = "git diff --binary > \"$HOME/patch\" && git checkout -q -- .\n";
    let hook = format!(
        "#!/bin/sh\n{stash_unstaged}unset GIT_INDEX_FILE GIT_DIR GIT_WORK_TREE\n\"{}\" staged\ncode=$?\n\
         git apply \"$HOME/patch\"\nexit $code\n",
        binary().display()
    );
    world.write("work/.git/hooks/pre-commit", hook);
    let run = world.run(world.command("git", "work").args(["commit", "-q", "-m", "x"]));
    assert_refused(&run, "b.txt:1");
    assert!(!run.stderr.contains("a.txt"), "{}", run.stderr);
    assert_eq!((world.read("work/b.txt"), world.read("work/a.txt")), ("unstaged\n".to_owned(), line(3)));
}

#[test]
fn a_bare_environment() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    let before = world.file_states();
    let mut command = Command::new(binary());
    command.current_dir(world.path("work")).env_clear().args(["hook", "run", "pre-commit"]);
    let run = world.run(&mut command);
    assert!(before == world.file_states(), "the hook changed something");
    assert_refused(&run, "b.txt:1");
    let mut command = Command::new("git");
    command.current_dir(world.path("work")).env_clear().env("PATH", "/usr/bin:/bin");
    command.args(["-c", "user.name=T", "-c", "user.email=t@example.com"]);
    assert_refused(&commit_of(&world, &mut command), "b.txt:1");
}

#[test]
fn a_home_directory_without_permissions() {
    let world = repository();
    let home = world.path("closed");
    std::fs::create_dir(&home).expect("made");
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o000)).expect("changed");
    world.write("work/old.txt", format!("edited\n{}", line(1)));
    world.git(&["add", "."]);
    let with_home = |home: &std::path::Path| {
        let mut command = world.command("git", "work");
        command.env("HOME", home).env_remove("GIT_CONFIG_GLOBAL");
        commit_of(&world, &mut command)
    };
    let run = with_home(&home);
    // git prints a warning about the directory too.
    assert!(run.code == 0 && run.stderr.contains("1 old finding"), "{}", run.stderr);
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    for home in [home, "/dev/null".into(), "/nowhere".into()] {
        assert_refused(&with_home(&home), "b.txt:1");
    }
}

#[test]
fn while_the_index_is_locked() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    world.write("work/.git/index.lock", "");
    world.report(&["staged"]).assert_findings(&["new b.txt:1"]);
}

#[test]
fn an_unborn_branch() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "."]);
    world.install_hooks();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    assert_refused(&commit(&world), "b.txt:1");
    world.write("work/b.txt", "harmless\n");
    world.git(&["add", "."]);
    assert_accepted(&commit(&world));
}

#[test]
fn a_detached_head() {
    let world = repository();
    world.git(&["checkout", "-q", "--detach"]);
    assert_hook_works(&world);
}

#[test]
fn a_sha_256_repository() {
    assert_hook_works(&World::with_hooks(&["--object-format=sha256"]));
}

#[test]
fn a_reftable_repository() {
    assert_hook_works(&World::with_hooks(&["--ref-format=reftable"]));
}

#[test]
fn a_separate_git_directory() {
    let world = repository();
    world.git(&["init", "-q", "--separate-git-dir", "../elsewhere"]);
    assert!(world.path("work/.git").is_file());
    assert_hook_works(&world);
}

#[test]
fn a_bare_repository_with_a_separate_work_tree() {
    let world = World::empty();
    world.git(&["init", "-q", "--bare", "-b", "main", "../dotfiles"]);
    let of_dotfiles = |program: &std::path::Path| {
        let mut command = world.command(program, "work");
        command.env("GIT_DIR", world.path("dotfiles")).env("GIT_WORK_TREE", world.path("work"));
        command
    };
    let install = ["hook", "install", "--hook", "pre-commit"];
    assert_eq!(world.run(of_dotfiles(binary()).args(install)).code, 0);
    world.watch("dotfiles/hooks");
    let git = std::path::Path::new("git");
    for (content, code) in [(line(2), 1), ("harmless\n".to_owned(), 0)] {
        world.write("work/b.txt", content);
        assert_eq!(world.run(of_dotfiles(git).args(["add", "b.txt"])).code, 0);
        let dotfiles = format!("--git-dir={}", world.path("dotfiles").display());
        let files = format!("--work-tree={}", world.path("work").display());
        let run = commit_of(&world, world.command("git", "work").args([dotfiles, files]));
        assert_eq!(run.code, code, "{}", run.stderr);
    }
}

#[test]
fn worktrees_of_a_bare_repository() {
    let world = repository();
    world.git(&["clone", "-q", "--bare", ".", "../bare"]);
    world.git(&["-C", "../bare", "worktree", "add", "-q", "../tree", "-b", "topic"]);
    assert_eq!(world.stopleak_in("tree", &["hook", "install"]).code, 0);
    world.watch("bare/hooks");
    world.write("tree/sub/b.txt", line(2));
    world.run(world.command("git", "tree").args(["add", "."]));
    world.report_in("tree/sub", &["staged"]).assert_findings(&["new sub/b.txt:1"]);
    assert_refused(&commit_of(&world, &mut world.command("git", "tree/sub")), "sub/b.txt:1");
}

#[test]
fn a_repository_path_with_spaces_quotes_and_newlines() {
    let world = World::empty();
    let folder = "work/it's \"a\" $HOME\n`x`/ü";
    world.write(&format!("{folder}/b.txt"), line(2));
    let git = |arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    git(&["init", "-q", "-b", "main", "."]);
    world.write(&format!("{folder}/.git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
    let theirs = world.path(&format!("{folder}/.git/hooks/pre-commit"));
    std::fs::set_permissions(&theirs, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("changed");
    assert_eq!(world.stopleak_in(folder, &["hook", "install"]).code, 0);
    git(&["add", "."]);
    assert_refused(&git(&["commit", "-q", "-m", "x"]), "b.txt:1");
    assert_eq!(world.stopleak_in(folder, &["hook", "uninstall"]).code, 0);
    assert_eq!(git(&["commit", "-q", "-m", "x"]).code, 0);
}

#[test]
fn an_automatic_merge_of_several_branches() {
    let world = repository();
    for (branch, seed) in [("one", 2), ("two", 3), ("three", 4)] {
        world.git(&["checkout", "-q", "-b", branch, "main"]);
        world.write(&format!("work/{branch}.txt"), line(seed));
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "--no-verify", "-m", branch]);
    }
    world.git(&["checkout", "-q", "one"]);
    let run = world.run(world.command("git", "work").args(["merge", "-q", "--no-edit", "two", "three"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(world.git(&["log", "-1", "--format=%P"]).stdout.split_whitespace().count(), 3);
}

#[test]
fn objects_borrowed_from_another_repository() {
    let world = repository();
    world.git(&["clone", "-q", "--shared", ".", "../borrower"]);
    assert_eq!(world.stopleak_in("borrower", &["hook", "install"]).code, 0);
    world.write("borrower/old.txt", format!("edited\n{}last\n", line(1)));
    let git = |arguments: &[&str]| world.run(world.command("git", "borrower").args(arguments));
    assert_one_old_finding_reported(&git(&["commit", "-q", "-a", "-m", "x"]));
    world.write("borrower/old.txt", format!("edited\n{}{}", line(1), line(2)));
    assert_refused(&git(&["commit", "-q", "-a", "-m", "x"]), "old.txt:3");
}

#[test]
fn packed_objects() {
    let world = repository();
    world.git(&["repack", "-q", "-a", "-d"]);
    assert_hook_works(&world);
}

#[test]
fn a_deleted_secret() {
    let world = repository();
    world.write("work/old.txt", "first\nlast\n");
    world.git(&["add", "."]);
    assert_accepted(&commit(&world));
    world.git(&["revert", "--no-edit", "HEAD"]);
    world.git(&["rm", "-q", "old.txt"]);
    assert_accepted(&commit(&world));
}

#[test]
fn a_pure_rename() {
    let world = repository();
    world.git(&["mv", "old.txt", "renamed.txt"]);
    let run = commit(&world);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr.matches("not blocking (renamed.txt)").count(), 1, "{}", run.stderr);
}

#[test]
fn many_old_secrets_are_reported_in_one_line() {
    let world = repository();
    for number in 0..5 {
        world.write(&format!("work/{number}.txt"), line(1 + number));
    }
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    for number in 0..5 {
        world.write(&format!("work/{number}.txt"), format!("edited\n{}", line(1 + number)));
    }
    world.git(&["add", "."]);
    let run = commit(&world);
    assert_eq!((run.code, run.stderr.lines().count()), (0, 1), "{}", run.stderr);
    assert!(run.stderr.contains("5 old findings") && run.stderr.contains("2.txt, …"), "{}", run.stderr);
}

#[test]
fn a_file_name_that_begins_with_a_dash_and_one_with_a_secret() {
    let world = repository();
    world.write("work/--help", line(2));
    world.write(&format!("work/{}.txt", token(4)), line(3));
    world.git(&["add", "."]);
    assert_refused(&commit(&world), "--help:1");
}
