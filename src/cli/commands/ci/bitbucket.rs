//! Bitbucket Pipelines. Pull requests have the abbreviated id of the destination commit; a push has no id of the commit
//! before it.

use super::plan::{CiSystem, CommitName, Plan, get, is_running};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: CiSystem =
    CiSystem { name: "Bitbucket Pipelines", full_clone: "clone: depth: full" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !is_running(env, "BITBUCKET_BUILD_NUMBER", &["BITBUCKET_COMMIT"]) {
        return None;
    }
    let Some(head) = get(env, "BITBUCKET_COMMIT").map(CommitName::Id) else {
        return Some(Ok(Plan::Unknown("BITBUCKET_COMMIT is not set".to_owned())));
    };
    let target = get(env, "BITBUCKET_PR_DESTINATION_BRANCH");
    let commit = get(env, "BITBUCKET_PR_DESTINATION_COMMIT").map(CommitName::Id);
    Some(Ok(match commit.or_else(|| target.clone().map(CommitName::Branch)) {
        Some(base) => Plan::proposal(base, target, head),
        None if get(env, "BITBUCKET_PR_ID").is_some() => {
            Plan::Unknown("BITBUCKET_PR_DESTINATION_COMMIT is not set".to_owned())
        }
        None => Plan::Push { before: None, head, branch: get(env, "BITBUCKET_BRANCH"), default: None },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_and_pushes() {
        let plan_for = |variables: &[(&str, &str)]| {
            let variables =
                [&[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", "c")], variables].concat();
            plan(&Environment::from_variables(&variables)).expect("Bitbucket").expect("a plan")
        };
        let head = CommitName::Id("c".into());
        let (commit, branch) =
            (("BITBUCKET_PR_DESTINATION_COMMIT", "a"), ("BITBUCKET_PR_DESTINATION_BRANCH", "m"));
        let target = Some("m".to_owned());
        assert_eq!(
            plan_for(&[commit, branch]),
            Plan::proposal(CommitName::Id("a".into()), target.clone(), head.clone())
        );
        assert_eq!(plan_for(&[branch]), Plan::proposal(CommitName::Branch("m".into()), target, head.clone()));
        assert!(matches!(plan_for(&[("BITBUCKET_PR_ID", "7")]), Plan::Unknown(_)));
        let push = Plan::Push { before: None, head, branch: Some("x".into()), default: None };
        assert_eq!(plan_for(&[("BITBUCKET_BRANCH", "x")]), push);
    }
}
