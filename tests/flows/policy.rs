//! Whose configuration, baseline, rules and marks hold for proposed commits: those of where they branch off.

use crate::report::{Report, commit, id, text};
use crate::support::World;
use crate::tokens::{RULE, line, token};

/// `main` with one commit, tagged `base`, and the branch `topic` checked out there.
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

fn marked(seed: u64) -> String {
    format!("{} # stopleak:allow {RULE} made up\n", token(seed))
}

fn notes(report: &Report) -> String {
    let notes = report.summary["notes"].as_array().expect("a list");
    notes.iter().map(|note| note.as_str().expect("text")).collect::<Vec<_>>().join("\n")
}

#[test]
fn configuration_of_the_change_does_not_hold_and_is_told() {
    for name in ["stopleak.yaml", ".stopleak.yaml", ".config/stopleak.yaml"] {
        let world = repository(&[]);
        world.write(&format!("work/{name}"), format!("skip-paths: [b.txt]\nrules: {{off: [{RULE}]}}\n"));
        world.write("work/b.txt", line(2));
        commit(&world, "excused");
        let report = world.report(&["range", "base..HEAD"]);
        report.is(&["new b.txt:1"]);
        let base = id(&world, "base");
        assert_eq!(text(&report.scan, "policy"), base);
        let notes = notes(&report);
        assert!(notes.contains(name) && notes.contains(&base[..12]), "{notes}");
        let trusting = world.report(&["range", "base..HEAD", "--trust-head"]);
        trusting.is(&[]);
        assert!(trusting.scan["policy"].is_null());
    }
}

#[test]
fn a_broken_configuration_of_the_change_stops_nothing() {
    let world = repository(&[]);
    world.write("work/stopleak.yaml", "skip-path: what is this\n");
    world.write("work/.stopleak-baseline", "garbage\n");
    world.write("work/b.txt", line(2));
    commit(&world, "broken");
    world.report(&["range", "base..HEAD"]).is(&["new b.txt:1"]);
    assert_eq!(world.stopleak(&["range", "base..HEAD", "--trust-head"]).code, 2);
}

#[test]
fn configuration_of_the_base_holds_even_when_the_change_removes_it() {
    let policy = "skip-paths: [b.txt]\nbaseline: policy/known\n";
    let world = repository(&[("stopleak.yaml", policy)]);
    // The file that it names is in the base too, or nowhere.
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
    report.is(&["new c.txt:1"]);
    assert_eq!(report.count("skipped"), 1);
    world.report(&["range", "base..HEAD", "--no-config"]).is(&["new b.txt:1", "new c.txt:1"]);
}

#[test]
fn a_configuration_in_the_base_that_is_wrong_ends_the_run_and_names_the_commit() {
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
fn a_value_in_the_base_that_means_nothing_names_the_commit_too() {
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
fn a_baseline_holds_when_the_base_has_it() {
    let world = repository(&[]);
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    // Neither lying about nor committed does it excuse the change that brings it.
    world.report(&["range", "base..HEAD"]).is(&["new b.txt:1"]);
    let known = commit(&world, "known");
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["new b.txt:1"]);
    assert!(notes(&report).contains(".stopleak-baseline"), "{}", notes(&report));
    world.report(&["range", "base..HEAD", "--trust-head"]).is(&["suppressed b.txt:1"]);
    world.report(&["range", "base..HEAD", "--baseline", ".stopleak-baseline"]).is(&["suppressed b.txt:1"]);
    world.write("work/c.txt", line(2));
    commit(&world, "the same value elsewhere");
    world.report(&["range", &format!("{known}..HEAD")]).is(&["suppressed c.txt:1"]);
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
    report.is(&["new b.txt:1", "new c.txt:1"]);
    let notes = notes(&report);
    assert!(notes.contains("policy/rules") && notes.contains("policy/one.yaml"), "{notes}");
}

#[test]
fn marks_of_the_change_are_listed_and_do_not_count() {
    let world = repository(&[]);
    world.write("work/b.txt", marked(2));
    world.write("work/c.txt", format!("{} # stopleak:allow {RULE}\n", token(3)));
    commit(&world, &format!("marked\n\n{}", marked(4)));
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["new b.txt:1", "new c.txt:1", "new commit:3"]);
    let reason = text(report.at("b.txt"), "status_reason");
    assert!(reason.starts_with("allowed by this change itself") && reason.contains("made up"), "{reason}");
    assert!(notes(&report).contains("2 findings are allowed by marks"), "{}", notes(&report));
    let human = world.stopleak(&["range", "base..HEAD"]);
    assert!(human.stdout.contains("allowed by this change itself"), "{}", human.stdout);
    assert!(human.stdout.contains("what holds is the base's"), "{}", human.stdout);
    let sarif = world.stopleak(&["range", "base..HEAD", "--format", "sarif"]).stdout;
    assert!(sarif.contains("Note: allowed by this change itself"), "{sarif}");
    // To leave out configuration makes nobody more trusted.
    let report = world.report(&["range", "base..HEAD", "--no-config"]);
    report.is(&["new b.txt:1", "new c.txt:1", "new commit:3"]);
    let report = world.report(&["range", "base..HEAD", "--trust-head"]);
    report.is(&["new c.txt:1", "suppressed b.txt:1", "suppressed commit:3"]);
    assert!(text(report.at("b.txt"), "status_reason").contains("inline: made up"));
}

