//! Samples of every rule's values are found in every place where they can be.

use rayon::prelude::*;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::envelope::{Envelope, matches_of};
use super::text::RULES;
use crate::engine::authoring::sample::{Draw, sample_from_hir};
use crate::model::{Confidence, Span};
use crate::rules::syntax::Boundary;
use crate::rules::{Rule, lint};

/// Samples per rule.
const DRAWS: u64 = 50;

/// The syntax around a value: which bytes a value may have there without being escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    /// Any bytes, including line endings.
    Text,
    /// Between these quotes, on one line.
    Quotes(u8),
    /// A word of the shell, a plain scalar of YAML.
    Word,
    /// A value in the query of a URL.
    Url,
    /// Between two slashes of a URL.
    UrlPath,
    /// Between two escapes of a URL.
    Escaped,
    /// Between two escaped line endings of a string.
    EscapedLine,
}

impl Syntax {
    fn may_contain(self, rule: &Rule, hir: &Hir, value: &[u8]) -> bool {
        let base64 = rule.boundary == Boundary::Base64;
        match self {
            Syntax::Text => true,
            Syntax::Quotes(quote) => {
                value.iter().all(|&byte| byte != quote && byte != b'\\' && (byte >= b' ' || byte == b'\t'))
            }
            Syntax::Word => value.iter().all(|&byte| is_plain(byte) || b"@:,".contains(&byte)),
            // A rule that requires a whole value (`boundary: value`) rejects one that may continue, as in a URL.
            Syntax::Url => value.iter().all(|&byte| is_plain(byte)) && rule.boundary != Boundary::Value,
            // A value whose alphabet has the slash cannot be separated from the path around it. The same for escapes.
            Syntax::UrlPath => value.iter().all(|&byte| is_plain(byte)) && !has_byte(hir, b'/') && !base64,
            Syntax::EscapedLine => {
                Syntax::Quotes(b'"').may_contain(rule, hir, value) && !has_byte(hir, b'\\')
            }
            Syntax::Escaped => value.iter().all(|&byte| is_plain(byte)) && !has_byte(hir, b'%'),
        }
    }
}

/// Whether a class or a literal of the pattern contains the byte.
fn has_byte(hir: &Hir, byte: u8) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&byte),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let byte = char::from(byte);
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte))
        }
        HirKind::Repetition(repetition) => has_byte(&repetition.sub, byte),
        HirKind::Capture(capture) => has_byte(&capture.sub, byte),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| has_byte(part, byte)),
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%+=/".contains(&byte)
}

/// Places for a value that needs no name.
const PLACES: [(Syntax, &str); 24] = [
    (Syntax::Text, "{}"),
    (Syntax::Text, "{}\n"),
    (Syntax::Text, "first line\n{}"),
    (Syntax::Text, "a\r\n{}"),
    (Syntax::Text, "x\n{}\r\ny\n"),
    (Syntax::Text, "{}\r\nbehind it\r\n"),
    (Syntax::Text, "{} begins a line\nnext\n"),
    (Syntax::Text, "in the {} middle of it\n"),
    (Syntax::Text, "it ends with {}\nnext\n"),
    (Syntax::Text, "é {} ü"),
    (Syntax::Text, "<v>{}</v>"),
    (Syntax::Text, "| name | `{}` |\n"),
    (Syntax::Quotes(b'"'), "{\"k\": \"{}\"}"),
    (Syntax::Quotes(b'"'), "{\"a\":1,\"k\":\"{}\",\"z\":[]}\r\n"),
    (Syntax::Quotes(b'\''), "- name: x\n  value: '{}'\n"),
    (Syntax::Word, "- name: x\r\n  value: {} # why\r\n"),
    (Syntax::Word, "export X={}\n"),
    (Syntax::Quotes(b'\''), "export X='{}'; run\n"),
    (Syntax::Quotes(b'"'), "export X=\"{}\"\n"),
    (Syntax::Quotes(b'"'), "curl -H \"Authorization: Bearer {}\" https://h/\n"),
    (Syntax::EscapedLine, "\"line\\n{}\\nline\""),
    (Syntax::Url, "https://h.dev/p?a=1&t={}&b=2"),
    (Syntax::UrlPath, "https://h.dev/p/{}/q"),
    (Syntax::Escaped, "t%3D{}%26"),
];

/// Places for a value that is assigned to the name `{K}`.
const ASSIGNED: [(Syntax, &str); 12] = [
    (Syntax::Word, "{K}={}"),
    (Syntax::Word, "first = 1\n{K}={}"),
    (Syntax::Quotes(b'\''), "x\r\n{K} = '{}'\r\n"),
    (Syntax::Quotes(b'"'), "{\"{K}\": \"{}\"}"),
    (Syntax::Quotes(b'"'), "{\"a\":1,\"{K}\":\"{}\",\"z\":[]}\r\n"),
    (Syntax::Word, "{K}: {}\n"),
    (Syntax::Quotes(b'\''), "x: 1\r\n  {K}: '{}' # why\r\n"),
    (Syntax::Word, "export {K}={}\n"),
    (Syntax::Quotes(b'\''), "set -e; export {K}='{}'; run\n"),
    (Syntax::Quotes(b'"'), "export {K}=\"{}\"\n"),
    (Syntax::Url, "https://h.dev/p?{K}={}&b=2"),
    (Syntax::Word, "GET /p?a=1&{K}={} HTTP/1.1\r\n"),
];

