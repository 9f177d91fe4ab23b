//! Every built-in rule, by its own examples and by values drawn from its pattern.

use std::path::Path;

use stopleak::engine::sample::{Draw, fill};
use stopleak::engine::{Engine, Match, settle};
use stopleak::model::Confidence;
use stopleak::rules::syntax::Text;
use stopleak::rules::{Rule, RuleSet};

/// The rules with their examples, which the embedded set leaves out.
fn rules() -> Vec<Rule> {
    RuleSet::load(Path::new("rules")).expect("build.rs has checked the files")
}

fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn found_by<'m, 'e>(rule: &'m Rule, found: &'m [Match<'e>]) -> impl Iterator<Item = &'m Match<'e>> {
    found.iter().filter(move |found| found.rule.id == rule.id)
}

/// What is wrong with one rule's examples; every text is tried with three draws.
fn check(
    engine: &Engine,
    rule: &Rule,
    texts: &[Text],
    judge: impl Fn(&[Match<'_>]) -> Option<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        for seed in 0..3 {
            let filled =
                fill(rule, &text.joined(), &mut Draw::new(seed * 1000 + index as u64)).expect("parses");
            // The path that a rule asks for is taken for granted, for its own examples only.
            let mut found = engine.candidates(&filled);
            found.retain(|found| found.rule.id == rule.id || found.rule.paths.is_empty());
            if let Some(complaint) = judge(&settle(found, |found| found)) {
                wrong.push(format!(
                    "{} example {index} seed {seed}: {complaint}: {}",
                    rule.id,
                    show(&filled)
                ));
                break;
            }
        }
    }
    wrong
}

#[test]
fn every_rule_finds_its_examples_and_not_its_counter_examples() {
    let engine = Engine::new(&RuleSet::builtin());
    let mut wrong = Vec::new();
    for rule in rules().iter().filter(|rule| !rule.identifier) {
        wrong.extend(check(&engine, rule, &rule.examples, |found| match found_by(rule, found).count() {
            1 => None,
            count => {
                let others: Vec<&str> = found.iter().map(|found| found.rule.id.as_str()).collect();
                Some(format!("found {count} times, found by {others:?}"))
            }
        }));
        wrong.extend(check(&engine, rule, &rule.counter_examples, |found| {
            let sure = found_by(rule, found).find(|found| found.confidence >= Confidence::Medium)?;
            Some(format!("a counter-example is found ({:?})", sure.why))
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
