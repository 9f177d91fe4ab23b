//! CircleCI. Jobs see the head; what it started from is a pipeline value, which the configuration has to hand
//! on as a variable.

use super::plan::{Name, Plan, System, before, get, runs};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: System = System { name: "CircleCI", whole_history: "checkout: method: full" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !runs(env, "CIRCLECI", &["CIRCLE_SHA1"]) {
        return None;
    }
    let head = get(env, "CIRCLE_SHA1").map(Name::Id);
    let Some(head) = head else { return Some(Ok(Plan::Lost("CIRCLE_SHA1 is not set".to_owned()))) };
    if get(env, "PIPELINE_TRIGGER_SOURCE").is_some_and(|source| source == "scheduled_pipeline") {
        return Some(Ok(Plan::All("scheduled_pipeline".to_owned())));
    }
    let branch = get(env, "CIRCLE_BRANCH");
    let before = before(get(env, "PIPELINE_GIT_BASE_REVISION"));
    Some(Ok(Plan::push(env, "PIPELINE_GIT_BRANCH_IS_DEFAULT", before, head, branch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_on_is_used() {
        let of = |variables: &[(&str, &str)]| {
            let variables =
                [&[("CIRCLECI", "true"), ("CIRCLE_SHA1", "c"), ("CIRCLE_BRANCH", "x")], variables].concat();
            plan(&Environment::of_variables(&variables)).expect("CircleCI").expect("a plan")
        };
        let push = |before: Option<&str>, default: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: Name::Id("c".into()),
            branch: Some("x".into()),
            default: default.map(str::to_owned),
        };
        assert_eq!(of(&[]), push(None, None));
        assert_eq!(of(&[("PIPELINE_GIT_BASE_REVISION", "a")]), push(Some("a"), None));
        assert_eq!(of(&[("PIPELINE_GIT_BRANCH_IS_DEFAULT", "true")]), push(None, Some("x")));
        let source = ("PIPELINE_TRIGGER_SOURCE", "scheduled_pipeline");
        assert_eq!(of(&[source]), Plan::All("scheduled_pipeline".into()));
    }
}
