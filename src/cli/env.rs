//! The process environment, read once. Nothing else reads it (`clippy.toml` sees to that).
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, anyhow};

use crate::config::{Layer, Origin, Value};
use crate::git::env::GitEnv;

/// Variables that set something. `STOPLEAK_CONFIG` and `STOPLEAK_NO_CONFIG` choose the file itself.
const KNOWN: [&str; 8] = [
    "STOPLEAK_BASELINE",
    "STOPLEAK_CONFIDENCE",
    "STOPLEAK_CONFIG",
    "STOPLEAK_FAIL_ON",
    "STOPLEAK_MAX_BLOB_SIZE",
    "STOPLEAK_NO_CONFIG",
    "STOPLEAK_RULES",
    "STOPLEAK_THREADS",
];

/// What the program knows about the process it runs in.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The current directory.
    pub(crate) directory: PathBuf,
    /// How git calls us.
    pub(crate) git: GitEnv,
    /// The running binary, for hooks that call it again.
    pub(crate) executable: Option<PathBuf>,
    /// Width of the terminal, where the shell tells.
    pub(crate) columns: Option<usize>,
    variables: BTreeMap<OsString, OsString>,
}

/// The command line.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

impl Environment {
    /// Reads it.
    pub(crate) fn capture() -> anyhow::Result<Environment> {
        let directory = std::env::current_dir().context("the current directory cannot be read")?;
        Ok(Environment {
            directory,
            git: GitEnv::capture(),
            executable: std::env::current_exe().ok(),
            columns: std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|n| *n > 0),
            variables: std::env::vars_os().collect(),
        })
    }

    /// A variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// What the `STOPLEAK_*` variables set.
    pub(crate) fn layer(&self) -> anyhow::Result<Layer> {
        let path = |name: &'static str| {
            self.get(name).map(|value| Value::new(PathBuf::from(value), Origin::Environment(name)))
        };
        let rules = self.get("STOPLEAK_RULES").into_iter().flat_map(std::env::split_paths);
        Ok(Layer {
            confidence: self.parse("STOPLEAK_CONFIDENCE")?,
            fail_on: self.parse("STOPLEAK_FAIL_ON")?,
            max_blob_size: self.parse("STOPLEAK_MAX_BLOB_SIZE")?,
            threads: self.parse("STOPLEAK_THREADS")?,
            baseline: path("STOPLEAK_BASELINE"),
            rule_files: rules.map(|path| Value::new(path, Origin::Environment("STOPLEAK_RULES"))).collect(),
            ..Layer::default()
        })
    }

    /// Variables that look like ours and are not.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = String> {
        let names = self.variables.keys().map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("STOPLEAK_") && !KNOWN.contains(&name.as_str()))
    }

    /// The names of our variables.
    pub(crate) fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.into_iter()
    }

    /// Whether a variable says yes. What is neither yes nor no is an error.
    pub(crate) fn says_yes(&self, name: &'static str) -> anyhow::Result<bool> {
        match self.get(name).map(OsStr::as_encoded_bytes) {
            None | Some(b"0" | b"false" | b"no") => Ok(false),
            Some(b"1" | b"true" | b"yes") => Ok(true),
            Some(_) => Err(anyhow!("{name}: expected 1 or 0")),
        }
    }

    /// One with these variables and nothing else.
    #[cfg(test)]
    pub(crate) fn of_variables(variables: &[(&str, &str)]) -> Environment {
        Environment {
            directory: PathBuf::from("/"),
            git: GitEnv::default(),
            executable: None,
            columns: None,
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        }
    }

    fn parse<T>(&self, name: &'static str) -> anyhow::Result<Option<Value<T>>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let Some(text) = self.get(name) else { return Ok(None) };
        let text = text.to_str().ok_or_else(|| anyhow!("{name}: expected UTF-8 text"))?;
        let value = text.parse().map_err(|error| anyhow!("{name}: {error}"))?;
        Ok(Some(Value::new(value, Origin::Environment(name))))
    }
}
