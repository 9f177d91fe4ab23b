//! Why a rule does not take what looks like its values: for whoever writes one.
//!
//! It asks the questions of `matcher` one after the other and goes on after a no, so that all objections are
//! told. What is reported is decided by the engine alone; this only speaks about the rest.

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind};

use crate::model::Span;
use crate::rules::syntax::Otherwise;
use crate::rules::token_run::KEYWORD_REACH;
use crate::rules::{Rule, lint};

use super::pattern_description;
use crate::engine::heuristics::entropy::shannon;
use crate::engine::heuristics::{assignment, placeholder};
use crate::engine::matching::matcher::{
    CONTEXT_REACH, begins_cleanly, crosses_lines, distinctive_part, ends_cleanly, is_excluded, names_end,
};
use crate::engine::matching::pattern::{Found, LazyPattern};
use crate::engine::matching::{ignore_case, matcher, window, window_search};
use crate::engine::{Match, checks};

/// Most places that are told of.
const MOST: usize = 20;

/// A place that a rule looked at, and what spoke against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// Where the literal, the keyword or the value begins.
    pub at: usize,
    /// The value, where the pattern matches.
    pub value: Option<Span>,
    /// Every objection. They hold nothing of the text.
    pub objections: Vec<String>,
}

/// Why `rule`, which gave `found` in `text` (settled), gave no more. The first 20 places, by place; one note instead of them
/// where the rule found nothing to begin with.
pub fn near_misses(rule: &Rule, text: &[u8], found: &[Match<'_>]) -> Result<Vec<NearMiss>, String> {
    let pattern = LazyPattern::new(rule, None);
    let words = if rule.literals.is_empty() { &rule.keywords } else { &rule.literals };
    let places = places(rule, text);
    if places.is_empty() {
        let kind = if rule.literals.is_empty() { "keywords" } else { "literals" };
        let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        let other_case = !rule.literals.is_empty()
            && words.iter().any(|word| ignore_case::find(text, word.as_bytes()).is_some());
        let hint = if other_case { "; one is there in another letter case" } else { "" };
        return Err(format!("none of its {kind} is in the text: {}{hint}", list.join(", ")));
    }
    let mut misses: Vec<NearMiss> = Vec::new();
    for anchor in places {
        let fresh = match (rule.literals.is_empty(), rule.generic) {
            (true, true) => generic(rule, text, anchor),
            (true, false) => behind_keyword(rule, &pattern, text, anchor),
            (false, _) => at_literal(rule, &pattern, text, anchor),
        };
        for mut miss in fresh {
            let is_found = |found: &&Match<'_>| match miss.value {
                Some(value) => value.start < found.span.end && found.span.start < value.end,
                None => found.whole.start <= miss.at && miss.at < found.whole.end,
            };
            // By place and apart from each other: one of these two has it, or none.
            let behind = found.partition_point(|found| found.whole.start <= miss.at);
            let near = found[..behind].last().into_iter().chain(found.get(behind));
            if near.into_iter().any(|found| is_found(&found)) {
                continue;
            }
            if miss.objections.is_empty() {
                miss.objections.push(otherwise(rule));
            }
            if !misses.contains(&miss) {
                misses.push(miss);
            }
        }
        if misses.len() >= MOST {
            break;
        }
    }
    misses.truncate(MOST);
    Ok(misses)
}

/// Where the rule's literals or keywords stand.
fn places(rule: &Rule, text: &[u8]) -> Vec<Span> {
    let mut places = Vec::new();
    for literal in &rule.literals {
        let found = memchr::memmem::find_iter(text, literal.as_bytes());
        places.extend(found.map(|at| Span::new(at, at + literal.len())));
    }
    for keyword in &rule.keywords {
        let mut from = 0;
        while let Some(at) = ignore_case::find(&text[from..], keyword.as_bytes()) {
            places.push(Span::new(from + at, from + at + keyword.len()));
            from += at + 1;
        }
    }
    places.sort();
    places.dedup();
    places
}

fn miss(at: usize, objection: impl Into<String>) -> Vec<NearMiss> {
    vec![NearMiss { at, value: None, objections: vec![objection.into()] }]
}

