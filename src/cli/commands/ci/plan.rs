//! What to scan according to the variables of a CI system, before the commits are looked up in the repository.

use crate::cli::env::Environment;

/// How to pass explicitly what to scan, as text for the user.
pub(crate) const USAGE_HINT: &str = "pass what to scan: stopleak ci --base REV [--head REV]";

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CiSystem {
    /// Product name.
    pub(crate) name: &'static str,
    /// Setting with which it fetches the full history, as text for the user.
    pub(crate) full_clone: &'static str,
}

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The commits reachable from `head` but not from `base`: a pull request or a merge queue.
    Proposal {
        /// The base commit.
        base: CommitName,
        /// What the base is.
        base_kind: BaseKind,
        /// The target branch. Commits that it contains by now are not new either, and its policy is effective.
        target: Option<String>,
        /// The tip of the target branch, where the system has a variable for it besides that of the base.
        target_tip: Option<CommitName>,
        /// The head commit.
        head: CommitName,
    },
    /// The commits that a push added to a branch or tag.
    Push {
        /// Id of the commit before the push; `None` if the ref is new, or the system has no variable for it.
        before: Option<String>,
        /// The commit after the push.
        head: CommitName,
        /// Name of the branch; `None` for a tag.
        branch: Option<String>,
        /// Name of the default branch, if the system has a variable for it.
        default: Option<String>,
    },
    /// The full history, for this reason.
    FullHistory(String),
    /// No commits, for this reason: a ref was deleted.
    NoCommits(String),
    /// Not known, because a variable is missing: the text names it.
    Unknown(String),
}

/// What the base of a proposal is to the target branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BaseKind {
    /// Its tip, now or when the run was triggered.
    Tip,
    /// The merge base: the commit where the proposal branches off. The target branch may have another policy by now.
    BranchPoint,
}

/// The way in which a CI system names a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommitName {
    /// A full or abbreviated id.
    Id(String),
    /// An id, and the ref of the remote that contains it and that a checkout does not fetch.
    IdInRef {
        /// The id.
        id: String,
        /// Full name of the ref.
        reference: String,
    },
    /// Name of a branch of the remote.
    Branch(String),
    /// Any revision that git accepts, from the command line.
    Revision(String),
}

impl CommitName {
    /// Returns the name as written.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            CommitName::Id(text)
            | CommitName::IdInRef { id: text, .. }
            | CommitName::Branch(text)
            | CommitName::Revision(text) => text,
        }
    }
}

impl Plan {
    /// Creates the plan for a proposal whose base is the tip of the target branch.
    pub(crate) fn proposal(base: CommitName, target: Option<String>, head: CommitName) -> Plan {
        Plan::Proposal { base, base_kind: BaseKind::Tip, target, target_tip: None, head }
    }

    /// Creates the plan for a push to `branch`, for systems that name no default branch but have a variable,
    /// `is_default`, that is `true` if `branch` is the default branch.
    pub(crate) fn push(
        env: &Environment,
        is_default: &str,
        before: Option<String>,
        head: CommitName,
        branch: Option<String>,
    ) -> Plan {
        let is_default = get(env, is_default).is_some_and(|value| value == "true");
        Plan::Push { before, head, default: branch.clone().filter(|_| is_default), branch }
    }
}

/// Returns the value of a variable; `None` if it is not set, empty or not UTF-8.
pub(crate) fn get(env: &Environment, name: &str) -> Option<String> {
    env.get(name)?.to_str().map(str::to_owned)
}

/// The variables that identify the CI systems.
const SYSTEM_VARIABLES: [&str; 7] = [
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BITBUCKET_BUILD_NUMBER",
    "TF_BUILD",
    "CIRCLECI",
    "BUILDKITE",
    "JENKINS_URL",
];

/// Returns whether the process runs on the system that `variable` identifies. In a container that received no such
/// variable of any system, one of the `others` is enough.
pub(crate) fn is_running(env: &Environment, variable: &str, others: &[&str]) -> bool {
    let is_true = |name: &str| get(env, name).is_some_and(|value| !value.eq_ignore_ascii_case("false"));
    let is_set = |name: &&str| get(env, name).is_some();
    is_true(variable)
        || !SYSTEM_VARIABLES.into_iter().any(is_true)
            && get(env, variable).is_none()
            && others.iter().any(is_set)
}

/// Like [`get`], but `false` counts as not set, as in the variables of Buildkite.
pub(crate) fn get_unless_false(env: &Environment, name: &str) -> Option<String> {
    get(env, name).filter(|value| value != "false")
}

/// Returns the name of the branch: `main` for `refs/heads/main` and for `main`; `None` for other refs.
pub(crate) fn branch_name(name: &str) -> Option<String> {
    match name.strip_prefix("refs/heads/") {
        Some(branch) => Some(branch.to_owned()),
        None if name.starts_with("refs/") => None,
        None => Some(name.to_owned()),
    }
}

/// Returns the id of the commit before a push; `None` for the zeros of a ref that did not exist.
pub(crate) fn before(id: Option<String>) -> Option<String> {
    id.filter(|id| !is_zero(id))
}

/// Returns whether this can be a full or abbreviated id. git would parse anything else as a revision.
pub(crate) fn is_id(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns whether this is the null id, with which git writes that there is no object.
pub(crate) fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}
