//! Scans a directory and prints a report: `cargo run --example directory [DIRECTORY]`

use std::error::Error;

use stopleak::Scanner;
use stopleak::report::{Format, ReportOptions, write};

#[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let scanner = Scanner::builder().build()?;
    let report = scanner.scan_directory(directory)?;
    // Other formats: Format::Json, Format::Jsonl, Format::Sarif.
    write(Format::Human, &report, &ReportOptions::default(), &mut std::io::stdout().lock())?;
    Ok(())
}
