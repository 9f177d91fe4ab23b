//! Fields of a rule that had another name before version 0.2.0. A rule file with an old name is refused with an
//! error that gives the new one.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::lint;

/// A field that was renamed in version 0.2.0.
#[derive(Clone, Copy, Debug)]
pub struct RenamedField {
    /// The name before.
    pub old: &'static str,
    /// The name since.
    pub new: &'static str,
    /// What else changed; empty when only the name did.
    pub hint: &'static str,
}

/// All renamed fields.
pub const RENAMED_FIELDS: [RenamedField; 7] = [
    renamed("at", "literal_offset"),
    renamed("human", "human_chosen"),
    RenamedField {
        old: "identifier",
        new: "report",
        hint: ": write `report: false` instead of `identifier: true`",
    },
    renamed("names", "name_words"),
    renamed("never", "allow"),
    renamed("never_pattern", "allow_pattern"),
    renamed("pair", "requires"),
];

const fn renamed(old: &'static str, new: &'static str) -> RenamedField {
    RenamedField { old, new, hint: "" }
}

/// An old name in a rule file.
#[derive(Debug)]
pub(super) struct OldName {
    /// 1-based line and column of the field; `None` when the rule's `id` is not on a line of its own.
    pub(super) place: Option<(usize, usize)>,
    /// Names the rule and the new name.
    pub(super) message: String,
}

/// Returns every old name in `text`, in the order of the file. Empty when the text is not YAML.
pub(super) fn find(text: &str) -> Vec<OldName> {
    let file = serde_yaml::from_str::<Value>(text).ok();
    let rules = file.as_ref().and_then(|file| file.get("rules")?.as_sequence());
    let mut found = Vec::new();
    let mut rules_with_id = BTreeMap::<&str, usize>::new();
    for (number, rule) in (1..).zip(rules.into_iter().flatten()) {
        let Some(fields) = rule.as_mapping() else { continue };
        let id = rule.get("id").and_then(Value::as_str);
        let before = id.map_or(0, |id| {
            let count = rules_with_id.entry(id).or_default();
            std::mem::replace(count, *count + 1)
        });
        let name = id.map_or_else(|| format!("number {number}"), str::to_owned);
        for field in fields.keys().filter_map(Value::as_str) {
            let Some(renamed) = RENAMED_FIELDS.iter().find(|renamed| renamed.old == field) else { continue };
            let RenamedField { old, new, hint } = renamed;
            found.push(OldName {
                place: id.and_then(|id| lint::declared_place_of(id, before, field, text)),
                message: format!("rule {name}: field `{old}` was renamed to `{new}` in 0.2.0{hint}"),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rules::load;

    const RULE: &str = "- id: acme-token
  name: Acme token
  severity: high
  confidence: high
  literals: [acme_]
  pattern: 'acme_[a-z]{8}'
  help: Revoke it.
  examples: ['{sample}']
  counter_examples: ['acme_x']
";

    fn errors_of(text: &str) -> Vec<String> {
        let (rules, errors) = load::parse_all(text, Path::new("r.yaml"));
        assert_eq!(rules.len(), 0, "{text}");
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_old_name_is_refused_with_the_new_one_and_its_place() {
        for RenamedField { old, new, hint } in RENAMED_FIELDS {
            let text = format!("provider: Acme\nrules:\n{RULE}  {old}: true\n");
            let expected =
                format!("r.yaml:12:3: rule acme-token: field `{old}` was renamed to `{new}` in 0.2.0{hint}");
            assert_eq!(errors_of(&text), [expected.as_str()]);
            let error = load::parse(&text, Path::new("r.yaml")).expect_err("an old name").to_string();
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn all_old_names_of_a_file_are_listed_by_place() {
        let twice = format!("provider: Acme\nrules:\n{RULE}  pair: x\n  never: [y]\n{RULE}  at: 2\n");
        let starts: Vec<String> = errors_of(&twice)
            .iter()
            .map(|error| error.split(" was renamed").next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(
            starts,
            [
                "r.yaml:12:3: rule acme-token: field `pair`",
                "r.yaml:13:3: rule acme-token: field `never`",
                "r.yaml:23:3: rule acme-token: field `at`",
            ]
        );
    }

    #[test]
    fn a_rule_without_an_id_of_its_own_line_gets_the_place_of_the_first_error() {
        let flow = "provider: Acme\nrules:\n- {name: n, never: [x]}\n";
        let errors = errors_of(flow);
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with("r.yaml:3:"), "{errors:?}");
        assert!(
            errors[0].contains(": rule number 1: field `never` was renamed to `allow` in 0.2.0"),
            "{errors:?}"
        );
    }

    #[test]
    fn an_unknown_field_of_another_mapping_is_no_old_name() {
        let text = format!("provider: Acme\nrules:\n{RULE}  window: {{after: 9, at: 1}}\n");
        let errors = errors_of(&text);
        assert!(errors.len() == 1 && errors[0].contains("unknown field `at`"), "{errors:?}");
    }

    #[test]
    fn every_new_name_is_a_field() {
        let unknown = format!("provider: Acme\nrules:\n{RULE}  unknown: 1\n");
        let error = errors_of(&unknown).remove(0);
        for RenamedField { old, new, .. } in RENAMED_FIELDS {
            assert!(error.contains(&format!("`{new}`")) && !error.contains(&format!("`{old}`")), "{error}");
        }
    }
}
