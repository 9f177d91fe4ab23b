//! What CI systems say that is wrong, out of date, or meant to mislead: never a pass, and never another range.

use crate::ci::{UNKNOWN, ZEROS, finds_the_leak, is_incomplete, notes, pull_request, push, setting};
use crate::report::{commit, id, text};
use crate::tokens::line;

#[test]
fn an_id_without_content_is_not_what_happens_to_be_checked_out() {
    let ci = setting();
    for (base, head) in [("", ci.head.as_str()), (ci.base.as_str(), ""), ("", "")] {
        let mut variables = ci.github("pull_request", &pull_request(base, head));
        variables.extend([("GITHUB_SHA", ci.head.as_str()), ("GITHUB_BASE_REF", "main")]);
        finds_the_leak(&ci.report(&variables), "GitHub Actions");
    }
}

#[test]
fn what_is_no_id_of_a_commit_is_not_read_as_a_revision() {
    let ci = setting();
    let (tree, blob) = (id(&ci.world, "topic^{tree}"), id(&ci.world, "topic:old.txt"));
    let wrong = ["HEAD", "main", "-n", "--all", "^main", "main^{tree}", ":/leak", "@{-1}", "a\nb", "abc"];
    for wrong in wrong.into_iter().chain([tree.as_str(), &blob]) {
        for (base, head) in [(wrong, ci.head.as_str()), (ci.base.as_str(), wrong)] {
            let report = ci.report(&ci.github("pull_request", &pull_request(base, head)));
            is_incomplete(&report, "missing", "--base REV");
            assert!(report.findings.is_empty(), "{wrong}");
        }
    }
    // What a configuration handed on without its value is no forced push.
    let base = ("PIPELINE_GIT_BASE_REVISION", "<< pipeline.git.base_revision >>");
    let report = ci.report(&[("CIRCLECI", "true"), ("CIRCLE_SHA1", &ci.head), base]);
    is_incomplete(&report, "missing", "--base REV");
    assert!(!text(&report.coverage[0], "reason").contains("forced"));
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
    is_incomplete(&request(branch), "missing", &remedy);
    is_incomplete(&request("--upload-pack=x"), "missing", "git fetch origin +refs/heads/--upload-pack=x:");
}

#[test]
fn what_a_fork_pushed_to_its_own_branches_is_not_known_to_the_target() {
    let ci = setting();
    // The fork's `main` is ahead of the target's, and the branch starts there.
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
    with(&[("CI_PROJECT_ID", "2"), base]).is(&["new new.txt:1"]);
    is_incomplete(&with(&[("CI_PROJECT_ID", "2")]), "missing", "--base REV");
    // In the target's own project it is.
    with(&[("CI_PROJECT_ID", "1"), base]).is(&[]);
}

#[test]
fn a_base_that_is_not_in_the_target_branch_is_not_trusted() {
    let ci = setting();
    // Proposed for `other` before, whose policy hides everything; or `main` was rewritten.
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    let other = commit(&ci.world, "never agreed to");
    ci.world.write("work/more.txt", line(5));
    let head = commit(&ci.world, "more");
    ci.world.git(&["checkout", "-q", "main"]);
    ci.world.write("work/main.txt", "main goes on\n");
    let main = commit(&ci.world, "main");
    ci.world.git(&["push", "-q", "origin", "main", "topic"]);
    ci.git("ci", &["pull", "-q", "--all"]);
    let report = ci.report(&ci.github("pull_request", &pull_request(&other, &head)));
    report.is(&["new more.txt:1", "new new.txt:1"]);
    assert_eq!(text(&report.scan, "policy"), main);
    assert!(notes(&report).contains("is not in it"), "{}", notes(&report));
    // A clone whose branch is behind the base is no reason for that.
    ci.git("ci", &["update-ref", "refs/remotes/origin/main", &ci.base]);
    let report = ci.report(&ci.github("pull_request", &pull_request(&main, &head)));
    report.is(&["new more.txt:1", "new new.txt:1"]);
    assert!(!notes(&report).contains("is not in it"), "{}", notes(&report));
}

#[test]
fn pipelines_that_a_merge_request_starts_are_about_the_merge_request() {
    let ci = setting();
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    let head = commit(&ci.world, "excused");
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
        report.is(&["new new.txt:1"]);
    }
}

#[test]
fn the_head_of_a_pull_request_that_only_its_base_was_checked_out_for() {
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
    is_incomplete(&ci.report_in("base", &variables, &[]), "missing", fetch);
    let both = format!("actions/checkout with fetch-depth: 0, and then {fetch}");
    is_incomplete(&ci.report_in("shallow", &variables, &[]), "shallow", &both);
    ci.git("base", &["fetch", "-q", "origin", "refs/pull/7/head"]);
    finds_the_leak(&ci.report_in("base", &variables, &[]), "GitHub Actions");
}

#[test]
fn a_push_without_a_result_brings_nothing_whether_or_not_it_is_called_a_deletion() {
    let ci = setting();
    let report = ci.report(&ci.github("push", &push(&ci.head, ZEROS, "topic")));
    report.is(&[]);
    assert!(text(&report.summary, "line").contains("the push deletes"));
}

#[test]
fn variables_of_two_systems_and_an_event_without_a_name() {
    let ci = setting();
    let mut variables = ci.github("pull_request", &pull_request(&ci.base, &ci.head));
    variables.extend([("JENKINS_URL", "x"), ("GIT_COMMIT", UNKNOWN), ("CHANGE_TARGET", "gone")]);
    finds_the_leak(&ci.report(&variables), "GitHub Actions");
    variables[1].1 = "";
    is_incomplete(&ci.report(&variables), "missing", "--base REV");
    // One that says that it is not running is passed over.
    variables[0].1 = "false";
    is_incomplete(&ci.report(&variables), "missing", "git fetch origin");
    // Jenkins without an address, and a script that hands on what is not there.
    let jenkins = [
        ("JENKINS_HOME", "/var/jenkins"),
        ("GIT_COMMIT", ci.head.as_str()),
        ("BRANCH_NAME", "topic"),
        ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "null"),
    ];
    finds_the_leak(&ci.report(&jenkins), "Jenkins");
}

#[test]
fn a_container_that_got_only_the_variables_that_are_needed() {
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
        finds_the_leak(&ci.report(variables), system);
    }
    // One that says that it runs is asked first.
    let more = [("GITHUB_EVENT_NAME", "push"), ("CI_PIPELINE_SOURCE", "schedule"), ("CIRCLECI", "true")];
    finds_the_leak(&ci.report(&[systems[4].1, &more].concat()), "CircleCI");
}

#[test]
fn a_copy_without_a_remote_has_only_its_own_branches() {
    let ci = setting();
    let jenkins = [("JENKINS_URL", "x"), ("GIT_COMMIT", ci.head.as_str()), ("CHANGE_TARGET", "main")];
    ci.world.git(&["remote", "remove", "origin"]);
    finds_the_leak(&ci.report_in("work", &jenkins, &[]), "Jenkins");
    // What is checked out may be what is proposed.
    ci.world.git(&["checkout", "-q", "-B", "main", "topic"]);
    is_incomplete(&ci.report_in("work", &jenkins, &[]), "missing", "refs/heads/main");
}
