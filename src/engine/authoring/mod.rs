//! Tools for writing rules: explanations of near misses, samples, descriptions of patterns, tests of examples.

pub mod examples;
pub(crate) mod explain;
pub(crate) mod pattern_description;
pub mod sample;
