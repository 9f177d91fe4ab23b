//! Limits of the files that people write for stopleak, checked before they are parsed.
//!
//! Such a file can come with a repository, and parsers need time and memory that grow faster than the file. Each limit is
//! far above what people write.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;

use super::regular_file;
use super::yaml_depth;

/// Most nested lists and mappings of a YAML file. The formats need at most eight.
const MAX_DEPTH: usize = 64;

/// A kind of input and its largest size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputKind {
    /// Name in messages: `a configuration file`.
    pub(crate) name: &'static str,
    /// Largest size in megabytes (millions of bytes).
    pub(crate) megabytes: u64,
    /// What to do about a larger one.
    pub(crate) remedy: &'static str,
}

/// `stopleak.yaml`.
pub(crate) const CONFIG: InputKind = InputKind {
    name: "a configuration file",
    megabytes: 1,
    remedy: "check that this is the right file, and write one glob for each folder instead of one for each file",
};

/// A rule file.
pub(crate) const RULE_FILE: InputKind = InputKind {
    name: "a rule file",
    megabytes: 4,
    remedy: "check that this is the right file, and split it: --rules accepts a folder",
};

/// `.stopleak-baseline`.
pub(crate) const BASELINE: InputKind = InputKind {
    name: "a baseline",
    megabytes: 256,
    remedy: "check that this is the right file; in a repository with so many findings, leave out paths with skip-paths",
};

/// An input that exceeds a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{excess}; {remedy}")]
pub struct LimitError {
    /// The limit, and what exceeds it.
    excess: String,
    /// What to do about it.
    remedy: &'static str,
}

impl LimitError {
    /// Creates the error of an input with more than `limit` entries.
    pub(crate) fn too_many(what: &str, limit: usize, remedy: &'static str) -> LimitError {
        LimitError { excess: format!("there are more than {limit} {what}, the limit"), remedy }
    }
}

impl InputKind {
    /// Largest size in bytes.
    fn bytes(self) -> u64 {
        self.megabytes * 1_000_000
    }

    /// Checks the size of an input.
    ///
    /// # Errors
    ///
    /// If `len`, in bytes, is above the limit.
    pub(crate) fn check_len(self, len: usize) -> Result<(), LimitError> {
        if len as u64 <= self.bytes() {
            return Ok(());
        }
        let InputKind { name, megabytes, remedy } = self;
        Err(LimitError { excess: format!("larger than {megabytes} MB, the limit for {name}"), remedy })
    }

    /// Checks the size of a YAML text, and how deep its lists and mappings are nested.
    ///
    /// # Errors
    ///
    /// If one of them is above its limit.
    pub(crate) fn check_yaml(self, text: &str) -> Result<(), LimitError> {
        self.check_len(text.len())?;
        if yaml_depth::is_deeper_than(text, MAX_DEPTH) {
            let excess = format!("lists and mappings are nested more than {MAX_DEPTH} deep, the limit");
            return Err(LimitError { excess, remedy: "put text with brackets into quotes" });
        }
        Ok(())
    }

    /// Reads the file at `path`. Of a larger one, only one byte more than the limit is read, so that
    /// [`InputKind::check_len`] refuses it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no regular file ([`regular_file::check`]).
    pub(crate) fn read(self, path: &Path) -> io::Result<Vec<u8>> {
        regular_file::check(path)?;
        self.read_from(File::open(path)?)
    }

    /// Like [`InputKind::read`], for an open file or stream.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn read_from(self, input: impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        input.take(self.bytes() + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: InputKind = InputKind { name: "a list", megabytes: 1, remedy: "shorten it" };

    #[test]
    fn an_input_without_end_is_read_to_one_byte_over_the_limit() {
        let bytes = KIND.read_from(io::repeat(b'a')).expect("readable");
        assert_eq!(bytes.len(), 1_000_001);
        let error = KIND.check_len(bytes.len()).expect_err("too long").to_string();
        assert_eq!(error, "larger than 1 MB, the limit for a list; shorten it");
        assert_eq!(KIND.check_len(1_000_000), Ok(()));
    }

    #[test]
    fn nesting_is_limited() {
        let nested =
            |depth: usize| KIND.check_yaml(&format!("a: {}{}", "[".repeat(depth), "]".repeat(depth)));
        assert_eq!(nested(MAX_DEPTH), Ok(()));
        let error = nested(MAX_DEPTH + 1).expect_err("too deep").to_string();
        assert!(error.starts_with("lists and mappings are nested more than 64 deep"), "{error}");
    }
}
