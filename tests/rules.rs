//! Every built-in rule, by its own examples and by values drawn from its pattern.

use std::path::Path;

use stopleak::engine::Engine;
use stopleak::engine::authoring::examples::complaints;
use stopleak::engine::authoring::sample::Draw;
use stopleak::rules::{Rule, RuleSet};

/// The rules with their examples, which the embedded set leaves out.
fn rules() -> Vec<Rule> {
    RuleSet::load(Path::new("rules")).expect("build.rs has checked the files")
}

#[test]
fn every_rule_finds_its_examples_and_not_its_counter_examples() {
    let engine = Engine::new(&RuleSet::builtin());
    let mut wrong = Vec::new();
    for rule in rules() {
        wrong.extend(complaints(&engine, &rule).into_iter().map(|complaint| {
            let text = String::from_utf8_lossy(&complaint.text).into_owned();
            format!("{} {}: {}: {text}", rule.id, complaint.which, complaint.message)
        }));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn there_are_at_least_150_rules_and_every_pattern_can_be_built() {
    let rules = rules();
    assert!(rules.len() >= 150, "{}", rules.len());
    let broken: Vec<&str> = rules
        .iter()
        .filter(|rule| stopleak::engine::check_pattern(rule).is_err())
        .map(|rule| rule.id.as_str())
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn samples_are_the_same_for_the_same_seed_and_differ_between_seeds() {
    let rules = rules();
    let rule = rules.iter().find(|rule| rule.id == "github-classic-pat").expect("a rule for GitHub");
    let draw = |seed| stopleak::engine::authoring::sample::sample(rule, &mut Draw::new(seed));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// What a person reads who has just been told of a finding.
#[test]
fn every_rule_says_what_its_secret_opens_and_what_to_do() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let mut complain = |what: &str| wrong.push(format!("{}: {what}", rule.id));
        let sentences = |text: &str| text.trim().ends_with('.') && !text.contains("  ");
        if !sentences(&rule.help) || !rule.help.contains(". ") {
            complain("help: two sentences, what it opens and what to do");
        }
        if rule.help.starts_with("It acts for your account") {
            complain("help: says nothing that the name does not say");
        }
        match &rule.revoke {
            None if !rule.generic => complain("revoke is missing"),
            Some(revoke) => {
                if !sentences(&revoke.how) {
                    complain("revoke: how is no sentence");
                }
                if [&revoke.url, &revoke.docs].into_iter().flatten().any(|url| !url.starts_with("https://")) {
                    complain("revoke: an address is none");
                }
            }
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
