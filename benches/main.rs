//! Benchmarks of the parts of a scan, one file for each: `cargo bench -- engine`.
//!
//! All of them are in one program, because linking one takes longer than running it. The inputs come from
//! `inputs.py`. Only stable interfaces are used: the engine, and the program as users run it. `cargo bench -- slow` is not a
//! benchmark, but a search for slow inputs (`slow`).

mod attribution;
mod embedding;
mod engine;
mod inputs;
mod pack;
mod prefilter;
mod slow;
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

#[allow(clippy::disallowed_methods, reason = "a program of its own, which reads its arguments")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("slow") => slow::run(&arguments[1..]),
        Some(slow::CHILD) => slow::child(),
        _ => {
            speed();
            criterion::Criterion::default().configure_from_args().final_summary();
        }
    }
}
