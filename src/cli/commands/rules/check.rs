//! `stopleak rules check`: reports all errors of rule files at once.

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
/// Reports every error with file, line and column. Examples are scanned together with the built-in rules,
/// which must not find them instead. Exit code 2 when there is an error.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Rule files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
}

/// A rule and the file that contains it.
struct LoadedRule {
    file: Rc<File>,
    /// Number of earlier rules of the file with the same id.
    before: usize,
    rule: Rule,
}

impl LoadedRule {
    /// Returns where a field of the rule is: `acme.yaml:3:5`.
    fn location(&self, field: &str) -> String {
        self.file.location(&self.rule.id, self.before, field)
    }

    fn error(&self, field: &str, message: &str) -> String {
        format!("{}: rule {}: {message}", self.location(field), self.rule.id)
    }
}

/// A rule file.
struct File {
    path: PathBuf,
    text: String,
}

impl File {
    /// Returns where a field of a rule is: `acme.yaml:3:5`.
    fn location(&self, rule: &str, before: usize, field: &str) -> String {
        let (line, column) = lint::place_of(rule, before, field, &self.text);
        format!("{}:{line}:{column}", self.path.display())
    }
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut errors = Vec::new();
    let mut loaded = Vec::new();
    for path in &args.paths {
        read(path, &mut loaded, &mut errors);
    }
    errors.extend(duplicate_ids(&loaded));
    let mut rules = RuleSet::builtin();
    if let Err(error) = rules.extend(loaded.iter().map(|loaded| loaded.rule.clone()).collect()) {
        errors.push(error.to_string());
    }
    let engine = Engine::new(&rules);
    for loaded in &loaded {
        let rule = &loaded.rule;
        let mut report = |field: &str, message: &str| errors.push(loaded.error(field, message));
        if let Err(error) = engine::check_pattern(rule) {
            report("pattern", &format!("the pattern does not compile: {error}"));
        }
        for error in rule.paths.iter().filter_map(|glob| Glob::new(glob).err()) {
            report("paths", &format!("paths: {error}"));
        }
        for found in examples::check_examples(&engine, rule) {
            let field = if found.which.starts_with("counter") { "counter_examples" } else { "examples" };
            report(field, &format!("{}: {}", found.which, found.message));
        }
    }
    let mut out = io::stdout().lock();
    for error in &errors {
        writeln!(out, "{}", messages::visible(&messages::masked(error)))?;
    }
    if errors.is_empty() {
        let noun = if loaded.len() == 1 { "rule" } else { "rules" };
        writeln!(out, "{} {noun}, all good", loaded.len())?;
    }
    out.flush()?;
    Ok(if errors.is_empty() { ExitCode::Complete } else { ExitCode::Usage })
}

/// Reads a rule file or a folder of them. Appends the rules to `loaded` and the errors to `errors`.
fn read(path: &Path, loaded: &mut Vec<LoadedRule>, errors: &mut Vec<String>) {
    let files = match load::files(path) {
        Ok(files) => files,
        Err(error) => return errors.push(error.to_string()),
    };
    for path in files {
        let text = match load::read(&path) {
            Ok(text) => text,
            Err(error) => {
                errors.push(error.to_string());
                continue;
            }
        };
        let (rules, file_errors) = load::parse_all(&text, &path);
        let file = Rc::new(File { path, text });
        for error in file_errors {
            match error {
                RuleError::Rule { rule, errors: messages, .. } => {
                    let location = |message: &str| file.location(&rule, 0, field_of(message));
                    let located = |message: &String| format!("{}: rule {rule}: {message}", location(message));
                    errors.extend(messages.iter().map(located));
                }
                error => errors.push(error.to_string()),
            }
        }
        let mut seen = BTreeMap::<String, usize>::new();
        loaded.extend(rules.into_iter().map(|rule| {
            let count = seen.entry(rule.id.clone()).or_default();
            let before = std::mem::replace(count, *count + 1);
            LoadedRule { file: Rc::clone(&file), before, rule }
        }));
    }
}

/// Returns the field that an error of the lint is about: the first that it names.
fn field_of(message: &str) -> &str {
    const FIELDS: [(&str, &str); 4] = [
        ("a match can begin", "pattern"),
        ("no literal that every match", "pattern"),
        ("a counter-example", "counter_examples"),
        ("an example", "examples"),
    ];
    let field = FIELDS.iter().find(|(start, _)| message.starts_with(start)).map(|(_, field)| *field);
    field.unwrap_or_else(|| {
        message.split(|end: char| !end.is_ascii_lowercase() && end != '_').next().unwrap_or("id")
    })
}

/// Returns an error for each id that occurs again. A set of rules would replace the earlier rule, which is a
/// mistake among files that are checked together.
fn duplicate_ids(loaded: &[LoadedRule]) -> Vec<String> {
    let mut first = BTreeMap::new();
    let errors = loaded.iter().filter_map(|loaded| {
        let earlier: &LoadedRule = first.insert(&loaded.rule.id, loaded)?;
        Some(loaded.error("id", &format!("the id is already used at {}", earlier.location("id"))))
    });
    errors.collect()
}