fn at_literal(rule: &Rule, pattern: &LazyPattern, text: &[u8], anchor: Span) -> Vec<NearMiss> {
    let window = window::around(text, anchor.start, rule);
    if rule.window.is_some_and(|window| window.every) {
        let mut values = Vec::new();
        window_search::values(
            (0, rule, pattern),
            text,
            window,
            &mut window_search::Searched::default(),
            &mut |found| {
                values.push(judged(rule, pattern, text, found));
            },
        );
        if values.is_empty() {
            return miss(anchor.start, "the pattern matches nowhere in the window around this literal");
        }
        return values;
    }
    let Some(start) = anchor.start.checked_sub(rule.at) else {
        return miss(anchor.start, format!("`at` wants {} bytes before the literal", rule.at));
    };
    let mut objections = Vec::new();
    if !begins_cleanly(rule, text, start) {
        objections.push(BEFORE.to_owned());
    }
    if start < window.start || anchor.end > window.end {
        objections.push("the match would reach out of the rule's window".to_owned());
    } else if let Some(found) = pattern.match_at(text, window, start) {
        let mut judged = judged(rule, pattern, text, found);
        judged.objections.splice(0..0, objections);
        return vec![judged];
    } else {
        objections.push(stops(rule, text, Span::new(start, window.end)));
    }
    vec![NearMiss { at: start, value: None, objections }]
}

fn behind_keyword(rule: &Rule, pattern: &LazyPattern, text: &[u8], keyword: Span) -> Vec<NearMiss> {
    let farthest = text.len().min(keyword.end + KEYWORD_REACH);
    let Some(named) = names_end(rule, &text[keyword.start..farthest]) else {
        let names = rule.names.join(", ");
        return miss(
            keyword.start,
            format!("none of its `names` follows the keyword within {KEYWORD_REACH} bytes: {names}"),
        );
    };
    let line = window::around(text, keyword.start, rule);
    let last = if crosses_lines(rule) { text.len() } else { line.end };
    let reach = Span::new(line.start, last.min(farthest));
    let window = Span::new(line.start, last.min(keyword.start + window::DEFAULT.after));
    let starts: Vec<usize> =
        assignment::value_starts(text, reach, keyword, &rule.names, matcher::may_stand_bare(rule))
            .map(|start| start.at)
            .filter(|&at| at >= keyword.start + named && at < window.end)
            .collect();
    if starts.is_empty() {
        return miss(keyword.start, "nothing is assigned to the name with this keyword");
    }
    // Of values that do not match, the first speaks for all: the rest of the line is no value.
    let mut refused = None;
    let mut misses = Vec::new();
    for start in starts {
        match pattern.match_at(text, window, start) {
            Some(found) => {
                let mut judged = judged(rule, pattern, text, found);
                if !begins_cleanly(rule, text, start) {
                    judged.objections.insert(0, BEFORE.to_owned());
                }
                misses.push(judged);
            }
            None => {
                refused.get_or_insert(start);
            }
        }
    }
    if let (true, Some(start)) = (misses.is_empty(), refused) {
        return miss(start, stops(rule, text, Span::new(start, window.end)));
    }
    misses
}

fn generic(rule: &Rule, text: &[u8], keyword: Span) -> Vec<NearMiss> {
    let window = window::around(text, keyword.start, rule);
    let end = window.end.max(keyword.end);
    let is_assigned = text[keyword.end..end].iter().any(|byte| b"=:,(> ".contains(byte));
    miss(
        keyword.start,
        match is_assigned {
            false => "nothing is assigned to the name with this keyword",
            true => "the detector for generic secrets weighed name, value and place, and says no",
        },
    )
}

const BEFORE: &str = "boundary: a letter or digit stands directly before it";
/// Why a value that meets all conditions is not given.
fn otherwise(rule: &Rule) -> String {
    let reason = match (rule.identifier, &rule.pair) {
        (true, _) => "identifier: it is one, and never reported by itself",
        (false, Some(pair)) => return format!("pair: no {} {}", pair.with, within(pair.lines)),
        (false, None) => "crowd: too many literals of the rule stand close together",
    };
    reason.to_owned()
}

