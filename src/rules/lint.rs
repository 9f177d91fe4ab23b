//! Checks that a rule can be used. `build.rs` runs them on the built-in rules, loading on the user's.
//!
//! The one surprising check: that every match begins with one of the rule's literals is *proved* from the
//! pattern's syntax tree, because the prefilter searches for nothing but the literals.

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind};

use super::syntax::Rule;
use super::token_run;
use super::token_run::Route;

/// Least length of a literal or keyword, in bytes: shorter ones occur so often that the prefilter would
/// filter nothing.
const MIN_LITERAL: usize = 3;

/// Most bytes before or after its literal that the window of a rule may have. Chunks of a large text overlap
/// by this much.
pub(crate) const MAX_WINDOW: usize = 64 * 1024;

/// Returns the errors of `rule`, one sentence each; empty when it can be used.
pub(crate) fn lint(rule: &Rule) -> Vec<String> {
    let mut errors = Vec::new();
    let mut require = |is_met: bool, error: &str| {
        if !is_met {
            errors.push(error.to_owned());
        }
    };
    require(is_kebab_case(&rule.id), "id must be kebab-case: lower-case letters, digits and single dashes");
    require(!rule.name.trim().is_empty(), "name is empty");
    require(!rule.help.trim().is_empty(), "help is empty");
    require(
        rule.literals.is_empty() != rule.keywords.is_empty(),
        "give either literals (the match begins with one) or keywords (one precedes the value)",
    );
    require(rule.literal_offset == 0 || !rule.literals.is_empty(), "literal_offset requires literals");
    require(rule.name_words.is_empty() || !rule.keywords.is_empty(), "name_words requires keywords");
    require(!rule.generic || !rule.keywords.is_empty(), "generic requires keywords");
    let short = rule.literals.iter().chain(&rule.keywords).find(|word| word.len() < MIN_LITERAL);
    require(short.is_none(), "literals and keywords need at least 3 bytes");
    require(rule.keywords.iter().all(|word| word.is_ascii()), "keywords must be ASCII");
    if let Some(window) = rule.window {
        require(
            window.before.max(window.after) <= MAX_WINDOW,
            "window has more than 65536 bytes before or after the literal",
        );
        require(window.after > 0, "window.after must be positive");
    }
    if let Some(context) = &rule.context {
        require(context.lines <= 5, "context.lines is at most 5");
        require(!context.words.is_empty(), "context.words is empty");
    }
    require(rule.route == Route::default(), "route is derived from the pattern, not written");
    require(!rule.examples.is_empty(), "an example is missing");
    require(!rule.counter_examples.is_empty(), "a counter-example is missing");
    errors.extend(rule.allow_pattern.iter().filter_map(|pattern| parse(pattern).err()));
    match parse(&rule.pattern) {
        Err(error) => errors.push(error),
        Ok(hir) => errors.extend(lint_pattern(rule, &hir)),
    }
    errors
}

/// Returns where the prefilter has to search for the words of a rule that passed [`lint`].
pub(crate) fn route(rule: &Rule) -> Route {
    parse(&rule.pattern).map_or(Route::Anywhere, |pattern| token_run::route(rule, &pattern))
}

/// Returns what [`lint_set`] needs of a rule: its id, and the id of the rule that it requires.
pub(crate) fn id_and_required_rule(rule: &Rule) -> (&str, Option<&str>) {
    (&rule.id, rule.requires.as_ref().map(|required| required.with.as_str()))
}

/// Returns the errors of a set of rules, each given by its id and the id of the rule that it requires: ids
/// that occur twice, and required rules that are not in the set.
pub(crate) fn lint_set<'r>(rules: impl Iterator<Item = (&'r str, Option<&'r str>)> + Clone) -> Vec<String> {
    let mut ids: Vec<&str> = rules.clone().map(|(id, _)| id).collect();
    ids.sort_unstable();
    let twice =
        ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("id {} is used twice", pair[0]));
    let unknown = rules.filter_map(|(id, required)| {
        let required = required.filter(|required| ids.binary_search(required).is_err())?;
        Some(format!("rule {id}: requires.with names the unknown rule {required}"))
    });
    twice.chain(unknown).collect()
}

/// Parses a rule's regex with the settings of the engine: bytes, no Unicode classes.
///
/// # Errors
///
/// When the pattern does not parse: one sentence with the reason.
pub(crate) fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).map_err(|error| {
        let what = match &error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            other => other.to_string(),
        };
        format!("pattern does not parse: {what}")
    })
}

