//! An incremental scan has the same result as a scan of the whole text.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::prefilter::{Summary, summary};
use super::text::{ENGINE, RULES, a_rule, a_text, hits};
use crate::engine::authoring::sample::{Draw, sample};
use crate::engine::matching::matcher;
use crate::engine::prefilter::Hit;
use crate::engine::{Changes, Engine, ScanCache};
use crate::rules::token_run::Route;

/// A step that makes one text out of another: copies of any range, in any order, and new bytes between.
#[derive(Clone, Debug)]
enum Step {
    Copy(Index, Index),
    /// Leaves out some bytes, as between two copies in the output of a diff.
    Skip(usize),
    /// Copies the bytes after the last copy.
    Next(Index),
    /// Repeats the last copy.
    Repeat,
    Insert(Vec<u8>),
}

fn a_step(about: Vec<usize>) -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<(Index, Index)>().prop_map(|(one, other)| Step::Copy(one, other)),
        2 => (0..40usize).prop_map(Step::Skip),
        4 => any::<Index>().prop_map(Step::Next),
        1 => Just(Step::Repeat),
        2 => a_text(about, 2).prop_map(Step::Insert),
        2 => prop::sample::select(vec!["\n", "\r\n", "\r", " ", "'", "x", "\n---\n", "=", "\""])
            .prop_map(|text| Step::Insert(text.into())),
    ]
}

/// A step with positions in its base.
#[derive(Clone, Debug)]
enum Piece {
    Copy(Range<usize>),
    Insert(Vec<u8>),
}

fn pieces(base: usize, steps: &[Step]) -> Vec<Piece> {
    let mut last = 0..0;
    let piece = |step: &Step| {
        last = match step {
            Step::Insert(bytes) => return Piece::Insert(bytes.clone()),
            Step::Skip(bytes) => (last.end + bytes).min(base)..(last.end + bytes).min(base),
            Step::Copy(one, other) => {
                let (one, other) = (one.index(base + 1), other.index(base + 1));
                one.min(other)..one.max(other)
            }
            Step::Next(upto) => last.end..last.end + upto.index(base - last.end + 1),
            Step::Repeat => last.clone(),
        };
        Piece::Copy(last.clone())
    };
    steps.iter().map(piece).collect()
}

type Made = (Vec<u8>, Vec<Range<usize>>, Vec<(usize, Range<usize>)>);

/// Returns the text, its changed ranges and its copied ranges, like those of `git::DeltaContext`.
fn made(base: &[u8], pieces: &[Piece]) -> Made {
    let mut text = Vec::new();
    let mut kept: Vec<(usize, Range<usize>)> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Insert(bytes) => text.extend_from_slice(bytes),
            Piece::Copy(range) => {
                let to = text.len()..text.len() + range.len();
                text.extend_from_slice(&base[range.clone()]);
                match kept.last_mut() {
                    _ if range.is_empty() => {}
                    Some((from, last)) if last.end == to.start && *from + last.len() == range.start => {
                        last.end = to.end;
                    }
                    _ => kept.push((range.start, to)),
                }
            }
        }
    }
    // Every range that is new, or between bytes that were not adjacent in the base.
    let mut new = Vec::new();
    let (mut end, mut base_end) = (0, 0);
    for (from, copy) in &kept {
        if copy.start > end || *from != base_end || end > 0 {
            new.push(end..copy.start);
        }
        (end, base_end) = (copy.end, from + copy.len());
    }
    if end < text.len() || base_end != base.len() {
        new.push(end..text.len());
    }
    (text, new, kept)
}

type CacheSummary<'e> = (Vec<Hit>, Vec<Summary<'e>>);

/// Returns everything in the cache, in an order that does not depend on how it was found.
fn cache_summary<'e>(cache: &ScanCache<'e>) -> CacheSummary<'e> {
    let mut hits = cache.hits();
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.rule));
    (hits, cache.matches().iter().map(|found| summary(found, 0)).collect())
}

