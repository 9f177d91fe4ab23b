//! Draws random values from a rule's pattern and completes their checksums: for tests, `rules sample` and
//! documentation, so that no file needs to contain a real or real-looking token.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::rules::{Check, Rule, lint};

use crate::engine::checks;
use crate::engine::heuristics::entropy::shannon;
use crate::engine::heuristics::placeholder::is_placeholder;

/// A random number generator (SplitMix64), so that a seed draws the same sample in every version.
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// Creates a generator. Equal seeds draw equal values.
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

    /// Returns a number below `bound`, or 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// Draws a text that the rule's pattern matches as a whole, with a value that passes the rule's checks where such a
/// value can be made. `None` if the pattern does not parse.
pub fn sample(rule: &Rule, draw: &mut Draw) -> Option<Vec<u8>> {
    Some(sample_from_hir(rule, &lint::parse(&rule.pattern).ok()?, draw))
}

/// Like [`sample`], for a parsed pattern.
pub(crate) fn sample_from_hir(rule: &Rule, hir: &Hir, draw: &mut Draw) -> Vec<u8> {
    // Some draws fail a check by chance: they have no digit, or repeat themselves too often.
    let mut drawn = draw_once(rule, hir, draw);
    for _ in 0..64 {
        if drawn.is_valid {
            break;
        }
        drawn = draw_once(rule, hir, draw);
    }
    drawn.text
}

struct Drawn {
    text: Vec<u8>,
    /// Whether it passes the conditions of the rule.
    is_valid: bool,
}

fn draw_once(rule: &Rule, hir: &Hir, draw: &mut Draw) -> Drawn {
    let mut parts = Parts::default();
    write(hir, draw, &mut parts);
    if let Some(check) = rule.checks.iter().find(|check| checks::completes_whole_match(check)) {
        checks::complete(check, &mut parts.text);
        return Drawn { text: parts.text, is_valid: true };
    }
    let secret = parts.secret.unwrap_or(0..parts.text.len());
    let mut value = parts.text[secret.clone()].to_vec();
    rule.checks.iter().for_each(|check| checks::complete(check, &mut value));
    parts.text.splice(secret, value.iter().copied());
    let passes = |check: &Check| {
        let outcome = checks::verify(check, &parts.text, &value);
        !matches!(outcome, checks::Outcome::Rejected | checks::Outcome::Downgraded(_))
    };
    let is_valid = rule.entropy.is_none_or(|least| shannon(&value) >= least)
        && !is_placeholder(&value)
        && rule.checks.iter().all(passes);
    Drawn { text: parts.text, is_valid }
}

/// Returns `sample` with one letter or digit changed, more than eight bytes before its end, so that an integrity
/// check fails.
pub fn broken(sample: &[u8]) -> Vec<u8> {
    let mut broken = sample.to_vec();
    let before_checksum = broken.len().saturating_sub(9);
    if let Some(byte) = broken[..before_checksum].iter_mut().rev().find(|byte| byte.is_ascii_alphanumeric()) {
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

/// Replaces `{sample}` and `{broken}` in an example text. `None` if the pattern does not parse.
pub fn fill(rule: &Rule, text: &str, draw: &mut Draw) -> Option<Vec<u8>> {
    let mut filled = Vec::new();
    let mut rest = text;
    loop {
        let next =
            ["{sample}", "{broken}"].into_iter().filter_map(|name| Some((rest.find(name)?, name))).min();
        let Some((at, name)) = next else { break };
        filled.extend_from_slice(&rest.as_bytes()[..at]);
        let drawn = sample(rule, draw)?;
        filled.extend(if name == "{sample}" { drawn } else { broken(&drawn) });
        rest = &rest[at + name.len()..];
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
            // Up to 12 repetitions above the minimum, or 8 without a maximum.
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

/// Draws a member of the class: a letter or digit if it has any, else a printable character or white space.
fn member(class: &Class, draw: &mut Draw) -> u8 {
    let members: Vec<u8> = match class {
        Class::Bytes(class) => class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect(),
        Class::Unicode(class) => {
            let bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(256);
            bytes.filter_map(|character| u8::try_from(character).ok()).collect()
        }
    };
    let pick = |is_wanted: fn(&u8) -> bool, draw: &mut Draw| {
        let candidates: Vec<u8> = members.iter().copied().filter(is_wanted).collect();
        (!candidates.is_empty()).then(|| candidates[draw.below(candidates.len() as u64) as usize])
    };
    pick(u8::is_ascii_alphanumeric, draw)
        .or_else(|| pick(u8::is_ascii_graphic, draw))
        .or_else(|| pick(|byte| *byte == b' ' || *byte == b'\n', draw))
        .or_else(|| members.first().copied())
        .unwrap_or(b'?')
}
