//! The built-in rules, which are parsed one by one and late, against the files that they come from.

use std::cell::Cell;
use std::path::Path;

use super::*;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// Counts that this thread asks a set for a rule: tests count instead of timing.
pub(super) fn count() {
    ASKED.set(ASKED.get() + 1);
}

/// How often this thread has asked a set for a rule.
pub(crate) fn asked() -> usize {
    ASKED.get()
}

/// The rules as the files have them, by id, without the examples that are not embedded.
fn from_files() -> Vec<Rule> {
    let mut rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("checked");
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn json(rules: &[Rule]) -> String {
    serde_json::to_string(rules).expect("plain data")
}

/// The digest by its definition.
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
fn what_is_embedded_is_what_the_files_say() {
    let set = RuleSet::builtin();
    let files = from_files();
    assert_eq!(set.count(), files.len());
    for (rule, file) in set.iter().zip(&files) {
        assert_eq!(json(std::slice::from_ref(rule)), json(std::slice::from_ref(file)));
    }
}

#[test]
fn the_table_says_of_each_rule_what_the_rule_says() {
    let set = RuleSet::builtin();
    for (slot, rule) in set.slots.iter().zip(set.iter()) {
        let pair = rule.pair.as_ref().map(|pair| pair.with.as_str());
        assert_eq!((slot.id(), slot.pair(), slot.is_identifier()), (&*rule.id, pair, rule.identifier));
    }
    assert!(set.ids().is_sorted());
}

#[test]
fn words_come_alike_from_the_table_and_from_rules() {
    let set = RuleSet::builtin();
    let mut own = RuleSet::empty();
    own.extend(set.iter().cloned().collect()).expect("the same set");
    assert!(set.words().eq(own.words()));
    let rules: Vec<&Rule> = set.iter().collect();
    let known = |word: Word<'_>| {
        let rule = rules[word.rule];
        let words = if word.keyword { &rule.keywords } else { &rule.literals };
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
fn a_users_rule_takes_the_place_of_a_built_in_one() {
    let mut set = RuleSet::builtin();
    let id = set.ids().nth(5).expect("many rules").to_owned();
    set.extend(vec![acme(&id, "")]).expect("a good set");
    assert_eq!(set.get(&id).map(|rule| rule.name.as_str()), Some("n"));
    assert_eq!(set.own().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    let at = set.position(&id);
    let words: Vec<Word<'_>> = set.words().filter(|word| Some(word.rule) == at).collect();
    assert_eq!(words, [Word { text: "acme_", rule: 5, keyword: false, route: Route::Anywhere }]);
    let error = set.extend(vec![acme("acme-b", "  pair: {with: acme-nobody, lines: 2}\n")]);
    assert!(error.expect_err("no such rule").to_string().contains("acme-nobody"));
}

#[test]
fn a_set_that_keeps_a_rule_keeps_the_identifiers_of_its_pair() {
    let all = RuleSet::builtin();
    let paired = all.iter().find_map(|rule| {
        let with = &rule.pair.as_ref()?.with;
        all.get(with)?.identifier.then(|| (rule.id.clone(), with.clone()))
    });
    let (id, identifier) = paired.expect("some rule needs an identifier");
    let mut set = all.clone();
    set.retain(|kept| kept == id);
    let mut want = [id.as_str(), identifier.as_str()];
    want.sort_unstable();
    assert_eq!(set.ids().collect::<Vec<_>>(), want);
    assert_eq!(set.len(), 1);
}

#[test]
fn nothing_is_asked_of_rules_until_one_is_named() {
    let before = asked();
    let mut set = RuleSet::builtin();
    assert!(!set.is_empty() && set.len() <= set.count() && set.contains("github-classic-pat"));
    set.retain(|id| id != "github-classic-pat");
    set.digest();
    assert_eq!((set.words().count() > 0, asked() - before), (true, 0));
}
