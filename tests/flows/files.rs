//! Files and folders.

use std::os::unix::fs::symlink;
use std::process::Stdio;

use crate::report::{Report, text};
use crate::support::{World, binary};
use crate::tokens::{line, token};

fn piped(world: &World, input: &[u8], arguments: &[&str]) -> Report {
    std::fs::write(world.path("input"), input).expect("written");
    let mut command = world.command(binary(), "work");
    let input = std::fs::File::open(world.path("input")).expect("just written");
    world.report_of(command.args(arguments).stdin(Stdio::from(input)))
}

#[test]
fn what_git_ignores_is_left_out_unless_it_is_tracked() {
    let world = World::repository();
    world.write("work/.gitignore", "tracked.txt\nignored.txt\nout/\n");
    for (file, seed) in
        [("tracked.txt", 1), ("ignored.txt", 2), ("out/deep.txt", 3), ("out/known.txt", 4), ("new.txt", 5)]
    {
        world.write(&format!("work/{file}"), line(seed));
    }
    world.git(&["add", "-f", "tracked.txt", "out/known.txt"]);
    let expected = ["new new.txt:1", "new out/known.txt:1", "new tracked.txt:1"];
    for arguments in [&["scan"][..], &["scan", "."], &["scan", "--threads", "1"], &["scan", ".", "new.txt"]] {
        let report = world.report(arguments);
        report.is(&expected);
        assert_eq!(report.count("files"), 5, "{arguments:?}: these three, a.txt and .gitignore");
    }
    world.report(&["scan", "--no-ignore"]).is(&[
        "new ignored.txt:1",
        "new new.txt:1",
        "new out/deep.txt:1",
        "new out/known.txt:1",
        "new tracked.txt:1",
    ]);
    world.report(&["scan", "ignored.txt"]).is(&["new ignored.txt:1"]);
    // Who names something means it.
    world.report(&["scan", "out"]).is(&["new out/deep.txt:1", "new out/known.txt:1"]);
    world.report_in("work/out", &["scan", "..", "--only", "github-classic-pat"]).is(&[
        "new ../new.txt:1",
        "new ../out/known.txt:1",
        "new ../tracked.txt:1",
    ]);
    let absolute = world.path("work");
    let report = world.report_in("", &["scan", absolute.to_str().expect("text")]);
    assert_eq!(report.findings.len(), 3);
}

#[test]
fn other_places_that_ignore() {
    let world = World::repository();
    world.write("work/.git/info/exclude", "excluded.txt\n");
    world.write("work/.ignore", "*\n");
    world.write("work/excluded.txt", line(1));
    world.write("work/named-for-other-tools.txt", line(2));
    world.report(&["scan"]).is(&["new named-for-other-tools.txt:1"]);
    // A .gitignore that no repository is around of ignores nothing.
    let world = World::empty();
    world.write("work/.gitignore", "*\n");
    world.write("work/a.txt", line(1));
    world.report(&["scan"]).is(&["new a.txt:1"]);
}

#[test]
fn hidden_files_are_scanned_and_the_repository_itself_is_not() {
    let world = World::repository();
    world.write("work/.hidden/.file", line(1));
    world.write("work/.git/notes.txt", line(2));
    world.report(&["scan"]).is(&["new .hidden/.file:1"]);
    world.report(&["scan", "--no-ignore"]).is(&["new .hidden/.file:1"]);
    world.report(&["scan", ".git/notes.txt"]).is(&["new .git/notes.txt:1"]);
}

#[test]
fn links_are_read_and_not_followed() {
    let world = World::repository();
    world.write("outside/secret.txt", line(1));
    symlink(world.path("outside"), world.path("work/folder")).expect("linked");
    symlink(world.path("outside/secret.txt"), world.path("work/file.txt")).expect("linked");
    symlink("loop", world.path("work/loop")).expect("linked");
    symlink(".", world.path("work/self")).expect("linked");
    symlink(format!("/gone/{}", token(2)), world.path("work/dangling")).expect("linked");
    let report = world.report(&["scan"]);
    report.is(&["new dangling:1"]);
    assert_eq!(report.at("dangling")["carrier"], "symlink");
    world.report(&["scan", "dangling"]).is(&["new dangling:1"]);
    // Who names a link means what it leads to.
    world.report(&["scan", "file.txt"]).is(&["new file.txt:1"]);
    world.report(&["scan", "folder"]).is(&["new folder/secret.txt:1"]);
}

