//! Staged changes, scanned by `stopleak staged` and by the installed pre-commit hook.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use crate::report::Report;
use crate::support::{Run, World, binary};
use crate::tokens::{PREFIX, line, private_key, token};

fn repository() -> World {
    World::with_hooks(&[])
}

/// Runs `git commit` with the hook.
fn commit(world: &World, arguments: &[&str]) -> Run {
    commit_in(world, "work", arguments)
}

fn commit_in(world: &World, folder: &str, arguments: &[&str]) -> Run {
    let head =
        || world.run(world.command("git", folder).args(["rev-parse", "-q", "--verify", "HEAD"])).stdout;
    let before = head();
    let mut command = world.command("git", folder);
    let run = world.run(command.args(["commit", "-q", "--allow-empty", "-m", "x"]).args(arguments));
    run.assert_no_token_shown();
    assert_eq!(run.code == 0, head() != before, "{}", run.stderr);
    run
}

/// Asserts that the hook refused the commit and named `path`.
#[track_caller]
fn assert_refused(run: &Run, path: &str) {
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains(path), "{}", run.stderr);
}

#[track_caller]
fn assert_accepted(run: &Run) {
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// Asserts the findings of `stopleak staged` and that a commit exits with the same code, and returns the report.
#[track_caller]
fn staged(world: &World, expected: &[&str]) -> Report {
    let report = world.report(&["staged"]);
    report.assert_findings(expected);
    let run = commit(world, &[]);
    assert_eq!(run.code, report.code, "{}", run.stderr);
    report
}

#[test]
fn first_commit() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "."]);
    world.install_hooks();
    assert_eq!(world.report(&["staged"]).code, 0);
    world.write("work/a.txt", line(2));
    world.git(&["add", "."]);
    staged(&world, &["new a.txt:1"]);
    world.write("work/a.txt", "harmless\n");
    world.git(&["add", "."]);
    staged(&world, &[]);
}

#[test]
fn a_plain_commit_and_the_counts_of_its_report() {
    let world = repository();
    world.write("work/b.txt", format!("\n{}", line(2)));
    world.write("work/sub/c.txt", "harmless\n");
    world.git(&["add", "."]);
    let report = staged(&world, &["new b.txt:2"]);
    assert_eq!((report.count("files"), report.count("objects")), (2, 2));
    assert_eq!(report.finding_at("b.txt")["confidence"], "high");
}

#[test]
fn only_staged_content_is_scanned_not_the_work_tree() {
    let world = repository();
    world.write("work/untracked.txt", line(2));
    world.write("work/a.txt", line(3));
    staged(&world, &[]);
    let human = world.stopleak(&["staged"]).stdout;
    assert!(human.contains("nothing to scan, nothing is staged. Read nothing"), "{human}");
    world.git(&["init", "-q", "--bare", "../bare"]);
    let human = world.stopleak_in("bare", &["staged"]).stdout;
    assert!(human.contains("nothing to scan, a bare repository without an index. Read nothing"), "{human}");
}

#[test]
fn commit_all() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.report(&["staged"]).assert_findings(&[]);
    assert_refused(&commit(&world, &["-a"]), "a.txt");
    world.write("work/a.txt", "changed\n");
    assert_accepted(&commit(&world, &["-a"]));
}

#[test]
fn a_commit_of_a_path_scans_only_that_path() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "b.txt"]);
    world.report(&["staged"]).assert_findings(&["new b.txt:1"]);
    world.write("work/a.txt", "changed\n");
    assert_accepted(&commit(&world, &["a.txt"]));
    // The file is still staged and still refused.
    world.report(&["staged"]).assert_findings(&["new b.txt:1"]);
    assert_refused(&commit(&world, &["--include", "a.txt"]), "b.txt");

    world.git(&["rm", "-q", "--cached", "b.txt"]);
    world.write("work/c.txt", "harmless\n");
    world.git(&["add", "c.txt"]);
    world.write("work/a.txt", line(3));
    assert_refused(&commit(&world, &["a.txt"]), "a.txt");
    assert_accepted(&commit(&world, &[]));
}

