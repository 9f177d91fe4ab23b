//! In: YAML (the user's files) and JSON (the built-in set). Out: a [`RuleSet`]. Never: scanned bytes.

pub mod syntax;

pub use syntax::{Check, Rule, RuleFile};
