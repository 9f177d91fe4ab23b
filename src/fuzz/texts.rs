//! The engine, incremental scans, and the masking of reports.

use std::ops::Range;
use std::sync::LazyLock;

use serde_json::Value;

use crate::engine::{Changes, Engine, Match, ScanCache};
use crate::git::DeltaContext;
use crate::git::odb::delta_context::{CopiedRange, push};
use crate::model::{Command, Confidence, Counts, Finding, ScanHeader, ScanReport, WorkStats};
use crate::report::{Format, ReportOptions, write};
use crate::rules::RuleSet;
use crate::scan::Scanner;

use super::input::Input;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&RuleSet::builtin()));

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    Scanner::builder().confidence(Confidence::Low).build().expect("the built-in rules are tested")
});

/// Scans arbitrary bytes: matches are inside the text, and nothing panics.
///
/// Layout: the text.
pub(crate) fn engine(data: &[u8]) {
    for found in ENGINE.candidates(data) {
        assert!(found.span.start < found.span.end && found.span.end <= data.len());
        assert!(found.whole.contains(found.span) && found.whole.end <= data.len());
    }
    // A panic inside would become an unscanned entry here.
    let scan = SCANNER.scan_at("config/app.env", data);
    assert!(
        scan.unscanned.is_none_or(|entry| !entry.reason.contains("inside stopleak")),
        "a part was not scanned"
    );
}

/// Everything that decides about a match.
fn facts(matches: &[Match<'_>]) -> Vec<String> {
    let fact = |found: &Match<'_>| {
        let Match { rule, rule_index: _, span, whole, confidence, severity, why, score } = found;
        format!("{} {span:?} {whole:?} {confidence:?} {severity:?} {why:?} {score:?}", rule.id)
    };
    matches.iter().map(fact).collect()
}

/// Scans a text that is made out of another one: the result is that of scanning it whole.
///
/// Layout: the number of steps, five bytes for each step (kind, two numbers), the base (a part), and the bytes to
/// insert. Three versions are made, each out of the one before.
pub(crate) fn incremental(data: &[u8]) {
    let mut input = Input(data);
    let count = usize::from(input.byte() % 16);
    let steps: Vec<(u8, usize, usize)> =
        (0..count).map(|_| (input.byte(), input.short(), input.short())).collect();
    let mut text = input.part().to_vec();
    let pool = input.0;
    let mut cache = ENGINE.scan_with_cache(&text);
    for steps in steps.chunks(count.div_ceil(3).max(1)) {
        let (next, copies) = made(&text, pool, steps);
        if next.len() > 1 << 18 {
            return;
        }
        let context = DeltaContext { copies: &copies, base: &text, base_state: &() };
        let changed: Vec<Range<usize>> = context.changed_ranges(next.len()).collect();
        let copied: Vec<_> =
            copies.iter().map(|copied| (copied.base_offset, copied.offset..copied.end())).collect();
        let changes = Changes { changed: &changed, copied: &copied };
        let Some(rescanned) = ENGINE.rescan(&next, &cache, &changes) else { return };
        let whole = ENGINE.scan_with_cache(&next);
        assert_eq!(facts(&rescanned.matches()), facts(&whole.matches()), "rescan and scan differ");
        let candidates = |cache: &ScanCache<'static>| facts(&ENGINE.candidates_from_cache(cache, &next));
        assert_eq!(candidates(&rescanned), candidates(&whole));
        assert_eq!(candidates(&rescanned), facts(&ENGINE.candidates(&next)));
        (text, cache) = (next, rescanned);
    }
}

/// Makes a text by copying ranges of `base` and inserting ranges of `pool`.
fn made(base: &[u8], pool: &[u8], steps: &[(u8, usize, usize)]) -> (Vec<u8>, Vec<CopiedRange>) {
    let (mut text, mut copies, mut next) = (Vec::new(), Vec::new(), 0);
    for &(kind, one, other) in steps {
        let copy = |from: usize, to: usize, text: &mut Vec<u8>, copies: &mut Vec<CopiedRange>| {
            if from < to {
                push(copies, CopiedRange { base_offset: from, offset: text.len(), len: to - from });
                text.extend_from_slice(&base[from..to]);
            }
        };
        match kind % 4 {
            0 => {
                let (one, other) = (one % (base.len() + 1), other % (base.len() + 1));
                copy(one.min(other), one.max(other), &mut text, &mut copies);
                next = one.max(other);
            }
            1 => {
                let end = (next + one).min(base.len());
                copy(next, end, &mut text, &mut copies);
                next = end;
            }
            2 => next = (next + one % 64).min(base.len()),
            _ => {
                let start = one % (pool.len() + 1);
                text.extend_from_slice(&pool[start..(start + other % 256).min(pool.len())]);
            }
        }
    }
    if let Some(rest) = base.get(next..).filter(|rest| !rest.is_empty()) {
        push(&mut copies, CopiedRange { base_offset: next, offset: text.len(), len: rest.len() });
        text.extend_from_slice(rest);
    }
    (text, copies)
}

