//! Measures matching: source text with one sample of every rule, so that each pattern and each check runs.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use stopleak::RuleSet;
use stopleak::internals::Engine;
use stopleak::internals::Rule;
use stopleak::internals::sample::{Draw, sample};

use crate::inputs::Inputs;

/// Bytes of source text between two values.
const SPACING: usize = 2048;

pub(crate) fn bench(criterion: &mut Criterion) {
    let rules = RuleSet::builtin();
    let engine = Engine::new(&rules);
    let text = LazyCell::new(|| text(&rules, &engine));
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(rules.len() as u64));
    group.bench_function("a match of every rule", |bencher| {
        let text = LazyCell::force(&text);
        bencher.iter(|| engine.candidates(black_box(text)).len());
    });
    // Compiles every pattern, as in a process that needs all of them for the first time.
    group.sample_size(10).bench_function("a match of every rule, first time", |bencher| {
        let text = LazyCell::force(&text);
        bencher.iter_with_large_drop(|| {
            let engine = Engine::new(black_box(&rules));
            let found = engine.candidates(text).len();
            (found, engine)
        });
    });
    group.finish();
}

fn text(rules: &RuleSet, engine: &Engine) -> Vec<u8> {
    let source = Inputs::new().text("source", SPACING * rules.len());
    let mut draw = Draw::new(1);
    let mut text = Vec::new();
    for (rule, lines) in rules.iter().zip(source.chunks(SPACING)) {
        text.extend_from_slice(lines);
        text.push(b'\n');
        text.extend(line(rule, &mut draw));
        text.push(b'\n');
    }
    let found = engine.candidates(&text).len();
    assert!(found >= rules.len() / 2, "{found} matches are too few for this benchmark");
    text
}

/// Returns a sample of the rule's values, assigned to a name that the rule requires.
fn line(rule: &Rule, draw: &mut Draw) -> Vec<u8> {
    let words: Vec<&str> =
        rule.keywords.first().into_iter().chain(rule.name_words.first()).map(String::as_str).collect();
    let mut line = format!("{} = \"", words.join("_")).into_bytes();
    line.extend(sample(rule, draw).expect("built-in patterns parse"));
    line.extend(b"\"");
    line
}
