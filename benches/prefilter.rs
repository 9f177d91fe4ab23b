//! Measures the cost per byte of text without secrets, which is nearly all in the prefilter and in evaluating its hits.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use stopleak::RuleSet;
use stopleak::internals::Engine;

use crate::inputs::Inputs;

const BYTES: usize = 4 << 20;

pub(crate) fn bench(criterion: &mut Criterion) {
    let inputs = Inputs::new();
    let engine = Engine::new(&RuleSet::builtin());
    let mut group = criterion.benchmark_group("prefilter");
    for kind in ["source", "log", "line", "base64"] {
        let text = LazyCell::new(|| inputs.text(kind, BYTES));
        group.throughput(Throughput::Bytes(BYTES as u64));
        group.bench_function(kind, |bencher| {
            let text = LazyCell::force(&text);
            bencher.iter(|| engine.candidates(black_box(text)).len());
        });
    }
    group.finish();
}
