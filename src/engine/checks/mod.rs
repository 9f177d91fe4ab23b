//! Offline checks: what the bytes of a match prove about it, without a network.
//!
//! One file per check. `src/rules/check_table.rs` lists them and describes how to add one. Formats that several
//! checks read are in `formats/`.

pub(crate) mod formats;
mod offline_check;
#[cfg(test)]
mod tests;

use super::work_counter;
use crate::rules::Check;
use crate::rules::check_table::for_each_check;

use offline_check::{Matched, OfflineCheck};
pub(crate) use offline_check::{Outcome, apply};

/// Runs one check on a match: `whole` is everything that the pattern matched, `secret` the value in it.
pub(crate) fn verify(check: &Check, whole: &[u8], secret: &[u8]) -> Outcome {
    work_counter::count(whole.len());
    implementation(check).verify(Matched { whole, secret })
}

/// Whether [`complete`] gets the whole match rather than the value in it.
pub(crate) fn completes_whole_match(check: &Check) -> bool {
    implementation(check).completes_whole_match()
}

/// Changes a sample that was drawn from a rule's pattern so that the check passes.
pub(crate) fn complete(check: &Check, sample: &mut Vec<u8>) {
    // Without bytes there is nothing to make a value of.
    if !sample.is_empty() {
        implementation(check).complete(sample);
    }
}

/// The type that implements a check, or its parameters.
macro_rules! implementor {
    ($module:ident::$variant:ident) => {
        &$module::$variant
    };
    ($module:ident::$variant:ident $parameters:ident) => {
        $parameters
    };
}

/// Declares the modules of all checks, and the function that finds the implementation of one.
macro_rules! connect {
    ($($name:literal => $module:ident::$variant:ident $(($field:ident: $parameters:ty))?, $kind:ident, $passes_when:literal;)+) => {
        $(mod $module;)+

        fn implementation(check: &Check) -> &dyn OfflineCheck {
            match check {
                $(Check::$variant $(($field))? => implementor!($module::$variant $($field)?),)+
            }
        }

        /// The modules of all checks.
        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($module)),+];
    };
}

for_each_check!(connect);
