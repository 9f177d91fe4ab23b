//! Judges one anchor: window, regex, boundaries, then everything that speaks against the value.

use crate::model::{Confidence, Span};
use crate::rules::Rule;
use crate::rules::syntax::{Boundary, Cut, Otherwise};
use crate::rules::token_run::{KEYWORD_REACH, MIXED, Route, is_token_byte};

use super::first_bytes::CROWD_REACH;
use super::ignore_case;
use super::pattern::{Found, LazyPattern};
use super::window;
use super::window_search;
use crate::engine::Match;
use crate::engine::checks;
use crate::engine::heuristics::assignment;
use crate::engine::heuristics::assignment::{Assigned, ValueStart};
use crate::engine::heuristics::entropy::shannon;
use crate::engine::heuristics::generic;
use crate::engine::heuristics::placeholder;
use crate::engine::prefilter::{Anchor, Reach};
use crate::engine::work_counter;

/// The reason given when a context word stands near.
pub(crate) const CONTEXT_HOLDS: &str = "provider named beside it";

/// The reason given when a value only follows its name.
pub(crate) const NOT_ASSIGNED: &str = "not assigned";

/// The reason given when the value is assigned to the provider's bare name.
pub(crate) const NOT_NAMED: &str = "provider's name alone beside it";

/// The reason given when the provider's name stands on a line of its own.
pub(crate) const NAMED_ABOVE: &str = "provider named on a line above";

/// The reason given when runs of the alphabet, of digits or of the keyboard make up a value.
const ONLY_SEQUENCE: &str = "runs of the alphabet";

/// How far a match's context words may stand from it, each way.
pub(crate) const CONTEXT_REACH: usize = 512;

/// Longest escape before a value: `[1;38;5;196m`.
pub(crate) const ESCAPE: usize = 12;

/// How far from an anchor's start the judgement about it looks, before and after it.
pub(crate) fn reach(rule: &Rule) -> (usize, usize) {
    let (before, after) = own_reach(rule);
    let context = rule.context.as_ref().map_or(0, |_| CONTEXT_REACH);
    (before + context, after + context)
}

/// The same without context words, which are only asked for where there is a match to be judged by them.
pub(crate) fn own_reach(rule: &Rule) -> (usize, usize) {
    let window = rule.window.unwrap_or(window::DEFAULT);
    let literal = rule.literals.iter().map(String::len).max().unwrap_or(0);
    let keyword = rule.keywords.iter().map(|keyword| keyword.len() + KEYWORD_REACH).max().unwrap_or(0);
    let crossing = if crosses_lines(rule) { window::DEFAULT.after } else { 0 };
    let value = if window.every { window_search::longest(window) } else { 0 };
    let before = (window.before.max(rule.at) + ESCAPE).max(CROWD_REACH);
    let after = (window.after + value).max(literal).max(keyword).max(crossing);
    // What stands directly beside a match is looked at too.
    (before, after + 1)
}

/// Whether the judgement, context words aside, looks at nothing but the anchor's line and its ends; the line
/// behind it where the anchor is the line's end.
pub(crate) fn is_bounded_by_line(rule: &Rule) -> bool {
    let window = rule.window.unwrap_or(window::DEFAULT);
    window.cut == Cut::Line && !window.every && !crosses_lines(rule)
}

/// Where the value has a name of its own, the provider may stand a line above: nested settings, logs.
pub(crate) fn crosses_lines(rule: &Rule) -> bool {
    !rule.keywords.is_empty() && !rule.names.is_empty() && !rule.human && !rule.generic
}

/// What is remembered between the anchors of one text, so that hostile texts cost no more than others. It
/// changes nothing about the matches, except that none is given for two anchors.
pub(crate) type Memory = window_search::Searched;

/// Gives every match that the anchor leads to. At most one, unless the rule's window says `every`.
#[cfg(test)]
pub(crate) fn judge<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    anchor: Anchor,
    sink: &mut dyn FnMut(Match<'e>),
) {
    judge_with(rule, pattern, text, anchor, &mut Memory::default(), sink);
}

