//! No text makes a rule slow: the number of bytes read grows linearly with the text. Counted, not timed.

use std::collections::BTreeMap;

use memchr::memmem;
use rayon::prelude::*;

use super::text::{ENGINE, RULES, hits};
use crate::engine::authoring::sample::{Draw, sample};
use crate::engine::matching::matcher;
use crate::engine::matching::matcher::Conditions;
use crate::engine::matching::window_search::SearchedRanges;
use crate::engine::prefilter::{Hit, HitKind};
use crate::engine::work_counter::test_counter::count_steps;
use crate::rules::Rule;

/// Most times that each byte of a text is read for one rule.
const MAX_READS: u64 = 512;

/// The same for the detectors of values that are assigned to a name: a value of 1,024 bytes may contain a name and
/// an operator every six bytes.
const MAX_GENERIC_READS: u64 = 2048;

/// Returns the units that hostile texts repeat: the rule's shortest literal or keyword, alone, closely repeated in a
/// possible value, and before long values; and a sample of its values, whole and cut off.
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

/// Returns a sample of the rule's values, after a name if the rule needs one.
fn value(rule: &Rule) -> Vec<u8> {
    let mut value = sample(rule, &mut Draw::new(7)).expect("a checked pattern");
    if let Some(word) = rule.keywords.first() {
        let name = rule.name_words.first().map_or("key", String::as_str);
        value.splice(..0, format!("{word}_{name}=").into_bytes());
    }
    value
}

/// Returns the hits of one rule, in order of position, without the prefilter: that would search for all rules, in
/// some ten thousand texts.
fn hits_of(index: usize, text: &[u8]) -> Vec<Hit> {
    let rule = &RULES[index];
    let lower = text.to_ascii_lowercase();
    let mut all = Vec::new();
    let mut add = |text: &[u8], word: &[u8], kind| {
        let mut from = 0;
        while let Some(found) = memmem::find(&text[from..], word) {
            let start = from + found;
            all.push(Hit { start, end: start + word.len(), rule: index, kind });
            from = start + 1;
        }
    };
    rule.literals.iter().for_each(|word| add(text, word.as_bytes(), HitKind::Literal));
    rule.keywords
        .iter()
        .for_each(|word| add(&lower, &word.to_ascii_lowercase().into_bytes(), HitKind::Keyword));
    all.sort_by_key(|hit| hit.start);
    all
}

/// Returns how often each byte is read when the hits `all` are evaluated.
fn reads_per_byte(text: &[u8], all: &[Hit]) -> u64 {
    let taken = count_steps(|| {
        let mut searched = SearchedRanges::default();
        for hit in all {
            let (rule, pattern) = (&ENGINE.rules[hit.rule], ENGINE.pattern(hit.rule));
            matcher::evaluate_with(rule, pattern, text, *hit, Conditions::All, &mut searched, &mut |_| {});
        }
    });
    taken / text.len() as u64
}

/// Returns twice the context of one hit of the rule, so that windows overlap as much as possible.
fn two_windows(rule: &Rule) -> usize {
    let (before, after) = matcher::context(rule);
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
            (reads_per_byte(&text, &hits_of(index, &text)), rule.generic, &rule.id, shown)
        })
    };
    let mut worst: Vec<_> = (0..RULES.len()).into_par_iter().flat_map_iter(worst_of).collect();
    worst.sort_unstable_by(|a, b| b.cmp(a));
    let too_many: Vec<_> = worst
        .iter()
        .filter(|(reads, generic, ..)| *reads > if *generic { MAX_GENERIC_READS } else { MAX_READS })
        .collect();
    assert!(too_many.is_empty(), "{too_many:?}");
}

