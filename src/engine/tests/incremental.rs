//! A text judged by what it has from another one is judged as if it stood alone.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::prefilter::{Seen, seen};
use super::text::{ENGINE, RULES, a_rule, a_text, anchors};
use crate::engine::authoring::sample::{Draw, sample};
use crate::engine::matching::matcher;
use crate::engine::prefilter::Anchor;
use crate::engine::{Changes, Engine, Judged};
use crate::rules::token_run::Route;

/// One text out of another: copies of any stretch, in any order, and new bytes between.
#[derive(Clone, Debug)]
enum Step {
    Copy(Index, Index),
    /// What stands between two copies that a tool for differences makes: a stretch is left out.
    Skip(usize),
    /// The stretch behind the last copy.
    Next(Index),
    /// The last copy once more.
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

/// A step that knows its base.
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

/// The text, and how it came about: as `git::Growth` tells it.
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
    // Everything that was no neighbour of what stands beside it now.
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

type Summary<'e> = (Vec<Anchor>, Vec<Seen<'e>>);

/// Everything that is kept, in an order that does not depend on how it was found.
fn summary<'e>(judged: &Judged<'e>) -> Summary<'e> {
    let mut anchors = judged.kept_anchors();
    anchors.sort_by_key(|anchor| (anchor.start, anchor.end, anchor.rule));
    (anchors, judged.matches().iter().map(|found| seen(found, 0)).collect())
}

