//! Draws values from a rule's pattern, with its checksums completed: for tests, `rules sample` and
//! documentation, so that no real or real-looking token need ever be written down.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::rules::{Check, Rule, lint};

use crate::engine::checks;
use crate::engine::heuristics::entropy::shannon;
use crate::engine::heuristics::placeholder::is_filler;

/// A small generator of its own (SplitMix64), so that a seed draws the same sample for ever.
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// Equal seeds draw equal values.
    pub fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// A text that `rule`'s pattern matches as a whole, with a value that passes the rule's checks where
/// such a value can be made. `None` when the pattern does not parse.
pub fn sample(rule: &Rule, draw: &mut Draw) -> Option<Vec<u8>> {
    Some(sample_of(rule, &lint::parse(&rule.pattern).ok()?, draw))
}

/// The same for a pattern that is parsed already.
pub(crate) fn sample_of(rule: &Rule, hir: &Hir, draw: &mut Draw) -> Vec<u8> {
    // Now and then a draw has no digit, or repeats itself too often.
    let mut drawn = draw_once(rule, hir, draw);
    for _ in 0..64 {
        if drawn.holds {
            break;
        }
        drawn = draw_once(rule, hir, draw);
    }
    drawn.text
}

struct Drawn {
    text: Vec<u8>,
    /// Whether nothing speaks against it.
    holds: bool,
}

fn draw_once(rule: &Rule, hir: &Hir, draw: &mut Draw) -> Drawn {
    let mut parts = Parts::default();
    write(hir, draw, &mut parts);
    if let Some(check) = rule.checks.iter().find(|check| checks::writes_whole(check)) {
        checks::complete(check, &mut parts.text);
        return Drawn { text: parts.text, holds: true };
    }
    let secret = parts.secret.unwrap_or(0..parts.text.len());
    let mut value = parts.text[secret.clone()].to_vec();
    rule.checks.iter().for_each(|check| checks::complete(check, &mut value));
    parts.text.splice(secret, value.iter().copied());
    let content = |check: &Check| {
        let outcome = checks::verify(check, &parts.text, &value);
        !matches!(outcome, checks::Outcome::Disproved | checks::Outcome::Doubtful(_))
    };
    let holds = rule.entropy.is_none_or(|least| shannon(&value) >= least)
        && !is_filler(&value)
        && rule.checks.iter().all(content);
    Drawn { text: parts.text, holds }
}

/// `sample` with one letter or digit changed, away from the sum at its end, so that an integrity
/// check fails.
pub fn broken(sample: &[u8]) -> Vec<u8> {
    let mut broken = sample.to_vec();
    let before_sum = broken.len().saturating_sub(9);
    if let Some(byte) = broken[..before_sum].iter_mut().rev().find(|byte| byte.is_ascii_alphanumeric()) {
        *byte = match *byte {
            b'z' => b'a',
            b'Z' => b'A',
            b'9' => b'0',
            // Hexadecimal digits stay hexadecimal.
            b'f' => b'a',
            b'F' => b'A',
            other => other + 1,
        };
    }
    broken
}

/// Fills an example text: `{sample}` and `{broken}`.
pub fn fill(rule: &Rule, text: &str, draw: &mut Draw) -> Option<Vec<u8>> {
    let mut filled = Vec::new();
    let mut rest = text;
    loop {
        let next =
            ["{sample}", "{broken}"].into_iter().filter_map(|mark| Some((rest.find(mark)?, mark))).min();
        let Some((at, mark)) = next else { break };
        filled.extend_from_slice(&rest.as_bytes()[..at]);
        let drawn = sample(rule, draw)?;
        filled.extend(if mark == "{sample}" { drawn } else { broken(&drawn) });
        rest = &rest[at + mark.len()..];
    }
    filled.extend_from_slice(rest.as_bytes());
    Some(filled)
}

#[derive(Default)]
struct Parts {
    text: Vec<u8>,
    secret: Option<std::ops::Range<usize>>,
}

fn write(hir: &Hir, draw: &mut Draw, parts: &mut Parts) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => parts.text.extend_from_slice(&literal.0),
        HirKind::Class(class) => parts.text.push(member(class, draw)),
        HirKind::Repetition(repetition) => {
            // Some slack above the minimum, but no more than a value of that kind would show.
            let min = repetition.min;
            let max = repetition.max.unwrap_or(min.saturating_add(8)).min(min.saturating_add(12));
            let count = min + draw.below(u64::from(max - min) + 1) as u32;
            (0..count).for_each(|_| write(&repetition.sub, draw, parts));
        }
        HirKind::Capture(capture) => {
            let start = parts.text.len();
            write(&capture.sub, draw, parts);
            if capture.name.as_deref() == Some("secret") {
                parts.secret = Some(start..parts.text.len());
            }
        }
        HirKind::Concat(all) => all.iter().for_each(|part| write(part, draw, parts)),
        HirKind::Alternation(choices) => {
            let choice = draw.below(choices.len() as u64) as usize;
            write(&choices[choice], draw, parts);
        }
    }
}

/// A member of the class: letters and digits as long as it has any, then what can be printed.
fn member(class: &Class, draw: &mut Draw) -> u8 {
    let members: Vec<u8> = match class {
        Class::Bytes(class) => class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect(),
        Class::Unicode(class) => {
            let bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(256);
            bytes.filter_map(|character| u8::try_from(character).ok()).collect()
        }
    };
    let pick = |wanted: fn(&u8) -> bool, draw: &mut Draw| {
        let fitting: Vec<u8> = members.iter().copied().filter(wanted).collect();
        (!fitting.is_empty()).then(|| fitting[draw.below(fitting.len() as u64) as usize])
    };
    pick(u8::is_ascii_alphanumeric, draw)
        .or_else(|| pick(u8::is_ascii_graphic, draw))
        .or_else(|| pick(|byte| *byte == b' ' || *byte == b'\n', draw))
        .or_else(|| members.first().copied())
        .unwrap_or(b'?')
}
