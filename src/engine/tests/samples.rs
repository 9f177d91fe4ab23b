//! Values drawn from every rule are found wherever they can stand.

use rayon::prelude::*;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::envelope::{Envelope, matches_of};
use super::text::RULES;
use crate::engine::authoring::sample::{Draw, sample_of};
use crate::model::{Confidence, Span};
use crate::rules::syntax::Boundary;
use crate::rules::{Rule, lint};

/// How many values are drawn from each rule.
const DRAWS: u64 = 50;

/// Which bytes a value may have in a place, and need not be written otherwise there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    /// Any, even more lines.
    Text,
    /// Between these quotes, on one line.
    Quotes(u8),
    /// A word of the shell, a plain scalar of YAML.
    Word,
    /// A part of a URL.
    Url,
    /// Between two slashes of a URL.
    UrlPath,
    /// Between two escapes of a URL.
    Escaped,
    /// Between two escaped line endings of a string.
    EscapedLine,
}

impl Syntax {
    fn may_hold(self, rule: &Rule, hir: &Hir, value: &[u8]) -> bool {
        let base64 = rule.boundary == Boundary::Base64;
        match self {
            Syntax::Text => true,
            Syntax::Quotes(quote) => {
                value.iter().all(|&byte| byte != quote && byte != b'\\' && (byte >= b' ' || byte == b'\t'))
            }
            Syntax::Word => value.iter().all(|&byte| is_plain(byte) || b"@:,".contains(&byte)),
            // Whoever asks for a whole value takes none that goes on, and in a URL it might.
            Syntax::Url => value.iter().all(|&byte| is_plain(byte)) && rule.boundary != Boundary::Value,
            // A value whose alphabet has the slash is not told from the path around it; the same for escapes.
            Syntax::UrlPath => value.iter().all(|&byte| is_plain(byte)) && !takes(hir, b'/') && !base64,
            Syntax::EscapedLine => Syntax::Quotes(b'"').may_hold(rule, hir, value) && !takes(hir, b'\\'),
            Syntax::Escaped => value.iter().all(|&byte| is_plain(byte)) && !takes(hir, b'%'),
        }
    }
}

/// Whether a class or a literal of the pattern has the byte.
fn takes(hir: &Hir, byte: u8) -> bool {
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
        HirKind::Repetition(repetition) => takes(&repetition.sub, byte),
        HirKind::Capture(capture) => takes(&capture.sub, byte),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| takes(part, byte)),
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%+=/".contains(&byte)
}

/// Where a value without surroundings of its own can stand.
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

/// Where a value stands that belongs to the name `{K}`.
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

/// A place with a value in it, and where that stands.
fn in_place(place: &str, value: &[u8]) -> (Vec<u8>, Span) {
    let (before, after) = place.split_once("{}").expect("a place");
    let text = [before.as_bytes(), value, after.as_bytes()].concat();
    (text, Span::new(before.len(), before.len() + value.len()))
}

/// What can be seen of a match: how sure it is, and where its value begins and ends in the drawn bytes.
type Seen = (Confidence, Option<(isize, isize)>);

/// What the rule finds on the drawn bytes. A password that a person chose may be anything: it ends where its
/// surroundings end it.
fn found(index: usize, text: &[u8], drawn: Span) -> Option<Seen> {
    let from = |at: usize| at as isize - drawn.start as isize;
    let ends = |found: Span| (!RULES[index].human).then(|| (from(found.start), from(found.end)));
    let on_it = matches_of(index, text).into_iter().filter(|found| found.span.overlaps(drawn));
    on_it.map(|found| (found.confidence, ends(found.span))).max()
}

/// The places that the rule's values can stand in: what they are reached by is there.
fn places(rule: &Rule) -> Vec<(Syntax, String)> {
    // What must stand near, on a line of its own if it may.
    let near = rule.context.as_ref().map_or(String::new(), |context| {
        format!("# {}{}", context.words[0], if context.lines > 0 { "\n" } else { " " })
    });
    let name = rule.names.first().map(|name| format!("_{name}")).unwrap_or_default();
    let all: &[(Syntax, &str)] = if rule.keywords.is_empty() { &PLACES } else { &ASSIGNED };
    let keyword = rule.keywords.first().map(|keyword| format!("{keyword}{name}")).unwrap_or_default();
    let place = |(syntax, place): &(Syntax, &str)| {
        let place = place.replace("{K}", &keyword);
        let line = place[..place.find("{}").expect("a place")].rfind('\n').map_or(0, |at| at + 1);
        (*syntax, format!("{}{near}{}", &place[..line], &place[line..]))
    };
    all.iter().map(place).collect()
}

/// Which places a draw is put into besides the first: every third, and other ones for the next draw.
const EVERY: u64 = 3;

/// What is lost of one rule's draws, a line each.
fn lost(index: usize) -> Vec<String> {
    let rule = &RULES[index];
    let (hir, places) = (lint::parse(&rule.pattern).expect("a checked pattern"), places(rule));
    let mut lost = Vec::new();
    for seed in 0..DRAWS {
        let mut value = sample_of(rule, &hir, &mut Draw::new(seed));
        // A URL's password is one when a host follows.
        if value.ends_with(b"@") {
            value.extend_from_slice(b"git.acme.dev");
        }
        let at = |place: &str| {
            let (text, drawn) = in_place(place, &value);
            (found(index, &text, drawn), text)
        };
        let (alone, _) = at(&places[0].1);
        for (number, (syntax, place)) in places.iter().enumerate() {
            let its_turn = number == 0 || (number as u64 + seed).is_multiple_of(EVERY);
            if !its_turn || !syntax.may_hold(rule, &hir, &value) {
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
fn fifty_draws_of_every_rule_are_found_at_every_place() {
    // Entries of a document, and what the scored detector takes for a secret, are nothing by themselves.
    let alone = |rule: &Rule| !rule.generic && !rule.window.is_some_and(|window| window.every);
    let all = (0..RULES.len()).into_par_iter().filter(|&index| alone(&RULES[index]));
    assert_none(&all.flat_map_iter(lost).collect::<Vec<_>>());
}

/// Where an example can stand, every other place for each draw. Its own line endings are those of what is around it.
const AROUND: [(&str, &str); 6] =
    [("", ""), ("", "\n"), ("x\n", "\ny\n"), ("\r\n", "\r\n"), ("x\r\n\r\n", ""), ("", "\r\ny\r\n")];

#[test]
fn fifty_draws_of_every_rule_are_found_wherever_its_example_stands() {
    let lost_of = |index: usize| {
        let rule = &RULES[index];
        let envelope = Envelope::of(index);
        let mut lost = Vec::new();
        for seed in 0..DRAWS {
            let value = envelope.value(&mut Draw::new(seed));
            for (before, after) in AROUND.iter().skip(seed as usize % 2).step_by(2) {
                let crlf = before.contains('\r') || after.contains('\r');
                let example = envelope.around(&value, crlf);
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