fn lint_pattern(rule: &Rule, hir: &Hir) -> Option<String> {
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return Some("pattern matches the empty text".to_owned());
    }
    if rule.literals.is_empty() || rule.window.is_some_and(|window| window.every) {
        return None;
    }
    let rest = match skip(hir, rule.literal_offset) {
        Some(rest) => rest,
        None => {
            return Some(format!(
                "pattern has no fixed length of {} bytes before its literal",
                rule.literal_offset
            ));
        }
    };
    uncovered_prefix(&rest, &rule.literals).map(|start| match start {
        Some(start) => format!("a match can begin with {start:?}, which starts with none of the literals"),
        None => "no literal that every match begins with can be derived from the pattern".to_owned(),
    })
}

/// Returns a prefix of some match that begins with none of `literals`, if there is one; `Some(None)` when the
/// prefixes of the matches are too many to list.
fn uncovered_prefix(hir: &Hir, literals: &[String]) -> Option<Option<String>> {
    let mut extractor = Extractor::new();
    extractor
        .kind(ExtractKind::Prefix)
        .limit_class(64)
        .limit_repeat(16)
        .limit_literal_len(64)
        .limit_total(8192);
    let found = extractor.extract(hir);
    let Some(starts) = found.literals() else { return Some(None) };
    let is_covered = |start: &[u8]| literals.iter().any(|literal| start.starts_with(literal.as_bytes()));
    let start = starts.iter().find(|start| !is_covered(start.as_bytes()))?;
    Some(Some(String::from_utf8_lossy(start.as_bytes()).into_owned()))
}

/// Returns `hir` without its first `bytes` bytes; `None` when not every match has a part of exactly that
/// length there.
fn skip(hir: &Hir, bytes: usize) -> Option<Hir> {
    if bytes == 0 {
        return Some(hir.clone());
    }
    let parts: Vec<Hir> = match hir.kind() {
        HirKind::Concat(parts) => parts.clone(),
        HirKind::Capture(capture) => return skip(&capture.sub, bytes),
        _ => return None,
    };
    let mut left = bytes;
    for (index, part) in parts.iter().enumerate() {
        if left == 0 {
            return Some(Hir::concat(parts[index..].to_vec()));
        }
        let (min, max) = (part.properties().minimum_len()?, part.properties().maximum_len()?);
        if min == max && min <= left {
            left -= min;
            continue;
        }
        let rest = match part.kind() {
            HirKind::Literal(literal) => Hir::literal(literal.0.get(left..)?.to_vec()),
            _ => skip(part, left)?,
        };
        return Some(Hir::concat(std::iter::once(rest).chain(parts[index + 1..].iter().cloned()).collect()));
    }
    None
}

fn is_kebab_case(id: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    id.split('-').all(word)
}

/// Returns the 1-based line of `text` that declares the rule `id`, for error messages; 1 when there is none.
pub(crate) fn line_of(id: &str, text: &str) -> usize {
    lines_of(id, text).next().unwrap_or(1)
}

/// Returns all such lines: an id that is used twice is an error with two of them.
fn lines_of(id: &str, text: &str) -> impl Iterator<Item = usize> {
    let declares = move |line: &str| {
        let value = line.trim_start_matches([' ', '-']).strip_prefix("id:").map(str::trim);
        value.is_some_and(|value| value.trim_matches(['"', '\'']) == id)
    };
    text.lines().enumerate().filter(move |(_, line)| declares(line)).map(|(at, _)| at + 1)
}

/// Returns the 1-based line and column of `field` in the rule `id` of `text`, or of the rule's id when it has no
/// such field. Where several rules have that id, `before` is the number of them that come first.
pub(crate) fn place_of(id: &str, before: usize, field: &str, text: &str) -> (usize, usize) {
    declared_place_of(id, before, field, text).unwrap_or((1, 1))
}

/// As [`place_of`]; `None` when no line of `text` declares the rule.
pub(crate) fn declared_place_of(id: &str, before: usize, field: &str, text: &str) -> Option<(usize, usize)> {
    let first = lines_of(id, text).nth(before).or_else(|| lines_of(id, text).next())?;
    let column = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len() + 1;
    let of_rule = text.lines().enumerate().skip(first - 1);
    let mut lines = of_rule.take_while(|(at, line)| {
        // The next rule begins with a dash, as far out as this one's.
        *at + 1 == first || !line.trim_start().starts_with("- id:")
    });
    let named = |line: &str| {
        let text = line.trim_start_matches([' ', '-']);
        text.strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let found = lines.find(|(_, line)| named(line)).or_else(|| text.lines().enumerate().nth(first - 1));
    found.map(|(at, line)| (at + 1, column(line)))
}
