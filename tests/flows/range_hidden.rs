//! What git hides from those who read its text, in ranges: nothing of it is hidden here, and nothing is blamed
//! wrongly.

use std::os::unix::fs::symlink;

use crate::report::{Report, commit, id, raw_commit, text};
use crate::support::World;
use crate::tokens::{line, private_key, token};

/// A repository with one commit, tagged `base`.
fn repository() -> World {
    let world = World::repository();
    world.git(&["tag", "base"]);
    world
}

/// `git`, which may fail.
fn try_git(world: &World, arguments: &[&str]) -> i32 {
    world.run(world.command("git", "work").args(arguments)).code
}

fn on_branch(world: &World, branch: &str, path: &str, content: &str) -> String {
    world.git(&["checkout", "-q", "-B", branch, "base"]);
    world.write(&format!("work/{path}"), content);
    commit(world, branch)
}

#[test]
fn a_conflict_that_was_resolved_with_a_secret() {
    let world = repository();
    on_branch(&world, "ours", "a.txt", "ours\n");
    on_branch(&world, "theirs", "a.txt", "theirs\n");
    assert_ne!(try_git(&world, &["merge", "-q", "ours"]), 0);
    world.write("work/a.txt", format!("both\n{}", line(2)));
    let merge = commit(&world, "resolved");
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["new a.txt:2"]);
    let finding = report.at("a.txt");
    assert_eq!((text(finding, "first_commit"), &finding["merge"]), (merge.as_str(), &true.into()));
}

#[test]
fn an_octopus_that_brings_something_of_its_own() {
    let world = repository();
    let one = on_branch(&world, "one", "one.txt", &line(1));
    on_branch(&world, "two", "two.txt", "two\n");
    on_branch(&world, "three", "three.txt", "three\n");
    world.git(&["merge", "-q", "--no-commit", "one", "two"]);
    world.write("work/evil.txt", line(2));
    let merge = commit(&world, "octopus");
    assert_eq!(world.git(&["rev-list", "--parents", "-1", "HEAD"]).stdout.split_whitespace().count(), 4);
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["new evil.txt:1", "new one.txt:1"]);
    assert_eq!(text(report.at("evil.txt"), "first_commit"), merge);
    assert_eq!(text(report.at("one.txt"), "first_commit"), one);
    // Known from one parent: only what the merge itself brings is new to another.
    world.report(&["range", "one..HEAD"]).is(&["new evil.txt:1"]);
}

#[test]
fn a_merge_that_takes_the_other_side_whole() {
    let world = repository();
    on_branch(&world, "side", "side.txt", &line(1));
    world.write("work/side.txt", "gone\n");
    commit(&world, "removed on the side");
    on_branch(&world, "topic", "a.txt", "topic\n");
    world.git(&["merge", "-q", "-s", "ours", "--no-edit", "side"]);
    // The second parent's commits come with the merge though no file of theirs does.
    world.report(&["range", "base..HEAD"]).is(&["new side.txt:1"]);
}

#[test]
fn roots_of_other_histories_that_are_merged_in() {
    let world = repository();
    world.git(&["checkout", "-q", "--orphan", "island"]);
    world.write("work/island.txt", line(3));
    let root = commit(&world, "island");
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-edit", "--allow-unrelated-histories", "island"]);
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["new island.txt:1"]);
    assert_eq!(text(report.at("island.txt"), "first_commit"), root);
}

#[test]
fn a_file_that_becomes_a_link_and_back() {
    let world = repository();
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    symlink(format!("/srv/{}", token(2)), world.path("work/a.txt")).expect("linked");
    commit(&world, "a link now");
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["new a.txt:1"]);
    assert_eq!(text(report.at("a.txt"), "carrier"), "symlink");
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    world.write("work/a.txt", line(3));
    commit(&world, "a file again");
    world.report(&["range", "HEAD~..HEAD"]).is(&["new a.txt:1"]);
    // A file that becomes a folder.
    std::fs::remove_file(world.path("work/a.txt")).expect("removed");
    world.write("work/a.txt/inner", line(4));
    commit(&world, "a folder");
    world.report(&["range", "HEAD~..HEAD"]).is(&["new a.txt/inner:1"]);
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
    world.report(&["range", "base..HEAD"]).is(&["new b.txt:1", "new sub/c.txt:1"]);
    let mut command = world.command(crate::support::binary(), "work");
    command.env("GIT_EXTERNAL_DIFF", "false").env("GIT_TRACE", "1").env("GIT_ATTR_SOURCE", "HEAD");
    command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "diff.external");
    command.env("GIT_CONFIG_VALUE_0", "false").args(["range", "base..HEAD"]);
    world.report_of(&mut command).is(&["new b.txt:1", "new sub/c.txt:1"]);
}

