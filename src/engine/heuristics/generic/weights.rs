//! What each feature adds to a value's evidence: the tables that `build.rs` makes of `weights.yaml` and
//! `letters.txt`.

/// Something that can be said of a name and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feature {
    pub(crate) weight: i16,
    pub(crate) why: &'static str,
}

// MEDIUM, LOW, a Feature for each feature, a list for each of `words`, LETTERS
include!(concat!(env!("OUT_DIR"), "/weights.rs"));
