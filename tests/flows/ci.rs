//! `stopleak ci`: the range of commits that each CI system's variables name, in clones like those of its checkout.

use crate::report::{Report, commit, id, text};
use crate::support::{Run, World, binary};
use crate::tokens::{RULE, line, token};

/// Repositories of one test: `work` with the branches `main` (an old secret in `old.txt`) and `topic` (a new secret
/// in `new.txt`, removed again), both pushed to `origin`; and `ci`, a full clone of `origin` with `topic` checked out.
pub(crate) struct Ci {
    pub(crate) world: World,
    pub(crate) base: String,
    pub(crate) head: String,
}

pub(crate) fn setting() -> Ci {
    let world = World::repository();
    world.write("work/old.txt", line(1));
    let base = commit(&world, "base");
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.write("work/new.txt", line(2));
    commit(&world, "leak");
    std::fs::remove_file(world.path("work/new.txt")).expect("removed");
    let head = commit(&world, "oops");
    world.git(&["init", "-q", "--bare", "-b", "main", "../origin"]);
    world.git(&["remote", "add", "origin", "../origin"]);
    world.git(&["push", "-q", "origin", "main", "topic"]);
    let ci = Ci { world, base, head };
    ci.clone("ci", &[]);
    ci
}

impl Ci {
    /// Creates another clone with `topic` checked out.
    pub(crate) fn clone(&self, folder: &str, options: &[&str]) {
        let url = format!("file://{}", self.world.path("origin").display());
        let target = format!("../{folder}");
        self.world.git(&[&["clone", "-q", "--branch", "topic"], options, &[&url, &target]].concat());
    }

    pub(crate) fn report_in(&self, folder: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Report {
        let mut command = self.world.command(binary(), folder);
        self.world.report_of(command.envs(variables.iter().copied()).arg("ci").args(arguments))
    }

    pub(crate) fn report(&self, variables: &[(&str, &str)]) -> Report {
        self.report_in("ci", variables, &[])
    }

    fn run(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.world.command(binary(), "ci");
        self.world.run(command.envs(variables.iter().copied()).arg("ci").args(arguments))
    }

    /// Returns GitHub's variables, and writes `event` to the event file that they name.
    pub(crate) fn github<'a>(&self, name: &'a str, event: &serde_json::Value) -> Vec<(&'a str, &'a str)> {
        self.world.write("event.json", event.to_string());
        vec![("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", "../event.json")]
    }

    pub(crate) fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let run = self.world.run(self.world.command("git", folder).args(arguments));
        assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
        run.stdout.trim().to_owned()
    }
}

pub(crate) fn pull_request(base: &str, head: &str) -> serde_json::Value {
    serde_json::json!({
        "pull_request": { "base": { "sha": base, "ref": "main" }, "head": { "sha": head } },
        "repository": { "default_branch": "main" },
    })
}

pub(crate) fn push(before: &str, after: &str, branch: &str) -> serde_json::Value {
    serde_json::json!({
        "before": before, "after": after, "ref": format!("refs/heads/{branch}"),
        "repository": { "default_branch": "main" },
    })
}

pub(crate) fn notes(report: &Report) -> String {
    let notes = report.summary["notes"].as_array().expect("a list");
    notes.iter().map(|note| note.as_str().expect("text")).collect::<Vec<_>>().join("\n")
}

/// Asserts that the finding that the change introduces is reported, and none that existed before it.
#[track_caller]
pub(crate) fn assert_finds_leak(report: &Report, system: &str) {
    report.assert_findings(&["new new.txt:1"]);
    assert_eq!((text(&report.scan, "command"), report.count("commits")), ("ci", 2));
    assert!(notes(report).contains(system), "{}", notes(report));
}

/// Asserts that the run is incomplete with one unscanned entry, whose remedy is one line that contains `remedy`.
#[track_caller]
pub(crate) fn assert_incomplete(report: &Report, kind: &str, remedy: &str) {
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec![kind]), "{:?}", report.unscanned);
    let found = text(&report.unscanned[0], "remedy");
    assert!(found.contains(remedy) && !found.contains('\n'), "{found}");
}

