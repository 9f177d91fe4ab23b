//! Exit codes, and what suppresses findings: allow comments, configuration and baselines.

use std::os::unix::fs::symlink;

use crate::report::text;
use crate::support::World;
use crate::tokens::{RULE, line, token};

fn with_secret() -> World {
    let world = World::repository();
    world.write("work/b.txt", line(1));
    world
}

#[test]
fn exit_codes() {
    let world = with_secret();
    assert_eq!(world.report(&["scan", "a.txt"]).code, 0);
    assert_eq!(world.report(&["scan"]).code, 1);
    assert_eq!(world.report(&["scan", "--exit-zero"]).code, 0);
    assert_eq!(world.report(&["scan", "--exit-zero"]).summary["verdict"], "findings");
    assert_eq!(world.stopleak(&["scan", "gone"]).code, 2);
    assert_eq!(world.stopleak(&["scan", "gone", "--exit-zero"]).code, 2);
    symlink("loop", world.path("work/loop")).expect("linked");
    for arguments in [&["scan", "loop", "b.txt"][..], &["scan", "loop", "b.txt", "--exit-zero"]] {
        let report = world.report(arguments);
        assert_eq!((report.code, report.found()), (3, vec!["new b.txt:1".to_owned()]));
        assert_eq!(report.summary["verdict"], "incomplete");
    }
    let human = world.stopleak(&["scan", "loop", "a.txt"]);
    assert_eq!(human.code, 3);
    assert!(human.stdout.contains("INCOMPLETE") && !human.stdout.contains("clean"), "{}", human.stdout);
}

#[test]
fn confidence_selects_the_reported_findings_and_fail_on_the_blocking_ones() {
    let world = World::repository();
    world.write("work/config.py", format!("db_password = \"{}\"\n", &token(6)[6..30]));
    let report = world.report(&["scan"]);
    assert_eq!((report.code, text(report.finding_at("config.py"), "confidence")), (1, "medium"));
    assert_eq!(world.report(&["scan", "--fail-on", "high"]).code, 0);
    assert_eq!(world.report(&["scan", "--fail-on", "high"]).findings.len(), 1);
    world.report(&["scan", "--confidence", "high", "--fail-on", "high"]).assert_findings(&[]);
}

#[test]
fn an_allow_comment_needs_its_rule_and_a_reason() {
    let world = World::repository();
    for (name, comment) in [
        ("right.py", format!("# stopleak:allow {RULE} revoked in May")),
        ("no-reason.py", format!("# stopleak:allow {RULE}")),
        ("no-rule.py", "# stopleak:allow".to_owned()),
        ("wildcard.py", "# stopleak:allow * all of them".to_owned()),
        ("other.py", "# stopleak:allow generic-password reason".to_owned()),
    ] {
        world.write(&format!("work/{name}"), format!("{} {comment}\n", line(1).trim_end()));
    }
    world.write("work/above.py", format!("# stopleak:allow {RULE} revoked in May\n{}", line(1)));
    world.report(&["scan"]).assert_findings(&[
        "new no-reason.py:1",
        "new no-rule.py:1",
        "new other.py:1",
        "new wildcard.py:1",
        "suppressed above.py:2",
        "suppressed right.py:1",
    ]);
    // Findings with an allow comment do not block a commit.
    assert_eq!(world.stopleak(&["hook", "install"]).code, 0);
    world.git(&["add", "right.py", "above.py"]);
    world.report(&["staged"]).assert_findings(&["suppressed above.py:2", "suppressed right.py:1"]);
    let run = world.run(world.command("git", "work").args(["commit", "-q", "-m", "x"]));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    world.report(&["history"]).assert_findings(&["suppressed above.py:2", "suppressed right.py:1"]);
}

#[test]
fn the_configuration_is_strict_and_is_found_at_the_root() {
    let world = with_secret();
    for (text, expected) in [
        ("skip-path:\n  - b.txt\n", "stopleak.yaml:1"),
        ("skip-paths: [\n", "stopleak.yaml"),
        ("rules:\n  off: [no-such-rule]\n", "no-such-rule"),
        ("skip-paths: ['*']\n", "every file"),
    ] {
        world.write("work/stopleak.yaml", text);
        world.write("work/sub/x.txt", "");
        for folder in ["work", "work/sub"] {
            let run = world.stopleak_in(folder, &["scan"]);
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{text}");
            assert!(run.stderr.contains(expected), "{text}: {}", run.stderr);
        }
    }
    assert_eq!(world.stopleak(&["scan", "--no-config"]).code, 1);
}

