//! Measures resolving the objects of a pack and scanning them. With one rule nearly all of the time is spent on
//! resolving; with all rules it is a real audit. There are no findings, so nothing is attributed to commits.

use std::cell::LazyCell;

use criterion::{Criterion, SamplingMode, Throughput};

use crate::inputs::{Inputs, run};

const COMMITS: u64 = 2000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let inputs = Inputs::new();
    let pack = LazyCell::new(|| inputs.make("history", "pack", &[COMMITS.to_string()]));
    let mut group = criterion.benchmark_group("pack");
    group.sample_size(20).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(COMMITS));
    let one_rule = ["history", "--no-config", "--threads", "1", "--only", "github-classic-pat"];
    group.bench_function("one rule", |bencher| {
        let pack = LazyCell::force(&pack);
        bencher.iter(|| run(&one_rule, pack, 0))
    });
    group.bench_function("all rules", |bencher| {
        let pack = LazyCell::force(&pack);
        bencher.iter(|| run(&one_rule[..4], pack, 0))
    });
    group.finish();
}
