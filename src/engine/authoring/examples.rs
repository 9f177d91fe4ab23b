//! Tests a rule with its examples and counter-examples: for `rules check` and the test of the built-in rules.
//!
//! The placeholders of every text are filled with several samples, because a single one can match by chance.

use crate::model::{Confidence, Evidence};
use crate::rules::Rule;
use crate::rules::syntax::Text;

use super::sample::{Draw, fill};
use crate::engine::{Engine, Match, resolve_overlaps};

/// Number of samples for each text.
const SAMPLES: u64 = 3;

/// An example without its match, or a counter-example with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleError {
    /// `example 1`, `counter-example 2`: 1-based, in the order of the rule.
    pub which: String,
    /// What is wrong.
    pub message: String,
    /// The text with its placeholders filled in. Not for output: it can contain a real secret of the author.
    pub text: Vec<u8>,
}

/// Returns the errors in the examples of `rule`, which must be one of the rules of `engine`.
pub fn check_examples(engine: &Engine, rule: &Rule) -> Vec<ExampleError> {
    // Its matches only serve other rules, so none is reported.
    if !rule.is_reported {
        return Vec::new();
    }
    let mut errors = check_texts(engine, rule, "example", &rule.examples, &|found| match found
        .iter()
        .filter(|found| found.rule.id == rule.id)
        .count()
    {
        1 => None,
        0 if found.is_empty() => Some("nothing is found in it".to_owned()),
        0 => Some(format!("it is found by {} instead", ids(found))),
        count => Some(format!("{count} values are found in it instead of one")),
    });
    errors.extend(check_texts(engine, rule, "counter-example", &rule.counter_examples, &|found| {
        let is_confident =
            |found: &&Match<'_>| found.rule.id == rule.id && found.confidence >= Confidence::Medium;
        let first = found.iter().find(is_confident)?;
        Some(format!("it is found with {} confidence ({})", first.confidence, Evidence::join(&first.why)))
    }));
    errors
}

/// Evaluates each text; `error` is the message for its matches, if they are wrong.
fn check_texts(
    engine: &Engine,
    rule: &Rule,
    kind: &str,
    texts: &[Text],
    error: &dyn Fn(&[Match<'_>]) -> Option<String>,
) -> Vec<ExampleError> {
    let check = |(index, text): (usize, &Text)| {
        (0..SAMPLES).find_map(|sample| {
            let seed = sample * 1000 + index as u64;
            // `None` only for a pattern that does not parse, which the lint reports.
            let text = fill(rule, &text.joined(), &mut Draw::new(seed))?;
            // The confidence is that of the rule itself, which others may raise.
            // The rule's own examples count as in a matching path; rules with paths are left out otherwise.
            let mut found = engine.candidates(&text);
            found.retain(|found| found.rule.id == rule.id || found.rule.paths.is_empty());
            let message = error(&resolve_overlaps(found, |found| found, |_, _| {}))?;
            Some(ExampleError { which: format!("{kind} {}", index + 1), message, text })
        })
    };
    texts.iter().enumerate().filter_map(check).collect()
}

fn ids(found: &[Match<'_>]) -> String {
    let mut ids: Vec<&str> = found.iter().map(|found| found.rule.id.as_str()).collect();
    ids.dedup();
    ids.join(", ")
}
