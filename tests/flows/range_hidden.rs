//! Changes in a range that git's text output hides or shows differently (merges, attributes, grafts, forged dates): they
//! are scanned, and attributed to the right commit.

use std::os::unix::fs::symlink;

use crate::report::{Report, commit, id, raw_commit, text};
use crate::support::World;
use crate::tokens::{line, private_key, token};

/// Creates a repository with one commit, tagged `base`.
fn repository() -> World {
    let world = World::repository();
    world.git(&["tag", "base"]);
    world
}

/// Runs `git`, which may fail, and returns its exit code.
fn try_git(world: &World, arguments: &[&str]) -> i32 {
    world.run(world.command("git", "work").args(arguments)).code
}

fn on_branch(world: &World, branch: &str, path: &str, content: &str) -> String {
    world.git(&["checkout", "-q", "-B", branch, "base"]);
    world.write(&format!("work/{path}"), content);
    commit(world, branch)
}

#[test]
fn a_secret_in_a_conflict_resolution() {
    let world = repository();
    on_branch(&world, "ours", "a.txt", "ours\n");
    on_branch(&world, "theirs", "a.txt", "theirs\n");
    assert_ne!(try_git(&world, &["merge", "-q", "ours"]), 0);
    world.write("work/a.txt", format!("both\n{}", line(2)));
    let merge = commit(&world, "resolved");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new a.txt:2"]);
    let finding = report.finding_at("a.txt");
    assert_eq!((text(finding, "first_commit"), &finding["merge"]), (merge.as_str(), &true.into()));
}

#[test]
fn an_octopus_merge_with_a_file_of_its_own() {
    let world = repository();
    let one = on_branch(&world, "one", "one.txt", &line(1));
    on_branch(&world, "two", "two.txt", "two\n");
    on_branch(&world, "three", "three.txt", "three\n");
    world.git(&["merge", "-q", "--no-commit", "one", "two"]);
    world.write("work/evil.txt", line(2));
    let merge = commit(&world, "octopus");
    assert_eq!(world.git(&["rev-list", "--parents", "-1", "HEAD"]).stdout.split_whitespace().count(), 4);
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new evil.txt:1", "new one.txt:1"]);
    assert_eq!(text(report.finding_at("evil.txt"), "first_commit"), merge);
    assert_eq!(text(report.finding_at("one.txt"), "first_commit"), one);
    // Without the commits of one parent, only the merge's own file is new.
    world.report(&["range", "one..HEAD"]).assert_findings(&["new evil.txt:1"]);
}

#[test]
fn a_merge_that_discards_the_other_side() {
    let world = repository();
    on_branch(&world, "side", "side.txt", &line(1));
    world.write("work/side.txt", "gone\n");
    commit(&world, "removed on the side");
    on_branch(&world, "topic", "a.txt", "topic\n");
    world.git(&["merge", "-q", "-s", "ours", "--no-edit", "side"]);
    // The range contains the second parent's commits, although the merge keeps none of their files.
    world.report(&["range", "base..HEAD"]).assert_findings(&["new side.txt:1"]);
}

#[test]
fn root_commits_of_merged_unrelated_histories() {
    let world = repository();
    world.git(&["checkout", "-q", "--orphan", "island"]);
    world.write("work/island.txt", line(3));
    let root = commit(&world, "island");
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-edit", "--allow-unrelated-histories", "island"]);
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new island.txt:1"]);
    assert_eq!(text(report.finding_at("island.txt"), "first_commit"), root);
}

#[test]
fn a_file_replaced_by_a_symlink_and_back() {
    let world = repository();
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    symlink(format!("/srv/{}", token(2)), world.path("work/a.txt")).expect("linked");
    commit(&world, "a link now");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new a.txt:1"]);
    assert_eq!(text(report.finding_at("a.txt"), "content_kind"), "symlink");
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    world.write("work/a.txt", line(3));
    commit(&world, "a file again");
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&["new a.txt:1"]);
    // A file replaced by a directory.
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    world.write("work/a.txt/inner", line(4));
    commit(&world, "a folder");
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&["new a.txt/inner:1"]);
}

