//! Jenkins, with the git plugin and multibranch projects. A branch is scanned from its last good build on.

use super::plan::{Name, Plan, System, get, runs};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: System = System {
    name: "Jenkins",
    whole_history: "checkout with CloneOption(shallow: false) and a refspec that has the target branch",
};

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    // The address is set only where an administrator wrote it down.
    if !runs(env, "JENKINS_URL", &["JENKINS_HOME", "CHANGE_TARGET", "GIT_PREVIOUS_SUCCESSFUL_COMMIT"]) {
        return None;
    }
    let Some(head) = get(env, "GIT_COMMIT").map(Name::Id) else {
        return Some(Ok(Plan::Lost(
            "GIT_COMMIT is not set (env.GIT_COMMIT = checkout(scm).GIT_COMMIT)".to_owned(),
        )));
    };
    if let Some(target) = get(env, "CHANGE_TARGET") {
        return Some(Ok(Plan::Proposal { base: Name::Branch(target), target: None, head }));
    }
    if get(env, "CHANGE_ID").is_some() {
        return Some(Ok(Plan::Lost("CHANGE_TARGET is not set".to_owned())));
    }
    let branch = get(env, "BRANCH_NAME")
        .or_else(|| {
            get(env, "GIT_BRANCH").map(|name| name.strip_prefix("origin/").unwrap_or(&name).to_owned())
        })
        .filter(|_| get(env, "TAG_NAME").is_none());
    // The last build, good or not, would let a secret pass with the build after it. A script that hands on what
    // there is not writes `null`.
    let before = get(env, "GIT_PREVIOUS_SUCCESSFUL_COMMIT").filter(|id| id != "null");
    Some(Ok(Plan::push(env, "BRANCH_IS_PRIMARY", before, head, branch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_branches() {
        let of = |variables: &[(&str, &str)]| {
            let variables = [&[("JENKINS_URL", "http://ci"), ("GIT_COMMIT", "c")], variables].concat();
            plan(&Environment::of_variables(&variables)).expect("Jenkins").expect("a plan")
        };
        let head = Name::Id("c".into());
        let proposal = Plan::Proposal { base: Name::Branch("m".into()), target: None, head: head.clone() };
        assert_eq!(of(&[("CHANGE_TARGET", "m"), ("CHANGE_ID", "7")]), proposal);
        assert!(matches!(of(&[("CHANGE_ID", "7")]), Plan::Lost(_)));
        let push = |before: Option<&str>, default: Option<&str>| Plan::Push {
            before: before.map(str::to_owned),
            head: head.clone(),
            branch: Some("x".into()),
            default: default.map(str::to_owned),
        };
        assert_eq!(of(&[("GIT_BRANCH", "origin/x")]), push(None, None));
        assert_eq!(of(&[("BRANCH_NAME", "x"), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "null")]), push(None, None));
        let tag = Plan::Push { before: None, head: head.clone(), branch: None, default: None };
        assert_eq!(of(&[("BRANCH_NAME", "v1"), ("TAG_NAME", "v1")]), tag);
        let (good, last) = (("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "a"), ("GIT_PREVIOUS_COMMIT", "b"));
        assert_eq!(
            of(&[good, last, ("BRANCH_NAME", "x"), ("BRANCH_IS_PRIMARY", "true")]),
            push(Some("a"), Some("x"))
        );
    }
}
