//! Measures attribution: scans of the same history without and with fifty tokens. The difference is one pass over the
//! trees and one over the commits.

use std::cell::LazyCell;

use criterion::{Criterion, SamplingMode, Throughput};
use stopleak::RuleSet;
use stopleak::internals::sample::{Draw, sample};

use crate::inputs::{Inputs, run};

const COMMITS: u64 = 4000;
const TOKENS: usize = 50;
const RULE: &str = "github-classic-pat";

pub(crate) fn bench(criterion: &mut Criterion) {
    let inputs = Inputs::new();
    let commits = COMMITS.to_string();
    let rules = RuleSet::builtin();
    let rule = rules.get(RULE).expect("a built-in rule");
    let mut draw = Draw::new(1);
    let mut token = || String::from_utf8(sample(rule, &mut draw)?).ok();
    let tokens: Vec<String> = (0..TOKENS).map(|_| token().expect("an ASCII pattern")).collect();
    let tokens = inputs.write("tokens", &tokens);

    let mut group = criterion.benchmark_group("attribution");
    group.sample_size(20).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(COMMITS));
    let history = ["history", "--no-config", "--threads", "1", "--only", RULE];
    let without = LazyCell::new(|| inputs.make("history", "without", &[commits.as_str()]));
    group.bench_function("without findings", |bencher| {
        let without = LazyCell::force(&without);
        bencher.iter(|| run(&history, without, 0))
    });
    let with = LazyCell::new(|| inputs.make("history", "with", &[commits.as_ref(), tokens.as_os_str()]));
    group.bench_function("with fifty findings", |bencher| {
        let with = LazyCell::force(&with);
        bencher.iter(|| run(&history, with, 1))
    });
    group.finish();
}