/// The same for one of several anchors of a text. True when context words were asked for, whatever the answer
/// was.
pub(crate) fn judge_with<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    anchor: Anchor,
    memory: &mut Memory,
    sink: &mut dyn FnMut(Match<'e>),
) -> bool {
    let mut asked = false;
    let mut accept = |found: Found| {
        let accepted = accept(rule, pattern, text, found)?;
        asked |= rule.context.is_some();
        in_context(rule, text, accepted)
    };
    match anchor.reach {
        Reach::Literal if rule.window.is_some_and(|window| window.every) => {
            let window = window::around(text, anchor.start, rule);
            if anchor.end <= window.end {
                window_search::values((anchor.rule, rule, pattern), text, window, memory, &mut |found| {
                    accept(found).into_iter().for_each(&mut *sink);
                });
            }
        }
        Reach::Literal => {
            literal_match(rule, pattern, text, anchor).and_then(&mut accept).into_iter().for_each(sink);
        }
        Reach::Keyword if rule.generic => sink_generic(rule, pattern, text, anchor, sink),
        Reach::Keyword => keyword_matches(rule, pattern, text, anchor, &mut accept, sink),
    }
    asked
}

/// The match that has the anchor's literal. Most anchors end here: what costs least is asked first.
fn literal_match(rule: &Rule, pattern: &LazyPattern, text: &[u8], anchor: Anchor) -> Option<Found> {
    let start = anchor.start.checked_sub(rule.at)?;
    let opening = pattern.opening();
    if !opening.may_begin(&text[start..]) || !begins_cleanly(rule, text, start) {
        return None;
    }
    if opening.is_crowded(text, anchor.start, &rule.literals, is_bounded_by_line(rule)) {
        return None;
    }
    let window = window::around(text, anchor.start, rule);
    (start >= window.start && anchor.end <= window.end).then(|| pattern.match_at(text, window, start))?
}

/// Whether a run of [`MIXED`] token bytes begins in `starts`, or has begun before and goes on so far.
fn has_run(text: &[u8], starts: Span) -> bool {
    let mut start = starts.start;
    while start < starts.end {
        let Some(run) = text.get(start..start + MIXED) else { return false };
        // From the end: the last byte that belongs to no run says where the next one may begin.
        match run.iter().rposition(|&byte| !is_token_byte(byte)) {
            None => return true,
            Some(other) => start += other + 1,
        }
        work_counter::count(1);
    }
    false
}

/// Whether a value may follow the provider's name with nothing between them: where the rule asks for no name of a
/// value, and only a machine writes such values.
pub(crate) fn may_stand_bare(rule: &Rule) -> bool {
    rule.names.is_empty() && rule.route == Route::MixedRun
}

