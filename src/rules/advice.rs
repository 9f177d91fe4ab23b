//! What to do about a secret and instead of it, by kind: the data in `advice.yaml`.
//!
//! `build.rs` compiles this file too. It chooses the kind of every built-in rule, and what it embeds is parsed
//! when somebody asks for it: a scan never does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::syntax::Kind;
use crate::model::Severity;

/// All advice.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// What each grade of severity means.
    pub severities: BTreeMap<Severity, String>,
    /// What to do after a leak, by the names that `kinds` use.
    pub steps: BTreeMap<String, String>,
    /// Where secrets belong, by the names that `kinds` use.
    pub places: BTreeMap<String, Place>,
    /// The advice for each kind.
    pub kinds: BTreeMap<Kind, ForKind>,
}

/// A place where secrets belong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What it is.
    pub title: String,
    /// How a value gets there and back, a line each. `{NAME}` stands for the name of a variable, `{name}` for
    /// the same name in the letters that all stores take.
    pub lines: Vec<String>,
}

/// The advice for one kind of secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForKind {
    /// Folders below `rules/` whose rules are of this kind, unless another kind names them.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Ids of rules of this kind; a `*` stands for any characters.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What such a value is.
    pub about: String,
    /// Steps after a leak.
    pub leaked: Vec<String>,
    /// What to do instead, a paragraph each.
    pub instead: Vec<String>,
    /// Places for it, the best first.
    pub places: Vec<String>,
}

/// The step that a rule has words of its own for.
pub const REVOKE: &str = "revoke";

/// The same, where revoking is not the word for it.
pub const CHANGE: &str = "change";

impl Advice {
    /// The kind of the rule `id` in the folder `rules/<folder>`: the one with the longest pattern for the id, else
    /// the folder's.
    pub fn kind_of(&self, id: &str, folder: &str) -> Option<Kind> {
        let named = self.kinds.iter().flat_map(|(kind, advice)| {
            advice.rules.iter().filter(|pattern| fits(pattern, id)).map(|pattern| (pattern.len(), *kind))
        });
        let holds = |advice: &ForKind| advice.folders.iter().any(|named| named == folder);
        let of_folder = || self.kinds.iter().find(|(_, advice)| holds(advice)).map(|(kind, _)| *kind);
        named.max_by_key(|(length, _)| *length).map(|(_, kind)| kind).or_else(of_folder)
    }

    /// Names in `kinds` that nothing has.
    pub fn dangling(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for advice in self.kinds.values() {
            let is_known = |step: &str| [REVOKE, CHANGE].contains(&step) || self.steps.contains_key(step);
            let steps = advice.leaked.iter().filter(|step| !is_known(step));
            wrong.extend(steps.map(|step| format!("there is no step {step}")));
            let places = advice.places.iter().filter(|&place| !self.places.contains_key(place));
            wrong.extend(places.map(|place| format!("there is no place {place}")));
        }
        wrong
    }
}

/// Whether `id` fits `pattern`, in which a `*` stands for any characters.
pub fn fits(pattern: &str, id: &str) -> bool {
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
    use super::fits;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, id, holds) in [
            ("a-b", "a-b", true),
            ("a-b", "a-bc", false),
            ("a-*", "a-bc", true),
            ("*-b", "a-b", true),
            ("*-b", "a-bc", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("*b*", "abc", true),
        ] {
            assert_eq!(fits(pattern, id), holds, "{pattern} {id}");
        }
    }
}