#[test]
fn attributes_and_settings_change_nothing() {
    let world = repository();
    let attributes = "*.txt -diff -text binary export-ignore linguist-generated diff=broken filter=broken\n";
    world.write("work/b.txt", line(2));
    world.write("work/sub/c.txt", line(3));
    world.write("work/utf.txt", "x");
    commit(&world, "leak");
    world.write("work/.gitattributes", attributes);
    commit(&world, "attributes");
    world.write("work/.git/info/attributes", attributes);
    for (key, value) in [
        ("diff.broken.textconv", "false"),
        ("diff.broken.command", "false"),
        ("diff.external", "false"),
        ("filter.broken.clean", "false"),
        ("filter.broken.smudge", "false"),
        ("filter.broken.required", "true"),
        ("color.ui", "always"),
        ("diff.noprefix", "true"),
        ("diff.renames", "copies"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.orderFile", "/dev/null"),
        ("log.showSignature", "true"),
        ("core.quotePath", "false"),
    ] {
        world.git(&["config", key, value]);
    }
    world.report(&["range", "base..HEAD"]).assert_findings(&["new b.txt:1", "new sub/c.txt:1"]);
    let mut command = world.command(crate::support::binary(), "work");
    command.env("GIT_EXTERNAL_DIFF", "false").env("GIT_TRACE", "1").env("GIT_ATTR_SOURCE", "HEAD");
    command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "diff.external");
    command.env("GIT_CONFIG_VALUE_0", "false").args(["range", "base..HEAD"]);
    world.report_of(&mut command).assert_findings(&["new b.txt:1", "new sub/c.txt:1"]);
}

#[test]
fn content_that_git_treats_as_binary() {
    let world = repository();
    world.write("work/nul.bin", format!("\0\0{}", line(2)));
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    world.write("work/little.txt", wide(&line(3), true));
    world.write("work/big.txt", wide(&line(4), false));
    commit(&world, "binary");
    world.report(&["range", "base..HEAD"]).assert_findings(&[
        "new big.txt:1",
        "new little.txt:1",
        "new nul.bin:1",
    ]);
}

#[test]
fn a_key_whose_lines_were_added_in_different_commits() {
    let world = repository();
    let key = private_key(1);
    let (first, rest) = key.split_at(key.len() / 2);
    world.write("work/key.pem", first);
    commit(&world, "one half");
    world.write("work/key.pem", format!("{first}{rest}"));
    let last = commit(&world, "the other half");
    let report = world.report(&["range", "base..HEAD"]);
    let whole = report.findings.iter().find(|finding| finding["first_commit"] == last);
    assert!(whole.is_some(), "{:?}", report.found());
}

#[test]
fn replace_refs_and_grafts_are_ignored() {
    let world = repository();
    world.write("work/b.txt", line(2));
    let leak = commit(&world, "leak");
    world.write("work/b.txt", "gone\n");
    let head = commit(&world, "oops");
    let base = id(&world, "base");
    // git shows another commit instead of the one with the secret, and then omits it.
    world.git(&["replace", &leak, &base]);
    world.write("work/.git/info/grafts", format!("{head} {base}\n"));
    assert_eq!(world.git(&["rev-list", "--count", "base..HEAD"]).stdout.trim(), "1");
    for range in ["base..HEAD", "base...HEAD"] {
        let report = world.report(&["range", range]);
        report.assert_findings(&["new b.txt:1"]);
        assert_eq!(text(report.finding_at("b.txt"), "first_commit"), leak);
        assert_eq!(text(&report.scan, "policy"), base);
    }
}

#[test]
fn forged_dates_do_not_change_the_attribution() {
    let world = repository();
    let person = |seconds: &str| format!("A <a@example.com> {seconds} +0000");
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "leak"]);
    let leak = id(&world, "HEAD");
    for seconds in ["-99999999999", "0", "99999999999", "1"] {
        raw_commit(&world, &person(seconds), &person(seconds), b"forged\n");
    }
    world.write("work/b.txt", format!("more\n{}", line(2)));
    commit(&world, "edit");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(
        (text(report.finding_at("b.txt"), "first_commit"), report.count("commits")),
        (leak.as_str(), 6)
    );
    world.report(&["range", "HEAD~3..HEAD"]).assert_findings(&["old b.txt:2"]);
}

#[test]
fn an_empty_range_reports_that_nothing_was_scanned_and_why() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    for range in ["HEAD..HEAD", "HEAD..base", "HEAD...base"] {
        let report = world.report(&["range", range]);
        report.assert_findings(&[]);
        let why = text(&report.summary, "nothing_scanned");
        assert!(why.starts_with(&format!("0 commits in {range}: ")), "{why}");
        let human = world.stopleak(&["range", range]);
        assert!(human.stdout.contains("stopleak: nothing to scan, 0 commits in"), "{}", human.stdout);
        assert!(human.stdout.contains("Read nothing") && !human.stdout.contains("clean"), "{}", human.stdout);
    }
    // A range with a commit that changes no file is not empty.
    commit(&world, "empty");
    let report = world.report(&["range", "HEAD~..HEAD"]);
    report.assert_findings(&[]);
    assert!(report.summary["nothing_scanned"].is_null());
    assert!(text(&report.summary, "line").contains("clean. Read 1 commit"), "{}", report.summary);
}

