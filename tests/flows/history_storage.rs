//! Storage formats of objects and refs, shallow and partial clones, and repositories of other users.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::report::{
    Report, assert_incomplete, commit, empty, history, history_of, id, text, write_dangling_blob,
};
use crate::support::{World, binary};
use crate::tokens::{line, token};

/// Creates a repository with the files `1.txt` to `3.txt`, each with a value and a commit of its own.
pub(crate) fn three_files() -> World {
    let world = empty();
    commit_three_files(&world);
    world
}

pub(crate) fn commit_three_files(world: &World) {
    for seed in 1..4 {
        world.write(&format!("work/{seed}.txt"), line(seed));
        commit(world, &format!("adds {seed}"));
    }
}

pub(crate) const ALL_THREE: [&str; 3] = ["new 1.txt:1", "new 2.txt:1", "new 3.txt:1"];

pub(crate) fn loose_object_path(world: &World, id: &str) -> PathBuf {
    world.path(&format!("work/.git/objects/{}/{}", &id[..2], &id[2..]))
}

pub(crate) fn remove_object(world: &World, id: &str) {
    fs::remove_file(loose_object_path(world, id)).expect("a loose object");
}

/// Inverts a byte in the middle of a loose object.
pub(crate) fn corrupt_object(world: &World, id: &str) {
    overwrite(&loose_object_path(world, id), |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
    });
}

pub(crate) fn overwrite(path: &PathBuf, change: impl FnOnce(&mut Vec<u8>)) {
    fs::set_permissions(path, PermissionsExt::from_mode(0o644)).expect("changed");
    let mut bytes = fs::read(path).expect("readable");
    change(&mut bytes);
    fs::write(path, bytes).expect("written");
}

/// Returns the sorted files of the pack directory with this extension.
pub(crate) fn packs(world: &World, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(world.path("work/.git/objects/pack")).expect("readable");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths
}

#[track_caller]
pub(crate) fn assert_all_three_found(world: &World) -> Report {
    let report = history(world);
    report.assert_findings(&ALL_THREE);
    assert_eq!(report.unscanned_kinds(), [""; 0]);
    report
}

#[test]
fn a_sha256_repository() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--object-format=sha256", "."]);
    commit_three_files(&world);
    let report = assert_all_three_found(&world);
    assert_eq!(text(report.finding_at("3.txt"), "first_commit"), id(&world, "HEAD"));
    world.git(&["repack", "-q", "-ad"]);
    assert_eq!(text(assert_all_three_found(&world).finding_at("3.txt"), "first_commit").len(), 64);
}

#[test]
fn a_sha256_repository_with_an_unborn_branch() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--object-format=sha256", "."]);
    history(&world).assert_findings(&[]);
    write_dangling_blob(&world, &line(1));
    history(&world).assert_findings(&["new file:1"]);
}

#[test]
fn a_reftable_repository() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--ref-format=reftable", "."]);
    commit_three_files(&world);
    world.git(&["branch", &token(9)]);
    world.write("work/1.txt", line(4));
    world.git(&["stash", "-q"]);
    let report = history(&world);
    assert_eq!(
        (report.code, report.unscanned_kinds(), report.findings.len()),
        (1, vec![], 5),
        "{:?}",
        report.found()
    );
    assert_eq!(report.finding_at("2.txt")["at_head"], true);
    let stashed = report.findings.iter().find(|finding| finding["refs"] == serde_json::json!(["refs/stash"]));
    assert_eq!(text(stashed.expect("found"), "path"), "1.txt");
    assert!(report.findings.iter().any(|finding| finding["content_kind"] == "ref-name"));
}

