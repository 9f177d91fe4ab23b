//! Jenkins, with the git plugin and multibranch projects. A branch is scanned from the commit of its last successful
//! build.

use super::plan::{CiSystem, CommitName, Plan, get, is_running};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: CiSystem = CiSystem {
    name: "Jenkins",
    full_clone: "checkout with CloneOption(shallow: false) and a refspec that has the target branch",
};

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    // JENKINS_URL is set only if an administrator configured it.
    if !is_running(env, "JENKINS_URL", &["JENKINS_HOME", "CHANGE_TARGET", "GIT_PREVIOUS_SUCCESSFUL_COMMIT"]) {
        return None;
    }
    let Some(head) = get(env, "GIT_COMMIT").map(CommitName::Id) else {
        return Some(Ok(Plan::Unknown(
            "GIT_COMMIT is not set (env.GIT_COMMIT = checkout(scm).GIT_COMMIT)".to_owned(),
        )));
    };
    if let Some(target) = get(env, "CHANGE_TARGET") {
        return Some(Ok(Plan::proposal(CommitName::Branch(target), None, head)));
    }
    if get(env, "CHANGE_ID").is_some() {
        return Some(Ok(Plan::Unknown("CHANGE_TARGET is not set".to_owned())));
    }
    let branch = get(env, "BRANCH_NAME")
        .or_else(|| {
            get(env, "GIT_BRANCH").map(|name| name.strip_prefix("origin/").unwrap_or(&name).to_owned())
        })
        .filter(|_| get(env, "TAG_NAME").is_none());
    // Not the last build: if that one failed because of a secret, the next build would skip its commit. A script that
    // passes on a variable that is not set writes `null`.
    let before = get(env, "GIT_PREVIOUS_SUCCESSFUL_COMMIT").filter(|id| id != "null");
    Some(Ok(Plan::push(env, "BRANCH_IS_PRIMARY", before, head, branch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_branches() {
        let plan_for = |variables: &[(&str, &str)]| {
            let variables = [&[("JENKINS_URL", "http://ci"), ("GIT_COMMIT", "c")], variables].concat();
            plan(&Environment::from_variables(&variables)).expect("Jenkins").expect("a plan")
        };
        let head = CommitName::Id("c".into());
        let proposal = Plan::proposal(CommitName::Branch("m".into()), None, head.clone());
        assert_eq!(plan_for(&[("CHANGE_TARGET", "m"), ("CHANGE_ID", "7")]), proposal);
        assert!(matches!(plan_for(&[("CHANGE_ID", "7")]), Plan::Unknown(_)));
        let push = |before: Option<&str>, default: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: head.clone(),
            branch: Some("x".into()),
            default: default.map(str::to_owned),
        };
        assert_eq!(plan_for(&[("GIT_BRANCH", "origin/x")]), push(None, None));
        assert_eq!(
            plan_for(&[("BRANCH_NAME", "x"), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "null")]),
            push(None, None)
        );
        let tag = Plan::Push { before: None, head: head.clone(), branch: None, default: None };
        assert_eq!(plan_for(&[("BRANCH_NAME", "v1"), ("TAG_NAME", "v1")]), tag);
        let (good, last) = (("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "a"), ("GIT_PREVIOUS_COMMIT", "b"));
        assert_eq!(
            plan_for(&[good, last, ("BRANCH_NAME", "x"), ("BRANCH_IS_PRIMARY", "true")]),
            push(Some("a"), Some("x"))
        );
    }
}
