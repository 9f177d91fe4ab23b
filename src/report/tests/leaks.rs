//! No format shows a value, wherever it stands and whatever it is made of.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::text;
use crate::model::{Carrier, CommitFacts, Coverage, CoverageKind, RepoPath, ScanReport, Secret};
use crate::report::fixture;
use crate::report::fixture::Part;
use crate::report::redact::is_plain_word;
use crate::report::{Format, ReportOptions};

/// A report with both values on one line and in every other place that holds foreign text.
fn report(values: [&[u8]; 2], context: &str, path: &[u8]) -> ScanReport {
    let secrets = values.map(Secret::new);
    let parts = [
        Part::Text(context),
        Part::Value(&secrets[0]),
        Part::Text(", "),
        Part::Value(&secrets[1]),
        Part::Text(context),
    ];
    let rule = fixture::rule("example-token", "Example API token");
    // Plain words stand in names by chance and stay there; in the excerpt they are masked like all others.
    let [one, other] = values.map(|value| if is_plain_word(value) { b"" } else { value });
    let holding = |head: &[u8]| [head, b"<", one, b"/", other, b">"].concat();
    let words = |head: &str| String::from_utf8_lossy(&holding(head.as_bytes())).into_owned();
    let mut findings = vec![
        fixture::finding(&rule, path, fixture::line(&parts, 0)),
        fixture::finding(&rule, path, fixture::line(&parts, 1)),
    ];
    for carrier in [Carrier::FileName, Carrier::RefName, Carrier::Commit, Carrier::Symlink] {
        let mut found = findings[0].clone();
        found.why.push(words("why"));
        found.status_reason = Some(words("reason"));
        found.provenance.path = RepoPath::new(holding(path));
        found.provenance.carrier = carrier;
        found.provenance.refs = [words("refs/heads/")].into_iter().collect();
        found.provenance.first_commit = Some(CommitFacts {
            id: "c".repeat(40),
            author: words("author"),
            date: "2026-01-02T03:04:05+01:00".to_owned(),
            committer: words("committer"),
            committed: "2026-01-02T03:04:05+01:00".to_owned(),
            summary: words("summary"),
            is_head: false,
            is_pushed: false,
            merge: false,
            shallow: false,
        });
        findings.push(found);
    }
    let mut report = fixture::report("history", findings);
    report.header.target = words("target");
    report.header.refs = [words("refs/heads/")].into_iter().collect();
    report.notes = vec![words("note")];
    report.nothing = Some(words("nothing"));
    report.coverage = vec![Coverage {
        kind: CoverageKind::Unreadable,
        what: RepoPath::new(holding(path)).to_text(),
        reason: words("reason"),
        remedy: Some(words("remedy")),
    }];
    report
}

/// Every string in `value`, keys too.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| strings(value, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            found.push(key.clone());
            strings(value, found);
        }),
        _ => {}
    }
}

/// Everything that a reader of this output could see: its bytes, and what its strings and escapes stand for.
fn views(format: Format, output: &str) -> Vec<Vec<u8>> {
    let documents: Vec<Value> = match format {
        Format::Human => Vec::new(),
        Format::Jsonl => output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(),
        Format::Json | Format::Sarif => vec![serde_json::from_str(output).expect("JSON")],
    };
    let mut texts = vec![output.to_owned()];
    documents.iter().for_each(|document| strings(document, &mut texts));
    let unescaped: Vec<Vec<u8>> = texts.iter().map(|text| percent_decoded(text)).collect();
    texts.into_iter().map(String::into_bytes).chain(unescaped).collect()
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => bytes.extend([b"%", piece.as_bytes()].concat()),
        }
    }
    bytes
}

fn holds(views: &[Vec<u8>], value: &[u8]) -> bool {
    views.iter().any(|view| memchr::memmem::find(view, value).is_some())
}

/// Values of 6 to 200 bytes: what tokens look like, what people type, and what files contain.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[A-Za-z0-9_=+/-]{6,200}".prop_map(String::into_bytes),
        "[ -~]{6,60}".prop_map(String::into_bytes),
        "\\PC{3,40}".prop_map(String::into_bytes),
        vec(any::<u8>(), 6..200),
        // Characters that the formats themselves use for escaping.
        "[%\\\\\"{}\\[\\]\\x1b\n\t<>/&'0-9a-fA-F]{6,40}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_format_shows_a_value(
        first in value(),
        second in value(),
        context in "[ -~\\x1b\t\u{202e}ü]{0,40}",
        path in vec(any::<u8>(), 0..40),
    ) {
        prop_assume!(first.len() >= 6 && second.len() >= 6);
        let report = report([&first, &second], &context, &path);
        for &format in Format::ALL {
            for (color, width) in [(false, None), (true, Some(40))] {
                let options = ReportOptions { color, width, ..ReportOptions::default() };
                let seen = views(format, &text(format, &report, &options));
                // What stands in every report is no leak.
                let other: [&[u8]; 2] = [b"\x01unrelated one", b"\x02unrelated two"];
                let constant = || views(format, &text(format, &self::report(other, "", b""), &options));
                for value in [&first, &second] {
                    prop_assert!(!holds(&seen, value) || holds(&constant(), value), "{format} shows a value");
                }
            }
        }
    }

    #[test]
    fn short_values_and_wild_excerpts_break_nothing(
        value in vec(any::<u8>(), 1..6),
        text_of_line in "\\PC{0,80}",
        (start, end) in (0_usize..100, 0_usize..100),
        width in 0_usize..200,
    ) {
        let mut report = report([&value, b"another value"], &text_of_line, b"x");
        report.findings[0].excerpt.start = start;
        report.findings[0].excerpt.end = end;
        for &format in Format::ALL {
            let options = ReportOptions { width: Some(width), ..ReportOptions::default() };
            views(format, &text(format, &report, &options));
        }
    }
}