#[test]
fn a_cruft_pack() {
    let world = three_files();
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["repack", "-q", "--cruft", "-d"]);
    assert_eq!(packs(&world, "mtimes").len(), 1);
    let report = assert_all_three_found(&world);
    assert_eq!(
        (&report.finding_at("1.txt")["reachable"], &report.finding_at("3.txt")["reachable"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn unreachable_objects_that_a_repack_made_loose() {
    let world = three_files();
    world.git(&["repack", "-q", "-ad"]);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["repack", "-q", "-A", "-d", "--unpack-unreachable=2.weeks.ago"]);
    assert_eq!(assert_all_three_found(&world).finding_at("3.txt")["reachable"], false);
}

#[test]
fn several_packs_under_a_multi_pack_index() {
    let world = empty();
    for seed in 1..4 {
        world.write(&format!("work/{seed}.txt"), line(seed));
        commit(&world, "x");
        world.git(&["repack", "-q", "-d"]);
    }
    world.git(&["multi-pack-index", "write"]);
    assert_eq!(packs(&world, "idx").len(), 3);
    assert_all_three_found(&world);
}

#[test]
fn a_multi_pack_index_of_deleted_packs_is_ignored() {
    let world = three_files();
    world.git(&["repack", "-q", "-d"]);
    world.git(&["multi-pack-index", "write"]);
    let old = fs::read(world.path("work/.git/objects/pack/multi-pack-index")).expect("readable");
    world.write("work/4.txt", "more\n");
    commit(&world, "more");
    world.git(&["repack", "-q", "-a", "-d"]);
    world.write("work/.git/objects/pack/multi-pack-index", old);
    assert_all_three_found(&world);
}

#[test]
fn a_pack_index_of_version_1_and_a_kept_pack() {
    let world = three_files();
    world.git(&["-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "--write-bitmap-index"]);
    let pack = packs(&world, "pack").remove(0);
    fs::write(pack.with_extension("keep"), "").expect("written");
    assert_all_three_found(&world);
}

#[test]
fn alternates_of_alternates() {
    let world = three_files();
    world.git(&["clone", "-q", "--shared", ".", "../one"]);
    world.git(&["clone", "-q", "--shared", "../one", "../two"]);
    history_of(&world, "two", &["history"]).assert_findings(&ALL_THREE);
}

#[test]
fn a_chain_of_commit_graphs() {
    let world = three_files();
    world.git(&["commit-graph", "write", "--reachable", "--split", "--changed-paths"]);
    world.write("work/4.txt", "more\n");
    commit(&world, "more");
    world.git(&["commit-graph", "write", "--reachable", "--split=no-merge", "--changed-paths"]);
    assert_all_three_found(&world);
}

#[test]
fn a_corrupt_commit_graph_file_does_not_change_the_report() {
    let world = three_files();
    world.git(&["commit-graph", "write", "--reachable"]);
    overwrite(&world.path("work/.git/objects/info/commit-graph"), |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0);
    });
    assert_all_three_found(&world);
}

#[test]
fn replace_refs_are_ignored() {
    let world = three_files();
    let clean = write_dangling_blob(&world, "harmless\n");
    let blob = id(&world, "HEAD:2.txt");
    world.git(&["replace", &blob, &clean]);
    let (first, last) = (id(&world, "HEAD~2"), id(&world, "HEAD"));
    world.git(&["replace", &last, &first]);
    let report = assert_all_three_found(&world);
    assert_eq!(text(report.finding_at("3.txt"), "first_commit"), last);
}

#[test]
fn grafts_are_ignored() {
    let world = three_files();
    let (first, last) = (id(&world, "HEAD~2"), id(&world, "HEAD"));
    world.write("work/.git/info/grafts", format!("{last}\n"));
    let report = assert_all_three_found(&world);
    assert_eq!(text(report.finding_at("1.txt"), "first_commit"), first);
}

#[test]
fn a_dangling_tree() {
    let world = empty();
    world.write("work/dir/a.txt", line(1));
    world.git(&["add", "-A"]);
    world.git(&["write-tree"]);
    world.git(&["reset", "-q"]);
    fs::remove_dir_all(world.path("work/dir")).expect("removed");
    let report = history(&world);
    report.assert_findings(&["new dir/a.txt:1"]);
    assert_eq!(report.finding_at("dir/a.txt")["reachable"], false);
    // Skipped paths apply to dangling trees too.
    world.write("work/stopleak.yaml", "skip-paths: [dir/]\n");
    assert_eq!((history(&world).code, history(&world).count("skipped")), (0, 1));
}

#[test]
fn an_unborn_branch_beside_others() {
    let world = three_files();
    world.git(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    let report = assert_all_three_found(&world);
    assert_eq!(
        (&report.finding_at("1.txt")["at_head"], &report.finding_at("1.txt")["reachable"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn refs_of_a_linked_worktree() {
    assert_refs_of_a_linked_worktree(&three_files());
}

#[test]
fn refs_of_a_linked_worktree_in_a_reftable_repository() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--ref-format=reftable", "--object-format=sha256", "."]);
    commit_three_files(&world);
    assert_refs_of_a_linked_worktree(&world);
    world.git(&["checkout", "-q", "--detach"]);
    world.write("work/5.txt", line(5));
    commit(&world, "detached");
    assert_eq!(history(&world).finding_at("5.txt")["refs"], serde_json::json!(["HEAD"]));
    let there = world.report_in("linked", &["history"]);
    assert_eq!(there.finding_at("5.txt")["refs"], serde_json::json!(["main-worktree/HEAD"]));
    assert_eq!(there.finding_at("4.txt")["refs"], serde_json::json!(["refs/bisect/bad"]));
}

fn assert_refs_of_a_linked_worktree(world: &World) {
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    world.write("linked/4.txt", line(4));
    for arguments in [
        &["add", "-A"][..],
        &["commit", "-q", "-m", "x"],
        &["update-ref", "refs/bisect/bad", "HEAD"],
        &["reset", "-q", "--hard", "HEAD~1"],
    ] {
        assert_eq!(world.run(world.command("git", "linked").args(arguments)).code, 0);
    }
    let report = history(world);
    report.assert_findings(&[&ALL_THREE[..], &["new 4.txt:1"]].concat());
    assert_eq!(report.finding_at("4.txt")["refs"], serde_json::json!(["worktrees/linked/refs/bisect/bad"]));
}

#[test]
fn a_dropped_stash() {
    let world = three_files();
    world.write("work/1.txt", line(4));
    world.git(&["stash", "-q"]);
    world.git(&["stash", "drop", "-q"]);
    let report = history(&world);
    assert_eq!((report.code, report.findings.len()), (1, 4));
    assert!(report.findings.iter().any(|finding| finding["reachable"] == false));
}

#[test]
fn a_value_in_the_index_of_a_stash() {
    let world = three_files();
    world.write("work/1.txt", line(4));
    world.git(&["add", "1.txt"]);
    world.write("work/1.txt", "harmless again\n");
    world.git(&["stash", "-q"]);
    let report = history(&world);
    let found = report.findings.iter().find(|finding| finding["refs"] == serde_json::json!(["refs/stash"]));
    assert_eq!(text(found.expect("found"), "first_commit"), id(&world, "stash^2"));
}

#[test]
fn backup_refs_of_filter_branch() {
    let world = three_files();
    world.git(&["update-ref", "refs/original/refs/heads/main", "HEAD"]);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let report = assert_all_three_found(&world);
    assert_eq!(report.finding_at("3.txt")["refs"], serde_json::json!(["refs/original/refs/heads/main"]));
}

#[test]
fn a_separate_git_directory() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--separate-git-dir", "../elsewhere.git", "."]);
    commit_three_files(&world);
    assert_all_three_found(&world);
    history_of(&world, "", &["history", "elsewhere.git"]).assert_findings(&ALL_THREE);
}

#[test]
fn a_repository_with_files_and_core_bare() {
    let world = three_files();
    world.git(&["config", "core.bare", "true"]);
    assert_all_three_found(&world);
}

#[test]
fn a_treeless_clone_lists_missing_objects_and_fetches_nothing() {
    let world = three_files();
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--filter=tree:0", "--no-checkout", &url, "../partial"]);
    let report = history_of(&world, "partial", &["history"]);
    assert_eq!((report.code, report.summary["complete"].as_bool()), (3, Some(false)));
    assert_eq!(report.unscanned_kinds(), ["missing"; 3], "{:#?}", report.unscanned);
}

#[test]
fn a_shallow_clone_without_findings_is_incomplete() {
    let world = empty();
    for n in 0..3 {
        world.write("work/a", format!("{n}\n"));
        commit(&world, "x");
    }
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let report = history_of(&world, "shallow", &["history"]);
    assert_incomplete(&report, &["shallow"], &[]);
    let human = world.stopleak_in("shallow", &["history"]).stdout;
    assert!(human.contains("git fetch --unshallow") && !human.contains("clean"), "{human}");
}

#[test]
fn findings_at_the_boundary_of_a_shallow_clone_are_flagged() {
    let world = three_files();
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--depth", "2", &url, "../shallow"]);
    let report = history_of(&world, "shallow", &["history"]);
    assert_incomplete(&report, &["shallow"], &ALL_THREE);
    let shallow = |path: &str| report.finding_at(path)["shallow"].as_bool();
    assert_eq!([shallow("1.txt"), shallow("2.txt"), shallow("3.txt")], [Some(true), Some(true), Some(false)]);
    let human = world.stopleak_in("shallow", &["history"]).stdout;
    assert!(human.contains("at or before"), "{human}");
}

#[test]
fn a_repository_that_is_repacked_during_the_scan() {
    let world = three_files();
    for n in 0..60 {
        write_dangling_blob(&world, &format!("padding {n}\n"));
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let commands: [&[&str]; 4] = [
                &["repack", "-q", "-a", "-d", "-k"],
                &["multi-pack-index", "write"],
                &["repack", "-q", "-A", "-d"],
                &["gc", "-q", "--prune=now"],
            ];
            for command in commands.iter().cycle().take(24) {
                // A command may fail or have nothing to do; only the results of the scans are asserted.
                world.run(world.command("git", "work").args(*command));
                world.write("work/more.txt", format!("{command:?}{:?}\n", std::time::SystemTime::now()));
                world.run(world.command("git", "work").args(["commit", "-q", "-a", "-m", "more"]));
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let mut runs = 0;
        while runs < 3 || !done.load(std::sync::atomic::Ordering::Relaxed) {
            let run = world.stopleak(&["history", "--format", "jsonl"]);
            assert_eq!(
                (run.code, run.stdout.matches(r#""type":"finding""#).count()),
                (1, 3),
                "{}",
                run.stdout
            );
            runs += 1;
        }
    });
}

#[test]
fn git_variables_select_the_repository_without_a_path_argument() {
    let world = three_files();
    let git_dir = world.path("work/.git");
    world.write("outside/x", "");
    let mut command = world.command(crate::support::binary(), "outside");
    world.report_of(command.arg("history").env("GIT_DIR", &git_dir)).assert_findings(&ALL_THREE);
    // A path argument takes precedence over the variables.
    world.git(&["init", "-q", "../other"]);
    let mut command = world.command(crate::support::binary(), "");
    world.report_of(command.args(["history", "other"]).env("GIT_DIR", &git_dir)).assert_findings(&[]);
    // Objects of git's quarantine directory are scanned.
    world.git(&["init", "-q", "--bare", "../quarantine"]);
    let quarantine = world.path("quarantine/objects");
    world.write("b", line(4));
    let mut command = world.command("git", "work");
    let stored =
        world.run(command.args(["hash-object", "-w", "../b"]).env("GIT_OBJECT_DIRECTORY", &quarantine));
    assert_eq!(stored.code, 0, "{}", stored.stderr);
    assert_all_three_found(&world);
    let mut command = world.command(crate::support::binary(), "work");
    command.arg("history").env("GIT_OBJECT_DIRECTORY", &quarantine);
    command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", git_dir.join("objects"));
    world.report_of(&mut command).assert_findings(&[&ALL_THREE[..], &["new file:1"]].concat());
}

#[test]
fn worktrees_with_relative_paths() {
    let world = three_files();
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    world.write("linked/.git", "gitdir: ../work/.git/worktrees/linked\n");
    world.write("work/.git/worktrees/linked/gitdir", "../../../../linked/.git\n");
    world.git(&["config", "core.repositoryFormatVersion", "1"]);
    world.git(&["config", "extensions.relativeWorktrees", "true"]);
    assert_all_three_found(&world);
    let report = history_of(&world, "linked", &["history"]);
    report.assert_findings(&ALL_THREE);
    assert!(report.findings.iter().all(|finding| finding["at_head"] == true));
}

#[test]
fn an_unknown_repository_extension_is_refused() {
    let world = three_files();
    world.git(&["config", "core.repositoryFormatVersion", "1"]);
    world.git(&["config", "extensions.fromTheFuture", "true"]);
    let run = world.stopleak(&["history"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("fromthefuture"), "{}", run.stderr);
}

#[test]
fn a_malformed_head_is_an_error() {
    let world = three_files();
    world.write("work/.git/HEAD", "nonsense\n");
    let run = world.stopleak(&["history"]);
    assert!(run.code >= 2, "{} {}", run.code, run.stdout);
}

#[test]
fn a_repository_of_another_user_is_refused() {
    let world = three_files();
    world.write("work/stopleak.yaml", "skip-paths:\n  - '*.txt'\n");
    let chowned = std::os::unix::fs::chown(world.path("work"), Some(12_345), None)
        .and_then(|()| std::os::unix::fs::chown(world.path("work/.git"), Some(12_345), None));
    if chowned.is_err() {
        // Only root can change the owner of a directory.
        return;
    }
    for folder in ["work", ""] {
        let run = world.stopleak_in(folder, &["history", if folder.is_empty() { "work" } else { "." }]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(
            run.stderr.contains("another user") && run.stderr.contains("safe.directory"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_repository_of_another_user_in_safe_directory_is_read() {
    let world = three_files();
    world.write(".gitconfig", "[safe]\n\tdirectory = *\n");
    let owner = |path: &str| std::os::unix::fs::chown(world.path(path), Some(12_345), None);
    if owner("work").and_then(|()| owner("work/.git")).is_err() {
        return;
    }
    assert_all_three_found(&world);
    // git also reads the setting from variables.
    std::fs::rename(world.path(".gitconfig"), world.path("settings")).expect("renamed");
    let run = |variables: &[(&str, &str)]| {
        let mut command = world.command(binary(), "work");
        world.run(command.args(["history", "."]).envs(variables.iter().copied())).code
    };
    assert_eq!(run(&[]), 2);
    let settings = world.path("settings");
    assert_eq!(run(&[("GIT_CONFIG_GLOBAL", settings.to_str().expect("text"))]), 1);
    let counted =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "/else")];
    assert_eq!(run(&counted), 2);
    assert_eq!(run(&[counted[0], counted[1], ("GIT_CONFIG_VALUE_0", "*")]), 1);
    // Trust in the repository that GIT_DIR names does not extend to another repository.
    world.git(&["init", "-q", "../other"]);
    let mut command = world.command(binary(), "other");
    command.args(["history", "../work"]).env("GIT_DIR", world.path("other/.git"));
    assert_eq!(world.run(&mut command).code, 2);
}

#[test]
fn a_repository_of_another_user_is_read_if_variables_declare_it_safe() {
    let world = three_files();
    let owner = |path: &str| std::os::unix::fs::chown(world.path(path), Some(12_345), None);
    if owner("work").and_then(|()| owner("work/.git")).is_err() {
        return;
    }
    // The repository's own configuration cannot declare it safe.
    world.git(&["config", "--file", "../work/.git/config", "safe.directory", "*"]);
    let world_path = |name: &str| world.path(name).canonicalize().expect("there").display().to_string();
    let work = world_path("work");
    for (file, named) in [("global", work.as_str()), ("other", "/elsewhere")] {
        world.write(file, format!("[safe]\n\tdirectory = {named}\n"));
    }
    let keys = |value: &str| {
        let names = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"];
        names.into_iter().zip(["1".to_owned(), "safe.directory".to_owned(), value.to_owned()]).collect()
    };
    let cases: [(Vec<(&str, String)>, i32); 6] = [
        (vec![("GIT_CONFIG_PARAMETERS", format!("'safe.directory'='{work}'"))], 1),
        (keys(&work), 1),
        (keys(&format!("{}/*", world_path(""))), 1),
        (vec![("GIT_CONFIG_GLOBAL", world_path("global"))], 1),
        // git trusts a repository that the user names in GIT_DIR.
        (vec![("GIT_DIR", world_path("work/.git"))], 1),
        (vec![("GIT_CONFIG_GLOBAL", world_path("other"))], 2),
    ];
    for (variables, code) in cases {
        let run = world.run(world.command(binary(), "work").arg("history").envs(variables.clone()));
        assert_eq!(run.code, code, "{variables:?}: {}", run.stderr);
    }
    // The error names the root of the repository also in a subdirectory.
    world.write("work/below/file", "");
    let run = world.stopleak_in("work/below", &["history"]);
    assert!(run.stderr.contains("safe.directory [WORLD]/work\n"), "{}", run.stderr);
}

#[test]
fn commands_in_the_repository_configuration_are_not_run() {
    let world = three_files();
    let touch = |name: &str| format!("touch {}", world.path(name).display());
    for (key, name) in [
        ("core.fsmonitor", "fsmonitor"),
        ("core.sshCommand", "ssh"),
        ("diff.external", "diff"),
        ("gpg.program", "gpg"),
        ("core.alternateRefsCommand", "alternate"),
        ("uploadpack.packObjectsHook", "hook"),
    ] {
        world.git(&["config", key, &touch(name)]);
    }
    world.git(&["config", "include.path", "/nowhere/at/all"]);
    assert_all_three_found(&world);
    for name in ["fsmonitor", "ssh", "diff", "gpg", "alternate", "hook"] {
        assert!(!world.path(name).exists(), "{name} was run");
    }
}
