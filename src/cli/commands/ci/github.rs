//! GitHub Actions, and compatible systems (Gitea, Forgejo). The event is a JSON file.
//!
//! `pull_request` checks out a merge commit that GitHub made, `pull_request_target` the base. Neither is the head of the
//! pull request, which is scanned.

use std::path::Path;

use serde_json::Value;

use super::plan::{CiSystem, CommitName, Plan, before, branch_name, get, is_running, is_zero};
use crate::cli::env::Environment;
use crate::cli::json_input;

pub(crate) const SYSTEM: CiSystem =
    CiSystem { name: "GitHub Actions", full_clone: "actions/checkout with fetch-depth: 0" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !is_running(env, "GITHUB_ACTIONS", &["GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"]) {
        return None;
    }
    let bytes = get(env, "GITHUB_EVENT_PATH")
        .and_then(|path| json_input::EVENT.read(&env.directory.join(Path::new(&path))).ok())
        .unwrap_or_default();
    if let Err(error) = json_input::check(json_input::EVENT, &bytes) {
        return Some(Ok(Plan::Unknown(format!("the file in GITHUB_EVENT_PATH was not read: {error}"))));
    }
    let event = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Some(plan_for_event(env, &event))
}

fn plan_for_event(env: &Environment, event: &Value) -> Result<Plan, String> {
    let text = |pointer: &str| {
        let text = event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let id = |pointer: &str| text(pointer).map(CommitName::Id);
    let name = get(env, "GITHUB_EVENT_NAME").unwrap_or_default();
    let checked_out = get(env, "GITHUB_SHA").map(CommitName::Id);
    let default = text("/repository/default_branch");
    Ok(match name.as_str() {
        "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => {
            let target = text("/pull_request/base/ref").or_else(|| get(env, "GITHUB_BASE_REF"));
            let base = id("/pull_request/base/sha").or_else(|| target.clone().map(CommitName::Branch));
            let number = event.pointer("/pull_request/number").and_then(Value::as_u64);
            let head = text("/pull_request/head/sha").map(|id| match number {
                // A checkout of the merge commit fetches the head too; a checkout of the base does not.
                Some(number) if name == "pull_request_target" => {
                    CommitName::IdInRef { id, reference: format!("refs/pull/{number}/head") }
                }
                _ => CommitName::Id(id),
            });
            // For the other events, GITHUB_SHA is the base.
            let head = head.or(checked_out.filter(|_| name == "pull_request"));
            match (base, head) {
                (Some(base), Some(head)) => Plan::proposal(base, target, head),
                _ => unknown(&name),
            }
        }
        "merge_group" => match (id("/merge_group/base_sha"), id("/merge_group/head_sha").or(checked_out)) {
            (Some(base), Some(head)) => Plan::proposal(base, None, head),
            _ => unknown(&name),
        },
        "push" => {
            let reference = text("/ref").or_else(|| get(env, "GITHUB_REF")).unwrap_or_default();
            if event["deleted"] == true || text("/after").is_some_and(|id| is_zero(&id)) {
                return Ok(Plan::NoCommits(format!("the push deletes {reference}")));
            }
            match (text("/before"), id("/after").or(checked_out)) {
                (Some(id), Some(head)) => {
                    Plan::Push { before: before(Some(id)), head, branch: branch_name(&reference), default }
                }
                _ => unknown(&name),
            }
        }
        "schedule" | "workflow_dispatch" | "repository_dispatch" => Plan::FullHistory(name),
        "" => Plan::Unknown("GITHUB_EVENT_NAME is not set".to_owned()),
        _ => return Err(name),
    })
}

fn unknown(event: &str) -> Plan {
    Plan::Unknown(format!("the file in GITHUB_EVENT_PATH does not contain the commits of {event}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan_for(name: &str, event: &Value) -> Result<Plan, String> {
        let variables = [
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_SHA", "c"),
            ("GITHUB_REF", "refs/heads/x"),
            ("GITHUB_BASE_REF", "m"),
        ];
        plan_for_event(&Environment::from_variables(&variables), event)
    }

    fn id(id: &str) -> CommitName {
        CommitName::Id(id.to_owned())
    }

    #[test]
    fn the_head_of_a_pull_request_is_neither_the_merge_commit_nor_the_base() {
        let event =
            json!({ "pull_request": { "base": { "sha": "a", "ref": "main" }, "head": { "sha": "b" } } });
        for name in ["pull_request", "pull_request_target"] {
            let plan = Plan::proposal(id("a"), Some("main".into()), id("b"));
            assert_eq!(plan_for(name, &event), Ok(plan));
        }
        let base = CommitName::Branch("m".into());
        let plan = Plan::proposal(base, Some("m".into()), id("c"));
        assert_eq!(plan_for("pull_request", &Value::Null), Ok(plan));
        assert!(matches!(plan_for("pull_request_target", &Value::Null), Ok(Plan::Unknown(_))));
        // An empty string counts as missing.
        let empty = json!({ "pull_request": { "base": { "sha": "", "ref": "" }, "head": { "sha": "" } } });
        assert_eq!(plan_for("pull_request", &empty), plan_for("pull_request", &Value::Null));
        let event =
            json!({ "pull_request": { "number": 7, "base": { "sha": "a" }, "head": { "sha": "b" } } });
        let head = CommitName::IdInRef { id: "b".into(), reference: "refs/pull/7/head".into() };
        assert!(
            matches!(plan_for("pull_request_target", &event), Ok(Plan::Proposal { head: found, .. }) if found == head)
        );
    }

    #[test]
    fn pushes_merge_queues_schedules_and_unknown_events() {
        let event = json!({ "before": "a", "after": "b", "ref": "refs/heads/x", "repository": { "default_branch": "m" } });
        let push = |before: Option<&str>, branch: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: id("b"),
            branch: branch.map(str::to_owned),
            default: Some("m".into()),
        };
        assert_eq!(plan_for("push", &event), Ok(push(Some("a"), Some("x"))));
        let mut new = event.clone();
        new["before"] = "0".repeat(40).into();
        assert_eq!(plan_for("push", &new), Ok(push(None, Some("x"))));
        new["ref"] = "refs/tags/v1".into();
        assert_eq!(plan_for("push", &new), Ok(push(None, None)));
        new["deleted"] = true.into();
        assert!(matches!(plan_for("push", &new), Ok(Plan::NoCommits(_))));
        let deleted = json!({ "before": "a", "after": "0".repeat(40), "ref": "refs/heads/x" });
        assert!(matches!(plan_for("push", &deleted), Ok(Plan::NoCommits(_))));
        assert!(matches!(plan_for("push", &Value::Null), Ok(Plan::Unknown(_))));
        let queue = json!({ "merge_group": { "base_sha": "a", "head_sha": "b" } });
        let plan = Plan::proposal(id("a"), None, id("b"));
        assert_eq!(plan_for("merge_group", &queue), Ok(plan));
        assert!(matches!(plan_for("", &queue), Ok(Plan::Unknown(_))));
        assert_eq!(plan_for("schedule", &Value::Null), Ok(Plan::FullHistory("schedule".into())));
        assert_eq!(plan_for("release", &Value::Null), Err("release".into()));
    }
}
