//! In: YAML (the user's files) and JSON (the built-in rules). Out: a [`RuleSet`]. Never: scanned bytes.

pub(crate) mod advice;
mod builtin;
pub(crate) mod check_table;
pub(crate) mod input;
pub(crate) mod lint;
pub mod load;
pub(crate) mod metadata;
pub(crate) mod regular_file;
pub mod renamed_fields;
pub(crate) mod syntax;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod token_run;
mod yaml_depth;

use std::ops::Index;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use input::LimitError;
pub use load::RuleError;
pub(crate) use syntax::Check;
pub use syntax::Rule;
use token_run::Route;

/// A set of rules, in the order of their ids. Cheap to clone and to build: a built-in rule is parsed on its
/// first use.
#[derive(Clone, Debug)]
pub struct RuleSet {
    slots: Arc<Vec<Slot>>,
    /// The user's rules that [`RuleSet::retain`] removed: their values are masked all the same.
    removed: Arc<Vec<Slot>>,
}

/// One rule of a set.
#[derive(Clone, Debug)]
enum Slot {
    /// Number of a built-in rule.
    Builtin(u16),
    /// A rule of the user's files.
    User(Arc<Rule>),
}

/// A literal or keyword of a rule: the prefilter searches the scanned bytes for it before the rule is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'r> {
    /// As the rule file has it.
    pub(crate) text: &'r str,
    /// Position of its rule in the set.
    pub(crate) rule: usize,
    /// True for a keyword, which is found in any letter case; false for a literal.
    pub(crate) is_keyword: bool,
    /// Where the prefilter has to search for it.
    pub(crate) route: Route,
}

impl RuleSet {
    /// Returns the rules that are built into the program, which `build.rs` has checked.
    pub fn builtin() -> RuleSet {
        RuleSet { slots: Arc::new(builtin::numbers().map(Slot::Builtin).collect()), removed: Arc::default() }
    }

    /// Returns a set without rules.
    pub fn empty() -> RuleSet {
        RuleSet { slots: Arc::default(), removed: Arc::default() }
    }

    /// Adds the rules of a YAML text. `path` names the text in errors.
    ///
    /// # Errors
    ///
    /// When one of the rules cannot be used, an id occurs twice, or a rule requires one that is not in the set.
    pub fn extend_from_yaml(&mut self, text: &str, path: &std::path::Path) -> Result<(), RuleError> {
        self.extend(load::parse(text, path)?)
    }

    /// Loads the rules of a file or folder; see [`load::load`].
    ///
    /// # Errors
    ///
    /// When a file cannot be read or one of its rules cannot be used.
    pub fn load(path: &std::path::Path) -> Result<Vec<Rule>, RuleError> {
        load::load(path)
    }

    /// Adds `rules`. A rule replaces the one of the set that has its id.
    ///
    /// # Errors
    ///
    /// When an id occurs twice, or a rule requires one that is not in the set.
    pub fn extend(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        let slots = Arc::make_mut(&mut self.slots);
        for rule in rules {
            let found = slots.binary_search_by(|slot| slot.id().cmp(&rule.id));
            let slot = Slot::User(Arc::new(rule));
            match found {
                Ok(index) => slots[index] = slot,
                Err(index) => slots.insert(index, slot),
            }
        }
        let errors = lint::lint_set(self.slots.iter().map(|slot| (slot.id(), slot.required_rule())));
        if errors.is_empty() { Ok(()) } else { Err(RuleError::Set { errors }) }
    }

