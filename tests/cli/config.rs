//! The configuration file, its layers and its errors.

use insta::assert_snapshot;

use crate::rules::GOOD;
use crate::support::planted::sample_value;
use crate::support::{World, binary};

#[test]
fn show_prints_the_origin_of_every_value_and_works_in_a_subfolder() {
    let world = World::repository();
    world.write(
        "work/stopleak.yaml",
        "skip-paths: [vendor/**]\nrules:\n  off: [generic-password]\nfail-on: high\nmax-blob-size: 5MB\n",
    );
    world.write("work/sub/b.txt", "");
    let mut command = world.command(binary(), "work/sub");
    command.args(["config", "show", "--confidence", "high", "--threads", "2"]);
    let run = world.run(command.env("STOPLEAK_MAX_BLOB_SIZE", "1GB").env("STOPLEAK_BASELINE", "known"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_snapshot!(run.stdout, @r"
    confidence: high                 # --confidence
    fail-on: high                    # [WORLD]/work/stopleak.yaml
    max-blob-size: 1GB               # STOPLEAK_MAX_BLOB_SIZE
    baseline: known                  # STOPLEAK_BASELINE
    skip-paths:
      - vendor/**                    # [WORLD]/work/stopleak.yaml:1
    rules:
      off:
        - generic-password           # [WORLD]/work/stopleak.yaml:3
    # threads: 2                     # --threads
    ");
}

#[test]
fn defaults_need_no_file_and_no_repository() {
    let world = World::empty();
    let run = world.stopleak(&["config", "show"]);
    assert_snapshot!(run.stdout, @r"
    confidence: medium               # default
    fail-on: medium                  # default
    max-blob-size: 100MB             # default
    baseline: .stopleak-baseline     # default
    ");
    let run = world.stopleak(&["config", "check"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("configuration: none") && run.stdout.ends_with("ok\n"), "{}", run.stdout);
}

/// Returns the first line of the error that both `config check` and a scan print for a configuration file.
fn error_for(text: &str) -> String {
    let world = World::repository();
    world.write("work/stopleak.yaml", text);
    let check = world.stopleak(&["config", "check"]);
    let scan = world.stopleak(&["staged", "--exit-zero"]);
    assert_eq!((check.code, scan.code), (2, 2), "{text}");
    assert_eq!((check.stdout.as_str(), &check.stderr), ("", &scan.stderr), "{text}");
    check.stderr.lines().next().expect("a message").to_owned()
}

#[test]
fn errors_have_their_position() {
    assert_snapshot!(error_for("skip-path: [a]\n"), @"error: stopleak.yaml:1:1: unknown key `skip-path`; did you mean `skip-paths`? (known keys: skip-paths, rules, confidence, fail-on, max-blob-size, baseline, hooks)");
    assert_snapshot!(error_for("\nrules:\n  off: [generic-pasword]\n"), @"error: stopleak.yaml:3: there is no rule `generic-pasword`; did you mean `generic-password`?");
    assert_snapshot!(error_for("skip-paths:\n  - ok\n  - '**'\n"), @"error: stopleak.yaml:3: `**` is no usable path pattern: it would skip every file");
    assert_snapshot!(error_for("fail-on: low\nconfidence: high\n"), @"error: stopleak.yaml: fail-on `low` is below confidence `high` (stopleak.yaml); what is not reported cannot fail");
    assert_snapshot!(error_for("baseline: gone\n"), @"error: gone: no such file (stopleak.yaml)");
    assert!(error_for("rules: {files: [gone.yaml]}\n").contains("stopleak.yaml:1"));
}

#[test]
fn two_files_are_an_error_and_no_config_ignores_both() {
    let world = World::repository();
    world.write("work/stopleak.yaml", "");
    world.write("work/.config/stopleak.yaml", "broken: [");
    let run = world.stopleak(&["config", "check"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("keep one of them"), "{}", run.stderr);
    assert_eq!(world.stopleak(&["config", "check", "--no-config"]).code, 0);
    assert_eq!(world.stopleak(&["config", "check", "--config", "stopleak.yaml"]).code, 0);
    let mut command = world.command(binary(), "work");
    assert_eq!(world.run(command.args(["config", "check"]).env("STOPLEAK_NO_CONFIG", "1")).code, 0);
}

#[test]
fn a_folder_or_a_dangling_link_in_place_of_the_file_is_an_error() {
    let world = World::repository();
    std::fs::create_dir(world.path("work/stopleak.yaml")).expect("made");
    assert_eq!(world.stopleak(&["staged"]).code, 2);
    #[cfg(unix)]
    {
        std::fs::remove_dir(world.path("work/stopleak.yaml")).expect("removed");
        std::os::unix::fs::symlink("gone", world.path("work/stopleak.yaml")).expect("linked");
        assert_eq!(world.stopleak(&["staged"]).code, 2);
    }
}

#[cfg(unix)]
#[test]
fn errors_show_nothing_of_a_file_outside_of_the_repository() {
    let link = std::os::unix::fs::symlink::<std::path::PathBuf, std::path::PathBuf>;
    for (name, config) in [
        ("stopleak.yaml", None),
        ("acme.yaml", Some("rules: {files: [acme.yaml]}\n")),
        ("../outside.yaml", Some("rules: {files: [../outside.yaml]}\n")),
        (".stopleak-baseline", None),
        ("known", Some("baseline: known\n")),
    ] {
        let world = World::repository();
        world.write("outside.yaml", "hunter2-is-my-key: 1\n");
        if let Some(config) = config {
            world.write("work/stopleak.yaml", config);
        }
        if !name.starts_with("..") {
            link(world.path("outside.yaml"), world.path(&format!("work/{name}"))).expect("linked");
        }
        let run = world.stopleak(&["scan"]);
        assert_eq!(run.code, 2, "{name}: {}", run.stderr);
        assert!(
            !run.stderr.contains("hunter2") && run.stderr.contains("outside of the repository"),
            "{}",
            run.stderr
        );
        // A file that the user names is shown.
        let run = world.stopleak(&["scan", "--config", "../outside.yaml"]);
        assert!(run.stderr.contains("hunter2-is-my-key"), "{}", run.stderr);
    }
}

#[test]
fn variables_are_validated_like_flags() {
    let world = World::repository();
    let run = |name: &str, value: &str| {
        let mut command = world.command(binary(), "work");
        world.run(command.args(["config", "check"]).env(name, value))
    };
    let wrong = run("STOPLEAK_FAIL_ON", "hihg");
    assert_eq!(wrong.code, 2);
    assert_snapshot!(wrong.stderr, @"error: STOPLEAK_FAIL_ON: expected one of low, medium, high");
    assert_eq!(run("STOPLEAK_FAIL_ON", "").code, 0);
    let unknown = run("STOPLEAK_FAILON", "high");
    assert_eq!(unknown.code, 0);
    assert_snapshot!(unknown.stderr, @"warning: unknown variable STOPLEAK_FAILON; did you mean STOPLEAK_FAIL_ON?");
}

#[test]
fn tokens_in_globs_paths_and_ids_are_masked() {
    let token = sample_value("github-classic-pat", 7);
    let world = World::repository();
    world.write(&format!("work/{token}.yaml"), GOOD.replace("name: Acme token", &format!("name: '{token}'")));
    world.write(
        "work/stopleak.yaml",
        format!("skip-paths: ['{token}/**']\nbaseline: '{token}'\nrules: {{files: ['{token}.yaml']}}\n"),
    );
    world.write(&format!("work/{token}"), "key: 000102030405060708090a0b0c0d0e0f\n");
    let only = format!("--only={token}");
    for (arguments, code) in [
        (&["config", "show"][..], 0),
        (&["config", "show", &only], 0),
        (&["config", "check"], 0),
        (&["config", "check", &only], 2),
        (&["rules", "list", "acme"], 0),
        (&["rules", "list", "--format=json"], 0),
        (&["rules", "show", "acme-token"], 0),
        (&["rules", "show", "acme-token", "--format=json"], 0),
        (&["rules", "show", &token], 2),
        (&["baseline", "show"], 0),
        (&["staged", "--config", &token], 2),
    ] {
        let run = world.stopleak(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        let output = run.stdout + &run.stderr;
        assert!(!output.contains(&token), "{arguments:?}: {output}");
    }
    let show = world.stopleak(&["config", "show"]).stdout;
    assert!(show.contains("/** "), "only the token of a glob is masked: {show}");
}

#[test]
fn any_number_of_threads_is_accepted_and_none_are_needed() {
    let world = World::repository();
    for number in 0..300 {
        world.write(&format!("work/files/{number}.txt"), format!("{number}\n"));
    }
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "second"]);
    for arguments in [&["scan"][..], &["history"], &["range", "HEAD~1..HEAD"]] {
        let mut command = world.command(binary(), "work");
        let run = world.run(command.args(arguments).args(["--threads", "1000000"]));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
        // With a stack larger than the address space no thread can be started.
        let mut command = world.command(binary(), "work");
        command.args(arguments).args(["--threads", "4"]).env("RUST_MIN_STACK", (1_u64 << 60).to_string());
        let run = world.run(&mut command);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_file_above_a_limit_is_an_error_that_names_file_limit_and_remedy() {
    assert_snapshot!(error_for(&"#".repeat(1_000_001)), @"error: stopleak.yaml: larger than 1 MB, the limit for a configuration file; check that this is the right file, and write one glob for each folder instead of one for each file");
    assert_snapshot!(error_for(&format!("skip-paths: {}", "[".repeat(100_000))), @"error: stopleak.yaml: lists and mappings are nested more than 64 deep, the limit; put text with brackets into quotes");
    assert_snapshot!(error_for(&format!("rules: {{off: [{}]}}", "a,".repeat(10_001))), @"error: stopleak.yaml: there are more than 10000 entries in rules: off, the limit; write a glob or a folder for many of them");
    let world = World::repository();
    world.write("work/acme.yaml", format!("rules: {}", "{a: ".repeat(100_000)));
    let run = world.stopleak(&["staged", "--rules", "acme.yaml"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("acme.yaml: lists and mappings are nested more than 64 deep"),
        "{}",
        run.stderr
    );
    assert_eq!(world.stopleak(&["rules", "check", "acme.yaml"]).code, 2);
}

#[test]
fn a_glob_that_is_not_valid_is_named_among_many() {
    let globs: String = (0..2_000).map(|number| format!("  - dir{number}/*.x{number}y\n")).collect();
    let error = error_for(&format!("skip-paths:\n{globs}  - '!a'\n"));
    assert_snapshot!(error, @"error: stopleak.yaml:2002: `!a` is no usable path pattern: negation is not supported");
}