/// What speaks against a match of the pattern.
fn judged(rule: &Rule, pattern: &LazyPattern, text: &[u8], found: Found) -> NearMiss {
    let secret = found.secret.of(text);
    let mut objections = Vec::new();
    let mut object = |objection: String| objections.push(objection);
    if !ends_cleanly(rule, text, found.whole) {
        let what = match text.get(found.whole.end) {
            Some(byte) if byte.is_ascii_alphanumeric() => "a letter or digit follows",
            _ => "a character that belongs to such values follows",
        };
        object(format!("boundary: {what} after {} bytes: the value is longer", found.whole.len()));
    }
    if is_excluded(rule, pattern, secret) {
        object("never: the value is one that `never` or `never_pattern` names".to_owned());
    }
    let entropy = shannon(secret);
    if let Some(least) = rule.entropy.filter(|&least| entropy < least) {
        object(format!("entropy: {entropy:.2} bits per byte, the rule wants {least}"));
    }
    let mut proved = false;
    for check in &rule.checks {
        match checks::verify(check, found.whole.of(text), secret) {
            checks::Outcome::Proved(_) => proved = true,
            checks::Outcome::Disproved => object(format!("check: {} does not hold", name(check))),
            _ => {}
        }
    }
    let filler = if rule.human { placeholder::is_placeholder } else { placeholder::is_filler };
    if !proved && filler(distinctive_part(rule, secret)) {
        object("filler: it looks like a placeholder, a word or a repetition".to_owned());
    }
    if let Some(context) = rule.context.as_ref().filter(|context| context.otherwise == Otherwise::Drop) {
        let around = window::lines_around(text, found.whole, context.lines, CONTEXT_REACH).of(text);
        if !context.words.iter().any(|word| ignore_case::find(around, word.as_bytes()).is_some()) {
            object(format!("context: none of its words stands {}", within(context.lines)));
        }
    }
    NearMiss { at: found.whole.start, value: Some(found.secret), objections }
}

fn within(lines: usize) -> String {
    match lines {
        0 => "on the line".to_owned(),
        1 => "within 1 line".to_owned(),
        lines => format!("within {lines} lines"),
    }
}

/// A check as rule files write it.
fn name(check: &crate::rules::Check) -> String {
    let written = serde_json::to_value(check).unwrap_or_default();
    let name = written.as_str().map(str::to_owned);
    name.or_else(|| written.as_object()?.keys().next().cloned()).unwrap_or_default()
}