#[test]
fn disabled_rules_and_skipped_paths() {
    let world = World::repository();
    // Without an assigned name before the value, no other rule matches it.
    world.write("work/b.txt", format!("see {}\n", token(1)));
    world.write("work/stopleak.yaml", format!("rules:\n  off: [{RULE}]\n"));
    world.report(&["scan"]).assert_findings(&[]);
    world.report(&["scan", "--only", RULE]).assert_findings(&["new b.txt:1"]);
    world.report(&["scan", "--no-config"]).assert_findings(&["new b.txt:1"]);

    world.write("work/stopleak.yaml", "skip-paths:\n  - b.txt\n");
    world.git(&["add", "."]);
    for command in ["scan", "staged"] {
        let report = world.report(&[command]);
        report.assert_findings(&[]);
        assert_eq!(report.count("skipped"), 1, "{command}");
        assert!(world.stopleak(&[command]).stdout.contains("1 file skipped by configuration"), "{command}");
    }
}

const OWN_RULE: &str = "
provider: Example
rules:
  - id: example-token
    name: Example token
    severity: high
    confidence: high
    literals: ['exm_']
    pattern: 'exm_[a-z0-9]{20}'
    help: Revoke it.
    examples:
      - ['token = ', '{sample}']
    counter_examples:
      - 'exm_short'
";

#[test]
fn rule_files_of_the_configuration() {
    let world = World::repository();
    world.write("work/tools/rules.yaml", OWN_RULE);
    world.write("work/b.txt", concat!("x = exm", "_a8d7f6g5h4j3k2l1q9w8\n"));
    world.write("work/stopleak.yaml", "rules:\n  files: [tools/rules.yaml]\n");
    let report = world.report(&["scan"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(report.finding_at("b.txt")["rule"], "example-token");
    world.report_in("work/tools", &["scan", "../b.txt"]).assert_findings(&["new ../b.txt:1"]);
    world.write("work/tools/rules.yaml", OWN_RULE.replace("pattern:", "patern:"));
    let run = world.stopleak(&["scan"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("rules.yaml"), "{}", run.stderr);
}

#[test]
fn a_baseline_suppresses_its_values_in_later_runs() {
    let world = with_secret();
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    let text = world.read("work/.stopleak-baseline");
    assert!(!text.contains(&token(1)) && !text.contains("b.txt"), "{text}");
    for command in ["scan", "history"] {
        let report = world.report(&[command]);
        report.assert_findings(&["suppressed b.txt:1"]);
    }
    // An entry of the baseline suppresses its value in any file and line, and no other value.
    world.git(&["mv", "b.txt", "c.txt"]);
    world.write("work/c.txt", format!("edited\n{}{}", line(1), line(2)));
    world.git(&["add", "."]);
    let report = world.report(&["staged"]);
    assert_eq!(report.code, 1);
    assert!(report.found().contains(&"new c.txt:3".to_owned()), "{:?}", report.found());
    world.report(&["scan", "--no-config"]).assert_findings(&["new c.txt:2", "new c.txt:3"]);
}

#[test]
fn a_run_that_read_nothing_is_not_reported_as_clean_in_any_format() {
    let world = World::empty();
    world.git(&["init", "-q", "."]);
    let commands = [["scan", "no files"], ["staged", "nothing is staged"], ["history", "neither files nor"]];
    for [command, why] in commands {
        for format in ["human", "json", "jsonl", "sarif"] {
            let run = world.stopleak(&[command, "--format", format]);
            assert_eq!(run.code, 0, "{}", run.stderr);
            let line = run.stdout.lines().find(|line| line.contains("stopleak: ")).expect("a verdict");
            assert!(line.contains("stopleak: nothing to scan, ") && line.contains(why), "{format}: {line}");
            assert!(!run.stdout.contains("stopleak: clean"), "{format}: {}", run.stdout);
        }
    }
    world.write("work/stopleak.yaml", "skip-paths: [a]\n");
    world.write("work/a", "x\n");
    world.git(&["add", "a"]);
    let run = world.stopleak(&["staged"]);
    assert!(
        run.stdout.contains("nothing to scan, the configuration leaves out every file."),
        "{}",
        run.stdout
    );
}
