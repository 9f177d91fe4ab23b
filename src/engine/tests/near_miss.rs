//! Near misses are not reported: values with one byte too few, with one byte outside of their alphabet, or with one
//! byte changed under a checksum.

use std::collections::BTreeSet;

use rayon::prelude::*;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind};

use super::envelope::Envelope;
use super::text::{ENGINE, RULES};
use crate::engine::authoring::sample::{Draw, sample_from_hir};
use crate::engine::matching::pattern;
use crate::engine::matching::pattern::Automaton;
use crate::model::{Confidence, Evidence, Span};
use crate::rules::syntax::Check;
use crate::rules::{Rule, lint};

/// Samples per rule.
const DRAWS: u64 = 4;

/// Bytes that may be outside of a value's alphabet, ordered by similarity to the bytes of values.
const FOREIGN: &[u8] = b"gQ_q.-+/~!%*;,\"' ";

/// Returns the pattern that matches only the shortest matches of `hir`.
fn shortest(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            Hir::concat((0..repetition.min).map(|_| shortest(&repetition.sub)).collect())
        }
        HirKind::Capture(capture) => {
            let sub = Box::new(shortest(&capture.sub));
            Hir::capture(regex_syntax::hir::Capture { sub, ..capture.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(shortest).collect()),
        HirKind::Alternation(choices) => {
            let choices: Vec<Hir> = choices.iter().map(shortest).collect();
            let length = |choice: &Hir| choice.properties().minimum_len();
            let least = choices.iter().map(length).min().flatten();
            Hir::alternation(choices.into_iter().filter(|choice| length(choice) == least).collect())
        }
        _ => hir.clone(),
    }
}

/// Returns the best candidate of one rule in a text that all rules scan: its confidence, its span, and whether a
/// checksum verified it.
fn found(rule: &Rule, text: &[u8]) -> Option<(Confidence, Span, bool)> {
    let found = ENGINE.candidates(text).into_iter().filter(|found| found.rule.id == rule.id);
    found.map(|found| (found.confidence, found.span, found.why.contains(&Evidence::ChecksumVerified))).max()
}

/// How a near miss differs from a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
    /// One byte too few.
    Short,
    /// One byte is outside of its alphabet.
    Foreign,
    /// One byte is another one of the alphabet, so that the checksum is wrong.
    Checksum,
}

/// Returns texts that differ from `text` in one byte of the value at `value`. A text that the pattern matches
/// (`allowed`) is a miss only under a checksum, which does not cover the first `checked_from` bytes of the value.
fn near_misses(
    (text, value): (&[u8], Span),
    checked_from: Option<usize>,
    allowed: &dyn Fn(&[u8]) -> bool,
) -> Vec<(Miss, Vec<u8>)> {
    let with = |at: usize, bytes: &[u8]| [&text[..at], bytes, &text[at + 1..]].concat();
    // In the second half, because the first is often a literal.
    let middle = value.start + value.len() * 3 / 4;
    let mut all = Vec::new();
    let short = [middle, value.end - 1].map(|at| (Miss::Short, with(at, b"")));
    all.extend(short.into_iter().filter(|(_, text)| !allowed(text)));
    let mut foreign = FOREIGN.iter().map(|&byte| (Miss::Foreign, with(middle, &[byte])));
    all.extend(foreign.find(|(_, text)| !allowed(text)));
    if let Some(prefix) = checked_from {
        let other = |at: usize| {
            let mut others = b"a0A".iter().filter(|&&byte| byte != text[at]);
            others
                .find_map(|&byte| Some((Miss::Checksum, with(at, &[byte]))).filter(|(_, text)| allowed(text)))
        };
        all.extend((value.start + prefix..value.end).filter_map(other));
    }
    all
}

/// Whether a wrong checksum rejects a value. It does not if only some issuers write one (hosted projects of Supabase
/// have another), nor in armour, whose last line may be left out (RFC 9580, section 6.1).
fn checksum_rejects(rule: &Rule) -> bool {
    !rule.checks.iter().any(|check| matches!(check, Check::SupabaseKey | Check::PrivateKey))
}

/// Returns the kinds of near misses of one rule that were tried, and a line for each that was reported with more
/// than low confidence.
fn reported_misses(index: usize) -> (BTreeSet<Miss>, Vec<String>) {
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    let (rule, envelope) = (&RULES[index], Envelope::new(index));
    if !envelope.is_drawn() {
        return (tried, wrong);
    }
    let hir = shortest(&lint::parse(&rule.pattern).expect("a checked pattern"));
    let regex = pattern::build(&rule.pattern, Automaton::LazyDfa).expect("a checked pattern");
    for seed in 0..DRAWS {
        let drawn = sample_from_hir(rule, &hir, &mut Draw::new(seed));
        let text = envelope.with_value(&drawn, false);
        let Some((_, value, is_verified)) = found(rule, &text).filter(|found| found.0 >= Confidence::Medium)
        else {
            continue;
        };
        // Whether the pattern matches all bytes at the position of the sample.
        let offset = envelope.value_offset();
        let allowed = |changed: &[u8]| {
            let end = offset + drawn.len() + changed.len() - text.len();
            let input = Input::new(changed).range(offset..end).anchored(Anchored::Yes);
            regex.search(&input).is_some_and(|found| found.end() == end)
        };
        let starts = |literal: &&String| value.slice(&text).starts_with(literal.as_bytes());
        let prefix = rule.literals.iter().filter(starts).map(String::len).max().unwrap_or(0);
        let prefix = (is_verified && checksum_rejects(rule)).then_some(prefix);
        for (miss, text) in near_misses((&text, value), prefix, &allowed) {
            tried.insert(miss);
            if let Some((confidence, ..)) = found(rule, &text).filter(|found| found.0 >= Confidence::Medium) {
                wrong.push(format!("{} {miss:?} {confidence}: {}", rule.id, String::from_utf8_lossy(&text)));
            }
        }
    }
    (tried, wrong)
}

#[test]
fn near_misses_are_not_reported() {
    let all: Vec<_> = (0..RULES.len()).into_par_iter().map(reported_misses).collect();
    let wrong: Vec<&String> = all.iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{} reported:\n{wrong:#?}", wrong.len());

    // Passwords may have any length and any byte. Few other values may.
    for miss in [Miss::Short, Miss::Foreign] {
        let rules = all.iter().filter(|(tried, _)| tried.contains(&miss)).count();
        assert!(rules * 5 >= RULES.len() * 4, "only {rules} of {} rules have a miss: {miss:?}", RULES.len());
    }
    let summed = |rule: &&Rule| rule.checks.iter().any(|check| matches!(check, Check::Crc32(_)));
    let summed = RULES.iter().filter(summed).count();
    let tried = all.iter().filter(|(tried, _)| tried.contains(&Miss::Checksum)).count();
    assert!(tried >= summed, "{tried} of {summed} rules with a checksum");
}
