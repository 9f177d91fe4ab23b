//! Benchmarks of the parts of a scan, one file for each: `cargo bench -- engine`.
//!
//! All of them are in one program, because linking one takes longer than running it. The inputs come from
//! `inputs.py`. Only stable interfaces are used: the engine, and the program as users run it.

mod attribution;
mod embedding;
mod engine;
mod inputs;
mod pack;
mod prefilter;
mod startup;

criterion::criterion_group!(
    speed,
    startup::bench,
    prefilter::bench,
    embedding::bench,
    engine::bench,
    pack::bench,
    attribution::bench
);
criterion::criterion_main!(speed);
