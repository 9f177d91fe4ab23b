//! Measures what [`Scanner`] adds to the bare engine: 10,000 scans of a text of 60 bytes, as an embedding program makes them.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use stopleak::internals::Engine;
use stopleak::internals::sample::{Draw, sample};
use stopleak::{RuleSet, Scanner};

const SCANS: usize = 10_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let rules = RuleSet::builtin();
    let engine = Engine::new(&rules);
    let scanner = Scanner::builder().build().expect("the built-in rules");
    let plain = b"let token = std::env::var(\"GITHUB_TOKEN\")?; // never logged ".to_vec();
    let rule = rules.get("github-classic-pat").expect("a built-in rule");
    let mut secret = b"GITHUB_TOKEN=".to_vec();
    secret.extend(sample(rule, &mut Draw::new(1)).expect("built-in patterns parse"));
    secret.extend(b" # ok");
    secret.resize(60, b'.');
    let mut group = criterion.benchmark_group("embedding");
    group.throughput(Throughput::Elements(SCANS as u64));
    for (name, text) in [("a keyword and no secret", &plain), ("a secret", &secret)] {
        assert_eq!(text.len(), 60);
        assert_eq!(scanner.scan_bytes(text).findings.len(), usize::from(name == "a secret"));
        group.bench_function(format!("engine, {name}"), |bencher| {
            bencher.iter(|| (0..SCANS).map(|_| engine.candidates(black_box(text)).len()).sum::<usize>());
        });
        group.bench_function(format!("scanner, {name}"), |bencher| {
            let found = || scanner.scan_bytes(black_box(text)).findings.len();
            bencher.iter(|| (0..SCANS).map(|_| found()).sum::<usize>());
        });
    }
    group.finish();
}
