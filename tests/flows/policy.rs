//! The policy for proposed commits: configuration, baseline, rules and allow comments are those of the base commit.

use crate::report::{Report, commit, id, text};
use crate::support::World;
use crate::tokens::{RULE, line, token};

/// Creates `main` with one commit, tagged `base`, and checks out the branch `topic` at it.
fn repository(files: &[(&str, &str)]) -> World {
    let world = World::repository();
    for (path, content) in files {
        world.write(&format!("work/{path}"), content);
    }
    commit(&world, "base");
    world.git(&["tag", "base"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    world
}

/// Returns a line with a token and an allow comment.
fn allowed_line(seed: u64) -> String {
    format!("{} # stopleak:allow {RULE} made up\n", token(seed))
}

fn notes(report: &Report) -> String {
    let notes = report.summary["notes"].as_array().expect("a list");
    notes.iter().map(|note| note.as_str().expect("text")).collect::<Vec<_>>().join("\n")
}

#[test]
fn configuration_of_the_change_is_not_applied_and_noted() {
    for name in ["stopleak.yaml", ".stopleak.yaml", ".config/stopleak.yaml"] {
        let world = repository(&[]);
        world.write(&format!("work/{name}"), format!("skip-paths: [b.txt]\nrules: {{off: [{RULE}]}}\n"));
        world.write("work/b.txt", line(2));
        commit(&world, "suppressed");
        let report = world.report(&["range", "base..HEAD"]);
        report.assert_findings(&["new b.txt:1"]);
        let base = id(&world, "base");
        assert_eq!(text(&report.scan, "policy"), base);
        let notes = notes(&report);
        assert!(notes.contains(name) && notes.contains(&base[..12]), "{notes}");
        let trusting = world.report(&["range", "base..HEAD", "--trust-head"]);
        trusting.assert_findings(&[]);
        assert!(trusting.scan["policy"].is_null());
    }
}

#[test]
fn an_invalid_configuration_of_the_change_is_ignored() {
    let world = repository(&[]);
    world.write("work/stopleak.yaml", "skip-path: what is this\n");
    world.write("work/.stopleak-baseline", "garbage\n");
    world.write("work/b.txt", line(2));
    commit(&world, "broken");
    world.report(&["range", "base..HEAD"]).assert_findings(&["new b.txt:1"]);
    assert_eq!(world.stopleak(&["range", "base..HEAD", "--trust-head"]).code, 2);
}

#[test]
fn configuration_of_the_base_applies_even_if_the_change_removes_it() {
    let policy = "skip-paths: [b.txt]\nbaseline: policy/known\n";
    let world = repository(&[("stopleak.yaml", policy)]);
    // A baseline named by that configuration must be in the base commit too.
    world.write("work/c.txt", "c\n");
    commit(&world, "c");
    let run = world.stopleak(&["range", "base..HEAD"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("base commit") && run.stderr.contains("policy/known"), "{}", run.stderr);

    let world = repository(&[("stopleak.yaml", "skip-paths: [b.txt]\n")]);
    std::fs::remove_file(world.path("work/stopleak.yaml")).expect("removed");
    world.write("work/b.txt", line(2));
    world.write("work/c.txt", line(3));
    commit(&world, "change");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new c.txt:1"]);
    assert_eq!(report.count("skipped"), 1);
    world.report(&["range", "base..HEAD", "--no-config"]).assert_findings(&["new b.txt:1", "new c.txt:1"]);
}

#[test]
fn an_invalid_configuration_in_the_base_is_an_error_that_names_the_commit() {
    let world = repository(&[("stopleak.yaml", "skip-path: [b.txt]\n")]);
    world.write("work/stopleak.yaml", "skip-paths: [b.txt]\n");
    commit(&world, "repaired");
    let run = world.stopleak(&["range", "base..HEAD"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.contains(&id(&world, "base")[..12]) && run.stderr.contains("skip-paths"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_invalid_value_in_the_base_is_an_error_that_names_the_commit() {
    for wrong in
        ["rules: {off: [no-such-rule]}\n", "skip-paths: ['**']\n", "confidence: high\nfail-on: low\n"]
    {
        let world = repository(&[("stopleak.yaml", wrong)]);
        commit(&world, "x");
        let run = world.stopleak(&["range", "base..HEAD"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{wrong}");
        assert!(run.stderr.contains(&id(&world, "base")[..12]), "{}", run.stderr);
    }
}

#[test]
fn two_configurations_in_the_base_are_an_error() {
    let world = repository(&[("stopleak.yaml", ""), (".stopleak.yaml", "")]);
    commit(&world, "x");
    let run = world.stopleak(&["range", "base..HEAD"]);
    assert!(run.code == 2 && run.stderr.contains("keep one"), "{}", run.stderr);
}

#[test]
fn a_baseline_applies_if_the_base_contains_it() {
    let world = repository(&[]);
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    // A baseline that the change itself creates is not applied, neither uncommitted nor committed.
    world.report(&["range", "base..HEAD"]).assert_findings(&["new b.txt:1"]);
    let known = commit(&world, "known");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1"]);
    assert!(notes(&report).contains(".stopleak-baseline"), "{}", notes(&report));
    world.report(&["range", "base..HEAD", "--trust-head"]).assert_findings(&["suppressed b.txt:1"]);
    world
        .report(&["range", "base..HEAD", "--baseline", ".stopleak-baseline"])
        .assert_findings(&["suppressed b.txt:1"]);
    world.write("work/c.txt", line(2));
    commit(&world, "the same value elsewhere");
    world.report(&["range", &format!("{known}..HEAD")]).assert_findings(&["suppressed c.txt:1"]);
}

#[test]
fn rules_are_those_of_the_base() {
    let rule = |id: &str, start: &str| {
        format!(
            "provider: Acme\nrules:\n- id: {id}\n  name: Acme\n  severity: high\n  confidence: high\n  \
             literals: [{start}_]\n  pattern: '{start}_[a-z]{{8}}'\n  help: Revoke it.\n  examples: ['{{sample}}']\n  \
             counter_examples: ['x']\n"
        )
    };
    let (own, other) = (rule("acme-token", "acme"), rule("acne-token", "acne"));
    let world = repository(&[
        (".config/stopleak.yaml", "rules: {files: [../policy/rules, ../policy/one.yaml]}\n"),
        ("policy/rules/deep/own.yaml", &own),
        ("policy/rules/README", "no rules\n"),
        ("policy/one.yaml", &other),
    ]);
    world.write("work/policy/rules/deep/own.yaml", rule("acme-token", "zzzz"));
    world.write("work/policy/one.yaml", "garbage: [");
    let value = |start: &str| format!("x = {start}_{}\n", "kzvqhwpt");
    world.write("work/b.txt", value("acme"));
    world.write("work/c.txt", value("acne"));
    commit(&world, "change");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1", "new c.txt:1"]);
    let notes = notes(&report);
    assert!(notes.contains("policy/rules") && notes.contains("policy/one.yaml"), "{notes}");
}

#[test]
fn allow_comments_of_the_change_are_noted_and_not_applied() {
    let world = repository(&[]);
    world.write("work/b.txt", allowed_line(2));
    world.write("work/c.txt", format!("{} # stopleak:allow {RULE}\n", token(3)));
    commit(&world, &format!("allowed\n\n{}", allowed_line(4)));
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new b.txt:1", "new c.txt:1", "new commit:3"]);
    let reason = text(report.finding_at("b.txt"), "status_reason");
    assert!(reason.starts_with("allowed by this change itself") && reason.contains("made up"), "{reason}");
    assert!(
        notes(&report).contains("2 findings have allow comments in the scanned change itself"),
        "{}",
        notes(&report)
    );
    let human = world.stopleak(&["range", "base..HEAD"]);
    assert!(human.stdout.contains("allowed by this change itself"), "{}", human.stdout);
    assert!(
        human.stdout.contains("the baseline of the base commit is effective: commit it there"),
        "{}",
        human.stdout
    );
    let sarif = world.stopleak(&["range", "base..HEAD", "--format", "sarif"]).stdout;
    assert!(sarif.contains("Note: allowed by this change itself"), "{sarif}");
    // `--no-config` does not make the change's own allow comments effective.
    let report = world.report(&["range", "base..HEAD", "--no-config"]);
    report.assert_findings(&["new b.txt:1", "new c.txt:1", "new commit:3"]);
    let report = world.report(&["range", "base..HEAD", "--trust-head"]);
    report.assert_findings(&["new c.txt:1", "suppressed b.txt:1", "suppressed commit:3"]);
    assert!(text(report.finding_at("b.txt"), "status_reason").contains("inline: made up"));
}

#[test]
fn allow_comments_of_the_base_apply_to_the_value_on_their_line() {
    let world = repository(&[("b.txt", &allowed_line(2)), ("c.txt", &allowed_line(3))]);
    // The line is edited and moved down, or removed and reintroduced.
    world.write("work/b.txt", format!("more\n{}", allowed_line(2)));
    world.write("work/c.txt", "gone\n");
    commit(&world, "edit");
    world.write("work/c.txt", format!("back\n{}", allowed_line(3)));
    commit(&world, "back");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["old b.txt:2", "suppressed c.txt:2"]);
    assert_eq!(text(report.finding_at("c.txt"), "status_reason"), "inline: made up");
    // An allow comment of the base does not apply to a new value on its line.
    world.write("work/b.txt", allowed_line(4));
    commit(&world, "another value");
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&["new b.txt:1"]);
    world
        .report(&["range", "base..HEAD~", "--no-config"])
        .assert_findings(&["old b.txt:2", "suppressed c.txt:2"]);
}

#[test]
fn a_policy_that_became_stricter_since_the_branch_point_is_effective() {
    let loose = "skip-paths: [b.txt]\n";
    let world = repository(&[("stopleak.yaml", loose), ("allowed.txt", &allowed_line(5))]);
    world.write("work/b.txt", line(2));
    world.git(&["rm", "-q", "allowed.txt"]);
    commit(&world, "leak");
    world.write("work/allowed.txt", format!("back\n{}", allowed_line(5)));
    commit(&world, "back");
    let expected = ["new allowed.txt:2", "new b.txt:1"];
    world.report(&["range", "main..topic"]).assert_findings(&["suppressed allowed.txt:2"]);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["rm", "-q", "stopleak.yaml", "allowed.txt"]);
    let main = commit(&world, "stricter");
    for range in ["main..topic", "main...topic"] {
        let report = world.report(&["range", range]);
        report.assert_findings(&expected);
        assert_eq!(text(&report.scan, "policy"), main);
        // The change edits no policy file.
        assert!(!notes(&report).contains("edits the policy"), "{}", notes(&report));
    }
    // A merge of main that keeps the old policy is an edit of the change.
    world.git(&["checkout", "-q", "topic"]);
    world.git(&["merge", "-q", "--no-edit", "-s", "ours", "main"]);
    let report = world.report(&["range", "main..topic"]);
    report.assert_findings(&expected);
    assert!(notes(&report).contains("edits the policy (stopleak.yaml)"), "{}", notes(&report));
}

#[test]
fn a_baseline_that_the_target_branch_removed_suppresses_nothing() {
    let world = repository(&[("b.txt", &line(2))]);
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    world.git(&["checkout", "-q", "main"]);
    commit(&world, "baseline");
    world.git(&["checkout", "-q", "-b", "second"]);
    world.write("work/c.txt", format!("more\n{}", line(2)));
    world.git(&["rm", "-q", "b.txt"]);
    commit(&world, "removed");
    world.write("work/d.txt", format!("again\n{}", line(2)));
    commit(&world, "again");
    world.report(&["range", "main..second"]).assert_findings(&["suppressed c.txt:2", "suppressed d.txt:2"]);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["rm", "-q", ".stopleak-baseline"]);
    commit(&world, "no baseline");
    world.report(&["range", "main..second"]).assert_findings(&["new d.txt:2", "old c.txt:2"]);
}

#[test]
fn for_unrelated_histories_the_policy_of_the_first_side_applies() {
    let world = repository(&[("stopleak.yaml", "skip-paths: [c.txt]\n")]);
    world.git(&["checkout", "-q", "--orphan", "island"]);
    world.write("work/stopleak.yaml", "skip-paths: [b.txt]\n");
    world.write("work/b.txt", line(2));
    world.write("work/c.txt", line(3));
    commit(&world, "island");
    let report = world.report(&["range", "base..island"]);
    report.assert_findings(&["new b.txt:1"]);
    assert_eq!(text(&report.scan, "policy"), id(&world, "base"));
}

#[test]
fn a_configuration_behind_a_symlink_is_read_from_the_base() {
    let world = repository(&[("policy/real.yaml", "skip-paths: [b.txt]\n")]);
    std::os::unix::fs::symlink("policy/real.yaml", world.path("work/stopleak.yaml")).expect("linked");
    commit(&world, "linked");
    world.git(&["tag", "-f", "base"]);
    world.write("work/policy/real.yaml", "");
    world.write("work/b.txt", line(2));
    commit(&world, "change");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&[]);
    assert!(notes(&report).contains("edits the policy (stopleak.yaml)"), "{}", notes(&report));
}

#[test]
fn a_configuration_named_by_option_or_variable_is_read_from_the_file_system() {
    let world = repository(&[]);
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    world.write("own.yaml", "skip-paths: [b.txt]\n");
    world.report(&["range", "base..HEAD", "--config", "../own.yaml"]).assert_findings(&[]);
    let mut command = world.command(crate::support::binary(), "work");
    command.env("STOPLEAK_CONFIG", "../own.yaml").args(["range", "base..HEAD"]);
    world.report_of(&mut command).assert_findings(&[]);
}

#[test]
fn the_push_hook_of_the_pre_commit_framework_uses_the_policy_of_the_work_tree() {
    let world = repository(&[]);
    world.write("work/b.txt", allowed_line(2));
    let head = commit(&world, "allowed");
    let mut command = world.command(crate::support::binary(), "work");
    command.env("PRE_COMMIT_FROM_REF", "base").env("PRE_COMMIT_TO_REF", head);
    world.report_of(command.args(["range", "--pre-push"])).assert_findings(&["suppressed b.txt:1"]);
}

#[test]
fn a_policy_that_cannot_be_read_leaves_the_run_incomplete() {
    let world = repository(&[("stopleak.yaml", "skip-paths: [b.txt]\n")]);
    let blob = id(&world, "base:stopleak.yaml");
    world.write("work/stopleak.yaml", "");
    world.write("work/b.txt", line(2));
    commit(&world, "change");
    let file = world.path(&format!("work/.git/objects/{}/{}", &blob[..2], &blob[2..]));
    std::fs::remove_file(file).expect("removed");
    let report = world.report(&["range", "base..HEAD"]);
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["missing"]));
    assert!(text(&report.unscanned[0], "what").contains("policy"));
    // Neither the checked-out files nor allow comments suppress a finding then.
    assert_eq!(report.found(), ["new b.txt:1"]);
}

#[test]
fn no_config_does_not_apply_allow_comments_of_the_change() {
    let world = repository(&[]);
    world.write("work/b.txt", allowed_line(2));
    commit(&world, "allowed");
    world.report(&["range", "base..HEAD", "--no-config"]).assert_findings(&["new b.txt:1"]);
    let mut command = world.command(crate::support::binary(), "work");
    command.env("STOPLEAK_NO_CONFIG", "1");
    world.report_of(command.args(["range", "base..HEAD"])).assert_findings(&["new b.txt:1"]);
    world
        .report(&["range", "base..HEAD", "--no-config", "--trust-head"])
        .assert_findings(&["suppressed b.txt:1"]);
}
