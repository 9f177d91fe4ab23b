//! Counts the secrets in the whole history of a repository by rule: `cargo run --example repository [REPOSITORY]`

use std::collections::BTreeMap;
use std::error::Error;

use stopleak::Scanner;

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program reads its arguments and prints"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let repository = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let report = Scanner::builder().build()?.scan_repository(repository)?;

    let mut by_rule: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for finding in report.blocking() {
        let (places, at_head) = by_rule.entry(&finding.rule.id).or_default();
        *places += 1;
        *at_head += usize::from(finding.provenance.is_at_head == Some(true));
    }
    for (rule, (places, at_head)) in by_rule {
        println!("{rule}: {places} places, {at_head} at HEAD");
    }
    // What was not read is part of the result.
    for entry in &report.unscanned {
        println!("not scanned: {}: {}", entry.what, entry.reason);
    }
    println!(
        "{} commits, {} objects: {}",
        report.counts.commits,
        report.counts.objects,
        report.verdict().as_str()
    );
    Ok(())
}