pub(crate) const ZEROS: &str = "0000000000000000000000000000000000000000";
pub(crate) const UNKNOWN: &str = "0123456789012345678901234567890123456789";

#[test]
fn github_pull_requests() {
    let ci = setting();
    // GitHub checks out a merge commit that it made, and for `pull_request_target` the base. The range does not
    // depend on either.
    ci.git("ci", &["checkout", "-q", "--detach", &ci.base]);
    for name in ["pull_request", "pull_request_target"] {
        let report = ci.report(&ci.github(name, &pull_request(&ci.base, &ci.head)));
        assert_finds_leak(&report, "GitHub Actions");
        assert_eq!(text(&report.scan, "policy"), ci.base);
        assert_eq!(text(&report.scan, "target"), format!("{}..{}", ci.base, ci.head));
    }
}

#[test]
fn commits_merged_from_the_target_branch_are_not_part_of_a_github_pull_request() {
    let ci = setting();
    ci.world.git(&["checkout", "-q", "main"]);
    ci.world.write("work/main.txt", line(5));
    commit(&ci.world, "main goes on");
    ci.world.git(&["checkout", "-q", "topic"]);
    ci.world.git(&["merge", "-q", "--no-edit", "main"]);
    ci.world.git(&["push", "-q", "origin", "main", "topic"]);
    ci.git("ci", &["fetch", "-q"]);
    let head = id(&ci.world, "topic");
    let report = ci.report(&ci.github("pull_request", &pull_request(&ci.base, &head)));
    report.assert_findings(&["new new.txt:1"]);
}

#[test]
fn a_second_run_after_the_merge_scans_the_same_commits() {
    let ci = setting();
    ci.world.git(&["checkout", "-q", "main"]);
    ci.world.git(&["merge", "-q", "--no-ff", "--no-edit", "topic"]);
    ci.world.git(&["push", "-q", "origin", "main"]);
    ci.git("ci", &["fetch", "-q"]);
    assert_finds_leak(&ci.report(&ci.github("pull_request", &pull_request(&ci.base, &ci.head))), "GitHub");
}

#[test]
fn github_without_an_event_file_uses_variables_or_is_incomplete() {
    let ci = setting();
    let basic = [("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", ci.head.as_str()), ("GITHUB_BASE_REF", "main")];
    let with = |name| [&basic[..], &[("GITHUB_EVENT_NAME", name)]].concat();
    assert_finds_leak(&ci.report(&with("pull_request")), "GitHub Actions");
    for name in ["pull_request_target", "push", "merge_group"] {
        assert_incomplete(&ci.report(&with(name)), "missing", "--base REV");
    }
}

#[test]
fn github_merge_queue_and_pushes() {
    let ci = setting();
    let queue = serde_json::json!({ "merge_group": { "base_sha": ci.base, "head_sha": ci.head } });
    assert_finds_leak(&ci.report(&ci.github("merge_group", &queue)), "GitHub Actions");
    assert_finds_leak(&ci.report(&ci.github("push", &push(&ci.base, &ci.head, "topic"))), "GitHub Actions");
    // A new branch: the commits that are not reachable from the default branch.
    let report = ci.report(&ci.github("push", &push(ZEROS, &ci.head, "topic")));
    assert_finds_leak(&report, "main");
    // A new tag, with its message.
    ci.git("ci", &["tag", "-a", "v1", "-m", &format!("with {}", token(7))]);
    let tag = ci.git("ci", &["rev-parse", "v1"]);
    let mut event = push(ZEROS, &tag, "x");
    event["ref"] = "refs/tags/v1".into();
    ci.report(&ci.github("push", &event)).assert_findings(&["new new.txt:1", "new tag:1"]);
    let mut event = push(&ci.head, ZEROS, "topic");
    event["deleted"] = true.into();
    let report = ci.report(&ci.github("push", &event));
    report.assert_findings(&[]);
    assert!(text(&report.summary, "line").contains("nothing to scan, 0 commits: the push deletes"));
}

