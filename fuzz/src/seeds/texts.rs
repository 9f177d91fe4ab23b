//! Texts: values that are drawn from the rules in the contexts where they are found, and files of the user.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use stopleak::RuleSet;
use stopleak::internals::sample::{Draw, sample};

use super::part;

/// Returns one value of every rule, with its id.
fn values() -> Vec<(String, Vec<u8>)> {
    let rules = RuleSet::builtin();
    let rules: Vec<_> = rules.iter().map(|rule| (rule.id.clone(), sample(rule, &mut Draw::new(7)))).collect();
    rules.into_iter().filter_map(|(id, value)| Some((id, value?))).collect()
}

/// A value of one rule.
fn value(id: &str, seed: u64) -> String {
    let rules = RuleSet::builtin();
    let drawn =
        sample(rules.get(id).expect("a built-in rule"), &mut Draw::new(seed)).expect("its pattern parses");
    String::from_utf8(drawn).expect("text")
}

/// A line for a value: the provider's name is before it, as rules with keywords require.
fn line(id: &str, value: &[u8]) -> Vec<u8> {
    let name = id.replace('-', "_");
    [name.as_bytes(), b" = '", value, b"'\n"].concat()
}

pub(crate) fn texts() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = values().iter().map(|(id, value)| line(id, value)).collect();
    let token = value("github-classic-pat", 1);
    let wide: Vec<u8> = std::iter::once(0xFEFF_u16)
        .chain(format!("token {token}\n").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    seeds.push(wide);
    seeds.push(format!("url: postgres://app:{}@db/orders\n", "v7Kq2mXw9RtB4nLc").into_bytes());
    seeds.push(format!("token = '{token}' # stopleak:allow github-classic-pat tested\n").into_bytes());
    seeds
}

/// Steps, a base and bytes to insert: the layout of the target.
pub(crate) fn versions() -> Vec<Vec<u8>> {
    let lines: Vec<Vec<u8>> = values().iter().map(|(id, value)| line(id, value)).collect();
    let step =
        |kind: u8, one: u16, other: u16| [&[kind][..], &one.to_le_bytes(), &other.to_le_bytes()].concat();
    let mut seeds = Vec::new();
    for (number, lines) in lines.chunks(3).enumerate() {
        let (base, pool) = (lines.concat(), [b"x\n\n", lines[0].as_slice()].concat());
        let middle = (base.len() / 2 + number % 7) as u16;
        let steps = [
            step(1, middle, 0),
            step(3, 0, 2 + number as u16 % 90),
            step(2, 3, 0),
            step(1, 40, 0),
            step(0, 0, middle),
            step(3, 2, 200),
        ];
        let mut seed = vec![steps.len() as u8];
        seed.extend(steps.concat());
        part(&mut seed, &base);
        seed.extend_from_slice(&pool);
        seeds.push(seed);
    }
    seeds
}

/// A path, and lines with several values.
pub(crate) fn lines_with_values() -> Vec<Vec<u8>> {
    let values = values();
    let mut seeds = Vec::new();
    for (number, pair) in values.chunks(2).enumerate() {
        let before = "some words ".repeat(number % 9);
        let line: Vec<Vec<u8>> = pair
            .iter()
            .map(|(id, value)| line(id, value).strip_suffix(b"\n").expect("a line").to_vec())
            .collect();
        seeds.push([b"config/app.env\n", before.as_bytes(), &line.join(&b" "[..]), b"\n"].concat());
        // Without a space between them, and one cut by the window.
        let bare: Vec<&[u8]> = pair.iter().map(|(_, value)| value.as_slice()).collect();
        seeds.push(
            [b"a\n", bare.join(&b","[..]).as_slice(), "x".repeat(number % 80).as_bytes(), bare[0]].concat(),
        );
    }
    seeds
}

pub(crate) fn configurations() -> Vec<Vec<u8>> {
    let texts = [
        "skip-paths: [vendor/**, '*.min.js', \"a b\"]\nrules:\n  off:\n    - demo-token\n  files: ['own.yaml']\n\
         confidence: low\nfail-on: high\nmax-blob-size: 10MB\nbaseline: known\nhooks: {receive-budget: 5s, \
         receive-unfinished: warn, receive-marks: true, agent-unreadable: warn}\n",
        "---\n# comment\nskip-paths:\n- &a vendor\n- *a\nconfidence: !!str medium\n...\n",
        "rules: {off: [a, b], files: []}\nmax-blob-size: |\n  64MiB\n",
        "skip-paths: [[[]]]\n",
        "",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// The smaller rule files of the project.
pub(crate) fn rule_files() -> Vec<Vec<u8>> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the rules of the project") {
            let path = entry.expect("readable").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let texts = files.iter().map(|file| fs::read(file).expect("a rule file"));
    let mut seeds: Vec<Vec<u8>> = texts.filter(|text| text.len() < 1_500).step_by(4).collect();
    seeds.push(
        b"provider: Acme\nrules:\n  - id: acme-token\n    name: n\n    severity: high\n    confidence: high\n    \
          literals: ['acme_']\n    pattern: 'acme_[a-z0-9]{12}'\n    entropy: 2.5\n    help: h\n    \
          examples: ['{sample}']\n    counter_examples: ['x']\n"
            .to_vec(),
    );
    seeds
}

pub(crate) fn baselines() -> Vec<Vec<u8>> {
    let entry = |digit: char| format!("1:{} demo-token # rotated in 2024\n", digit.to_string().repeat(32));
    let key = "key: 00010203 04050607 08090a0b 0c0d0e0f\n";
    [
        format!("# stopleak baseline\n{key}{}{}", entry('1'), entry('a')),
        format!("{key}\r\n{}\r\n# a remark\n", entry('f')),
        "key: 000102030405060708090a0b0c0d0e0f\n".to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec()
}

pub(crate) fn calls() -> Vec<Vec<u8>> {
    let token = value("github-classic-pat", 1);
    [
        json!({"hook_event_name": "PreToolUse", "session_id": "1", "tool_name": "Write",
               "tool_input": {"file_path": "app.env", "content": format!("token = \"{token}\"\n")}}),
        json!({"hook_event_name": "PreToolUse", "cwd": "sub", "tool_name": "Edit", "tool_input": {
               "file_path": "app.env", "old_string": "old text", "new_string": "new", "replace_all": true}}),
        json!({"hook_event_name": "PreToolUse", "tool_name": "MultiEdit", "tool_input": {
               "file_path": "app.env", "edits": [{"old_string": "one", "new_string": "two"}]}}),
        json!({"hook_event_name": "beforeShellExecution", "command": "curl x", "workspace_roots": ["/tmp"]}),
        json!({"hook_event_name": "afterFileEdit", "file_path": "app.env", "edits": [{"old_string": "", "new_string": "x"}]}),
        json!({"hook_event_name": "beforeMCPExecution", "tool_name": "t", "tool_input": "{\"a\": [1, \"b\"]}"}),
        json!({"hook_event_name": "UserPromptSubmit", "prompt": "p"}),
        json!({"hook_event_name": "PreToolUse", "tool_name": "NotebookEdit", "tool_input": {
               "notebook_path": "n.ipynb", "new_source": "x", "cell_id": "1", "edit_mode": "insert"}}),
        json!({"conversation_id": "1", "prompt": "p", "attachments": [{"file_path": "app.env"}]}),
    ]
    .map(|call| call.to_string().into_bytes())
    .to_vec()
}
