//! The keys of `stopleak.yaml` and their parser.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::ConfigError;
use super::hooks::HookKeys;
use super::item_lines::ItemLines;
use super::nearest::nearest;
use super::size::ByteSize;
use crate::model::Confidence;
use crate::rules::LimitError;
use crate::rules::input;

/// Most entries of one list. Each glob of `skip-paths` is compiled in every run.
const MAX_ITEMS: usize = 10_000;

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The text as written.
    pub text: String,
    /// 1-based line, if it is known.
    pub line: Option<usize>,
}

/// A parsed configuration file, not yet merged with other layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Path of the file, for messages. Relative paths in the file are relative to its folder.
    pub path: PathBuf,
    /// Globs of files that are not scanned, relative to the root of the repository.
    pub skip_paths: Vec<Item>,
    /// Ids of rules that are off.
    pub rules_off: Vec<Item>,
    /// Rule files and folders, relative to this file.
    pub rule_files: Vec<Item>,
    /// Lowest confidence that is reported.
    pub confidence: Option<Confidence>,
    /// Lowest confidence that makes a run fail.
    pub fail_on: Option<Confidence>,
    /// Size above which files and objects are not scanned; each is reported as unscanned.
    pub max_blob_size: Option<ByteSize>,
    /// Path of the baseline, relative to this file.
    pub baseline: Option<PathBuf>,
    /// The keys below `hooks:`.
    pub hooks: HookKeys,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a mapping of settings")]
struct Syntax {
    skip_paths: Option<Vec<String>>,
    rules: Option<Rules>,
    confidence: Option<Confidence>,
    fail_on: Option<Confidence>,
    max_blob_size: Option<ByteSize>,
    baseline: Option<PathBuf>,
    hooks: Option<HookKeys>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "a mapping with `off` and `files`")]
struct Rules {
    off: Option<Vec<String>>,
    files: Option<Vec<String>>,
}

impl Config {
    /// Parses the content of a configuration file. `path` is its name in messages and the base of relative paths in it;
    /// the file system is not accessed. An empty file sets nothing.
    ///
    /// # Errors
    ///
    /// `ConfigError::Syntax` for bytes that are not UTF-8 or YAML, unknown keys and values of the wrong type;
    /// `ConfigError::Limit` for a file that is too long, too deeply nested, or has a list with too many entries.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Config, ConfigError> {
        let fail = |at, message: String| ConfigError::Syntax { path: path.to_path_buf(), at, message };
        let limit = |source| ConfigError::Limit { path: path.to_path_buf(), source };
        input::CONFIG.check_len(bytes.len()).map_err(limit)?;
        let text = std::str::from_utf8(bytes).map_err(|error| {
            fail(Some((line_at(bytes, error.valid_up_to()), 1)), "expected UTF-8 text".into())
        })?;
        input::CONFIG.check_yaml(text).map_err(limit)?;
        let syntax: Option<Syntax> = serde_yaml::from_str(text).map_err(|error| {
            let at = error.location().map(|location| (location.line(), location.column()));
            fail(at, explain(&error.to_string()))
        })?;
        let syntax = syntax.unwrap_or_default();
        let rules = syntax.rules.unwrap_or_default();
        let items = |key: &str, list: Option<Vec<String>>| -> Result<Vec<Item>, ConfigError> {
            let list = list.unwrap_or_default();
            if list.len() > MAX_ITEMS {
                let what = format!("entries in {key}");
                return Err(limit(LimitError::too_many(
                    &what,
                    MAX_ITEMS,
                    "write a glob or a folder for many of them",
                )));
            }
            let mut lines = ItemLines::new(text);
            Ok(list.into_iter().map(|item| Item { line: lines.line_of(&item), text: item }).collect())
        };
        Ok(Config {
            path: path.to_path_buf(),
            skip_paths: items("skip-paths", syntax.skip_paths)?,
            rules_off: items("rules: off", rules.off)?,
            rule_files: items("rules: files", rules.files)?,
            confidence: syntax.confidence,
            fail_on: syntax.fail_on,
            max_blob_size: syntax.max_blob_size,
            baseline: syntax.baseline,
            hooks: syntax.hooks.unwrap_or_default(),
        })
    }

    /// Reads and parses the file at `path`.
    ///
    /// # Errors
    ///
    /// As for [`Config::from_bytes`], and a file that cannot be read.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let bytes = input::CONFIG
            .read(path)
            .map_err(|source| ConfigError::Io { path: path.to_path_buf(), source })?;
        Config::from_bytes(path, &bytes)
    }

    /// Resolves a `path` in the file against the folder of the file.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// Returns the 1-based line of the byte at `offset`.
