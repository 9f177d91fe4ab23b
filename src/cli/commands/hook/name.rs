//! The git hooks that stopleak can run as.

use clap::ValueEnum;

/// A git hook that stopleak can run as.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookName {
    /// Before a commit: scans the staged changes.
    PreCommit,
    /// Before the commit of a merge without conflicts, for which git does not run pre-commit.
    PreMergeCommit,
    /// Before a commit: scans its message.
    CommitMsg,
    /// Before a push: scans every commit that the remote does not have.
    PrePush,
    /// In a repository that receives pushes: scans every commit that it does not have.
    PreReceive,
}

impl HookName {
    /// All hooks.
    pub(crate) const ALL: [HookName; 5] = [
        HookName::PreCommit,
        HookName::PreMergeCommit,
        HookName::CommitMsg,
        HookName::PrePush,
        HookName::PreReceive,
    ];

    /// Returns git's name of the hook.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            HookName::PreCommit => "pre-commit",
            HookName::PreMergeCommit => "pre-merge-commit",
            HookName::CommitMsg => "commit-msg",
            HookName::PrePush => "pre-push",
            HookName::PreReceive => "pre-receive",
        }
    }

    /// Returns whether git passes the hook a list of refs on standard input.
    pub(crate) fn has_input(self) -> bool {
        matches!(self, HookName::PrePush | HookName::PreReceive)
    }

    /// Returns whether another hook of this name can still change the content that stopleak scans.
    pub(crate) fn may_change_content(self) -> bool {
        !self.has_input()
    }

    /// Returns for which commands git runs the hook, as text for the user.
    pub(crate) fn runs_for(self) -> &'static str {
        match self {
            HookName::PreCommit => {
                "commit (also with -a and --amend, for reword in a rebase, and to conclude a merge, cherry-pick or \
                 revert by hand)"
            }
            HookName::PreMergeCommit => "merges without conflicts (also by pull)",
            HookName::CommitMsg => "commit, merge, and reword in a rebase",
            HookName::PrePush => "push, so it also checks commits made by cherry-pick, rebase and am",
            HookName::PreReceive => "every push to this repository; the pusher cannot skip it",
        }
    }

    /// Returns for which commands git does not run the hook, as text for the user.
    pub(crate) fn does_not_run_for(self) -> &'static str {
        match self {
            HookName::PreCommit => {
                "merges, cherry-picks and reverts without conflicts, other rebase steps (also rebase --continue), am, \
                 stash, --no-verify, and commits made without the git command (web pages, some IDEs)"
            }
            HookName::PreMergeCommit => {
                "fast-forwards, merges with conflicts or --no-commit (pre-commit checks those), merges in a rebase, \
                 --no-verify, and merges made on a web page"
            }
            HookName::CommitMsg => {
                "cherry-picks and reverts without conflicts, other rebase steps, am, tags and notes, --no-verify, and \
                 commits made without the git command"
            }
            HookName::PrePush => "--no-verify, and pushes made without the git command",
            HookName::PreReceive => {
                "commits that are fetched into this repository; hosted services do not run your hooks"
            }
        }
    }
}
