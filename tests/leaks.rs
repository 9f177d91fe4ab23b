//! No output contains a secret: every command, every format, errors included.

mod support;

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use stopleak::report::Format;
use support::planted::{Planted, plant, sample_value};

/// A part of a value with this many bytes is a leak. The first four bytes of a long value may be shown.
const LEAK_LENGTH: usize = 8;

/// The first part of a value that is in `text`.
fn leak<'v>(text: &[u8], values: &'v [Vec<u8>]) -> Option<&'v [u8]> {
    let is_in_text = |piece: &&[u8]| text.windows(piece.len()).any(|window| window == *piece);
    values.iter().flat_map(|value| value[4..].windows(LEAK_LENGTH)).find(is_in_text)
}

#[track_caller]
fn assert_silent(what: &str, text: &[u8], values: &[Vec<u8>]) {
    if let Some(piece) = leak(text, values) {
        panic!("{what} leaks {:?}:\n{}", String::from_utf8_lossy(piece), String::from_utf8_lossy(text));
    }
}

#[track_caller]
fn assert_silent_run(arguments: &[&str], output: &Output, values: &[Vec<u8>]) {
    assert_silent(&format!("{arguments:?} stdout"), &output.stdout, values);
    assert_silent(&format!("{arguments:?} stderr"), &output.stderr, values);
}

fn formats() -> impl Iterator<Item = &'static str> {
    Format::ALL.iter().map(|format| format.as_str())
}

/// The commands that scan, at the lowest confidence.
fn scans(planted: &Planted) -> Vec<Vec<String>> {
    let range = format!("{}..HEAD", planted.base);
    let ci = vec!["ci", "--base", &planted.base];
    [vec!["scan"], vec!["staged"], vec!["range", &range], ci, vec!["history"]]
        .map(|command| command.into_iter().chain(["--confidence", "low"]).map(str::to_owned).collect())
        .to_vec()
}

fn run(planted: &Planted, command: &[String], more: &[&str]) -> (Vec<String>, Output) {
    let arguments: Vec<String> =
        command.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = planted.stopleak(&words);
    (arguments, output)
}

#[test]
fn no_report_contains_a_value() {
    let planted = plant();
    for command in scans(&planted) {
        for (index, format) in formats().enumerate() {
            let mut more = vec!["--color", "always", "--format", format];
            if index % 2 == 1 {
                more.push("--quiet");
            }
            let (arguments, output) = run(&planted, &command, &more);
            assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            assert_silent_run(&words, &output, &planted.values);
            assert!(!output.stdout.is_empty());
        }
        let folder = planted.repo.sibling_path("reports");
        std::fs::create_dir_all(&folder).expect("a plain folder");
        let files: Vec<String> =
            formats().map(|format| format!("{format}={}/{format}", folder.display())).collect();
        let reports: Vec<&str> = files.iter().flat_map(|file| ["--report", file]).collect();
        run(&planted, &command, &reports);
        for format in formats() {
            let text = std::fs::read(folder.join(format)).expect("a report");
            assert_silent(&format!("{command:?} --report {format}"), &text, &planted.values);
        }
    }
}

#[test]
fn values_are_shown_on_request_if_the_format_allows_it() {
    let planted = plant();
    for command in scans(&planted) {
        for format in formats() {
            let (arguments, output) = run(&planted, &command, &["--format", format, "--show-secrets"]);
            let shown = leak(&output.stdout, &planted.values).is_some();
            let may = matches!(format, "human" | "json" | "jsonl");
            assert_eq!(shown, may, "{arguments:?}\n{}", String::from_utf8_lossy(&output.stdout));
            assert_silent(&format!("{arguments:?} stderr"), &output.stderr, &planted.values);
        }
    }
}

#[test]
fn baselines_hooks_and_rule_tests_contain_no_value() {
    let planted = plant();
    let silent = |arguments: &[&str]| {
        let output = planted.stopleak(arguments);
        assert_silent_run(arguments, &output, &planted.values);
        output
    };
    assert_eq!(silent(&["hook", "run", "pre-commit"]).status.code(), Some(1));
    for file in ["many.txt", "app.ini", "wide.txt"] {
        assert_eq!(silent(&["rules", "test", "github-classic-pat", file]).status.code(), Some(1), "{file}");
    }
    silent(&["rules", "test", "pem-rsa-private-key", "key.pem"]);
    let named = format!("dir {}/x.txt", String::from_utf8_lossy(&planted.values[5]));
    silent(&["rules", "test", "github-classic-pat", &named]);
    assert_eq!(silent(&["baseline", "create", "--history"]).status.code(), Some(0));
    let baseline = std::fs::read(planted.repo.path().join(".stopleak-baseline")).expect("a baseline");
    assert_silent("the baseline", &baseline, &planted.values);
    silent(&["baseline", "show"]);
    assert_eq!(silent(&["scan"]).status.code(), Some(0), "everything is known");
}

