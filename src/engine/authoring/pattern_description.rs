//! Descriptions of a rule's pattern: in words, and as an outline in which every free character is an `x`, so that it
//! cannot be mistaken for a value.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use crate::rules::{Rule, lint};

/// Most parts in a description in words.
const MAX_PARTS: usize = 7;
/// Most bytes of an outline.
const MAX_OUTLINE_LENGTH: usize = 240;

/// Describes the pattern in words: `` `ghp_`, 36 letters or digits ``. `None` if it does not parse or is too complex.
pub(crate) fn in_words(rule: &Rule) -> Option<String> {
    let parts = parts(&lint::parse(&rule.pattern).ok()?);
    let mut words: Vec<String> = parts.iter().map(words).collect::<Option<_>>()?;
    words.retain(|words| !words.is_empty());
    (!words.is_empty() && words.len() <= MAX_PARTS).then(|| words.join(", "))
}

/// Returns an outline of the pattern with an `x` for every free letter and a `0` for every free digit. `None` if it does
/// not parse, or the outline is too long or contains control characters.
pub(crate) fn outline(rule: &Rule) -> Option<String> {
    let mut text = String::new();
    draw(&lint::parse(&rule.pattern).ok()?, &mut text);
    let is_text = text.chars().all(|character| character == '\n' || !character.is_control());
    (is_text && text.len() <= MAX_OUTLINE_LENGTH).then_some(text)
}

/// The consecutive parts of a pattern, without the groups around them.
pub(crate) fn parts(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => parts(&capture.sub),
        HirKind::Concat(all) => all.iter().flat_map(parts).collect(),
        _ => vec![hir.clone()],
    }
}

/// Describes one part in words: empty for one that matches no bytes, `None` for one that is too complex.
pub(crate) fn words(part: &Hir) -> Option<String> {
    let words = match part.kind() {
        HirKind::Empty | HirKind::Look(_) => String::new(),
        HirKind::Literal(literal) => quoted(&literal.0)?,
        HirKind::Class(class) => format!("one of {}", characters(class)?),
        HirKind::Repetition(Repetition { min, max, sub, .. }) => match sub.kind() {
            HirKind::Class(class) => format!("{} {}", count(*min, *max), characters(class)?),
            HirKind::Literal(literal) if (*min, *max) == (0, Some(1)) => {
                format!("perhaps {}", quoted(&literal.0)?)
            }
            _ => return None,
        },
        HirKind::Alternation(choices) if choices.len() <= 6 => {
            let choices = choices.iter().map(|choice| match choice.kind() {
                HirKind::Literal(literal) => quoted(&literal.0),
                _ => None,
            });
            choices.collect::<Option<Vec<String>>>()?.join(" or ")
        }
        _ => return None,
    };
    Some(words)
}

fn quoted(literal: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(literal).ok()?;
    (!text.contains(char::is_control)).then(|| format!("`{text}`"))
}

fn count(min: u32, max: Option<u32>) -> String {
    match max {
        Some(max) if max == min => min.to_string(),
        Some(max) if min == 0 => format!("up to {max}"),
        Some(max) => format!("{min} to {max}"),
        None => format!("{min} or more"),
    }
}

