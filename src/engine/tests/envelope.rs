//! The text before and after the value in a rule's example, and samples of other values for the same position.

use regex_syntax::hir::Hir;

use super::text::{ENGINE, RULES, hits};
use crate::engine::Match;
use crate::engine::authoring::sample::{Draw, fill, sample_from_hir};
use crate::engine::matching::matcher;
use crate::rules::lint;

/// The placeholder for a value drawn from the rule's pattern.
const SAMPLE: &str = "{sample}";

/// An example, split around its value.
pub(super) struct Envelope {
    rule: usize,
    hir: Hir,
    before: Vec<u8>,
    after: Vec<u8>,
    /// The example's own value, if none is drawn from the pattern because the pattern describes more than the value.
    written: Option<Vec<u8>>,
}

impl Envelope {
    /// Splits the first example of the rule that contains `{sample}` once, or its first example if none does.
    pub(super) fn new(index: usize) -> Envelope {
        let rule = &RULES[index];
        let hir = lint::parse(&rule.pattern).expect("a checked pattern");
        let texts: Vec<String> = rule.examples.iter().map(|text| text.joined()).collect();
        let filled = |text: &str| fill(rule, text, &mut Draw::new(0)).expect("a checked pattern");
        if let Some(text) = texts.iter().find(|text| text.matches(SAMPLE).count() == 1) {
            let (before, after) = text.split_once(SAMPLE).expect("it has one");
            return Envelope {
                rule: index,
                hir,
                before: filled(before),
                after: filled(after),
                written: None,
            };
        }
        let text = filled(&texts[0]);
        let span = matches_of(index, &text).first().unwrap_or_else(|| panic!("{}: no example", rule.id)).span;
        let (before, after) = (text[..span.start].to_vec(), text[span.end..].to_vec());
        Envelope { rule: index, hir, before, after, written: Some(span.slice(&text).to_vec()) }
    }

    /// Returns the example with another value, optionally with CRLF line endings.
    pub(super) fn with_value(&self, value: &[u8], crlf: bool) -> Vec<u8> {
        match crlf {
            true => [&with_crlf(&self.before), value, &with_crlf(&self.after)].concat(),
            false => [&self.before, value, &self.after].concat(),
        }
    }

    /// Byte offset of the value.
    pub(super) fn value_offset(&self) -> usize {
        self.before.len()
    }

    /// Whether values are drawn from the rule's pattern.
    pub(super) fn is_drawn(&self) -> bool {
        self.written.is_none()
    }

    /// Draws a value for this position.
    pub(super) fn value(&self, draw: &mut Draw) -> Vec<u8> {
        let Some(written) = &self.written else { return sample_from_hir(&RULES[self.rule], &self.hir, draw) };
        for _ in 0..20 {
            let value = with_random_characters(written, draw);
            if !matches_of(self.rule, &self.with_value(&value, false)).is_empty() {
                return value;
            }
        }
        // The rule reads the letters of the value, so others do not match.
        written.clone()
    }
}

/// Returns `value` with each letter and digit replaced by a random one of its class.
fn with_random_characters(value: &[u8], draw: &mut Draw) -> Vec<u8> {
    let other = |byte: &u8| match byte {
        b'a'..=b'z' => b'a' + draw.below(26) as u8,
        b'A'..=b'Z' => b'A' + draw.below(26) as u8,
        b'0'..=b'9' => b'0' + draw.below(10) as u8,
        _ => *byte,
    };
    value.iter().map(other).collect()
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut lines = text.split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default().to_vec();
    lines.fold(first, |all, line| [&all, b"\r\n".as_slice(), line].concat())
}

/// Returns the matches of one rule in `text`, found through the prefilter of all rules.
pub(super) fn matches_of(index: usize, text: &[u8]) -> Vec<Match<'static>> {
    let (rule, pattern) = (&ENGINE.rules[index], ENGINE.pattern(index));
    let mut found = Vec::new();
    for hit in hits(text).into_iter().filter(|hit| hit.rule == index) {
        matcher::evaluate(rule, pattern, text, hit, &mut |here| found.push(here));
    }
    found
}
