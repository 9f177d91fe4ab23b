//! What a rule's own example says about where its values stand: the text before and behind one, and how to draw
//! another value for the same place.

use regex_syntax::hir::Hir;

use super::text::{ENGINE, RULES, anchors};
use crate::engine::Match;
use crate::engine::authoring::sample::{Draw, fill, sample_of};
use crate::engine::matching::matcher;
use crate::rules::lint;

/// The placeholder for a value drawn from the rule's pattern.
const SAMPLE: &str = "{sample}";

/// An example, taken apart.
pub(super) struct Envelope {
    rule: usize,
    hir: Hir,
    before: Vec<u8>,
    after: Vec<u8>,
    /// The example's own value, where nothing is drawn from the pattern because it describes more than the value.
    written: Option<Vec<u8>>,
}

impl Envelope {
    /// The first example of a rule that has a `{sample}`; the first one of all where none has.
    pub(super) fn of(index: usize) -> Envelope {
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
        Envelope { rule: index, hir, before, after, written: Some(span.of(&text).to_vec()) }
    }

    /// The example with another value, its own line endings as wanted.
    pub(super) fn around(&self, value: &[u8], crlf: bool) -> Vec<u8> {
        match crlf {
            true => [&with_crlf(&self.before), value, &with_crlf(&self.after)].concat(),
            false => [&self.before, value, &self.after].concat(),
        }
    }

    /// Where the value stands.
    pub(super) fn place(&self) -> usize {
        self.before.len()
    }

    /// Whether its values are drawn from the rule's pattern.
    pub(super) fn is_drawn(&self) -> bool {
        self.written.is_none()
    }

    /// A value for this place.
    pub(super) fn value(&self, draw: &mut Draw) -> Vec<u8> {
        let Some(written) = &self.written else { return sample_of(&RULES[self.rule], &self.hir, draw) };
        for _ in 0..20 {
            let value = redrawn(written, draw);
            if !matches_of(self.rule, &self.around(&value, false)).is_empty() {
                return value;
            }
        }
        // Other letters are something else: the rule reads what is written with them.
        written.clone()
    }
}

/// The same with other letters and digits.
fn redrawn(value: &[u8], draw: &mut Draw) -> Vec<u8> {
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

/// What one rule finds in `text`, through the prefilter of all of them.
pub(super) fn matches_of(index: usize, text: &[u8]) -> Vec<Match<'static>> {
    let (rule, pattern) = (&ENGINE.rules[index], ENGINE.pattern(index));
    let mut found = Vec::new();
    for anchor in anchors(text).into_iter().filter(|anchor| anchor.rule == index) {
        matcher::judge(rule, pattern, text, anchor, &mut |here| found.push(here));
    }
    found
}
