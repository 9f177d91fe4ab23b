//! `stopleak rules list`, `sample` and `check`, and rule files of a user.

use stopleak::internals::renamed_fields::{RENAMED_FIELDS, RenamedField};

use crate::support::World;

/// A rule file with one good rule.
pub(crate) const GOOD: &str = "provider: Acme
rules:
- id: acme-token
  name: Acme token
  severity: high
  confidence: high
  literals: [acme_]
  pattern: 'acme_[a-z0-9]{12}'
  help: Revoke it.
  examples: ['t = {sample}']
  counter_examples: ['acme_x']
";

#[test]
fn list_shows_the_active_rules_in_both_formats() {
    let world = World::empty();
    world.write("work/acme.yaml", GOOD);
    let run =
        world.stopleak(&["rules", "list", "--rules", "acme.yaml", "--only", "acme-token,npm-access-token"]);
    insta::assert_snapshot!(run.stdout, @r"
    acme-token        high      high    Acme  Acme token
    npm-access-token  critical  high    npm   npm access token
    ");
    let run =
        world.stopleak(&["rules", "list", "--rules", "acme.yaml", "--only=acme-token", "--format=json"]);
    insta::assert_snapshot!(run.stdout, @r#"
    [
      {
        "id": "acme-token",
        "name": "Acme token",
        "provider": "Acme",
        "domain": null,
        "kind": "api-key",
        "severity": "high",
        "confidence": "high"
      }
    ]
    "#);
}

#[test]
fn a_pattern_that_cannot_be_built_is_refused_and_never_reported_as_clean() {
    let world = World::empty();
    world.write("work/big.yaml", GOOD.replace("[a-z0-9]{12}", "(?:[a-z0-9]{1,900}){1,900}"));
    world.write("work/t.txt", "acme_q7w2z9t4k8n1\n");
    let run = world.stopleak(&["scan", "--rules", "big.yaml", "t.txt"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("big.yaml: rule acme-token: the pattern does not compile"), "{}", run.stderr);
}

#[test]
fn the_list_has_as_many_rules_as_a_scan() {
    let world = World::empty();
    let count = world.stopleak(&["rules", "list"]).stdout.lines().count();
    let checked = world.stopleak(&["config", "check"]).stdout;
    assert!(checked.contains(&format!("rules: {count} active")), "{checked}");
}

#[test]
fn a_sample_is_found_by_its_rule_and_masked_by_the_test() {
    let world = World::empty();
    let sample =
        |seed: &str| world.stopleak(&["rules", "sample", "github-classic-pat", "--seed", seed, "-n", "2"]);
    let drawn = sample("7").stdout;
    assert_eq!(drawn, sample("7").stdout);
    assert_ne!(drawn, sample("8").stdout);
    let values: Vec<&str> = drawn.lines().collect();
    assert_eq!(values.len(), 2);
    world.write("work/t.txt", format!("a\n  'é' {} x\n{}\n", values[0], values[1]));
    let run = world.stopleak(&["rules", "test", "github-classic-pat", "t.txt"]);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.stdout, @r"
    t.txt:2:7: ghp_******** (high confidence, critical severity: checksum verified)
    t.txt:3:1: ghp_******** (high confidence, critical severity: checksum verified)
    ");
    world.write("work/t.txt", "nothing\n");
    let run = world.stopleak(&["rules", "test", "github-classic-pat", "t.txt"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}

#[test]
fn samples_of_several_lines_are_separated_by_a_blank_one() {
    let world = World::empty();
    let run = world.stopleak(&["rules", "sample", "pem-rsa-private-key", "--count", "2"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout.split("\n\n-----BEGIN").count(), 2, "{}", run.stdout);
}

#[test]
fn check_accepts_a_valid_file_and_reports_every_error_of_others() {
    let world = World::empty();
    world.write("work/good.yaml", GOOD);
    let run = world.stopleak(&["rules", "check", "good.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "1 rule, all good\n"), "{}", run.stderr);

    let second = GOOD.split_once("rules:\n").expect("rules").1;
    let bad = [
        GOOD.to_owned(),
        second.replace("acme-token", "acme-missed").replace("{sample}", "acme_nothing"),
        second.replace("acme-token", "acme-found").replace("['acme_x']", "['{sample}']"),
        second.replace("acme-token", "acme-short").replace("[acme_]", "[ac]"),
        second.replace("acme-token", "acme-huge").replace("{12}", "{12,900000}"),
        second.replace("acme-token", "acme-glob").replace("  help:", "  paths: ['{a']\n  help:"),
        second.to_owned(),
    ];
    world.write("work/bad/a.yaml", bad.concat());
    world.write("work/bad/b.yaml", "provider: x\nrulez: []\n");
    let run = world.stopleak(&["rules", "check", "bad"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stdout, @r"
    bad/a.yaml:34:3: rule acme-short: literals and keywords need at least 3 bytes
    bad/b.yaml:2:1: unknown field `rulez`, expected `provider` or `rules`
    bad/a.yaml:58:3: rule acme-token: the id is already used at bad/a.yaml:3:3
    bad/a.yaml:10:3: rule acme-token: example 1: it is found by acme-found instead
    bad/a.yaml:19:3: rule acme-missed: example 1: nothing is found in it
    bad/a.yaml:29:3: rule acme-found: counter-example 1: it is found with high confidence (exact shape)
    bad/a.yaml:44:3: rule acme-huge: the pattern does not compile: acme_[a-z0-9]{12,900000}: error building NFA
    bad/a.yaml:54:3: rule acme-glob: paths: error parsing glob '{a': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    bad/a.yaml:65:3: rule acme-token: example 1: it is found by acme-found instead
    ");
    assert_eq!(world.stopleak(&["rules", "check", "missing.yaml"]).code, 2);
}

/// A rule file with an old name, and the message about it; the file's name is at the front of that message.
fn with_old_name(field: RenamedField) -> (String, String) {
    let RenamedField { old, new, hint } = field;
    let message = format!(":12:3: rule acme-token: field `{old}` was renamed to `{new}` in 0.2.0{hint}");
    (format!("{GOOD}  {old}: true\n"), message)
}

#[test]
fn old_names_of_fields_in_a_file_of_the_command_line_are_refused_with_the_new_name() {
    for field in RENAMED_FIELDS {
        let world = World::empty();
        let (text, message) = with_old_name(field);
        world.write("work/acme.yaml", text);
        world.write("work/t.txt", "acme_q7w2z9t4k8n1\n");
        let run = world.stopleak(&["scan", "--rules", "acme.yaml", "t.txt"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", field.old);
        assert!(run.stderr.contains(&format!("acme.yaml{message}")), "{}", run.stderr);
    }
}

#[test]
fn check_reports_old_names_of_fields_with_the_new_name() {
    for field in RENAMED_FIELDS {
        let world = World::empty();
        let (text, message) = with_old_name(field);
        world.write("work/acme.yaml", text);
        let run = world.stopleak(&["rules", "check", "acme.yaml"]);
        assert_eq!((run.code, run.stdout), (2, format!("acme.yaml{message}\n")));
    }
}

#[test]
fn old_names_of_fields_in_the_base_commit_are_refused_with_the_new_name() {
    for field in RENAMED_FIELDS {
        let world = World::repository();
        let (text, message) = with_old_name(field);
        world.write("work/policy/acme.yaml", text);
        world.write("work/stopleak.yaml", "rules: {files: [policy/acme.yaml]}\n");
        commit(&world, "base");
        world.git(&["tag", "base"]);
        // The file of the change is correct, but the rules of the base apply.
        world.write("work/policy/acme.yaml", GOOD);
        commit(&world, "new name");
        let run = world.stopleak(&["range", "base..HEAD"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", field.old);
        assert!(run.stderr.contains(&format!("policy/acme.yaml{message}")), "{}", run.stderr);
        let run = world.stopleak(&["range", "base..HEAD", "--trust-head"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
}

fn commit(world: &World, message: &str) {
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", message]);
}
