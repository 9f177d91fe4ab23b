//! Every built-in rule, by its own examples and by values drawn from its pattern.

use std::path::Path;

use stopleak::engine::Engine;
use stopleak::engine::examples::complaints;
use stopleak::engine::sample::Draw;
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
    let draw = |seed| stopleak::engine::sample::sample(rule, &mut Draw::new(seed));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}
