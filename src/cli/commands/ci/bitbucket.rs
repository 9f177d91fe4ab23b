//! Bitbucket Pipelines. Pull requests have the destination's commit, as a short id; of a push it is not told
//! what was there before.

use super::plan::{Name, Plan, System, get, runs};
use crate::cli::env::Environment;

pub(crate) const SYSTEM: System = System { name: "Bitbucket Pipelines", whole_history: "clone: depth: full" };

pub(crate) fn plan(env: &Environment) -> Option<Result<Plan, String>> {
    if !runs(env, "BITBUCKET_BUILD_NUMBER", &["BITBUCKET_COMMIT"]) {
        return None;
    }
    let Some(head) = get(env, "BITBUCKET_COMMIT").map(Name::Id) else {
        return Some(Ok(Plan::Lost("BITBUCKET_COMMIT is not set".to_owned())));
    };
    let target = get(env, "BITBUCKET_PR_DESTINATION_BRANCH");
    let commit = get(env, "BITBUCKET_PR_DESTINATION_COMMIT").map(Name::Id);
    Some(Ok(match commit.or_else(|| target.clone().map(Name::Branch)) {
        Some(base) => Plan::Proposal { base, target, head },
        None if get(env, "BITBUCKET_PR_ID").is_some() => {
            Plan::Lost("BITBUCKET_PR_DESTINATION_COMMIT is not set".to_owned())
        }
        None => Plan::Push { before: None, head, branch: get(env, "BITBUCKET_BRANCH"), default: None },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_and_pushes() {
        let of = |variables: &[(&str, &str)]| {
            let variables =
                [&[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", "c")], variables].concat();
            plan(&Environment::of_variables(&variables)).expect("Bitbucket").expect("a plan")
        };
        let head = Name::Id("c".into());
        let (commit, branch) =
            (("BITBUCKET_PR_DESTINATION_COMMIT", "a"), ("BITBUCKET_PR_DESTINATION_BRANCH", "m"));
        let target = Some("m".to_owned());
        assert_eq!(
            of(&[commit, branch]),
            Plan::Proposal { base: Name::Id("a".into()), target: target.clone(), head: head.clone() }
        );
        assert_eq!(
            of(&[branch]),
            Plan::Proposal { base: Name::Branch("m".into()), target, head: head.clone() }
        );
        assert!(matches!(of(&[("BITBUCKET_PR_ID", "7")]), Plan::Lost(_)));
        let push = Plan::Push { before: None, head, branch: Some("x".into()), default: None };
        assert_eq!(of(&[("BITBUCKET_BRANCH", "x")]), push);
    }
}
