//! Values of letters and digits.

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Passes values with a letter and a digit, as any long machine-made value has.
pub(crate) struct LettersAndDigits;

impl OfflineCheck for LettersAndDigits {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        let has_both = secret.iter().any(u8::is_ascii_alphabetic) && secret.iter().any(u8::is_ascii_digit);
        if has_both { Outcome::Plausible(Evidence::LettersAndDigits) } else { Outcome::Rejected }
    }
}
