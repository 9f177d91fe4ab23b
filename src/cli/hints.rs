//! From the kind of an error to one line of help.

use crate::config::{ConfigError, Origin};
use crate::git::repo::RepoError;
use crate::scan::ScanError;

/// What the user can do about `error`; `None` where its own text says it all.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<ScanError>() {
            return of_scan(error);
        }
        if let Some(error) = cause.downcast_ref::<RepoError>() {
            return of_repository(error);
        }
        cause.downcast_ref::<ConfigError>().and_then(of_config)
    })
}

fn of_scan(error: &ScanError) -> Option<String> {
    match error {
        ScanError::NoRules => Some(NO_RULES.to_owned()),
        ScanError::Repo(error) => of_repository(error),
        _ => None,
    }
}

fn of_repository(error: &RepoError) -> Option<String> {
    match error {
        RepoError::NotARepository { .. } => Some(NOT_A_REPOSITORY.to_owned()),
        RepoError::UnknownRevision { rev } => Some(unknown_revision(rev)),
        RepoError::UnsafeOwnership { path } => {
            Some(format!("if you trust it: git config --global --add safe.directory {}", path.display()))
        }
        RepoError::NotARange { .. } => {
            Some("give two revisions: stopleak range origin/main..HEAD".to_owned())
        }
        RepoError::NoMergeBase { .. } => {
            Some("the clone may be too shallow: git fetch --unshallow (in CI: fetch-depth: 0)".to_owned())
        }
        _ => None,
    }
}

fn of_config(error: &ConfigError) -> Option<String> {
    match error {
        ConfigError::TwoFiles { .. } | ConfigError::Io { .. } => None,
        ConfigError::Value { origin: Origin::Flag("--only" | "--skip"), .. } => {
            Some("stopleak rules list shows every rule".to_owned())
        }
        ConfigError::Value { origin: Origin::Flag(_), .. } => None,
        ConfigError::Syntax { .. } | ConfigError::Value { .. } => {
            Some("stopleak config check reads the configuration and scans nothing".to_owned())
        }
    }
}

const NOT_A_REPOSITORY: &str = "run it inside a git repository, or read plain files with: stopleak scan PATH";
const NO_RULES: &str = "every rule is switched off; see `rules: off` in the configuration, --only and --skip";

/// A branch of a remote names its fetch; anything else may be missing from a shallow clone.
fn unknown_revision(rev: &str) -> String {
    // `origin/main~5` is of the branch `main`.
    let name = rev.split(['~', '^', '@', ':']).next().unwrap_or(rev);
    match name.split_once('/') {
        Some((remote, branch)) if !branch.is_empty() && !rev.starts_with('-') => {
            format!("fetch it first: git fetch {remote} {branch}")
        }
        _ => "fetch it first: git fetch (a shallow clone: git fetch --unshallow)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_with_what_to_do() {
        let rev = |rev: &str| hint(&RepoError::UnknownRevision { rev: rev.into() }.into()).expect("a hint");
        assert_eq!(rev("origin/main"), "fetch it first: git fetch origin main");
        assert_eq!(rev("origin/main~5^2"), "fetch it first: git fetch origin main");
        assert!(rev("v1").contains("--unshallow"));
        let nested = anyhow::Error::from(RepoError::NotARepository { path: "x".into() }).context("hooks");
        assert_eq!(hint(&nested).as_deref(), Some(NOT_A_REPOSITORY));
        assert_eq!(hint(&anyhow::anyhow!("something else")), None);
    }
}
