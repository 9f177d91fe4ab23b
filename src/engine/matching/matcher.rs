//! Evaluates one hit of the prefilter: window, regex, boundaries, then the checks and heuristics that can reject
//! the value.

use crate::model::{Confidence, Evidence, Span};
use crate::rules::Rule;
use crate::rules::syntax::{Check, Cut, Otherwise};
use crate::rules::token_run::{MAX_KEYWORD_DISTANCE, MIN_MIXED_RUN, Route, is_token_byte};

use super::boundary::{MAX_ESCAPE_LENGTH, has_boundary_after, has_boundary_before};
use super::first_bytes::{MAX_CLUSTER_DISTANCE, NAME_CLUSTER_STEP, is_in_cluster};
use super::ignore_case;
use super::matches::Match;
use super::pattern::{LazyPattern, PatternMatch};
use super::window;
use super::window_search;
use super::window_search::SearchedRanges;
use crate::engine::checks;
use crate::engine::heuristics::assignment;
use crate::engine::heuristics::assignment::{Assignment, ValueStart};
use crate::engine::heuristics::entropy::shannon;
use crate::engine::heuristics::generic;
use crate::engine::heuristics::placeholder;
use crate::engine::prefilter::{Hit, HitKind};
use crate::engine::work_counter;

/// Bytes that are searched for context words on each side of a match.
pub(crate) const MAX_CONTEXT_DISTANCE: usize = 512;

/// What a value must satisfy to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conditions {
    /// All conditions of its rule.
    All,
    /// Only the pattern and its boundaries: a value whose checksum is broken by one character, or whose context lacks a
    /// word, must not be shown either.
    Form,
}

/// Returns how many bytes before and after the start of a hit its evaluation may read.
pub(crate) fn context(rule: &Rule) -> (usize, usize) {
    let (before, after) = context_without_words(rule);
    let words = rule.context.as_ref().map_or(0, |_| MAX_CONTEXT_DISTANCE);
    (before + words, after + words)
}

/// Like [`context`], without the context words, which are searched only if there is a match.
pub(crate) fn context_without_words(rule: &Rule) -> (usize, usize) {
    let window = rule.window.unwrap_or(window::DEFAULT);
    let literal = rule.literals.iter().map(String::len).max().unwrap_or(0);
    let keyword = rule.keywords.iter().map(|keyword| keyword.len() + MAX_KEYWORD_DISTANCE).max().unwrap_or(0);
    let crossing = if crosses_lines(rule) { window::DEFAULT.after } else { 0 };
    let value = if window.every { window_search::max_value_length(window) } else { 0 };
    let before = (window.before.max(rule.literal_offset) + MAX_ESCAPE_LENGTH).max(MAX_CLUSTER_DISTANCE);
    let after = (window.after + value).max(literal).max(keyword).max(crossing);
    // The byte directly after a match is read too.
    (before, after + 1)
}

/// Whether an evaluation, without context words, reads only the line of the hit and its line endings, or the line
/// after it if the hit begins with the line ending.
pub(crate) fn is_bounded_by_line(rule: &Rule) -> bool {
    let window = rule.window.unwrap_or(window::DEFAULT);
    window.cut == Cut::Line && !window.every && !crosses_lines(rule)
}

/// Whether a value may be on a line after the keyword: where the value has a name of its own, the provider may be
/// named on a line above, as in nested settings and logs.
pub(crate) fn crosses_lines(rule: &Rule) -> bool {
    !rule.keywords.is_empty() && !rule.name_words.is_empty() && !rule.human_chosen && !rule.generic
}

/// Passes every match at the hit to `sink`: at most one, unless the rule's window has `every`.
#[cfg(test)]
pub(crate) fn evaluate<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    hit: Hit,
    sink: &mut dyn FnMut(Match<'e>),
) {
    evaluate_with(rule, pattern, text, hit, Conditions::All, &mut SearchedRanges::default(), sink);
}

