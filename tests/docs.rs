//! Compares the documentation with the program: every name that a user can write is documented, and the documented
//! commands, rules and configurations work.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_yaml::Value;
use stopleak::internals::Config;
use stopleak::internals::load;
use stopleak::internals::{Check, RuleFile};
use stopleak::report::Format;

const README: &str = include_str!("../README.md");
const CONTRIBUTING: &str = include_str!("../CONTRIBUTING.md");
const RULES: &str = include_str!("../docs/rules.md");
const WRITING_RULES: &str = include_str!("../docs/writing-rules.md");
const LEFT_OUT: &str = include_str!("../docs/rules-left-out.md");
const REFERENCE: &str = include_str!("../docs/reference.md");
const FORMATS: &str = include_str!("../docs/formats.md");
const CI: &str = include_str!("../docs/ci.md");
const ARCHITECTURE: &str = include_str!("../docs/ARCHITECTURE.md");
const SECURITY: &str = include_str!("../SECURITY.md");

/// Returns the names that a parser's error about an unknown name lists.
fn expected(error: &str) -> Vec<&str> {
    let (_, list) = error.split_once("expected ").unwrap_or_else(|| panic!("no list of names: {error}"));
    list.split('`').skip(1).step_by(2).collect()
}

fn assert_documented(page: &str, names: &[&str]) {
    assert!(!names.is_empty());
    let missing: Vec<_> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
}

/// Returns the contents of the fenced code blocks of a language.
fn blocks<'t>(page: &'t str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim() == format!("```{language}") {
            let indent = line.len() - line.trim_start().len();
            let body: Vec<&'t str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            blocks.push(body.iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or(""))).collect());
        }
    }
    blocks
}

#[test]
fn every_field_of_a_rule_is_documented() {
    let rule = "provider: x\nrules:\n- id: a\n  name: a\n  severity: low\n  confidence: low\n  pattern: a\n  help: a\n";
    for fields in
        ["  no: 1", "  window: {no: 1}", "  context: {no: 1}", "  requires: {no: 1}", "  revoke: {no: 1}"]
    {
        let error = serde_yaml::from_str::<RuleFile>(&format!("{rule}{fields}\n")).expect_err("unknown");
        assert_documented(RULES, &expected(&error.to_string()));
    }
    for (field, value) in [
        ("severity", "no"),
        ("confidence", "no"),
        ("boundary", "no"),
        ("kind", "no"),
        ("window", "{after: 1, cut: no}"),
    ] {
        let rule = rule.replace(&format!("  {field}: low\n"), "");
        let text = format!("{rule}  {field}: {value}\n");
        let error = serde_yaml::from_str::<RuleFile>(&text).expect_err("unknown");
        assert_documented(RULES, &expected(&error.to_string()));
    }
    // A check with parameters is documented with them.
    for check in Check::TABLE {
        let kind = format!("{:?}", check.kind).to_lowercase();
        let (start, end) = (format!("| `{}", check.name), format!("` | {kind} | {} |", check.passes_when));
        let is_row = |line: &str| line.starts_with(&start) && line.ends_with(&end);
        assert!(RULES.lines().any(is_row), "not in docs/rules.md: {start}{end}");
    }
    let error = serde_json::from_str::<Check>("{\"crc32\": {\"no\": 1}}").expect_err("unknown").to_string();
    assert!(RULES.contains(&format!("`crc32: {{{}}}`", expected(&error).join(", "))), "{error}");
}

