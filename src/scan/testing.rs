//! Settings and tokens for the tests of the flows.

use crate::engine::authoring::sample::{Draw, sample};
use crate::model::Confidence;
use crate::rules::{Rule, RuleSet};

use super::settings::Settings;

/// The rule of [`token`].
pub(super) const RULE: &str = "github-classic-pat";

/// Returns a GitHub token with a valid checksum.
pub(super) fn token(settings: &Settings, seed: u64) -> String {
    let rule = settings.rules.get(RULE).expect("a built-in rule");
    let drawn = sample(rule, &mut Draw::new(seed)).expect("its pattern parses");
    String::from_utf8(drawn).expect("text")
}

/// Returns settings with some built-in rules, under which nothing is allowed.
pub(super) fn settings() -> Settings {
    let mut rules = RuleSet::builtin();
    let kept = |rule: &Rule| rule.id == RULE || rule.generic || rule.requires.is_some();
    let ids: Vec<String> = rules.iter().filter(|rule| kept(rule)).map(|rule| rule.id.clone()).collect();
    rules.retain(|id| ids.iter().any(|kept| kept == id));
    Settings {
        confidence: Confidence::Low,
        fail_on: Confidence::Low,
        threads: 1,
        max_blob_size: u64::MAX,
        ..Settings::new(rules, ".".into())
    }
}