#[test]
fn invalid_ranges_are_errors() {
    let world = repository();
    for range in ["HEAD", "gone..HEAD", "..gone", "HEAD..HEAD:a.txt", "HEAD^{tree}..HEAD", "--all"] {
        let run = world.stopleak(&["range", range]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{range}: {}", run.stderr);
    }
    let run = world.stopleak_in("", &["range", "a..b"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
}

#[test]
fn a_partial_clone_is_incomplete_and_fetches_nothing() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    world.write("work/b.txt", "gone\n");
    commit(&world, "oops");
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    world.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--filter=blob:none", &url, "../partial"]);
    // `report_in` asserts that no file of the clone changes, so nothing is fetched.
    let report = world.report_in("partial", &["range", "base..HEAD"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]), "{:?}", report.unscanned);
    assert!(text(&report.unscanned[0], "what").starts_with("b.txt"));
    assert!(text(&report.unscanned[0], "remedy").contains("--no-filter"));
    world.git(&["clone", "-q", "--filter=tree:0", "--no-checkout", &url, "../treeless"]);
    let report = world.report_in("treeless", &["range", "base..HEAD"]);
    assert_eq!(report.code, 3, "{:?}", report.unscanned);
    assert!(report.unscanned_kinds().iter().all(|kind| *kind == "missing"), "{:?}", report.unscanned_kinds());
}

#[test]
fn a_missing_commit_inside_of_a_range_is_listed_and_the_rest_is_scanned() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "one");
    world.write("work/c.txt", line(3));
    let lost = commit(&world, "two");
    world.write("work/d.txt", line(4));
    commit(&world, "three");
    std::fs::remove_file(world.path(&format!("work/.git/objects/{}/{}", &lost[..2], &lost[2..])))
        .expect("removed");
    let report = world.report(&["range", "base..HEAD"]);
    assert_eq!(report.code, 3);
    assert!(report.unscanned_kinds().contains(&"missing"), "{:?}", report.unscanned);
    assert!(report.found().contains(&"new d.txt:1".to_owned()), "{:?}", report.found());
}

#[test]
fn a_submodule_and_a_git_lfs_pointer_are_listed() {
    let world = repository();
    let module = id(&world, "HEAD");
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{module},module")]);
    world.write(
        "work/big.bin",
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1\n", "0".repeat(64)),
    );
    world.git(&["add", "big.bin"]);
    world.git(&["commit", "-q", "-m", "elsewhere"]);
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&[]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere", "elsewhere"]);
    assert_eq!(report.summary["unscanned"]["elsewhere"], 2);
}

#[test]
fn paths_of_any_bytes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = repository();
    let names: [&[u8]; 5] =
        [b"\xff\xfe.txt", b"new\nline.txt", b"tab\t\"quote\".txt", b"-dash.txt", b":(top)x.txt"];
    for (name, seed) in names.iter().zip(2..) {
        std::fs::write(world.path("work").join(OsStr::from_bytes(name)), line(seed)).expect("written");
    }
    commit(&world, "names");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&[
        "new %FF%FE.txt:1",
        "new -dash.txt:1",
        "new :(top)x.txt:1",
        "new new%0Aline.txt:1",
        "new tab%09\"quote\".txt:1",
    ]);
}