#[test]
fn what_cannot_be_read_is_listed() {
    let world = World::repository();
    world.write("work/b.txt", line(1));
    symlink("loop", world.path("work/loop")).expect("linked");
    let report = world.report(&["scan", "loop", "b.txt"]);
    assert_eq!((report.code, report.found()), (3, vec!["new b.txt:1".to_owned()]));
    assert_eq!((report.gaps(), text(&report.coverage[0], "what")), (vec!["unreadable"], "loop"));
}

#[test]
fn a_path_that_is_not_there_scans_nothing() {
    let world = World::repository();
    world.write("work/b.txt", line(1));
    for arguments in [&["scan", "gone"][..], &["scan", "b.txt", "gone"], &["scan", "b.txt/gone"]] {
        let run = world.stopleak(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains("gone: no such file"), "{}", run.stderr);
    }
}

#[test]
fn standard_input() {
    let world = World::empty();
    piped(&world, line(1).as_bytes(), &["scan", "-"]).is(&["new stdin:1"]);
    piped(&world, b"", &["scan", "-"]).is(&[]);
    let report = piped(&world, &[b'x'; 4096], &["scan", "-", "--max-blob-size", "1kB"]);
    assert_eq!((report.code, report.gaps()), (3, vec!["too-large"]));
}

#[test]
fn an_empty_folder_is_clean_and_says_how_little_was_read() {
    let world = World::empty();
    let report = world.report(&["scan"]);
    report.is(&[]);
    assert_eq!((report.count("files"), report.count("bytes")), (0, 0));
    assert!(world.stopleak(&["scan"]).stdout.contains("Read nothing"));
}

#[test]
fn paths_of_the_configuration_count_from_the_repositorys_root() {
    let world = World::repository();
    world.write("work/stopleak.yaml", "skip-paths:\n  - docs/*.md\n");
    world.write("work/docs/a.md", line(1));
    world.write("work/docs/a.txt", line(2));
    for (folder, arguments, found) in [
        ("work", &["scan"][..], "new docs/a.txt:1"),
        ("work", &["scan", "./docs"], "new docs/a.txt:1"),
        ("work/docs", &["scan"], "new a.txt:1"),
        ("work/docs", &["scan", "a.md", "a.txt"], "new a.txt:1"),
        ("", &["scan", "work/docs"], "new work/docs/a.txt:1"),
    ] {
        let report = world.report_in(folder, arguments);
        report.is(&[found]);
        assert_eq!(report.count("skipped"), 1, "{folder} {arguments:?}");
    }
}

#[test]
fn rules_of_certain_paths_hold_wherever_the_user_stands() {
    let world = World::repository();
    let workflow = format!("env:\n  DEPLOY_PASSWORD: {}\n", &token(5)[4..28]);
    world.write("work/.github/workflows/ci.yml", workflow);
    let rules = |report: &Report| -> Vec<String> {
        report.findings.iter().map(|finding| text(finding, "rule").to_owned()).collect()
    };
    let from_root = rules(&world.report(&["scan"]));
    assert!(!from_root.is_empty());
    assert_eq!(rules(&world.report_in("work/.github", &["scan"])), from_root);
    assert_eq!(rules(&world.report_in("work/.github/workflows", &["scan", "ci.yml"])), from_root);
}

#[test]
fn a_folder_called_tests_around_the_repository_makes_nothing_a_test() {
    let guess = format!("db_password = \"{}\"\n", &token(6)[6..30]);
    let world = World::empty();
    world.write("tests/app/config.py", &guess);
    let absolute = world.path("tests/app");
    let report = world.report(&["scan", absolute.to_str().expect("text")]);
    assert_eq!((report.code, report.findings.len()), (1, 1));
}
