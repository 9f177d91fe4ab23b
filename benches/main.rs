//! What each part of a scan costs, each subject in a file of its own: `cargo bench -- engine`.
//!
//! One program for all of them, since linking one takes longer than running it. The inputs come from
//! `inputs.py`. Only what will stay is built upon: the engine, and the program as people run it.

mod attribution;
mod engine;
mod inputs;
mod pack;
mod prefilter;
mod startup;

criterion::criterion_group!(
    speed,
    startup::bench,
    prefilter::bench,
    engine::bench,
    pack::bench,
    attribution::bench
);
criterion::criterion_main!(speed);
