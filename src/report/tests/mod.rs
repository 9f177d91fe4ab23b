//! Every format with the shared reports, its schema, and that nothing leaks.

mod content_kinds;
mod leaks;
mod recipes;
mod schema;

use serde_json::Value;

use super::fixture::{report, rich, staged};
use super::*;
use crate::model::{Command, Unscanned, UnscannedKind};
use crate::report::schema::{Document, Record, SCHEMA};

/// `report` in `format` as text.
pub(super) fn text(format: Format, report: &ScanReport, options: &ReportOptions) -> String {
    let mut out = Vec::new();
    write(format, report, options, &mut out).expect("writing to a vector does not fail");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn plain(format: Format, report: &ScanReport) -> String {
    text(format, report, &ReportOptions::default())
}

/// The whole output without the version, which changes with each release.
fn snapshot(format: Format, report: &ScanReport) -> String {
    plain(format, report).replace(&format!("{:?}", env!("CARGO_PKG_VERSION")), "\"VERSION\"")
}

#[test]
fn human_staged() {
    insta::assert_snapshot!(snapshot(Format::Human, &staged()));
}

#[test]
fn human_rich() {
    insta::assert_snapshot!(snapshot(Format::Human, &rich()));
}

#[test]
fn json_staged() {
    insta::assert_snapshot!(snapshot(Format::Json, &staged()));
}

#[test]
fn jsonl_rich() {
    insta::assert_snapshot!(snapshot(Format::Jsonl, &rich()));
}

#[test]
fn sarif_rich() {
    insta::assert_snapshot!(snapshot(Format::Sarif, &rich()));
}

/// A mirror has a ref for each pull request, which would be a megabyte for each finding.
#[test]
fn at_most_250_refs_of_each_kind_are_listed_and_all_are_counted() {
    let mut report = rich();
    let name = |kind: &str| (0..300).map(move |at| format!("refs/{kind}/{at:03}")).collect::<Vec<String>>();
    let names = ["heads", "pull", "remotes/origin", "tags"].map(name).concat();
    report.findings.iter_mut().for_each(|found| found.provenance.refs = names.iter().cloned().collect());
    let document: Value = serde_json::from_str(&plain(Format::Json, &report)).expect("JSON");
    let finding = &document["findings"][0];
    let listed: Vec<&str> =
        finding["refs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!((listed.len(), &finding["refs_count"]), (1000, &Value::from(1200)));
    assert!(listed.is_sorted() && listed.contains(&"refs/tags/249") && !listed.contains(&"refs/tags/250"));
    let human = plain(Format::Human, &report);
    assert!(human.contains("refs/heads/004 and 1,195 more refs"), "{human}");
    assert!(human.contains(" and at least 1,192 more. Replace every clone"), "{human}");
}

#[test]
fn only_a_complete_run_without_findings_is_clean() {
    let mut empty = report(Command::Scan, Vec::new());
    assert_eq!(plain(Format::Human, &empty), "stopleak: clean. Read 12 files, 34.1 kB; 134 rules.\n");
    let quiet = ReportOptions { quiet: true, ..ReportOptions::default() };
    assert_eq!(text(Format::Human, &empty, &quiet), "");
    empty.unscanned.push(Unscanned {
        kind: UnscannedKind::Missing,
        what: "x".to_owned(),
        reason: "gone".to_owned(),
        remedy: None,
    });
    let lost = "stopleak: INCOMPLETE, 1 thing could not be read; 0 secrets found. \
                Read 12 files, 34.1 kB; 134 rules. Not read: 1 missing.\n";
    assert_eq!(
        text(Format::Human, &empty, &quiet),
        format!("Could not be read:\n  x (missing): gone\n\n{lost}")
    );
    for report in [staged(), rich()] {
        assert!(!plain(Format::Human, &report).contains("clean"));
    }
}

/// Each format reports what was read, what was not and why, and the remarks about the run.
#[test]
fn every_format_ends_with_the_verdict_and_what_was_read() {
    let mut report = report(Command::Ci, Vec::new());
    report.header.policy = Some("c".repeat(40));
    report.notes = vec!["the change edits the policy".to_owned()];
    report.counts.skipped = 2;
    report.counts.commits = 3;
    report.counts.objects = 4;
    let entry = |kind: UnscannedKind, what: &str| Unscanned {
        kind,
        what: what.to_owned(),
        reason: "why".to_owned(),
        remedy: None,
    };
    report.unscanned = vec![
        entry(UnscannedKind::Corrupt, "a"),
        entry(UnscannedKind::Missing, "b"),
        entry(UnscannedKind::Missing, "c"),
        entry(UnscannedKind::Elsewhere, "d"),
    ];
    let line = "stopleak: INCOMPLETE, 3 things could not be read; 0 secrets found. \
                Read 3 commits, 4 objects, 12 files, 34.1 kB; 134 rules. 2 files skipped by configuration. \
                Not read: 1 corrupt, 2 missing. 1 kept elsewhere (submodules, git-lfs), not read.";
    for format in Format::ALL {
        let text = plain(*format, &report);
        assert!(text.contains(line), "{format}: {text}");
        assert!(text.contains("the change edits the policy"), "{format}: {text}");
    }
    let summary = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let json = summary(&plain(Format::Json, &report))["summary"].clone();
    let jsonl = summary(plain(Format::Jsonl, &report).lines().last().expect("a line"));
    let sarif = summary(&plain(Format::Sarif, &report))["runs"][0]["properties"]["summary"].clone();
    for summary in [&json, &jsonl, &sarif] {
        assert_eq!(summary["unscanned"]["missing"], 2);
        assert_eq!((&summary["counts"]["commits"], &summary["counts"]["skipped"]), (&3.into(), &2.into()));
        assert_eq!(summary["line"], line);
    }
    report.unscanned.clear();
    report.nothing_scanned = Some("0 commits in a..b: why".to_owned());
    for format in Format::ALL {
        let text = plain(*format, &report);
        assert!(text.contains("stopleak: nothing to scan, 0 commits in a..b: why."), "{format}: {text}");
        assert!(!text.contains("stopleak: clean"), "{format}: {text}");
    }
}

#[test]
fn a_finding_below_the_threshold_is_a_note_and_the_run_is_clean() {
    let mut guess = staged();
    guess.findings.retain(|finding| finding.confidence < guess.fail_on);
    let page = plain(Format::Human, &guess);
    assert!(page.starts_with("note, does not block: Password [generic-password]\n"), "{page}");
    assert!(page.contains("stopleak: clean, 1 note. Read 12 files"), "{page}");
}

#[test]
fn long_lists_of_unscanned_entries_are_truncated_and_counted() {
    let mut many = report(Command::Scan, Vec::new());
    many.unscanned = (0..33)
        .map(|number| Unscanned {
            kind: UnscannedKind::Unreadable,
            what: format!("file{number:02}"),
            reason: "permission denied".to_owned(),
            remedy: None,
        })
        .collect();
    let page = plain(Format::Human, &many);
    assert!(
        page.contains("file19 ") && !page.contains("file20 ") && page.contains("… and 13 more\n"),
        "{page}"
    );
    assert!(page.contains("INCOMPLETE, 33 things"), "{page}");
}

#[test]
fn colours_and_width_do_not_change_the_text() {
    let coloured = text(Format::Human, &rich(), &ReportOptions { color: true, ..ReportOptions::default() });
    assert!(coloured.contains("\x1b[1m"));
    let stripped = strip(&coloured);
    assert_eq!(stripped, plain(Format::Human, &rich()));
    let narrow = text(Format::Human, &rich(), &ReportOptions { width: Some(50), ..ReportOptions::default() });
    let frames: Vec<&str> = narrow.lines().filter(|line| line.contains(" | ")).collect();
    assert!(frames.iter().all(|line| line.chars().count() <= 50), "{frames:#?}");
}

/// `text` without colours.
fn strip(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('m').expect("a colour ends with m").1)
}

#[test]
fn values_are_shown_on_request_but_never_in_sarif() {
    let shown = ReportOptions { show_secrets: true, ..ReportOptions::default() };
    for &format in Format::ALL {
        let found = text(format, &staged(), &shown).contains("tok_0123456789abcdefgh");
        assert_eq!(found, format != Format::Sarif, "{format}");
    }
}

#[test]
fn the_output_does_not_depend_on_the_order_of_findings_in_memory() {
    let mut backwards = rich();
    backwards.findings.reverse();
    backwards.unscanned.reverse();
    for &format in Format::ALL {
        assert_eq!(plain(format, &rich()), plain(format, &backwards), "{format}");
    }
}

#[test]
fn records_parse_back_between_scan_and_summary() {
    let lines = plain(Format::Jsonl, &rich());
    let records: Vec<Record> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    assert!(matches!(records.first(), Some(Record::Scan(scan)) if scan.schema == SCHEMA));
    assert!(matches!(records.last(), Some(Record::Summary(summary)) if !summary.complete));
    let mut again = Vec::new();
    records.iter().for_each(|record| json_text::write_line(record, &mut again).expect("a vector"));
    assert_eq!(String::from_utf8(again).expect("text"), lines);
    let json = plain(Format::Json, &rich());
    let document: Document = serde_json::from_str(&json).expect("a document");
    assert_eq!(to_pretty_text(&document).expect("text"), json);
}

#[test]
fn sarif_has_what_code_scanning_requires() {
    let log: Value = serde_json::from_str(&plain(Format::Sarif, &rich())).expect("JSON");
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["automationDetails"]["id"], "stopleak/history/1-of-3/");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        let number: f64 =
            rule["properties"]["security-severity"].as_str().expect("text").parse().expect("a number");
        assert!(number > 0.0 && number <= 10.0);
        assert!(["low", "medium", "high"].contains(&rule["properties"]["precision"].as_str().expect("text")));
        for field in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[field]["text"].as_str().expect("text").is_empty(), "{field} of {rule}");
        }
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), rich().findings.len());
    let (mut in_source, mut external) = (0, 0);
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().expect("a number") as usize]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains(':'), "{uri}");
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
        assert!(uri.chars().all(allowed), "{uri}");
        let number = |field: &str| place["region"][field].as_u64().expect("a number");
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!((number("endLine"), number("endColumn")) >= (number("startLine"), number("startColumn")));
        assert!(result["partialFingerprints"]["stopleak/v1"].is_string());
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_null());
        for suppression in result["suppressions"].as_array().expect("a list") {
            *if suppression["kind"] == "inSource" { &mut in_source } else { &mut external } += 1;
        }
    }
    assert_eq!((in_source, external), (1, 2));
}