/// Like `evaluate`, for one of several hits in a text. Returns whether context words were searched.
///
/// `searched` is shared by the hits of the text, so that each byte is searched once per rule in hostile texts too.
/// It does not change which matches are found, but a match that belongs to several hits is passed on once.
pub(crate) fn evaluate_with<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    hit: Hit,
    conditions: Conditions,
    searched: &mut SearchedRanges,
    sink: &mut dyn FnMut(Match<'e>),
) -> bool {
    let mut used_context = false;
    let mut accept = |found: PatternMatch| {
        if conditions == Conditions::Form {
            return form(rule, hit.rule, pattern, text, found);
        }
        let accepted = accept(rule, hit.rule, pattern, text, found)?;
        used_context |= rule.context.is_some();
        check_context(rule, text, accepted)
    };
    match hit.kind {
        HitKind::Literal if rule.window.is_some_and(|window| window.every) => {
            let window = window::around(text, hit.start, rule);
            if hit.end <= window.end {
                let rule = (hit.rule, rule, pattern);
                window_search::find_values(rule, text, window, searched, &mut |found| {
                    accept(found).into_iter().for_each(&mut *sink);
                });
            }
        }
        HitKind::Literal => {
            literal_match(rule, pattern, text, hit).and_then(&mut accept).into_iter().for_each(sink);
        }
        HitKind::Keyword if rule.generic => {
            generic_match(rule, pattern, text, hit).into_iter().for_each(sink)
        }
        HitKind::Keyword => keyword_matches(rule, pattern, text, hit, &mut accept, sink),
    }
    used_context
}

/// Returns the match that contains the hit's literal. Most hits are rejected here, so the cheapest test comes first.
fn literal_match(rule: &Rule, pattern: &LazyPattern, text: &[u8], hit: Hit) -> Option<PatternMatch> {
    let start = hit.start.checked_sub(rule.literal_offset)?;
    let first_bytes = pattern.first_bytes();
    if !first_bytes.may_begin(&text[start..]) || !has_boundary_before(rule, text, start) {
        return None;
    }
    if first_bytes.is_in_cluster(
        text,
        hit.start,
        (&rule.literals, pattern.literals()),
        is_bounded_by_line(rule),
    ) {
        return None;
    }
    let window = window::around(text, hit.start, rule);
    (start >= window.start && hit.end <= window.end).then(|| pattern.match_at(text, window, start))?
}

/// Whether [`MIN_MIXED_RUN`] token bytes in a row begin in `starts`.
fn has_run(text: &[u8], starts: Span) -> bool {
    let mut start = starts.start;
    while start < starts.end {
        let Some(run) = text.get(start..start + MIN_MIXED_RUN) else { return false };
        // Searched from the end: no run can begin at or before the last byte that is not a token byte.
        match run.iter().rposition(|&byte| !is_token_byte(byte)) {
            None => return true,
            Some(other) => start += other + 1,
        }
        work_counter::count(1);
    }
    false
}

/// Whether a value may follow the provider's name directly: if the rule requires no name words and only machines
/// generate such values.
pub(crate) fn may_follow_directly(rule: &Rule) -> bool {
    rule.name_words.is_empty() && rule.route == Route::MixedRun
}

/// Passes the matches after a keyword (the name of a provider) to `sink`.
fn keyword_matches<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    hit: Hit,
    accept: &mut dyn FnMut(PatternMatch) -> Option<Match<'e>>,
    sink: &mut dyn FnMut(Match<'e>),
) {
    let keyword = Span::new(hit.start, hit.end);
    let farthest = text.len().min(hit.end + MAX_KEYWORD_DISTANCE);
    // When a part of a text is searched, the prefilter does not test for runs.
    if rule.route != Route::Anywhere && !has_run(text, Span::new(hit.end, farthest)) {
        return;
    }
    // Few names of providers are followed by a name word or directly by a value, so both are tested first.
    let named = name_words_end(rule, &text[hit.start..farthest]).map(|end| hit.start + end);
    let bare =
        if rule.human_chosen || named == Some(hit.start) { None } else { bare_value_start(text, keyword) };
    let bare = bare.filter(|&at| named.is_none_or(|named| at < named));
    if named.is_none() && bare.is_none() {
        return;
    }
    let line = window::around(text, hit.start, rule);
    if hit.end > line.end {
        return;
    }
    let mut match_value = |start: ValueStart, last: usize, is_named: bool| {
        if !has_boundary_before(rule, text, start.at) {
            return false;
        }
        let window = Span::new(line.start, last.min(hit.start + window::DEFAULT.after));
        let Some(found) = pattern.match_at(text, window, start.at) else { return false };
        let doubt = match (is_named, start.is_assigned, start.at > line.end) {
            (false, _, _) => Some(Evidence::ProviderNameAlone),
            (_, false, _) => Some(Evidence::NotAssigned),
            (_, _, true) => Some(Evidence::ProviderNamedAbove),
            (true, true, false) => None,
        };
        if let Some(mut found) = accept(found) {
            if let Some(doubt) = doubt {
                found.confidence = Confidence::Low;
                found.why.push(doubt);
            }
            sink(found);
        }
        true
    };
    if let Some(at) = bare.filter(|&at| at < line.end) {
        match_value(ValueStart { at, is_assigned: true }, line.end, false);
    }
    let Some(named) = named else { return };
    let last = if crosses_lines(rule) { text.len() } else { line.end };
    let range = Span::new(line.start, last.min(farthest));
    if named > range.end {
        return;
    }
    let has_any_shape = rule.human_chosen || rule.fallback;
    for start in assignment::value_starts(text, range, keyword, &rule.name_words, may_follow_directly(rule)) {
        // A pattern for values of any shape would match at every later position too.
        if start.at >= named && match_value(start, last, true) && has_any_shape {
            break;
        }
    }
}

