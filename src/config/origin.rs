//! Values and where they are set.

use std::fmt;
use std::path::PathBuf;

/// Where a value is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built-in default.
    Default,
    /// In a configuration file, with the 1-based line if it is known.
    File(PathBuf, Option<usize>),
    /// In this environment variable.
    Environment(&'static str),
    /// In this command line option.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Origin::File(path, None) => write!(f, "{}", path.display()),
            Origin::Environment(name) | Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value<T> {
    /// The setting.
    pub value: T,
    /// Where it is set.
    pub origin: Origin,
}

impl<T> Value<T> {
    /// Creates a value with its origin.
    pub(crate) fn new(value: T, origin: Origin) -> Value<T> {
        Value { value, origin }
    }
}
