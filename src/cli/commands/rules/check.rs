//! `stopleak rules check`: everything that can be wrong with a rule file, all of it at once.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use globset::Glob;

use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::engine;
use crate::engine::Engine;
use crate::engine::authoring::examples;
use crate::rules::{Rule, RuleError, RuleSet, lint, load};

/// Check rule files: syntax, patterns, examples and counter-examples
///
/// Every fault is told with file, line and column, all of them at once.
/// The examples are tried beside the built-in rules, which must not take them away. Exit code 2 when
/// anything is wrong.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Rule files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
}

/// A rule and the file that it stands in.
struct Placed {
    file: Rc<File>,
    /// How many rules of the file before it have its id.
    before: usize,
    rule: Rule,
}

impl Placed {
    fn place(&self, field: &str) -> String {
        self.file.place(&self.rule.id, self.before, field)
    }

    fn complaint(&self, field: &str, complaint: &str) -> String {
        format!("{}: rule {}: {complaint}", self.place(field), self.rule.id)
    }
}

/// A rule file.
struct File {
    path: PathBuf,
    text: String,
}

impl File {
    /// Where a field of a rule stands: `acme.yaml:3:5`.
    fn place(&self, rule: &str, before: usize, field: &str) -> String {
        let (line, column) = lint::place_of(rule, before, field, &self.text);
        format!("{}:{line}:{column}", self.path.display())
    }
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
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
    for placed in &placed {
        let rule = &placed.rule;
        let mut complain = |field: &str, complaint: &str| wrong.push(placed.complaint(field, complaint));
        if let Err(error) = engine::check_pattern(rule) {
            complain("pattern", &format!("the pattern cannot be built: {error}"));
        }
        for error in rule.paths.iter().filter_map(|glob| Glob::new(glob).err()) {
            complain("paths", &format!("paths: {error}"));
        }
        for found in examples::complaints(&engine, rule) {
            let field = if found.which.starts_with("counter") { "counter_examples" } else { "examples" };
            complain(field, &format!("{}: {}", found.which, found.message));
        }
    }
    let mut out = io::stdout().lock();
    for complaint in &wrong {
        writeln!(out, "{}", messages::visible(&messages::masked(complaint)))?;
    }
    if wrong.is_empty() {
        let noun = if placed.len() == 1 { "rule" } else { "rules" };
        writeln!(out, "{} {noun}, all good", placed.len())?;
    }
    out.flush()?;
    Ok(if wrong.is_empty() { ExitCode::Complete } else { ExitCode::Usage })
}

/// Reads a file or a folder; what cannot be used is told in `wrong`.
fn read(path: &Path, placed: &mut Vec<Placed>, wrong: &mut Vec<String>) {
    let files = match load::files(path) {
        Ok(files) => files,
        Err(error) => return wrong.push(error.to_string()),
    };
    for path in files {
        let text = match load::read(&path) {
            Ok(text) => text,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let (rules, errors) = load::parse_all(&text, &path);
        let file = Rc::new(File { path, text });
        for error in errors {
            match error {
                RuleError::Rule { rule, errors, .. } => {
                    let place = |error: &str| file.place(&rule, 0, field_of(error));
                    wrong
                        .extend(errors.iter().map(|error| format!("{}: rule {rule}: {error}", place(error))));
                }
                error => wrong.push(error.to_string()),
            }
        }
        let mut seen = BTreeMap::<String, usize>::new();
        placed.extend(rules.into_iter().map(|rule| {
            let count = seen.entry(rule.id.clone()).or_default();
            let before = std::mem::replace(count, *count + 1);
            Placed { file: Rc::clone(&file), before, rule }
        }));
    }
}

/// The field that a complaint of the lint is about: the first that it names.
fn field_of(complaint: &str) -> &str {
    const ABOUT: [(&str, &str); 4] = [
        ("a match can begin", "pattern"),
        ("no literal that every match", "pattern"),
        ("a counter-example", "counter_examples"),
        ("an example", "examples"),
    ];
    let told = ABOUT.iter().find(|(start, _)| complaint.starts_with(start)).map(|(_, field)| *field);
    told.unwrap_or_else(|| {
        complaint.split(|end: char| !end.is_ascii_lowercase() && end != '_').next().unwrap_or("id")
    })
}

/// A later rule takes the place of an earlier one with its id; among one's own files nobody means that.
fn twice(placed: &[Placed]) -> Vec<String> {
    let mut first = BTreeMap::new();
    let again = placed.iter().filter_map(|placed| {
        let before: &Placed = first.insert(&placed.rule.id, placed)?;
        Some(placed.complaint("id", &format!("the id is used before, at {}", before.place("id"))))
    });
    again.collect()
}
