//! Azure Pipelines. For a pull request, Azure checks out a merge commit that it made, and names the target branch but
//! not its commit.

use super::plan::{CiSystem, CommitName, Plan, branch_name, get, is_running};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: CiSystem =
    CiSystem { name: "Azure Pipelines", full_clone: "checkout: self with fetchDepth: 0" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !is_running(env, "TF_BUILD", &["BUILD_SOURCEVERSION"]) {
        return None;
    }
    let checked_out = get(env, "BUILD_SOURCEVERSION").map(CommitName::Id);
    let target = get(env, "SYSTEM_PULLREQUEST_TARGETBRANCH")
        .or_else(|| get(env, "SYSTEM_PULLREQUEST_TARGETBRANCHNAME"))
        .and_then(|name| branch_name(&name));
    let reason = get(env, "BUILD_REASON").unwrap_or_default();
    let unknown = |name: &str| Ok(Plan::Unknown(format!("{name} is not set")));
    if reason == "PullRequest" || target.is_some() {
        let head = get(env, "SYSTEM_PULLREQUEST_SOURCECOMMITID").map(CommitName::Id).or(checked_out);
        return Some(match (target, head) {
            (Some(target), Some(head)) => Ok(Plan::proposal(CommitName::Branch(target), None, head)),
            _ => unknown("SYSTEM_PULLREQUEST_TARGETBRANCH or BUILD_SOURCEVERSION"),
        });
    }
    if matches!(reason.as_str(), "Schedule" | "Manual") {
        return Some(Ok(Plan::FullHistory(reason)));
    }
    let branch = get(env, "BUILD_SOURCEBRANCH").and_then(|name| branch_name(&name));
    Some(match checked_out {
        Some(head) => Ok(Plan::Push { before: None, head, branch, default: None }),
        None => unknown("BUILD_SOURCEVERSION"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_pushes_and_schedules() {
        let plan_for = |variables: &[(&str, &str)]| {
            let variables = [&[("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", "c")], variables].concat();
            plan(&Environment::from_variables(&variables)).expect("Azure").expect("a plan")
        };
        let target = ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release/1");
        let proposal = |head: &str| {
            Plan::proposal(CommitName::Branch("release/1".into()), None, CommitName::Id(head.into()))
        };
        assert_eq!(plan_for(&[target]), proposal("c"));
        assert_eq!(plan_for(&[target, ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "b")]), proposal("b"));
        assert!(matches!(plan_for(&[("BUILD_REASON", "PullRequest")]), Plan::Unknown(_)));
        assert_eq!(plan_for(&[("BUILD_REASON", "Schedule")]), Plan::FullHistory("Schedule".into()));
        let push = Plan::Push {
            before: None,
            head: CommitName::Id("c".into()),
            branch: Some("x".into()),
            default: None,
        };
        assert_eq!(
            plan_for(&[("BUILD_REASON", "IndividualCI"), ("BUILD_SOURCEBRANCH", "refs/heads/x")]),
            push
        );
    }
}