fn line_at(bytes: &[u8], offset: usize) -> usize {
    bytes[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Rewrites a message of the YAML parser with the terms of the documentation (key, list), and adds the nearest known key.
fn explain(message: &str) -> String {
    // The position already precedes the message.
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let terms = [
        ("a sequence", "a list"),
        ("type: sequence", "type: list"),
        ("unknown field", "unknown key"),
        ("duplicate field", "duplicate key"),
    ];
    let message = terms.iter().fold(message.to_owned(), |text, (from, to)| text.replace(from, to));
    // The value is left out: the path may be of another file than intended, with secrets in it.
    if let Some((context, rest)) = message.split_once("invalid type: string \"")
        && let Some((_, expected)) = rest.rsplit_once("\", expected ")
    {
        return format!("{context}invalid type: string, expected {expected}");
    }
    for (start, noun) in [("unknown key `", "keys"), ("unknown variant `", "words")] {
        if let Some((context, rest)) = message.split_once(start)
            && let Some((word, expected)) = rest.split_once("`, expected ")
        {
            let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
            let what = start.trim_end_matches('`').replace("variant", "word");
            let hint = nearest(word, known.iter().copied())
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            return format!("{context}{what}`{word}`{hint} (known {noun}: {})", known.join(", "));
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OnIncomplete;

    fn read(text: &str) -> Result<Config, String> {
        Config::from_bytes(Path::new("sub/stopleak.yaml"), text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_is_read() {
        let text = "skip-paths: [vendor/**]\nrules:\n  off:\n    - demo-token\n  files: ['own.yaml']\n\
                    confidence: low\nfail-on: high\nmax-blob-size: 10MB\nbaseline: known\n\
                    hooks: {receive-budget: 5s, receive-unfinished: warn, receive-marks: true, agent-unreadable: warn,\n\
                    \u{20}agent-budget: 25s}\n";
        let config = read(text).expect("a configuration");
        assert_eq!(config.skip_paths, [Item { text: "vendor/**".into(), line: Some(1) }]);
        assert_eq!(config.rules_off, [Item { text: "demo-token".into(), line: Some(4) }]);
        assert_eq!(config.rule_files, [Item { text: "own.yaml".into(), line: Some(5) }]);
        assert_eq!((config.confidence, config.fail_on), (Some(Confidence::Low), Some(Confidence::High)));
        assert_eq!(config.max_blob_size, Some(ByteSize::megabytes(10)));
        assert_eq!(config.resolve(config.baseline.as_ref().expect("given")), Path::new("sub/known"));
        let hooks = HookKeys {
            receive_budget: "5s".parse().ok(),
            receive_unfinished: Some(OnIncomplete::Warn),
            receive_marks: Some(true),
            agent_unreadable: Some(OnIncomplete::Warn),
            agent_budget: "25s".parse().ok(),
        };
        assert_eq!(config.hooks, hooks);
    }

    #[test]
    fn an_agent_cannot_wait_longer_than_its_hook() {
        let error = read("hooks: {agent-budget: 26s}").expect_err("too long");
        assert!(error.contains("expected at most 25s"), "{error}");
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        for text in ["", "# only a comment\n", "---\n", "rules:\nskip-paths:\nhooks:\n"] {
            let config = read(text).expect("a configuration");
            assert_eq!(config, Config { path: config.path.clone(), ..Config::default() });
        }
    }

    #[test]
    fn errors_name_the_position_the_problem_and_the_nearest_key() {
        let message = |text: &str| read(text).expect_err("an error");
        insta::assert_snapshot!(
            [
                "skip-paths: [a]\nskip-path: [b]\n",
                "rules:\n  of: [a]\n",
                "\nconfidence: hihg\n",
                "fail-on: 3\n",
                "skip-paths: vendor\n",
                "rules: [a]\n",
                "- a\n",
                "max-blob-size: lots\n",
                "max-blob-size: [1]\n",
                "a: [\n",
                "confidence: low\nconfidence: high\n",
                "colour: red\n",
            ]
            .map(message)
            .join("\n"),
            @r#"
        sub/stopleak.yaml:2:1: unknown key `skip-path`; did you mean `skip-paths`? (known keys: skip-paths, rules, confidence, fail-on, max-blob-size, baseline, hooks)
        sub/stopleak.yaml:2:3: rules: unknown key `of`; did you mean `off`? (known keys: off, files)
        sub/stopleak.yaml:2:13: confidence: unknown word `hihg`; did you mean `high`? (known words: low, medium, high)
        sub/stopleak.yaml:1:10: fail-on: unknown word `3` (known words: low, medium, high)
        sub/stopleak.yaml:1:13: skip-paths: invalid type: string, expected a list
        sub/stopleak.yaml:1:8: rules: invalid type: list, expected a mapping with `off` and `files`
        sub/stopleak.yaml:1:1: invalid type: list, expected a mapping of settings
        sub/stopleak.yaml:1:16: max-blob-size: expected a size of at least one byte: 500KB, 100MB, 64MiB, 1GB
        sub/stopleak.yaml:1:16: max-blob-size: invalid type: list, expected a size such as 100MB
        sub/stopleak.yaml:1:1: unknown key `a` (known keys: skip-paths, rules, confidence, fail-on, max-blob-size, baseline, hooks)
        sub/stopleak.yaml:1:1: duplicate key `confidence`
        sub/stopleak.yaml:1:1: unknown key `colour` (known keys: skip-paths, rules, confidence, fail-on, max-blob-size, baseline, hooks)
        "#
        );
        let error = Config::from_bytes(Path::new("x.yaml"), b"a: b\n\xff").expect_err("not UTF-8");
        assert_eq!(error.to_string(), "x.yaml:2:1: expected UTF-8 text");
    }

    #[test]
    fn a_file_above_a_limit_is_refused_before_it_is_parsed() {
        let long = "a".repeat(1_000_001);
        assert!(
            read(&long).expect_err("too long").starts_with("sub/stopleak.yaml: larger than 1 MB, the limit")
        );
        let deep = read(&format!("skip-paths: {}", "[".repeat(100_000))).expect_err("too deep");
        assert!(
            deep.starts_with("sub/stopleak.yaml: lists and mappings are nested more than 64 deep"),
            "{deep}"
        );
        let list = |count: usize| read(&format!("skip-paths: [{}]", "a,".repeat(count)));
        assert_eq!(list(MAX_ITEMS).expect("allowed").skip_paths.len(), MAX_ITEMS);
        let many = list(MAX_ITEMS + 1).expect_err("too many");
        assert!(
            many.starts_with("sub/stopleak.yaml: there are more than 10000 entries in skip-paths"),
            "{many}"
        );
    }
}
