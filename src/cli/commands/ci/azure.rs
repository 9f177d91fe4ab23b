//! Azure Pipelines. A pull request is checked out as a merge that Azure made; the target is told by its
//! branch.

use super::plan::{Name, Plan, System, branch_of, get, runs};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: System =
    System { name: "Azure Pipelines", whole_history: "checkout: self with fetchDepth: 0" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !runs(env, "TF_BUILD", &["BUILD_SOURCEVERSION"]) {
        return None;
    }
    let checked_out = get(env, "BUILD_SOURCEVERSION").map(Name::Id);
    let target = get(env, "SYSTEM_PULLREQUEST_TARGETBRANCH")
        .or_else(|| get(env, "SYSTEM_PULLREQUEST_TARGETBRANCHNAME"))
        .and_then(|name| branch_of(&name));
    let reason = get(env, "BUILD_REASON").unwrap_or_default();
    let lost = |what: &str| Ok(Plan::Lost(format!("{what} is not set")));
    if reason == "PullRequest" || target.is_some() {
        let head = get(env, "SYSTEM_PULLREQUEST_SOURCECOMMITID").map(Name::Id).or(checked_out);
        return Some(match (target, head) {
            (Some(target), Some(head)) => {
                Ok(Plan::Proposal { base: Name::Branch(target), target: None, head })
            }
            _ => lost("SYSTEM_PULLREQUEST_TARGETBRANCH or BUILD_SOURCEVERSION"),
        });
    }
    if matches!(reason.as_str(), "Schedule" | "Manual") {
        return Some(Ok(Plan::All(reason)));
    }
    let branch = get(env, "BUILD_SOURCEBRANCH").and_then(|name| branch_of(&name));
    Some(match checked_out {
        Some(head) => Ok(Plan::Push { before: None, head, branch, default: None }),
        None => lost("BUILD_SOURCEVERSION"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_pushes_and_schedules() {
        let of = |variables: &[(&str, &str)]| {
            let variables = [&[("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", "c")], variables].concat();
            plan(&Environment::of_variables(&variables)).expect("Azure").expect("a plan")
        };
        let target = ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release/1");
        let proposal = |head: &str| Plan::Proposal {
            base: Name::Branch("release/1".into()),
            target: None,
            head: Name::Id(head.into()),
        };
        assert_eq!(of(&[target]), proposal("c"));
        assert_eq!(of(&[target, ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "b")]), proposal("b"));
        assert!(matches!(of(&[("BUILD_REASON", "PullRequest")]), Plan::Lost(_)));
        assert_eq!(of(&[("BUILD_REASON", "Schedule")]), Plan::All("Schedule".into()));
        let push =
            Plan::Push { before: None, head: Name::Id("c".into()), branch: Some("x".into()), default: None };
        assert_eq!(of(&[("BUILD_REASON", "IndividualCI"), ("BUILD_SOURCEBRANCH", "refs/heads/x")]), push);
    }
}
