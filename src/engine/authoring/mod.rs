//! Tools for writing rules: explanation of a miss, samples, a description of the pattern, examples.

pub mod examples;
pub mod explain;
pub mod pattern_description;
pub mod sample;
