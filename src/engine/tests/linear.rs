//! No text makes a rule slow: what is looked at grows with the text and no faster. Counted, not timed.

use memchr::memmem;

use super::text::{ENGINE, RULES, anchors};
use crate::engine::anchors::{Anchor, Reach};
use crate::engine::matcher;
use crate::engine::sample::{Draw, sample};
use crate::engine::steps::given::steps;

/// How often each byte of a text is looked at on behalf of one rule, at most.
const MOST: u64 = 512;

/// The same for the detectors that judge whatever is assigned to a name: a value of 1,024 bytes may hold a name and
/// the operator behind it every six bytes.
const MOST_GENERIC: u64 = 2048;

/// What hostile texts are made of, repeated: the rule's shortest word, alone, closely behind itself in what could
/// be a value, and before long values; and what it finds, whole and cut off.
fn hostile(index: usize) -> Vec<Vec<u8>> {
    let rule = &RULES[index];
    let words = rule.literals.iter().chain(&rule.keywords);
    let word = words.min_by_key(|word| word.len()).expect("a rule has words");
    let mut units = Vec::new();
    for separator in ["", " ", "=", "/", "-", "\n"] {
        units.push(format!("{word}{separator}").into_bytes());
    }
    for fill in ["A7b/x", "q8Wz3LmN"] {
        units.push(format!("{word}{}", fill.repeat(2000 / fill.len())).into_bytes());
        units.push(format!("{word}_key='{}", fill.repeat(200 / fill.len())).into_bytes());
    }
    let mut value = sample(rule, &mut Draw::new(7)).expect("a checked pattern");
    if let Some(word) = rule.keywords.first() {
        let name = rule.names.first().map_or("key", String::as_str);
        value.splice(..0, format!("{word}_{name}=").into_bytes());
    }
    for part in [value.len() / 2, value.len() - 1, value.len()] {
        units.push(value[..part].to_vec());
        units.push([&value[..part], b"\n"].concat());
    }
    units
}

/// One rule's anchors, by place. The prefilter would look for all rules at once, in some ten thousand texts.
fn anchors_of(index: usize, text: &[u8]) -> Vec<Anchor> {
    let rule = &RULES[index];
    let lower = text.to_ascii_lowercase();
    let mut all = Vec::new();
    let mut add = |text: &[u8], word: &[u8], reach| {
        let mut from = 0;
        while let Some(found) = memmem::find(&text[from..], word) {
            let start = from + found;
            all.push(Anchor { start, end: start + word.len(), rule: index, reach });
            from = start + 1;
        }
    };
    rule.literals.iter().for_each(|word| add(text, word.as_bytes(), Reach::Literal));
    rule.keywords
        .iter()
        .for_each(|word| add(&lower, &word.to_ascii_lowercase().into_bytes(), Reach::Keyword));
    all.sort_by_key(|anchor| anchor.start);
    all
}

/// How often each byte is looked at when `all` are judged.
fn looks(text: &[u8], all: &[Anchor]) -> u64 {
    let taken = steps(|| {
        let mut memory = matcher::Memory::default();
        for anchor in all {
            let (rule, pattern) = (&ENGINE.rules[anchor.rule], ENGINE.pattern(anchor.rule));
            matcher::judge_with(rule, pattern, text, *anchor, &mut memory, &mut |_| {});
        }
    });
    taken / text.len() as u64
}

#[test]
fn no_text_makes_a_rule_slow() {
    let mut worst = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        let (before, after) = matcher::reach(rule);
        // Twice as much as an anchor sees, so that windows overlap as much as they can.
        let size = (2 * (before + after)).clamp(2 << 10, 16 << 10);
        for unit in hostile(index) {
            let text = unit.repeat(size.div_ceil(unit.len()));
            let shown = String::from_utf8_lossy(&unit[..unit.len().min(60)]).into_owned();
            worst.push((looks(&text, &anchors_of(index, &text)), rule.generic, &rule.id, shown));
        }
    }
    worst.sort_unstable_by(|a, b| b.cmp(a));
    let too_many: Vec<_> = worst
        .iter()
        .filter(|(looks, generic, ..)| *looks > if *generic { MOST_GENERIC } else { MOST })
        .collect();
    assert!(too_many.is_empty(), "{too_many:?}");
}

/// Twice the text is twice the work for all rules together, matches compared and pairs judged as well.
#[test]
fn work_grows_with_the_text() {
    let key = ["AK", "IA"].concat();
    for unit in [
        "token=",
        "secret key ",
        "eyJ-",
        "fm2_",
        "\"kty\" ",
        "kind: Secret\n",
        "://a@",
        "api_key='x7Kp2mQ9vR4tW8sZ1n' ",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([format!("{key}Y34FZKBOKMUTVV7A "), format!("{key} ")])
    {
        let work = |size: usize| {
            let text = unit.repeat(size / unit.len());
            let all = anchors(text.as_bytes());
            steps(|| drop(ENGINE.candidates(text.as_bytes()))) as f64 / all.len().max(1) as f64
        };
        let (small, large) = (work(32 << 10), work(64 << 10));
        // Windows of a few kilobytes are cut at the ends of the text, of a small one more than of a large one.
        assert!(large <= 1.3 * small, "{unit:?}: {small} looks for each anchor, then {large}");
    }
}
