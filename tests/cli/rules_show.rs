//! `stopleak rules show`, `list` and `test`: what they print about a rule and its secrets.

use crate::rules::GOOD;
use crate::support::World;

/// A rule with a value for every part of its page.
const PAGE: &str = "provider: Acme
rules:
- id: acme-token
  name: Acme token
  severity: critical
  confidence: high
  literals: [acme_]
  pattern: 'acme_[a-z0-9]{40}'
  kind: ci-token
  checks: [{crc32: {from: 5, tail: 6, as: base36}}]
  context: {words: [acme], lines: 3, otherwise: low}
  paths: ['**/*.env']
  allow_pattern: '^acme_test'
  help: Acts as its owner on every repository of Acme. Revoke it and read the new one from the environment.
  revoke:
    how: Delete the token on the settings page.
    url: https://acme.example/settings/tokens
    docs: https://acme.example/docs/tokens
  examples: ['acme {sample}']
  counter_examples: ['acme_x']
";

#[test]
fn show_prints_what_a_secret_is_and_what_to_do() {
    let world = World::empty();
    world.write("work/acme.yaml", PAGE);
    let arguments = ["rules", "show", "acme-token", "--rules", "acme.yaml"];
    let run = world.stopleak(&arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("show_human", run.stdout);
    let run = world.stopleak(&[&arguments[..], &["--format=json"]].concat());
    assert_eq!(run.code, 0);
    insta::assert_snapshot!("show_json", run.stdout);
    let page: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let reference = include_str!("../../docs/reference.md");
    for field in page.as_object().expect("an object").keys() {
        assert!(reference.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

#[test]
fn the_error_of_an_unknown_id_suggests_a_similar_one() {
    let world = World::empty();
    let run = world.stopleak(&["rules", "show", "github-clasic-pat"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(run.stderr, @r"error: there is no rule `github-clasic-pat`; did you mean `github-classic-pat`?");
}

#[test]
fn a_finding_names_the_page_about_it() {
    let world = World::empty();
    let token = world.stopleak(&["rules", "sample", "npm-access-token"]).stdout;
    world.write("work/t.txt", token);
    let run = world.stopleak(&["scan", "t.txt"]);
    let page = run.stdout.lines().find_map(|line| line.trim().strip_prefix("learn:")).expect("a page");
    let arguments: Vec<&str> = page.split_whitespace().skip(1).collect();
    let run = world.stopleak(&arguments);
    assert!(run.stdout.starts_with("npm access token\n  npm-access-token: npm,"), "{}", run.stdout);
}

/// No section of a page is empty, and nothing but patterns and addresses is wider than 80 columns.
#[test]
fn every_rule_has_a_page_that_fits_a_terminal() {
    let world = World::empty();
    let list = world.stopleak(&["rules", "list", "--format=json"]).stdout;
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("JSON");
    assert!(list.len() > 900, "{}", list.len());
    // One of each kind, and those with the longest ids.
    let mut ids: Vec<&str> = list.iter().filter_map(|rule| rule["id"].as_str()).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(id.len()));
    ids.truncate(10);
    let mut kinds = std::collections::BTreeMap::new();
    for rule in &list {
        kinds.entry(rule["kind"].as_str()).or_insert_with(|| rule["id"].as_str().expect("an id"));
    }
    assert_eq!(kinds.len(), 15);
    for id in ids.into_iter().chain(kinds.into_values()) {
        let run = world.stopleak(&["rules", "show", id]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{id}");
        let headings: Vec<&str> = run.stdout.lines().filter(|line| line.ends_with('?')).collect();
        assert_eq!(headings.len(), 6, "{id}: {headings:?}");
        assert!(!run.stdout.contains("\n\n\n"), "{id}");
        let regex = |line: &str| ["  pattern ", "  allow "].iter().any(|label| line.starts_with(label));
        let may_be_wide = |line: &str| line.contains("://") || regex(line);
        let wide = run.stdout.lines().find(|line| line.chars().count() > 80 && !may_be_wide(line));
        assert_eq!(wide, None, "{id}");
    }
}

#[test]
fn a_rule_of_the_user_gets_the_advice_of_its_kind() {
    let world = World::empty();
    let rule = GOOD.replace(
        "  help:",
        "  kind: cloud-key\n  revoke: {how: Write to Acme., docs: 'https://acme.example/d'}\n  help:",
    );
    world.write("work/acme.yaml", rule);
    let run = world.stopleak(&["rules", "show", "acme-token", "--rules", "acme.yaml", "--format=json"]);
    let page: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(page["kind"], "cloud-key");
    assert_eq!(page["domain"], serde_json::Value::Null);
    assert_eq!(page["leaked"][0]["revoke"], "Write to Acme.");
    assert_eq!(page["docs"], "https://acme.example/d");
    // An identifier needs no action by itself.
    let run = world.stopleak(&["rules", "show", "twilio-account-sid"]);
    assert!(
        !run.stdout.contains("Act at once") && run.stdout.contains("  1. Look for the secret"),
        "{}",
        run.stdout
    );
    assert_eq!(page["shape"], "It looks like this: `acme_`, 12 lower-case letters or digits.");
    world.write("work/acme.yaml", GOOD.replace("  help:", "  kind: cloudkey\n  help:"));
    let run = world.stopleak(&["rules", "check", "acme.yaml"]);
    assert!(
        run.stdout.starts_with("acme.yaml:9:9: rules[0].kind: unknown variant `cloudkey`"),
        "{}",
        run.stdout
    );
}

#[test]
fn characters_that_reorder_text_are_escaped_in_both_formats() {
    let world = World::empty();
    world.write("work/acme.yaml", GOOD.replace("Acme token", "\"Acme \\u202e\\u009b31m token\""));
    for command in [&["rules", "list", "--only=acme-token"][..], &["rules", "show", "acme-token"]] {
        for format in ["--format=human", "--format=json"] {
            let run = world.stopleak(&[command, &["--rules", "acme.yaml", format]].concat());
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert!(run.stdout.contains("202e") && run.stdout.contains("9b"), "{}", run.stdout);
            assert!(!run.stdout.contains(['\u{202e}', '\u{9b}']), "{}", run.stdout);
        }
    }
}

#[test]
fn the_list_can_be_narrowed() {
    let world = World::empty();
    let ids = |arguments: &[&str]| -> Vec<String> {
        let run = world.stopleak(&[&["rules", "list"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let all = ids(&[]);
    let critical = ids(&["--severity=critical"]);
    let others = ids(&["--severity", "high,medium", "--severity", "low"]);
    assert_eq!(critical.len() + others.len(), all.len());
    assert!(critical.contains(&"github-classic-pat".to_owned()));
    assert_eq!(ids(&["CLASSIC", "github"]), ["github-classic-pat"]);
    assert!(ids(&["--provider", "gitlab"]).iter().all(|id| id.starts_with("gitlab-")));
    let low = ids(&["--domain=ci,vcs", "--confidence=low"]);
    assert!(low.iter().all(|id| all.contains(id)));
    assert_eq!(ids(&["no such thing"]), Vec::<String>::new());
    let run = world.stopleak(&["rules", "list", "--domain=pyment"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"error: there is no domain `pyment`; did you mean `payment`?");
}

#[test]
fn the_list_is_cut_to_the_terminal() {
    let world = World::empty();
    let run = world.run(world.command(crate::support::binary(), "work").env("COLUMNS", "60").args([
        "rules",
        "list",
        "--provider=github",
    ]));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 60), "{}", run.stdout);
    assert!(run.stdout.contains('…'));
}

#[test]
fn test_explains_why_a_value_is_not_found() {
    let world = World::empty();
    world.write("work/acme.yaml", GOOD);
    world.write(
        "work/t.txt",
        "a = acme_q7w2z9t4k8n1\nb = acme_q7w2z9t4k8n1p\n c acme_q7w2\nacme_aaaaaaaaaaaa\nxacme_q7w2z9t4k8n1\n",
    );
    let run = world.stopleak(&["rules", "test", "acme-token", "t.txt", "--rules", "acme.yaml"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    t.txt:1:5: acme******** (high confidence, high severity: exact shape)
    t.txt:2:5: not acme********:
        boundary: a letter or digit follows after 17 bytes: the value is longer
    t.txt:3:4: not:
        pattern: after 5 bytes expected 12 lower-case letters or digits, found 4
    t.txt:4:1: not acme********:
        placeholder: the value is a placeholder, a word or a repetition
    t.txt:5:2: not acme********:
        boundary: a letter or digit directly before it
    ");
    world.write("work/t.txt", "ACME_q7w2z9t4k8n1\n");
    let run = world.stopleak(&["rules", "test", "acme-token", "t.txt", "--rules", "acme.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    insta::assert_snapshot!(run.stderr, @r#"
    none of its literals is in the text: "acme_"; one is there in another letter case
    acme-token finds nothing in t.txt
    "#);
}

#[test]
fn test_names_the_rule_that_finds_the_value_in_a_scan() {
    let world = World::empty();
    let wide = GOOD.replace("acme-token", "acme-wide").replace("[a-z0-9]{12}", "[a-z]{3}[0-9]{9}");
    let narrow = GOOD.split_once("rules:\n").expect("rules").1;
    let narrow = narrow.replace("[acme_]", "[acme_abc]").replace("'acme_[a-z0-9]{12}'", "'acme_abc[0-9]{9}'");
    world.write("work/acme.yaml", wide + &narrow);
    world.write("work/t.txt", "acme_abc739164825\n");
    let run = world.stopleak(&["rules", "test", "acme-wide", "t.txt", "--rules", "acme.yaml"]);
    insta::assert_snapshot!(run.stdout, @r"
    t.txt:1:1: acme******** (high confidence, high severity: exact shape)
        a scan reports it by acme-token instead
    ");
}
