//! `stopleak scan` of files, directories and standard input.

use std::os::unix::fs::symlink;
use std::process::Stdio;

use crate::report::{Report, text};
use crate::support::{World, binary};
use crate::tokens::{line, sample_value, token};

fn piped(world: &World, input: &[u8], arguments: &[&str]) -> Report {
    std::fs::write(world.path("input"), input).expect("written");
    let mut command = world.command(binary(), "work");
    let input = std::fs::File::open(world.path("input")).expect("just written");
    world.report_of(command.args(arguments).stdin(Stdio::from(input)))
}

#[test]
fn ignored_files_are_skipped_unless_they_are_tracked() {
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
        report.assert_findings(&expected);
        assert_eq!(report.count("files"), 5, "{arguments:?}: these three, a.txt and .gitignore");
    }
    world.report(&["scan", "--no-ignore"]).assert_findings(&[
        "new ignored.txt:1",
        "new new.txt:1",
        "new out/deep.txt:1",
        "new out/known.txt:1",
        "new tracked.txt:1",
    ]);
    world.report(&["scan", "ignored.txt"]).assert_findings(&["new ignored.txt:1"]);
    // A path given as an argument is scanned although git ignores it.
    world.report(&["scan", "out"]).assert_findings(&["new out/deep.txt:1", "new out/known.txt:1"]);
    world.report_in("work/out", &["scan", "..", "--only", "github-classic-pat"]).assert_findings(&[
        "new ../new.txt:1",
        "new ../out/known.txt:1",
        "new ../tracked.txt:1",
    ]);
    let absolute = world.path("work");
    let report = world.report_in("", &["scan", absolute.to_str().expect("text")]);
    assert_eq!(report.findings.len(), 3);
}

#[test]
fn only_tracked_files_of_an_ignored_directory_are_scanned() {
    let world = World::repository();
    world.write("work/.gitignore", "out/\n!out/kept.txt\n");
    world.write("work/sub/.gitignore", "*.log\n!app.log\n");
    for (file, seed) in [
        ("out/known.txt", 1),
        ("out/kept.txt", 2),
        ("out/deep/known.txt", 3),
        ("out/deep/other.txt", 4),
        ("out/other/x.txt", 5),
        ("outer.txt", 6),
        ("sub/app.log", 7),
        ("sub/a.log", 8),
        ("sub/b.log", 9),
    ] {
        world.write(&format!("work/{file}"), line(seed));
    }
    world.git(&["add", "-f", "out/known.txt", "out/deep/known.txt", "sub/a.log"]);
    let inside = ["new out/deep/known.txt:1", "new out/known.txt:1"];
    let all = [&inside[..], &["new outer.txt:1", "new sub/a.log:1", "new sub/app.log:1"]].concat();
    world.report(&["scan"]).assert_findings(&all);
    // `git ls-files` lists the same files.
    let listed = world.git(&["ls-files", "-co", "--exclude-standard"]);
    assert_eq!(listed.stdout.lines().count() as u64, world.report(&["scan"]).count("files"));
    world.report(&["scan", "sub"]).assert_findings(&["new sub/a.log:1", "new sub/app.log:1"]);
}

#[test]
fn a_nested_repository_has_its_own_ignore_rules() {
    let world = World::repository();
    world.write("work/.gitignore", "*.txt\nignored/\n");
    for (repository, seed) in [("work/inner", 1), ("work/ignored/inner", 5), ("beside/inner", 9)] {
        world.write(&format!("{repository}/.gitignore"), "*.log\n");
        world.write(&format!("{repository}/known.log"), line(seed));
        world.write(&format!("{repository}/other.log"), line(seed + 1));
        world.write(&format!("{repository}/other.txt"), line(seed + 2));
        for arguments in [&["init", "-q", "."][..], &["add", "-f", "known.log"]] {
            assert_eq!(world.run(world.command("git", repository).args(arguments)).code, 0);
        }
    }
    // A `.git` file without a repository does not begin another repository.
    world.write("work/odd/.git", "no repository\n");
    world.write("work/odd/a.txt", line(13));
    world.write("work/odd/a.log", line(14));
    world.report(&["scan"]).assert_findings(&[
        "new inner/known.log:1",
        "new inner/other.txt:1",
        "new odd/a.log:1",
    ]);
    let found = ["new beside/inner/known.log:1", "new beside/inner/other.txt:1"];
    world.report_in("", &["scan", "beside"]).assert_findings(&found);
}

