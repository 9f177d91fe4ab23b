//! `stopleak history`: every object of a repository, and the commit, path and refs that it belongs to.

use std::path::PathBuf;

use crate::report::{assert_incomplete, commit, empty, history, history_of, id, text, write_dangling_blob};
use crate::support::World;
use crate::tokens::{line, private_key, token};

fn loose_object_path(world: &World, id: &str) -> PathBuf {
    world.path(&format!("work/.git/objects/{}/{}", &id[..2], &id[2..]))
}

#[test]
fn the_first_commit_is_the_one_that_git_log_names() {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    commit(&world, "harmless");
    for seed in 1..6 {
        world.write(&format!("work/{seed}.txt"), line(seed));
        if seed % 2 == 0 {
            world.write("work/a.txt", format!("edited {seed}\n{}", line(10 + seed)));
        }
        commit(&world, &format!("adds {seed}"));
        world.write(&format!("work/{}.txt", seed / 2), format!("{}edited\n", line(seed / 2)));
        commit(&world, "edits");
    }
    world.git(&["mv", "4.txt", "moved.txt"]);
    commit(&world, "moves");
    let report = history(&world);
    assert_eq!((report.code, report.unscanned_kinds()), (1, vec![]));
    assert_eq!(report.findings.len(), 6 + 2 + 1, "{:?}", report.found());
    for finding in report.findings.iter().filter(|finding| finding["path"] != "moved.txt") {
        let log = |arguments: &[&str]| {
            let out = world.git(&[&["log", "--all", "--reverse", "--format=%H"], arguments].concat()).stdout;
            out.lines().next().expect("a commit").to_owned()
        };
        let commit = text(finding, "first_commit");
        assert_eq!(commit, log(&[&format!("--find-object={}", text(finding, "object"))]), "{finding}");
        let seed = (0..20).find(|seed| {
            let shown = world.git(&["cat-file", "-p", text(finding, "object")]).stdout;
            shown.contains(&token(*seed))
        });
        assert_eq!(commit, log(&["-S", &token(seed.expect("one of ours"))]), "{finding}");
    }
    assert_eq!(report.count("commits"), 12);
    let all = world.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]).stdout;
    assert_eq!(report.count("objects"), all.lines().filter(|kind| *kind != "tree").count() as u64);
}

#[test]
fn versions_of_a_file_are_one_finding_and_two_paths_are_two() {
    let world = empty();
    world.write("work/a.txt", line(1));
    let first = commit(&world, "one");
    world.write("work/a.txt", format!("edited\n{}", line(1)));
    commit(&world, "two");
    world.write("work/b.txt", format!("other\n\n{}", line(1)));
    let other = commit(&world, "three");
    let report = history(&world);
    report.assert_findings(&["new a.txt:1", "new b.txt:3"]);
    let (a, b) = (report.finding_at("a.txt"), report.finding_at("b.txt"));
    assert_eq!((text(a, "first_commit"), text(b, "first_commit")), (first.as_str(), other.as_str()));
    assert_eq!(a["fingerprint"], b["fingerprint"]);
    let human = world.stopleak(&["history"]).stdout;
    assert!(human.contains("1 secret in 2 places"), "{human}");
}