fn generation() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<Step>>)> {
    vec(a_rule(), 1..6).prop_flat_map(|rules| {
        let versions = vec(vec(a_step(rules.clone()), 0..10), 1..4);
        (a_text(rules, 24), versions)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn versions_are_judged_as_if_each_stood_alone((base, versions) in generation()) {
        let mut text = base;
        let mut judged = ENGINE.judge(&text);
        for steps in versions {
            let (next, new, kept) = made(&text, &pieces(text.len(), &steps));
            let again = ENGINE
                .judge_again(&next, &judged, &Changes { new: &new, kept: &kept })
                .expect("small texts are kept");
            let whole = ENGINE.judge(&next);
            prop_assert_eq!(summary(&again), summary(&whole), "{:?} out of {:?} by {:?}",
                String::from_utf8_lossy(&next), String::from_utf8_lossy(&text), steps);
            let candidates = |judged: &Judged<'static>| -> Vec<Seen<'static>> {
                ENGINE.candidates_of(judged, &next).iter().map(|found| seen(found, 0)).collect()
            };
            prop_assert_eq!(candidates(&again), candidates(&whole));
            let alone: Vec<_> = ENGINE.candidates(&next).iter().map(|found| seen(found, 0)).collect();
            prop_assert_eq!(candidates(&again), alone);
            (text, judged) = (next, again);
        }
    }

    #[test]
    fn a_change_out_of_reach_alters_no_judgement(
        (text, at, bytes) in vec(a_rule(), 1..6)
            .prop_flat_map(|rules| (a_text(rules, 24), any::<Index>(), vec(any::<u8>(), 1..40)))
    ) {
        let at = at.index(text.len() + 1);
        let changed = [&text[..at], &bytes, &text[at..]].concat();
        for anchor in anchors(&text) {
            let rule = &ENGINE.rules[anchor.rule];
            let judge = |text: &[u8], anchor: Anchor, moved: usize| {
                let mut all: Vec<Seen<'static>> = Vec::new();
                let sink = &mut |found: crate::engine::Match<'static>| all.push(seen(&found, moved));
                matcher::judge(rule, ENGINE.pattern(anchor.rule), text, anchor, sink);
                all
            };
            let (before, after) = matcher::reach(rule);
            let line = text[..anchor.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let line_end = |from: usize| {
                text[from..].iter().position(|byte| *byte == b'\n').map_or(text.len() + 1, |at| from + at + 1)
            };
            let end = line_end(anchor.start + usize::from(text[anchor.start] == b'\n'));
            let by_line = matcher::is_bounded_by_line(rule) && rule.context.is_none();
            if at >= anchor.start + after || by_line && at >= end.max(anchor.end) {
                prop_assert_eq!(judge(&changed, anchor, 0), judge(&text, anchor, 0), "{} behind", rule.id);
            } else if at + before <= anchor.start || by_line && at < line {
                let (start, end) = (anchor.start + bytes.len(), anchor.end + bytes.len());
                let moved = Anchor { start, end, ..anchor };
                prop_assert_eq!(judge(&changed, moved, 0), judge(&text, anchor, bytes.len()), "{} before", rule.id);
            }
        }
    }
}

/// Where values are in the text made of `base` by these pieces.
fn spans(engine: &Engine, base: &str, pieces: &[Piece]) -> Vec<(usize, usize)> {
    let (text, new, kept) = made(base.as_bytes(), pieces);
    let base = engine.judge(base.as_bytes());
    let again = engine.judge_again(&text, &base, &Changes { new: &new, kept: &kept });
    let again = again.expect("small texts are kept");
    assert_eq!(summary(&again), summary(&engine.judge(&text)));
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
fn a_stretch_that_was_copied_twice_holds_its_value_twice() {
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
fn a_value_is_made_and_broken_at_seams() {
    let (engine, length) = (acme(), TOKEN.len());
    let halves = format!("{} -- {}", &TOKEN[..7], &TOKEN[7..]);
    let joined = [Piece::Copy(0..7), Piece::Copy(11..halves.len())];
    assert_eq!(spans(&engine, &halves, &joined), [(0, length)]);
    for between in ["-", "\n", "x"] {
        let broken = [Piece::Copy(0..7), insert(between), Piece::Copy(7..length)];
        assert!(spans(&engine, TOKEN, &broken).is_empty(), "{between}");
    }
    // What comes to stand directly beside it takes it away, what leaves gives it back.
    let beside = [Piece::Copy(0..length), insert("Z")];
    assert!(spans(&engine, TOKEN, &beside).is_empty());
    let away = [Piece::Copy(1..length + 1)];
    assert_eq!(spans(&engine, &format!("Z{TOKEN}"), &away), [(0, length)]);
    let cut = [Piece::Copy(0..length)];
    assert_eq!(spans(&engine, &format!("{TOKEN}_tail"), &cut), [(0, length)]);
}

#[test]
fn line_endings_that_come_and_go_are_seen() {
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
    let judged = engine.judge(base.as_bytes());
    let again = engine.judge_again(&text, &judged, &Changes { new: &new, kept: &kept }).expect("kept");
    assert_eq!(again.matches().len(), 1);
    assert!(again.searched < 100, "{}", again.searched);
}

#[test]
fn texts_with_too_many_matches_are_judged_whole() {
    let engine = acme();
    let many: String = (0..2_000).map(|n| format!("acme_q7w2z9t{n:05}\n")).collect();
    let judged = engine.judge(many.as_bytes());
    assert_eq!(judged.matches().len(), engine.candidates(many.as_bytes()).len());
    assert!(judged.matches().len() > 1_500);
    let changes = Changes { new: &[], kept: &[(0, 0..many.len())] };
    assert!(engine.judge_again(many.as_bytes(), &judged, &changes).is_none());
}

/// The provider's name on the line above leads to nothing, and no run stands near it, until the value comes.
#[test]
fn a_value_that_comes_under_its_providers_name_is_found() {
    let index = RULES.iter().position(|rule| {
        rule.route == Route::MixedRun && !rule.names.is_empty() && !matcher::is_bounded_by_line(rule)
    });
    let rule = &RULES[index.expect("most rules of providers are such")];
    let value = String::from_utf8(sample(rule, &mut Draw::new(3)).expect("a checked pattern")).expect("text");
    let base = format!("{}:\n  {}: x\n  b: y\n", rule.keywords[0], rule.names[0]);
    let at = base.find("x\n").expect("there");
    let pieces = [Piece::Copy(0..at), insert(&format!("'{value}'")), Piece::Copy(at + 1..base.len())];
    // Rules of several providers may take the value; all see the same one.
    let mut found = spans(&ENGINE, &base, &pieces);
    found.dedup();
    assert_eq!(found, [(at + 1, at + 1 + value.len())], "{}", rule.id);
}
