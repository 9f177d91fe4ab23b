//! `stopleak rules check`: everything that can be wrong with a rule file, all of it at once.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use globset::Glob;

use crate::cli::exit_code::ExitCode;
use crate::cli::talk;
use crate::engine::{self, Engine, examples};
use crate::rules::{Rule, RuleError, RuleSet, lint, load};

/// Check rule files: syntax, patterns, examples and counter-examples
///
/// The examples are tried beside the built-in rules, which must not take them away. Exit code 2 when
/// anything is wrong.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Rule files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
}

/// A rule and where it stands.
struct Placed {
    place: String,
    rule: Rule,
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut wrong = Vec::new();
    let mut placed = Vec::new();
    for path in &args.paths {
        read(path, &mut placed, &mut wrong);
    }
    wrong.extend(twice(&placed));
    let mut rules = RuleSet::builtin();
    if let Err(error) = rules.extend(placed.iter().map(|placed| placed.rule.clone()).collect()) {
        wrong.push(error.to_string());
    }
    let engine = Engine::new(&rules);
    for Placed { place, rule } in &placed {
        let complain = |complaint: String| format!("{place}: rule {}: {complaint}", rule.id);
        if let Err(error) = engine::check_pattern(rule) {
            wrong.push(complain(format!("the pattern cannot be built: {error}")));
        }
        let globs = rule.paths.iter().filter_map(|glob| Glob::new(glob).err());
        wrong.extend(globs.map(|error| complain(format!("paths: {error}"))));
        let complaints = examples::complaints(&engine, rule).into_iter();
        wrong.extend(complaints.map(|found| complain(format!("{}: {}", found.which, found.message))));
    }
    let mut out = io::stdout().lock();
    for complaint in &wrong {
        writeln!(out, "{}", talk::visible(&talk::masked(complaint)))?;
    }
    if wrong.is_empty() {
        writeln!(out, "{} rules, all good", placed.len())?;
    }
    out.flush()?;
    Ok(if wrong.is_empty() { ExitCode::Complete } else { ExitCode::Usage })
}

/// Reads a file or a folder; what cannot be used is told in `wrong`.
fn read(path: &Path, placed: &mut Vec<Placed>, wrong: &mut Vec<String>) {
    let mut complain = |error: RuleError| wrong.push(error.to_string());
    let files = match load::files(path) {
        Ok(files) => files,
        Err(error) => return complain(error),
    };
    for file in files {
        let text = match load::read(&file) {
            Ok(text) => text,
            Err(error) => {
                complain(error);
                continue;
            }
        };
        let (rules, errors) = load::parse_all(&text, &file);
        errors.into_iter().for_each(&mut complain);
        placed.extend(rules.into_iter().map(|rule| {
            let place = format!("{}:{}", file.display(), lint::line_of(&rule.id, &text));
            Placed { place, rule }
        }));
    }
}

/// A later rule takes the place of an earlier one with its id; among one's own files nobody means that.
fn twice(placed: &[Placed]) -> Vec<String> {
    let mut first = BTreeMap::new();
    let again = placed.iter().filter_map(|Placed { place, rule }| {
        let before = first.insert(&rule.id, place)?;
        Some(format!("{place}: rule {}: the id is used before, at {before}", rule.id))
    });
    again.collect()
}
