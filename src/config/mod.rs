//! In: the bytes of `stopleak.yaml`, and the values of variables and flags. Out: settings, each with its origin.
//! Never: access to the environment, or a decision about a finding.
//!
//! The bytes can come from the file system or from a commit. [`Config::from_bytes`] reads no other file.

mod discover;
mod error;
mod file;
mod hooks;
mod item_lines;
mod layers;
mod nearest;
mod origin;
mod size;

pub(crate) use discover::{FILE_NAMES, find};
pub(crate) use error::ConfigError;
pub use file::Config;
pub(crate) use hooks::{AGENT_TIMEOUT, Budget, HookLayer, OnIncomplete};
pub(crate) use layers::{Layer, Resolved};
pub(crate) use nearest::nearest;
pub(crate) use origin::{Origin, Value};
pub(crate) use size::ByteSize;
