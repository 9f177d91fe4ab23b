//! Compares a commit, or the index, with its parents.
//!
//! Compares ids only: attributes, filters and diff settings have no effect. A pure mode change, or an entry that
//! equals that of any parent, is no change. Renames are not detected here: deleted entries are listed, so that a
//! caller that compares content can pair them.

mod change;
mod index;
mod listing;
mod path_budget;
mod trees;

pub(crate) use change::{Change, Diff, OmittedPaths};
pub(crate) use index::{diff_index, diff_index_with_parents};
pub(crate) use path_budget::{MAX_REPEATED_PATHS, PathBudget};
pub(crate) use trees::TreeDiffer;
#[cfg(test)]
pub(crate) use trees::diff_trees;

#[cfg(all(test, unix))]
mod tests;

#[cfg(test)]
mod properties;
