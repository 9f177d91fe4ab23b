//! Searches for slow inputs: texts that take more instructions per byte than source code.
//!
//!     cargo bench -- slow [--seed NUMBER] [--rounds NUMBER] [--only PART] [--clock] [FILE…]
//!
//! Begins with texts of many kinds and with words, values and near misses of every rule (`seeds`), and changes the
//! slowest at random (`mutate`). Instructions are counted under valgrind (`counter`), so equal seeds find nearly the same
//! texts on any machine; hash tables with random keys make a count differ in the fourth digit. Prints the slowest texts
//! and fails if one is more than [`BOUND`] times slower than the reference, the source code of this package.

mod counter;
mod mutate;
mod random;
mod seeds;

use std::path::Path;

use stopleak::RuleSet;

pub(crate) use counter::{CHILD, child};
use counter::{Clock, Counter};
use mutate::{has_room, mutate};
use random::Random;
use seeds::Input;

/// Most instructions of a text, as a multiple of those of source code of the same size.
const BOUND: f64 = 8.0;

/// Bytes of a text during the search. Work is linear in the size, so a short text is as slow as a long one.
const SEARCH_BYTES: usize = 8 << 10;

/// Bytes of a text in the result: work is linear in the size, which `engine/tests/linear.rs` holds.
const RESULT_BYTES: usize = 128 << 10;

/// Measures what a text costs.
trait Cost {
    /// Returns the cost of a scan of `text` in hundredths per byte. `first` is scanned before, so that the rules that
    /// it needs are compiled.
    fn cost(&mut self, first: &[u8], text: &[u8]) -> u64;
}

/// Number of texts that are changed further.
const POPULATION: usize = 60;

/// Texts in the result.
const SHOWN: usize = 20;

struct Options {
    seed: u64,
    rounds: usize,
    /// Only seeds whose name contains it.
    only: String,
    /// Whether time is measured and not instructions.
    clock: bool,
    files: Vec<String>,
}

fn options(arguments: &[String]) -> Options {
    let mut options = Options { seed: 1, rounds: 1500, only: String::new(), clock: false, files: Vec::new() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value after the option").clone();
        match argument.as_str() {
            "--bench" => {}
            "--seed" => options.seed = value().parse().expect("a number after --seed"),
            "--rounds" => options.rounds = value().parse().expect("a number after --rounds"),
            "--clock" => options.clock = true,
            "--only" => options.only = value(),
            _ => options.files.push(argument.clone()),
        }
    }
    options
}

/// Runs the search with the arguments after `slow`.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "the output of a program of its own")]
pub(crate) fn run(arguments: &[String]) {
    let options = options(arguments);
    let mut counter: Box<dyn Cost> =
        if options.clock { Box::new(Clock::new()) } else { Box::new(Counter::new()) };
    let reference = reference();
    let source = counter.cost(&reference, &reference);
    let unit = if options.clock { "picoseconds" } else { "instructions" };
    eprintln!("source code: {:.1} {unit} per byte", source as f64 / 100.0);
    let ratio = |cost: u64| cost as f64 / source as f64;
    for file in &options.files {
        let mut text = std::fs::read(file).expect("a file to measure");
        text.truncate(RESULT_BYTES);
        println!("{:8.2}  {file}", ratio(counter.cost(&text, &text)));
    }
    if !options.files.is_empty() {
        return;
    }

    let rules =
        RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("the built-in rules");
    let rules: Vec<_> = rules.iter().collect();
    let mut random = Random::new(options.seed);
    let mut population: Vec<(u64, Input)> = Vec::new();
    for input in
        seeds::all(&rules, &mut random).into_iter().filter(|input| input.name.contains(&options.only))
    {
        let cost = counter.cost(&input.unit, &input.text(SEARCH_BYTES));
        keep(&mut population, cost, input);
    }
    let mut tried = 0;
    while tried < options.rounds {
        let chosen = random.below(population.len());
        let other = population[random.below(population.len())].1.clone();
        let mutated = mutate(&population[chosen].1, &other, &rules, &mut random);
        tried += 1;
        if mutated.unit == population[chosen].1.unit || !has_room(&mutated) {
            continue;
        }
        let cost = counter.cost(&mutated.unit, &mutated.text(SEARCH_BYTES));
        keep(&mut population, cost, mutated);
    }
    let mut slowest: Vec<(u64, Input)> = population.into_iter().take(SHOWN).collect();
    slowest.iter_mut().for_each(|(cost, input)| *cost = counter.cost(&input.unit, &input.text(RESULT_BYTES)));
    slowest.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    println!("times the instructions of source code:");
    for (cost, input) in &slowest {
        let unit = String::from_utf8_lossy(&input.unit[..input.unit.len().min(90)]).into_owned();
        println!("{:8.2}  {}\n          {:?}", ratio(*cost), input.name, unit);
    }
    if options.clock {
        return;
    }
    let worst = slowest.first().map_or(0.0, |(cost, _)| ratio(*cost));
    assert!(
        worst <= BOUND,
        "the slowest text takes {worst:.1} times the instructions of source code, not {BOUND}"
    );
}

/// Adds an input to the slowest ones, at most two for each seed.
fn keep(population: &mut Vec<(u64, Input)>, cost: u64, input: Input) {
    let of_same_seed = |other: &Input| root(&other.name) == root(&input.name);
    let at = population.partition_point(|(known, _)| *known >= cost);
    population.insert(at, (cost, input.clone()));
    let same: Vec<usize> = (0..population.len()).filter(|&at| of_same_seed(&population[at].1)).collect();
    if same.len() > 2 {
        population.remove(same[same.len() - 1]);
    }
    population.truncate(POPULATION);
}

/// Returns the name of the seed of an input.
fn root(name: &str) -> &str {
    name.split(" > ").next().unwrap_or(name)
}

/// Returns source code of this package.
fn reference() -> Vec<u8> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("the sources").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let mut text: Vec<u8> = files.iter().flat_map(|path| std::fs::read(path).expect("a source")).collect();
    text.truncate(RESULT_BYTES);
    text
}