/// Whether the keyword is one of many in one value without quotes, and not the last: repeated text, of which each
/// occurrence would read the rest.
fn is_repeated(text: &[u8], keyword: Span) -> bool {
    let word = keyword.slice(text);
    let is_value_byte = |byte: u8| byte.is_ascii_graphic() && !b"\"'`,;<>|&".contains(&byte);
    let is_word = |start: usize, end: usize| {
        text[start].eq_ignore_ascii_case(&word[0])
            && text[start..end].get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    if !is_in_cluster(text, keyword.start, NAME_CLUSTER_STEP, is_value_byte, is_word) {
        return false;
    }
    // The last one may precede a value.
    let end = text.len().min(keyword.end + NAME_CLUSTER_STEP);
    let mut starts = (keyword.end..end).take_while(|&start| is_value_byte(text[start]));
    let next = starts.find(|&start| is_word(start, end));
    work_counter::count(next.unwrap_or(end) - keyword.end);
    next.is_some()
}

/// Returns the match of the scored detector, for rules whose keywords are parts of names.
fn generic_match<'e>(rule: &'e Rule, pattern: &LazyPattern, text: &[u8], hit: Hit) -> Option<Match<'e>> {
    let keyword = Span::new(hit.start, hit.end);
    if is_repeated(text, keyword) {
        return None;
    }
    let window = window::around(text, hit.start, rule);
    if hit.end > window.end {
        return None;
    }
    let assigned = assignment::find_assignment(text, window, keyword)?;
    if !pattern.first_bytes().allows_length(assigned.value.len()) {
        return None;
    }
    let score = generic::evaluate(text, &assigned, keyword.slice(text), rule.human_chosen)?;
    let confidence = generic::confidence_from_score(score.total)?;
    // Few assignments get a sufficient score, so the regex comes last.
    let whole_value = Some(PatternMatch { whole: assigned.value, secret: assigned.value });
    if pattern.match_at(text, assigned.value, assigned.value.start) != whole_value
        || is_allowed(rule, pattern, assigned.value.slice(text))
    {
        return None;
    }
    let Assignment { name, value, .. } = assigned;
    Some(Match {
        rule,
        rule_index: hit.rule,
        span: value,
        whole: Span::new(name.start.min(value.start), name.end.max(value.end)),
        confidence: confidence.min(rule.confidence),
        severity: rule.severity,
        why: score.why,
        score: Some(score.total),
    })
}

/// Returns the value of a regex match; `None` if it is empty, goes on after the match, or is allowed.
fn value_of<'t>(rule: &Rule, pattern: &LazyPattern, text: &'t [u8], found: PatternMatch) -> Option<&'t [u8]> {
    let secret = found.secret.slice(text);
    let is_value = !secret.is_empty() && has_boundary_after(rule, text, found.whole);
    (is_value && !is_allowed(rule, pattern, secret)).then_some(secret)
}

/// Applies only the conditions of the form to a regex match.
fn form<'e>(
    rule: &'e Rule,
    rule_index: usize,
    pattern: &LazyPattern,
    text: &[u8],
    found: PatternMatch,
) -> Option<Match<'e>> {
    let secret = value_of(rule, pattern, text, found)?;
    let PatternMatch { whole, secret: span } = found;
    // Templates and words in place of a password; a long form is masked even if it is a placeholder.
    if rule.human_chosen && placeholder::is_placeholder_or_template(distinctive_part(rule, secret)) {
        return None;
    }
    let (confidence, severity) = (Confidence::Low, rule.severity);
    Some(Match { rule, rule_index, span, whole, confidence, severity, why: Vec::new(), score: None })
}