    /// Keeps the rules for whose id `keep` returns true, and the unreported rules that these require.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        let kept: Vec<bool> = self.slots.iter().map(|slot| keep(slot.id())).collect();
        if kept.iter().all(|&kept| kept) {
            return;
        }
        let wanted = self.slots.iter().zip(&kept).filter(|(_, kept)| **kept);
        let needed: Vec<String> =
            wanted.filter_map(|(slot, _)| Some(slot.required_rule()?.to_owned())).collect();
        let mut kept = kept.into_iter();
        let removed = Arc::make_mut(&mut self.removed);
        Arc::make_mut(&mut self.slots).retain(|slot| {
            let is_kept =
                kept.next() == Some(true) || (!slot.is_reported() && needed.iter().any(|id| id == slot.id()));
            if !is_kept && matches!(slot, Slot::User(_)) {
                removed.push(slot.clone());
            }
            is_kept
        });
    }

    /// Returns the rules of the user's files, also those that [`RuleSet::retain`] removed.
    pub(crate) fn all_user_rules(&self) -> RuleSet {
        let slots = self.slots.iter().filter(|slot| matches!(slot, Slot::User(_))).chain(&*self.removed);
        RuleSet { slots: Arc::new(slots.cloned().collect()), removed: Arc::default() }
    }

    /// Returns the rule with this id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.position(id).map(|at| &self[at])
    }

    /// Returns whether the set has a rule with this id.
    pub fn contains(&self, id: &str) -> bool {
        self.position(id).is_some()
    }

    /// Returns the position in the set of the rule with this id.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.slots.binary_search_by(|slot| slot.id().cmp(id)).ok()
    }

    /// Returns all rules, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.slots.iter().map(Slot::rule)
    }

    /// Returns the ids of all rules, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(Slot::id)
    }

    /// Returns the rules that come from the user's files.
    pub(crate) fn user_rules(&self) -> impl Iterator<Item = &Rule> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Builtin(_) => None,
            Slot::User(rule) => Some(rule.as_ref()),
        })
    }

    /// Returns the words of all rules in the order of the rules, each rule's literals before its keywords.
    pub(crate) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.slots.iter().enumerate().flat_map(|(rule, slot)| {
            let (headers, user_rule, route) = match slot {
                Slot::Builtin(number) => {
                    let header = builtin::header(*number);
                    (header.words(), None, header.route)
                }
                Slot::User(rule) => (&[][..], Some(rule), rule.route),
            };
            let word = move |text, is_keyword| Word { text, rule, is_keyword, route };
            let of_user = user_rule.into_iter().flat_map(move |user_rule| {
                let literals = user_rule.literals.iter().map(move |text| word(text.as_str(), false));
                literals.chain(user_rule.keywords.iter().map(move |text| word(text.as_str(), true)))
            });
            headers.iter().map(move |built_in| word(built_in.text(), built_in.is_keyword)).chain(of_user)
        })
    }

    /// Returns the number of rules, including those with `report: false`.
    pub(crate) fn count(&self) -> usize {
        self.slots.len()
    }

    /// Returns the number of rules that can make findings: those without `report: false`.
    pub fn len(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_reported()).count()
    }

    /// Returns whether no rule can make a finding.
    pub fn is_empty(&self) -> bool {
        !self.slots.iter().any(Slot::is_reported)
    }

    /// Returns whether these are the built-in rules, all of them and no others: then the tables that `build.rs`
    /// computed from them apply.
    pub(crate) fn is_builtin(&self) -> bool {
        let numbers = self.slots.iter().map(|slot| match slot {
            Slot::Builtin(number) => Some(*number),
            Slot::User(_) => None,
        });
        numbers.eq(builtin::numbers().map(Some))
    }

    /// Returns the first 8 bytes of the SHA-256 of the rules as JSON, in 16 hexadecimal digits. It covers
    /// everything that affects matching. `build.rs` has computed the digest of the built-in rules.
    pub fn digest(&self) -> String {
        if self.is_builtin() {
            return builtin::DIGEST.to_owned();
        }
        // Hashes the same bytes as a JSON list of the rules, without building that list.
        let mut hash = Sha256::new();
        for (at, slot) in self.slots.iter().enumerate() {
            hash.update(if at == 0 { "[" } else { "," });
            match slot {
                Slot::Builtin(number) => hash.update(builtin::header(*number).text()),
                Slot::User(rule) => hash.update(serde_json::to_vec(&**rule).expect("rules are plain data")),
            }
        }
        hash.update(if self.slots.is_empty() { "[]" } else { "]" });
        HEXLOWER.encode(&hash.finalize()[..8])
    }
}

impl Index<usize> for RuleSet {
    type Output = Rule;

    fn index(&self, at: usize) -> &Rule {
        self.slots[at].rule()
    }
}

impl Slot {
    fn rule(&self) -> &Rule {
        #[cfg(test)]
        tests::count_access();
        match self {
            Slot::Builtin(number) => builtin::rule(*number),
            Slot::User(rule) => rule,
        }
    }

    fn id(&self) -> &str {
        match self {
            Slot::Builtin(number) => builtin::header(*number).id(),
            Slot::User(rule) => &rule.id,
        }
    }

    fn required_rule(&self) -> Option<&str> {
        match self {
            Slot::Builtin(number) => builtin::header(*number).required_rule(),
            Slot::User(rule) => lint::id_and_required_rule(rule).1,
        }
    }

    fn is_reported(&self) -> bool {
        match self {
            Slot::Builtin(number) => builtin::header(*number).is_reported,
            Slot::User(rule) => rule.is_reported,
        }
    }
}
