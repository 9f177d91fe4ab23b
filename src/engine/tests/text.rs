//! Hostile and realistic texts for the property tests: samples of random rules, near misses, the rules' own
//! examples, keywords, noise, line endings.

use std::path::Path;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::engine::Engine;
use crate::engine::authoring::sample::{Draw, broken, fill, sample};
use crate::engine::prefilter::Hit;
use crate::rules::{Rule, RuleSet};

/// The built-in rules with their examples, sorted by id like those of the engine.
pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut rules = RuleSet::load(&folder).expect("build.rs has checked the files");
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
});

/// An engine of all built-in rules, built once for all tests.
pub(super) static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&RuleSet::builtin()));

/// Returns every hit of the built-in rules in `text` that can result in a match, in order of position.
pub(super) fn hits(text: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    ENGINE.prefilter.find(text, |hit| hits.push(hit));
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.rule));
    hits
}

/// Returns every hit of the built-in rules in `text`, in order of position.
pub(super) fn all_hits(text: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    ENGINE.prefilter.find_in_range(text, 0..text.len(), |hit| hits.push(hit));
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.rule));
    hits
}

/// The index of one rule; shrinks to the first.
pub(super) fn a_rule() -> impl Strategy<Value = usize> {
    0..RULES.len()
}

/// A text of up to `pieces` pieces, each made for one of the rules in `about`.
pub(super) fn a_text(about: Vec<usize>, pieces: usize) -> impl Strategy<Value = Vec<u8>> {
    vec((any::<prop::sample::Index>(), any::<u64>(), 0..14usize, noise()), 1..=pieces).prop_map(
        move |chosen| {
            let piece = |(index, seed, kind, noise): (prop::sample::Index, u64, usize, Vec<u8>)| {
                piece(&RULES[*index.get(&about)], seed, kind, noise)
            };
            let mut text: Vec<u8> = chosen.into_iter().flat_map(piece).collect();
            // Long enough for several windows, short enough for a regex at every byte.
            text.truncate(6000);
            text
        },
    )
}

fn piece(rule: &Rule, seed: u64, kind: usize, noise: Vec<u8>) -> Vec<u8> {
    let draw = &mut Draw::new(seed);
    let drawn = sample(rule, draw).expect("a checked pattern");
    let words: Vec<&String> = rule.literals.iter().chain(&rule.keywords).collect();
    let word = words[seed as usize % words.len()].clone();
    match kind {
        0 | 1 => drawn,
        2 => broken(&drawn),
        3 => drawn[..drawn.len() * (seed as usize % 8) / 8].to_vec(),
        4 => drawn.to_ascii_uppercase(),
        5 => word.into_bytes(),
        6 => format!("{}_KEY=", word.to_uppercase()).into_bytes(),
        7 => [format!("\"{word}_token\": \"").into_bytes(), drawn, b"\",".to_vec()].concat(),
        8 | 9 => {
            let texts: Vec<_> = rule.examples.iter().chain(&rule.counter_examples).collect();
            fill(rule, &texts[seed as usize % texts.len()].joined(), draw).expect("a checked pattern")
        }
        10 => [" ", "\n", "\r\n", "\n---\n", "\t", " = ", "\\n", "%3D"][seed as usize % 8].into(),
        11 => ["'", "\"", ":", "/", "é", "-", "_", "="][seed as usize % 8].into(),
        _ => noise,
    }
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..24),
        "[A-Za-z0-9+/=_-]{0,40}".prop_map(String::into_bytes),
        "[a-z ]{0,300}".prop_map(String::into_bytes),
    ]
}
