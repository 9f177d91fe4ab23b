//! What the `rules` commands share: the loaded rules, one rule by its id, and the output format.

use anyhow::anyhow;
use clap::ValueEnum;

use crate::cli::env::Environment;
use crate::cli::options::{RuleOptions, ThresholdOptions};
use crate::cli::setup::{Setup, check_rule_id};
use crate::rules::{Rule, RuleSet};

/// Output format of `list` and `show`.
#[derive(ValueEnum, Clone, Copy, Debug, Default)]
pub(crate) enum ListFormat {
    #[default]
    Human,
    Json,
}

pub(crate) fn setup(rules: &RuleOptions, env: &Environment) -> anyhow::Result<Setup<'static>> {
    Setup::new(env, &env.directory, rules, &ThresholdOptions::default())
}

/// Returns the rule with this id, active or not. The error of an unknown id suggests a similar one.
pub(crate) fn find_rule<'r>(rules: &'r RuleSet, id: &str) -> anyhow::Result<&'r Rule> {
    check_rule_id(rules, id).map_err(|message| anyhow!(message))?;
    rules.get(id).ok_or_else(|| anyhow!("there is no rule `{id}`"))
}

pub(crate) fn provider(rule: &Rule) -> &str {
    rule.provider.as_deref().unwrap_or_default()
}
