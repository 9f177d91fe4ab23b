//! Tries a rule on its own examples and counter-examples: for `rules check` and the built-in rules' test.
//!
//! Every text is filled with several draws: one that is found by luck is not an example.

use crate::model::Confidence;
use crate::rules::Rule;
use crate::rules::syntax::Text;

use super::sample::{Draw, fill};
use crate::engine::{Engine, Match, settle};

/// How often each text is filled and tried.
const DRAWS: u64 = 3;

/// A text that its rule judges otherwise than the rule's author says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// `example 1`, `counter-example 2`: counted from 1 in the order of the rule.
    pub which: String,
    /// What is wrong.
    pub message: String,
    /// The text with its placeholders filled in. Not for output: it can hold what the author pasted.
    pub text: Vec<u8>,
}

/// What is wrong with the examples of `rule`, which `engine` must hold among its rules.
pub fn complaints(engine: &Engine, rule: &Rule) -> Vec<Complaint> {
    // An identifier is found for the sake of another rule and never reported by itself.
    if rule.identifier {
        return Vec::new();
    }
    let mut complaints = attempt(engine, rule, "example", &rule.examples, &|found| match found
        .iter()
        .filter(|found| found.rule.id == rule.id)
        .count()
    {
        1 => None,
        0 if found.is_empty() => Some("nothing is found in it".to_owned()),
        0 => Some(format!("it is found by {} instead", names(found))),
        count => Some(format!("{count} values are found in it instead of one")),
    });
    complaints.extend(attempt(engine, rule, "counter-example", &rule.counter_examples, &|found| {
        let counts = |found: &&Match<'_>| found.rule.id == rule.id && found.confidence >= Confidence::Medium;
        let sure = found.iter().find(counts)?;
        Some(format!("it is found with {} confidence ({})", sure.confidence, sure.why.join(", ")))
    }));
    complaints
}

fn attempt(
    engine: &Engine,
    rule: &Rule,
    kind: &str,
    texts: &[Text],
    judge: &dyn Fn(&[Match<'_>]) -> Option<String>,
) -> Vec<Complaint> {
    let complain = |(index, text): (usize, &Text)| {
        (0..DRAWS).find_map(|draw| {
            let seed = draw * 1000 + index as u64;
            // Whether the pattern parses is the lint's question.
            let text = fill(rule, &text.joined(), &mut Draw::new(seed))?;
            // The path that a rule asks for is taken for granted, for its own examples only.
            let mut found = engine.candidates(&text);
            found.retain(|found| found.rule.id == rule.id || found.rule.paths.is_empty());
            let message = judge(&settle(found, |found| found))?;
            Some(Complaint { which: format!("{kind} {}", index + 1), message, text })
        })
    };
    texts.iter().enumerate().filter_map(complain).collect()
}

fn names(found: &[Match<'_>]) -> String {
    let mut ids: Vec<&str> = found.iter().map(|found| found.rule.id.as_str()).collect();
    ids.dedup();
    ids.join(", ")
}