#[test]
fn every_kind_of_commit_in_a_subdirectory_of_any_worktree() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    for root in ["work", "linked"] {
        let folder = format!("{root}/sub");
        world.write(&format!("{folder}/b.txt"), "harmless\n");
        world.write(&format!("{folder}/c.txt"), "harmless\n");
        world.run(world.command("git", root).args(["add", "."]));
        assert_accepted(&commit_in(&world, &folder, &["-a"]));
        world.write(&format!("{folder}/b.txt"), line(2));
        for arguments in [
            &["-a"][..],
            &["b.txt"],
            &["."],
            &["--amend", "-a"],
            &["--include", "b.txt"],
            &["--only", "b.txt"],
        ] {
            assert_refused(&commit_in(&world, &folder, arguments), "sub/b.txt");
        }
        world.write(&format!("{folder}/c.txt"), "changed\n");
        assert_accepted(&commit_in(&world, &folder, &["c.txt"]));
    }
}

#[test]
fn skip_worktree_and_assume_unchanged_files_are_scanned() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["update-index", "--skip-worktree", "a.txt"]);
    world.git(&["update-index", "--assume-unchanged", "old.txt"]);
    staged(&world, &["new a.txt:1"]);
}

#[test]
fn values_of_head_are_not_new_in_an_amended_commit() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "leak"]);
    world.write("work/a.txt", "changed\n");
    world.write("work/b.txt", format!("edited\n{}", line(2)));
    world.git(&["add", "."]);
    world.report(&["staged"]).assert_findings(&["old b.txt:2"]);
    assert_accepted(&commit(&world, &["--amend"]));
    world.write("work/b.txt", format!("edited\n{}{}", line(2), line(3)));
    world.git(&["add", "."]);
    assert_refused(&commit(&world, &["--amend"]), "b.txt");
}

#[test]
fn linked_worktree() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    world.write("linked/b.txt", line(2));
    world.run(world.command("git", "linked").args(["add", "."]));
    world.report_in("linked", &["staged"]).assert_findings(&["new b.txt:1"]);
    assert_refused(&commit_in(&world, "linked", &[]), "b.txt");
    world.report(&["staged"]).assert_findings(&[]);
    assert_accepted(&commit(&world, &[]));
}

/// Creates two branches that conflict in `a.txt` if `conflict` is true; `other` also adds token 2 in `theirs.txt`,
/// committed without the hook.
fn diverged(conflict: bool) -> World {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "other"]);
    world.write("work/theirs.txt", line(2));
    if conflict {
        world.write("work/a.txt", "theirs\n");
    }
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "theirs"]);
    world.git(&["checkout", "-q", "main"]);
    world.write("work/a.txt", "ours\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "ours"]);
    world
}

#[test]
fn concluding_a_merge() {
    let world = diverged(true);
    let merge = world.run(world.command("git", "work").args(["merge", "-q", "other"]));
    assert_eq!(merge.code, 1, "a conflict");
    let report = world.report(&["staged"]);
    assert_eq!((report.code, report.unscanned_kinds().is_empty()), (0, true));
    assert!(report.summary["notes"][0].as_str().is_some_and(|note| note.starts_with("in conflict: a.txt")));

    world.write("work/a.txt", format!("both\n{}", line(3)));
    world.git(&["add", "."]);
    world.report(&["staged"]).assert_findings(&["new a.txt:2"]);
    assert_refused(&commit(&world, &[]), "a.txt");
    world.write("work/a.txt", "both\n");
    world.git(&["add", "."]);
    staged(&world, &[]);
}

#[test]
fn values_of_the_other_side_of_an_automatic_merge_are_not_new() {
    let world = diverged(false);
    let merge = world.run(world.command("git", "work").args(["merge", "-q", "--no-edit", "other"]));
    assert_eq!((merge.code, merge.stderr.as_str()), (0, ""));
    assert!(world.git(&["log", "--format=%P", "-1"]).stdout.contains(' '), "a merge");
}

#[test]
fn the_pre_merge_commit_hook_refuses_values_of_neither_side() {
    let world = diverged(false);
    // A merge driver of another tool writes a value of neither side into the merged file.
    world.write("work/.git/info/attributes", "mixed.txt merge=leaky\n");
    world.git(&["config", "merge.leaky.driver", &format!("cp {} %A", world.path("leak").display())]);
    world.write("leak", line(4));
    for (branch, content) in [("other", "1\n"), ("main", "2\n")] {
        world.git(&["checkout", "-q", branch]);
        world.write("work/mixed.txt", content);
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "--no-verify", "-m", branch]);
    }
    let merge = world.run(world.command("git", "work").args(["merge", "-q", "--no-edit", "other"]));
    assert_ne!(merge.code, 0);
    assert!(merge.stderr.contains("mixed.txt"), "{}", merge.stderr);
    assert!(!merge.stderr.contains("theirs.txt"), "{}", merge.stderr);
}

