//! Checks every built-in rule: examples, counter-examples, pattern, help and revocation.

use std::path::Path;

use stopleak::RuleSet;
use stopleak::internals::Engine;
use stopleak::internals::Rule;
use stopleak::internals::examples::check_examples;
use stopleak::internals::sample::Draw;

/// Returns the rules with their examples, which the embedded rule set omits.
fn rules() -> Vec<Rule> {
    RuleSet::load(Path::new("rules")).expect("build.rs has checked the files")
}

#[test]
fn every_rule_finds_its_examples_and_not_its_counter_examples() {
    let engine = Engine::new(&RuleSet::builtin());
    let mut wrong = Vec::new();
    for rule in rules() {
        wrong.extend(check_examples(&engine, &rule).into_iter().map(|error| {
            let text = String::from_utf8_lossy(&error.text).into_owned();
            format!("{} {}: {}: {text}", rule.id, error.which, error.message)
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
        .filter(|rule| stopleak::internals::check_pattern(rule).is_err())
        .map(|rule| rule.id.as_str())
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn samples_are_the_same_for_the_same_seed_and_differ_between_seeds() {
    let rules = rules();
    let rule = rules.iter().find(|rule| rule.id == "github-classic-pat").expect("a rule for GitHub");
    let draw = |seed| stopleak::internals::sample::sample(rule, &mut Draw::new(seed));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn every_rule_has_help_of_two_sentences_and_a_way_to_revoke() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let mut complain = |what: &str| wrong.push(format!("{}: {what}", rule.id));
        let sentences = |text: &str| text.trim().ends_with('.') && !text.contains("  ");
        if !sentences(&rule.help) || !rule.help.contains(". ") {
            complain("help: two sentences, what it gives access to and what to do");
        }
        if rule.help.starts_with("It acts for your account") {
            complain("help: adds nothing to the name");
        }
        match &rule.revoke {
            None if !rule.generic => complain("revoke is missing"),
            Some(revoke) => {
                if !sentences(&revoke.how) {
                    complain("revoke: `how` is not a sentence");
                }
                if [&revoke.url, &revoke.docs].into_iter().flatten().any(|url| !url.starts_with("https://")) {
                    complain("revoke: an address does not begin with https://");
                }
            }
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A command that is given twice on a line, with other values: the options of the second are not those of the first.
#[test]
fn every_command_on_a_line_has_its_own_value() {
    let engine = Engine::new(&RuleSet::builtin());
    let mut missed = Vec::new();
    let mut commands = 0;
    for rule in rules().iter().filter(|rule| rule.pattern.contains("}? )")) {
        let example = rule.examples[0].joined();
        let two = format!("{example} && {example}\n");
        let spans: Vec<_> = engine
            .candidates(two.as_bytes())
            .into_iter()
            .filter(|found| found.rule.id == rule.id)
            .map(|found| found.span)
            .collect();
        commands += 1;
        if spans.len() != 2 {
            missed.push(format!("{}: {spans:?} in {two}", rule.id));
        }
    }
    assert!(commands >= 8 && missed.is_empty(), "{commands} {}", missed.join("\n"));
}