/// Where in `within` the pattern, tried at its start, stops matching, and what it wants there.
fn stops(rule: &Rule, text: &[u8], within: Span) -> String {
    let Ok(hir) = lint::parse(&rule.pattern) else { return "pattern: it does not parse".to_owned() };
    let parts = pattern_description::parts(&hir);
    let end_of = |count: usize| -> Option<usize> {
        let regex = Regex::builder()
            .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(8 << 20)))
            .build_from_hir(&Hir::concat(parts[..count].to_vec()))
            .ok()?;
        let input = Input::new(text).range(within.start..within.end).anchored(Anchored::Yes);
        Some(regex.search(&input)?.end())
    };
    let mut reached = (0, within.start);
    for count in 1..=parts.len() {
        match end_of(count) {
            Some(end) => reached = (count, end),
            None => break,
        }
    }
    let (count, end) = reached;
    let Some(part) = parts.get(count) else { return "pattern: it does not match here".to_owned() };
    let wanted = pattern_description::words(part)
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| "something else".to_owned());
    let mut objection = match end - within.start {
        0 => format!("pattern: wanted {wanted}"),
        bytes => format!("pattern: after {bytes} bytes wanted {wanted}"),
    };
    if let HirKind::Repetition(repetition) = part.kind() {
        let one = Regex::builder().build_from_hir(&repetition.sub);
        let mut at = end;
        let mut often = 0;
        while let Ok(one) = &one
            && let Some(found) = one.search(&Input::new(text).range(at..within.end).anchored(Anchored::Yes))
            && !found.is_empty()
        {
            (at, often) = (found.end(), often + 1);
        }
        objection.push_str(&format!(", there {} {often}", if often == 1 { "is" } else { "are" }));
    }
    objection
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::Engine;
    use crate::engine::authoring::sample::{Draw, sample};
    use crate::rules::syntax::PairOtherwise;
    use crate::rules::{RuleSet, load};

    fn objections(fields: &str, text: &str) -> Vec<String> {
        let rule = format!(
            "provider: Acme\nrules:\n- id: acme\n  name: n\n  severity: high\n  confidence: high\n  help: h\n  \
             examples: [a]\n  counter_examples: [b]\n{fields}"
        );
        let rules = load::parse(&rule, Path::new("r.yaml")).expect("a good rule");
        let mut set = RuleSet::empty();
        set.extend(rules.clone()).expect("one rule");
        let engine = Engine::new(&set);
        match near_misses(&rules[0], text.as_bytes(), &engine.candidates(text.as_bytes())) {
            Ok(misses) => misses.into_iter().flat_map(|miss| miss.objections).collect(),
            Err(note) => vec![note],
        }
    }

    #[test]
    fn what_stands_alone_misses_its_counterpart() {
        let id = "  literals: [acme_]\n  pattern: 'acme_[a-z0-9]{12}'\n  identifier: true\n";
        assert_eq!(
            objections(id, "acme_q7w2z9t4k8n1"),
            ["identifier: it is one, and never reported by itself"]
        );
        let rules = RuleSet::builtin();
        let rule = rules
            .iter()
            .find(|rule| rule.pair.as_ref().is_some_and(|pair| pair.otherwise == PairOtherwise::Drop));
        if let Some(rule) = rule {
            assert!(otherwise(rule).starts_with("pair: no "), "{}", otherwise(rule));
        }
    }

    const PREFIX: &str = "  literals: [acme_]\n  pattern: 'acme_[a-z0-9]{12}'\n";

    #[test]
    fn every_condition_that_fails_is_told() {
        let told = |fields: &str, text: &str| objections(&format!("{PREFIX}{fields}"), text).join(" | ");
        assert_eq!(told("", "nothing"), r#"none of its literals is in the text: "acme_""#);
        assert!(told("", "ACME_q7w2z9t4k8n1").ends_with("in another letter case"));
        assert_eq!(
            told("", "acme_q7w2z9t"),
            "pattern: after 5 bytes wanted 12 lower-case letters or digits, there are 7"
        );
        assert_eq!(
            told("", "acme_q7w2z9t4k8n1p"),
            "boundary: a letter or digit follows after 17 bytes: the value is longer"
        );
        assert_eq!(told("", "xacme_q7w2z9t4k8n1"), BEFORE);
        assert!(told("", "acme_aaaaaaaaaaaa").starts_with("filler:"));
        assert_eq!(
            told("  entropy: 3.9\n", "acme_q7w2q7w2q7w2"),
            "entropy: 2.97 bits per byte, the rule wants 3.9 | filler: it looks like a placeholder, a word or a repetition"
        );
        assert_eq!(
            told("  checks: [{crc32: {from: 5, tail: 6, as: base62}}]\n", "acme_q7w2z9t4k8n1"),
            "check: crc32 does not hold"
        );
        assert_eq!(
            told("  context: {words: [acmecorp], lines: 1}\n", "acme_q7w2z9t4k8n1"),
            "context: none of its words stands within 1 line"
        );
        assert_eq!(
            told("  never: [acme_q7w2z9t4k8n1]\n", "acme_q7w2z9t4k8n1").split(':').next(),
            Some("never")
        );
        assert_eq!(told("", "acme_q7w2z9t4k8n1"), "");
    }

    #[test]
    fn keywords_are_told_about_too() {
        let told = |text: &str| {
            objections("  keywords: [acme]\n  names: [key]\n  pattern: '[a-z0-9]{12}'\n", text).join(" | ")
        };
        assert_eq!(told("x = 1"), r#"none of its keywords is in the text: "acme""#);
        assert!(told("acme = q7w2z9t4k8n1").starts_with("none of its `names` follows"));
        assert_eq!(told("acme_key:"), "nothing is assigned to the name with this keyword");
        assert_eq!(told("acme_key = 'q7w2'"), "pattern: wanted 12 lower-case letters or digits, there are 4");
        assert_eq!(told("acme_key = q7w2z9t4k8n1"), "");
    }

    /// What the engine takes, nothing speaks against; what it does not take, something does.
    #[test]
    fn objections_and_the_engine_agree() {
        let rules = RuleSet::builtin();
        for rule in
            rules.iter().filter(|rule| !rule.generic && !rule.identifier && rule.pair.is_none()).step_by(5)
        {
            let mut alone = RuleSet::empty();
            alone.extend(vec![rule.clone()]).expect("one rule");
            let engine = Engine::new(&alone);
            let Some(value) = sample(rule, &mut Draw::new(3)) else { continue };
            let name = rule
                .keywords
                .first()
                .map(|word| format!("{word}_{} = ", rule.names.first().map(String::as_str).unwrap_or("key")));
            let text = [name.unwrap_or_default().into_bytes(), value].concat();
            for text in [text.clone(), [&text[..], b"zz9"].concat(), text[..text.len() - 1].to_vec()] {
                let found = engine.candidates(&text);
                let told = near_misses(rule, &text, &found);
                if found.is_empty() {
                    let told = told.unwrap_or_else(|note| miss(0, note));
                    assert!(told.iter().all(|miss| !miss.objections.is_empty()), "{}", rule.id);
                    assert!(!told.is_empty(), "{}: {}", rule.id, String::from_utf8_lossy(&text));
                }
            }
        }
    }
}