fn base_and_versions() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<Step>>)> {
    vec(a_rule(), 1..6).prop_flat_map(|rules| {
        let versions = vec(vec(a_step(rules.clone()), 0..10), 1..4);
        (a_text(rules, 24), versions)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn each_version_has_the_matches_of_a_whole_scan((base, versions) in base_and_versions()) {
        let mut text = base;
        let mut cache = ENGINE.scan_with_cache(&text);
        for steps in versions {
            let (next, new, kept) = made(&text, &pieces(text.len(), &steps));
            let again = ENGINE
                .rescan(&next, &cache, &Changes { changed: &new, copied: &kept })
                .expect("small texts are cached");
            let whole = ENGINE.scan_with_cache(&next);
            prop_assert_eq!(cache_summary(&again), cache_summary(&whole), "{:?} out of {:?} by {:?}",
                String::from_utf8_lossy(&next), String::from_utf8_lossy(&text), steps);
            let candidates = |cache: &ScanCache<'static>| -> Vec<Summary<'static>> {
                ENGINE.candidates_from_cache(cache, &next).iter().map(|found| summary(found, 0)).collect()
            };
            prop_assert_eq!(candidates(&again), candidates(&whole));
            let uncached: Vec<_> = ENGINE.candidates(&next).iter().map(|found| summary(found, 0)).collect();
            prop_assert_eq!(candidates(&again), uncached);
            (text, cache) = (next, again);
        }
    }

    #[test]
    fn a_change_outside_of_the_context_changes_no_match(
        (text, at, bytes) in vec(a_rule(), 1..6)
            .prop_flat_map(|rules| (a_text(rules, 24), any::<Index>(), vec(any::<u8>(), 1..40)))
    ) {
        let at = at.index(text.len() + 1);
        let changed = [&text[..at], &bytes, &text[at..]].concat();
        for hit in hits(&text) {
            let rule = &ENGINE.rules[hit.rule];
            let evaluate = |text: &[u8], hit: Hit, moved: usize| {
                let mut all: Vec<Summary<'static>> = Vec::new();
                let sink = &mut |found: crate::engine::Match<'static>| all.push(summary(&found, moved));
                matcher::evaluate(rule, ENGINE.pattern(hit.rule), text, hit, sink);
                all
            };
            let (before, after) = matcher::context(rule);
            let line = text[..hit.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let line_end = |from: usize| {
                text[from..].iter().position(|byte| *byte == b'\n').map_or(text.len() + 1, |at| from + at + 1)
            };
            let end = line_end(hit.start + usize::from(text[hit.start] == b'\n'));
            let by_line = matcher::is_bounded_by_line(rule) && rule.context.is_none();
            if at >= hit.start + after || by_line && at >= end.max(hit.end) {
                prop_assert_eq!(evaluate(&changed, hit, 0), evaluate(&text, hit, 0), "{} after", rule.id);
            } else if at + before <= hit.start || by_line && at < line {
                let (start, end) = (hit.start + bytes.len(), hit.end + bytes.len());
                let moved = Hit { start, end, ..hit };
                prop_assert_eq!(evaluate(&changed, moved, 0), evaluate(&text, hit, bytes.len()), "{} before", rule.id);
            }
        }
    }
}

/// Returns the spans of the values in the text that `pieces` make out of `base`.
fn spans(engine: &Engine, base: &str, pieces: &[Piece]) -> Vec<(usize, usize)> {
    let (text, new, kept) = made(base.as_bytes(), pieces);
    let base = engine.scan_with_cache(base.as_bytes());
    let again = engine.rescan(&text, &base, &Changes { changed: &new, copied: &kept });
    let again = again.expect("small texts are cached");
    assert_eq!(cache_summary(&again), cache_summary(&engine.scan_with_cache(&text)));
    again.matches().iter().map(|found| (found.span.start, found.span.end)).collect()
}

fn acme() -> Engine {
    super::engine(&super::acme())
}

const TOKEN: &str = "acme_q7w2z9t4k8n1";

fn insert(text: &str) -> Piece {
    Piece::Insert(text.as_bytes().to_vec())
}

#[test]
fn a_range_that_is_copied_twice_has_its_value_twice() {
    let base = format!(
        "first
x = '{TOKEN}'
last
"
    );
    let found = spans(&acme(), &base, &[Piece::Copy(0..29), insert("\n"), Piece::Copy(6..29), insert(" ")]);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|span| span.1 - span.0 == TOKEN.len()));
}

#[test]
fn a_value_appears_and_disappears_at_the_ends_of_copies() {
    let (engine, length) = (acme(), TOKEN.len());
    let halves = format!("{} -- {}", &TOKEN[..7], &TOKEN[7..]);
    let joined = [Piece::Copy(0..7), Piece::Copy(11..halves.len())];
    assert_eq!(spans(&engine, &halves, &joined), [(0, length)]);
    for between in ["-", "\n", "x"] {
        let broken = [Piece::Copy(0..7), insert(between), Piece::Copy(7..length)];
        assert!(spans(&engine, TOKEN, &broken).is_empty(), "{between}");
    }
    // A byte inserted directly beside a value removes it, and its removal restores the value.
    let beside = [Piece::Copy(0..length), insert("Z")];
    assert!(spans(&engine, TOKEN, &beside).is_empty());
    let removed = [Piece::Copy(1..length + 1)];
    assert_eq!(spans(&engine, &format!("Z{TOKEN}"), &removed), [(0, length)]);
    let cut = [Piece::Copy(0..length)];
    assert_eq!(spans(&engine, &format!("{TOKEN}_tail"), &cut), [(0, length)]);
}

#[test]
fn inserted_and_removed_line_endings_change_the_result() {
    let fields = "id: acme-key\nname: n\nkeywords: [acme]\npattern: '[0-9a-f]{32}'\nentropy: 3.0";
    let engine = super::engine(&super::rule(fields));
    let value = "f81d4fae7dec11d0a76500a0c91e6bf6";
    let base = format!("acme =\r\n'{value}'\r\n");
    assert!(spans(&engine, &base, &[Piece::Copy(0..base.len())]).is_empty());
    let joined = [Piece::Copy(0..6), Piece::Copy(8..base.len())];
    assert_eq!(spans(&engine, &base, &joined), [(7, 39)]);
    let base = format!("acme = '{value}'");
    let split = [Piece::Copy(0..6), insert("\n"), Piece::Copy(6..base.len())];
    assert!(spans(&engine, &base, &split).is_empty());
}

#[test]
fn only_changed_lines_are_searched() {
    let base = format!("{}x = '{TOKEN}'\n{}", "nothing here\n".repeat(5000), "nor there\n".repeat(5000));
    let middle = base.len() / 4;
    let pieces = [Piece::Copy(0..middle), insert("what is new"), Piece::Copy(middle..base.len())];
    let engine = acme();
    let (text, new, kept) = made(base.as_bytes(), &pieces);
    let cache = engine.scan_with_cache(base.as_bytes());
    let again = engine
        .rescan(&text, &cache, &Changes { changed: &new, copied: &kept })
        .expect("a small text is cached");
    assert_eq!(again.matches().len(), 1);
    assert!(again.searched < 100, "{}", again.searched);
}

#[test]
fn texts_with_too_many_matches_are_scanned_whole() {
    let engine = acme();
    let many: String = (0..2_000).map(|n| format!("acme_q7w2z9t{n:05}\n")).collect();
    let cache = engine.scan_with_cache(many.as_bytes());
    assert_eq!(cache.matches().len(), engine.candidates(many.as_bytes()).len());
    assert!(cache.matches().len() > 1_500);
    let changes = Changes { changed: &[], copied: &[(0, 0..many.len())] };
    assert!(engine.rescan(many.as_bytes(), &cache, &changes).is_none());
}

/// The provider's name on the line above has no match and no token run near it until the value is inserted.
#[test]
fn a_value_inserted_below_its_providers_name_is_found() {
    let index = RULES.iter().position(|rule| {
        rule.route == Route::MixedRun && !rule.name_words.is_empty() && !matcher::is_bounded_by_line(rule)
    });
    let rule = &RULES[index.expect("most provider rules are like this")];
    let value = String::from_utf8(sample(rule, &mut Draw::new(3)).expect("a checked pattern")).expect("text");
    let base = format!("{}:\n  {}: x\n  b: y\n", rule.keywords[0], rule.name_words[0]);
    let at = base.find("x\n").expect("there");
    let pieces = [Piece::Copy(0..at), insert(&format!("'{value}'")), Piece::Copy(at + 1..base.len())];
    // Rules of several providers may match the value; all have the same span.
    let mut found = spans(&ENGINE, &base, &pieces);
    found.dedup();
    assert_eq!(found, [(at + 1, at + 1 + value.len())], "{}", rule.id);
}
