//! GitLab CI. Merge request pipelines have a base commit. Branch pipelines have the commit before the push, which is zeros
//! if the branch is new or the pipeline was started manually.
//!
//! The merge request of a fork may run in the fork. Then `origin` is the fork, and its owner controls the branches there:
//! only the commits that GitLab names are trusted.

use super::plan::{BaseKind, CiSystem, CommitName, Plan, before, get, is_running};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: CiSystem = CiSystem { name: "GitLab CI", full_clone: "variables: GIT_DEPTH: \"0\"" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !is_running(env, "GITLAB_CI", &["CI_PIPELINE_SOURCE", "CI_MERGE_REQUEST_IID", "CI_COMMIT_BEFORE_SHA"])
    {
        return None;
    }
    let id = |name: &str| get(env, name).map(CommitName::Id);
    let checked_out = id("CI_COMMIT_SHA");
    let source = get(env, "CI_PIPELINE_SOURCE").unwrap_or_default();
    let unknown = |name: &str| Plan::Unknown(format!("{name} is not set"));
    let is_fork = get(env, "CI_MERGE_REQUEST_PROJECT_ID")
        .zip(get(env, "CI_PROJECT_ID"))
        .is_some_and(|(target, own)| target != own);
    let proposal = |branch_point: Option<CommitName>, target_tip: Option<CommitName>, target, head| {
        let target: Option<String> = get(env, target).filter(|_| !is_fork);
        let base_kind = if branch_point.is_some() { BaseKind::BranchPoint } else { BaseKind::Tip };
        let base = branch_point.or(target_tip.clone()).or_else(|| target.clone().map(CommitName::Branch));
        match (base, Option::or(head, checked_out.clone())) {
            (Some(base), Some(head)) => Plan::Proposal { base, base_kind, target, target_tip, head },
            _ => unknown("CI_MERGE_REQUEST_DIFF_BASE_SHA or CI_COMMIT_SHA"),
        }
    };
    Some(Ok(match source.as_str() {
        // Also the child pipelines of a merge request pipeline.
        source if source == "merge_request_event" || get(env, "CI_MERGE_REQUEST_IID").is_some() => proposal(
            id("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
            // Set for merged results pipelines only.
            id("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"),
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
            // A merged results pipeline checks out a merge commit that GitLab made, not the source branch.
            id("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
        ),
        "external_pull_request_event" => proposal(
            None,
            id("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA"),
            "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
            id("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA"),
        ),
        // A child pipeline has the commits of its parent.
        "push" | "parent_pipeline" | "" => match checked_out {
            Some(head) => Plan::Push {
                before: before(get(env, "CI_COMMIT_BEFORE_SHA")),
                head,
                branch: get(env, "CI_COMMIT_BRANCH"),
                default: get(env, "CI_DEFAULT_BRANCH"),
            },
            None => unknown("CI_COMMIT_SHA"),
        },
        // Started manually, on a schedule or by another program, not by a change.
        "schedule" | "web" | "api" | "trigger" | "pipeline" | "chat" | "webide" => Plan::FullHistory(source),
        _ => return Some(Err(source)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_for(variables: &[(&str, &str)]) -> Plan {
        let variables =
            [&[("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "c"), ("CI_DEFAULT_BRANCH", "m")], variables]
                .concat();
        plan(&Environment::from_variables(&variables)).expect("GitLab").expect("a plan")
    }

    #[test]
    fn merge_requests_and_merged_results() {
        let (source, base) =
            (("CI_PIPELINE_SOURCE", "merge_request_event"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "a"));
        let proposal = |head: &str| Plan::Proposal {
            base: CommitName::Id("a".into()),
            base_kind: BaseKind::BranchPoint,
            target: None,
            target_tip: None,
            head: CommitName::Id(head.into()),
        };
        let tip = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "t");
        let Plan::Proposal { base, base_kind, target_tip, .. } = plan_for(&[source, base, tip]) else {
            panic!("a proposal")
        };
        assert_eq!((base, base_kind), (CommitName::Id("a".into()), BaseKind::BranchPoint));
        assert_eq!(target_tip, Some(CommitName::Id("t".into())));
        let Plan::Proposal { base, base_kind, .. } = plan_for(&[source, tip]) else { panic!("a proposal") };
        assert_eq!((base, base_kind), (CommitName::Id("t".into()), BaseKind::Tip));
        let base = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "a");
        assert_eq!(plan_for(&[source, base]), proposal("c"));
        assert_eq!(plan_for(&[source, base, ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "b")]), proposal("b"));
        assert!(matches!(plan_for(&[source]), Plan::Unknown(_)));
        for started in ["parent_pipeline", "api", ""] {
            let source = ("CI_PIPELINE_SOURCE", started);
            assert_eq!(plan_for(&[source, base, ("CI_MERGE_REQUEST_IID", "7")]), proposal("c"), "{started}");
        }
    }

    #[test]
    fn the_branches_of_a_fork_are_not_those_of_the_target() {
        let request = |own: &str, base: &str| {
            plan_for(&[
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
                ("CI_PROJECT_ID", own),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "m"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
            ])
        };
        let proposal = |target: Option<&str>| Plan::Proposal {
            base: CommitName::Id("a".into()),
            base_kind: BaseKind::BranchPoint,
            target: target.map(str::to_owned),
            target_tip: None,
            head: CommitName::Id("c".into()),
        };
        assert_eq!(request("1", "a"), proposal(Some("m")));
        assert_eq!(request("2", "a"), proposal(None));
        assert!(matches!(request("2", ""), Plan::Unknown(_)));
    }

    #[test]
    fn branches_new_branches_and_schedules() {
        let push = |before: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: CommitName::Id("c".into()),
            branch: Some("x".into()),
            default: Some("m".into()),
        };
        let (source, branch) = (("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "x"));
        let zeros = "0".repeat(40);
        assert_eq!(plan_for(&[source, branch, ("CI_COMMIT_BEFORE_SHA", "a")]), push(Some("a")));
        assert_eq!(plan_for(&[source, branch, ("CI_COMMIT_BEFORE_SHA", &zeros)]), push(None));
        let child = ("CI_PIPELINE_SOURCE", "parent_pipeline");
        assert_eq!(plan_for(&[child, branch, ("CI_COMMIT_BEFORE_SHA", "a")]), push(Some("a")));
        assert_eq!(plan_for(&[("CI_PIPELINE_SOURCE", "schedule")]), Plan::FullHistory("schedule".into()));
    }
}
