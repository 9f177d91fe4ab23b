//! Remediation advice for each kind of secret: what to do after a leak, and where such values belong instead.
//! The data is `advice.yaml`.
//!
//! `build.rs` compiles this file too. It determines the kind of every built-in rule and embeds the advice, which is
//! parsed on its first use; a scan never uses it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::syntax::SecretKind;
use crate::model::Severity;

/// The content of `advice.yaml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advice {
    /// The meaning of each severity.
    pub severities: BTreeMap<Severity, String>,
    /// Steps after a leak, by the names that `kinds` refers to.
    pub steps: BTreeMap<String, String>,
    /// Stores for secrets, by the names that `kinds` refers to.
    pub places: BTreeMap<String, SecretStore>,
    /// The advice for each kind.
    pub kinds: BTreeMap<SecretKind, KindAdvice>,
}

/// A store for secrets, such as an environment variable or a vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretStore {
    /// Its name, for people.
    pub title: String,
    /// How to write a value and read it back, one line each. `NAME` is replaced by the name of a variable,
    /// `{name}` by the same name in lower case with `-` instead of `_`, which all stores accept.
    pub lines: Vec<String>,
}

/// The advice for one kind of secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindAdvice {
    /// Folders below `rules/` whose rules are of this kind, unless `rules` of another kind has them.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Ids of rules of this kind; `*` matches any characters.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What such a value is, in a sentence or two.
    pub about: String,
    /// Names of the steps after a leak, in order.
    pub leaked: Vec<String>,
    /// What to do instead of committing such a value, a paragraph each.
    pub instead: Vec<String>,
    /// Names of stores for it, the best first.
    pub places: Vec<String>,
}

/// The step for which a rule has its own text (`revoke`), shown with the word "Revoke".
pub(crate) const REVOKE: &str = "revoke";

/// The same step, shown without that word: for values that are changed, not revoked.
pub(crate) const CHANGE: &str = "change";

impl Advice {
    /// Returns the kind of the rule `id` in the folder `rules/<folder>`: the kind with the longest pattern
    /// that matches the id, else the kind of the folder. `None` when there is neither.
    #[allow(dead_code, reason = "build.rs uses it")]
    pub(crate) fn kind_of(&self, id: &str, folder: &str) -> Option<SecretKind> {
        let named = self.kinds.iter().flat_map(|(kind, advice)| {
            advice
                .rules
                .iter()
                .filter(|pattern| matches_pattern(pattern, id))
                .map(|pattern| (pattern.len(), *kind))
        });
        let has_folder = |advice: &KindAdvice| advice.folders.iter().any(|named| named == folder);
        let of_folder = || self.kinds.iter().find(|(_, advice)| has_folder(advice)).map(|(kind, _)| *kind);
        named.max_by_key(|(length, _)| *length).map(|(_, kind)| kind).or_else(of_folder)
    }

    /// Returns an error for each name in `kinds` that `steps` or `places` does not define.
    #[allow(dead_code, reason = "build.rs uses it")]
    pub(crate) fn undefined_names(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for advice in self.kinds.values() {
            let is_known = |step: &str| [REVOKE, CHANGE].contains(&step) || self.steps.contains_key(step);
            let steps = advice.leaked.iter().filter(|step| !is_known(step));
            wrong
                .extend(steps.map(|step| format!("advice.yaml: `leaked` names the undefined step `{step}`")));
            let places = advice.places.iter().filter(|&place| !self.places.contains_key(place));
            wrong.extend(
                places.map(|place| format!("advice.yaml: `places` names the undefined place `{place}`")),
            );
        }
        wrong
    }
}

/// Returns whether `pattern`, in which `*` matches any characters, matches the whole `id`.
#[allow(dead_code, reason = "build.rs uses it")]
pub(crate) fn matches_pattern(pattern: &str, id: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == id };
    let Some(mut id) = id.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        match id.split_once(part) {
            Some((_, behind)) => id = behind,
            None => return false,
        }
    }
    id.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn a_star_matches_any_characters() {
        for (pattern, id, expected) in [
            ("a-b", "a-b", true),
            ("a-b", "a-bc", false),
            ("a-*", "a-bc", true),
            ("*-b", "a-b", true),
            ("*-b", "a-bc", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("*b*", "abc", true),
        ] {
            assert_eq!(matches_pattern(pattern, id), expected, "{pattern} {id}");
        }
    }
}
