//! No text makes a rule slow: what is looked at grows with the text and no faster. Counted, not timed.

use std::collections::BTreeMap;

use memchr::memmem;
use rayon::prelude::*;

use super::text::{ENGINE, RULES, anchors};
use crate::engine::authoring::sample::{Draw, sample};
use crate::engine::matching::matcher;
use crate::engine::prefilter::{Anchor, Reach};
use crate::engine::work_counter::given::steps;
use crate::rules::Rule;

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
    let value = value(rule);
    for part in [value.len() / 2, value.len() - 1, value.len()] {
        units.push(value[..part].to_vec());
        units.push([&value[..part], b"\n"].concat());
    }
    units
}

/// What the rule finds, with its name if it needs one.
fn value(rule: &Rule) -> Vec<u8> {
    let mut value = sample(rule, &mut Draw::new(7)).expect("a checked pattern");
    if let Some(word) = rule.keywords.first() {
        let name = rule.names.first().map_or("key", String::as_str);
        value.splice(..0, format!("{word}_{name}=").into_bytes());
    }
    value
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

/// Twice as much as one of the rule's anchors sees, so that windows overlap as much as they can.
fn two_windows(rule: &Rule) -> usize {
    let (before, after) = matcher::reach(rule);
    2 * (before + after)
}

#[test]
fn no_text_makes_a_rule_slow() {
    let worst_of = |index: usize| {
        let rule = &RULES[index];
        let size = two_windows(rule).clamp(2 << 10, 16 << 10);
        hostile(index).into_iter().map(move |unit| {
            let text = unit.repeat(size.div_ceil(unit.len()));
            let shown = String::from_utf8_lossy(&unit[..unit.len().min(60)]).into_owned();
            (looks(&text, &anchors_of(index, &text)), rule.generic, &rule.id, shown)
        })
    };
    let mut worst: Vec<_> = (0..RULES.len()).into_par_iter().flat_map_iter(worst_of).collect();
    worst.sort_unstable_by(|a, b| b.cmp(a));
    let too_many: Vec<_> = worst
        .iter()
        .filter(|(looks, generic, ..)| *looks > if *generic { MOST_GENERIC } else { MOST })
        .collect();
    assert!(too_many.is_empty(), "{too_many:?}");
}

/// A megabyte of a rule's own prefix, or of half a value behind its prefix, costs no more for each byte than a few
/// windows of it. A megabyte for each of a thousand rules takes a quarter of an hour, so of the rules that are
/// judged in the same way one stands for all that looks at each byte more than once.
#[test]
fn a_megabyte_costs_no_more_for_each_byte() {
    let of_rule = |index: usize| {
        let rule = &RULES[index];
        let word = rule.literals.iter().chain(&rule.keywords).min_by_key(|word| word.len());
        let (word, mut half) = (word.expect("a rule has words").clone().into_bytes(), value(rule));
        half.truncate(half.len().div_ceil(2));
        [word, half].map(|unit| {
            let text = unit.repeat((4 << 10) / unit.len() + 1);
            (looks(&text, &anchors_of(index, &text)), index, unit)
        })
    };
    let mut all: Vec<_> = (0..RULES.len()).into_par_iter().flat_map_iter(of_rule).collect();
    all.sort_unstable();
    let mut chosen = BTreeMap::new();
    for one in all {
        let rule = &RULES[one.1];
        let window = rule.window.map(|window| (window.every, format!("{:?}", window.cut)));
        let way = (rule.keywords.is_empty(), rule.names.is_empty(), rule.generic, rule.human, window);
        // The first that looks often enough, or the last.
        let known = chosen.entry(way).or_insert_with(|| one.clone());
        if known.0 < 4 {
            *known = one;
        }
    }
    assert!(chosen.len() >= 10, "{chosen:?}");
    let grown = |(_, index, unit): (u64, usize, Vec<u8>)| {
        let work = |size: usize| {
            let text = unit.repeat(size / unit.len());
            looks(&text, &anchors_of(index, &text))
        };
        let (small, large) = (work(2 * two_windows(&RULES[index])), work(1 << 20));
        let shown = String::from_utf8_lossy(&unit).into_owned();
        // Windows at the ends of a text are cut, of a small one more of them than of a large one.
        (large > small + small / 4 + 1).then(|| format!("{} {shown}: {small}, then {large}", RULES[index].id))
    };
    let chosen: Vec<_> = chosen.into_values().collect();
    let grown: Vec<String> = chosen.into_par_iter().filter_map(grown).collect();
    assert!(grown.is_empty(), "{grown:#?}");
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
