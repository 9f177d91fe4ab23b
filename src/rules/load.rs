//! Reads the user's rule files. Errors name file and line and what was expected.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::lint;
use super::regular_file;
use super::renamed_fields;
use super::syntax::{Rule, RuleFile};

/// Why a rule file cannot be used.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The file or folder cannot be read.
    #[error("{}: cannot read the rule file: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The text is not a rule file.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// 1-based line; 1 when the parser gives none.
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
    /// The rules cannot be used together.
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

/// Loads the rules of one file, or of every `*.yaml` file in a folder and the folders below it, in the order
/// of their paths.
///
/// # Errors
///
/// The first error of the first file that has one.
pub fn load(path: &Path) -> Result<Vec<Rule>, RuleError> {
    let mut rules = Vec::new();
    for file in files(path)? {
        rules.extend(parse(&read(&file)?, &file)?);
    }
    Ok(rules)
}

/// Returns the file itself, or the rule files of a folder and the folders below it, sorted by path; at least
/// one.
///
/// # Errors
///
/// When `path` cannot be read, or is a folder without rule files.
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

/// Reads the text of a rule file.
///
/// # Errors
///
/// When the file cannot be read, is not UTF-8, or is no regular file.
pub fn read(file: &Path) -> Result<String, RuleError> {
    let text = regular_file::check(file).and_then(|()| fs::read_to_string(file));
    text.map_err(|source| RuleError::Unreadable { path: file.to_owned(), source })
}

/// Parses `text`, the content of the rule file at `path`.
///
/// # Errors
///
/// The first error of the file.
pub fn parse(text: &str, path: &Path) -> Result<Vec<Rule>, RuleError> {
    let (rules, errors) = parse_all(text, path);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(rules),
    }
}

/// Parses `text`, the content of the rule file at `path`. Returns the rules that can be used, and an error
/// for each of the others; only errors when the text is not a rule file.
pub fn parse_all(text: &str, path: &Path) -> (Vec<Rule>, Vec<RuleError>) {
    let file: RuleFile = match serde_yaml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let location = error.location().map_or((1, 1), |place| (place.line(), place.column()));
            let syntax_error =
                |(line, column), message| RuleError::Syntax { path: path.to_owned(), line, column, message };
            let old_names = renamed_fields::find(text);
            if !old_names.is_empty() {
                let errors = old_names.into_iter();
                let errors = errors.map(|old| syntax_error(old.place.unwrap_or(location), old.message));
                return (Vec::new(), errors.collect());
            }
            // `RuleError::Syntax` begins with the location: the message does not repeat it.
            let (line, column) = location;
            let message = error.to_string().replace(&format!(" at line {line} column {column}"), "");
            return (Vec::new(), vec![syntax_error(location, message)]);
        }
    };
    let mut rules = Vec::new();
    let mut rejected = Vec::new();
    for mut rule in file.rules {
        let errors = lint::lint(&rule);
        if errors.is_empty() {
            rule.route = lint::route(&rule);
            rule.provider.get_or_insert_with(|| file.provider.clone());
            rules.push(rule);
        } else {
            let line = lint::line_of(&rule.id, text);
            rejected.push(RuleError::Rule { path: path.to_owned(), line, rule: rule.id, errors });
        }
    }
    (rules, rejected)
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
    fn a_valid_file_loads_and_its_rules_get_its_provider() {
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
        let at = GOOD.replace("[acme_]", "[me_]\n  literal_offset: 2");
        assert!(parse(&at, Path::new("r.yaml")).is_ok());
        let wrong = GOOD.replace("[acme_]", "[me_]\n  literal_offset: 3");
        assert!(parse(&wrong, Path::new("r.yaml")).is_err());
    }
}