#[test]
fn bytes_that_git_takes_for_binary() {
    let world = repository();
    world.write("work/nul.bin", format!("\0\0{}", line(2)));
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    world.write("work/little.txt", wide(&line(3), true));
    world.write("work/big.txt", wide(&line(4), false));
    commit(&world, "binary");
    world.report(&["range", "base..HEAD"]).is(&["new big.txt:1", "new little.txt:1", "new nul.bin:1"]);
}

#[test]
fn a_key_whose_lines_came_in_different_commits() {
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
fn replaced_and_grafted_commits_are_seen_as_they_are() {
    let world = repository();
    world.write("work/b.txt", line(2));
    let leak = commit(&world, "leak");
    world.write("work/b.txt", "gone\n");
    let head = commit(&world, "oops");
    let base = id(&world, "base");
    // For git the commit with the secret is another one, and then is not there at all.
    world.git(&["replace", &leak, &base]);
    world.write("work/.git/info/grafts", format!("{head} {base}\n"));
    assert_eq!(world.git(&["rev-list", "--count", "base..HEAD"]).stdout.trim(), "1");
    for range in ["base..HEAD", "base...HEAD"] {
        let report = world.report(&["range", range]);
        report.is(&["new b.txt:1"]);
        assert_eq!(text(report.at("b.txt"), "first_commit"), leak);
        assert_eq!(text(&report.scan, "policy"), base);
    }
}

#[test]
fn forged_dates_decide_nothing() {
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
    report.is(&["new b.txt:1"]);
    assert_eq!((text(report.at("b.txt"), "first_commit"), report.count("commits")), (leak.as_str(), 6));
    world.report(&["range", "HEAD~3..HEAD"]).is(&["old b.txt:2"]);
}

#[test]
fn an_empty_range_says_that_nothing_was_read_and_why() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    for range in ["HEAD..HEAD", "HEAD..base", "HEAD...base"] {
        let report = world.report(&["range", range]);
        report.is(&[]);
        let why = text(&report.summary, "nothing");
        assert!(why.starts_with(&format!("0 commits in {range}: ")), "{why}");
        let human = world.stopleak(&["range", range]);
        assert!(human.stdout.contains("stopleak: nothing to scan, 0 commits in"), "{}", human.stdout);
        assert!(human.stdout.contains("Read nothing") && !human.stdout.contains("clean"), "{}", human.stdout);
    }
    // A commit without files is no empty range.
    commit(&world, "empty");
    let report = world.report(&["range", "HEAD~..HEAD"]);
    report.is(&[]);
    assert!(report.summary["nothing"].is_null());
    assert!(text(&report.summary, "line").contains("clean. Read 1 commit"), "{}", report.summary);
}

#[test]
fn what_is_no_range() {
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
    // `report_in` holds that no file of the clone changes: nothing is fetched.
    let report = world.report_in("partial", &["range", "base..HEAD"]);
    assert_eq!((report.code, report.gaps()), (3, vec!["missing"]), "{:?}", report.coverage);
    assert!(text(&report.coverage[0], "what").starts_with("b.txt"));
    assert!(text(&report.coverage[0], "remedy").contains("--no-filter"));
    world.git(&["clone", "-q", "--filter=tree:0", "--no-checkout", &url, "../treeless"]);
    let report = world.report_in("treeless", &["range", "base..HEAD"]);
    assert_eq!(report.code, 3, "{:?}", report.coverage);
    assert!(report.gaps().iter().all(|kind| *kind == "missing"), "{:?}", report.gaps());
}

#[test]
fn a_commit_in_the_middle_that_does_not_read_is_listed_and_the_rest_is_scanned() {
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
    assert!(report.gaps().contains(&"missing"), "{:?}", report.coverage);
    assert!(report.found().contains(&"new d.txt:1".to_owned()), "{:?}", report.found());
}

#[test]
fn a_submodule_and_a_git_lfs_pointer_are_said() {
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
    report.is(&[]);
    assert_eq!(report.gaps(), ["elsewhere", "elsewhere"]);
    assert_eq!(report.summary["not_read"]["elsewhere"], 2);
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
    report.is(&[
        "new %FF%FE.txt:1",
        "new -dash.txt:1",
        "new :(top)x.txt:1",
        "new new%0Aline.txt:1",
        "new tab%09\"quote\".txt:1",
    ]);
}

