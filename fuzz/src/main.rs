//! Runs the fuzz targets of `src/fuzz/` without libFuzzer, with a stable compiler: every seed of a target and inputs that
//! are made out of the seeds at random. Equal arguments run equal inputs.
//!
//! ```text
//! stopleak-fuzz list                               the names of the targets
//! stopleak-fuzz seeds FOLDER                       write the seeds to FOLDER/TARGET/
//! stopleak-fuzz run [OPTION…] [TARGET…]            run targets (default: all)
//! stopleak-fuzz replay TARGET FILE…                run a target on these inputs
//!
//! --inputs N     inputs of each target (default 2000)
//! --minutes M    minutes of each target, instead of a number of inputs
//! --seed N       another seed gives other inputs (default 1)
//! --failures F   folder for failing inputs (default fuzz-failures)
//! ```
//!
//! Exits with 1 if an input failed. Needs git, which makes the seeds.

mod mutate;
mod seeds;

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mutate::Pool;
use stopleak::internals::{TARGETS, Target};

/// An input that runs longer is a failure.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Failures of one target after which it stops.
const MAX_FAILURES: usize = 20;

struct Options {
    inputs: u64,
    time: Option<Duration>,
    seed: u64,
    failures: PathBuf,
    targets: Vec<&'static Target>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["list"] => {
            TARGETS.iter().for_each(|target| println!("{}", target.name));
            Ok(true)
        }
        ["seeds", folder] => write_seeds(Path::new(folder)).map(|()| true),
        ["run", options @ ..] => parse(options).map(|options| run(&options)),
        ["replay", name, files @ ..] => replay(name, files).map(|()| true),
        _ => Err("expected list, seeds, run or replay; see the head of fuzz/src/main.rs".to_owned()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn target(name: &str) -> Result<&'static Target, String> {
    TARGETS.iter().find(|target| target.name == name).ok_or_else(|| format!("no target {name}"))
}

fn parse(words: &[&str]) -> Result<Options, String> {
    let mut options =
        Options { inputs: 2_000, time: None, seed: 1, failures: "fuzz-failures".into(), targets: Vec::new() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        let number = |text: &&str| text.parse::<u64>().map_err(|_| format!("{word}: expected a number"));
        match *word {
            "--inputs" => options.inputs = number(value()?)?,
            "--minutes" => options.time = Some(Duration::from_secs(60 * number(value()?)?)),
            "--seed" => options.seed = number(value()?)?,
            "--failures" => options.failures = value()?.into(),
            name => options.targets.push(target(name)?),
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.iter().collect();
    }
    Ok(options)
}

fn write_seeds(folder: &Path) -> Result<(), String> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (number, seed) in seeds::seeds(target.name).iter().enumerate() {
            fs::write(folder.join(format!("{number:04}")), seed).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Runs a target on files; a panic ends the program, with its message and backtrace.
fn replay(name: &str, files: &[&str]) -> Result<(), String> {
    let target = target(name)?;
    for file in files {
        let input = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let start = Instant::now();
        (target.run)(&input);
        println!("{file}: {} bytes, {:.1?}", input.len(), start.elapsed());
    }
    Ok(())
}

/// The input that runs now, for the watchdog.
type Current = Arc<Mutex<Option<(&'static str, Vec<u8>, Instant)>>>;

/// Runs all targets. Returns whether no input failed.
fn run(options: &Options) -> bool {
    let current = Current::default();
    watch(Arc::clone(&current), options.failures.clone());
    // Kept for the report, and written once for each place.
    let message = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&message);
    std::panic::set_hook(Box::new(move |panic| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    let mut is_clean = true;
    let start = Instant::now();
    for target in &options.targets {
        is_clean &= run_target(target, options, &current, &message);
    }
    println!("{} targets, {:.0} s", options.targets.len(), start.elapsed().as_secs_f64());
    is_clean
}

fn run_target(
    target: &'static Target,
    options: &Options,
    current: &Current,
    message: &Mutex<String>,
) -> bool {
    let lock = || current.lock().unwrap_or_else(PoisonError::into_inner);
    let mut pool = Pool::new(seeds::seeds(target.name), options.seed);
    let start = Instant::now();
    let (mut count, mut failures, mut seen) = (0, 0, HashSet::new());
    let mut slowest = Duration::ZERO;
    while options.time.map_or(count < options.inputs, |time| start.elapsed() < time)
        && failures < MAX_FAILURES
    {
        let input = pool.next_input();
        let begun = Instant::now();
        *lock() = Some((target.name, input.clone(), begun));
        let result = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        *lock() = None;
        slowest = slowest.max(begun.elapsed());
        count += 1;
        if result.is_err() {
            let message = message.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // Panics at one place are one failure.
            let place = message.lines().next().unwrap_or_default().to_owned();
            if seen.insert(place) {
                failures += 1;
                println!("{}: {}\n  {message}", target.name, keep(&options.failures, target.name, &input));
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{:12} {count} inputs, {seconds:.1} s, slowest {slowest:.1?}, {failures} failures", target.name);
    failures == 0
}

/// Writes a failing input and returns its path.
fn keep(folder: &Path, target: &str, input: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let path = folder.join(format!("{target}-{:016x}", hasher.finish()));
    match fs::create_dir_all(folder).and_then(|()| fs::write(&path, input)) {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("the input could not be written: {error}"),
    }
}

/// Ends the program when one input runs too long.
fn watch(current: Current, failures: PathBuf) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            if let Some((target, input, begun)) = &*current.lock().unwrap_or_else(PoisonError::into_inner)
                && begun.elapsed() > TIME_LIMIT
            {
                println!("{target}: over {TIME_LIMIT:?}: {}", keep(&failures, target, input));
                std::process::exit(1);
            }
        }
    });
}
