//! What nearly is a rule's value is not reported as one: one byte short, one byte outside of the alphabet, one
//! byte changed under a checksum.

use std::collections::BTreeSet;

use rayon::prelude::*;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind};

use super::envelope::Envelope;
use super::text::{ENGINE, RULES};
use crate::engine::authoring::sample::{Draw, sample_of};
use crate::engine::checks::CHECKSUM_VERIFIED;
use crate::engine::matching::pattern;
use crate::engine::matching::pattern::Automaton;
use crate::model::{Confidence, Span};
use crate::rules::syntax::Check;
use crate::rules::{Rule, lint};

/// How many values are drawn from each rule.
const DRAWS: u64 = 4;

/// Bytes that a value's own alphabet may lack, those first that are nearest to what values consist of.
const FOREIGN: &[u8] = b"gQ_q.-+/~!%*;,\"' ";

/// The pattern of its shortest matches.
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

/// What one rule finds in a text when all rules are asked: how sure it is, where, and whether a checksum says so.
fn found(rule: &Rule, text: &[u8]) -> Option<(Confidence, Span, bool)> {
    let found = ENGINE.candidates(text).into_iter().filter(|found| found.rule.id == rule.id);
    found.map(|found| (found.confidence, found.span, found.why.contains(&CHECKSUM_VERIFIED))).max()
}

/// How a value is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
    /// It is one byte too short.
    Short,
    /// One byte is outside of its alphabet.
    Foreign,
    /// One byte is another one of the alphabet, and the checksum stays.
    Sum,
}

/// Texts that differ from `text` in one byte of the value at `value`. What the pattern allows is no miss, but
/// under a checksum, which may say nothing about the prefix of so many bytes.
fn near(
    (text, value): (&[u8], Span),
    summed: Option<usize>,
    allowed: &dyn Fn(&[u8]) -> bool,
) -> Vec<(Miss, Vec<u8>)> {
    let with = |at: usize, bytes: &[u8]| [&text[..at], bytes, &text[at + 1..]].concat();
    // In the second half: what stands before it is often a literal.
    let middle = value.start + value.len() * 3 / 4;
    let mut all = Vec::new();
    let short = [middle, value.end - 1].map(|at| (Miss::Short, with(at, b"")));
    all.extend(short.into_iter().filter(|(_, text)| !allowed(text)));
    let mut foreign = FOREIGN.iter().map(|&byte| (Miss::Foreign, with(middle, &[byte])));
    all.extend(foreign.find(|(_, text)| !allowed(text)));
    if let Some(prefix) = summed {
        let other = |at: usize| {
            let mut others = b"a0A".iter().filter(|&&byte| byte != text[at]);
            others.find_map(|&byte| Some((Miss::Sum, with(at, &[byte]))).filter(|(_, text)| allowed(text)))
        };
        all.extend((value.start + prefix..value.end).filter_map(other));
    }
    all
}

/// Whether a wrong checksum says that a value is none. Not so where only some issuers write one (hosted projects
/// of Supabase have another), nor in armour, whose last line may be left out (RFC 9580, section 6.1).
fn decides(rule: &Rule) -> bool {
    !rule.checks.iter().any(|check| matches!(check, Check::SupabaseKey | Check::PrivateKey))
}

/// Which misses of one rule were tried, and which of them are reported above low, a line each.
fn misses(index: usize) -> (BTreeSet<Miss>, Vec<String>) {
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    let (rule, envelope) = (&RULES[index], Envelope::of(index));
    if !envelope.is_drawn() {
        return (tried, wrong);
    }
    let hir = shortest(&lint::parse(&rule.pattern).expect("a checked pattern"));
    let regex = pattern::build(&rule.pattern, Automaton::LazyDfa).expect("a checked pattern");
    for seed in 0..DRAWS {
        let drawn = sample_of(rule, &hir, &mut Draw::new(seed));
        let text = envelope.around(&drawn, false);
        let Some((_, value, summed)) = found(rule, &text).filter(|found| found.0 >= Confidence::Medium)
        else {
            continue;
        };
        // Whether the pattern matches all of what stands at the drawn bytes' place.
        let place = envelope.place();
        let allowed = |changed: &[u8]| {
            let end = place + drawn.len() + changed.len() - text.len();
            let input = Input::new(changed).range(place..end).anchored(Anchored::Yes);
            regex.search(&input).is_some_and(|found| found.end() == end)
        };
        let starts = |literal: &&String| value.of(&text).starts_with(literal.as_bytes());
        let prefix = rule.literals.iter().filter(starts).map(String::len).max().unwrap_or(0);
        let prefix = (summed && decides(rule)).then_some(prefix);
        for (miss, text) in near((&text, value), prefix, &allowed) {
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
    let all: Vec<_> = (0..RULES.len()).into_par_iter().map(misses).collect();
    let wrong: Vec<&String> = all.iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{} reported:\n{wrong:#?}", wrong.len());

    // Passwords may have any length and any byte; little else may.
    for miss in [Miss::Short, Miss::Foreign] {
        let rules = all.iter().filter(|(tried, _)| tried.contains(&miss)).count();
        assert!(rules * 5 >= RULES.len() * 4, "only {rules} of {} rules have a miss: {miss:?}", RULES.len());
    }
    let summed = |rule: &&Rule| rule.checks.iter().any(|check| matches!(check, Check::Crc32(_)));
    let summed = RULES.iter().filter(summed).count();
    let tried = all.iter().filter(|(tried, _)| tried.contains(&Miss::Sum)).count();
    assert!(tried >= summed, "{tried} of {summed} rules with a checksum");
}
