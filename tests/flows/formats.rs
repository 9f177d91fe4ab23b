//! Every command that scans, in each repository format of git; and content that cannot be read.

use crate::report::text;
use crate::support::World;
use crate::tokens::{line, private_key, token};

fn every_flow(world: &World) {
    world.git(&["init", "-q", "--bare", "-b", "main", "../origin"]);
    world.git(&["remote", "add", "origin", "../origin"]);
    world.git(&["push", "-q", "origin", "main"]);
    let hooks =
        ["hook", "install", "--hook", "pre-commit", "--hook", "pre-merge-commit", "--hook", "pre-push"];
    assert_eq!(world.stopleak(&hooks).code, 0);
    world.write("work/sub/b.txt", line(1));
    world.git(&["add", "."]);
    world.report(&["scan"]).assert_findings(&["new sub/b.txt:1"]);
    world.report(&["staged"]).assert_findings(&["new sub/b.txt:1"]);
    let run = |arguments: &[&str]| world.run(world.command("git", "work").args(arguments));
    let commit = run(&["commit", "-q", "-m", "leak"]);
    assert!(commit.code == 1 && commit.stderr.contains("sub/b.txt"), "{}", commit.stderr);
    assert_eq!(run(&["commit", "-q", "--no-verify", "-m", "leak"]).code, 0);
    let push = run(&["push", "-q", "origin", "main"]);
    assert!(push.code == 1 && push.stderr.contains("sub/b.txt"), "{}", push.stderr);
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&["new sub/b.txt:1"]);
    world.write("work/sub/b.txt", format!("edited\n{}", line(1)));
    world.git(&["commit", "-q", "-a", "-m", "keep it"]);
    world.git(&["repack", "-q", "-a", "-d"]);
    let report = world.report(&["history"]);
    report.assert_findings(&["new sub/b.txt:1"]);
    let finding = report.finding_at("sub/b.txt");
    let first = world.git(&["rev-parse", "HEAD~"]).stdout;
    assert_eq!((text(finding, "first_commit"), &finding["at_head"]), (first.trim(), &true.into()));
    assert_eq!(finding["refs"], serde_json::json!(["refs/heads/main"]));
}

#[test]
fn sha256() {
    let world = World::repository_like(&["--object-format=sha256"]);
    // The remote must have the same object format.
    world.git(&["init", "-q", "--bare", "-b", "main", "--object-format=sha256", "../origin"]);
    every_flow(&world);
}

#[test]
fn reftable() {
    every_flow(&World::repository_like(&["--ref-format=reftable"]));
}

#[test]
fn separate_git_dir() {
    let world = World::empty();
    let elsewhere = world.path("elsewhere");
    let world = {
        let git_dir = format!("--separate-git-dir={}", elsewhere.display());
        world.git(&["init", "-q", "-b", "main", &git_dir, "."]);
        world.write("work/a.txt", "harmless\n");
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "-m", "first"]);
        world
    };
    every_flow(&world);
}

#[test]
fn inside_a_submodule() {
    let world = World::repository_like(&[]);
    world.git(&["init", "-q", "-b", "main", "../module"]);
    let git = |folder: &str, arguments: &[&str]| world.run(world.command("git", folder).args(arguments));
    world.write("module/a.txt", "harmless\n");
    git("module", &["add", "."]);
    assert_eq!(git("module", &["commit", "-q", "-m", "first"]).code, 0);
    let allow = ["-c", "protocol.file.allow=always"];
    world.git(&[&allow[..], &["submodule", "--quiet", "add", "../module", "module"]].concat());
    world.git(&["commit", "-q", "-m", "module"]);

    let run = world.stopleak_in("work/module", &["hook", "install"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains(".git/modules/module/hooks/pre-commit"), "{}", run.stderr);
    world.write("work/module/b.txt", line(1));
    git("work/module", &["add", "."]);
    world.report_in("work/module", &["staged"]).assert_findings(&["new b.txt:1"]);
    let commit = git("work/module", &["commit", "-q", "-m", "leak"]);
    assert!(commit.code == 1 && commit.stderr.contains("b.txt"), "{}", commit.stderr);
    // In the superproject, only a scan of the work tree reads the submodule's files.
    world.report(&["staged"]).assert_findings(&[]);
    world.report(&["scan"]).assert_findings(&["new module/b.txt:1"]);
}

#[test]
fn git_environment_variables_select_the_repository() {
    let world = World::repository_like(&[]);
    world.write("work/b.txt", line(1));
    world.git(&["add", "."]);
    let (git_dir, work_tree) = (world.path("work/.git"), world.path("work"));
    world.write("other/x", "");
    let mut command = world.command(crate::support::binary(), "other");
    command.env("GIT_DIR", &git_dir).env("GIT_WORK_TREE", &work_tree).arg("staged");
    world.report_of(&mut command).assert_findings(&["new b.txt:1"]);
    let mut command = world.command(crate::support::binary(), "work/.git");
    command.env("GIT_DIR", ".").env("GIT_WORK_TREE", "..").arg("staged");
    world.report_of(&mut command).assert_findings(&["new b.txt:1"]);
}

#[test]
fn staged_content_that_cannot_be_read_is_unscanned() {
    let world = World::repository_like(&[]);
    world.write("work/b.txt", line(1));
    world.write("work/c.txt", line(2));
    world.write("work/large.txt", format!("{}{}", line(3), "text\n".repeat(500)));
    world.git(&["add", "."]);
    let report = world.report(&["staged", "--max-blob-size", "2kB"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["too-large"]));
    assert_eq!(report.found(), ["new b.txt:1", "new c.txt:1"]);
    let id = world.git(&["rev-parse", ":b.txt"]).stdout;
    let file = world.path(&format!("work/.git/objects/{}/{}", &id[..2], id[2..].trim()));
    std::fs::remove_file(file).expect("removed");
    let report = world.report(&["staged"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]));
    assert_eq!(report.found(), ["new c.txt:1", "new large.txt:1"]);
    assert!(text(&report.unscanned[0], "what").starts_with("b.txt"));
    // A damaged index is an error, not an empty index.
    world.write("work/.git/index", "DIRC garbage");
    let run = world.stopleak(&["staged"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
}

#[test]
fn a_missing_head_commit_is_not_an_unborn_branch() {
    let world = World::repository_like(&[]);
    let id = world.git(&["rev-parse", "HEAD"]).stdout;
    let file = world.path(&format!("work/.git/objects/{}/{}", &id[..2], id[2..].trim()));
    std::fs::remove_file(file).expect("removed");
    world.write("work/b.txt", line(1));
    world.git(&["add", "."]);
    let run = world.stopleak(&["staged"]);
    assert!(matches!(run.code, 2 | 3), "{}", run.code);
    let run = world.stopleak(&["history"]);
    assert!(matches!(run.code, 2 | 3), "{}", run.code);
}

#[test]
fn two_values_on_one_line_and_a_value_over_several_lines() {
    let world = World::repository_like(&[]);
    world.write("work/two.txt", format!("{} {}\n", token(1), token(2)));
    world.write("work/key.pem", private_key(1));
    world.git(&["add", "."]);
    let report = world.report(&["staged"]);
    report.assert_findings(&["new key.pem:1", "new two.txt:1", "new two.txt:1"]);
    assert!(report.finding_at("key.pem")["end_line"].as_u64() > Some(2));
    let human = world.stopleak(&["staged"]);
    human.assert_no_token_shown();
    let inner = private_key(1).lines().nth(2).expect("lines").to_owned();
    assert!(!human.stdout.contains(&inner), "{}", human.stdout);
}
