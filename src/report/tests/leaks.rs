//! No format shows a value, wherever it occurs and whatever its bytes are.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::text;
use crate::model::{
    Command, CommitFacts, ContentKind, Evidence, RepoPath, ScanReport, Secret, StatusReason, Unscanned,
    UnscannedKind,
};
use crate::report::fixture;
use crate::report::fixture::Part;
use crate::report::redact::is_plain_word;
use crate::report::{Format, ReportOptions};

/// A report with both values on one line and in every other field that has text of the scanned repository.
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
    // Plain words occur in names by chance and are not masked there; in the excerpt they are masked like all others.
    let [one, other] = values.map(|value| if is_plain_word(value) { b"" } else { value });
    let with_values = |head: &[u8]| [head, b"<", one, b"/", other, b">"].concat();
    let words = |head: &str| String::from_utf8_lossy(&with_values(head.as_bytes())).into_owned();
    let mut findings = vec![
        fixture::finding(&rule, path, fixture::line(&parts, 0)),
        fixture::finding(&rule, path, fixture::line(&parts, 1)),
    ];
    for content_kind in
        [ContentKind::FileName, ContentKind::RefName, ContentKind::Commit, ContentKind::Symlink]
    {
        let mut found = findings[0].clone();
        found.why.push(Evidence::Feature(words("why").leak()));
        found.status_reason = Some(StatusReason::UntrustedAllowComment { reason: words("reason") });
        found.provenance.path = RepoPath::new(with_values(path));
        found.provenance.content_kind = content_kind;
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
            is_merge: false,
            is_shallow: false,
        });
        findings.push(found);
    }
    let mut report = fixture::report(Command::History, findings);
    report.header.target = words("target");
    report.header.refs = [words("refs/heads/")].into_iter().collect();
    report.notes = vec![words("note")];
    report.nothing_scanned = Some(words("nothing"));
    report.unscanned = vec![Unscanned {
        kind: UnscannedKind::Unreadable,
        what: RepoPath::new(with_values(path)).to_text(),
        reason: words("reason"),
        remedy: Some(words("remedy")),
    }];
    report
}

/// Every string in `value`, keys included.
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

/// Everything that a reader of this output could decode: its bytes, and its strings without their escapes.
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

#[test]
fn no_format_contains_a_character_that_controls_or_reorders_text() {
    let hidden = "\u{202e}\u{9b}31m\u{7f}\u{85}\u{2028}\u{200b}\u{e0041}\x1b[2J";
    let value = format!("s3cret{hidden}x1");
    let mut report = report([value.as_bytes(), b"another value"], hidden, hidden.as_bytes());
    let name = format!("refs/heads/{hidden}");
    report.notes.push(name.clone());
    for found in &mut report.findings {
        found.why.push(Evidence::Feature(hidden));
        found.provenance.refs = [name.clone()].into_iter().collect();
        if let Some(commit) = &mut found.provenance.first_commit {
            (commit.author, commit.committer) = (name.clone(), format!("{name} "));
        }
    }
    for &format in Format::ALL {
        for show_secrets in [false, true] {
            let options = ReportOptions { show_secrets, ..ReportOptions::default() };
            let output = text(format, &report, &options);
            let is_hidden = |shown: &char| {
                *shown != '\n' && (shown.is_control() || !shown.is_ascii() && hidden.contains(*shown))
            };
            assert_eq!(output.chars().find(is_hidden), None, "{format} {show_secrets}");
            // A program reads the same text as without escapes.
            let reads_back = format == Format::Human || holds(&views(format, &output), name.as_bytes());
            assert!(reads_back, "{format} {show_secrets}");
        }
    }
}

/// Values of 6 to 200 bytes: like tokens, like passwords, and arbitrary bytes.
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
                // Text that is in every report is not a leak.
                let other: [&[u8]; 2] = [b"\x01unrelated one", b"\x02unrelated two"];
                let constant = || views(format, &text(format, &self::report(other, "", b""), &options));
                for value in [&first, &second] {
                    prop_assert!(!holds(&seen, value) || holds(&constant(), value), "{format} shows a value");
                }
            }
        }
    }

    #[test]
    fn short_values_and_wrong_excerpt_offsets_do_not_panic(
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
