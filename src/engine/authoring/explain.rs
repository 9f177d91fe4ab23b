//! Explains to the author of a rule why text that resembles its values does not match.
//!
//! Evaluates the conditions of `matcher` one after the other without stopping at the first failure, so that all failed
//! conditions are listed. The engine alone decides what is reported; this module explains the rest.

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind};

use crate::model::Span;
use crate::rules::syntax::Otherwise;
use crate::rules::token_run::MAX_KEYWORD_DISTANCE;
use crate::rules::{Rule, lint};

use super::pattern_description;
use crate::engine::heuristics::entropy::shannon;
use crate::engine::heuristics::{assignment, placeholder};
use crate::engine::matching::boundary::{has_boundary_after, has_boundary_before};
use crate::engine::matching::matcher::{
    MAX_CONTEXT_DISTANCE, crosses_lines, distinctive_part, is_allowed, name_words_end,
};
use crate::engine::matching::pattern::{LazyPattern, PatternMatch};
use crate::engine::matching::window_search::SearchedRanges;
use crate::engine::matching::{ignore_case, matcher, window, window_search};
use crate::engine::{Match, checks};

/// Most near misses that are listed.
const MAX_NEAR_MISSES: usize = 20;

/// A position in a text where a rule could have matched, and the conditions that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NearMiss {
    /// Byte offset of the literal, the keyword or the value.
    pub at: usize,
    /// The value, if the pattern matches.
    pub value: Option<Span>,
    /// Every condition that failed, in words. They contain nothing of the text.
    pub failed_conditions: Vec<String>,
}

/// Explains why `rule` has no more matches in `text` than `found`, which must not overlap. Returns the first 20 near
/// misses, ordered by position.
///
/// # Errors
///
/// Returns a note instead if none of the rule's literals or keywords is in the text.
pub(crate) fn near_misses(rule: &Rule, text: &[u8], found: &[Match<'_>]) -> Result<Vec<NearMiss>, String> {
    let pattern = LazyPattern::new(rule, None);
    let words = if rule.literals.is_empty() { &rule.keywords } else { &rule.literals };
    let hits = find_hits(rule, text);
    if hits.is_empty() {
        let kind = if rule.literals.is_empty() { "keywords" } else { "literals" };
        let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        let other_case = !rule.literals.is_empty()
            && words.iter().any(|word| ignore_case::find(text, word.as_bytes()).is_some());
        let hint = if other_case { "; one is there in another letter case" } else { "" };
        return Err(format!("none of its {kind} is in the text: {}{hint}", list.join(", ")));
    }
    let mut misses: Vec<NearMiss> = Vec::new();
    for hit in hits {
        let fresh = match (rule.literals.is_empty(), rule.generic) {
            (true, true) => generic(rule, text, hit),
            (true, false) => after_keyword(rule, &pattern, text, hit),
            (false, _) => at_literal(rule, &pattern, text, hit),
        };
        for mut miss in fresh {
            let is_found = |found: &&Match<'_>| match miss.value {
                Some(value) => value.start < found.span.end && found.span.start < value.end,
                None => found.whole.start <= miss.at && miss.at < found.whole.end,
            };
            // Ordered and without overlaps: one of these two contains the position, or none.
            let after = found.partition_point(|found| found.whole.start <= miss.at);
            let near = found[..after].last().into_iter().chain(found.get(after));
            if near.into_iter().any(|found| is_found(&found)) {
                continue;
            }
            if miss.failed_conditions.is_empty() {
                miss.failed_conditions.push(unreported_reason(rule));
            }
            if !misses.contains(&miss) {
                misses.push(miss);
            }
        }
        if misses.len() >= MAX_NEAR_MISSES {
            break;
        }
    }
    misses.truncate(MAX_NEAR_MISSES);
    Ok(misses)
}

/// Every occurrence of the rule's literals or keywords.
fn find_hits(rule: &Rule, text: &[u8]) -> Vec<Span> {
    let mut hits = Vec::new();
    for literal in &rule.literals {
        let found = memchr::memmem::find_iter(text, literal.as_bytes());
        hits.extend(found.map(|at| Span::new(at, at + literal.len())));
    }
    for keyword in &rule.keywords {
        let mut from = 0;
        while let Some(at) = ignore_case::find(&text[from..], keyword.as_bytes()) {
            hits.push(Span::new(from + at, from + at + keyword.len()));
            from += at + 1;
        }
    }
    hits.sort();
    hits.dedup();
    hits
}

fn miss(at: usize, failed_condition: impl Into<String>) -> Vec<NearMiss> {
    vec![NearMiss { at, value: None, failed_conditions: vec![failed_condition.into()] }]
}

