//! In: YAML (the user's files) and JSON (the built-in set). Out: a [`RuleSet`]. Never: scanned bytes.
#![allow(missing_docs)]

pub mod syntax;

use std::path::Path;

pub use syntax::{Check, Rule, RuleFile};

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RuleError(String);

/// Stand-in.
#[derive(Clone, Debug)]
pub struct RuleSet(Vec<Rule>);

impl RuleSet {
    pub fn builtin() -> RuleSet {
        let rule = |id: &str| Rule { id: id.to_owned(), ..sample() };
        RuleSet(["aws-access-key", "generic-password", "github-token"].map(rule).to_vec())
    }

    pub fn load(path: &Path) -> Result<Vec<Rule>, RuleError> {
        let fail = |error: &dyn std::fmt::Display| RuleError(format!("{}: {error}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| fail(&error))?;
        let file: RuleFile = serde_yaml::from_slice(&bytes).map_err(|error| fail(&error))?;
        Ok(file.rules)
    }

    pub fn extend(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        self.0.retain(|known| rules.iter().all(|rule| rule.id != known.id));
        self.0.extend(rules);
        Ok(())
    }

    pub fn retain(&mut self, keep: impl FnMut(&Rule) -> bool) {
        self.0.retain(keep);
    }

    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn sample() -> Rule {
    serde_yaml::from_str("{id: x, name: x, severity: high, confidence: high, pattern: x, help: x}")
        .expect("a literal")
}
