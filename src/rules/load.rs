//! Reads the user's rule files. Errors name file and line and what was expected.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::input;
use super::input::LimitError;
use super::lint;
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
    /// A file or folder exceeds a limit.
    #[error("{}: {source}", path.display())]
    Limit {
        /// The file or folder.
        path: PathBuf,
        /// The limit, and what to do.
        source: LimitError,
    },
    /// A folder without rule files.
    #[error("{}: no *.yaml rule file in this folder", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// Most rule files below one folder.
pub(crate) const MAX_FILES: usize = 10_000;
/// Most folders below one folder.
const MAX_FOLDERS: usize = 10_000;
/// Most rules of one file or folder.
pub(crate) const MAX_RULES: usize = 20_000;

/// Loads the rules of one file, or of every `*.yaml` file in a folder and the folders below it, in the order
/// of their paths.
///
/// # Errors
///
/// The first error of the first file that has one, and more rules than the limit.
pub fn load(path: &Path) -> Result<Vec<Rule>, RuleError> {
    let mut rules = Vec::new();
    for file in files(path)? {
        rules.extend(parse(&read(&file)?, &file)?);
        check_count(rules.len(), "rules", MAX_RULES, path)?;
    }
    Ok(rules)
}

/// Returns the file itself, or the rule files of a folder and the folders below it, sorted by path; at least
/// one.
///
/// # Errors
///
/// When `path` cannot be read, is a folder without rule files, or one with more files or folders than the limits.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = list(path)?;
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
/// When the file cannot be read, is no regular file, is larger than the limit, or is not UTF-8.
pub fn read(file: &Path) -> Result<String, RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: file.to_owned(), source };
    let bytes = input::RULE_FILE.read(file).map_err(unreadable)?;
    let limit = |source| RuleError::Limit { path: file.to_owned(), source };
    input::RULE_FILE.check_len(bytes.len()).map_err(limit)?;
    let not_utf8 = |_| io::Error::new(io::ErrorKind::InvalidData, "expected UTF-8 text");
    String::from_utf8(bytes).map_err(not_utf8).map_err(unreadable)
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
    if let Err(source) = input::RULE_FILE.check_yaml(text) {
        return (Vec::new(), vec![RuleError::Limit { path: path.to_owned(), source }]);
    }
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

/// Returns the rule files below a folder. Of folders that links make part of themselves, or that several paths lead to,
/// each is listed once.
fn list(top: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let mut files = Vec::new();
    let mut folders = vec![top.to_owned()];
    let mut seen = HashSet::new();
    while let Some(folder) = folders.pop() {
        let unreadable = |source| RuleError::Unreadable { path: folder.clone(), source };
        if !seen.insert(folder.canonicalize().map_err(unreadable)?) {
            continue;
        }
        check_count(seen.len(), "folders", MAX_FOLDERS, top)?;
        let mut below = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                below.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push(path);
                check_count(files.len(), "rule files", MAX_FILES, top)?;
            }
        }
        // The first in the order of paths is listed first, so that its path is the one that is kept.
        below.sort_unstable_by(|a, b| b.cmp(a));
        folders.append(&mut below);
    }
    Ok(files)
}

/// Checks a number of things below `path`.
///
/// # Errors
///
/// If `count` is above `limit`.
pub(crate) fn check_count(count: usize, what: &str, limit: usize, path: &Path) -> Result<(), RuleError> {
    if count <= limit {
        return Ok(());
    }
    let source = LimitError::too_many(what, limit, "check that this is the right folder");
    Err(RuleError::Limit { path: path.to_owned(), source })
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

    #[test]
    fn a_file_above_a_limit_is_refused_before_it_is_parsed() {
        let long = error_of(&"#".repeat(4_000_001));
        assert!(long.starts_with("r.yaml: larger than 4 MB, the limit for a rule file"), "{long}");
        let deep = error_of(&format!("rules: {}", "[".repeat(100_000)));
        assert!(deep.starts_with("r.yaml: lists and mappings are nested more than 64 deep"), "{deep}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_links_to_itself_is_listed_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let top = folder.path();
        fs::create_dir(top.join("sub")).expect("made");
        fs::write(top.join("sub/r.yaml"), GOOD).expect("written");
        // Two links that each lead to the top would double the paths with each level.
        for link in ["a", "sub/b"] {
            std::os::unix::fs::symlink(top, top.join(link)).expect("linked");
        }
        let files = files(top).expect("readable");
        assert_eq!(files, [top.join("sub/r.yaml")]);
    }

    #[test]
    fn the_number_of_files_is_limited() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for number in 0..=MAX_FILES {
            fs::write(folder.path().join(format!("{number}.yaml")), "").expect("written");
        }
        let error = files(folder.path()).expect_err("too many").to_string();
        assert!(error.contains("there are more than 10000 rule files, the limit"), "{error}");
    }
}
