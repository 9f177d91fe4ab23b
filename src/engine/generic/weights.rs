//! What each feature adds to a value's evidence: the tables that `build.rs` makes of `weights.yaml` and
//! `letters.txt`.

/// Something that can be said of a name and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feature {
    pub(super) weight: i16,
    pub(super) why: &'static str,
}

// MEDIUM, LOW, a Feature for each feature, a list for each of `words`, LETTERS
include!(concat!(env!("OUT_DIR"), "/weights.rs"));