#[test]
fn marks_of_the_base_count_for_the_value_that_they_stand_beside() {
    let world = repository(&[("b.txt", &marked(2)), ("c.txt", &marked(3))]);
    // Edited, moved down, taken away and brought back.
    world.write("work/b.txt", format!("more\n{}", marked(2)));
    world.write("work/c.txt", "gone\n");
    commit(&world, "edit");
    world.write("work/c.txt", format!("back\n{}", marked(3)));
    commit(&world, "back");
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&["old b.txt:2", "suppressed c.txt:2"]);
    assert_eq!(text(report.at("c.txt"), "status_reason"), "inline: made up");
    // Another value under the old mark is the change's own.
    world.write("work/b.txt", marked(4));
    commit(&world, "another value");
    world.report(&["range", "HEAD~..HEAD"]).is(&["new b.txt:1"]);
    world.report(&["range", "base..HEAD~", "--no-config"]).is(&["old b.txt:2", "suppressed c.txt:2"]);
}

#[test]
fn the_base_is_where_the_sides_part_and_not_where_the_first_side_is_now() {
    let world = repository(&[]);
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    world.git(&["checkout", "-q", "main"]);
    world.write("work/stopleak.yaml", "skip-paths: [b.txt]\n");
    let main = commit(&world, "main goes on");
    let report = world.report(&["range", "main..topic"]);
    report.is(&["new b.txt:1"]);
    assert_eq!(text(&report.scan, "policy"), id(&world, "base"));
    // Once it is merged there, main is the base.
    world.git(&["checkout", "-q", "topic"]);
    world.git(&["merge", "-q", "--no-edit", "main"]);
    for range in ["main..topic", "main...topic"] {
        let report = world.report(&["range", range]);
        report.is(&[]);
        assert_eq!(text(&report.scan, "policy"), main);
    }
}

#[test]
fn of_several_bases_the_one_on_the_line_of_first_parents_is_taken_and_said() {
    let world = repository(&[]);
    world.write("work/topic.txt", "topic\n");
    let topic = commit(&world, "topic");
    world.git(&["checkout", "-q", "main"]);
    world.write("work/main.txt", "main\n");
    let main = commit(&world, "main");
    world.git(&["merge", "-q", "--no-edit", &topic]);
    world.git(&["checkout", "-q", "topic"]);
    world.git(&["merge", "-q", "--no-edit", &main]);
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    let report = world.report(&["range", "main..topic"]);
    report.is(&["new b.txt:1"]);
    assert_eq!(text(&report.scan, "policy"), topic);
    assert!(notes(&report).contains("2 best common ancestors"), "{}", notes(&report));
}

#[test]
fn of_unrelated_histories_the_first_side_is_trusted() {
    let world = repository(&[("stopleak.yaml", "skip-paths: [c.txt]\n")]);
    world.git(&["checkout", "-q", "--orphan", "island"]);
    world.write("work/stopleak.yaml", "skip-paths: [b.txt]\n");
    world.write("work/b.txt", line(2));
    world.write("work/c.txt", line(3));
    commit(&world, "island");
    let report = world.report(&["range", "base..island"]);
    report.is(&["new b.txt:1"]);
    assert_eq!(text(&report.scan, "policy"), id(&world, "base"));
}

#[test]
fn policy_behind_a_link_and_policy_that_leads_out() {
    let world = repository(&[("policy/real.yaml", "skip-paths: [b.txt]\n")]);
    std::os::unix::fs::symlink("policy/real.yaml", world.path("work/stopleak.yaml")).expect("linked");
    commit(&world, "linked");
    world.git(&["tag", "-f", "base"]);
    world.write("work/policy/real.yaml", "");
    world.write("work/b.txt", line(2));
    commit(&world, "change");
    let report = world.report(&["range", "base..HEAD"]);
    report.is(&[]);
    assert!(notes(&report).contains("edits the policy (stopleak.yaml)"), "{}", notes(&report));
}

#[test]
fn a_named_configuration_and_the_environment_are_those_of_who_runs_it() {
    let world = repository(&[]);
    world.write("work/b.txt", line(2));
    commit(&world, "leak");
    world.write("own.yaml", "skip-paths: [b.txt]\n");
    world.report(&["range", "base..HEAD", "--config", "../own.yaml"]).is(&[]);
    let mut command = world.command(crate::support::binary(), "work");
    command.env("STOPLEAK_CONFIG", "../own.yaml").args(["range", "base..HEAD"]);
    world.report_of(&mut command).is(&[]);
}

#[test]
fn the_pre_commit_frameworks_push_hook_trusts_the_work_tree() {
    let world = repository(&[]);
    world.write("work/b.txt", marked(2));
    let head = commit(&world, "marked");
    let mut command = world.command(crate::support::binary(), "work");
    command.env("PRE_COMMIT_FROM_REF", "base").env("PRE_COMMIT_TO_REF", head);
    world.report_of(command.args(["range", "--pre-push"])).is(&["suppressed b.txt:1"]);
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
    assert_eq!((report.code, report.gaps()), (3, vec!["missing"]));
    assert!(text(&report.coverage[0], "what").contains("policy"));
    // And nothing is excused, neither by the files that are checked out nor by marks.
    assert_eq!(report.found(), ["new b.txt:1"]);
}

#[test]
fn leaving_out_the_repositorys_files_does_not_let_a_change_allow_itself() {
    let world = repository(&[]);
    world.write("work/b.txt", marked(2));
    commit(&world, "marked");
    world.report(&["range", "base..HEAD", "--no-config"]).is(&["new b.txt:1"]);
    let mut command = world.command(crate::support::binary(), "work");
    command.env("STOPLEAK_NO_CONFIG", "1");
    world.report_of(command.args(["range", "base..HEAD"])).is(&["new b.txt:1"]);
    world.report(&["range", "base..HEAD", "--no-config", "--trust-head"]).is(&["suppressed b.txt:1"]);
}
