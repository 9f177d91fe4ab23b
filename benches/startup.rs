//! Measures the fixed cost of every run: process start, rules, prefilter, and a hook that scans one staged line.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::Criterion;
use stopleak::RuleSet;
use stopleak::internals::Engine;

use crate::inputs::{Inputs, run};

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("startup");
    group.bench_function("built-in rules", |bencher| bencher.iter(RuleSet::builtin));
    let rules = RuleSet::builtin();
    group.bench_function("engine", |bencher| bencher.iter(|| Engine::new(black_box(&rules))));
    let inputs = Inputs::new();
    let small = LazyCell::new(|| inputs.make("staged", "small", &["20"]));
    let large = LazyCell::new(|| inputs.make("staged", "large", &["50000"]));
    group.bench_function("process", |bencher| {
        let small = LazyCell::force(&small);
        bencher.iter(|| run(&["--version"], small, 0))
    });
    group.bench_function("staged line, 20 files", |bencher| {
        let small = LazyCell::force(&small);
        bencher.iter(|| run(&["staged", "--no-config"], small, 0))
    });
    group.bench_function("staged line, 50,000 files", |bencher| {
        let large = LazyCell::force(&large);
        bencher.iter(|| run(&["staged", "--no-config"], large, 0))
    });
    group.finish();
}
