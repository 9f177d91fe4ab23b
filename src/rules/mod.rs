//! In: YAML (the user's files) and JSON (the built-in set). Out: a [`RuleSet`]. Never: scanned bytes.

pub mod lint;
pub mod load;
pub mod syntax;
pub mod token_run;

use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use load::RuleError;
pub use syntax::{Check, Rule};

/// The active rules, in the order of their ids. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Arc<Vec<Rule>>,
}

impl RuleSet {
    /// The rules that come with the program. `build.rs` has checked them.
    pub fn builtin() -> RuleSet {
        const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));
        let rules = serde_json::from_str(JSON).expect("build.rs wrote this text from the same types");
        RuleSet { rules: Arc::new(rules) }
    }

    /// No rules at all.
    pub fn empty() -> RuleSet {
        RuleSet { rules: Arc::default() }
    }

    /// The rules of a file or folder; see [`load::load`].
    pub fn load(path: &std::path::Path) -> Result<Vec<Rule>, RuleError> {
        load::load(path)
    }

    /// Adds `rules`; one with the id of an active rule takes its place.
    pub fn extend(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        let known = Arc::make_mut(&mut self.rules);
        for rule in rules {
            match known.binary_search_by(|known| known.id.cmp(&rule.id)) {
                Ok(index) => known[index] = rule,
                Err(index) => known.insert(index, rule),
            }
        }
        let errors = lint::lint_set(self.rules.iter());
        if errors.is_empty() { Ok(()) } else { Err(RuleError::Set { errors }) }
    }

    /// Keeps the rules for which `keep` says so, and the identifiers that their pairs need.
    pub fn retain(&mut self, mut keep: impl FnMut(&Rule) -> bool) {
        let kept: Vec<bool> = self.rules.iter().map(&mut keep).collect();
        if kept.iter().all(|&kept| kept) {
            return;
        }
        let partner = |(rule, kept): (&Rule, &bool)| Some(rule.pair.as_ref().filter(|_| *kept)?.with.clone());
        let needed: Vec<String> = self.rules.iter().zip(&kept).filter_map(partner).collect();
        let mut kept = kept.into_iter();
        Arc::make_mut(&mut self.rules)
            .retain(|rule| kept.next() == Some(true) || (rule.identifier && needed.contains(&rule.id)));
    }

    /// The rule named `id`.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        let index = self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()?;
        Some(&self.rules[index])
    }

    /// All rules, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.rules.iter()
    }

    /// How many rules can make findings (identifiers cannot).
    pub fn len(&self) -> usize {
        self.rules.iter().filter(|rule| !rule.identifier).count()
    }

    /// Whether no rule can make a finding.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A hash of everything that decides what is found: 16 hexadecimal digits.
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self.rules.as_slice()).expect("rules are plain data");
        HEXLOWER.encode(&Sha256::digest(json)[..8])
    }

    /// The rules themselves, for whoever keeps them beside the set.
    pub(crate) fn shared(&self) -> Arc<Vec<Rule>> {
        Arc::clone(&self.rules)
    }
}
