//! The process environment, read once. `clippy.toml` forbids reading it elsewhere.
#![expect(clippy::disallowed_methods, reason = "the only file that reads the environment")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, anyhow};

use crate::config::{Layer, Origin, Value};
use crate::git::env::GitEnv;

/// Variables that stopleak reads. `STOPLEAK_CONFIG` and `STOPLEAK_NO_CONFIG` select the configuration file; the
/// others are settings.
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

/// Environment of the process.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// The current directory.
    pub(crate) directory: PathBuf,
    /// Variables that git sets for its hooks.
    pub(crate) git: GitEnv,
    /// Path of the running binary, which installed hooks call.
    pub(crate) executable: Option<PathBuf>,
    /// Width of the terminal in columns, from `COLUMNS` (which few shells export).
    pub(crate) columns: Option<usize>,
    variables: BTreeMap<OsString, OsString>,
}

/// Returns the command line arguments, the program's name first.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

impl Environment {
    /// Reads the environment of the process.
    ///
    /// # Errors
    ///
    /// The current directory cannot be read.
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

    /// Returns the value of a variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Returns the settings of the `STOPLEAK_*` variables.
    ///
    /// # Errors
    ///
    /// A value that is not UTF-8 or not valid for its setting.
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

    /// Returns the names of set variables that begin with `STOPLEAK_` and that stopleak does not read.
    pub(crate) fn unknown_variables(&self) -> impl Iterator<Item = String> {
        let names = self.variables.keys().map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("STOPLEAK_") && !KNOWN.contains(&name.as_str()))
    }

    /// Returns the names of the variables that stopleak reads.
    pub(crate) fn known_variables() -> impl Iterator<Item = &'static str> {
        KNOWN.into_iter()
    }

    /// Returns `path` relative to the current directory where it is below it, as the user would write it; otherwise
    /// unchanged.
    pub(crate) fn relative(&self, path: PathBuf) -> PathBuf {
        path.strip_prefix(&self.directory).map(Path::to_path_buf).unwrap_or(path)
    }

    /// Returns whether a variable is set to 1, true or yes.
    ///
    /// # Errors
    ///
    /// A value other than these and 0, false or no.
    pub(crate) fn is_enabled(&self, name: &'static str) -> anyhow::Result<bool> {
        match self.get(name).map(OsStr::as_encoded_bytes) {
            None | Some(b"0" | b"false" | b"no") => Ok(false),
            Some(b"1" | b"true" | b"yes") => Ok(true),
            Some(_) => Err(anyhow!("{name}: expected 1 or 0")),
        }
    }

    /// Creates an environment with these variables only.
    #[cfg(test)]
    pub(crate) fn from_variables(variables: &[(&str, &str)]) -> Environment {
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
