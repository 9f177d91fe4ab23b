//! `stopleak range A..B`: the commits reachable from B but not from A.

use crate::report::{commit, id, text};
use crate::support::World;
use crate::tokens::{line, token};

/// Creates a repository with one commit, tagged `base`, that contains token 1 in `old.txt`.
fn repository() -> World {
    let world = World::repository();
    world.write("work/old.txt", format!("first\n{}last\n", line(1)));
    commit(&world, "base");
    world.git(&["tag", "base"]);
    world
}

#[test]
fn each_finding_is_attributed_to_its_commit() {
    let world = repository();
    world.write("work/b.txt", line(2));
    let first = commit(&world, "one");
    world.write("work/b.txt", format!("edited\n{}", line(2)));
    world.write("work/old.txt", format!("first, edited\n{}last\n", line(1)));
    commit(&world, "two");
    world.write("work/b.txt", format!("edited\n{}{}", line(2), line(3)));
    let third = commit(&world, "three");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1", "new b.txt:3", "old old.txt:2"]);
    assert_eq!(report.count("commits"), 3);
    let commits: Vec<&str> = ["b.txt:1", "b.txt:3"]
        .iter()
        .map(|place| {
            let line: u64 = place[6..].parse().expect("a number");
            let at =
                |finding: &&serde_json::Value| finding["path"] == "b.txt" && finding["start_line"] == line;
            text(report.findings.iter().find(at).expect("found"), "first_commit")
        })
        .collect();
    assert_eq!(commits, [&first, &third]);
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&["new b.txt:3", "old b.txt:2"]);
    world.report(&["range", "base.."]).assert_findings(&["new b.txt:1", "new b.txt:3", "old old.txt:2"]);
    assert_eq!(world.report(&["range", "base..HEAD", "--threads", "1"]).found(), report.found());
}

#[test]
fn a_secret_that_was_added_and_removed_is_found() {
    let world = repository();
    world.write("work/b.txt", line(2));
    let leak = commit(&world, "leak");
    std::fs::remove_file(world.path("work/b.txt")).expect("removed");
    commit(&world, "oops");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(report.finding_at("b.txt")["first_commit"], leak);
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&[]);
}

#[test]
fn merges() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side.txt", line(2));
    let side = commit(&world, "side");
    world.git(&["checkout", "-q", "main"]);
    world.write("work/a.txt", "ours\n");
    let ours = commit(&world, "ours");
    world.git(&["merge", "-q", "--no-commit", "side"]);
    world.write("work/evil.txt", line(3));
    world.write("work/a.txt", format!("ours\n{}", line(4)));
    let merge = commit(&world, "merge");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new a.txt:2", "new evil.txt:1", "new side.txt:1"]);
    assert_eq!(report.count("commits"), 3);
    for (path, commit, is_merge) in
        [("a.txt", &merge, true), ("evil.txt", &merge, true), ("side.txt", &side, false)]
    {
        let finding = report.finding_at(path);
        assert_eq!((text(finding, "first_commit"), &finding["merge"]), (commit.as_str(), &is_merge.into()));
    }
    // The changes of the merge compared with its first parent, then with its second.
    world.report(&["range", &format!("{ours}..HEAD")]).assert_findings(&[
        "new a.txt:2",
        "new evil.txt:1",
        "new side.txt:1",
    ]);
    world.report(&["range", "side..HEAD"]).assert_findings(&["new a.txt:2", "new evil.txt:1"]);
    world.report(&["range", "main...side"]).assert_findings(&[]);
}

#[test]
fn moved_values_are_attributed_to_their_introduction() {
    let world = repository();
    world.git(&["mv", "old.txt", "moved.txt"]);
    commit(&world, "an old one");
    world.write("work/b.txt", line(2));
    let introduction = commit(&world, "a new one");
    world.git(&["mv", "b.txt", "c.txt"]);
    commit(&world, "moves on");
    world.write("work/c.txt", "gone\n");
    world.write("work/a.txt", line(2));
    commit(&world, "and on");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1", "old moved.txt:2"]);
    assert_eq!(report.finding_at("b.txt")["first_commit"], introduction);
}