/// Reports the findings of a text in every format: no output has a reported value in it.
///
/// Layout: a path up to the first line ending, and the text.
pub(crate) fn masking(data: &[u8]) {
    let end = memchr::memchr(b'\n', data).unwrap_or(0);
    let (path, text) = data.split_at(end);
    let path = String::from_utf8_lossy(path).into_owned();
    let scan = SCANNER.scan_at(&path, text);
    if scan.findings.is_empty() {
        return;
    }
    let parts: Vec<Vec<u8>> =
        scan.findings.iter().flat_map(|finding| secret_parts(finding, &path, data)).collect();
    let report = report(scan.findings);
    for &format in Format::ALL {
        for (color, width) in [(false, None), (true, Some(60))] {
            let options = ReportOptions { color, width, ..ReportOptions::default() };
            let mut output = Vec::new();
            write(format, &report, &options, &mut output).expect("memory");
            let views = views(&output);
            for part in &parts {
                let is_shown = views.iter().any(|view| memchr::memmem::find(view, part).is_some());
                assert!(!is_shown, "{format} shows {:?}", String::from_utf8_lossy(part));
            }
        }
    }
}

/// Bytes of a part of a value that must not be readable.
const PART_LEN: usize = 12;

/// Bytes at the end of an escape sequence that can be equal to those before a part.
const ESCAPE_LEN: usize = 4;

/// Returns the parts of a value that no output may have: the value, unless it is a word, and each part of it that is
/// nowhere else in the input. The first four bytes of a long value may be shown.
fn secret_parts(finding: &Finding, path: &str, data: &[u8]) -> Vec<Vec<u8>> {
    let value = finding.secret.expose();
    let is_word = value.iter().all(u8::is_ascii_alphabetic) || value.len() < PART_LEN;
    let rule = &finding.rule;
    let texts = [&rule.help, &rule.name, &rule.id, &rule.provider].map(String::as_bytes);
    let is_secret = |part: &[u8]| {
        let distinct = part.iter().collect::<std::collections::HashSet<_>>().len();
        distinct > 5 && !texts.iter().any(|text| memchr::memmem::find(text, part).is_some())
    };
    let mut parts = Vec::new();
    if !is_word && is_secret(value) && !is_in_name(path, value) {
        parts.push(value.to_vec());
    }
    if value.len() >= PART_LEN + 4 {
        // The first bytes may be the end of an escape sequence in an output.
        let once = |part: &&[u8]| memchr::memmem::find_iter(data, &part[ESCAPE_LEN..]).take(2).count() == 1;
        let windows = value[4..].windows(PART_LEN).step_by(3).take(64);
        parts.extend(windows.filter(|part| is_secret(part)).filter(once).map(<[u8]>::to_vec));
    }
    parts
}

/// Whether the path, which a scanner of one text does not mask, has the value in it.
fn is_in_name(path: &str, value: &[u8]) -> bool {
    memchr::memmem::find(path.as_bytes(), value).is_some()
}

fn report(findings: Vec<Finding>) -> ScanReport {
    ScanReport {
        header: ScanHeader {
            command: Command::Scan,
            target: "-".to_owned(),
            ruleset: String::new(),
            rules: 1,
            refs: Vec::new(),
            is_server: false,
            shard: None,
            policy: None,
        },
        findings,
        unscanned: Vec::new(),
        in_names: Vec::new(),
        counts: Counts::default(),
        work_stats: WorkStats::default(),
        fail_on: Confidence::Low,
        notes: Vec::new(),
        nothing_scanned: None,
    }
}

/// Returns the output, and the strings of each JSON document in it without their escapes.
fn views(output: &[u8]) -> Vec<Vec<u8>> {
    let mut views = vec![output.to_vec()];
    for line in std::iter::once(output).chain(output.split(|byte| *byte == b'\n')) {
        if let Ok(value) = serde_json::from_slice::<Value>(line) {
            add_strings(&value, &mut views);
        }
    }
    views
}

fn add_strings(value: &Value, views: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => views.push(text.clone().into_bytes()),
        Value::Array(list) => list.iter().for_each(|value| add_strings(value, views)),
        Value::Object(fields) => fields.values().for_each(|value| add_strings(value, views)),
        _ => {}
    }
}