/// Applies everything to a regex match but the context words. Returns `None` if it is rejected.
fn accept<'e>(
    rule: &'e Rule,
    rule_index: usize,
    pattern: &LazyPattern,
    text: &[u8],
    found: PatternMatch,
) -> Option<Match<'e>> {
    let secret = value_of(rule, pattern, text, found)?;
    let new_match = |confidence, severity, why| {
        let PatternMatch { whole, secret: span } = found;
        Match { rule, rule_index, span, whole, confidence, severity, why, score: None }
    };
    let part = distinctive_part(rule, secret);
    // Beside a provider's name, a made-up value is reported too, with low confidence.
    if !rule.keywords.is_empty() && !rule.human_chosen && placeholder::is_only_sequence(part) {
        return Some(new_match(Confidence::Low, rule.severity, vec![Evidence::CharacterSequence]));
    }
    if rule.entropy.is_some_and(|least| shannon(secret) < least) {
        return None;
    }
    let mut confidence = rule.confidence;
    let mut severity = rule.severity;
    let mut why = Vec::new();
    if rule.entropy.is_some() {
        why.push(Evidence::RandomEnough);
    }
    let mut is_verified = false;
    for check in &rule.checks {
        let outcome = checks::verify(check, found.whole.slice(text), secret);
        is_verified |= matches!(outcome, checks::Outcome::Verified(_));
        if !checks::apply(outcome, &mut confidence, &mut severity, &mut why) {
            return None;
        }
    }
    // A value with a valid checksum is not a placeholder, whatever it resembles.
    let is_placeholder =
        if rule.human_chosen { placeholder::is_placeholder_or_template } else { placeholder::is_placeholder };
    // Checks of passwords have tested the same value already.
    let is_tested = part.len() == secret.len()
        && rule.checks.iter().any(|check| matches!(check, Check::LiteralPassword | Check::UrlPassword));
    if !is_verified && !is_tested && is_placeholder(part) {
        if rule.human_chosen || !placeholder::is_only_sequence(part) {
            return None;
        }
        confidence = Confidence::Low;
        why.push(Evidence::CharacterSequence);
    }
    Some(new_match(confidence, severity, why))
}

/// Applies the rule's context words to a match. Returns `None` if the rule requires one and none is near.
fn check_context<'e>(rule: &Rule, text: &[u8], mut found: Match<'e>) -> Option<Match<'e>> {
    if let Some(context) = &rule.context {
        let around = window::lines_around(text, found.whole, context.lines, MAX_CONTEXT_DISTANCE).slice(text);
        let is_near = |word: &String| ignore_case::find(around, word.as_bytes()).is_some();
        match (context.words.iter().any(is_near), context.otherwise) {
            (true, _) => found.why.push(Evidence::ContextWord),
            (false, Otherwise::Low) => found.confidence = Confidence::Low,
            (false, Otherwise::Drop) => return None,
        }
    }
    if found.why.is_empty() {
        found.why.push(if rule.keywords.is_empty() {
            Evidence::ExactShape
        } else {
            Evidence::ShapeBesideProvider
        });
    }
    Some(found)
}

/// Returns the value without the literal that all values of its kind begin with.
pub(crate) fn distinctive_part<'t>(rule: &Rule, secret: &'t [u8]) -> &'t [u8] {
    let prefix =
        rule.literals.iter().filter(|literal| secret.starts_with(literal.as_bytes())).map(String::len).max();
    &secret[prefix.filter(|&length| length < secret.len()).unwrap_or(0)..]
}

/// Whether the rule allows this value (`allow`, `allow_pattern`), so that it is not reported.
pub(crate) fn is_allowed(rule: &Rule, pattern: &LazyPattern, secret: &[u8]) -> bool {
    rule.allow.iter().any(|allowed| allowed.joined().as_bytes() == secret)
        || pattern.matches_allow_pattern(secret)
}

/// Returns the end of the rule's first name word in `text`, which begins with the keyword; 0 for a rule without
/// name words, `None` if `text` contains none of them.
pub(crate) fn name_words_end(rule: &Rule, text: &[u8]) -> Option<usize> {
    if rule.name_words.is_empty() {
        return Some(0);
    }
    let end = |name: &String| Some(ignore_case::find(text, name.as_bytes())? + name.len());
    rule.name_words.iter().filter_map(end).min()
}

/// Returns the start of a value that is separated from the provider's name only by an operator, blanks or quotes.
fn bare_value_start(text: &[u8], keyword: Span) -> Option<usize> {
    const MAX_SEPARATORS: usize = 8;
    let is_separator = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b':' | b'=' | b'>');
    let length = text[keyword.end..].iter().take(MAX_SEPARATORS + 1).take_while(is_separator).count();
    (1..=MAX_SEPARATORS).contains(&length).then_some(keyword.end + length)
}