#[test]
fn the_first_push_of_the_default_branch_and_a_schedule_scan_the_whole_history() {
    let ci = setting();
    let events = [
        ci.report(&ci.github("push", &push(ZEROS, &ci.base, "main"))),
        ci.report(&ci.github("schedule", &serde_json::json!({}))),
        ci.report(&ci.github("workflow_dispatch", &serde_json::json!({}))),
    ];
    for report in events {
        report.assert_findings(&["new new.txt:1", "new old.txt:1"]);
        assert!(notes(&report).contains("the whole history"), "{}", notes(&report));
    }
}

#[test]
fn a_forced_push_over_an_unknown_commit_is_incomplete_and_scans_the_branch() {
    let ci = setting();
    let report = ci.report(&ci.github("push", &push(UNKNOWN, &ci.head, "topic")));
    assert_incomplete(&report, "missing", &format!("git fetch origin {UNKNOWN}"));
    assert_eq!(report.found(), ["new new.txt:1"]);
    assert!(text(&report.unscanned[0], "reason").contains("the commits that are not reachable from main"));
    let report = ci.report(&ci.github("push", &push(UNKNOWN, &ci.base, "main")));
    assert_incomplete(&report, "missing", "git fetch origin");
    assert_eq!(report.found(), ["new new.txt:1", "new old.txt:1"]);
}

#[test]
fn other_events_require_an_explicit_base() {
    let ci = setting();
    let variables = ci.github("release", &serde_json::json!({}));
    let run = ci.run(&variables, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("`release`") && run.stderr.contains("--base REV"), "{}", run.stderr);
    ci.report_in("ci", &variables, &["--base", "origin/main"]).assert_findings(&["new new.txt:1"]);
}

#[test]
fn a_shallow_checkout_is_incomplete_with_the_remedy_for_the_ci_system() {
    let ci = setting();
    let (base, head) = (ci.base.as_str(), ci.head.as_str());
    let event = ci.github("pull_request", &pull_request(base, head));
    let systems: [(&str, Vec<(&str, &str)>); 7] = [
        ("fetch-depth: 0", event),
        (
            "GIT_DEPTH",
            vec![
                ("GITLAB_CI", "true"),
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
                ("CI_COMMIT_SHA", head),
            ],
        ),
        (
            "depth: full",
            vec![
                ("BITBUCKET_BUILD_NUMBER", "1"),
                ("BITBUCKET_COMMIT", head),
                ("BITBUCKET_PR_DESTINATION_COMMIT", &base[..12]),
            ],
        ),
        (
            "fetchDepth: 0",
            vec![
                ("TF_BUILD", "True"),
                ("BUILD_SOURCEVERSION", head),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
            ],
        ),
        (
            "method: full",
            vec![("CIRCLECI", "true"), ("CIRCLE_SHA1", head), ("PIPELINE_GIT_BASE_REVISION", base)],
        ),
        (
            "shallow: false",
            vec![("JENKINS_URL", "http://ci"), ("GIT_COMMIT", head), ("CHANGE_TARGET", "main")],
        ),
        (
            "BUILDKITE_GIT_CLONE_FLAGS",
            vec![
                ("BUILDKITE", "true"),
                ("BUILDKITE_COMMIT", "HEAD"),
                ("BUILDKITE_PULL_REQUEST", "7"),
                ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ],
        ),
    ];
    for depth in ["1", "2"] {
        let folder = format!("depth{depth}");
        ci.clone(&folder, &["--depth", depth]);
        for (remedy, variables) in &systems {
            let report = ci.report_in(&folder, variables, &[]);
            assert_incomplete(&report, "shallow", remedy);
            assert!(report.findings.is_empty(), "{remedy}");
        }
    }
    // The clone contains the base, but not the merge base of base and head.
    ci.git("depth2", &["fetch", "-q", "--depth", "1", "origin", "+main:refs/remotes/origin/main"]);
    for (remedy, variables) in &systems {
        let report = ci.report_in("depth2", variables, &[]);
        assert_incomplete(&report, "shallow", remedy);
    }
    let report = ci.report_in("depth1", &ci.github("schedule", &serde_json::json!({})), &[]);
    assert_incomplete(&report, "shallow", "fetch-depth: 0");
    let human =
        ci.world.run(ci.world.command(binary(), "depth1").envs(systems[0].1.iter().copied()).arg("ci"));
    assert_eq!(human.code, 3);
    assert!(human.stdout.contains("INCOMPLETE") && !human.stdout.contains("clean"), "{}", human.stdout);
}

