//! Compares the built-in rules, each of which is parsed on its first use, with the rule files.

use std::cell::Cell;
use std::path::Path;

use super::*;

thread_local! {
    static ACCESSES: Cell<usize> = const { Cell::new(0) };
}

/// Counts an access to a rule on this thread: tests count accesses instead of measuring time.
pub(super) fn count_access() {
    ACCESSES.set(ACCESSES.get() + 1);
}

/// Returns the number of accesses to rules on this thread.
pub(crate) fn rule_accesses() -> usize {
    ACCESSES.get()
}

/// Loads the rules of the rule files, sorted by id.
fn from_files() -> Vec<Rule> {
    let mut rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("checked");
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn json(rules: &[Rule]) -> String {
    serde_json::to_string(rules).expect("plain data")
}

/// Computes the digest as it is defined.
fn digest_of(rules: &[Rule]) -> String {
    HEXLOWER.encode(&Sha256::digest(json(rules))[..8])
}

fn acme(id: &str, fields: &str) -> Rule {
    let text = format!(
        "provider: Acme\nrules:\n- id: {id}\n  name: n\n  severity: high\n  confidence: high\n  help: h\n  \
         pattern: 'acme_[a-z]{{8}}'\n  literals: [acme_]\n  examples: [a]\n  counter_examples: [b]\n{fields}"
    );
    load::parse(&text, Path::new("r.yaml")).expect("a good rule").remove(0)
}

#[test]
fn the_embedded_rules_equal_those_of_the_files() {
    let set = RuleSet::builtin();
    let files = from_files();
    assert_eq!(set.count(), files.len());
    for (rule, file) in set.iter().zip(&files) {
        assert_eq!(json(std::slice::from_ref(rule)), json(std::slice::from_ref(file)));
    }
}

#[test]
fn the_table_has_the_properties_of_each_rule() {
    let set = RuleSet::builtin();
    for (slot, rule) in set.slots.iter().zip(set.iter()) {
        let required = rule.requires.as_ref().map(|required| required.with.as_str());
        let expected = (&*rule.id, required, rule.is_reported);
        assert_eq!((slot.id(), slot.required_rule(), slot.is_reported()), expected);
    }
    assert!(set.ids().is_sorted());
}

#[test]
fn built_in_and_user_rules_give_the_same_words() {
    let set = RuleSet::builtin();
    let mut user = RuleSet::empty();
    user.extend(set.iter().cloned().collect()).expect("the same set");
    assert!(set.words().eq(user.words()));
    let rules: Vec<&Rule> = set.iter().collect();
    let known = |word: Word<'_>| {
        let rule = rules[word.rule];
        let words = if word.is_keyword { &rule.keywords } else { &rule.literals };
        words.iter().any(|text| text == word.text)
    };
    assert!(set.words().all(known));
    let all = rules.iter().map(|rule| rule.literals.len() + rule.keywords.len()).sum::<usize>();
    assert_eq!(set.words().count(), all);
}

#[test]
fn the_digest_is_that_of_the_rules_as_json() {
    let mut set = RuleSet::builtin();
    let all: Vec<Rule> = set.iter().cloned().collect();
    assert_eq!(set.digest(), digest_of(&all));
    set.extend(vec![acme("acme-token", ""), acme(&all[7].id, "")]).expect("a good set");
    let extended: Vec<Rule> = set.iter().cloned().collect();
    assert_eq!(extended.len(), all.len() + 1);
    assert_eq!(set.digest(), digest_of(&extended));
    set.retain(|id| id == "acme-token" || id == all[3].id);
    let few: Vec<Rule> = set.iter().cloned().collect();
    assert_eq!(set.digest(), digest_of(&few));
    assert_eq!(RuleSet::empty().digest(), digest_of(&[]));
}

#[test]
fn a_users_rule_replaces_the_built_in_rule_with_its_id() {
    let mut set = RuleSet::builtin();
    let id = set.ids().nth(5).expect("many rules").to_owned();
    set.extend(vec![acme(&id, "")]).expect("a good set");
    assert_eq!(set.get(&id).map(|rule| rule.name.as_str()), Some("n"));
    assert_eq!(set.user_rules().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    let at = set.position(&id);
    let words: Vec<Word<'_>> = set.words().filter(|word| Some(word.rule) == at).collect();
    assert_eq!(words, [Word { text: "acme_", rule: 5, is_keyword: false, route: Route::Anywhere }]);
    let error = set.extend(vec![acme("acme-b", "  requires: {with: acme-missing, lines: 2}\n")]);
    assert!(error.expect_err("no such rule").to_string().contains("acme-missing"));
}

#[test]
fn a_set_that_keeps_a_rule_keeps_the_unreported_rule_that_it_requires() {
    let all = RuleSet::builtin();
    let requiring = all.iter().find_map(|rule| {
        let with = &rule.requires.as_ref()?.with;
        (!all.get(with)?.is_reported).then(|| (rule.id.clone(), with.clone()))
    });
    let (id, required) = requiring.expect("some rule requires an unreported one");
    let mut set = all.clone();
    set.retain(|kept| kept == id);
    let mut expected = [id.as_str(), required.as_str()];
    expected.sort_unstable();
    assert_eq!(set.ids().collect::<Vec<_>>(), expected);
    assert_eq!(set.len(), 1);
}

#[test]
fn no_rule_is_parsed_until_one_is_used() {
    let before = rule_accesses();
    let mut set = RuleSet::builtin();
    assert!(!set.is_empty() && set.len() <= set.count() && set.contains("github-classic-pat"));
    set.retain(|id| id != "github-classic-pat");
    set.digest();
    assert_eq!((set.words().count() > 0, rule_accesses() - before), (true, 0));
}
