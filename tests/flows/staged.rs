//! What `git commit` is about to record, seen by the command and through the installed hook.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use crate::report::Report;
use crate::support::{Run, World, binary};
use crate::tokens::{PREFIX, line, private_key, token};

fn repository() -> World {
    World::with_hooks(&[])
}

/// `git commit` with the hook.
fn commit(world: &World, arguments: &[&str]) -> Run {
    commit_in(world, "work", arguments)
}

fn commit_in(world: &World, folder: &str, arguments: &[&str]) -> Run {
    let head =
        || world.run(world.command("git", folder).args(["rev-parse", "-q", "--verify", "HEAD"])).stdout;
    let before = head();
    let mut command = world.command("git", folder);
    let run = world.run(command.args(["commit", "-q", "--allow-empty", "-m", "x"]).args(arguments));
    run.is_discreet();
    assert_eq!(run.code == 0, head() != before, "{}", run.stderr);
    run
}

/// The hook refused the commit because of `path`.
#[track_caller]
fn refused(run: &Run, path: &str) {
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains(path), "{}", run.stderr);
}

#[track_caller]
fn accepted(run: &Run) {
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// The command's report of what is staged, which a commit right after agrees with.
#[track_caller]
fn staged(world: &World, expected: &[&str]) -> Report {
    let report = world.report(&["staged"]);
    report.is(expected);
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
fn plain_commit_and_its_counts() {
    let world = repository();
    world.write("work/b.txt", format!("\n{}", line(2)));
    world.write("work/sub/c.txt", "harmless\n");
    world.git(&["add", "."]);
    let report = staged(&world, &["new b.txt:2"]);
    assert_eq!((report.count("files"), report.count("objects")), (2, 2));
    assert_eq!(report.at("b.txt")["confidence"], "high");
}

#[test]
fn nothing_staged_is_clean_whatever_the_work_tree_holds() {
    let world = repository();
    world.write("work/untracked.txt", line(2));
    world.write("work/a.txt", line(3));
    staged(&world, &[]);
    let said = world.stopleak(&["staged"]).stdout;
    assert!(said.contains("nothing to scan, nothing is staged. Read nothing"), "{said}");
    world.git(&["init", "-q", "--bare", "../bare"]);
    let said = world.stopleak_in("bare", &["staged"]).stdout;
    assert!(said.contains("nothing to scan, a bare repository without an index. Read nothing"), "{said}");
}

#[test]
fn commit_all() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.report(&["staged"]).is(&[]);
    refused(&commit(&world, &["-a"]), "a.txt");
    world.write("work/a.txt", "changed\n");
    accepted(&commit(&world, &["-a"]));
}

#[test]
fn commit_of_a_path_takes_that_path_and_no_other() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "b.txt"]);
    world.report(&["staged"]).is(&["new b.txt:1"]);
    world.write("work/a.txt", "changed\n");
    accepted(&commit(&world, &["a.txt"]));
    // Still staged, still refused.
    world.report(&["staged"]).is(&["new b.txt:1"]);
    refused(&commit(&world, &["--include", "a.txt"]), "b.txt");

    world.git(&["rm", "-q", "--cached", "b.txt"]);
    world.write("work/c.txt", "harmless\n");
    world.git(&["add", "c.txt"]);
    world.write("work/a.txt", line(3));
    refused(&commit(&world, &["a.txt"]), "a.txt");
    accepted(&commit(&world, &[]));
}

#[test]
fn every_kind_of_commit_from_a_subfolder_of_any_worktree() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    for root in ["work", "linked"] {
        let folder = format!("{root}/sub");
        world.write(&format!("{folder}/b.txt"), "harmless\n");
        world.write(&format!("{folder}/c.txt"), "harmless\n");
        world.run(world.command("git", root).args(["add", "."]));
        accepted(&commit_in(&world, &folder, &["-a"]));
        world.write(&format!("{folder}/b.txt"), line(2));
        for arguments in [
            &["-a"][..],
            &["b.txt"],
            &["."],
            &["--amend", "-a"],
            &["--include", "b.txt"],
            &["--only", "b.txt"],
        ] {
            refused(&commit_in(&world, &folder, arguments), "sub/b.txt");
        }
        world.write(&format!("{folder}/c.txt"), "changed\n");
        accepted(&commit_in(&world, &folder, &["c.txt"]));
    }
}

#[test]
fn flags_that_hide_a_file_from_status_do_not_hide_it_here() {
    let world = repository();
    world.write("work/a.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["update-index", "--skip-worktree", "a.txt"]);
    world.git(&["update-index", "--assume-unchanged", "old.txt"]);
    staged(&world, &["new a.txt:1"]);
}

#[test]
fn amending_what_head_holds_is_no_news() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "leak"]);
    world.write("work/a.txt", "changed\n");
    world.write("work/b.txt", format!("edited\n{}", line(2)));
    world.git(&["add", "."]);
    world.report(&["staged"]).is(&["old b.txt:2"]);
    accepted(&commit(&world, &["--amend"]));
    world.write("work/b.txt", format!("edited\n{}{}", line(2), line(3)));
    world.git(&["add", "."]);
    refused(&commit(&world, &["--amend"]), "b.txt");
}

#[test]
fn linked_worktree() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "../linked"]);
    world.write("linked/b.txt", line(2));
    world.run(world.command("git", "linked").args(["add", "."]));
    world.report_in("linked", &["staged"]).is(&["new b.txt:1"]);
    refused(&commit_in(&world, "linked", &[]), "b.txt");
    world.report(&["staged"]).is(&[]);
    accepted(&commit(&world, &[]));
}