#[test]
fn answers_to_agents_contain_no_value() {
    let planted = plant();
    let named = planted.repo.path().join(format!("{}.txt", sample_value("github-classic-pat", 0)));
    let mut answered = 0;
    for value in planted.values.iter().filter_map(|value| std::str::from_utf8(value).ok()) {
        let calls = [
            json!({"hook_event_name": "PreToolUse", "tool_name": "Write",
                   "tool_input": {"file_path": named, "content": format!("token = \"{value}\"\n")}}),
            json!({"hook_event_name": "beforeShellExecution", "command": format!("curl -H 'Token: {value}'")}),
            json!({"hook_event_name": value, "tool_name": value, "tool_input": value, "cwd": value}),
            json!({"prompt": format!("password = {value}")}),
            json!([value]),
        ];
        let calls = calls.iter().map(Value::to_string).chain([format!("{{\"{value}")]);
        for call in calls {
            let path = planted.repo.sibling_path("call.json");
            std::fs::write(&path, &call).expect("room on the disk");
            let input = std::fs::File::open(path).expect("just written");
            let output = planted.stopleak_reading(&["hook", "run"], input.into());
            assert_silent(&format!("the answer to {}", call.len()), &output.stdout, &planted.values);
            assert_silent(&format!("the error for {}", call.len()), &output.stderr, &planted.values);
            answered += usize::from(output.status.code() == Some(0));
        }
    }
    assert!(answered > 10, "{answered}");
}

#[test]
fn errors_contain_no_value() {
    let planted = plant();
    let token = sample_value("github-classic-pat", 0);
    let silent = |arguments: &[&str], code: i32| {
        let output = planted.stopleak(arguments);
        assert_silent_run(arguments, &output, &planted.values);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stderr}");
    };
    silent(&["range", &format!("{token}..HEAD")], 2);
    silent(&["range", &token], 2);
    silent(&["ci", "--base", &token], 3);
    silent(&["ci", "--base", "HEAD~", "--head", &token], 3);
    silent(&["history", &token], 2);
    silent(&["scan", &format!("{token}.txt")], 2);
    // Unscanned entries have the path, and the name of a directory contains a token.
    silent(&["scan", "--max-blob-size", "4"], 3);
    silent(&["scan", "--format", &token], 2);
    silent(&["scan", "--only", &token], 2);
    silent(&["scan", &format!("--{token}")], 2);
    silent(&["scan", "--report", &format!("json={token}/x")], 2);
    silent(&["scan", "--config", &token], 2);
    silent(&[&token], 2);
    silent(&["rules", "show", &token], 2);
    silent(&["rules", "test", "github-classic-pat", &token], 2);

    let file = |name: &str, text: String| {
        let path = planted.repo.sibling_path(name);
        std::fs::write(&path, text).expect("room on the disk");
        path.display().to_string()
    };
    for (index, text) in [
        format!("{token}: 1\n"),
        format!("confidence: {token}\n"),
        format!("threads: [{token}\n"),
        format!("rules: {{off: [{token}]}}\n"),
        format!("skip-paths: ['[{token}']\n"),
        format!("hooks: {{receive-budget: {token}}}\n"),
        format!("hooks: {{agent-unreadable: {token}}}\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let config = file(&format!("c{index}.yaml"), text);
        silent(&["scan", "--config", &config], 2);
        silent(&["config", "check", "--config", &config], 2);
    }
    silent(&["scan", "--rules", &file("r.yaml", format!("provider: x\nrules: [{{id: {token}}}]\n"))], 2);
    silent(&["rules", "check", &file("s.yaml", format!("provider: x\n{token}: y\n"))], 2);
    silent(&["scan", "--baseline", &file("b", format!("key: {token}\n"))], 2);

    corrupt(&planted.repo.path().join(".git/objects"));
    for command in scans(&planted).iter().filter(|command| command[0] != "scan") {
        let (_, output) = run(&planted, command, &[]);
        assert_ne!(output.status.code(), Some(0), "{command:?}");
        assert_silent(&format!("{command:?}"), &output.stdout, &planted.values);
        assert_silent(&format!("{command:?}"), &output.stderr, &planted.values);
    }
}

/// Truncates loose objects to half their length, in every third directory.
fn corrupt(objects: &Path) {
    let folders =
        std::fs::read_dir(objects).expect("a repository").map(|entry| entry.expect("readable").path());
    let mut folders: Vec<_> =
        folders.filter(|path| path.file_name().is_some_and(|name| name.len() == 2)).collect();
    folders.sort();
    for file in folders.iter().step_by(3).flat_map(|folder| std::fs::read_dir(folder).expect("readable")) {
        let path = file.expect("readable").path();
        let bytes = std::fs::read(&path).expect("readable");
        std::fs::remove_file(&path).expect("ours");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("room on the disk");
    }
}
