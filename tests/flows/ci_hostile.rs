//! Variables of CI systems that are wrong, outdated or hostile: they neither pass the run nor change the range.

use crate::ci::{UNKNOWN, ZEROS, assert_finds_leak, assert_incomplete, notes, pull_request, push, setting};
use crate::report::{commit, id, text};
use crate::tokens::line;

#[test]
fn an_empty_id_is_not_replaced_by_the_checked_out_commit() {
    let ci = setting();
    for (base, head) in [("", ci.head.as_str()), (ci.base.as_str(), ""), ("", "")] {
        let mut variables = ci.github("pull_request", &pull_request(base, head));
        variables.extend([("GITHUB_SHA", ci.head.as_str()), ("GITHUB_BASE_REF", "main")]);
        assert_finds_leak(&ci.report(&variables), "GitHub Actions");
    }
}

#[test]
fn a_value_that_is_no_commit_id_is_not_resolved_as_a_revision() {
    let ci = setting();
    let (tree, blob) = (id(&ci.world, "topic^{tree}"), id(&ci.world, "topic:old.txt"));
    let wrong = ["HEAD", "main", "-n", "--all", "^main", "main^{tree}", ":/leak", "@{-1}", "a\nb", "abc"];
    for wrong in wrong.into_iter().chain([tree.as_str(), &blob]) {
        for (base, head) in [(wrong, ci.head.as_str()), (ci.base.as_str(), wrong)] {
            let report = ci.report(&ci.github("pull_request", &pull_request(base, head)));
            assert_incomplete(&report, "missing", "--base REV");
            assert!(report.findings.is_empty(), "{wrong}");
        }
    }
    // A placeholder that the CI configuration did not expand is not reported as a forced push.
    let base = ("PIPELINE_GIT_BASE_REVISION", "<< pipeline.git.base_revision >>");
    let report = ci.report(&[("CIRCLECI", "true"), ("CIRCLE_SHA1", &ci.head), base]);
    assert_incomplete(&report, "missing", "--base REV");
    assert!(!text(&report.unscanned[0], "reason").contains("forced"));
}

#[test]
fn a_remedy_can_be_pasted_into_a_shell() {
    let ci = setting();
    let request = |branch| {
        let target = ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", branch);
        let source = ("CI_PIPELINE_SOURCE", "merge_request_event");
        ci.report(&[("GITLAB_CI", "true"), ("CI_COMMIT_SHA", &ci.head), source, target])
    };
    let branch = "x$(id);`id`|'q'";
    let quoted = branch.replace('\'', r"'\''");
    let remedy = format!("git fetch origin '+refs/heads/{quoted}:refs/remotes/origin/{quoted}'");
    assert_incomplete(&request(branch), "missing", &remedy);
    assert_incomplete(
        &request("--upload-pack=x"),
        "missing",
        "git fetch origin +refs/heads/--upload-pack=x:",
    );
}

#[test]
fn branches_of_a_fork_do_not_count_as_known_to_the_target() {
    let ci = setting();
    // The fork's `main` is ahead of the target's, and the branch starts from it.
    ci.git("origin", &["update-ref", "refs/heads/main", &ci.head]);
    ci.world.git(&["commit", "-q", "--allow-empty", "-m", "on it"]);
    ci.world.git(&["push", "-q", "origin", "topic"]);
    ci.git("ci", &["pull", "-q"]);
    let head = id(&ci.world, "topic");
    let basic = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
        ("CI_COMMIT_SHA", head.as_str()),
    ];
    let with = |more: &[(&'static str, &str)]| {
        let variables: Vec<(&str, &str)> = basic.iter().chain(more).copied().collect();
        ci.report(&variables)
    };
    let base = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", ci.base.as_str());
    with(&[("CI_PROJECT_ID", "2"), base]).assert_findings(&["new new.txt:1"]);
    assert_incomplete(&with(&[("CI_PROJECT_ID", "2")]), "missing", "--base REV");
    // In a pipeline of the target project, `origin/main` is the target branch.
    with(&[("CI_PROJECT_ID", "1"), base]).assert_findings(&[]);
}

#[test]
fn a_base_that_is_not_in_the_target_branch_is_not_trusted() {
    let ci = setting();
    // The base commit is on another branch, whose policy skips every file, or was removed by a rewrite of `main`.
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    let other = commit(&ci.world, "not on main");
    ci.world.write("work/more.txt", line(5));
    let head = commit(&ci.world, "more");
    ci.world.git(&["checkout", "-q", "main"]);
    ci.world.write("work/main.txt", "main goes on\n");
    let main = commit(&ci.world, "main");
    ci.world.git(&["push", "-q", "origin", "main", "topic"]);
    ci.git("ci", &["pull", "-q", "--all"]);
    let report = ci.report(&ci.github("pull_request", &pull_request(&other, &head)));
    report.assert_findings(&["new more.txt:1", "new new.txt:1"]);
    assert_eq!(text(&report.scan, "policy"), main);
    assert!(notes(&report).contains("is not part of that branch"), "{}", notes(&report));
    // A clone whose `main` is behind the base does not make the base untrusted.
    ci.git("ci", &["update-ref", "refs/remotes/origin/main", &ci.base]);
    let report = ci.report(&ci.github("pull_request", &pull_request(&main, &head)));
    report.assert_findings(&["new more.txt:1", "new new.txt:1"]);
    assert!(!notes(&report).contains("is not part of that branch"), "{}", notes(&report));
}