fn at_literal(rule: &Rule, pattern: &LazyPattern, text: &[u8], hit: Span) -> Vec<NearMiss> {
    let window = window::around(text, hit.start, rule);
    if rule.window.is_some_and(|window| window.every) {
        let mut values = Vec::new();
        let searched = &mut SearchedRanges::default();
        window_search::find_values((0, rule, pattern), text, window, searched, &mut |found| {
            values.push(evaluate(rule, pattern, text, found));
        });
        if values.is_empty() {
            return miss(hit.start, "pattern: no match in the window around this literal");
        }
        return values;
    }
    let Some(start) = hit.start.checked_sub(rule.literal_offset) else {
        return miss(
            hit.start,
            format!("`literal_offset` requires {} bytes before the literal", rule.literal_offset),
        );
    };
    let mut failed = Vec::new();
    if !has_boundary_before(rule, text, start) {
        failed.push(NO_BOUNDARY_BEFORE.to_owned());
    }
    if start < window.start || hit.end > window.end {
        failed.push("window: the match would not fit into the rule's window".to_owned());
    } else if let Some(found) = pattern.match_at(text, window, start) {
        let mut miss = evaluate(rule, pattern, text, found);
        miss.failed_conditions.splice(0..0, failed);
        return vec![miss];
    } else {
        failed.push(describe_mismatch(rule, text, Span::new(start, window.end)));
    }
    vec![NearMiss { at: start, value: None, failed_conditions: failed }]
}

fn after_keyword(rule: &Rule, pattern: &LazyPattern, text: &[u8], keyword: Span) -> Vec<NearMiss> {
    let farthest = text.len().min(keyword.end + MAX_KEYWORD_DISTANCE);
    let Some(named) = name_words_end(rule, &text[keyword.start..farthest]) else {
        let names = rule.name_words.join(", ");
        return miss(
            keyword.start,
            format!(
                "none of its `name_words` follows the keyword within {MAX_KEYWORD_DISTANCE} bytes: {names}"
            ),
        );
    };
    let line = window::around(text, keyword.start, rule);
    let last = if crosses_lines(rule) { text.len() } else { line.end };
    let searched = Span::new(line.start, last.min(farthest));
    let window = Span::new(line.start, last.min(keyword.start + window::DEFAULT.after));
    let starts: Vec<usize> = assignment::value_starts(
        text,
        searched,
        keyword,
        &rule.name_words,
        matcher::may_follow_directly(rule),
    )
    .map(|start| start.at)
    .filter(|&at| at >= keyword.start + named && at < window.end)
    .collect();
    if starts.is_empty() {
        return miss(keyword.start, "nothing is assigned to the name with this keyword");
    }
    // Only the first value start without a match is explained: the rest of the line is no value.
    let mut first_mismatch = None;
    let mut misses = Vec::new();
    for start in starts {
        match pattern.match_at(text, window, start) {
            Some(found) => {
                let mut miss = evaluate(rule, pattern, text, found);
                if !has_boundary_before(rule, text, start) {
                    miss.failed_conditions.insert(0, NO_BOUNDARY_BEFORE.to_owned());
                }
                misses.push(miss);
            }
            None => {
                first_mismatch.get_or_insert(start);
            }
        }
    }
    if let (true, Some(start)) = (misses.is_empty(), first_mismatch) {
        return miss(start, describe_mismatch(rule, text, Span::new(start, window.end)));
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
            true => "generic: the score of name, value and syntax is too low",
        },
    )
}

const NO_BOUNDARY_BEFORE: &str = "boundary: a letter or digit directly before it";

/// Why a value that passes all conditions of the rule is not reported.
fn unreported_reason(rule: &Rule) -> String {
    let reason = match (rule.is_reported, &rule.requires) {
        (false, _) => "report: the rule has `report: false` and only serves other rules",
        (true, Some(required)) => {
            return format!("requires: no {} {}", required.with, within(required.lines));
        }
        (true, None) => "cluster: too many literals of the rule are close together",
    };
    reason.to_owned()
}