#[test]
fn a_branch_that_merged_its_base_twice_has_only_its_own_findings() {
    let world = repository();
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.write("work/b.txt", line(2));
    let leak = commit(&world, "leak");
    for number in [3, 4] {
        world.git(&["checkout", "-q", "main"]);
        world.write(&format!("work/main{number}.txt"), line(number));
        commit(&world, "main goes on");
        world.git(&["checkout", "-q", "topic"]);
        world.git(&["merge", "-q", "--no-edit", "main"]);
    }
    let report: Report = world.report(&["range", "main..topic"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(text(report.finding_at("b.txt"), "first_commit"), leak);
}

#[test]
fn a_range_in_a_bare_repository_and_in_a_linked_worktree() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    world.git(&["clone", "-q", "--bare", ".", "../bare"]);
    world.report_in("bare", &["range", "base..main"]).assert_findings(&["new b.txt:1"]);
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    world.report_in("linked", &["range", "base..HEAD"]).assert_findings(&["new b.txt:1"]);
}

#[test]
fn a_push_of_many_refs_at_once() {
    let world = repository();
    world.git(&["init", "-q", "--bare", "-b", "main", "../origin"]);
    world.git(&["remote", "add", "origin", "../origin"]);
    world.git(&["push", "-q", "origin", "main"]);
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-push"]).code, 0);
    let base = id(&world, "base");
    let mut stream = String::new();
    for number in 0..80 {
        let content = if number == 77 { line(2) } else { format!("harmless {number}\n") };
        stream += &format!(
            "commit refs/heads/b{number}\ncommitter C <c@example.com> 1700000000 +0000\ndata 1\nx\nfrom {base}\n\
             M 644 inline b{number}.txt\ndata {}\n{content}\n",
            content.len()
        );
    }
    world.write("stream", stream);
    let mut import = world.command("git", "work");
    let input = std::fs::File::open(world.path("stream")).expect("written");
    assert_eq!(world.run(import.args(["fast-import", "--quiet"]).stdin(input)).code, 0);
    let push = world.run(world.command("git", "work").args(["push", "-q", "--all", "origin"]));
    push.assert_no_token_shown();
    assert_eq!(push.code, 1, "{}", push.stderr);
    assert!(push.stderr.contains("b77.txt:1") && push.stderr.contains("80 commits"), "{}", push.stderr);
    // After all refs were pushed, only the commit of the new one is read.
    assert_eq!(try_git(&world, &["push", "-q", "--no-verify", "--all", "origin"]), 0);
    world.git(&["checkout", "-q", "-b", "last", "b3"]);
    world.write("work/c.txt", line(3));
    commit(&world, "leak");
    let push = world.run(world.command("git", "work").args(["push", "-q", "--all", "origin"]));
    assert!(push.code == 1 && push.stderr.contains("c.txt:1"), "{}", push.stderr);
    assert!(push.stderr.contains("Read 1 commit,"), "{}", push.stderr);
}

#[test]
fn revisions_are_resolved_without_grafts_and_replace_refs() {
    let world = repository();
    for number in 2..5 {
        world.write(&format!("work/{number}.txt"), line(number));
        commit(&world, "more");
    }
    world.git(&["tag", "-a", "-m", "x", "v1", "HEAD~1"]);
    let last = ["new 4.txt:1"];
    let short = &id(&world, "HEAD~")[..9];
    for from in [
        "HEAD~",
        "@^",
        "main~1",
        "v1",
        "v1^{}",
        "v1^0",
        "@^{commit}~0^",
        "HEAD@{1}",
        short,
        "main-worktree/HEAD~",
    ] {
        world.report(&["range", &format!("{from}..HEAD")]).assert_findings(&last);
    }
    // Neither grafts nor replace refs change what a revision resolves to.
    world.git(&["replace", "--graft", "HEAD", "base"]);
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&last);
    world.git(&["replace", "-d", "HEAD"]);
    world.write("work/.git/info/grafts", format!("{} {}\n", id(&world, "HEAD"), id(&world, "base")));
    for range in ["HEAD~..HEAD", "HEAD@{1}..HEAD", "v1..HEAD"] {
        world.report(&["range", range]).assert_findings(&last);
    }
}

#[test]
fn a_corrupt_commit_on_the_way_to_a_revision_is_listed() {
    let world = repository();
    for number in 2..5 {
        world.write(&format!("work/{number}.txt"), line(number));
        commit(&world, "more");
    }
    let lost = id(&world, "HEAD~");
    let file = world.path(&format!("work/.git/objects/{}/{}", &lost[..2], &lost[2..]));
    let bytes = std::fs::read(&file).expect("loose");
    std::fs::remove_file(&file).expect("removed");
    // libgit2 does not terminate on a truncated commit.
    std::fs::write(&file, &bytes[..9]).expect("written");
    let report = world.report(&["range", "HEAD~2..HEAD"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["corrupt"]));
    assert!(text(&report.unscanned[0], "what").contains(&lost));
    // As the excluded side of a range, the commit is listed once, and the rest of the range is scanned.
    let report = world.report(&["range", "HEAD~..HEAD"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["corrupt"]), "{:#?}", report.unscanned);
    assert_eq!(text(&report.unscanned[0], "what"), format!("the excluded side of the range (object {lost})"));
    assert!(text(&report.unscanned[0], "remedy").contains("git fsck"));
    assert!(report.found().contains(&"new 4.txt:1".to_owned()), "{:?}", report.found());
    std::fs::remove_file(&file).expect("removed");
    let report = world.report(&["range", "HEAD~..HEAD"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]), "{:#?}", report.unscanned);
}

#[test]
fn a_corrupt_tag_inside_of_another_is_listed_by_its_own_id() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "b");
    world.git(&["tag", "-a", "-m", "x", "inner", "base"]);
    world.git(&["tag", "-a", "-m", "x", "outer", "inner"]);
    let lost = id(&world, "inner");
    let file = world.path(&format!("work/.git/objects/{}/{}", &lost[..2], &lost[2..]));
    std::fs::remove_file(&file).expect("removed");
    std::fs::write(&file, "cut").expect("written");
    for range in ["base..outer", "outer..HEAD"] {
        let report = world.report(&["range", range]);
        assert_eq!(
            (report.code, report.unscanned_kinds()),
            (3, vec!["corrupt"]),
            "{range}: {:#?}",
            report.unscanned
        );
        assert!(text(&report.unscanned[0], "what").contains(&lost), "{range}: {:#?}", report.unscanned);
    }
    assert!(world.report(&["range", "outer..HEAD"]).found().contains(&"new b.txt:1".to_owned()));
}
