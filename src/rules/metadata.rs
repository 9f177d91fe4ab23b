//! Properties of rules that a scan never needs: the folder of a built-in rule, the kind of its secrets, and the
//! remediation advice for that kind. The tables are written by `build.rs`.

use std::sync::LazyLock;

use super::advice::{Advice, KindAdvice};
use super::syntax::SecretKind;
use super::{RuleSet, Slot};

// FOLDERS, METADATA
include!(concat!(env!("OUT_DIR"), "/metadata.rs"));

impl RuleSet {
    /// Returns the folder below `rules/` of a built-in rule; `None` for a rule of the user's files.
    pub fn domain(&self, id: &str) -> Option<&'static str> {
        match &self.slots[self.position(id)?] {
            Slot::Builtin(number) => Some(FOLDERS[usize::from(METADATA[usize::from(*number)].0)]),
            Slot::User(_) => None,
        }
    }

    /// Returns the kind of the secrets that a rule finds; `None` when the set has no such rule.
    pub fn kind(&self, id: &str) -> Option<SecretKind> {
        match &self.slots[self.position(id)?] {
            Slot::Builtin(number) => Some(METADATA[usize::from(*number)].1),
            Slot::User(rule) => Some(match (rule.kind, rule.is_reported, rule.human_chosen) {
                (Some(kind), _, _) => kind,
                (None, false, _) => SecretKind::Identifier,
                (None, true, true) => SecretKind::Password,
                (None, true, false) => SecretKind::ApiKey,
            }),
        }
    }
}

/// Returns all domains of the built-in rules, sorted.
pub(crate) fn domains() -> impl Iterator<Item = &'static str> {
    FOLDERS.into_iter()
}

/// Returns the built-in advice, and parses it on the first call.
pub(crate) fn advice() -> &'static Advice {
    static ADVICE: LazyLock<Advice> = LazyLock::new(|| {
        let text = include_str!(concat!(env!("OUT_DIR"), "/advice.json"));
        serde_json::from_str(text).expect("build.rs wrote this text from the same types")
    });
    &ADVICE
}

/// Returns the advice for one kind of secret.
pub(crate) fn advice_for(kind: SecretKind) -> &'static KindAdvice {
    advice().kinds.get(&kind).expect("a test checks that every kind has advice")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Severity;
    use crate::rules::advice::{CHANGE, REVOKE, matches_pattern};

    #[test]
    fn there_is_advice_for_every_kind_and_all_of_it_is_used() {
        let advice = advice();
        let rules = RuleSet::builtin();
        let kinds: BTreeSet<SecretKind> = rules.ids().filter_map(|id| rules.kind(id)).collect();
        assert!(kinds.iter().eq(advice.kinds.keys()), "{kinds:?}");
        // serde's error for an unknown kind lists all names of kinds.
        let error = serde_json::from_str::<SecretKind>("\"no\"").expect_err("unknown").to_string();
        assert_eq!(error.matches('`').count() / 2 - 1, advice.kinds.len(), "{error}");
        assert!(Severity::ALL.iter().all(|severity| advice.severities.contains_key(severity)));
        assert_eq!(advice.undefined_names(), Vec::<String>::new());
        let steps: BTreeSet<&String> = advice.kinds.values().flat_map(|kind| &kind.leaked).collect();
        assert!(advice.steps.keys().all(|step| steps.contains(step)));
        let places: BTreeSet<&String> = advice.kinds.values().flat_map(|kind| &kind.places).collect();
        assert!(advice.places.keys().all(|place| places.contains(place)));
        let revokes = |step: &String| [REVOKE, CHANGE].contains(&step.as_str());
        assert!(advice.kinds.values().all(|kind| kind.leaked.iter().any(revokes)));
    }

    #[test]
    fn the_longest_patterns_for_a_rule_name_one_kind() {
        for id in RuleSet::builtin().ids() {
            let fitting = advice().kinds.iter().flat_map(|(kind, advice)| {
                advice
                    .rules
                    .iter()
                    .filter(|pattern| matches_pattern(pattern, id))
                    .map(|pattern| (pattern.len(), *kind))
            });
            let fitting: Vec<_> = fitting.collect();
            let Some(longest) = fitting.iter().map(|(length, _)| *length).max() else { continue };
            let best: BTreeSet<SecretKind> =
                fitting.iter().filter(|(length, _)| *length == longest).map(|(_, kind)| *kind).collect();
            assert_eq!(best.len(), 1, "{id}: {best:?}");
        }
    }
}
