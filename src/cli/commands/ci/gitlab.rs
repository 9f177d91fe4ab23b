//! GitLab CI. Merge request pipelines have a base; branch pipelines the commit before, in zeros where the
//! branch is new or somebody started the pipeline by hand.
//!
//! The merge request of a fork may run in the fork. Then `origin` is the fork, whose branches have whatever its
//! owner pushed: only the commit that GitLab names as the base is trusted.

use super::plan::{Name, Plan, System, before, get, runs};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: System = System { name: "GitLab CI", whole_history: "variables: GIT_DEPTH: \"0\"" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !runs(env, "GITLAB_CI", &["CI_PIPELINE_SOURCE", "CI_MERGE_REQUEST_IID", "CI_COMMIT_BEFORE_SHA"]) {
        return None;
    }
    let id = |name: &str| get(env, name).map(Name::Id);
    let checked_out = id("CI_COMMIT_SHA");
    let source = get(env, "CI_PIPELINE_SOURCE").unwrap_or_default();
    let lost = |what: &str| Plan::Lost(format!("{what} is not set"));
    let is_fork = get(env, "CI_MERGE_REQUEST_PROJECT_ID")
        .zip(get(env, "CI_PROJECT_ID"))
        .is_some_and(|(target, own)| target != own);
    let proposal = |base: Option<Name>, target: &str, head: Option<Name>| {
        let target = get(env, target).filter(|_| !is_fork);
        match (base.or_else(|| target.clone().map(Name::Branch)), head.or(checked_out.clone())) {
            (Some(base), Some(head)) => Plan::Proposal { base, target, head },
            _ => lost("CI_MERGE_REQUEST_DIFF_BASE_SHA or CI_COMMIT_SHA"),
        }
    };
    Some(Ok(match source.as_str() {
        // Also the pipelines that one for a merge request starts.
        source if source == "merge_request_event" || get(env, "CI_MERGE_REQUEST_IID").is_some() => proposal(
            // The second is told of merged results only.
            id("CI_MERGE_REQUEST_DIFF_BASE_SHA").or(id("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")),
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
            // Of merged results what is checked out is a merge that GitLab made.
            id("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
        ),
        "external_pull_request_event" => proposal(
            id("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA"),
            "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
            id("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA"),
        ),
        // A pipeline that another one starts has the commits of that.
        "push" | "parent_pipeline" | "" => match checked_out {
            Some(head) => Plan::Push {
                before: before(get(env, "CI_COMMIT_BEFORE_SHA")),
                head,
                branch: get(env, "CI_COMMIT_BRANCH"),
                default: get(env, "CI_DEFAULT_BRANCH"),
            },
            None => lost("CI_COMMIT_SHA"),
        },
        // By hand, by the clock, or by another program: no change caused it.
        "schedule" | "web" | "api" | "trigger" | "pipeline" | "chat" | "webide" => Plan::All(source),
        _ => return Some(Err(source)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Plan {
        let variables =
            [&[("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "c"), ("CI_DEFAULT_BRANCH", "m")], variables]
                .concat();
        plan(&Environment::of_variables(&variables)).expect("GitLab").expect("a plan")
    }

    #[test]
    fn merge_requests_and_merged_results() {
        let (source, base) =
            (("CI_PIPELINE_SOURCE", "merge_request_event"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "a"));
        let proposal = |head: &str| Plan::Proposal {
            base: Name::Id("a".into()),
            target: None,
            head: Name::Id(head.into()),
        };
        assert_eq!(of(&[source, base]), proposal("c"));
        assert_eq!(of(&[source, base, ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "b")]), proposal("b"));
        assert!(matches!(of(&[source]), Plan::Lost(_)));
        for started in ["parent_pipeline", "api", ""] {
            let source = ("CI_PIPELINE_SOURCE", started);
            assert_eq!(of(&[source, base, ("CI_MERGE_REQUEST_IID", "7")]), proposal("c"), "{started}");
        }
    }

    #[test]
    fn the_branches_of_a_fork_are_not_those_of_the_target() {
        let request = |own: &str, base: &str| {
            of(&[
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
                ("CI_PROJECT_ID", own),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "m"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
            ])
        };
        let proposal = |target: Option<&str>| Plan::Proposal {
            base: Name::Id("a".into()),
            target: target.map(str::to_owned),
            head: Name::Id("c".into()),
        };
        assert_eq!(request("1", "a"), proposal(Some("m")));
        assert_eq!(request("2", "a"), proposal(None));
        assert!(matches!(request("2", ""), Plan::Lost(_)));
    }

    #[test]
    fn branches_new_branches_and_schedules() {
        let push = |before: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: Name::Id("c".into()),
            branch: Some("x".into()),
            default: Some("m".into()),
        };
        let (source, branch) = (("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "x"));
        let zeros = "0".repeat(40);
        assert_eq!(of(&[source, branch, ("CI_COMMIT_BEFORE_SHA", "a")]), push(Some("a")));
        assert_eq!(of(&[source, branch, ("CI_COMMIT_BEFORE_SHA", &zeros)]), push(None));
        let child = ("CI_PIPELINE_SOURCE", "parent_pipeline");
        assert_eq!(of(&[child, branch, ("CI_COMMIT_BEFORE_SHA", "a")]), push(Some("a")));
        assert_eq!(of(&[("CI_PIPELINE_SOURCE", "schedule")]), Plan::All("schedule".into()));
    }
}
