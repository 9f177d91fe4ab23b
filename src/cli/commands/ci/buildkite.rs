//! Buildkite. Without a pull request its variables are `false`, and the commit may be the word `HEAD`.

use super::plan::{CiSystem, CommitName, Plan, get, get_unless_false, is_running};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: CiSystem = CiSystem {
    name: "Buildkite",
    full_clone: "BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS without --depth and --filter",
};

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !is_running(env, "BUILDKITE", &["BUILDKITE_COMMIT"]) {
        return None;
    }
    let head = match get(env, "BUILDKITE_COMMIT") {
        Some(commit) if commit != "HEAD" => CommitName::Id(commit),
        _ => CommitName::Revision("HEAD".to_owned()),
    };
    if let Some(base) = get_unless_false(env, "BUILDKITE_MERGE_QUEUE_BASE_COMMIT") {
        return Some(Ok(Plan::proposal(CommitName::Id(base), None, head)));
    }
    if get_unless_false(env, "BUILDKITE_PULL_REQUEST").is_some() {
        return Some(Ok(match get_unless_false(env, "BUILDKITE_PULL_REQUEST_BASE_BRANCH") {
            Some(target) => Plan::proposal(CommitName::Branch(target), None, head),
            None => Plan::Unknown("BUILDKITE_PULL_REQUEST_BASE_BRANCH is not set".to_owned()),
        }));
    }
    if get(env, "BUILDKITE_SOURCE").is_some_and(|source| source == "schedule") {
        return Some(Ok(Plan::FullHistory("schedule".to_owned())));
    }
    let is_tag = get(env, "BUILDKITE_TAG").is_some();
    Some(Ok(Plan::Push {
        before: None,
        head,
        branch: get(env, "BUILDKITE_BRANCH").filter(|_| !is_tag),
        default: get(env, "BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_queues_branches_and_schedules() {
        let plan_for = |variables: &[(&str, &str)]| {
            let variables = [&[("BUILDKITE", "true"), ("BUILDKITE_COMMIT", "c")], variables].concat();
            plan(&Environment::from_variables(&variables)).expect("Buildkite").expect("a plan")
        };
        let head = || CommitName::Id("c".into());
        let (request, base) = (("BUILDKITE_PULL_REQUEST", "7"), ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "m"));
        assert_eq!(plan_for(&[request, base]), Plan::proposal(CommitName::Branch("m".into()), None, head()));
        assert!(matches!(plan_for(&[request]), Plan::Unknown(_)));
        assert_eq!(
            plan_for(&[("BUILDKITE_MERGE_QUEUE_BASE_COMMIT", "a")]),
            Plan::proposal(CommitName::Id("a".into()), None, head())
        );
        assert_eq!(plan_for(&[("BUILDKITE_SOURCE", "schedule")]), Plan::FullHistory("schedule".into()));
        let branch = [
            ("BUILDKITE_PULL_REQUEST", "false"),
            ("BUILDKITE_BRANCH", "x"),
            ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "m"),
        ];
        assert_eq!(
            plan_for(&branch),
            Plan::Push { before: None, head: head(), branch: Some("x".into()), default: Some("m".into()) }
        );
    }
}
