//! CircleCI. Jobs have a variable for the head commit only. The base is a pipeline value, which the configuration has to
//! pass on as a variable (`PIPELINE_*`, see docs/ci.md).

use super::plan::{CiSystem, CommitName, Plan, before, get, is_running};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: CiSystem = CiSystem { name: "CircleCI", full_clone: "checkout: method: full" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !is_running(env, "CIRCLECI", &["CIRCLE_SHA1"]) {
        return None;
    }
    let head = get(env, "CIRCLE_SHA1").map(CommitName::Id);
    let Some(head) = head else { return Some(Ok(Plan::Unknown("CIRCLE_SHA1 is not set".to_owned()))) };
    if get(env, "PIPELINE_TRIGGER_SOURCE").is_some_and(|source| source == "scheduled_pipeline") {
        return Some(Ok(Plan::FullHistory("scheduled_pipeline".to_owned())));
    }
    let branch = get(env, "CIRCLE_BRANCH");
    let before = before(get(env, "PIPELINE_GIT_BASE_REVISION"));
    Some(Ok(Plan::push(env, "PIPELINE_GIT_BRANCH_IS_DEFAULT", before, head, branch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipeline_values_are_used() {
        let plan_for = |variables: &[(&str, &str)]| {
            let variables =
                [&[("CIRCLECI", "true"), ("CIRCLE_SHA1", "c"), ("CIRCLE_BRANCH", "x")], variables].concat();
            plan(&Environment::from_variables(&variables)).expect("CircleCI").expect("a plan")
        };
        let push = |before: Option<&str>, default: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: CommitName::Id("c".into()),
            branch: Some("x".into()),
            default: default.map(str::to_owned),
        };
        assert_eq!(plan_for(&[]), push(None, None));
        assert_eq!(plan_for(&[("PIPELINE_GIT_BASE_REVISION", "a")]), push(Some("a"), None));
        assert_eq!(plan_for(&[("PIPELINE_GIT_BRANCH_IS_DEFAULT", "true")]), push(None, Some("x")));
        let source = ("PIPELINE_TRIGGER_SOURCE", "scheduled_pipeline");
        assert_eq!(plan_for(&[source]), Plan::FullHistory("scheduled_pipeline".into()));
    }
}
