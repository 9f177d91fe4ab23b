//! Counts the instructions of scans, in a child process under valgrind.
//!
//! The child reads texts from its input, each after a line with its lengths, and scans them one after the other. Callgrind
//! writes a file of the instructions since the last file before each call of `sched_yield`, which the child calls before
//! and after a scan: nothing else calls it, and its name is known in a program without symbols too.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use stopleak::RuleSet;
use stopleak::internals::Engine;
use tempfile::TempDir;

use super::Cost;

/// The argument that makes this program the child.
pub(crate) const CHILD: &str = "slow-child";

/// A child process that counts instructions.
pub(crate) struct Counter {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: TempDir,
    files: usize,
}

impl Counter {
    #[allow(clippy::disallowed_methods, reason = "the child is this program")]
    pub(crate) fn new() -> Counter {
        let folder = TempDir::with_prefix("stopleak-slow").expect("a temporary folder");
        let files = folder.path().join("count");
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--quiet", "--dump-before=sched_yield"]);
        command.arg(format!("--callgrind-out-file={}", files.display()));
        command.arg(std::env::current_exe().expect("this program has a path")).arg(CHILD);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("valgrind is installed");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Counter { child, input, output, folder, files: 0 }
    }
}

impl Cost for Counter {
    fn cost(&mut self, first: &[u8], text: &[u8]) -> u64 {
        writeln!(self.input, "{} {}", first.len(), text.len()).expect("the child reads");
        self.input.write_all(first).expect("the child reads");
        self.input.write_all(text).expect("the child reads");
        self.input.flush().expect("the child reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the child answers");
        let path = |number: usize| self.folder.path().join(format!("count.{number}"));
        // The first of two files is about everything before the scan.
        self.files += 2;
        let written = std::fs::read_to_string(path(self.files)).expect("callgrind wrote a file");
        for number in [self.files - 1, self.files] {
            std::fs::remove_file(path(number)).expect("callgrind wrote a file");
        }
        let total = written.lines().find_map(|line| line.strip_prefix("summary: ")).expect("a summary");
        let total: u64 = total.trim().parse().expect("a number");
        total * 100 / text.len() as u64
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // Without input the child ends. It is killed in case it does not read.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures time, in picoseconds per byte: quick, but only about right.
pub(crate) struct Clock(Engine);

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock(Engine::new(&RuleSet::builtin()))
    }
}

impl Cost for Clock {
    fn cost(&mut self, first: &[u8], text: &[u8]) -> u64 {
        warm_up(&self.0, first);
        let scan = |_| {
            let start = Instant::now();
            black_box(self.0.candidates(black_box(text)).len());
            start.elapsed().as_nanos() as u64
        };
        (0..3).map(scan).min().expect("three times") * 100_000 / text.len() as u64
    }
}

/// Scans `first` several times, so that the rules that it needs are compiled.
fn warm_up(engine: &Engine, first: &[u8]) {
    let text: Vec<u8> = first.iter().copied().cycle().take(first.len().max(16 << 10)).collect();
    black_box(engine.candidates(&text).len());
}

/// The child: scans what it reads until its input ends.
pub(crate) fn child() {
    let engine = Engine::new(&RuleSet::builtin());
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    while input.read_line(&mut line).is_ok_and(|read| read > 0) {
        let lengths: Vec<usize> =
            line.split_whitespace().map(|number| number.parse().expect("a length")).collect();
        let read = |input: &mut dyn Read, length: usize| {
            let mut bytes = vec![0; length];
            input.read_exact(&mut bytes).expect("as many bytes as announced");
            bytes
        };
        let (first, text) = (read(&mut input, lengths[0]), read(&mut input, lengths[1]));
        warm_up(&engine, &first);
        std::thread::yield_now();
        let found = engine.candidates(black_box(&text)).len();
        std::thread::yield_now();
        let mut output = std::io::stdout();
        writeln!(output, "{found}").and_then(|()| output.flush()).expect("the parent reads");
        line.clear();
    }
}
