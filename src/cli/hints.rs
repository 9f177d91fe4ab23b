//! One line of help for each kind of error.

use crate::config::{ConfigError, Origin};
use crate::git::repo::RepoError;
use crate::scan::ScanError;

/// Returns what the user can do about `error`; `None` if the error itself is sufficient.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<ScanError>() {
            return scan_hint(error);
        }
        if let Some(error) = cause.downcast_ref::<RepoError>() {
            return repo_hint(error);
        }
        cause.downcast_ref::<ConfigError>().and_then(config_hint)
    })
}

fn scan_hint(error: &ScanError) -> Option<String> {
    match error {
        ScanError::NoRules => Some(NO_RULES.to_owned()),
        ScanError::Repo(error) => repo_hint(error),
        _ => None,
    }
}

fn repo_hint(error: &RepoError) -> Option<String> {
    match error {
        RepoError::NotARepository { .. } => Some(NOT_A_REPOSITORY.to_owned()),
        RepoError::UnknownRevision { rev } => Some(unknown_revision(rev)),
        RepoError::UnsafeOwnership { path } => {
            Some(format!("if you trust it: git config --global --add safe.directory {}", path.display()))
        }
        RepoError::NotARange { .. } => {
            Some("pass two revisions: stopleak range origin/main..HEAD".to_owned())
        }
        RepoError::NoMergeBase { .. } => {
            Some("the clone may be too shallow: git fetch --unshallow (in CI: fetch-depth: 0)".to_owned())
        }
        _ => None,
    }
}

fn config_hint(error: &ConfigError) -> Option<String> {
    match error {
        ConfigError::TwoFiles { .. } | ConfigError::Io { .. } | ConfigError::Limit { .. } => None,
        ConfigError::Value { origin: Origin::Flag("--only" | "--skip"), .. } => {
            Some("list all rules with: stopleak rules list".to_owned())
        }
        ConfigError::Value { origin: Origin::Flag(_), .. } => None,
        ConfigError::Syntax { .. } | ConfigError::Value { .. } => {
            Some("check the configuration without a scan: stopleak config check".to_owned())
        }
    }
}

const NOT_A_REPOSITORY: &str = "run it inside a git repository, or scan plain files with: stopleak scan PATH";
const NO_RULES: &str = "check `rules: off` in the configuration, --only and --skip";

/// Returns the command that fetches `rev`: that of the branch for a remote-tracking branch, otherwise a general one.
fn unknown_revision(rev: &str) -> String {
    // `origin/main~5` belongs to the branch `main`.
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
    fn errors_have_hints() {
        let rev = |rev: &str| hint(&RepoError::UnknownRevision { rev: rev.into() }.into()).expect("a hint");
        assert_eq!(rev("origin/main"), "fetch it first: git fetch origin main");
        assert_eq!(rev("origin/main~5^2"), "fetch it first: git fetch origin main");
        assert!(rev("v1").contains("--unshallow"));
        let nested = anyhow::Error::from(RepoError::NotARepository { path: "x".into() }).context("hooks");
        assert_eq!(hint(&nested).as_deref(), Some(NOT_A_REPOSITORY));
        assert_eq!(hint(&anyhow::anyhow!("something else")), None);
    }
}