/// Two branches that conflict in `a.txt`; `other` also brings token 2 in `theirs.txt`, unchecked.
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
    assert_eq!((report.code, report.gaps().is_empty()), (0, true));
    assert!(report.summary["notes"][0].as_str().is_some_and(|note| note.starts_with("in conflict: a.txt")));

    world.write("work/a.txt", format!("both\n{}", line(3)));
    world.git(&["add", "."]);
    world.report(&["staged"]).is(&["new a.txt:2"]);
    refused(&commit(&world, &[]), "a.txt");
    world.write("work/a.txt", "both\n");
    world.git(&["add", "."]);
    staged(&world, &[]);
}

#[test]
fn an_automatic_merge_brings_nothing_new_of_the_other_side() {
    let world = diverged(false);
    let merge = world.run(world.command("git", "work").args(["merge", "-q", "--no-edit", "other"]));
    assert_eq!((merge.code, merge.stderr.as_str()), (0, ""));
    assert!(world.git(&["log", "--format=%P", "-1"]).stdout.contains(' '), "a merge");
}

#[test]
fn the_merge_hook_refuses_what_neither_side_has() {
    let world = diverged(false);
    // Another tool's step inside of the merge: a driver that writes into the merged file.
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
fn the_index_counts_and_not_the_work_tree() {
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
    assert_eq!(report.at("a.txt")["carrier"], "symlink");

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
fn a_submodule_is_said_and_not_read() {
    let world = repository();
    world.git(&["init", "-q", "-b", "main", "../module"]);
    let git = |arguments: &[&str]| world.run(world.command("git", "module").args(arguments));
    world.write("module/secret.txt", line(2));
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "x"]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../module", "module"];
    world.git(&add);
    let report = staged(&world, &[]);
    assert_eq!(report.gaps(), ["elsewhere"]);
    assert_eq!(report.coverage[0]["what"], "module");
}

#[test]
fn intent_to_add_is_nothing_yet() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "-N", "b.txt"]);
    staged(&world, &[]);
    refused(&commit(&world, &["-a"]), "b.txt");
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
fn an_edit_beside_an_old_secret_passes_and_says_so_once() {
    let world = repository();
    world.write("work/old.txt", format!("first, edited\n{}last\n", line(1)));
    world.git(&["add", "."]);
    let human = world.stopleak(&["staged"]);
    assert_eq!(human.code, 0, "{}", human.stderr);
    assert_eq!(human.stdout.matches("1 old finding").count(), 1, "{}", human.stdout);
    let report = staged(&world, &["old old.txt:2"]);
    assert!(report.at("old.txt")["status_reason"].is_string());
}

#[test]
fn a_key_of_several_lines_is_the_same_with_other_line_ends_and_indented() {
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
    // git ends the lines of the whole file anew.
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
fn without_the_version_before_nobody_can_say_what_is_new() {
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
    report.is(&[]);
    world.write("partial/old.txt", format!("edited\n{}", line(1)));
    git(&["update-index", "old.txt"]);
    let report = world.report_in("partial", &["staged"]);
    assert_eq!(
        (report.code, report.found(), report.gaps()),
        (3, vec!["new old.txt:2".to_owned()], vec!["missing"])
    );
    let why = report.coverage[0]["reason"].as_str().expect("a reason");
    assert!(why.contains("the version before this change"), "{why}");
}

#[test]
fn an_old_secret_beside_a_new_one() {
    let world = repository();
    world.write("work/old.txt", format!("{}{}", line(1), line(2)));
    world.git(&["add", "."]);
    staged(&world, &["new old.txt:2", "old old.txt:1"]);
}

#[test]
fn values_that_two_files_swap_are_not_new() {
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
fn a_value_that_moves_to_another_file_is_not_new_and_one_that_spreads_is() {
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
fn a_key_that_two_commits_complete_is_caught() {
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
    // And when the END line alone was missing.
    world.write("work/end.pem", &key[..end]);
    world.git(&["add", "."]);
    world.git(&["rm", "-q", "-f", "key.pem"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "most"]);
    world.write("work/end.pem", &key);
    world.git(&["add", "."]);
    staged(&world, &["new end.pem:1"]);
}

#[test]
fn from_a_subfolder_everything_is_seen() {
    let world = repository();
    world.write("work/sub/b.txt", line(2));
    world.write("work/c.txt", line(3));
    world.git(&["add", "."]);
    world.report_in("work/sub", &["staged"]).is(&["new c.txt:1", "new sub/b.txt:1"]);
    refused(&commit_in(&world, "work/sub", &[]), "sub/b.txt");
}

#[test]
fn an_index_elsewhere() {
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
    world.report(&["staged"]).is(&[]);
    world.report_of(with_index(binary(), "work", "other-index").arg("staged")).is(&["new b.txt:1"]);
    // git means the top of the work tree, wherever it is called.
    world.report_of(with_index(binary(), "work/sub", "other-index").arg("staged")).is(&["new b.txt:1"]);
    let absolute = world.path("work/other-index");
    let absolute = absolute.to_str().expect("text");
    world.report_of(with_index(binary(), "work/sub", absolute).arg("staged")).is(&["new b.txt:1"]);
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
fn names_are_bytes() {
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
fn line_ends_and_encodings() {
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
fn the_hook_says_what_to_do_and_masks() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    let run = commit(&world, &[]);
    refused(&run, "b.txt");
    assert!(run.stderr.contains(PREFIX) && run.stderr.contains("stopleak:allow"), "{}", run.stderr);
}
