//! What is said about rules and never asked in a scan: the folder of a built-in rule, the kind of its secrets,
//! and the advice for that kind. Made by `build.rs`.

use std::sync::LazyLock;

use super::advice::{Advice, ForKind};
use super::syntax::Kind;
use super::{RuleSet, Slot};

// FOLDERS, ABOUT
include!(concat!(env!("OUT_DIR"), "/about.rs"));

impl RuleSet {
    /// The folder below `rules/` in which a built-in rule stands; `None` for one that a user brought.
    pub fn domain(&self, id: &str) -> Option<&'static str> {
        match &self.slots[self.position(id)?] {
            Slot::Builtin(number) => Some(FOLDERS[usize::from(ABOUT[usize::from(*number)].0)]),
            Slot::Own(_) => None,
        }
    }

    /// The kind of the secrets that a rule finds.
    pub fn kind(&self, id: &str) -> Option<Kind> {
        match &self.slots[self.position(id)?] {
            Slot::Builtin(number) => Some(ABOUT[usize::from(*number)].1),
            Slot::Own(rule) => Some(match (rule.kind, rule.identifier, rule.human) {
                (Some(kind), _, _) => kind,
                (None, true, _) => Kind::Identifier,
                (None, false, true) => Kind::Password,
                (None, false, false) => Kind::ApiKey,
            }),
        }
    }
}

/// All domains of the built-in rules, sorted.
pub fn domains() -> impl Iterator<Item = &'static str> {
    FOLDERS.into_iter()
}

/// The advice that comes with the program.
pub fn advice() -> &'static Advice {
    static ADVICE: LazyLock<Advice> = LazyLock::new(|| {
        let text = include_str!(concat!(env!("OUT_DIR"), "/advice.json"));
        serde_json::from_str(text).expect("build.rs wrote this text from the same types")
    });
    &ADVICE
}

/// That for one kind.
pub fn advice_for(kind: Kind) -> &'static ForKind {
    advice().kinds.get(&kind).expect("the tests ask for every kind")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Severity;
    use crate::rules::advice::{CHANGE, REVOKE, fits};

    #[test]
    fn there_is_advice_for_every_kind_and_all_of_it_is_used() {
        let advice = advice();
        let rules = RuleSet::builtin();
        let kinds: BTreeSet<Kind> = rules.ids().filter_map(|id| rules.kind(id)).collect();
        assert!(kinds.iter().eq(advice.kinds.keys()), "{kinds:?}");
        // The names of kinds that serde knows: the list stands in its error.
        let error = serde_json::from_str::<Kind>("\"no\"").expect_err("unknown").to_string();
        assert_eq!(error.matches('`').count() / 2 - 1, advice.kinds.len(), "{error}");
        assert!(Severity::ALL.iter().all(|severity| advice.severities.contains_key(severity)));
        assert_eq!(advice.dangling(), Vec::<String>::new());
        let steps: BTreeSet<&String> = advice.kinds.values().flat_map(|kind| &kind.leaked).collect();
        assert!(advice.steps.keys().all(|step| steps.contains(step)));
        let places: BTreeSet<&String> = advice.kinds.values().flat_map(|kind| &kind.places).collect();
        assert!(advice.places.keys().all(|place| places.contains(place)));
        let revokes = |step: &String| [REVOKE, CHANGE].contains(&step.as_str());
        assert!(advice.kinds.values().all(|kind| kind.leaked.iter().any(revokes)));
    }

    #[test]
    fn a_rule_that_a_kind_names_twice_has_one_kind() {
        for id in RuleSet::builtin().ids() {
            let fitting = advice().kinds.iter().flat_map(|(kind, advice)| {
                advice.rules.iter().filter(|pattern| fits(pattern, id)).map(|pattern| (pattern.len(), *kind))
            });
            let fitting: Vec<_> = fitting.collect();
            let Some(longest) = fitting.iter().map(|(length, _)| *length).max() else { continue };
            let best: BTreeSet<Kind> =
                fitting.iter().filter(|(length, _)| *length == longest).map(|(_, kind)| *kind).collect();
            assert_eq!(best.len(), 1, "{id}: {best:?}");
        }
    }
}
