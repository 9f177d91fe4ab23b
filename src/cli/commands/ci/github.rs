//! GitHub Actions, and what speaks like it (Gitea, Forgejo): the event is a JSON file.
//!
//! `pull_request` checks out a merge that GitHub made, `pull_request_target` the base; what is proposed is
//! neither.

use std::path::Path;

use serde_json::Value;

use super::plan::{Name, Plan, System, before, branch_of, get, is_zero, runs};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: System =
    System { name: "GitHub Actions", whole_history: "actions/checkout with fetch-depth: 0" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !runs(env, "GITHUB_ACTIONS", &["GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"]) {
        return None;
    }
    let event = get(env, "GITHUB_EVENT_PATH").and_then(|path| {
        let bytes = std::fs::read(env.directory.join(Path::new(&path))).ok()?;
        serde_json::from_slice(&bytes).ok()
    });
    Some(of_event(env, &event.unwrap_or(Value::Null)))
}

fn of_event(env: &Environment, event: &Value) -> Result<Plan, String> {
    let text = |pointer: &str| {
        let text = event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let id = |pointer: &str| text(pointer).map(Name::Id);
    let name = get(env, "GITHUB_EVENT_NAME").unwrap_or_default();
    let checked_out = get(env, "GITHUB_SHA").map(Name::Id);
    let default = text("/repository/default_branch");
    Ok(match name.as_str() {
        "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => {
            let target = text("/pull_request/base/ref").or_else(|| get(env, "GITHUB_BASE_REF"));
            let base = id("/pull_request/base/sha").or_else(|| target.clone().map(Name::Branch));
            let number = event.pointer("/pull_request/number").and_then(Value::as_u64);
            let head = text("/pull_request/head/sha").map(|id| match number {
                // A merge brings its two sides along, the base does not.
                Some(number) if name == "pull_request_target" => {
                    Name::At { id, reference: format!("refs/pull/{number}/head") }
                }
                _ => Name::Id(id),
            });
            // Of the other events this is the base.
            let head = head.or(checked_out.filter(|_| name == "pull_request"));
            match (base, head) {
                (Some(base), Some(head)) => Plan::Proposal { base, target, head },
                _ => lost(&name),
            }
        }
        "merge_group" => match (id("/merge_group/base_sha"), id("/merge_group/head_sha").or(checked_out)) {
            (Some(base), Some(head)) => Plan::Proposal { base, target: None, head },
            _ => lost(&name),
        },
        "push" => {
            let reference = text("/ref").or_else(|| get(env, "GITHUB_REF")).unwrap_or_default();
            if event["deleted"] == true || text("/after").is_some_and(|id| is_zero(&id)) {
                return Ok(Plan::Nothing(format!("the push deletes {reference}")));
            }
            match (text("/before"), id("/after").or(checked_out)) {
                (Some(id), Some(head)) => {
                    Plan::Push { before: before(Some(id)), head, branch: branch_of(&reference), default }
                }
                _ => lost(&name),
            }
        }
        "schedule" | "workflow_dispatch" | "repository_dispatch" => Plan::All(name),
        "" => Plan::Lost("GITHUB_EVENT_NAME is not set".to_owned()),
        _ => return Err(name),
    })
}

fn lost(event: &str) -> Plan {
    Plan::Lost(format!("the file of GITHUB_EVENT_PATH does not name the commits of {event}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(name: &str, event: &Value) -> Result<Plan, String> {
        let variables = [
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_SHA", "c"),
            ("GITHUB_REF", "refs/heads/x"),
            ("GITHUB_BASE_REF", "m"),
        ];
        of_event(&Environment::of_variables(&variables), event)
    }

    fn id(id: &str) -> Name {
        Name::Id(id.to_owned())
    }

    #[test]
    fn what_is_proposed_is_neither_the_merge_nor_the_base_that_is_checked_out() {
        let event =
            json!({ "pull_request": { "base": { "sha": "a", "ref": "main" }, "head": { "sha": "b" } } });
        for name in ["pull_request", "pull_request_target"] {
            let plan = Plan::Proposal { base: id("a"), target: Some("main".into()), head: id("b") };
            assert_eq!(of(name, &event), Ok(plan));
        }
        let base = Name::Branch("m".into());
        let plan = Plan::Proposal { base, target: Some("m".into()), head: id("c") };
        assert_eq!(of("pull_request", &Value::Null), Ok(plan));
        assert!(matches!(of("pull_request_target", &Value::Null), Ok(Plan::Lost(_))));
        // A text without content is none, and no name for what is checked out.
        let empty = json!({ "pull_request": { "base": { "sha": "", "ref": "" }, "head": { "sha": "" } } });
        assert_eq!(of("pull_request", &empty), of("pull_request", &Value::Null));
        let event =
            json!({ "pull_request": { "number": 7, "base": { "sha": "a" }, "head": { "sha": "b" } } });
        let head = Name::At { id: "b".into(), reference: "refs/pull/7/head".into() };
        assert!(
            matches!(of("pull_request_target", &event), Ok(Plan::Proposal { head: found, .. }) if found == head)
        );
    }

    #[test]
    fn pushes_queues_schedules_and_what_is_none_of_them() {
        let event = json!({ "before": "a", "after": "b", "ref": "refs/heads/x", "repository": { "default_branch": "m" } });
        let push = |before: Option<&str>, branch: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: id("b"),
            branch: branch.map(str::to_owned),
            default: Some("m".into()),
        };
        assert_eq!(of("push", &event), Ok(push(Some("a"), Some("x"))));
        let mut new = event.clone();
        new["before"] = "0".repeat(40).into();
        assert_eq!(of("push", &new), Ok(push(None, Some("x"))));
        new["ref"] = "refs/tags/v1".into();
        assert_eq!(of("push", &new), Ok(push(None, None)));
        new["deleted"] = true.into();
        assert!(matches!(of("push", &new), Ok(Plan::Nothing(_))));
        let gone = json!({ "before": "a", "after": "0".repeat(40), "ref": "refs/heads/x" });
        assert!(matches!(of("push", &gone), Ok(Plan::Nothing(_))));
        assert!(matches!(of("push", &Value::Null), Ok(Plan::Lost(_))));
        let queue = json!({ "merge_group": { "base_sha": "a", "head_sha": "b" } });
        let plan = Plan::Proposal { base: id("a"), target: None, head: id("b") };
        assert_eq!(of("merge_group", &queue), Ok(plan));
        assert!(matches!(of("", &queue), Ok(Plan::Lost(_))));
        assert_eq!(of("schedule", &Value::Null), Ok(Plan::All("schedule".into())));
        assert_eq!(of("release", &Value::Null), Err("release".into()));
    }
}
