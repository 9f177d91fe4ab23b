//! Wherever and however objects and names are stored, and what is said of a clone of a part.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::report::{Report, commit, dangle, empty, history, history_of, id, incomplete, text};
use crate::support::{World, binary};
use crate::tokens::{line, token};

/// Files `1.txt` to `3.txt` with values, a commit each.
pub(crate) fn three() -> World {
    let world = empty();
    fill(&world);
    world
}

pub(crate) fn fill(world: &World) {
    for seed in 1..4 {
        world.write(&format!("work/{seed}.txt"), line(seed));
        commit(world, &format!("brings {seed}"));
    }
}

pub(crate) const THREE: [&str; 3] = ["new 1.txt:1", "new 2.txt:1", "new 3.txt:1"];

pub(crate) fn loose(world: &World, id: &str) -> PathBuf {
    world.path(&format!("work/.git/objects/{}/{}", &id[..2], &id[2..]))
}

pub(crate) fn remove(world: &World, id: &str) {
    fs::remove_file(loose(world, id)).expect("a loose object");
}

/// Breaks a loose object in the middle.
pub(crate) fn damage(world: &World, id: &str) {
    overwrite(&loose(world, id), |bytes| {
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

/// Files in the folder of packs with this ending.
pub(crate) fn packs(world: &World, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(world.path("work/.git/objects/pack")).expect("readable");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    paths
}

#[track_caller]
pub(crate) fn all_three(world: &World) -> Report {
    let report = history(world);
    report.is(&THREE);
    assert_eq!(report.gaps(), [""; 0]);
    report
}

#[test]
fn a_repository_of_sha256() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--object-format=sha256", "."]);
    fill(&world);
    let report = all_three(&world);
    assert_eq!(text(report.at("3.txt"), "first_commit"), id(&world, "HEAD"));
    world.git(&["repack", "-q", "-ad"]);
    assert_eq!(text(all_three(&world).at("3.txt"), "first_commit").len(), 64);
}

#[test]
fn a_repository_of_sha256_with_an_unborn_head() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--object-format=sha256", "."]);
    history(&world).is(&[]);
    dangle(&world, &line(1));
    history(&world).is(&["new file:1"]);
}

#[test]
fn refs_in_tables() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--ref-format=reftable", "."]);
    fill(&world);
    world.git(&["branch", &token(9)]);
    world.write("work/1.txt", line(4));
    world.git(&["stash", "-q"]);
    let report = history(&world);
    assert_eq!((report.code, report.gaps(), report.findings.len()), (1, vec![], 5), "{:?}", report.found());
    assert_eq!(report.at("2.txt")["at_head"], true);
    let stashed = report.findings.iter().find(|finding| finding["refs"] == serde_json::json!(["refs/stash"]));
    assert_eq!(text(stashed.expect("found"), "path"), "1.txt");
    assert!(report.findings.iter().any(|finding| finding["carrier"] == "ref-name"));
}