#[test]
fn a_blob_at_a_skipped_path_is_scanned_at_another_path() {
    let world = repository();
    world.write("work/stopleak.yaml", "skip-paths:\n  - fixtures/\n");
    commit(&world, "policy");
    world.git(&["tag", "-f", "base"]);
    world.write("work/fixtures/b.txt", line(2));
    commit(&world, "a fixture");
    world.write("work/b.txt", line(2));
    commit(&world, "no fixture");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(report.count("skipped"), 1);
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&["new b.txt:1"]);
}

#[test]
fn a_rule_for_certain_files_applies_to_a_blob_copied_to_such_a_path() {
    let world = repository();
    let content = format!("DB_PASSWORD={}\n", &token(5)[4..28]);
    world.write("work/notes.txt", &content);
    commit(&world, "notes");
    world.write("work/.env", &content);
    commit(&world, "settings");
    let at_once = world.report(&["scan", ".env"]);
    assert_eq!(at_once.code, 1, "the rule applies to .env");
    let report = world.report(&["range", "base..HEAD"]);
    assert!(report.findings.iter().any(|finding| finding["path"] == ".env"), "{:?}", report.found());
}

#[test]
fn a_cherry_picked_duplicate_is_one_finding() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/b.txt", line(2));
    let leak = commit(&world, "leak");
    world.git(&["checkout", "-q", "main"]);
    world.write("work/a.txt", "ours\n");
    commit(&world, "ours");
    world.git(&["cherry-pick", &leak]);
    world.git(&["merge", "-q", "--no-edit", "side"]);
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(report.count("objects"), 2, "each blob once");
}

#[test]
fn messages_are_scanned() {
    let world = repository();
    let leak = commit(&world, &format!("Deploy\n\nwith {}", token(2)));
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new commit:3"]);
    let finding = report.finding_at("");
    assert_eq!((text(finding, "first_commit"), text(finding, "object")), (leak.as_str(), leak.as_str()));
}

#[test]
fn unrelated_histories() {
    let world = repository();
    world.git(&["checkout", "-q", "--orphan", "other"]);
    world.write("work/b.txt", line(2));
    commit(&world, "another root");
    world.report(&["range", "base..other"]).assert_findings(&["new b.txt:1", "new old.txt:2"]);
    let run = world.stopleak(&["range", "base...other"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn an_empty_range_has_no_findings() {
    let world = repository();
    for range in ["HEAD..HEAD", "HEAD..HEAD~", ".."] {
        let report = world.report(&["range", range]);
        report.assert_findings(&[]);
        assert_eq!((report.count("commits"), report.count("bytes")), (0, 0));
    }
}

#[test]
fn an_unknown_revision_is_an_error_and_scans_nothing() {
    let world = repository();
    for range in ["gone..HEAD", "HEAD..gone", "base..HEAD:old.txt", "0123456..HEAD"] {
        let run = world.stopleak(&["range", range]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{range}: {}", run.stderr);
        assert!(run.stderr.contains("unknown revision"), "{}", run.stderr);
    }
}

#[test]
fn a_shallow_clone_is_incomplete_with_a_remedy() {
    let world = repository();
    for number in 2..5 {
        world.write(&format!("work/{number}.txt"), line(number));
        commit(&world, "more");
    }
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--depth", "2", &url, "../shallow"]);
    // The clone contains the whole range, but not the history before it, so old values cannot be recognised.
    let report = world.report_in("shallow", &["range", "HEAD~..HEAD"]);
    assert_eq!((report.found(), report.code), (vec!["new 4.txt:1".to_owned()], 3));
    assert_eq!(report.unscanned_kinds(), ["shallow"]);
    assert!(text(&report.unscanned[0], "remedy").contains("--unshallow"));
    for range in ["HEAD~2..HEAD", "0123456789012345678901234567890123456789..HEAD"] {
        let report = world.report_in("shallow", &["range", range]);
        assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["shallow"]), "{range}");
        assert!(text(&report.unscanned[0], "remedy").contains("--unshallow"));
    }
}

#[test]
fn a_missing_object_in_the_range_is_listed() {
    let world = repository();
    world.write("work/b.txt", line(2));
    world.write("work/c.txt", line(3));
    commit(&world, "both");
    let blob = id(&world, "HEAD:b.txt");
    std::fs::remove_file(world.path(&format!("work/.git/objects/{}/{}", &blob[..2], &blob[2..])))
        .expect("removed");
    let report = world.report(&["range", "base..HEAD"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]));
    assert_eq!(report.found(), ["new c.txt:1"]);
    assert!(text(&report.unscanned[0], "what").starts_with("b.txt"));
}
