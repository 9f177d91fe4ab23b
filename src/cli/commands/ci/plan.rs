//! What a CI system says is to be scanned, before anything is looked up in the repository.

use crate::cli::env::Environment;

/// One CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct System {
    /// What people call it.
    pub(crate) name: &'static str,
    /// What makes its checkout hold all of history.
    pub(crate) whole_history: &'static str,
}

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Every commit of `head` that `base` lacks: a pull request, a merge queue.
    Proposal {
        /// Where it starts.
        base: Name,
        /// The branch that it is for: what that has by now is nothing new either.
        target: Option<String>,
        /// Where it ends.
        head: Name,
    },
    /// What came to a branch or tag.
    Push {
        /// Where it was before; `None` when it is new, or the system does not tell.
        before: Option<String>,
        /// Where it is now.
        head: Name,
        /// The branch, unless it is a tag.
        branch: Option<String>,
        /// The repository's default branch, where the system tells.
        default: Option<String>,
    },
    /// The whole history, because of this.
    All(String),
    /// A ref was deleted: nothing came.
    Nothing(String),
    /// What should be told is not.
    Lost(String),
}

/// A commit by what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// An id, perhaps a short one.
    Id(String),
    /// An id, and the ref by which the remote has it: no checkout fetches that by itself.
    At {
        /// The id.
        id: String,
        /// The full name of the ref.
        reference: String,
    },
    /// A branch of the remote.
    Branch(String),
    /// Whatever the user typed.
    Revision(String),
}

impl Name {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Name::Id(text) | Name::At { id: text, .. } | Name::Branch(text) | Name::Revision(text) => text,
        }
    }
}

impl Plan {
    /// What came to `branch`, where the system tells only of this branch whether it is the default one:
    /// `is_default` is the variable that says `true`.
    pub(crate) fn push(
        env: &Environment,
        is_default: &str,
        before: Option<String>,
        head: Name,
        branch: Option<String>,
    ) -> Plan {
        let is_default = get(env, is_default).is_some_and(|value| value == "true");
        Plan::Push { before, head, default: branch.clone().filter(|_| is_default), branch }
    }
}

/// A variable that is text; an empty one is none.
pub(crate) fn get(env: &Environment, name: &str) -> Option<String> {
    env.get(name)?.to_str().map(str::to_owned)
}

/// The variables by which systems say that they run.
const SIGNS: [&str; 7] = [
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BITBUCKET_BUILD_NUMBER",
    "TF_BUILD",
    "CIRCLECI",
    "BUILDKITE",
    "JENKINS_URL",
];

/// Whether the system runs whose sign this is. In a container that got no sign of any system, one of its `others`
/// does as well.
pub(crate) fn runs(env: &Environment, sign: &str, others: &[&str]) -> bool {
    let says_so = |sign: &str| get(env, sign).is_some_and(|value| !value.eq_ignore_ascii_case("false"));
    let is_there = |name: &&str| get(env, name).is_some();
    says_so(sign)
        || !SIGNS.into_iter().any(says_so) && get(env, sign).is_none() && others.iter().any(is_there)
}

/// The same where `false` means none, as Buildkite writes it.
pub(crate) fn get_unless_false(env: &Environment, name: &str) -> Option<String> {
    get(env, name).filter(|value| value != "false")
}

/// `refs/heads/main` and `main` are the branch `main`; another ref is none.
pub(crate) fn branch_of(name: &str) -> Option<String> {
    match name.strip_prefix("refs/heads/") {
        Some(branch) => Some(branch.to_owned()),
        None if name.starts_with("refs/") => None,
        None => Some(name.to_owned()),
    }
}

/// The id of what was there before; `None` for the zeros that mean nothing was.
pub(crate) fn before(id: Option<String>) -> Option<String> {
    id.filter(|id| !is_zero(id))
}

/// Whether this can be the id of an object, perhaps a short one. Everything else would be read as a revision.
pub(crate) fn is_id(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether these are the zeros by which git says that there is no object.
pub(crate) fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}
