//! What every rule must hold before it is used: checked by `build.rs` for the built-in rules and at
//! load for the user's.
//!
//! The one surprising check: that a match can only begin with one of the rule's literals is *proved*
//! from the pattern's syntax tree, because the prefilter sees nothing but the literals.

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind};

use super::syntax::Rule;
use super::token_run;
use super::token_run::Route;

/// Shortest literal or keyword: shorter ones hit so often that the prefilter is no filter.
const MIN_LITERAL: usize = 3;

/// Farthest that any rule may look from its literal. Scanning in blocks overlaps them by this much.
pub const MAX_REACH: usize = 64 * 1024;

/// What is wrong with `rule`, one sentence each; empty when it can be used.
pub fn lint(rule: &Rule) -> Vec<String> {
    let mut errors = Vec::new();
    let mut require = |holds: bool, error: &str| {
        if !holds {
            errors.push(error.to_owned());
        }
    };
    require(is_kebab_case(&rule.id), "id must be kebab-case: lower-case letters, digits and single dashes");
    require(!rule.name.trim().is_empty(), "name is empty");
    require(!rule.help.trim().is_empty(), "help is empty");
    require(
        rule.literals.is_empty() != rule.keywords.is_empty(),
        "give either literals (the match begins with one) or keywords (one stands before the value)",
    );
    require(rule.at == 0 || !rule.literals.is_empty(), "at goes with literals");
    require(rule.names.is_empty() || !rule.keywords.is_empty(), "names go with keywords");
    require(!rule.generic || !rule.keywords.is_empty(), "generic goes with keywords");
    let short = rule.literals.iter().chain(&rule.keywords).find(|word| word.len() < MIN_LITERAL);
    require(short.is_none(), "literals and keywords need at least 3 bytes");
    require(rule.keywords.iter().all(|word| word.is_ascii()), "keywords must be ASCII");
    if let Some(window) = rule.window {
        require(window.before.max(window.after) <= MAX_REACH, "window reaches farther than 65536 bytes");
        require(window.after > 0, "window.after must be positive");
    }
    if let Some(context) = &rule.context {
        require(context.lines <= 5, "context.lines is at most 5");
        require(!context.words.is_empty(), "context.words is empty");
    }
    require(rule.route == Route::default(), "route is derived from the pattern, not written");
    require(!rule.examples.is_empty(), "an example is missing");
    require(!rule.counter_examples.is_empty(), "a counter-example is missing");
    errors.extend(rule.never_pattern.iter().filter_map(|pattern| parse(pattern).err()));
    match parse(&rule.pattern) {
        Err(error) => errors.push(error),
        Ok(hir) => errors.extend(lint_pattern(rule, &hir)),
    }
    errors
}

/// Where the literals of a rule that passed [`lint`] need to be looked for.
pub fn route(rule: &Rule) -> Route {
    parse(&rule.pattern).map_or(Route::Anywhere, |pattern| token_run::route(rule, &pattern))
}

/// What [`lint_set`] asks of a rule: its id, and the one that its pair names.
pub fn name_and_pair(rule: &Rule) -> (&str, Option<&str>) {
    (&rule.id, rule.pair.as_ref().map(|pair| pair.with.as_str()))
}

/// Checks of a whole set that no single rule can answer.
pub fn lint_set<'r>(rules: impl Iterator<Item = (&'r str, Option<&'r str>)> + Clone) -> Vec<String> {
    let mut ids: Vec<&str> = rules.clone().map(|(id, _)| id).collect();
    ids.sort_unstable();
    let twice =
        ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("id {} is used twice", pair[0]));
    let unknown = rules.filter_map(|(id, pair)| {
        let pair = pair.filter(|pair| ids.binary_search(pair).is_err())?;
        Some(format!("rule {id}: pair.with names the unknown rule {pair}"))
    });
    twice.chain(unknown).collect()
}

/// Parses a rule's regex as the engine will: bytes, no Unicode classes.
pub fn parse(pattern: &str) -> Result<Hir, String> {
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
    let rest = match skip(hir, rule.at) {
        Some(rest) => rest,
        None => return Some(format!("pattern has no fixed length of {} bytes before its literal", rule.at)),
    };
    unreachable_start(&rest, &rule.literals).map(|start| match start {
        Some(start) => format!("a match can begin with {start:?}, which starts with none of the literals"),
        None => "no literal that every match begins with can be derived from the pattern".to_owned(),
    })
}

/// A start of a match that is none of `literals` (`Some(None)`: any start at all), if there is one.
fn unreachable_start(hir: &Hir, literals: &[String]) -> Option<Option<String>> {
    let mut extractor = Extractor::new();
    extractor
        .kind(ExtractKind::Prefix)
        .limit_class(64)
        .limit_repeat(16)
        .limit_literal_len(64)
        .limit_total(8192);
    let found = extractor.extract(hir);
    let Some(starts) = found.literals() else { return Some(None) };
    let reached = |start: &[u8]| literals.iter().any(|literal| start.starts_with(literal.as_bytes()));
    let start = starts.iter().find(|start| !reached(start.as_bytes()))?;
    Some(Some(String::from_utf8_lossy(start.as_bytes()).into_owned()))
}

/// `hir` without its first `bytes` bytes, when every match has that many before a clean cut.
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

/// The 1-based line of `text` where the rule `id` is declared, for error messages.
pub fn line_of(id: &str, text: &str) -> usize {
    lines_of(id, text).next().unwrap_or(1)
}

/// All of those: an id may be used twice, which is an error.
fn lines_of(id: &str, text: &str) -> impl Iterator<Item = usize> {
    let declares = move |line: &str| {
        let value = line.trim_start_matches([' ', '-']).strip_prefix("id:").map(str::trim);
        value.is_some_and(|value| value.trim_matches(['"', '\'']) == id)
    };
    text.lines().enumerate().filter(move |(_, line)| declares(line)).map(|(at, _)| at + 1)
}

/// The 1-based line and column of `field` in the rule `id` of `text`, of several with that id in the one after
/// `before` others; those of the id where it has no such field.
pub fn place_of(id: &str, before: usize, field: &str, text: &str) -> (usize, usize) {
    let first = lines_of(id, text).nth(before).unwrap_or_else(|| line_of(id, text));
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
    found.map_or((1, 1), |(at, line)| (at + 1, column(line)))
}