/// Values that stand behind a provider's name.
fn keyword_matches<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    anchor: Anchor,
    accept: &mut dyn FnMut(Found) -> Option<Match<'e>>,
    sink: &mut dyn FnMut(Match<'e>),
) {
    let keyword = Span::new(anchor.start, anchor.end);
    let farthest = text.len().min(anchor.end + KEYWORD_REACH);
    // A part of a text is searched without a look at its runs.
    if rule.route != Route::Anywhere && !has_run(text, Span::new(anchor.end, farthest)) {
        return;
    }
    // Few names of providers have the name of a value or a value itself behind them: these are asked first.
    let named = names_end(rule, &text[anchor.start..farthest]).map(|end| anchor.start + end);
    let bare = if rule.human || named == Some(anchor.start) { None } else { beside(text, keyword) };
    let bare = bare.filter(|&at| named.is_none_or(|named| at < named));
    if named.is_none() && bare.is_none() {
        return;
    }
    let line = window::around(text, anchor.start, rule);
    if anchor.end > line.end {
        return;
    }
    let mut judge = |start: ValueStart, last: usize, named: bool| {
        if !begins_cleanly(rule, text, start.at) {
            return false;
        }
        let window = Span::new(line.start, last.min(anchor.start + window::DEFAULT.after));
        let Some(found) = pattern.match_at(text, window, start.at) else { return false };
        let doubt = match (named, start.assigned, start.at > line.end) {
            (false, _, _) => Some(NOT_NAMED),
            (_, false, _) => Some(NOT_ASSIGNED),
            (_, _, true) => Some(NAMED_ABOVE),
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
        judge(ValueStart { at, assigned: true }, line.end, false);
    }
    let Some(named) = named else { return };
    let last = if crosses_lines(rule) { text.len() } else { line.end };
    let reach = Span::new(line.start, last.min(farthest));
    if named > reach.end {
        return;
    }
    let takes_anything = rule.human || rule.fallback;
    for start in assignment::value_starts(text, reach, keyword, &rule.names, may_stand_bare(rule)) {
        // A pattern for anything would take what stands farther on as well.
        if start.at >= named && judge(start, last, true) && takes_anything {
            break;
        }
    }
}

/// The scored detector, for rules whose keywords are parts of names.
fn sink_generic<'e>(
    rule: &'e Rule,
    pattern: &LazyPattern,
    text: &[u8],
    anchor: Anchor,
    sink: &mut dyn FnMut(Match<'e>),
) {
    let keyword = Span::new(anchor.start, anchor.end);
    let window = window::around(text, anchor.start, rule);
    if anchor.end > window.end {
        return;
    }
    let Some(assigned) = assignment::assigned(text, window, keyword) else { return };
    if !pattern.opening().fits(assigned.value.len()) {
        return;
    }
    let Some(evidence) = generic::judge(text, &assigned, keyword.of(text), rule.human) else { return };
    let Some(confidence) = generic::confidence(evidence.sum) else { return };
    // Few names come with a value that may be a secret: only these meet the regex.
    let whole_value = Some(Found { whole: assigned.value, secret: assigned.value });
    if pattern.match_at(text, assigned.value, assigned.value.start) != whole_value
        || is_excluded(rule, pattern, assigned.value.of(text))
    {
        return;
    }
    let Assigned { name, value, .. } = assigned;
    let whole = Span::new(name.start.min(value.start), name.end.max(value.end));
    let confidence = confidence.min(rule.confidence);
    sink(Match {
        rule,
        span: assigned.value,
        whole,
        confidence,
        severity: rule.severity,
        why: evidence.why,
        evidence: Some(evidence.sum),
    });
}

/// Everything that is asked about a regex match but its context; `None` when it does not count.
fn accept<'e>(rule: &'e Rule, pattern: &LazyPattern, text: &[u8], found: Found) -> Option<Match<'e>> {
    if found.secret.is_empty() || !ends_cleanly(rule, text, found.whole) {
        return None;
    }
    let secret = found.secret.of(text);
    if is_excluded(rule, pattern, secret) {
        return None;
    }
    let part = distinctive_part(rule, secret);
    // Beside a provider's name even a made-up value is worth a look.
    if !rule.keywords.is_empty() && !rule.human && placeholder::is_only_sequence(part) {
        let why = vec![ONLY_SEQUENCE];
        let (confidence, severity) = (Confidence::Low, rule.severity);
        return Some(Match {
            rule,
            span: found.secret,
            whole: found.whole,
            confidence,
            severity,
            why,
            evidence: None,
        });
    }
    if rule.entropy.is_some_and(|least| shannon(secret) < least) {
        return None;
    }
    let mut confidence = rule.confidence;
    let mut severity = rule.severity;
    let mut why = Vec::new();
    if rule.entropy.is_some() {
        why.push("random enough");
    }
    let mut proved = false;
    for check in &rule.checks {
        let outcome = checks::verify(check, found.whole.of(text), secret);
        proved |= matches!(outcome, checks::Outcome::Proved(_));
        if !checks::apply(outcome, &mut confidence, &mut severity, &mut why) {
            return None;
        }
    }
    // What a checksum has proved is no filler, whatever it looks like.
    let filler = if rule.human { placeholder::is_placeholder } else { placeholder::is_filler };
    if !proved && filler(part) {
        if rule.human || !placeholder::is_only_sequence(part) {
            return None;
        }
        confidence = Confidence::Low;
        why.push(ONLY_SEQUENCE);
    }
    Some(Match { rule, span: found.secret, whole: found.whole, confidence, severity, why, evidence: None })
}

/// What the words near a match say about it.
fn in_context<'e>(rule: &Rule, text: &[u8], mut found: Match<'e>) -> Option<Match<'e>> {
    if let Some(context) = &rule.context {
        let around = window::lines_around(text, found.whole, context.lines, CONTEXT_REACH).of(text);
        let holds = |word: &String| ignore_case::find(around, word.as_bytes()).is_some();
        match (context.words.iter().any(holds), context.otherwise) {
            (true, _) => found.why.push(CONTEXT_HOLDS),
            (false, Otherwise::Low) => found.confidence = Confidence::Low,
            (false, Otherwise::Drop) => return None,
        }
    }
    if found.why.is_empty() {
        found.why.push(if rule.keywords.is_empty() {
            "exact shape"
        } else {
            "shape beside the provider's name"
        });
    }
    Some(found)
}

