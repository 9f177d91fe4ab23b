//! What each feature adds to the score of a value: tables that `build.rs` generates from `weights.yaml` and
//! `letters.txt`.

/// A feature of a name and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feature {
    pub(crate) weight: i16,
    /// The phrase for people.
    pub(crate) why: &'static str,
}

// MEDIUM, LOW, a `Feature` for each of `features`, a list for each of `words`, LETTERS
include!(concat!(env!("OUT_DIR"), "/weights.rs"));
