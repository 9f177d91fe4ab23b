//! One file or folder for each command.

pub(crate) mod baseline;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod history;
pub(crate) mod hook;
pub(crate) mod man;
pub(crate) mod range;
pub(crate) mod rules;
pub(crate) mod scan;
pub(crate) mod staged;