#[test]
fn the_index_is_scanned_and_not_the_work_tree() {
    let world = repository();
    world.write("work/a.txt", "staged\n");
    world.git(&["add", "."]);
    world.write("work/a.txt", line(2));
    staged(&world, &[]);

    world.git(&["add", "."]);
    world.write("work/a.txt", "gone again\n");
    staged(&world, &["new a.txt:1"]);
}

#[test]
fn renames() {
    let world = repository();
    world.git(&["mv", "old.txt", "renamed.txt"]);
    staged(&world, &["old renamed.txt:2"]);
    world.git(&["mv", "renamed.txt", "again.txt"]);
    world.write("work/again.txt", format!("edited\nfirst\n{}last\n", line(1)));
    world.git(&["add", "."]);
    staged(&world, &["old again.txt:3"]);
    world.git(&["mv", "again.txt", "third.txt"]);
    world.write("work/third.txt", format!("first\n{}{}last\n", line(1), line(2)));
    world.git(&["add", "."]);
    staged(&world, &["new third.txt:3", "old third.txt:2"]);
}

#[test]
fn modes_and_types() {
    let world = repository();
    world.git(&["update-index", "--chmod=+x", "old.txt"]);
    staged(&world, &[]);

    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    symlink(format!("/srv/{}/x", token(2)), world.path("work/a.txt")).expect("linked");
    world.git(&["add", "."]);
    let report = staged(&world, &["new a.txt:1"]);
    assert_eq!(report.finding_at("a.txt")["content_kind"], "symlink");

    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    symlink("old.txt", world.path("work/a.txt")).expect("linked");
    world.git(&["add", "."]);
    staged(&world, &[]);
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    world.write("work/a.txt", line(2));
    world.git(&["add", "."]);
    staged(&world, &["new a.txt:1"]);
}

#[test]
fn a_submodule_is_listed_and_not_scanned() {
    let world = repository();
    world.git(&["init", "-q", "-b", "main", "../module"]);
    let git = |arguments: &[&str]| world.run(world.command("git", "module").args(arguments));
    world.write("module/secret.txt", line(2));
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "x"]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../module", "module"];
    world.git(&add);
    let report = staged(&world, &[]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere"]);
    assert_eq!(report.unscanned[0]["what"], "module");
}

#[test]
fn an_intent_to_add_entry_has_no_content() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "-N", "b.txt"]);
    staged(&world, &[]);
    assert_refused(&commit(&world, &["-a"]), "b.txt");
}

#[test]
fn deleting_a_secret_never_blocks() {
    let world = repository();
    world.write("work/old.txt", "first\nlast\n");
    world.git(&["add", "."]);
    staged(&world, &[]);
    world.git(&["revert", "-n", "HEAD"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "back"]);
    world.git(&["rm", "-q", "old.txt"]);
    staged(&world, &[]);
}

#[test]
fn an_edit_near_an_old_secret_passes_with_one_note() {
    let world = repository();
    world.write("work/old.txt", format!("first, edited\n{}last\n", line(1)));
    world.git(&["add", "."]);
    let human = world.stopleak(&["staged"]);
    assert_eq!(human.code, 0, "{}", human.stderr);
    assert_eq!(human.stdout.matches("1 old finding").count(), 1, "{}", human.stdout);
    let report = staged(&world, &["old old.txt:2"]);
    assert!(report.finding_at("old.txt")["status_reason"].is_string());
}