#[test]
fn every_key_and_variable_is_documented() {
    let known = |text: &str| -> Vec<String> {
        let error = Config::from_bytes(Path::new("x"), text.as_bytes()).expect_err("unknown").to_string();
        let list = error.split("(known keys: ").nth(1).expect("a list").trim_end_matches(')').to_owned();
        list.split(", ").map(str::to_owned).collect()
    };
    for key in known("no: 1") {
        assert!(REFERENCE.contains(&format!("| `{key}")), "{key}");
    }
    for group in ["rules", "hooks"] {
        for key in known(&format!("{group}: {{no: 1}}")) {
            assert!(REFERENCE.contains(&format!("| `{group}: {key}` |")), "{group}: {key}");
        }
    }
    let names = include_str!("../src/cli/env.rs").split('"').filter(|name| name.starts_with("STOPLEAK_"));
    let names: BTreeSet<&str> = names.filter(|name| name.len() > "STOPLEAK_".len()).collect();
    assert_documented(REFERENCE, &names.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_format_and_every_field_of_a_report_is_documented() {
    for format in Format::ALL {
        assert_documented(FORMATS, &[format.as_str()]);
    }
    let schema = include_str!("../schema/stopleak-report-v2.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let finding = schema["$defs"]["finding"]["properties"].as_object().expect("the schema of a finding");
    for field in finding.keys().filter(|field| *field != "type") {
        // The page describes a region by its first and last field, `start_line` and `end_column`.
        let is_between = matches!(field.as_str(), "start_column" | "end_line");
        assert!(is_between || FORMATS.contains(&format!("`{field}`")), "{field}");
    }
}

#[test]
fn documented_exit_codes_equal_those_of_the_help_text() {
    let help = stopleak(&["--help"]);
    let codes: Vec<&str> = help.split("Exit codes:\n").nth(1).expect("a list").lines().collect();
    assert_eq!(codes.len(), 4);
    for line in codes {
        let (code, meaning) = line.trim().split_once("  ").expect("a code and its meaning");
        assert!(README.replace('`', "").contains(&format!("| {code} | {meaning} |")), "{line}");
        assert!(REFERENCE.contains(&format!("\n| {code} | ")), "{line}");
    }
}

#[test]
fn documented_commands_are_accepted() {
    let mut seen = 0;
    for block in [README, RULES, WRITING_RULES, CI].iter().flat_map(|page| blocks(page, "sh")) {
        for line in block.lines() {
            let Some(arguments) = line.split(" #").next().and_then(|line| line.strip_prefix("stopleak "))
            else {
                continue;
            };
            let mut arguments: Vec<&str> = arguments.split_whitespace().collect();
            arguments.push("--help");
            stopleak(&arguments);
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn documented_yaml_is_valid() {
    let examples = [RULES, CONTRIBUTING].map(|page| blocks(page, "yaml").remove(0));
    for example in examples {
        load::parse(&example, Path::new("acme.yaml")).expect("a good rule");
    }
    let yaml = blocks(README, "yaml");
    let find = |start: &str| yaml.iter().find(|block| block.starts_with(start)).expect("a block");
    Config::from_bytes(Path::new("stopleak.yaml"), find("skip-paths").as_bytes()).expect("a configuration");
    for block in yaml.iter().chain(&blocks(CI, "yaml")) {
        serde_yaml::from_str::<Value>(block).expect("YAML");
    }
    let ids: Vec<Value> =
        serde_yaml::from_str(include_str!("../.pre-commit-hooks.yaml")).expect("a list of hooks");
    let hooks: Value = serde_yaml::from_str(find("repos:")).expect("YAML");
    let used = &hooks["repos"][0]["hooks"][0]["id"];
    assert!(ids.iter().any(|hook| hook["id"] == *used), "{used:?}");
}

/// Checks that the rules of the tutorial are valid and that its commands print the documented output. The file shown
/// by a `cat` and the rules are written to disk, for the commands that follow.
#[test]
fn the_tutorial_has_valid_rules_and_the_printed_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let mut commands = 0;
    for part in WRITING_RULES.split("```").skip(1).step_by(2) {
        let (language, text) = part.split_once('\n').expect("a block");
        if language == "yaml" {
            load::parse(text, Path::new("acme.yaml")).expect("good rules");
            write("acme.yaml", text);
        }
        if language != "console" {
            continue;
        }
        for step in text.split("$ ").skip(1) {
            let (command, expected) = step.split_once('\n').expect("a command");
            if let Some(name) = command.strip_prefix("cat ") {
                write(name, expected);
                continue;
            }
            let (command, target) = command.split_once(" > ").unwrap_or((command, ""));
            let arguments = command.strip_prefix("stopleak ").expect("our program").split_whitespace();
            let mut run = Command::new(env!("CARGO_BIN_EXE_stopleak"));
            let output = run.args(arguments).current_dir(folder.path()).output().expect("it starts");
            let printed = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
            match target {
                "" => assert_eq!(printed, expected, "{command}"),
                name => write(name, &printed),
            }
            commands += 1;
        }
    }
    assert!(commands >= 8, "{commands}");
}

#[test]
fn every_variable_of_a_ci_system_is_documented() {
    let files = [
        include_str!("../src/cli/commands/ci/github.rs"),
        include_str!("../src/cli/commands/ci/gitlab.rs"),
        include_str!("../src/cli/commands/ci/bitbucket.rs"),
        include_str!("../src/cli/commands/ci/azure.rs"),
        include_str!("../src/cli/commands/ci/circleci.rs"),
        include_str!("../src/cli/commands/ci/jenkins.rs"),
        include_str!("../src/cli/commands/ci/buildkite.rs"),
    ];
    // Variables that only identify the CI system are not in the table.
    let markers = [
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "CI_MERGE_REQUEST_IID",
        "BITBUCKET_BUILD_NUMBER",
        "TF_BUILD",
        "CIRCLECI",
        "JENKINS_URL",
        "BUILDKITE",
    ];
    let mut seen = 0;
    for file in files {
        let code = file.split("#[cfg(test)]").next().expect("a part");
        let words = code.split("env, \"").skip(1).filter_map(|rest| rest.split('"').next());
        for name in words.filter(|name| !markers.contains(name)) {
            let external = name.starts_with("CI_EXTERNAL_PULL_REQUEST_");
            assert!(external || CI.contains(&format!("`{name}`")), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_github_action_passes_its_inputs_as_variables() {
    let action: Value = serde_yaml::from_str(include_str!("../action.yml")).expect("YAML");
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    assert!(steps.iter().all(|step| !step["run"].as_str().expect("a script").contains("${{")));
    let workflow =
        blocks(README, "yaml").into_iter().find(|block| block.contains("fetch-depth")).expect("one");
    let workflow: Value = serde_yaml::from_str(&workflow).expect("YAML");
    let used = workflow["jobs"]["stopleak"]["steps"].as_sequence().expect("steps");
    let ours =
        used.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with("stopleak/")));
    let inputs = ours.expect("our action")["with"].as_mapping().expect("inputs").keys();
    assert!(inputs.into_iter().all(|input| action["inputs"].get(input).is_some()));
}

#[test]
fn links_to_files_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "docs/README.md",
        "docs/ARCHITECTURE.md",
        "docs/comparison.md",
        "docs/glossary.md",
        "docs/ci.md",
        "docs/rules.md",
        "docs/writing-rules.md",
        "docs/reference.md",
        "docs/formats.md",
        "docs/accuracy.md",
        "docs/accuracy-per-rule.md",
    ];
    for page in pages.map(|page| root.join(page)) {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_ours = !link.contains("://") && !link.starts_with('#');
            let target = page.parent().expect("a folder").join(link);
            assert!(!is_ours || target.exists(), "{}: {link}", page.display());
        }
    }
}

/// Checks that every file and every `file.rs::function` that the pages on architecture and security name exists.
#[test]
fn pages_name_existing_files_and_functions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = 0;
    for part in [ARCHITECTURE, SECURITY].iter().flat_map(|page| page.split('`').skip(1).step_by(2)) {
        let (file, function) = part.split_once("::").unwrap_or((part, ""));
        let is_example = file.contains("NAME") || matches!(file, "file.rs" | "mod.rs");
        if is_example || !file.ends_with(".rs") || file.contains(' ') {
            continue;
        }
        let found = [root.join("src"), root.to_owned()].map(|folder| folder.join(file));
        let path = found.iter().find(|path| path.is_file()).unwrap_or_else(|| panic!("no such file: {part}"));
        if !function.is_empty() {
            let text = std::fs::read_to_string(path).expect("text");
            let start = format!("fn {function}");
            let mut declared = text.split(&start).skip(1);
            assert!(declared.any(|rest| rest.starts_with(['(', '<'])), "no such function: {part}");
            functions += 1;
        }
    }
    assert!(functions > 70, "{functions}");
}

/// Runs the program, which must succeed, and returns its standard output.
fn stopleak(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stopleak")).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Checks that no kind on the page of left-out rules has a rule, and that every rule named as covering a kind exists.
#[test]
fn left_out_kinds_have_no_rule_and_are_covered_by_existing_rules() {
    let known = load::load(Path::new("rules")).expect("build.rs has checked the files");
    let ids: BTreeSet<&str> = known.iter().map(|rule| rule.id.as_str()).collect();
    let rows: Vec<Vec<&str>> = LEFT_OUT
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 100, "the tables are read: {}", rows.len());
    for row in rows {
        let [kind, _, reason] = row[..] else { panic!("three cells: {row:?}") };
        let kind = kind.trim_matches('`');
        assert!(!ids.contains(kind), "{kind} has a rule");
        if let Some(covered) = reason.strip_prefix("Covered by ") {
            let sentence = covered.split([':', ';', '(']).next().expect("a part");
            let named: Vec<&str> = sentence.split('`').skip(1).step_by(2).collect();
            assert!(!named.is_empty(), "{kind}: covered by what?");
            let unknown: Vec<&&str> = named.iter().filter(|id| !ids.contains(**id)).collect();
            assert!(unknown.is_empty(), "{kind}: no such rule: {unknown:?}");
        }
    }
}
