//! What a deadline left unread: one entry of the report, whichever flow ran out of time.

use crate::model::Unscanned;

use super::blob::unscanned::out_of_time;

/// How much was not read before the deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeadlineRemainder {
    /// Commits of which nothing was read.
    pub(crate) commits: usize,
    /// Files of other commits, or staged files.
    pub(crate) files: usize,
    /// Trees that refs name directly, of which not all files were found.
    pub(crate) trees: usize,
    /// Whether the deadline came before all commits were counted.
    pub(crate) is_partial_count: bool,
}

impl std::ops::AddAssign for DeadlineRemainder {
    fn add_assign(&mut self, other: DeadlineRemainder) {
        self.commits += other.commits;
        self.files += other.files;
        self.trees += other.trees;
        self.is_partial_count |= other.is_partial_count;
    }
}

impl DeadlineRemainder {
    /// Whether everything was read in time.
    pub(crate) fn is_empty(self) -> bool {
        self == DeadlineRemainder::default()
    }

    /// Returns the report entry; `None` when everything was read in time.
    pub(crate) fn unscanned(self) -> Option<Unscanned> {
        if self.is_empty() {
            return None;
        }
        let counted = |count: usize, noun: &str| match count {
            0 => None,
            1 => Some(format!("1 {noun}")),
            _ => Some(format!("{count} {noun}s")),
        };
        let counts =
            [counted(self.commits, "commit"), counted(self.trees, "tree"), counted(self.files, "file")];
        let what: Vec<String> = counts.into_iter().flatten().collect();
        let what = match self.is_partial_count {
            true => format!("more than {} commits", self.commits),
            false => what.join(" and "),
        };
        Some(out_of_time(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_given_as_far_as_they_are_known() {
        let what = |commits, files, is_partial_count| {
            DeadlineRemainder { commits, files, trees: 0, is_partial_count }
                .unscanned()
                .map(|entry| entry.what)
        };
        assert_eq!(what(0, 0, false), None);
        assert_eq!(what(1, 2, false).as_deref(), Some("1 commit and 2 files"));
        assert_eq!(what(256, 0, true).as_deref(), Some("more than 256 commits"));
    }
}
