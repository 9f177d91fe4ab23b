//! The JSON Schema accepts the output and nothing else.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{plain, rich, staged};
use crate::model::Command;
use crate::report::Format;

fn schema() -> Validator {
    let text = include_str!("../../../schema/stopleak-report-v2.json");
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is a schema");
    jsonschema::validator_for(&schema).expect("the schema compiles")
}

fn lines() -> Vec<Value> {
    plain(Format::Jsonl, &rich()).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_line_and_every_document_is_valid() {
    let schema = schema();
    for line in lines() {
        assert!(schema.is_valid(&line), "{line}");
    }
    for report in [staged(), rich(), super::report(Command::Scan, Vec::new())] {
        let document: Value = serde_json::from_str(&plain(Format::Json, &report)).expect("JSON");
        assert!(schema.is_valid(&document), "{document:#}");
    }
}

/// Each field of each record, also inside the document, is required, and no other is allowed.
#[test]
fn missing_and_unknown_fields_are_invalid() {
    let schema = schema();
    for line in lines() {
        for field in line.as_object().expect("a record").keys() {
            let mut without = line.clone();
            without.as_object_mut().expect("a record").remove(field);
            assert!(!schema.is_valid(&without), "valid without {field}: {line}");
        }
        let mut more = line.clone();
        more["extra"] = json!(1);
        assert!(!schema.is_valid(&more), "valid with an unknown field: {line}");
    }
    let document: Value = serde_json::from_str(&plain(Format::Json, &rich())).expect("JSON");
    for pointer in [
        "",
        "/scan",
        "/scan/shard",
        "/findings/0",
        "/unscanned/0",
        "/summary",
        "/summary/counts",
        "/summary/unscanned",
    ] {
        let mut more = document.clone();
        more.pointer_mut(pointer).expect("it is there")["extra"] = json!(1);
        assert!(!schema.is_valid(&more), "valid with an unknown field in {pointer}");
    }
    let mut without = document;
    without["findings"][0].as_object_mut().expect("a finding").remove("fingerprint");
    assert!(!schema.is_valid(&without));
}

#[test]
fn unknown_words_are_invalid() {
    let schema = schema();
    let finding = lines().into_iter().find(|line| line["type"] == "finding").expect("a finding");
    for (field, wrong) in [
        ("status", json!("fresh")),
        ("severity", json!("info")),
        ("fingerprint", json!("abc")),
        ("start_line", json!(0)),
        ("content_kind", json!("File")),
        ("type", json!("findings")),
    ] {
        let mut changed = finding.clone();
        changed[field] = wrong;
        assert!(!schema.is_valid(&changed), "{field}");
    }
}