/// Evaluates the conditions of the rule for a match of its pattern.
fn evaluate(rule: &Rule, pattern: &LazyPattern, text: &[u8], found: PatternMatch) -> NearMiss {
    let secret = found.secret.slice(text);
    let mut failed = Vec::new();
    let mut fail = |condition: String| failed.push(condition);
    if !has_boundary_after(rule, text, found.whole) {
        let what = match text.get(found.whole.end) {
            Some(byte) if byte.is_ascii_alphanumeric() => "a letter or digit",
            _ => "a character of such values",
        };
        fail(format!("boundary: {what} follows after {} bytes: the value is longer", found.whole.len()));
    }
    if is_allowed(rule, pattern, secret) {
        fail("allow: the value is allowed by `allow` or `allow_pattern`".to_owned());
    }
    let entropy = shannon(secret);
    if let Some(least) = rule.entropy.filter(|&least| entropy < least) {
        fail(format!("entropy: {entropy:.2} bits per byte, the rule requires {least}"));
    }
    let mut is_verified = false;
    for check in &rule.checks {
        match checks::verify(check, found.whole.slice(text), secret) {
            checks::Outcome::Verified(_) => is_verified = true,
            checks::Outcome::Rejected => fail(format!("check: {} fails", check.info().name)),
            _ => {}
        }
    }
    let is_placeholder = match rule.human_chosen {
        true => placeholder::is_placeholder_or_template,
        false => placeholder::is_placeholder,
    };
    if !is_verified && is_placeholder(distinctive_part(rule, secret)) {
        fail("placeholder: the value is a placeholder, a word or a repetition".to_owned());
    }
    if let Some(context) = rule.context.as_ref().filter(|context| context.otherwise == Otherwise::Drop) {
        let around = window::lines_around(text, found.whole, context.lines, MAX_CONTEXT_DISTANCE).slice(text);
        if !context.words.iter().any(|word| ignore_case::find(around, word.as_bytes()).is_some()) {
            fail(format!("context: none of its words is {}", within(context.lines)));
        }
    }
    NearMiss { at: found.whole.start, value: Some(found.secret), failed_conditions: failed }
}

fn within(lines: usize) -> String {
    match lines {
        0 => "on the line".to_owned(),
        1 => "within 1 line".to_owned(),
        lines => format!("within {lines} lines"),
    }
}

