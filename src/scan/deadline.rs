//! What a scan with a deadline did not get to. Said in one entry, whichever flow ran out of time.

use crate::model::{Coverage, CoverageKind};

/// How much was left out because the time was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Late {
    /// Commits of which nothing was read.
    pub(crate) commits: usize,
    /// Files of other commits.
    pub(crate) files: usize,
    /// Whether it was over before all commits were known.
    pub(crate) uncounted: bool,
}

impl std::ops::AddAssign for Late {
    fn add_assign(&mut self, other: Late) {
        self.commits += other.commits;
        self.files += other.files;
        self.uncounted |= other.uncounted;
    }
}

impl Late {
    /// The entry for it; `None` when everything was read in time.
    pub(crate) fn gap(self) -> Option<Coverage> {
        if self == Late::default() {
            return None;
        }
        let some = |count: usize, noun: &str| match count {
            0 => None,
            1 => Some(format!("1 {noun}")),
            _ => Some(format!("{count} {noun}s")),
        };
        let what: Vec<String> =
            [some(self.commits, "commit"), some(self.files, "file")].into_iter().flatten().collect();
        Some(Coverage {
            kind: CoverageKind::OutOfTime,
            what: match self.uncounted {
                true => format!("more than {} commits", self.commits),
                false => what.join(" and "),
            },
            reason: "not finished: the time for this check was over before they were read".to_owned(),
            remedy: Some("allow more time for it, or push fewer commits at once".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::git::testing::TestRepo;
    use crate::scan::tests::{settings, token};
    use crate::scan::{Target, run};

    #[test]
    fn what_no_flow_got_to_is_a_gap() {
        let repo = TestRepo::new();
        let mut settings = settings();
        settings.directory = repo.path().to_path_buf();
        repo.write("a", "harmless\n");
        repo.commit_all("first");
        repo.write("b", format!("k = {}\n", token(&settings, 1)));
        let tip = repo.commit_all("second");
        repo.write("c", format!("k = {}\n", token(&settings, 2)));
        repo.git(&["add", "."]);
        repo.git(&["tag", "blob", "HEAD:b"]);
        let blob = repo.text(&["rev-parse", "blob"]);
        let gaps = |target: &Target, late: bool| {
            let deadline = late.then(Instant::now);
            let report =
                run(target, &crate::scan::Settings { deadline, ..settings.clone() }).expect("a report");
            assert_eq!((report.is_complete(), report.findings.is_empty()), (!late, late));
            report.coverage.iter().map(|entry| entry.what.clone()).collect::<Vec<_>>()
        };
        let push = |to: &str| Target::Push {
            to: vec![to.to_owned()],
            known: vec![],
            names: vec![],
            remote: "x".to_owned(),
            address: String::new(),
        };
        for (target, what) in [(Target::Staged, "1 file"), (push(&tip), "2 commits"), (push(&blob), "1 file")]
        {
            assert_eq!(gaps(&target, true), [what]);
            assert!(gaps(&target, false).is_empty());
        }
    }

    #[test]
    fn numbers_are_told_as_far_as_they_are_known() {
        let what = |commits, files, uncounted| Late { commits, files, uncounted }.gap().map(|gap| gap.what);
        assert_eq!(what(0, 0, false), None);
        assert_eq!(what(1, 2, false).as_deref(), Some("1 commit and 2 files"));
        assert_eq!(what(256, 0, true).as_deref(), Some("more than 256 commits"));
    }
}