#[test]
fn a_key_with_other_line_endings_or_indentation_is_not_new() {
    let world = repository();
    let key = private_key(3);
    world.write("work/key.txt", format!("first\r\n{}", key.replace('\n', "\r\n")));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "key"]);
    let passes = |path: &str, content: String| {
        world.write(&format!("work/{path}"), content);
        world.git(&["add", "."]);
        staged(&world, &[&format!("old {path}:2")]);
    };
    // git normalises the line endings of the whole file.
    world.git(&["config", "core.autocrlf", "input"]);
    passes("key.txt", format!("edited\r\n{}", key.replace('\n', "\r\n")));
    passes(
        "key.txt",
        format!("key: |\n{}", key.lines().map(|line| format!("  {line}\n")).collect::<String>()),
    );
    world.git(&["rm", "-q", "key.txt"]);
    passes("key.json", format!("{{\n\"key\": \"{}\"}}\n", key.replace('\n', "\\n")));
    world.write("work/key.json", format!("{{\n\"key\": \"{}\"}}\n", private_key(4).replace('\n', "\\n")));
    world.git(&["add", "."]);
    staged(&world, &["new key.json:2"]);
}

#[test]
fn without_the_previous_version_of_a_file_the_run_is_incomplete() {
    let world = World::repository();
    world.write("work/old.txt", line(1));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "old"]);
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, "../partial"]);
    let git = |arguments: &[&str]| {
        let run = world.run(world.command("git", "partial").args(arguments));
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
    };
    git(&["remote", "set-url", "origin", "../gone"]);
    git(&["read-tree", "HEAD"]);
    world.write("partial/old.txt", "harmless\n");
    git(&["update-index", "old.txt"]);
    let report = world.report_in("partial", &["staged"]);
    report.assert_findings(&[]);
    world.write("partial/old.txt", format!("edited\n{}", line(1)));
    git(&["update-index", "old.txt"]);
    let report = world.report_in("partial", &["staged"]);
    assert_eq!(
        (report.code, report.found(), report.unscanned_kinds()),
        (3, vec!["new old.txt:2".to_owned()], vec!["missing"])
    );
    let why = report.unscanned[0]["reason"].as_str().expect("a reason");
    assert!(why.contains("the version before this change"), "{why}");
}

#[test]
fn an_old_and_a_new_secret_in_one_file() {
    let world = repository();
    world.write("work/old.txt", format!("{}{}", line(1), line(2)));
    world.git(&["add", "."]);
    staged(&world, &["new old.txt:2", "old old.txt:1"]);
}

#[test]
fn values_swapped_between_two_files_are_not_new() {
    let world = repository();
    world.write("work/b.txt", format!("b\n{}", line(2)));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    world.write("work/b.txt", format!("b\n{}", line(1)));
    world.write("work/old.txt", format!("first\n{}last\n", line(2)));
    world.git(&["add", "."]);
    staged(&world, &["old b.txt:2", "old old.txt:2"]);
}

#[test]
fn a_value_moved_to_another_file_is_not_new_and_a_further_copy_is() {
    let world = repository();
    world.write("work/old.txt", "first\nlast\n");
    world.write("work/a.txt", format!("harmless\n{}", line(1)));
    world.git(&["add", "."]);
    staged(&world, &["old a.txt:2"]);
    world.write("work/b.txt", format!("more\n{}", line(1)));
    world.git(&["add", "."]);
    staged(&world, &["new b.txt:2"]);
}

#[test]
fn a_copy_of_a_whole_file_is_not_new() {
    let world = repository();
    world.write("work/copy.txt", world.read("work/old.txt"));
    world.git(&["add", "."]);
    staged(&world, &["old copy.txt:2"]);
}

#[test]
fn a_key_completed_by_a_second_commit_is_found() {
    let world = repository();
    let key = private_key(1);
    let end = key.find("-----END").expect("armour");
    let half = key[..end].rfind('\n').expect("lines");
    let half = key[..half / 2].rfind('\n').expect("lines") + 1;
    world.write("work/key.pem", &key[..half]);
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "half"]);
    world.write("work/key.pem", &key);
    world.git(&["add", "."]);
    staged(&world, &["new key.pem:1"]);
    // The same if only the END line was missing.
    world.write("work/end.pem", &key[..end]);
    world.git(&["add", "."]);
    world.git(&["rm", "-q", "-f", "key.pem"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "most"]);
    world.write("work/end.pem", &key);
    world.git(&["add", "."]);
    staged(&world, &["new end.pem:1"]);
}