#[test]
fn a_blobless_checkout_is_incomplete() {
    let ci = setting();
    ci.git("origin", &["config", "uploadpack.allowFilter", "true"]);
    ci.clone("blobless", &["--filter=blob:none"]);
    let variables = [
        ("CIRCLECI", "true"),
        ("CIRCLE_SHA1", ci.head.as_str()),
        ("PIPELINE_GIT_BASE_REVISION", ci.base.as_str()),
    ];
    assert_incomplete(&ci.report_in("blobless", &variables, &[]), "missing", "method: full");
}

#[test]
fn a_missing_base_or_head_is_incomplete() {
    let ci = setting();
    for (base, head) in [(UNKNOWN, ci.head.as_str()), (ci.base.as_str(), UNKNOWN)] {
        let report = ci.report(&ci.github("pull_request", &pull_request(base, head)));
        assert_incomplete(&report, "missing", &format!("git fetch origin {UNKNOWN}"));
    }
    // A clone of one branch lacks the target branch, and a new branch cannot be compared with the default branch.
    ci.clone("single", &["--single-branch"]);
    let jenkins = [("JENKINS_URL", "x"), ("GIT_COMMIT", ci.head.as_str()), ("CHANGE_TARGET", "main")];
    let remedy = "git fetch origin +refs/heads/main:refs/remotes/origin/main";
    assert_incomplete(&ci.report_in("single", &jenkins, &[]), "missing", remedy);
    let report = ci.report_in("single", &ci.github("push", &push(ZEROS, &ci.head, "topic")), &[]);
    assert_incomplete(&report, "missing", remedy);
    // A local branch of that name is not used: it can be the proposed change itself.
    ci.git("single", &["branch", "main", "topic"]);
    assert_incomplete(&ci.report_in("single", &jenkins, &[]), "missing", remedy);
}

#[test]
fn a_ref_named_like_a_commit_id_does_not_replace_the_commit() {
    let ci = setting();
    let bitbucket = [
        ("BITBUCKET_BUILD_NUMBER", "1"),
        ("BITBUCKET_COMMIT", ci.head.as_str()),
        ("BITBUCKET_PR_DESTINATION_COMMIT", &ci.base[..12]),
    ];
    assert_finds_leak(&ci.report(&bitbucket), "Bitbucket");
    ci.git("ci", &["tag", &ci.base[..12], &ci.head]);
    let report = ci.report(&bitbucket);
    assert!(report.code == 3 || report.found() == ["new new.txt:1"], "{:?}", report.found());
}

#[test]
fn gitlab_merge_requests_pushes_and_schedules() {
    let ci = setting();
    let basic = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", ci.head.as_str()), ("CI_DEFAULT_BRANCH", "main")];
    let with = |more: &[(&'static str, &str)]| {
        let variables: Vec<(&str, &str)> = basic.iter().chain(more).copied().collect();
        ci.report(&variables)
    };
    let (request, pushed) = (("CI_PIPELINE_SOURCE", "merge_request_event"), ("CI_PIPELINE_SOURCE", "push"));
    assert_finds_leak(&with(&[request, ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &ci.base)]), "GitLab CI");
    assert_incomplete(&with(&[request]), "missing", "GIT_DEPTH");
    let branch = ("CI_COMMIT_BRANCH", "topic");
    assert_finds_leak(&with(&[pushed, branch, ("CI_COMMIT_BEFORE_SHA", &ci.base)]), "GitLab CI");
    assert_finds_leak(&with(&[pushed, branch, ("CI_COMMIT_BEFORE_SHA", ZEROS)]), "main");
    with(&[("CI_PIPELINE_SOURCE", "schedule")]).assert_findings(&["new new.txt:1", "new old.txt:1"]);
    let first = with(&[pushed, ("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_BEFORE_SHA", ZEROS)]);
    first.assert_findings(&["new new.txt:1", "new old.txt:1"]);
    let forced = with(&[pushed, branch, ("CI_COMMIT_BEFORE_SHA", UNKNOWN)]);
    assert_incomplete(&forced, "missing", "--base REV");
    assert_eq!(forced.found(), ["new new.txt:1"]);
}

