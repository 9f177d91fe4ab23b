//! Values without words.

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::engine::heuristics::generic::shape;
use crate::model::Evidence;

/// Passes values in which letters do not follow each other as in words.
pub(crate) struct Wordless;

impl OfflineCheck for Wordless {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        let is_wordless = !shape::is_wordlike(secret);
        if is_wordless { Outcome::Plausible(Evidence::Wordless) } else { Outcome::Rejected }
    }
}
