//! Scans files as bytes: `cargo run --no-default-features --example bytes FILE…`

use std::error::Error;
use std::path::PathBuf;

use stopleak::{Confidence, Scanner};

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program reads its arguments and prints"
)]
fn main() -> Result<(), Box<dyn Error>> {
    // Build the scanner once; every scan shares its engine.
    let scanner = Scanner::builder().confidence(Confidence::Medium).build()?;
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let scan = scanner.scan_at(&path, &std::fs::read(&path)?);
        for finding in &scan.findings {
            println!(
                "{}:{}:{} {} [{}] {}",
                finding.provenance.path,
                finding.location.start_line,
                finding.location.start_column,
                finding.rule.name,
                finding.rule.id,
                // Never the value itself.
                finding.secret.redacted(),
            );
        }
        if let Some(unscanned) = scan.unscanned {
            println!("{}: not scanned completely: {}", path.display(), unscanned.reason);
        }
    }
    Ok(())
}