#[test]
fn all_staged_files_are_scanned_from_a_subdirectory() {
    let world = repository();
    world.write("work/sub/b.txt", line(2));
    world.write("work/c.txt", line(3));
    world.git(&["add", "."]);
    world.report_in("work/sub", &["staged"]).assert_findings(&["new c.txt:1", "new sub/b.txt:1"]);
    assert_refused(&commit_in(&world, "work/sub", &[]), "sub/b.txt");
}

#[test]
fn an_index_named_by_git_index_file() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.write("work/sub/empty", "");
    let with_index = |program: &std::path::Path, folder: &str, file: &str| {
        let mut command = world.command(program, folder);
        command.env("GIT_INDEX_FILE", file);
        command
    };
    let git = std::path::Path::new("git");
    for arguments in [&["read-tree", "HEAD"][..], &["add", "b.txt"]] {
        assert_eq!(world.run(with_index(git, "work", "other-index").args(arguments)).code, 0);
    }
    world.report(&["staged"]).assert_findings(&[]);
    world
        .report_of(with_index(binary(), "work", "other-index").arg("staged"))
        .assert_findings(&["new b.txt:1"]);
    // Like git, a relative path is resolved against the root of the work tree.
    world
        .report_of(with_index(binary(), "work/sub", "other-index").arg("staged"))
        .assert_findings(&["new b.txt:1"]);
    let absolute = world.path("work/other-index");
    let absolute = absolute.to_str().expect("text");
    world
        .report_of(with_index(binary(), "work/sub", absolute).arg("staged"))
        .assert_findings(&["new b.txt:1"]);
}

#[test]
fn index_formats() {
    for settings in [
        &["update-index", "--index-version", "4"][..],
        &["update-index", "--split-index"],
        &["update-index", "--untracked-cache"],
        &["config", "core.untrackedCache", "true"],
        &["config", "index.threads", "4"],
        &["config", "index.skipHash", "true"],
    ] {
        let world = repository();
        for number in 0..40 {
            world.write(&format!("work/folder-{}/file-{number}.txt", number % 5), "harmless\n");
        }
        world.git(&["add", "."]);
        world.git(settings);
        staged(&world, &[]);
        world.write("work/folder-3/file-13.txt", line(2));
        world.write("work/old.txt", format!("edited\n{}", line(1)));
        world.git(&["add", "."]);
        staged(&world, &["new folder-3/file-13.txt:1", "old old.txt:2"]);
    }
}

#[test]
fn sparse_index() {
    let world = repository();
    for number in 0..10 {
        world.write(&format!("work/folder-{number}/file.txt"), "harmless\n");
    }
    world.git(&["add", "."]);
    staged(&world, &[]);
    world.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "folder-1"]);
    world.write("work/folder-1/file.txt", line(2));
    world.git(&["add", "."]);
    staged(&world, &["new folder-1/file.txt:1"]);
}

#[test]
fn file_names_that_are_not_utf8() {
    let world = repository();
    let name = OsStr::from_bytes(b"caf\xe9 \"x\"\n.txt");
    std::fs::write(world.path("work").join(name), line(2)).expect("written");
    world.git(&["add", "."]);
    let report = world.report(&["staged"]);
    assert_eq!((report.code, report.findings.len()), (1, 1));
    let path = crate::report::text(&report.findings[0], "path");
    assert!(path.starts_with("caf%E9") && path.ends_with(".txt"), "{path}");
    assert_eq!(commit(&world, &[]).code, 1);
}

#[test]
fn crlf_line_endings_and_utf16() {
    let world = repository();
    world.write("work/crlf.txt", format!("a\r\n{}\r\n", line(2).trim_end()));
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    world.write("work/utf16.txt", utf16(&format!("ä\r\n{}", line(3))));
    world.write("work/.gitattributes", "* text\n*.txt -diff binary\n");
    world.git(&["add", "."]);
    staged(&world, &["new crlf.txt:2", "new utf16.txt:2"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    world.write("work/utf16.txt", utf16(&format!("ä\r\nedited\r\n{}", line(3))));
    world.git(&["add", "."]);
    staged(&world, &["old utf16.txt:3"]);
}

#[test]
fn the_hook_masks_the_secret_and_explains_what_to_do() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    let run = commit(&world, &[]);
    assert_refused(&run, "b.txt");
    assert!(run.stderr.contains(PREFIX) && run.stderr.contains("stopleak:allow"), "{}", run.stderr);
}