#[test]
fn a_copy_is_a_separate_finding() {
    let world = empty();
    world.write("work/a.txt", line(1));
    commit(&world, "one");
    world.write("work/copy.txt", line(1));
    let copied = commit(&world, "two");
    world.git(&["rm", "-q", "a.txt"]);
    commit(&world, "three");
    let report = history(&world);
    report.assert_findings(&["new a.txt:1", "new copy.txt:1"]);
    assert_eq!(report.finding_at("copy.txt")["first_commit"], copied);
    assert_eq!(
        (&report.finding_at("a.txt")["at_head"], &report.finding_at("copy.txt")["at_head"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn a_skipped_path_does_not_hide_the_same_value_at_another_path() {
    let world = empty();
    world.write("work/stopleak.yaml", "skip-paths:\n  - fixtures/\n");
    world.write("work/fixtures/a.txt", line(1));
    commit(&world, "fixture");
    world.write("work/a.txt", line(1));
    commit(&world, "and a copy");
    let report = history(&world);
    report.assert_findings(&["new a.txt:1"]);
    assert_eq!(report.count("skipped"), 1);
}

#[test]
fn findings_list_refs_and_presence_at_head() {
    let world = empty();
    world.write("work/gone.txt", line(1));
    world.write("work/kept.txt", line(2));
    commit(&world, "both");
    world.git(&["rm", "-q", "gone.txt"]);
    world.write("work/kept.txt", format!("edited\n{}", line(2)));
    commit(&world, "one");
    world.git(&["tag", "v1"]);
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side.txt", line(3));
    commit(&world, "side");
    world.git(&["checkout", "-q", "main"]);
    let report = history(&world);
    report.assert_findings(&["new gone.txt:1", "new kept.txt:1", "new side.txt:1"]);
    let all = serde_json::json!(["refs/heads/main", "refs/heads/side", "refs/tags/v1"]);
    for (path, at_head, refs) in [
        ("gone.txt", false, all.clone()),
        ("kept.txt", true, all),
        ("side.txt", false, serde_json::json!(["refs/heads/side"])),
    ] {
        let finding = report.finding_at(path);
        assert_eq!((&finding["at_head"], &finding["refs"]), (&at_head.into(), &refs), "{path}");
        assert_eq!(finding["reachable"], true);
    }
}

#[test]
fn unreachable_objects_stashes_and_amended_commits_are_scanned() {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    commit(&world, "base");
    // A commit that was amended: only the reflog contains it.
    world.write("work/amended.txt", line(1));
    let amended = commit(&world, "leak");
    world.git(&["rm", "-q", "amended.txt"]);
    world.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "no leak"]);
    // Values in the index, the work tree and the untracked files of a stash.
    world.write("work/a.txt", line(2));
    world.git(&["add", "a.txt"]);
    world.write("work/a.txt", line(3));
    world.write("work/untracked.txt", line(4));
    world.git(&["stash", "-q", "-u"]);
    world.write("work/a.txt", format!("again\n{}", line(5)));
    world.git(&["stash", "-q"]);
    // A commit that neither a ref nor a reflog contains.
    world.git(&["checkout", "-q", "--detach"]);
    world.write("work/lost.txt", line(6));
    let lost = commit(&world, "lost");
    world.git(&["checkout", "-q", "main"]);
    std::fs::remove_file(world.path("work/.git/logs/HEAD")).expect("removed");
    let blob = write_dangling_blob(&world, &line(7));

    let report = history(&world);
    assert_eq!((report.code, report.unscanned_kinds()), (1, vec![]));
    assert_eq!(
        report.found(),
        [
            "new a.txt:1",
            "new a.txt:1",
            "new a.txt:2",
            "new amended.txt:1",
            "new file:1",
            "new lost.txt:1",
            "new untracked.txt:1",
        ]
    );
    assert_eq!(report.finding_at("amended.txt")["first_commit"], amended);
    assert_eq!(
        (&report.finding_at("lost.txt")["first_commit"], &report.finding_at("lost.txt")["reachable"]),
        (&lost.into(), &false.into())
    );
    assert_eq!(
        (&report.finding_at("")["object"], &report.finding_at("")["reachable"]),
        (&blob.into(), &false.into())
    );
    assert_eq!(report.finding_at("untracked.txt")["at_head"], false);
}

#[test]
fn messages_of_commits_tags_and_notes_are_scanned() {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    let leak = commit(&world, &format!("Subject\n\n{}", token(1)));
    world.git(&["tag", "-a", "-m", &format!("with {}", token(2)), "v1"]);
    let blob = write_dangling_blob(&world, &line(3));
    world.git(&["tag", "blob", &blob]);
    let deep = write_dangling_blob(&world, &line(4));
    world.git(&["tag", "-a", "-m", "of a blob", "deep", &deep]);
    world.git(&["notes", "add", "-m", &token(5), "HEAD"]);
    let report = history(&world);
    assert_eq!((report.code, report.unscanned_kinds()), (1, vec![]));
    let by = |content_kind: &str| -> Vec<&serde_json::Value> {
        report.findings.iter().filter(|finding| finding["content_kind"] == content_kind).collect()
    };
    assert_eq!((by("commit").len(), by("tag").len(), by("file").len()), (1, 1, 3), "{:?}", report.found());
    assert_eq!((&by("commit")[0]["first_commit"], &by("commit")[0]["start_line"]), (&leak.into(), &3.into()));
    assert_eq!(by("commit")[0]["refs"], serde_json::json!(["refs/heads/main", "refs/tags/v1"]));
    assert_eq!(by("tag")[0]["refs"], serde_json::json!(["refs/tags/v1"]));
    for finding in by("commit").into_iter().chain(by("tag")) {
        assert_eq!(finding["reachable"], true);
    }
    for (object, name) in [(blob, "refs/tags/blob"), (deep, "refs/tags/deep")] {
        let finding = report.findings.iter().find(|finding| finding["object"] == object).expect("found");
        assert_eq!(finding["refs"], serde_json::json!([name]));
        assert_eq!(finding["reachable"], true);
    }
    // Messages of an amended commit and of a deleted tag are unreachable.
    world.git(&["tag", "-d", "v1"]);
    world.git(&["commit", "-q", "--amend", "-m", "harmless"]);
    let report = history(&world);
    for content_kind in ["commit", "tag"] {
        let finding = report
            .findings
            .iter()
            .find(|finding| finding["content_kind"] == content_kind)
            .expect("still there");
        assert_eq!((&finding["reachable"], &finding["refs"]), (&false.into(), &serde_json::json!([])));
    }
}

#[test]
fn loose_packed_and_borrowed_objects_are_scanned() {
    let world = empty();
    world.write("work/packed.txt", line(1));
    commit(&world, "one");
    world.write("work/packed.txt", format!("{}{}", line(1), "padding\n".repeat(200)));
    world.write("work/delta.txt", format!("{}{}", line(2), "padding\n".repeat(200)));
    commit(&world, "two");
    world.git(&["repack", "-q", "-a", "-d"]);
    world.write("work/loose.txt", line(3));
    commit(&world, "three");
    world.git(&["clone", "-q", "--shared", ".", "../borrower"]);
    world.git(&["clone", "-q", "--mirror", ".", "../bare"]);
    world.write("borrower/own.txt", line(4));
    let git = |arguments: &[&str]| world.run(world.command("git", "borrower").args(arguments));
    git(&["add", "."]);
    assert_eq!(git(&["commit", "-q", "-m", "own"]).code, 0);
    let expected = ["new delta.txt:1", "new loose.txt:1", "new packed.txt:1"];
    history(&world).assert_findings(&expected);
    history_of(&world, "bare", &["history"]).assert_findings(&expected);
    history_of(&world, "", &["history", "bare"]).assert_findings(&expected);
    history_of(&world, "", &["history", "work/.git"]).assert_findings(&expected);
    let with_own = ["new delta.txt:1", "new loose.txt:1", "new own.txt:1", "new packed.txt:1"];
    history_of(&world, "borrower", &["history"]).assert_findings(&with_own);
    world.write("work/sub/x", "");
    history_of(&world, "work/sub", &["history"]).assert_findings(&expected);
    world.git(&["gc", "-q", "--prune=now"]);
    history(&world).assert_findings(&expected);
}

#[test]
fn a_merge_introduces_only_its_own_changes() {
    let world = empty();
    world.write("work/a.txt", "base\n");
    commit(&world, "base");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side.txt", line(1));
    let side = commit(&world, "side");
    world.git(&["checkout", "-q", "main"]);
    world.write("work/a.txt", "ours\n");
    commit(&world, "ours");
    world.git(&["merge", "-q", "--no-commit", "side"]);
    world.write("work/evil.txt", line(2));
    let merge = commit(&world, "merge");
    let report = history(&world);
    report.assert_findings(&["new evil.txt:1", "new side.txt:1"]);
    for (path, commit, is_merge) in [("evil.txt", merge, true), ("side.txt", side, false)] {
        let finding = report.finding_at(path);
        assert_eq!((&finding["first_commit"], &finding["merge"]), (&commit.into(), &is_merge.into()));
    }
}

#[test]
fn commit_dates_are_reported_but_do_not_decide_the_first_commit() {
    let world = empty();
    let at = |seconds: &str, message: &str| {
        world.git(&["add", "-A"]);
        let mut command = world.command("git", "work");
        command.args(["commit", "-q", "-m", message]);
        command.env("GIT_AUTHOR_DATE", seconds).env("GIT_COMMITTER_DATE", seconds);
        assert_eq!(world.run(&mut command).code, 0);
        id(&world, "HEAD")
    };
    world.write("work/a.txt", line(1));
    let first = at("2000000000 +0530", "first, from the future");
    world.write("work/a.txt", format!("edited\n{}", line(1)));
    at("1000000000 +0000", "second");
    world.write("work/a.txt", line(1));
    at("@1 +0000", "third, back to the first");
    let report = history(&world);
    report.assert_findings(&["new a.txt:1"]);
    let finding = report.finding_at("a.txt");
    assert_eq!(
        (text(finding, "first_commit"), text(finding, "date")),
        (first.as_str(), "2033-05-18T09:03:20+05:30")
    );
    assert_eq!(finding["author"], "Test <test@example.com>");
}

#[test]
fn repositories_without_commits_refs_or_a_branch() {
    let world = empty();
    history(&world).assert_findings(&[]);
    let blob = write_dangling_blob(&world, &line(1));
    history(&world).assert_findings(&["new file:1"]);
    world.write("work/a.txt", line(2));
    commit(&world, "one");
    world.git(&["checkout", "-q", "--detach"]);
    world.git(&["branch", "-q", "-D", "main"]);
    let report = history(&world);
    report.assert_findings(&["new a.txt:1", "new file:1"]);
    assert_eq!(
        (&report.finding_at("a.txt")["at_head"], &report.finding_at("a.txt")["reachable"]),
        (&true.into(), &true.into())
    );
    assert_eq!(report.finding_at("")["object"], blob);
    let run = World::empty().stopleak(&["history"]);
    assert_eq!(run.code, 2);
}

#[test]
fn linked_worktrees_share_their_history() {
    let world = empty();
    world.write("work/a.txt", line(1));
    commit(&world, "one");
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    world.write("linked/b.txt", line(2));
    let git = |arguments: &[&str]| world.run(world.command("git", "linked").args(arguments));
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "detached"]);
    let (here, there) = (history(&world), history_of(&world, "linked", &["history"]));
    here.assert_findings(&["new a.txt:1", "new b.txt:1"]);
    there.assert_findings(&["new a.txt:1", "new b.txt:1"]);
    assert_eq!(
        (&here.finding_at("b.txt")["at_head"], &there.finding_at("b.txt")["at_head"]),
        (&false.into(), &true.into())
    );
    assert_eq!(here.finding_at("b.txt")["reachable"], true, "another work tree is on it");
}