/// Describes the characters of a class.
fn characters(class: &Class) -> Option<String> {
    let members = members(class);
    let has = |byte: u8| members.contains(&byte);
    let all = |mut range: std::ops::RangeInclusive<u8>| range.all(has);
    let extras: Vec<u8> = members.iter().copied().filter(|byte| !byte.is_ascii_alphanumeric()).collect();
    let (lower, upper, digits) = (all(b'a'..=b'z'), all(b'A'..=b'Z'), all(b'0'..=b'9'));
    let letters = |lower: fn(&u8) -> bool| members.iter().filter(|byte| lower(byte)).count();
    let (lower_count, upper_count) = (letters(u8::is_ascii_lowercase), letters(u8::is_ascii_uppercase));
    let any_digit = members.iter().any(u8::is_ascii_digit);
    let partial = !lower && lower_count > 0 || !upper && upper_count > 0 || !digits && any_digit;
    let hex = |first: u8, count: usize| count == 6 && all(first..=first + 5);
    let named = match (hex(b'a', lower_count), hex(b'A', upper_count), lower_count + upper_count) {
        (true, _, 6) if digits => Some("lower-case hexadecimal digits"),
        (_, true, 6) if digits => Some("upper-case hexadecimal digits"),
        (true, true, _) if digits => Some("hexadecimal digits"),
        _ if partial => None,
        _ => match (lower, upper, digits) {
            (true, true, true) => Some("letters or digits"),
            (true, false, true) => Some("lower-case letters or digits"),
            (false, true, true) => Some("upper-case letters or digits"),
            (true, true, false) => Some("letters"),
            (true, false, false) => Some("lower-case letters"),
            (false, true, false) => Some("upper-case letters"),
            (false, false, true) => Some("digits"),
            (false, false, false) => None,
        },
    };
    match (named, extras.as_slice()) {
        (Some(named), []) => Some(named.to_owned()),
        (Some(named), extras) if extras.len() <= 6 && extras.iter().all(u8::is_ascii_graphic) => {
            let extras: Vec<String> = extras.iter().map(|&byte| format!("`{}`", byte as char)).collect();
            Some(format!("{named} or {}", extras.join(" ")))
        }
        (Some(_), _) => Some("characters".to_owned()),
        (None, extras) => Some(
            if extras.is_empty() {
                "letters or digits of its alphabet"
            } else {
                "characters of its alphabet"
            }
            .to_owned(),
        ),
    }
}

fn members(class: &Class) -> Vec<u8> {
    match class {
        Class::Bytes(class) => class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect(),
        Class::Unicode(class) => {
            let ranges = class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(256);
            ranges.filter_map(|character| u8::try_from(character).ok()).collect()
        }
    }
}

fn draw(hir: &Hir, text: &mut String) {
    if text.len() > MAX_OUTLINE_LENGTH {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.push(representative(class)),
        HirKind::Repetition(repetition) => {
            let count = repetition.min.max(u32::from(is_shown_once(repetition)));
            (0..count).for_each(|_| draw(&repetition.sub, text));
        }
        HirKind::Capture(capture) => draw(&capture.sub, text),
        HirKind::Concat(all) => all.iter().for_each(|part| draw(part, text)),
        HirKind::Alternation(choices) => draw(&choices[0], text),
    }
}

/// Whether a repetition that may be empty is shown once: `.*` is, an optional part is not.
fn is_shown_once(repetition: &Repetition) -> bool {
    repetition.max != Some(1)
}

/// The character that represents the class in an outline.
fn representative(class: &Class) -> char {
    let members = members(class);
    if members.iter().any(u8::is_ascii_lowercase) {
        return if members.contains(&b'x') { 'x' } else { 'a' };
    }
    if members.iter().any(u8::is_ascii_uppercase) {
        return if members.contains(&b'X') { 'X' } else { 'A' };
    }
    let digit = members.contains(&b'0').then_some(b'0');
    let graphic = members.iter().copied().find(u8::is_ascii_graphic);
    digit.or(graphic).or_else(|| members.contains(&b' ').then_some(b' ')).unwrap_or(b'x').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(pattern: &str) -> (Option<String>, Option<String>) {
        let hir = lint::parse(pattern).expect("a pattern");
        let words = parts(&hir).iter().map(words).collect::<Option<Vec<_>>>();
        let mut text = String::new();
        draw(&hir, &mut text);
        (words.map(|words| words.join(", ")), Some(text))
    }

    #[test]
    fn patterns_are_described_in_words_and_outlined() {
        for (pattern, words, drawn) in [
            ("acme_[A-Za-z0-9]{4}", Some("`acme_`, 4 letters or digits"), "acme_xxxx"),
            (
                "(?:pk|sk)_[a-f0-9]{2,4}",
                Some("`pk` or `sk`, `_`, 2 to 4 lower-case hexadecimal digits"),
                "pk_aa",
            ),
            ("(?P<secret>[0-9]{3,})x?", Some("3 or more digits, perhaps `x`"), "000"),
            ("[A-Z2-7]{3}", Some("3 letters or digits of its alphabet"), "XXX"),
            ("[A-Za-z0-9_-]{3}=?", Some("3 letters or digits or `-` `_`, perhaps `=`"), "xxx"),
            ("(?:ab[0-9]){2}", None, "ab0ab0"),
        ] {
            let (described, outlined) = describe(pattern);
            assert_eq!(described.as_deref(), words, "{pattern}");
            assert_eq!(outlined.as_deref(), Some(drawn), "{pattern}");
        }
    }
}