/// The value without the literal that all values of its kind share.
pub(crate) fn distinctive_part<'t>(rule: &Rule, secret: &'t [u8]) -> &'t [u8] {
    let prefix =
        rule.literals.iter().filter(|literal| secret.starts_with(literal.as_bytes())).map(String::len).max();
    &secret[prefix.filter(|&length| length < secret.len()).unwrap_or(0)..]
}

pub(crate) fn is_excluded(rule: &Rule, pattern: &LazyPattern, secret: &[u8]) -> bool {
    rule.never.iter().any(|never| never.joined().as_bytes() == secret) || pattern.never_matches(secret)
}

/// Where the first of the rule's `names` ends in `text`, which begins with the keyword; 0 for a rule
/// without.
pub(crate) fn names_end(rule: &Rule, text: &[u8]) -> Option<usize> {
    if rule.names.is_empty() {
        return Some(0);
    }
    let end = |name: &String| Some(ignore_case::find(text, name.as_bytes())? + name.len());
    rule.names.iter().filter_map(end).min()
}

/// Where a value stands beside the provider's bare name, with nothing but an operator, blanks or quotes between.
fn beside(text: &[u8], keyword: Span) -> Option<usize> {
    const MOST: usize = 8;
    let between = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b':' | b'=' | b'>');
    let length = text[keyword.end..].iter().take(MOST + 1).take_while(between).count();
    (1..=MOST).contains(&length).then_some(keyword.end + length)
}

/// Whether the byte before `start` lets a match begin there.
pub(crate) fn begins_cleanly(rule: &Rule, text: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).map(|at| text[at]) else { return true };
    match rule.boundary {
        Boundary::None => true,
        Boundary::Base64 if matches!(before, b'+' | b'/') => false,
        Boundary::Token | Boundary::Base64 | Boundary::Value => {
            !before.is_ascii_alphanumeric() || is_escape(&text[..start])
        }
    }
}

/// Whether the letters before a value belong to an escape: `\n`, `\t`, `%3D`, `\u003d`, `\x3d`, or
/// the end of a colour in the log of a terminal (`[31m`).
fn is_escape(before: &[u8]) -> bool {
    let tail = &before[before.len().saturating_sub(ESCAPE)..];
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    let unicode =
        |tail: &[u8]| tail.last_chunk::<6>().is_some_and(|last| last.starts_with(b"\\u") && hex(&last[2..]));
    let [.., a, b] = tail else { return false };
    *a == b'\\' && matches!(b, b'n' | b'r' | b't')
        || tail.len() >= 3 && tail[tail.len() - 3] == b'%' && hex(&[*a, *b])
        || tail.len() >= 4 && tail[tail.len() - 4..].starts_with(b"\\x") && hex(&[*a, *b])
        || unicode(tail)
        || *b == b'm' && ends_in_colour(&tail[..tail.len() - 1])
}

/// Whether `text` ends with the numbers of a colour: `[31`, `[0;1`.
fn ends_in_colour(text: &[u8]) -> bool {
    let numbers = text.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    text[..text.len() - numbers].ends_with(b"[")
}

/// Whether the byte behind the match lets it end there.
pub(crate) fn ends_cleanly(rule: &Rule, text: &[u8], whole: Span) -> bool {
    let Some(&after) = text.get(whole.end) else { return true };
    match rule.boundary {
        Boundary::None => true,
        Boundary::Value => match whole.start.checked_sub(1).map(|at| text[at]) {
            Some(quote @ (b'"' | b'\'' | b'`')) => after == quote || after == b'\\',
            _ => after.is_ascii_whitespace() || b"\"'`,;<)]}|\\".contains(&after),
        },
        Boundary::Token => !(after.is_ascii_alphanumeric() || matches!(after, b'_' | b'-')),
        Boundary::Base64 => {
            !(after.is_ascii_alphanumeric() || matches!(after, b'_' | b'-' | b'+' | b'/' | b'='))
        }
    }
}