/// Creates a repository with three files with tokens in one commit, and returns the ids of their blobs.
fn three_files() -> (World, Vec<String>) {
    let world = empty();
    for seed in 1..4 {
        world.write(&format!("work/{seed}.txt"), line(seed));
    }
    commit(&world, "three");
    let blobs = (1..4).map(|seed| id(&world, &format!("HEAD:{seed}.txt"))).collect();
    (world, blobs)
}

#[test]
fn corrupt_and_missing_objects_are_listed_as_unscanned() {
    let (world, blobs) = three_files();
    let file = loose_object_path(&world, &blobs[1]);
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("changed");
    let mut bytes = std::fs::read(&file).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&file, bytes).expect("written");
    let report = history(&world);
    assert_incomplete(&report, &["corrupt"], &["new 1.txt:1", "new 3.txt:1"]);
    assert!(text(&report.unscanned[0], "what").contains(&blobs[1]));

    std::fs::remove_file(&file).expect("removed");
    let report = history(&world);
    assert_incomplete(&report, &["missing"], &["new 1.txt:1", "new 3.txt:1"]);
    let what = text(&report.unscanned[0], "what");
    assert!(what.contains(&blobs[1]) && what.contains("2.txt"), "{what}");
    // Exit code 3 takes precedence over 1, and --exit-zero does not change it.
    assert_eq!(world.stopleak(&["history", "--exit-zero"]).code, 3);
}