#[test]
fn a_cruft_pack() {
    let world = three();
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["repack", "-q", "--cruft", "-d"]);
    assert_eq!(packs(&world, "mtimes").len(), 1);
    let report = all_three(&world);
    assert_eq!(
        (&report.at("1.txt")["reachable"], &report.at("3.txt")["reachable"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn objects_that_a_repack_made_loose() {
    let world = three();
    world.git(&["repack", "-q", "-ad"]);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["repack", "-q", "-A", "-d", "--unpack-unreachable=2.weeks.ago"]);
    assert_eq!(all_three(&world).at("3.txt")["reachable"], false);
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
    all_three(&world);
}

#[test]
fn a_multi_pack_index_that_names_packs_that_are_gone() {
    let world = three();
    world.git(&["repack", "-q", "-d"]);
    world.git(&["multi-pack-index", "write"]);
    let old = fs::read(world.path("work/.git/objects/pack/multi-pack-index")).expect("readable");
    world.write("work/4.txt", "more\n");
    commit(&world, "more");
    world.git(&["repack", "-q", "-a", "-d"]);
    world.write("work/.git/objects/pack/multi-pack-index", old);
    all_three(&world);
}

#[test]
fn a_pack_index_of_the_first_version_and_kept_packs() {
    let world = three();
    world.git(&["-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "--write-bitmap-index"]);
    let pack = packs(&world, "pack").remove(0);
    fs::write(pack.with_extension("keep"), "").expect("written");
    all_three(&world);
}

#[test]
fn alternates_of_alternates() {
    let world = three();
    world.git(&["clone", "-q", "--shared", ".", "../one"]);
    world.git(&["clone", "-q", "--shared", "../one", "../two"]);
    history_of(&world, "two", &["history"]).is(&THREE);
}

#[test]
fn a_chain_of_commit_graphs() {
    let world = three();
    world.git(&["commit-graph", "write", "--reachable", "--split", "--changed-paths"]);
    world.write("work/4.txt", "more\n");
    commit(&world, "more");
    world.git(&["commit-graph", "write", "--reachable", "--split=no-merge", "--changed-paths"]);
    all_three(&world);
}

#[test]
fn a_commit_graph_that_lies_is_not_asked() {
    let world = three();
    world.git(&["commit-graph", "write", "--reachable"]);
    overwrite(&world.path("work/.git/objects/info/commit-graph"), |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0);
    });
    all_three(&world);
}

#[test]
fn replaced_objects_count_as_they_are() {
    let world = three();
    let clean = dangle(&world, "harmless\n");
    let blob = id(&world, "HEAD:2.txt");
    world.git(&["replace", &blob, &clean]);
    let (first, last) = (id(&world, "HEAD~2"), id(&world, "HEAD"));
    world.git(&["replace", &last, &first]);
    let report = all_three(&world);
    assert_eq!(text(report.at("3.txt"), "first_commit"), last);
}

#[test]
fn grafts_have_no_say() {
    let world = three();
    let (first, last) = (id(&world, "HEAD~2"), id(&world, "HEAD"));
    world.write("work/.git/info/grafts", format!("{last}\n"));
    let report = all_three(&world);
    assert_eq!(text(report.at("1.txt"), "first_commit"), first);
}

#[test]
fn a_tree_that_dangles() {
    let world = empty();
    world.write("work/dir/a.txt", line(1));
    world.git(&["add", "-A"]);
    world.git(&["write-tree"]);
    world.git(&["reset", "-q"]);
    fs::remove_dir_all(world.path("work/dir")).expect("removed");
    let report = history(&world);
    report.is(&["new file:1"]);
    assert_eq!(report.at("")["reachable"], false);
}

#[test]
fn a_branch_that_is_not_born_beside_others() {
    let world = three();
    world.git(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    let report = all_three(&world);
    assert_eq!(
        (&report.at("1.txt")["at_head"], &report.at("1.txt")["reachable"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn refs_of_other_work_trees() {
    refs_of_a_linked_work_tree(&three());
}

#[test]
fn refs_of_other_work_trees_in_tables() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--ref-format=reftable", "--object-format=sha256", "."]);
    fill(&world);
    refs_of_a_linked_work_tree(&world);
    world.git(&["checkout", "-q", "--detach"]);
    world.write("work/5.txt", line(5));
    commit(&world, "detached");
    assert_eq!(history(&world).at("5.txt")["refs"], serde_json::json!(["HEAD"]));
    let there = world.report_in("linked", &["history"]);
    assert_eq!(there.at("5.txt")["refs"], serde_json::json!(["main-worktree/HEAD"]));
    assert_eq!(there.at("4.txt")["refs"], serde_json::json!(["refs/bisect/bad"]));
}

fn refs_of_a_linked_work_tree(world: &World) {
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
    report.is(&[&THREE[..], &["new 4.txt:1"]].concat());
    assert_eq!(report.at("4.txt")["refs"], serde_json::json!(["worktrees/linked/refs/bisect/bad"]));
}

#[test]
fn a_stash_that_was_dropped() {
    let world = three();
    world.write("work/1.txt", line(4));
    world.git(&["stash", "-q"]);
    world.git(&["stash", "drop", "-q"]);
    let report = history(&world);
    assert_eq!((report.code, report.findings.len()), (1, 4));
    assert!(report.findings.iter().any(|finding| finding["reachable"] == false));
}

#[test]
fn what_only_the_index_of_a_stash_has() {
    let world = three();
    world.write("work/1.txt", line(4));
    world.git(&["add", "1.txt"]);
    world.write("work/1.txt", "harmless again\n");
    world.git(&["stash", "-q"]);
    let report = history(&world);
    let found = report.findings.iter().find(|finding| finding["refs"] == serde_json::json!(["refs/stash"]));
    assert_eq!(text(found.expect("found"), "first_commit"), id(&world, "stash^2"));
}

#[test]
fn what_filter_branch_left_behind() {
    let world = three();
    world.git(&["update-ref", "refs/original/refs/heads/main", "HEAD"]);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let report = all_three(&world);
    assert_eq!(report.at("3.txt")["refs"], serde_json::json!(["refs/original/refs/heads/main"]));
}

#[test]
fn a_git_directory_elsewhere() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--separate-git-dir", "../elsewhere.git", "."]);
    fill(&world);
    all_three(&world);
    history_of(&world, "", &["history", "elsewhere.git"]).is(&THREE);
}

#[test]
fn a_repository_that_calls_itself_bare_beside_its_files() {
    let world = three();
    world.git(&["config", "core.bare", "true"]);
    all_three(&world);
}

#[test]
fn a_clone_without_trees_lists_what_it_lacks_and_fetches_nothing() {
    let world = three();
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--filter=tree:0", "--no-checkout", &url, "../partial"]);
    let report = history_of(&world, "partial", &["history"]);
    assert_eq!((report.code, report.summary["complete"].as_bool()), (3, Some(false)));
    assert_eq!(report.gaps(), ["missing"; 3], "{:#?}", report.coverage);
}

#[test]
fn a_shallow_clone_with_a_clean_tree_is_no_pass() {
    let world = empty();
    for n in 0..3 {
        world.write("work/a", format!("{n}\n"));
        commit(&world, "x");
    }
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let report = history_of(&world, "shallow", &["history"]);
    incomplete(&report, &["shallow"], &[]);
    let human = world.stopleak_in("shallow", &["history"]).stdout;
    assert!(human.contains("git fetch --unshallow") && !human.contains("clean"), "{human}");
}

#[test]
fn what_came_at_or_before_the_edge_of_a_shallow_clone_says_so() {
    let world = three();
    let url = format!("file://{}", world.path("work").display());
    world.git(&["clone", "-q", "--depth", "2", &url, "../shallow"]);
    let report = history_of(&world, "shallow", &["history"]);
    incomplete(&report, &["shallow"], &THREE);
    let shallow = |path: &str| report.at(path)["shallow"].as_bool();
    assert_eq!([shallow("1.txt"), shallow("2.txt"), shallow("3.txt")], [Some(true), Some(true), Some(false)]);
    let human = world.stopleak_in("shallow", &["history"]).stdout;
    assert!(human.contains("at or before"), "{human}");
}

#[test]
fn a_repository_that_is_repacked_meanwhile() {
    let world = three();
    for n in 0..60 {
        dangle(&world, &format!("filler {n}\n"));
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let ways: [&[&str]; 4] = [
                &["repack", "-q", "-a", "-d", "-k"],
                &["multi-pack-index", "write"],
                &["repack", "-q", "-A", "-d"],
                &["gc", "-q", "--prune=now"],
            ];
            for way in ways.iter().cycle().take(24) {
                // What comes second can find nothing to do; what counts is what the scans say.
                world.run(world.command("git", "work").args(*way));
                world.write("work/more.txt", format!("{way:?}{:?}\n", std::time::SystemTime::now()));
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
fn variables_of_git_lead_to_the_repository_where_none_is_named() {
    let world = three();
    let git_dir = world.path("work/.git");
    world.write("outside/x", "");
    let mut command = world.command(crate::support::binary(), "outside");
    world.report_of(command.arg("history").env("GIT_DIR", &git_dir)).is(&THREE);
    // What is named holds.
    world.git(&["init", "-q", "../other"]);
    let mut command = world.command(crate::support::binary(), "");
    world.report_of(command.args(["history", "other"]).env("GIT_DIR", &git_dir)).is(&[]);
    // Objects of a quarantine are objects.
    world.git(&["init", "-q", "--bare", "../quarantine"]);
    let quarantine = world.path("quarantine/objects");
    world.write("b", line(4));
    let mut command = world.command("git", "work");
    let stored =
        world.run(command.args(["hash-object", "-w", "../b"]).env("GIT_OBJECT_DIRECTORY", &quarantine));
    assert_eq!(stored.code, 0, "{}", stored.stderr);
    all_three(&world);
    let mut command = world.command(crate::support::binary(), "work");
    command.arg("history").env("GIT_OBJECT_DIRECTORY", &quarantine);
    command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", git_dir.join("objects"));
    world.report_of(&mut command).is(&[&THREE[..], &["new file:1"]].concat());
}

#[test]
fn work_trees_with_relative_paths() {
    let world = three();
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    world.write("linked/.git", "gitdir: ../work/.git/worktrees/linked\n");
    world.write("work/.git/worktrees/linked/gitdir", "../../../../linked/.git\n");
    world.git(&["config", "core.repositoryFormatVersion", "1"]);
    world.git(&["config", "extensions.relativeWorktrees", "true"]);
    all_three(&world);
    let report = history_of(&world, "linked", &["history"]);
    report.is(&THREE);
    assert!(report.findings.iter().all(|finding| finding["at_head"] == true));
}

#[test]
fn an_extension_that_nobody_knows_is_refused() {
    let world = three();
    world.git(&["config", "core.repositoryFormatVersion", "1"]);
    world.git(&["config", "extensions.fromTheFuture", "true"]);
    let run = world.stopleak(&["history"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("fromthefuture"), "{}", run.stderr);
}

#[test]
fn a_head_that_does_not_read_is_no_pass() {
    let world = three();
    world.write("work/.git/HEAD", "nonsense\n");
    let run = world.stopleak(&["history"]);
    assert!(run.code >= 2, "{} {}", run.code, run.stdout);
}

#[test]
fn a_repository_of_another_user_is_refused() {
    let world = three();
    world.write("work/stopleak.yaml", "skip-paths:\n  - '*.txt'\n");
    let chowned = std::os::unix::fs::chown(world.path("work"), Some(12_345), None)
        .and_then(|()| std::os::unix::fs::chown(world.path("work/.git"), Some(12_345), None));
    if chowned.is_err() {
        // Only root can give a folder away.
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
fn a_repository_of_another_user_that_is_called_safe_is_read() {
    let world = three();
    world.write(".gitconfig", "[safe]\n\tdirectory = *\n");
    let owner = |path: &str| std::os::unix::fs::chown(world.path(path), Some(12_345), None);
    if owner("work").and_then(|()| owner("work/.git")).is_err() {
        return;
    }
    all_three(&world);
    // git hears of it in more ways.
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
    // Nor is another repository's trust its own.
    world.git(&["init", "-q", "../other"]);
    let mut command = world.command(binary(), "other");
    command.args(["history", "../work"]).env("GIT_DIR", world.path("other/.git"));
    assert_eq!(world.run(&mut command).code, 2);
}

#[test]
fn a_repository_of_another_user_that_variables_call_safe_is_read() {
    let world = three();
    let owner = |path: &str| std::os::unix::fs::chown(world.path(path), Some(12_345), None);
    if owner("work").and_then(|()| owner("work/.git")).is_err() {
        return;
    }
    // What the repository says of itself counts for nothing.
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
    let ways: [(Vec<(&str, String)>, i32); 6] = [
        (vec![("GIT_CONFIG_PARAMETERS", format!("'safe.directory'='{work}'"))], 1),
        (keys(&work), 1),
        (keys(&format!("{}/*", world_path(""))), 1),
        (vec![("GIT_CONFIG_GLOBAL", world_path("global"))], 1),
        // git trusts whoever names the repository.
        (vec![("GIT_DIR", world_path("work/.git"))], 1),
        (vec![("GIT_CONFIG_GLOBAL", world_path("other"))], 2),
    ];
    for (variables, code) in ways {
        let run = world.run(world.command(binary(), "work").arg("history").envs(variables.clone()));
        assert_eq!(run.code, code, "{variables:?}: {}", run.stderr);
    }
    // The folder to trust is that of the repository, wherever one stands in it.
    world.write("work/below/file", "");
    let run = world.stopleak_in("work/below", &["history"]);
    assert!(run.stderr.contains("safe.directory [WORLD]/work\n"), "{}", run.stderr);
}

#[test]
fn nothing_of_the_repositorys_settings_is_run() {
    let world = three();
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
    all_three(&world);
    for name in ["fsmonitor", "ssh", "diff", "gpg", "alternate", "hook"] {
        assert!(!world.path(name).exists(), "{name} was run");
    }
}