#[test]
fn pipelines_started_by_a_merge_request_scan_its_commits() {
    let ci = setting();
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    let head = commit(&ci.world, "suppressed");
    ci.world.git(&["push", "-q", "origin", "topic"]);
    ci.git("ci", &["pull", "-q"]);
    for source in ["parent_pipeline", "api", "pipeline"] {
        let report = ci.report(&[
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", source),
            ("CI_MERGE_REQUEST_IID", "1"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &ci.base),
            ("CI_COMMIT_SHA", &head),
            ("CI_COMMIT_BEFORE_SHA", ZEROS),
        ]);
        report.assert_findings(&["new new.txt:1"]);
    }
}

#[test]
fn a_pull_request_of_which_only_the_base_was_checked_out() {
    let ci = setting();
    ci.git("origin", &["update-ref", "refs/pull/7/head", &ci.head]);
    ci.git("origin", &["update-ref", "-d", "refs/heads/topic"]);
    let url = format!("file://{}", ci.world.path("origin").display());
    ci.world.git(&["clone", "-q", &url, "../base"]);
    ci.world.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let mut event = pull_request(&ci.base, &ci.head);
    event["pull_request"]["number"] = 7.into();
    let variables = ci.github("pull_request_target", &event);
    let fetch = "git fetch origin refs/pull/7/head";
    assert_incomplete(&ci.report_in("base", &variables, &[]), "missing", fetch);
    let both = format!("actions/checkout with fetch-depth: 0, and then {fetch}");
    assert_incomplete(&ci.report_in("shallow", &variables, &[]), "shallow", &both);
    ci.git("base", &["fetch", "-q", "origin", "refs/pull/7/head"]);
    assert_finds_leak(&ci.report_in("base", &variables, &[]), "GitHub Actions");
}

#[test]
fn a_push_whose_new_id_is_zero_is_a_deletion_even_without_the_flag() {
    let ci = setting();
    let report = ci.report(&ci.github("push", &push(&ci.head, ZEROS, "topic")));
    report.assert_findings(&[]);
    assert!(text(&report.summary, "line").contains("the push deletes"));
}

#[test]
fn variables_of_two_systems_and_an_event_without_a_name() {
    let ci = setting();
    let mut variables = ci.github("pull_request", &pull_request(&ci.base, &ci.head));
    variables.extend([("JENKINS_URL", "x"), ("GIT_COMMIT", UNKNOWN), ("CHANGE_TARGET", "gone")]);
    assert_finds_leak(&ci.report(&variables), "GitHub Actions");
    variables[1].1 = "";
    assert_incomplete(&ci.report(&variables), "missing", "--base REV");
    // A system whose variable is `false` is ignored.
    variables[0].1 = "false";
    assert_incomplete(&ci.report(&variables), "missing", "git fetch origin");
    // Jenkins without JENKINS_URL, and a script that passes `null` for a missing value.
    let jenkins = [
        ("JENKINS_HOME", "/var/jenkins"),
        ("GIT_COMMIT", ci.head.as_str()),
        ("BRANCH_NAME", "topic"),
        ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "null"),
    ];
    assert_finds_leak(&ci.report(&jenkins), "Jenkins");
}

#[test]
fn a_container_with_only_the_needed_variables() {
    let ci = setting();
    let (base, head) = (ci.base.as_str(), ci.head.as_str());
    let event = ci.github("pull_request", &pull_request(base, head));
    let systems: [(&str, &[(&str, &str)]); 7] = [
        ("GitHub Actions", &event[1..]),
        (
            "GitLab CI",
            &[
                ("CI_MERGE_REQUEST_IID", "1"),
                ("CI_COMMIT_SHA", head),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
            ],
        ),
        ("Bitbucket", &[("BITBUCKET_COMMIT", head), ("BITBUCKET_PR_DESTINATION_COMMIT", &base[..12])]),
        ("Azure", &[("BUILD_SOURCEVERSION", head), ("SYSTEM_PULLREQUEST_TARGETBRANCHNAME", "main")]),
        ("CircleCI", &[("CIRCLE_SHA1", head), ("PIPELINE_GIT_BASE_REVISION", base)]),
        ("Jenkins", &[("GIT_COMMIT", head), ("CHANGE_TARGET", "main")]),
        (
            "Buildkite",
            &[
                ("BUILDKITE_COMMIT", head),
                ("BUILDKITE_PULL_REQUEST", "1"),
                ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ],
        ),
    ];
    for (system, variables) in systems {
        assert_finds_leak(&ci.report(variables), system);
    }
    // A system with its own marker variable takes precedence over variables of others.
    let more = [("GITHUB_EVENT_NAME", "push"), ("CI_PIPELINE_SOURCE", "schedule"), ("CIRCLECI", "true")];
    assert_finds_leak(&ci.report(&[systems[4].1, &more].concat()), "CircleCI");
}

#[test]
fn without_a_remote_local_branches_are_the_targets() {
    let ci = setting();
    let jenkins = [("JENKINS_URL", "x"), ("GIT_COMMIT", ci.head.as_str()), ("CHANGE_TARGET", "main")];
    ci.world.git(&["remote", "remove", "origin"]);
    assert_finds_leak(&ci.report_in("work", &jenkins, &[]), "Jenkins");
    // The checked-out branch is not used as the target: it can be the proposed change itself.
    ci.world.git(&["checkout", "-q", "-B", "main", "topic"]);
    assert_incomplete(&ci.report_in("work", &jenkins, &[]), "missing", "refs/heads/main");
}