#[test]
fn a_truncated_pack_is_listed_as_unscanned() {
    let (world, _) = three_files();
    world.git(&["repack", "-q", "-a", "-d"]);
    world.write("work/4.txt", line(4));
    commit(&world, "four");
    let folder = world.path("work/.git/objects/pack");
    let packs = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    let pack = packs.into_iter().find(|path| path.extension().is_some_and(|e| e == "pack")).expect("a pack");
    std::fs::set_permissions(&pack, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("changed");
    let bytes = std::fs::read(&pack).expect("readable");
    std::fs::write(&pack, &bytes[..bytes.len() / 2]).expect("written");
    let report = history(&world);
    assert_eq!(report.code, 3);
    assert!(report.unscanned_kinds().contains(&"corrupt"), "{:?}", report.unscanned);
    assert!(report.found().contains(&"new 4.txt:1".to_owned()), "{:?}", report.found());
}

#[test]
fn shallow_clones_and_too_large_blobs_are_incomplete() {
    let (world, blobs) = three_files();
    world.write("work/4.txt", line(4));
    commit(&world, "four");
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let report = history_of(&world, "shallow", &["history"]);
    let all = ["new 1.txt:1", "new 2.txt:1", "new 3.txt:1", "new 4.txt:1"];
    assert_incomplete(&report, &["shallow"], &all);
    assert!(text(&report.unscanned[0], "remedy").contains("--unshallow"));
    assert_eq!(report.finding_at("1.txt")["shallow"], true);

    world.write("work/large.txt", format!("{}{}", line(5), "padding\n".repeat(400)));
    commit(&world, "large");
    let report = history_of(&world, "work", &["history", "--max-blob-size", "2kB"]);
    assert_incomplete(&report, &["too-large"], &all);
    assert!(!text(&report.unscanned[0], "what").contains(&blobs[0]));
    history(&world).assert_findings(&[&all[..], &["new large.txt:1"]].concat());
}

#[test]
fn a_partial_clone_is_incomplete_and_fetches_nothing() {
    let (world, blobs) = three_files();
    world.write("work/2.txt", "clean now\n");
    commit(&world, "four");
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--filter=blob:none", &url, "../partial"]);
    let report = history_of(&world, "partial", &["history"]);
    assert_incomplete(&report, &["missing"], &["new 1.txt:1", "new 3.txt:1"]);
    assert!(text(&report.unscanned[0], "what").contains(&blobs[1]));
}

/// Compares the scan by deltas with a full scan, for many versions of three files in which values appear, move, break,
/// occur twice and disappear.
#[test]
fn a_scan_by_deltas_reports_the_same_as_a_full_scan() {
    let world = empty();
    let padding = |from: usize, lines: usize| -> String {
        (from..from + lines)
            .map(|n| format!("line {n} of something long enough to be worth a delta\n"))
            .collect()
    };
    for version in 0..40usize {
        let (head, tail) = (padding(0, 60 + version % 7), padding(100 + version % 3, 80));
        let value = line(version as u64 / 8);
        let twice = if version % 5 == 0 { value.clone() } else { String::new() };
        let half = &value[..value.len() / 2];
        let ending = if version % 6 < 3 { "\n" } else { "\r\n" };
        let text = format!("{head}{value}{twice}{}{tail}{half}\n", padding(500, version % 4));
        world.write("work/code.txt", text.replace('\n', ending));
        let key = private_key(version as u64 / 10).replacen("A", if version % 4 == 3 { "!" } else { "A" }, 3);
        world.write("work/keys.txt", format!("{tail}{key}{head}"));
        let name = if version % 2 == 0 { "password" } else { "sentence" };
        world.write("work/config.ini", format!("{head}db_{name} = 'vT9q!xW3_kP7'\n{tail}"));
        commit(&world, &format!("version {version}"));
    }
    world.git(&["repack", "-q", "-adf"]);
    let deltas = world.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(deltabase)"]);
    let deltified =
        deltas.stdout.lines().filter(|line| line.starts_with("blob") && !line.ends_with(&"0".repeat(40)));
    assert!(deltified.count() > 60, "most versions are deltas: {}", deltas.stdout);

    let run = |more: &[&str]| {
        let arguments = [&["history", "--format", "jsonl", "--confidence", "low"], more].concat();
        world.stopleak_in("work", &arguments).stdout
    };
    let whole = run(&["--full-scan"]);
    assert!(whole.lines().count() > 8, "{whole}");
    for more in [&["--threads", "1"], &["--threads", "2"]] {
        assert_eq!(run(more), whole);
    }
}

#[test]
fn findings_in_hundreds_of_objects_are_all_reported() {
    let world = empty();
    for seed in 0..520 {
        world.write(&format!("work/{seed}.txt"), format!("\n{}", line(seed)));
    }
    commit(&world, "all of them");
    let report = history(&world);
    assert_eq!((report.code, report.unscanned_kinds(), report.findings.len()), (1, vec![], 520));
    assert!(report.findings.iter().all(|finding| finding["start_line"] == 2 && finding["at_head"] == true));
}

#[test]
fn a_removed_and_reintroduced_value_has_a_timeline() {
    let world = empty();
    let step = |content: &str, message: &str| {
        world.write("work/a.env", content);
        commit(&world, message);
        id(&world, "HEAD")
    };
    step(&line(1), "in");
    let out = step("clean\n", "out");
    let back = step(&format!("# again\n{}", line(1)), "back");
    let end = step("clean for good\n", "out again");
    world.write("work/kept.env", line(2));
    commit(&world, "another");
    let report = history(&world);
    let of = |seed: u32| {
        let path = if seed == 1 { "a.env" } else { "kept.env" };
        report.findings.iter().find(|finding| finding["path"] == path).expect("found")
    };
    assert_eq!(of(1)["removed_in"], serde_json::json!([out, end]));
    assert_eq!(of(1)["reintroduced_in"], serde_json::json!([back]));
    assert_eq!(of(1)["last_commit"], back);
    assert_eq!(of(1)["at_head"], false);
    assert_eq!(of(2)["removed_in"], serde_json::json!([]));
    assert_eq!(of(2)["last_commit"], id(&world, "HEAD"));
    let human = world.stopleak_in("work", &["history", "--color", "never"]).stdout;
    let expected =
        format!("removed in {} and 1 more, reintroduced in {}, last seen in", &out[..12], &back[..12]);
    assert!(human.contains(&expected), "{human}");
}

#[test]
fn a_value_moved_to_another_file_is_not_removed() {
    let world = empty();
    world.write("work/a.env", line(1));
    commit(&world, "in");
    world.write("work/a.env", "moved\n");
    world.write("work/b.env", format!("# moved here\n{}", line(1)));
    commit(&world, "moves");
    let report = history(&world);
    assert_eq!(report.findings.len(), 2, "{:?}", report.found());
    for finding in &report.findings {
        assert_eq!(finding["removed_in"], serde_json::json!([]), "{finding}");
        assert_eq!(finding["last_commit"], id(&world, "HEAD"));
    }
}

#[test]
fn author_and_committer_are_reported_separately() {
    let world = empty();
    world.write("work/a.env", line(1));
    world.git(&["add", "."]);
    world.git(&[
        "commit",
        "-q",
        "-m",
        "in",
        "--author",
        "Ada Author <ada@example.org>",
        "--date",
        "2020-02-03T04:05:06+0100",
    ]);
    let report = history(&world);
    let [finding] = &report.findings[..] else { panic!("one finding: {:?}", report.found()) };
    let git_log =
        |format: &str| world.git(&["log", "-1", &format!("--format={format}")]).stdout.trim().to_owned();
    assert_eq!(finding["author"], "Ada Author <ada@example.org>");
    assert_eq!(finding["date"], "2020-02-03T04:05:06+01:00");
    assert_eq!(finding["committer"], git_log("%cn <%ce>"));
    assert_eq!(finding["committed"], git_log("%cI").replace('Z', "+00:00"));
    let human = world.stopleak_in("work", &["history", "--color", "never"]).stdout;
    assert!(human.contains(&format!("; committed {}", text(finding, "committed"))), "{human}");
}
