//! The output of every command that scans conforms to the schema.

mod support;

use serde_json::Value;

use support::planted::plant;

#[test]
fn json_and_json_lines_of_every_command_validate() {
    let schema: Value =
        serde_json::from_str(include_str!("../schema/stopleak-report-v2.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let planted = plant();
    let range = format!("{}..HEAD", planted.base);
    for command in [
        vec!["scan", "--max-blob-size", "300"],
        vec!["staged"],
        vec!["range", &range],
        vec!["ci", "--base", &planted.base],
        vec!["history"],
    ] {
        for format in ["json", "jsonl"] {
            let arguments = [&command[..], &["--confidence", "low", "--format", format]].concat();
            let stdout = planted.stopleak(&arguments).stdout;
            let text = String::from_utf8(stdout).expect("UTF-8");
            let documents: Vec<&str> = if format == "json" { vec![&text] } else { text.lines().collect() };
            assert!(format == "json" || documents.len() > 3, "{arguments:?}: {text}");
            for document in documents {
                let value: Value = serde_json::from_str(document).expect("JSON");
                let wrong: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(wrong.is_empty(), "{arguments:?}: {wrong:?}\n{document}");
            }
        }
    }
}
