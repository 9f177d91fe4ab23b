//! Submodules: listed as stored elsewhere by default, scanned with `--recurse-submodules`.

use crate::report::{commit, empty, history, history_of, id, text};
use crate::support::World;
use crate::tokens::{line, token};

/// Creates `work` with the submodule `libs/a`, a clone of `library`; both contain a value.
fn with_submodule() -> World {
    let world = empty();
    library(&world, "library", &[("secret.txt", 1)]);
    add(&world, "../library", "libs/a");
    world.write("work/own.txt", line(2));
    commit(&world, "with a submodule");
    world
}

/// Creates a repository with one commit that contains these values.
fn library(world: &World, name: &str, files: &[(&str, u64)]) {
    world.git(&["init", "-q", "-b", "main", &format!("../{name}")]);
    for (path, seed) in files {
        world.write(&format!("{name}/{path}"), line(*seed));
    }
    git_in(world, name, &["add", "-A"]);
    git_in(world, name, &["commit", "-q", "-m", "library"]);
}

fn git_in(world: &World, folder: &str, arguments: &[&str]) {
    let run = world.run(world.command("git", folder).args(arguments));
    assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
}

fn add(world: &World, url: &str, path: &str) {
    world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, path]);
}

const RECURSE: [&str; 2] = ["history", "--recurse-submodules"];

#[test]
fn a_submodule_is_listed_and_not_scanned() {
    let world = with_submodule();
    let report = history(&world);
    report.assert_findings(&["new own.txt:1"]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere"]);
    assert_eq!(text(&report.unscanned[0], "what"), "libs/a");
    assert!(text(&report.unscanned[0], "remedy").contains("--recurse-submodules"));
    assert!(world.stopleak(&["history"]).stdout.contains("libs/a"));
}

#[test]
fn a_submodule_is_listed_without_any_finding() {
    let world = empty();
    library(&world, "library", &[("secret.txt", 1)]);
    add(&world, "../library", "libs/a");
    commit(&world, "with a submodule");
    let report = history(&world);
    report.assert_findings(&[]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere"]);
}

#[test]
fn a_submodule_with_several_commits_is_listed_once() {
    let world = with_submodule();
    for _ in 0..3 {
        git_in(&world, "work/libs/a", &["commit", "-q", "--allow-empty", "-m", "on"]);
        commit(&world, "bump");
    }
    assert_eq!(history(&world).unscanned_kinds(), ["elsewhere"]);
}

#[test]
fn a_submodule_is_scanned_on_request() {
    let world = with_submodule();
    let report = history_of(&world, "work", &RECURSE);
    report.assert_findings(&["new libs/a/secret.txt:1", "new own.txt:1"]);
    assert_eq!(report.unscanned_kinds(), [""; 0]);
    let finding = report.finding_at("libs/a/secret.txt");
    let head = world.run(world.command("git", "library").args(["rev-parse", "HEAD"])).stdout;
    assert_eq!(text(finding, "first_commit"), head.trim());
    assert_eq!((&finding["at_head"], &finding["reachable"]), (&true.into(), &true.into()));
    assert_eq!(report.count("commits"), 2);
}

#[test]
fn messages_and_ref_names_of_a_submodule_have_its_path() {
    let world = with_submodule();
    let message = format!("with {}", token(5));
    git_in(&world, "work/libs/a", &["commit", "-q", "--allow-empty", "-m", &message]);
    git_in(&world, "work/libs/a", &["branch", &token(6)]);
    let report = history_of(&world, "work", &RECURSE);
    let place = |content_kind: &str| {
        let found = report.findings.iter().find(|finding| finding["content_kind"] == content_kind);
        text(found.expect("found"), "path").to_owned()
    };
    assert_eq!(place("commit"), "libs/a");
    assert!(place("ref-name").starts_with("libs/a/refs/heads/"), "{}", place("ref-name"));
}

#[test]
fn a_deinitialised_submodule_is_read_from_the_git_directory() {
    let world = with_submodule();
    world.git(&["submodule", "--quiet", "deinit", "--force", "libs/a"]);
    assert!(!world.path("work/libs/a/.git").exists());
    history_of(&world, "work", &RECURSE).assert_findings(&["new libs/a/secret.txt:1", "new own.txt:1"]);
}

#[test]
fn a_submodule_whose_name_differs_from_its_path() {
    let world = with_submodule();
    world.git(&["mv", "libs/a", "moved"]);
    commit(&world, "moved");
    world.git(&["submodule", "--quiet", "deinit", "--force", "moved"]);
    let report = history_of(&world, "work", &RECURSE);
    assert_eq!(report.code, 1, "{:#?}", report.unscanned);
    assert_eq!(report.findings.len(), 2, "one repository is read once: {:?}", report.found());
}

#[test]
fn a_submodule_that_was_never_fetched_is_unscanned() {
    let world = with_submodule();
    let url = world.path("work").display().to_string();
    world.git(&["clone", "-q", &url, "../clone"]);
    let report = history_of(&world, "clone", &RECURSE);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]));
    assert_eq!(
        (text(&report.unscanned[0], "what"), report.found()),
        ("libs/a", vec!["new own.txt:1".into()])
    );
    assert!(text(&report.unscanned[0], "remedy").contains("git submodule update --init"));
    history_of(&world, "clone", &["history"]).assert_findings(&["new own.txt:1"]);
}

