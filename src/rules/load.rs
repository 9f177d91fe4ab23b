//! Reads rule files that users bring, with errors that name file, line and what was expected.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::lint;
use super::syntax::{Rule, RuleFile};

/// Why a rule file cannot be used.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The file or folder cannot be read.
    #[error("{}: cannot read the rule file: {source}", path.display())]
    Unreadable {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not a rule file.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// 1-based line; 1 when the error belongs to no line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// One rule cannot be used.
    #[error("{}:{line}: rule {rule}: {}", path.display(), errors.join("; "))]
    Rule {
        /// The file.
        path: PathBuf,
        /// 1-based line of the rule's id.
        line: usize,
        /// The rule's id.
        rule: String,
        /// What is wrong with it.
        errors: Vec<String>,
    },
    /// The rules do not fit together.
    #[error("{}", errors.join("; "))]
    Set {
        /// What is wrong.
        errors: Vec<String>,
    },
    /// A folder without rule files.
    #[error("{}: no *.yaml rule file in this folder", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// The rules of one file, or of every `*.yaml` in a folder and the folders below it, by path.
pub fn load(path: &Path) -> Result<Vec<Rule>, RuleError> {
    let mut rules = Vec::new();
    for file in files(path)? {
        rules.extend(parse(&read(&file)?, &file)?);
    }
    Ok(rules)
}

/// The file itself, or the rule files of a folder, by path; never none.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    list(path, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(RuleError::Empty { path: path.to_owned() });
    }
    Ok(files)
}

/// The text of a rule file.
pub fn read(file: &Path) -> Result<String, RuleError> {
    fs::read_to_string(file).map_err(|source| RuleError::Unreadable { path: file.to_owned(), source })
}

/// The rules in `text`, which came from `path`; the first error, when there is one.
pub fn parse(text: &str, path: &Path) -> Result<Vec<Rule>, RuleError> {
    let (rules, errors) = parse_all(text, path);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(rules),
    }
}

/// The rules in `text` that can be used, and an error for each of the others.
pub fn parse_all(text: &str, path: &Path) -> (Vec<Rule>, Vec<RuleError>) {
    let file: RuleFile = match serde_yaml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
            // The place is told in front.
            let message = error.to_string().replace(&format!(" at line {line} column {column}"), "");
            let error = RuleError::Syntax { path: path.to_owned(), line, column, message };
            return (Vec::new(), vec![error]);
        }
    };
    let mut rules = Vec::new();
    let mut wrong = Vec::new();
    for mut rule in file.rules {
        let errors = lint::lint(&rule);
        if errors.is_empty() {
            rule.route = lint::route(&rule);
            rule.provider.get_or_insert_with(|| file.provider.clone());
            rules.push(rule);
        } else {
            let line = lint::line_of(&rule.id, text);
            wrong.push(RuleError::Rule { path: path.to_owned(), line, rule: rule.id, errors });
        }
    }
    (rules, wrong)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        parse(text, Path::new("r.yaml")).expect_err("must be refused").to_string()
    }

    const GOOD: &str = "provider: Acme
rules:
- id: acme-token
  name: Acme token
  severity: high
  confidence: high
  literals: [acme_]
  pattern: 'acme_[a-z]{8}'
  help: Revoke it.
  examples: ['{sample}']
  counter_examples: ['acme_x']
";

    #[test]
    fn a_good_file_loads_and_takes_the_files_provider() {
        let rules = parse(GOOD, Path::new("r.yaml")).expect("good");
        assert_eq!(rules[0].provider.as_deref(), Some("Acme"));
    }

    #[test]
    fn errors_name_file_line_and_expectation() {
        let unknown = error_of(&GOOD.replace("  help:", "  hepl:"));
        assert!(unknown.starts_with("r.yaml:") && unknown.contains("hepl"), "{unknown}");
        let short = error_of(&GOOD.replace("[acme_]", "[ac]"));
        assert!(short.starts_with("r.yaml:3: rule acme-token: literals"), "{short}");
        let bare = error_of(&GOOD.replace("  examples: ['{sample}']\n", ""));
        assert_eq!(bare, "r.yaml:3: rule acme-token: an example is missing");
    }

    #[test]
    fn a_literal_that_does_not_begin_every_match_is_refused() {
        let error = error_of(&GOOD.replace("'acme_[a-z]{8}'", "'(?:acme_|acne_)[a-z]{8}'"));
        assert!(error.contains("acne_"), "{error}");
        let at = GOOD.replace("[acme_]", "[me_]\n  at: 2");
        assert!(parse(&at, Path::new("r.yaml")).is_ok());
        let wrong = GOOD.replace("[acme_]", "[me_]\n  at: 3");
        assert!(parse(&wrong, Path::new("r.yaml")).is_err());
    }
}