/// Returns the text of a place with a value in it, and the span of the value.
fn in_place(place: &str, value: &[u8]) -> (Vec<u8>, Span) {
    let (before, after) = place.split_once("{}").expect("a place");
    let text = [before.as_bytes(), value, after.as_bytes()].concat();
    (text, Span::new(before.len(), before.len() + value.len()))
}

/// The confidence of a match, and the start and end of its value relative to the sample.
type Summary = (Confidence, Option<(isize, isize)>);

/// Returns the best match of the rule that overlaps the sample. Its span is `None` for passwords chosen by people:
/// they may contain any byte, so where they end depends on the place.
fn found(index: usize, text: &[u8], drawn: Span) -> Option<Summary> {
    let from = |at: usize| at as isize - drawn.start as isize;
    let ends = |found: Span| (!RULES[index].human_chosen).then(|| (from(found.start), from(found.end)));
    let overlapping = matches_of(index, text).into_iter().filter(|found| found.span.overlaps(drawn));
    overlapping.map(|found| (found.confidence, ends(found.span))).max()
}

/// Returns the places for the rule's values, with the keyword, name word and context word that the rule requires.
fn places(rule: &Rule) -> Vec<(Syntax, String)> {
    // The context word, on a separate line if the rule allows it.
    let near = rule.context.as_ref().map_or(String::new(), |context| {
        format!("# {}{}", context.words[0], if context.lines > 0 { "\n" } else { " " })
    });
    let name = rule.name_words.first().map(|name| format!("_{name}")).unwrap_or_default();
    let all: &[(Syntax, &str)] = if rule.keywords.is_empty() { &PLACES } else { &ASSIGNED };
    let keyword = rule.keywords.first().map(|keyword| format!("{keyword}{name}")).unwrap_or_default();
    let place = |(syntax, place): &(Syntax, &str)| {
        let place = place.replace("{K}", &keyword);
        let line = place[..place.find("{}").expect("a place")].rfind('\n').map_or(0, |at| at + 1);
        (*syntax, format!("{}{near}{}", &place[..line], &place[line..]))
    };
    all.iter().map(place).collect()
}

/// Each sample is put into the first place and every third of the others, in turn.
const STEP: u64 = 3;

/// Returns a line for each of one rule's samples that is not found in some place.
fn lost_samples(index: usize) -> Vec<String> {
    let rule = &RULES[index];
    let (hir, places) = (lint::parse(&rule.pattern).expect("a checked pattern"), places(rule));
    let mut lost = Vec::new();
    for seed in 0..DRAWS {
        let mut value = sample_from_hir(rule, &hir, &mut Draw::new(seed));
        // A password in a URL matches only if a host follows.
        if value.ends_with(b"@") {
            value.extend_from_slice(b"git.acme.dev");
        }
        let at = |place: &str| {
            let (text, drawn) = in_place(place, &value);
            (found(index, &text, drawn), text)
        };
        let (alone, _) = at(&places[0].1);
        for (number, (syntax, place)) in places.iter().enumerate() {
            let its_turn = number == 0 || (number as u64 + seed).is_multiple_of(STEP);
            if !its_turn || !syntax.may_contain(rule, &hir, &value) {
                continue;
            }
            let (there, text) = at(place);
            if there.is_none() || there != alone {
                let text = String::from_utf8_lossy(&text).into_owned();
                lost.push(format!("{} draw {seed}, {there:?} and not {alone:?}: {text}", rule.id));
            }
        }
    }
    lost
}

fn assert_none(lost: &[String]) {
    let rules: std::collections::BTreeMap<&str, usize> =
        lost.iter().fold(Default::default(), |mut all, line| {
            *all.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
            all
        });
    assert!(lost.is_empty(), "{} lost {rules:?}:\n{}", lost.len(), lost[..lost.len().min(400)].join("\n"));
}

#[test]
fn fifty_samples_of_every_rule_are_found_in_every_place() {
    // Entries of a document, and values that the scored detector finds, are not secrets by themselves.
    let is_independent = |rule: &Rule| !rule.generic && !rule.window.is_some_and(|window| window.every);
    let all = (0..RULES.len()).into_par_iter().filter(|&index| is_independent(&RULES[index]));
    assert_none(&all.flat_map_iter(lost_samples).collect::<Vec<_>>());
}

/// The text around an example; each sample uses every other one. The example gets the same line endings.
const AROUND: [(&str, &str); 6] =
    [("", ""), ("", "\n"), ("x\n", "\ny\n"), ("\r\n", "\r\n"), ("x\r\n\r\n", ""), ("", "\r\ny\r\n")];

#[test]
fn fifty_samples_of_every_rule_are_found_in_its_example() {
    let lost_of = |index: usize| {
        let rule = &RULES[index];
        let envelope = Envelope::new(index);
        let mut lost = Vec::new();
        for seed in 0..DRAWS {
            let value = envelope.value(&mut Draw::new(seed));
            for (before, after) in AROUND.iter().skip(seed as usize % 2).step_by(2) {
                let crlf = before.contains('\r') || after.contains('\r');
                let example = envelope.with_value(&value, crlf);
                let text = [before.as_bytes(), &example, after.as_bytes()].concat();
                if matches_of(index, &text).is_empty() {
                    lost.push(format!("{} draw {seed}: {}", rule.id, String::from_utf8_lossy(&text)));
                }
            }
        }
        lost
    };
    assert_none(&(0..RULES.len()).into_par_iter().flat_map_iter(lost_of).collect::<Vec<_>>());
}