#[test]
fn other_ignore_files() {
    let world = World::repository();
    world.write("work/.git/info/exclude", "excluded.txt\n");
    world.write("work/.ignore", "*\n");
    world.write("work/excluded.txt", line(1));
    world.write("work/named-for-other-tools.txt", line(2));
    world.report(&["scan"]).assert_findings(&["new named-for-other-tools.txt:1"]);
    // A .gitignore outside of a repository has no effect.
    let world = World::empty();
    world.write("work/.gitignore", "*\n");
    world.write("work/a.txt", line(1));
    world.report(&["scan"]).assert_findings(&["new a.txt:1"]);
}

#[test]
fn hidden_files_are_scanned_and_the_git_directory_is_not() {
    let world = World::repository();
    world.write("work/.hidden/.file", line(1));
    world.write("work/.git/notes.txt", line(2));
    world.report(&["scan"]).assert_findings(&["new .hidden/.file:1"]);
    world.report(&["scan", "--no-ignore"]).assert_findings(&["new .hidden/.file:1"]);
    world.report(&["scan", ".git/notes.txt"]).assert_findings(&["new .git/notes.txt:1"]);
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
    report.assert_findings(&["new dangling:1"]);
    assert_eq!(report.finding_at("dangling")["content_kind"], "symlink");
    // A link given as an argument is followed.
    world.report(&["scan", "file.txt"]).assert_findings(&["new file.txt:1"]);
    world.report(&["scan", "folder"]).assert_findings(&["new folder/secret.txt:1"]);
}

#[test]
fn files_named_by_two_arguments_are_read_once_under_the_first_name() {
    let world = World::repository();
    for (file, seed) in [("a/1.txt", 1), ("a/b/2.txt", 2), ("c/3.txt", 3)] {
        world.write(&format!("work/{file}"), line(seed));
    }
    symlink("a", world.path("work/link")).expect("linked");
    for (arguments, found) in [
        (&["a", "a"][..], ["new a/1.txt:1", "new a/b/2.txt:1"]),
        (&["a", "a/b"], ["new a/1.txt:1", "new a/b/2.txt:1"]),
        (&["a/b", "link"], ["new a/b/2.txt:1", "new link/1.txt:1"]),
        (&["a", "./a/../a/b/2.txt"], ["new a/../a/b/2.txt:1", "new a/1.txt:1"]),
        (&["a/1.txt", "a/1.txt", "c"], ["new a/1.txt:1", "new c/3.txt:1"]),
    ] {
        for threads in ["1", "2", "8"] {
            let report = world.report(&[&["scan", "--threads", threads], arguments].concat());
            report.assert_findings(&found);
            assert_eq!(report.count("files"), 2, "{arguments:?}");
        }
    }
}

#[test]
fn reports_are_the_same_bytes_for_any_number_of_threads() {
    let world = World::repository();
    for number in 0..300 {
        let folder = ["work", "work/many", "work/many/deep/er", "work/x"][number % 4];
        let text = if number % 50 == 0 { line(number as u64) } else { format!("{number}\n") };
        world.write(&format!("{folder}/{number}.txt"), text);
    }
    symlink("gone", world.path("work/dangling")).expect("linked");
    let run = |threads| world.stopleak(&["scan", "--format", "jsonl", "--threads", threads]).stdout;
    let alone = run("1");
    assert_eq!(alone.matches("\"finding\"").count(), 6);
    for threads in ["2", "8"] {
        assert_eq!(run(threads), alone);
    }
}

#[test]
fn a_file_whose_size_is_unknown_is_read_to_its_end() {
    let world = World::repository();
    // The file's metadata give its size as 0.
    let report = world.report(&["scan", "/proc/self/status"]);
    assert!(report.code == 0 && report.count("bytes") > 100);
}