#[test]
fn bitbucket_azure_circleci_jenkins_and_buildkite() {
    let ci = setting();
    let (base, head) = (ci.base.as_str(), ci.head.as_str());
    let systems: [(&str, &[(&str, &str)]); 11] = [
        (
            "Bitbucket",
            &[
                ("BITBUCKET_BUILD_NUMBER", "1"),
                ("BITBUCKET_COMMIT", head),
                ("BITBUCKET_PR_DESTINATION_COMMIT", &base[..12]),
            ],
        ),
        (
            "Bitbucket",
            &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", head), ("BITBUCKET_BRANCH", "topic")],
        ),
        (
            "Azure",
            &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEVERSION", UNKNOWN),
                ("SYSTEM_PULLREQUEST_SOURCECOMMITID", head),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
            ],
        ),
        (
            "Azure",
            &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "IndividualCI"),
                ("BUILD_SOURCEVERSION", head),
                ("BUILD_SOURCEBRANCH", "refs/heads/topic"),
            ],
        ),
        ("CircleCI", &[("CIRCLECI", "true"), ("CIRCLE_SHA1", head), ("PIPELINE_GIT_BASE_REVISION", base)]),
        ("CircleCI", &[("CIRCLECI", "true"), ("CIRCLE_SHA1", head), ("CIRCLE_BRANCH", "topic")]),
        ("Jenkins", &[("JENKINS_URL", "x"), ("GIT_COMMIT", head), ("CHANGE_TARGET", "main")]),
        ("Jenkins", &[("JENKINS_URL", "x"), ("GIT_COMMIT", head), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", base)]),
        ("Jenkins", &[("JENKINS_URL", "x"), ("GIT_COMMIT", head), ("GIT_BRANCH", "origin/topic")]),
        (
            "Buildkite",
            &[
                ("BUILDKITE", "true"),
                ("BUILDKITE_COMMIT", head),
                ("BUILDKITE_PULL_REQUEST", "7"),
                ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ],
        ),
        (
            "Buildkite",
            &[
                ("BUILDKITE", "true"),
                ("BUILDKITE_COMMIT", head),
                ("BUILDKITE_PULL_REQUEST", "false"),
                ("BUILDKITE_BRANCH", "topic"),
                ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
            ],
        ),
    ];
    for (system, variables) in systems {
        assert_finds_leak(&ci.report(variables), system);
    }
    for variables in [
        &[("BUILDKITE", "true"), ("BUILDKITE_SOURCE", "schedule")][..],
        &[("TF_BUILD", "True"), ("BUILD_REASON", "Schedule")],
        &[("CIRCLECI", "true"), ("CIRCLE_SHA1", head), ("PIPELINE_TRIGGER_SOURCE", "scheduled_pipeline")],
        // A push to the default branch, without a variable for the commit before it.
        &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", base), ("BITBUCKET_BRANCH", "main")],
    ] {
        ci.report(variables).assert_findings(&["new new.txt:1", "new old.txt:1"]);
    }
}

