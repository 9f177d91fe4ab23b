//! In: YAML (the user's files) and JSON (the built-in set). Out: a [`RuleSet`]. Never: scanned bytes.

pub mod about;
pub mod advice;
mod builtin;
pub mod lint;
pub mod load;
pub mod syntax;
#[cfg(test)]
pub(crate) mod tests;
pub mod token_run;

use std::ops::Index;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use load::RuleError;
pub use syntax::{Check, Rule};
use token_run::Route;

/// The active rules, in the order of their ids. Cheap to clone, and cheap to make: a built-in rule is parsed
/// when somebody first asks for it.
#[derive(Clone, Debug)]
pub struct RuleSet {
    slots: Arc<Vec<Slot>>,
}

/// One rule of a set.
#[derive(Clone, Debug)]
enum Slot {
    /// The built-in rule of that number.
    Builtin(u16),
    /// One that the user brought.
    Own(Arc<Rule>),
}

/// A literal or keyword of a rule: what scanned bytes are searched for before the rule is asked anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'r> {
    /// As written.
    pub(crate) text: &'r str,
    /// Which rule of the set it leads to.
    pub(crate) rule: usize,
    /// A keyword, which counts in any letter case; else a literal.
    pub(crate) keyword: bool,
    /// Where it needs to be looked for.
    pub(crate) route: Route,
}

impl RuleSet {
    /// The rules that come with the program. `build.rs` has checked them.
    pub fn builtin() -> RuleSet {
        RuleSet { slots: Arc::new(builtin::numbers().map(Slot::Builtin).collect()) }
    }

    /// No rules at all.
    pub fn empty() -> RuleSet {
        RuleSet { slots: Arc::default() }
    }

    /// The rules of a file or folder; see [`load::load`].
    pub fn load(path: &std::path::Path) -> Result<Vec<Rule>, RuleError> {
        load::load(path)
    }

    /// Adds `rules`; one with the id of an active rule takes its place.
    pub fn extend(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        let slots = Arc::make_mut(&mut self.slots);
        for rule in rules {
            let found = slots.binary_search_by(|slot| slot.id().cmp(&rule.id));
            let slot = Slot::Own(Arc::new(rule));
            match found {
                Ok(index) => slots[index] = slot,
                Err(index) => slots.insert(index, slot),
            }
        }
        let errors = lint::lint_set(self.slots.iter().map(|slot| (slot.id(), slot.pair())));
        if errors.is_empty() { Ok(()) } else { Err(RuleError::Set { errors }) }
    }

    /// Keeps the rules whose id `keep` wants, and the identifiers that their pairs need.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        let kept: Vec<bool> = self.slots.iter().map(|slot| keep(slot.id())).collect();
        if kept.iter().all(|&kept| kept) {
            return;
        }
        let wanted = self.slots.iter().zip(&kept).filter(|(_, kept)| **kept);
        let needed: Vec<String> = wanted.filter_map(|(slot, _)| Some(slot.pair()?.to_owned())).collect();
        let mut kept = kept.into_iter();
        Arc::make_mut(&mut self.slots).retain(|slot| {
            kept.next() == Some(true) || (slot.is_identifier() && needed.iter().any(|id| id == slot.id()))
        });
    }

    /// The rule named `id`.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.position(id).map(|at| &self[at])
    }

    /// Whether there is a rule named `id`.
    pub fn contains(&self, id: &str) -> bool {
        self.position(id).is_some()
    }

    /// Where among all rules the one named `id` stands.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.slots.binary_search_by(|slot| slot.id().cmp(id)).ok()
    }

    /// All rules, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.slots.iter().map(Slot::rule)
    }

    /// The ids of all rules, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(Slot::id)
    }

    /// Those of the rules that the user brought.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Rule> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Builtin(_) => None,
            Slot::Own(rule) => Some(rule.as_ref()),
        })
    }

    /// The words of all rules, rule after rule, each rule's literals before its keywords.
    pub(crate) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.slots.iter().enumerate().flat_map(|(rule, slot)| {
            let (heads, own, route) = match slot {
                Slot::Builtin(number) => {
                    let head = builtin::head(*number);
                    (head.words(), None, head.route)
                }
                Slot::Own(own) => (&[][..], Some(own), own.route),
            };
            let word = move |text, keyword| Word { text, rule, keyword, route };
            let own = own.into_iter().flat_map(move |own| {
                let literals = own.literals.iter().map(move |text| word(text.as_str(), false));
                literals.chain(own.keywords.iter().map(move |text| word(text.as_str(), true)))
            });
            heads.iter().map(move |head| word(head.text(), head.keyword)).chain(own)
        })
    }

    /// How many rules there are, identifiers included.
    pub(crate) fn count(&self) -> usize {
        self.slots.len()
    }

    /// How many rules can make findings (identifiers cannot).
    pub fn len(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.is_identifier()).count()
    }

    /// Whether no rule can make a finding.
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(Slot::is_identifier)
    }

    /// Whether these are the rules that come with the program, all of them and no others: then whatever
    /// `build.rs` has worked out about them holds.
    pub(crate) fn is_builtin(&self) -> bool {
        let numbers = self.slots.iter().map(|slot| match slot {
            Slot::Builtin(number) => Some(*number),
            Slot::Own(_) => None,
        });
        numbers.eq(builtin::numbers().map(Some))
    }

    /// A hash of everything that decides what is found: 16 hexadecimal digits. That of the built-in rules is
    /// known without hashing them.
    pub fn digest(&self) -> String {
        if self.is_builtin() {
            return builtin::DIGEST.to_owned();
        }
        // The hash of the rules as a JSON list.
        let mut hash = Sha256::new();
        for (at, slot) in self.slots.iter().enumerate() {
            hash.update(if at == 0 { "[" } else { "," });
            match slot {
                Slot::Builtin(number) => hash.update(builtin::head(*number).text()),
                Slot::Own(rule) => hash.update(serde_json::to_vec(&**rule).expect("rules are plain data")),
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
        tests::count();
        match self {
            Slot::Builtin(number) => builtin::rule(*number),
            Slot::Own(rule) => rule,
        }
    }

    fn id(&self) -> &str {
        match self {
            Slot::Builtin(number) => builtin::head(*number).id(),
            Slot::Own(rule) => &rule.id,
        }
    }

    fn pair(&self) -> Option<&str> {
        match self {
            Slot::Builtin(number) => builtin::head(*number).pair(),
            Slot::Own(rule) => lint::name_and_pair(rule).1,
        }
    }

    fn is_identifier(&self) -> bool {
        match self {
            Slot::Builtin(number) => builtin::head(*number).identifier,
            Slot::Own(rule) => rule.identifier,
        }
    }
}