/// Describes where the pattern, tried at the start of `within`, stops matching, and what it expects there.
fn describe_mismatch(rule: &Rule, text: &[u8], within: Span) -> String {
    let Ok(hir) = lint::parse(&rule.pattern) else { return "pattern: syntax error".to_owned() };
    let parts = pattern_description::parts(&hir);
    let end_of = |count: usize| -> Option<usize> {
        let regex = Regex::builder()
            .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(8 << 20)))
            .build_from_hir(&Hir::concat(parts[..count].to_vec()))
            .ok()?;
        let input = Input::new(text).range(within.start..within.end).anchored(Anchored::Yes);
        Some(regex.search(&input)?.end())
    };
    let mut matched = (0, within.start);
    for count in 1..=parts.len() {
        match end_of(count) {
            Some(end) => matched = (count, end),
            None => break,
        }
    }
    let (count, end) = matched;
    let Some(part) = parts.get(count) else { return "pattern: no match here".to_owned() };
    let expected = pattern_description::words(part)
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| "something else".to_owned());
    let mut description = match end - within.start {
        0 => format!("pattern: expected {expected}"),
        bytes => format!("pattern: after {bytes} bytes expected {expected}"),
    };
    if let HirKind::Repetition(repetition) = part.kind() {
        let one = Regex::builder().build_from_hir(&repetition.sub);
        let mut at = end;
        let mut count = 0;
        while let Ok(one) = &one
            && let Some(found) = one.search(&Input::new(text).range(at..within.end).anchored(Anchored::Yes))
            && !found.is_empty()
        {
            (at, count) = (found.end(), count + 1);
        }
        description.push_str(&format!(", found {count}"));
    }
    description
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::Engine;
    use crate::engine::authoring::sample::{Draw, sample};
    use crate::rules::syntax::RequirementOtherwise;
    use crate::rules::{RuleSet, load};

    fn failed_conditions(fields: &str, text: &str) -> Vec<String> {
        let rule = format!(
            "provider: Acme\nrules:\n- id: acme\n  name: n\n  severity: high\n  confidence: high\n  help: h\n  \
             examples: [a]\n  counter_examples: [b]\n{fields}"
        );
        let rules = load::parse(&rule, Path::new("r.yaml")).expect("a good rule");
        let mut set = RuleSet::empty();
        set.extend(rules.clone()).expect("one rule");
        let engine = Engine::new(&set);
        match near_misses(&rules[0], text.as_bytes(), &engine.candidates(text.as_bytes())) {
            Ok(misses) => misses.into_iter().flat_map(|miss| miss.failed_conditions).collect(),
            Err(note) => vec![note],
        }
    }

    #[test]
    fn a_value_without_its_counterpart_is_explained() {
        let id = "  literals: [acme_]\n  pattern: 'acme_[a-z0-9]{12}'\n  report: false\n";
        assert_eq!(
            failed_conditions(id, "acme_q7w2z9t4k8n1"),
            ["report: the rule has `report: false` and only serves other rules"]
        );
        let rules = RuleSet::builtin();
        let rule = rules.iter().find(|rule| {
            rule.requires.as_ref().is_some_and(|pair| pair.otherwise == RequirementOtherwise::Drop)
        });
        if let Some(rule) = rule {
            assert!(unreported_reason(rule).starts_with("requires: no "), "{}", unreported_reason(rule));
        }
    }

    const PREFIX: &str = "  literals: [acme_]\n  pattern: 'acme_[a-z0-9]{12}'\n";

    #[test]
    fn every_failed_condition_is_listed() {
        let explain =
            |fields: &str, text: &str| failed_conditions(&format!("{PREFIX}{fields}"), text).join(" | ");
        assert_eq!(explain("", "nothing"), r#"none of its literals is in the text: "acme_""#);
        assert!(explain("", "ACME_q7w2z9t4k8n1").ends_with("in another letter case"));
        assert_eq!(
            explain("", "acme_q7w2z9t"),
            "pattern: after 5 bytes expected 12 lower-case letters or digits, found 7"
        );
        assert_eq!(
            explain("", "acme_q7w2z9t4k8n1p"),
            "boundary: a letter or digit follows after 17 bytes: the value is longer"
        );
        assert_eq!(explain("", "xacme_q7w2z9t4k8n1"), NO_BOUNDARY_BEFORE);
        assert!(explain("", "acme_aaaaaaaaaaaa").starts_with("placeholder:"));
        assert_eq!(
            explain("  entropy: 3.9\n", "acme_q7w2q7w2q7w2"),
            "entropy: 2.97 bits per byte, the rule requires 3.9 | placeholder: the value is a placeholder, a word or a repetition"
        );
        assert_eq!(
            explain("  checks: [{crc32: {from: 5, tail: 6, as: base62}}]\n", "acme_q7w2z9t4k8n1"),
            "check: crc32 fails"
        );
        assert_eq!(
            explain("  context: {words: [acmecorp], lines: 1}\n", "acme_q7w2z9t4k8n1"),
            "context: none of its words is within 1 line"
        );
        assert_eq!(
            explain("  allow: [acme_q7w2z9t4k8n1]\n", "acme_q7w2z9t4k8n1").split(':').next(),
            Some("allow")
        );
        assert_eq!(explain("", "acme_q7w2z9t4k8n1"), "");
    }

    #[test]
    fn missing_values_after_keywords_are_explained() {
        let explain = |text: &str| {
            failed_conditions("  keywords: [acme]\n  name_words: [key]\n  pattern: '[a-z0-9]{12}'\n", text)
                .join(" | ")
        };
        assert_eq!(explain("x = 1"), r#"none of its keywords is in the text: "acme""#);
        assert!(explain("acme = q7w2z9t4k8n1").starts_with("none of its `name_words` follows"));
        assert_eq!(explain("acme_key:"), "nothing is assigned to the name with this keyword");
        assert_eq!(
            explain("acme_key = 'q7w2'"),
            "pattern: expected 12 lower-case letters or digits, found 4"
        );
        assert_eq!(explain("acme_key = q7w2z9t4k8n1"), "");
    }

    /// A text without a match has a near miss, and every near miss has a failed condition.
    #[test]
    fn explanations_agree_with_the_engine() {
        let rules = RuleSet::builtin();
        for rule in rules
            .iter()
            .filter(|rule| !rule.generic && rule.is_reported && rule.requires.is_none())
            .step_by(5)
        {
            let mut alone = RuleSet::empty();
            alone.extend(vec![rule.clone()]).expect("one rule");
            let engine = Engine::new(&alone);
            let Some(value) = sample(rule, &mut Draw::new(3)) else { continue };
            let name = rule.keywords.first().map(|word| {
                format!("{word}_{} = ", rule.name_words.first().map(String::as_str).unwrap_or("key"))
            });
            let text = [name.unwrap_or_default().into_bytes(), value].concat();
            for text in [text.clone(), [&text[..], b"zz9"].concat(), text[..text.len() - 1].to_vec()] {
                let found = engine.candidates(&text);
                let misses = near_misses(rule, &text, &found);
                if found.is_empty() {
                    let misses = misses.unwrap_or_else(|note| miss(0, note));
                    assert!(misses.iter().all(|miss| !miss.failed_conditions.is_empty()), "{}", rule.id);
                    assert!(!misses.is_empty(), "{}: {}", rule.id, String::from_utf8_lossy(&text));
                }
            }
        }
    }
}