#[test]
fn a_submodule_of_old_commits_without_a_repository_is_listed() {
    let world = with_submodule();
    world.git(&["rm", "-q", "libs/a"]);
    commit(&world, "removed");
    std::fs::remove_dir_all(world.path("work/.git/modules")).expect("removed");
    let report = history_of(&world, "work", &RECURSE);
    report.assert_findings(&["new own.txt:1"]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere"]);
}

#[test]
fn a_removed_submodule_is_read_from_the_git_directory() {
    let world = with_submodule();
    world.git(&["rm", "-q", "libs/a"]);
    commit(&world, "removed");
    history_of(&world, "work", &RECURSE).assert_findings(&["new libs/a/secret.txt:1", "new own.txt:1"]);
}

#[test]
fn nested_submodules_are_scanned() {
    let world = empty();
    library(&world, "inner", &[("deep.txt", 1)]);
    library(&world, "outer", &[("outer.txt", 2)]);
    git_in(
        &world,
        "outer",
        &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../inner", "in"],
    );
    git_in(&world, "outer", &["commit", "-q", "-m", "inner"]);
    add(&world, "../outer", "out");
    commit(&world, "outer");
    let update = ["submodule", "--quiet", "update", "--init", "--recursive"];
    world.git(&[&["-c", "protocol.file.allow=always"], &update[..]].concat());
    history_of(&world, "work", &RECURSE).assert_findings(&["new out/in/deep.txt:1", "new out/outer.txt:1"]);
}

#[test]
fn a_skipped_path_is_skipped_in_a_submodule() {
    let world = with_submodule();
    world.write("work/stopleak.yaml", "skip-paths:\n  - libs/\n");
    commit(&world, "configuration");
    history_of(&world, "work", &RECURSE).assert_findings(&["new own.txt:1"]);
}

#[test]
fn a_missing_object_of_a_submodule_is_unscanned() {
    let world = with_submodule();
    let out = world.run(world.command("git", "library").args(["rev-parse", "HEAD:secret.txt"])).stdout;
    let blob = out.trim();
    let kept = world.path("work/.git/modules/libs/a/objects");
    std::fs::remove_file(kept.join(&blob[..2]).join(&blob[2..])).expect("it is loose");
    let report = history_of(&world, "work", &RECURSE);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]));
    assert!(text(&report.unscanned[0], "what").starts_with("libs/a: "), "{}", report.unscanned[0]);
}

#[test]
fn history_inside_of_a_submodule_reads_that_repository() {
    let world = with_submodule();
    let report = history_of(&world, "work/libs/a", &["history"]);
    report.assert_findings(&["new secret.txt:1"]);
    assert_eq!(text(report.finding_at("secret.txt"), "first_commit").len(), id(&world, "HEAD").len());
}

#[test]
fn a_submodule_name_outside_of_the_git_directory_is_not_followed() {
    let world = with_submodule();
    library(&world, "outside", &[("outside.txt", 7)]);
    world.write("work/.gitmodules", "[submodule \"../../outside/.git\"]\n\tpath = b\n\turl = x\n");
    let head = id(&world, "HEAD");
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},b")]);
    world.git(&["commit", "-q", "-m", "hostile"]);
    let report = history_of(&world, "work", &RECURSE);
    assert_eq!(report.code, 3);
    assert!(!report.found().iter().any(|found| found.contains("outside")), "{:?}", report.found());
}

#[test]
fn a_baseline_includes_findings_of_submodules_on_request() {
    let world = with_submodule();
    assert_eq!(world.stopleak(&["baseline", "create", "--recurse-submodules"]).code, 2, "it needs --history");
    let made = world.stopleak(&["baseline", "create", "--history", "--recurse-submodules"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    history_of(&world, "work", &RECURSE)
        .assert_findings(&["suppressed libs/a/secret.txt:1", "suppressed own.txt:1"]);
}

#[test]
fn a_finding_names_its_submodule() {
    let world = with_submodule();
    let report = history_of(&world, "work", &RECURSE);
    assert_eq!(report.finding_at("libs/a/secret.txt")["submodule"], "libs/a");
    assert_eq!(report.finding_at("own.txt")["submodule"], serde_json::Value::Null);
    let human = world.stopleak(&[&RECURSE[..], &["--color", "never"]].concat()).stdout;
    assert!(human.contains("stopleak baseline create --history --recurse-submodules"), "{human}");
    assert!(human.contains("in the submodule libs/a: still at HEAD; in refs/heads/main"), "{human}");
}

#[test]
fn a_symlink_at_the_path_of_a_removed_submodule_is_not_followed() {
    let world = with_submodule();
    library(&world, "outside", &[("outside.txt", 7)]);
    world.git(&["rm", "-q", "libs/a"]);
    std::fs::remove_dir_all(world.path("work/.git/modules")).expect("removed");
    std::os::unix::fs::symlink("../../outside", world.path("work/libs-a")).expect("linked");
    world.git(&["add", "libs-a"]);
    std::fs::create_dir_all(world.path("work/libs")).expect("made");
    std::fs::rename(world.path("work/libs-a"), world.path("work/libs/a")).expect("moved");
    commit(&world, "a link instead");
    let report = history_of(&world, "work", &RECURSE);
    report.assert_findings(&["new own.txt:1"]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere"]);
}