#[test]
fn a_branch_that_merged_its_base_twice_is_blamed_for_its_own() {
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
    report.is(&["new b.txt:1"]);
    assert_eq!(text(report.at("b.txt"), "first_commit"), leak);
}

#[test]
fn a_range_in_a_bare_repository_and_in_a_linked_worktree() {
    let world = repository();
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    world.git(&["clone", "-q", "--bare", ".", "../bare"]);
    world.report_in("bare", &["range", "base..main"]).is(&["new b.txt:1"]);
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    world.report_in("linked", &["range", "base..HEAD"]).is(&["new b.txt:1"]);
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
    push.is_discreet();
    assert_eq!(push.code, 1, "{}", push.stderr);
    assert!(push.stderr.contains("b77.txt:1") && push.stderr.contains("80 commits"), "{}", push.stderr);
    // With as many refs on the other side, only the new one is read.
    assert_eq!(try_git(&world, &["push", "-q", "--no-verify", "--all", "origin"]), 0);
    world.git(&["checkout", "-q", "-b", "last", "b3"]);
    world.write("work/c.txt", line(3));
    commit(&world, "leak");
    let push = world.run(world.command("git", "work").args(["push", "-q", "--all", "origin"]));
    assert!(push.code == 1 && push.stderr.contains("c.txt:1"), "{}", push.stderr);
    assert!(push.stderr.contains("Read 1 commit,"), "{}", push.stderr);
}

#[test]
fn revisions_lead_where_the_objects_say() {
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
        world.report(&["range", &format!("{from}..HEAD")]).is(&last);
    }
    // Neither grafts nor replaced commits turn a name into another one.
    world.git(&["replace", "--graft", "HEAD", "base"]);
    world.report(&["range", "HEAD~..HEAD"]).is(&last);
    world.git(&["replace", "-d", "HEAD"]);
    world.write("work/.git/info/grafts", format!("{} {}\n", id(&world, "HEAD"), id(&world, "base")));
    for range in ["HEAD~..HEAD", "HEAD@{1}..HEAD", "v1..HEAD"] {
        world.report(&["range", range]).is(&last);
    }
}

#[test]
fn a_corrupt_commit_in_the_way_of_a_name_is_told_and_ends() {
    let world = repository();
    for number in 2..5 {
        world.write(&format!("work/{number}.txt"), line(number));
        commit(&world, "more");
    }
    let lost = id(&world, "HEAD~");
    let file = world.path(&format!("work/.git/objects/{}/{}", &lost[..2], &lost[2..]));
    let bytes = std::fs::read(&file).expect("loose");
    std::fs::remove_file(&file).expect("removed");
    // libgit2 never comes back from one that is cut off.
    std::fs::write(&file, &bytes[..9]).expect("written");
    let report = world.report(&["range", "HEAD~2..HEAD"]);
    assert_eq!((report.code, report.gaps()), (3, vec!["corrupt"]));
    assert!(text(&report.coverage[0], "what").contains(&lost));
    // The rest of a range is read that begins with it, and the commit is called what it is: once.
    let report = world.report(&["range", "HEAD~..HEAD"]);
    assert_eq!((report.code, report.gaps()), (3, vec!["corrupt"]), "{:#?}", report.coverage);
    assert_eq!(text(&report.coverage[0], "what"), format!("the excluded side of the range (object {lost})"));
    assert!(text(&report.coverage[0], "remedy").contains("git fsck"));
    assert!(report.found().contains(&"new 4.txt:1".to_owned()), "{:?}", report.found());
    std::fs::remove_file(&file).expect("removed");
    let report = world.report(&["range", "HEAD~..HEAD"]);
    assert_eq!((report.code, report.gaps()), (3, vec!["missing"]), "{:#?}", report.coverage);
}

#[test]
fn a_corrupt_tag_inside_of_another_is_told_by_its_own_id() {
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
        assert_eq!((report.code, report.gaps()), (3, vec!["corrupt"]), "{range}: {:#?}", report.coverage);
        assert!(text(&report.coverage[0], "what").contains(&lost), "{range}: {:#?}", report.coverage);
    }
    assert!(world.report(&["range", "outer..HEAD"]).found().contains(&"new b.txt:1".to_owned()));
}
