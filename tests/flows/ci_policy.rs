//! Which policy is effective in `stopleak ci`: never that of the change, and that of the target branch as it is now.

use crate::ci::{notes, pull_request, push, setting};
use crate::report::{commit, text};
use crate::tokens::{RULE, line, token};

#[test]
fn a_change_cannot_suppress_its_own_findings_in_pull_requests_queues_and_pushes() {
    let ci = setting();
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    ci.world.write("work/allowed.txt", format!("{} # stopleak:allow {RULE} mine\n", token(8)));
    let suppressed = commit(&ci.world, "suppressed");
    ci.world.git(&["push", "-q", "origin", "topic"]);
    ci.git("ci", &["pull", "-q"]);
    let queue = serde_json::json!({ "merge_group": { "base_sha": ci.base, "head_sha": suppressed } });
    for variables in [
        ci.github("pull_request", &pull_request(&ci.base, &suppressed)),
        ci.github("pull_request_target", &pull_request(&ci.base, &suppressed)),
    ] {
        let report = ci.report(&variables);
        report.assert_findings(&["new allowed.txt:1", "new new.txt:1"]);
        assert!(notes(&report).contains("stopleak.yaml"), "{}", notes(&report));
        ci.report_in("ci", &variables, &["--trust-head"]).assert_findings(&[]);
    }
    ci.report(&ci.github("merge_group", &queue)).assert_findings(&["new allowed.txt:1", "new new.txt:1"]);
    // For the second push of a branch the policy of the default branch applies, not that of the first push.
    ci.world.write("work/second.txt", line(9));
    let second = commit(&ci.world, "second");
    ci.world.git(&["push", "-q", "origin", "topic"]);
    ci.git("ci", &["pull", "-q"]);
    let event = ci.github("push", &push(&suppressed, &second, "topic"));
    ci.report(&event).assert_findings(&["new second.txt:1"]);
    // If the clone lacks the default branch, or its name is unknown, no policy of the repository applies.
    ci.clone("single", &["--single-branch"]);
    let report = ci.report_in("single", &event, &[]);
    report.assert_findings(&["new second.txt:1"]);
    assert!(notes(&report).contains("git fetch origin +refs/heads/main"), "{}", notes(&report));
    let jenkins = [
        ("JENKINS_URL", "x"),
        ("GIT_COMMIT", second.as_str()),
        ("GIT_BRANCH", "origin/topic"),
        ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &suppressed),
    ];
    let report = ci.report_in("single", &jenkins, &[]);
    report.assert_findings(&["new second.txt:1"]);
    assert!(notes(&report).contains("no policy of the repository is effective"), "{}", notes(&report));
    ci.report_in("single", &jenkins, &["--trust-head"]).assert_findings(&[]);
}

/// The target branch has removed a lax configuration since the change branched off.
#[test]
fn the_policy_is_that_of_the_tip_of_the_target_branch_where_it_is_known() {
    let ci = setting();
    ci.world.git(&["checkout", "-q", "main"]);
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    let lax = commit(&ci.world, "lax");
    ci.world.git(&["checkout", "-q", "-b", "change"]);
    ci.world.write("work/leak.txt", line(7));
    let head = commit(&ci.world, "leak");
    ci.world.git(&["checkout", "-q", "main"]);
    ci.world.git(&["rm", "-q", "stopleak.yaml"]);
    let strict = commit(&ci.world, "strict");
    ci.world.git(&["push", "-q", "origin", "main", "change"]);
    ci.git("ci", &["fetch", "-q", "origin"]);
    let (head, lax, strict) = (head.as_str(), lax.as_str(), strict.as_str());
    let gitlab = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        let basic = [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_SHA", head),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", lax),
        ];
        basic.iter().chain(more).copied().collect()
    };
    let branch = ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    let fork = [("CI_MERGE_REQUEST_PROJECT_ID", "1"), ("CI_PROJECT_ID", "2"), branch];
    let with_tip = |variables: &[(&'static str, &'static str)]| {
        [gitlab(variables), vec![("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", strict)]].concat()
    };
    for variables in [
        gitlab(&[branch]),
        with_tip(&[]),
        with_tip(&fork),
        ci.github("pull_request", &pull_request(lax, head)),
        ci.github("pull_request_target", &pull_request(lax, head)),
        vec![
            ("BITBUCKET_BUILD_NUMBER", "1"),
            ("BITBUCKET_COMMIT", head),
            ("BITBUCKET_PR_DESTINATION_COMMIT", lax),
            ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
        ],
        vec![
            ("TF_BUILD", "True"),
            ("BUILD_SOURCEVERSION", head),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ],
        vec![("JENKINS_URL", "x"), ("GIT_COMMIT", head), ("CHANGE_TARGET", "main"), ("CHANGE_ID", "7")],
        vec![
            ("BUILDKITE", "true"),
            ("BUILDKITE_COMMIT", head),
            ("BUILDKITE_PULL_REQUEST", "7"),
            ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
        ],
    ] {
        let report = ci.report(&variables);
        report.assert_findings(&["new leak.txt:1"]);
        assert_eq!(text(&report.scan, "policy"), strict, "{variables:?}");
        let notes = notes(&report);
        assert!(!notes.contains("branches off") && !notes.contains("edits the policy"), "{notes}");
    }
    for variables in [gitlab(&[]), gitlab(&fork)] {
        let report = ci.report(&variables);
        report.assert_findings(&[]);
        assert_eq!(text(&report.scan, "policy"), lax);
        let expected = "the tip of the target branch is not known in this clone, so the effective policy";
        assert!(notes(&report).contains(expected), "{}", notes(&report));
    }
    // The tip contains the change, and so the policy that the change may have edited.
    ci.world.git(&["merge", "-q", "--no-edit", "change"]);
    ci.world.git(&["push", "-q", "origin", "main"]);
    ci.git("ci", &["fetch", "-q", "origin"]);
    let report = ci.report(&gitlab(&[branch]));
    assert_eq!(text(&report.scan, "policy"), lax);
    let expected = "the target branch contains this change already";
    assert!(notes(&report).contains(expected), "{}", notes(&report));
}