#[test]
fn an_unknown_default_branch() {
    let ci = setting();
    ci.world.write("work/stopleak.yaml", "skip-paths: ['*.txt']\n");
    let head = commit(&ci.world, "suppressed");
    ci.world.git(&["push", "-q", "origin", "topic"]);
    ci.git("ci", &["pull", "-q"]);
    ci.git("ci", &["remote", "set-head", "origin", "--delete"]);
    let azure = |branch: &'static str| {
        let reference = if branch == "main" { "refs/heads/main" } else { "refs/heads/topic" };
        [("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", head.as_str()), ("BUILD_SOURCEBRANCH", reference)]
    };
    let report = ci.report(&azure("topic"));
    report.assert_findings(&["new new.txt:1"]);
    assert!(notes(&report).contains("but not from main"), "{}", notes(&report));
    // Without a known default branch, the pushed branch can be untrusted, so its own configuration is not applied.
    ci.git("ci", &["update-ref", "-d", "refs/remotes/origin/main"]);
    let report = ci.report(&azure("topic"));
    report.assert_findings(&["new new.txt:1", "new old.txt:1"]);
    assert!(
        notes(&report).contains("neither the commit before the push nor the default branch is known"),
        "{}",
        notes(&report)
    );
    // Its allow comments are not applied either.
    ci.world.write("work/new.txt", format!("{} # stopleak:allow {RULE} mine\n", token(8)));
    let allowed = commit(&ci.world, "allowed");
    ci.world.git(&["push", "-q", "origin", "topic"]);
    ci.git("ci", &["fetch", "-q", "origin", "topic"]);
    ci.git("ci", &["update-ref", "-d", "refs/remotes/origin/main"]);
    let report = ci.report(&[("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", &allowed)]);
    report.assert_findings(&["new new.txt:1", "new new.txt:1", "new old.txt:1"]);
    let before = ("PIPELINE_GIT_BASE_REVISION", UNKNOWN);
    let report = ci.report(&[("CIRCLECI", "true"), ("CIRCLE_SHA1", &head), before]);
    assert_incomplete(&report, "missing", "--base REV");
    assert_eq!(report.found(), ["new new.txt:1", "new old.txt:1"]);
}

#[test]
fn without_a_ci_system_a_base_is_required() {
    let ci = setting();
    let run = ci.run(&[], &[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("stopleak ci --base REV"), "{}", run.stderr);
    for empty in [&["--base", ""][..], &["--base", "origin/main", "--head", " "]] {
        assert_eq!(ci.run(&[], empty).code, 2);
    }
    let report = |arguments: &[&str]| ci.report_in("ci", &[], arguments);
    assert_finds_leak(&report(&["--base", "origin/main"]), "--base");
    assert_finds_leak(&report(&["--base", &ci.base, "--head", "topic"]), "--base");
    ci.git("ci", &["tag", "-a", "v1", "-m", "one", &ci.base]);
    let tagged = report(&["--base", "v1"]);
    assert_finds_leak(&tagged, "--base");
    assert_eq!(text(&tagged.scan, "policy"), ci.base);
    assert_incomplete(&report(&["--base", "gone"]), "missing", "git fetch");
    // An id of zeros is the base of a new branch.
    assert_finds_leak(&report(&["--base", ZEROS]), "main");
    // Options take precedence over the variables of the CI system.
    let variables = [("CIRCLECI", "true"), ("CIRCLE_SHA1", ci.head.as_str())];
    assert_finds_leak(&ci.report_in("ci", &variables, &["--base", &ci.base]), "CircleCI");
}

#[test]
fn a_change_without_commits_reports_nothing_to_scan() {
    let ci = setting();
    let report = ci.report(&ci.github("pull_request", &pull_request(&ci.head, &ci.base)));
    report.assert_findings(&[]);
    let line = text(&report.summary, "line");
    assert!(line.contains("nothing to scan, 0 commits in") && line.contains("Read nothing"), "{line}");
}

#[test]
fn every_format_reports_an_incomplete_run() {
    let ci = setting();
    let variables = ci.github("pull_request", &pull_request(UNKNOWN, &ci.head));
    for format in ["human", "json", "jsonl", "sarif"] {
        let run = ci.run(&variables, &["--format", format]);
        assert_eq!(run.code, 3, "{format}");
        for word in ["INCOMPLETE", "fetch-depth: 0", UNKNOWN] {
            assert!(run.stdout.contains(word), "{format} {word}: {}", run.stdout);
        }
    }
}