/// A megabyte of a rule's own prefix, or of half a value after its prefix, costs no more per byte than a few windows
/// of it. A megabyte for each of a thousand rules takes a quarter of an hour, so one rule that reads each byte more
/// than once is chosen for each way of evaluation.
#[test]
fn a_megabyte_costs_no_more_for_each_byte() {
    let of_rule = |index: usize| {
        let rule = &RULES[index];
        let word = rule.literals.iter().chain(&rule.keywords).min_by_key(|word| word.len());
        let (word, mut half) = (word.expect("a rule has words").clone().into_bytes(), value(rule));
        half.truncate(half.len().div_ceil(2));
        [word, half].map(|unit| {
            let text = unit.repeat((4 << 10) / unit.len() + 1);
            (reads_per_byte(&text, &hits_of(index, &text)), index, unit)
        })
    };
    let mut all: Vec<_> = (0..RULES.len()).into_par_iter().flat_map_iter(of_rule).collect();
    all.sort_unstable();
    let mut chosen = BTreeMap::new();
    for one in all {
        let rule = &RULES[one.1];
        let window = rule.window.map(|window| (window.every, format!("{:?}", window.cut)));
        let way =
            (rule.keywords.is_empty(), rule.name_words.is_empty(), rule.generic, rule.human_chosen, window);
        // The first that reads each byte often enough, or the last.
        let known = chosen.entry(way).or_insert_with(|| one.clone());
        if known.0 < 4 {
            *known = one;
        }
    }
    assert!(chosen.len() >= 10, "{chosen:?}");
    let regression = |(_, index, unit): (u64, usize, Vec<u8>)| {
        let work = |size: usize| {
            let text = unit.repeat(size / unit.len());
            reads_per_byte(&text, &hits_of(index, &text))
        };
        let (small, large) = (work(2 * two_windows(&RULES[index])), work(1 << 20));
        let shown = String::from_utf8_lossy(&unit).into_owned();
        // Windows at the ends of a text are cut, and in a small text that is a larger share of them.
        (large > small + small / 4 + 1).then(|| format!("{} {shown}: {small}, then {large}", RULES[index].id))
    };
    let chosen: Vec<_> = chosen.into_values().collect();
    let regressions: Vec<String> = chosen.into_par_iter().filter_map(regression).collect();
    assert!(regressions.is_empty(), "{regressions:#?}");
}

/// Twice the text takes twice the work for all rules together, including requirements and overlaps.
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
            let all = hits(text.as_bytes());
            count_steps(|| drop(ENGINE.candidates(text.as_bytes()))) as f64 / all.len().max(1) as f64
        };
        let (small, large) = (work(32 << 10), work(64 << 10));
        // Windows of a few kilobytes are cut at the ends of the text, and in a small text that is a larger share.
        assert!(large <= 1.3 * small, "{unit:?}: {small} reads for each hit, then {large}");
    }
}

/// Most times that each byte of a text is read for all rules together.
const MAX_TOTAL_READS: u64 = 100;

/// A name of a secret that occurs again and again in one value without quotes does not make each occurrence read the
/// rest of it, also if the bytes between two occurrences are random.
#[test]
fn repeated_assignments_are_read_few_times() {
    let run = |length: usize| fill_from(b"q8Wz3LmN7pXkV2rTy5Hd9GcB", length);
    let units = [
        "PWD=".to_owned(),
        "token=".to_owned(),
        "SECRET_KEY=".to_owned(),
        "CURLOPT_USERPWD=".to_owned(),
        format!("PASS={}", run(60)),
        format!("token={}", run(60)),
        format!("token={}", run(200)),
        format!("token={}api_key=", run(60)),
    ];
    let reads = |unit: String| {
        let text = unit.repeat((16 << 10) / unit.len());
        (count_steps(|| drop(ENGINE.candidates(text.as_bytes()))) / text.len() as u64, unit)
    };
    let all: Vec<_> = units.map(reads).into();
    assert!(all.iter().all(|(reads, _)| *reads <= MAX_TOTAL_READS), "{all:?}");
}

/// Returns `length` bytes of `bytes`, repeated.
fn fill_from(bytes: &[u8], length: usize) -> String {
    bytes.iter().cycle().take(length).map(|&byte| char::from(byte)).collect()
}