#[test]
fn large_files_are_read_to_their_end_unless_a_limit_is_set() {
    let world = World::empty();
    let padding = "const ä = 1;\n".repeat(400_000);
    let text = format!("{}{padding}{}", line(1), line(2));
    world.write("work/large.txt", &text);
    let expected = ["new large.txt:1", "new large.txt:400002"];
    let report = world.report(&["scan"]);
    report.assert_findings(&expected);
    assert_eq!(report.count("bytes"), text.len() as u64);
    piped(&world, text.as_bytes(), &["scan", "-"]).assert_findings(&["new stdin:1", "new stdin:400002"]);
    let one_line = text.replace('\n', " ");
    world.write("work/large.txt", &one_line);
    let report = world.report(&["scan"]);
    let columns: Vec<_> = report.findings.iter().map(|finding| finding["start_column"].as_u64()).collect();
    let value = |seed| one_line.find(&token(seed)).map(|at| one_line[..at].chars().count() as u64 + 1);
    assert_eq!(columns, [value(1), value(2)]);
    let report = world.report(&["scan", "--max-blob-size", "1MB"]);
    assert_eq!((report.code, report.unscanned_kinds(), report.findings.len()), (3, vec!["too-large"], 0));
    assert_eq!((report.count("files"), report.count("bytes")), (0, 0));
    world.write("work/stopleak.yaml", "max-blob-size: 1MB\n");
    assert_eq!(world.report(&["scan"]).unscanned_kinds(), ["too-large"]);
}

#[test]
fn an_unreadable_path_is_listed_as_unscanned() {
    let world = World::repository();
    world.write("work/b.txt", line(1));
    symlink("loop", world.path("work/loop")).expect("linked");
    let report = world.report(&["scan", "loop", "b.txt"]);
    assert_eq!((report.code, report.found()), (3, vec!["new b.txt:1".to_owned()]));
    assert_eq!((report.unscanned_kinds(), text(&report.unscanned[0], "what")), (vec!["unreadable"], "loop"));
}

#[test]
fn a_missing_path_is_an_error_and_scans_nothing() {
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
    piped(&world, line(1).as_bytes(), &["scan", "-"]).assert_findings(&["new stdin:1"]);
    piped(&world, b"", &["scan", "-"]).assert_findings(&[]);
    let report = piped(&world, &[b'x'; 4096], &["scan", "-", "--max-blob-size", "1kB"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["too-large"]));
}

#[test]
fn an_empty_directory_reports_that_nothing_was_read() {
    let world = World::empty();
    let report = world.report(&["scan"]);
    report.assert_findings(&[]);
    assert_eq!((report.count("files"), report.count("bytes")), (0, 0));
    assert!(world.stopleak(&["scan"]).stdout.contains("Read nothing"));
}

#[test]
fn paths_of_the_configuration_are_relative_to_the_repository_root() {
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
        report.assert_findings(&[found]);
        assert_eq!(report.count("skipped"), 1, "{folder} {arguments:?}");
    }
}

#[test]
fn rules_for_certain_paths_apply_in_every_working_directory() {
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
fn a_directory_named_tests_above_the_scanned_one_has_no_effect() {
    let guess = format!("db_password = \"{}\"\n", &token(6)[6..30]);
    let world = World::empty();
    world.write("tests/app/config.py", &guess);
    let absolute = world.path("tests/app");
    let report = world.report(&["scan", absolute.to_str().expect("text")]);
    assert_eq!((report.code, report.findings.len()), (1, 1));
}

#[test]
fn a_package_hash_in_a_lock_file_is_not_reported_as_a_key_of_the_provider() {
    let key = sample_value("minio-key", 7);
    let lines = format!("minio_api_key: {key}\n{}", line(8));
    let world = World::empty();
    for file in ["go.sum", "Cargo.lock", "web/package-lock.json", "settings.yml"] {
        world.write(&format!("work/{file}"), &lines);
    }
    let report = world.report(&["scan"]);
    // A token that has a prefix and a checksum is reported in a lock file too.
    report.assert_findings(&[
        "new Cargo.lock:2",
        "new go.sum:2",
        "new settings.yml:1",
        "new settings.yml:2",
        "new web/package-lock.json:2",
    ]);
    let low = world.report(&["scan", "--confidence", "low"]);
    let guess = low.findings.iter().find(|finding| finding["path"] == "go.sum" && finding["start_line"] == 1);
    let why = guess.expect("a guess")["why"].as_array().expect("a list").clone();
    assert!(why.iter().any(|why| why == "in a lock file"), "{why:?}");
}

#[test]
fn an_ignore_file_with_too_many_globs_is_reported_and_its_files_are_read() {
    let world = World::repository();
    world.write("work/.gitignore", "ignored.txt\n".repeat(20_001));
    world.write("work/ignored.txt", format!("{}\n", sample_value("github-classic-pat", 3)));
    let run = world.stopleak(&["scan"]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(
        run.stdout.contains("ignored.txt") && run.stdout.contains("more than 20000 globs"),
        "{}",
        run.stdout
    );
    world.write("work/.gitignore", "ignored.txt\n".repeat(20_000));
    assert_eq!(world.stopleak(&["scan"]).code, 0);
}
