//! What the tests of the flows share.

use crate::engine::authoring::sample::{Draw, sample};
use crate::git::env::GitEnv;
use crate::model::Confidence;
use crate::policy::Policy;
use crate::rules::{Rule, RuleSet};

use super::{OpenedRepo, Settings};

/// The rule of [`token`].
pub(super) const RULE: &str = "github-classic-pat";

/// A GitHub token with a checksum that holds.
pub(super) fn token(settings: &Settings, seed: u64) -> String {
    let rule = settings.rules.get(RULE).expect("a built-in rule");
    let drawn = sample(rule, &mut Draw::new(seed)).expect("its pattern parses");
    String::from_utf8(drawn).expect("text")
}

/// Some built-in rules, nothing allowed.
pub(super) fn settings() -> Settings {
    let mut rules = RuleSet::builtin();
    let kept = |rule: &Rule| rule.id == RULE || rule.generic || rule.pair.is_some();
    let ids: Vec<String> = rules.iter().filter(|rule| kept(rule)).map(|rule| rule.id.clone()).collect();
    rules.retain(|id| ids.iter().any(|kept| kept == id));
    Settings {
        rules,
        policy: Policy::default(),
        confidence: Confidence::Low,
        fail_on: Confidence::Low,
        threads: 1,
        max_blob_size: u64::MAX,
        max_file_size: None,
        deadline: None,
        stats: false,
        directory: ".".into(),
        root: ".".into(),
        env: GitEnv::default(),
        repo: OpenedRepo::default(),
        policy_of: None,
        notes: Vec::new(),
    }
}
