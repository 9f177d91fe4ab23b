//! Properties of every run of the built program.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;

use support::planted::{Planted, TestRepo, plant, sample_value};

/// Runs a command at the lowest confidence, and returns its JSON Lines report.
fn report(planted: &Planted, arguments: &[&str]) -> String {
    let arguments = [arguments, &["--confidence", "low", "--format", "jsonl"]].concat();
    let output = planted.stopleak(&arguments);
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn field(report: &str, name: &str) -> Vec<String> {
    let records = report.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let findings = records.filter(|record| record["type"] == "finding");
    findings.map(|finding| finding[name].as_str().expect("text").to_owned()).collect()
}

/// Creates a repository with these files, without commits and without other values.
fn from_files(files: &[(String, String)]) -> Planted {
    let repo = TestRepo::new();
    for (path, text) in files {
        repo.write(path, text);
    }
    Planted { repo, values: Vec::new(), base: String::new() }
}

#[test]
fn the_report_is_equal_for_any_number_of_threads() {
    let planted = plant();
    for at in 0..60u64 {
        let token = sample_value("github-classic-pat", at % 7);
        planted.repo.write(
            format!("d{}/f{at}.txt", at % 5),
            format!("{}{token}\npassword = 'vT9q{at}Lm2x8Zr'\n", "\n".repeat(at as usize)),
        );
    }
    planted.repo.commit_all("more");
    let range = format!("{}..HEAD", planted.base);
    for command in [vec!["scan"], vec!["staged"], vec!["range", &range], vec!["history"]] {
        let with = |threads| report(&planted, &[&command[..], &["--threads", threads]].concat());
        let one = with("1");
        for threads in ["2", "4"] {
            assert_eq!(one, with(threads), "{command:?} with {threads} threads");
        }
    }
}

#[test]
fn a_fingerprint_does_not_depend_on_line_or_path() {
    let values: Vec<String> = (0..5).map(|seed| sample_value("github-classic-pat", seed)).collect();
    let text = |prefix: &str| values.iter().map(|value| format!("{prefix}k = {value}\n")).collect::<String>();
    let baseline = (".stopleak-baseline".to_owned(), format!("key: {}\n", "0".repeat(32)));
    let scan = |path: &str, prefix: &str| {
        let planted = from_files(&[(path.to_owned(), text(prefix)), baseline.clone()]);
        field(&report(&planted, &["scan"]), "fingerprint")
    };
    let first = scan("a.txt", "");
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), values.len());
    assert_eq!(first, scan("b/c.rs", "\n  // moved\r\n"));
}

#[test]
fn a_baseline_suppresses_exactly_its_entries() {
    let planted = plant();
    let before = report(&planted, &["scan"]);
    assert!(field(&before, "status").iter().all(|status| status == "new"), "{before}");
    assert_eq!(planted.stopleak(&["baseline", "create"]).status.code(), Some(0));
    let known = report(&planted, &["scan"]);
    assert_eq!(field(&known, "rule"), field(&before, "rule"), "a baseline adds and removes no finding");
    assert!(field(&known, "status").iter().all(|status| status == "suppressed"), "{known}");

    // A new value of the same rule.
    planted.repo.write("new.txt", format!("x {}\n", sample_value("github-classic-pat", 99)));
    let output = planted.stopleak(&["scan"]);
    assert_eq!(output.status.code(), Some(1));
    let new = report(&planted, &["scan"]);
    let statuses = field(&new, "status");
    assert_eq!(statuses.iter().filter(|status| *status == "new").count(), 1, "{new}");

    // Removing one entry of the baseline makes only its value new again.
    let path = planted.repo.path().join(".stopleak-baseline");
    let text = std::fs::read_to_string(&path).expect("a baseline");
    let (kept, gone): (Vec<&str>, Vec<&str>) = {
        let gone = text.lines().rfind(|line| line.starts_with("1:")).expect("an entry");
        (text.lines().filter(|line| *line != gone).collect(), vec![gone])
    };
    std::fs::write(&path, kept.join("\n") + "\n").expect("room on the disk");
    std::fs::remove_file(planted.repo.path().join("new.txt")).expect("ours");
    let less = report(&planted, &["scan"]);
    let (fingerprints, statuses) = (field(&less, "fingerprint"), field(&less, "status"));
    for (fingerprint, status) in fingerprints.iter().zip(&statuses) {
        let expected = if gone[0].starts_with(fingerprint.as_str()) { "new" } else { "suppressed" };
        assert_eq!(status, expected, "{fingerprint} {gone:?}");
    }
}
