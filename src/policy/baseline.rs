//! `.stopleak-baseline`: the known findings of a repository, which do not block, and its fingerprint key.
//!
//! The file has keyed hashes and no positions, so it does not change when lines move, and two branches that both
//! add to it merge line by line.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{Finding, Fingerprint, FingerprintKey, StatusReason};

const HEADER: &str = "\
# stopleak baseline: known findings, which do not block. Created by `stopleak baseline create`.
# Each line: FINGERPRINT RULE, optionally followed by # and a remark. Updating the file keeps the remarks.
";

/// Known findings and the key of their fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    key: FingerprintKey,
    entries: BTreeMap<Fingerprint, Entry>,
}

/// One known finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The rule that found it, for people: the fingerprint already depends on it.
    pub rule: String,
    /// A note about it, from the comment at the end of its line.
    pub remark: Option<String>,
}

/// What is wrong with a baseline file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct BaselineError {
    /// Line number, from 1.
    pub line: usize,
    /// What was expected.
    pub message: String,
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random bytes for a fingerprint key: {0}")]
pub struct RandomError(#[from] getrandom::Error);

impl Default for Baseline {
    /// An empty baseline with the key of repositories that have none.
    fn default() -> Baseline {
        Baseline::with_key(FingerprintKey::DEFAULT)
    }
}

impl Baseline {
    /// Creates an empty baseline with the given key.
    pub fn with_key(key: FingerprintKey) -> Baseline {
        Baseline { key, entries: BTreeMap::new() }
    }

    /// Creates an empty baseline with a new random key.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn with_random_key() -> Result<Baseline, RandomError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Baseline::with_key(FingerprintKey::new(bytes)))
    }

    /// Parses a baseline file. The order of lines does not matter, and a line may occur twice, as it does after a
    /// merge of two branches.
    ///
    /// # Errors
    /// On the first line that is neither empty, a comment, the key, nor an entry, and for a file without a key or
    /// with two different ones. Ignoring a malformed line could drop an entry that a team relies on.
    pub fn parse(bytes: &[u8]) -> Result<Baseline, BaselineError> {
        let mut key: Option<FingerprintKey> = None;
        let mut entries: BTreeMap<Fingerprint, Entry> = BTreeMap::new();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut last = 1;
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line_number = number + 1;
            last = line_number;
            let fail = |message: &str| BaselineError { line: line_number, message: message.to_owned() };
            let line = std::str::from_utf8(line).map_err(|_| fail("expected UTF-8 text"))?.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(value) = line.strip_prefix("key:") {
                let found = FingerprintKey::from_hex(&value.replace(' ', ""))
                    .ok_or_else(|| fail("expected `key:` and 32 lower-case hexadecimal digits"))?;
                if key.as_ref().is_some_and(|known| *known != found) {
                    return Err(fail("a second key; fingerprints are valid for one key only"));
                }
                key = Some(found);
                continue;
            }
            let (fingerprint, entry) = parse_entry(line)
                .ok_or_else(|| fail("expected a fingerprint and a rule (`1:… rule-id # remark`)"))?;
            let known = entries.entry(fingerprint).or_insert_with(|| entry.clone());
            if known.remark.is_none() {
                known.remark = entry.remark;
            }
        }
        let key = key.ok_or_else(|| BaselineError {
            line: last,
            message: "expected a line `key:` with 32 hexadecimal digits; the file has none".to_owned(),
        })?;
        Ok(Baseline { key, entries })
    }

    /// Returns the text of the file. Equal baselines give equal bytes.
    pub fn render(&self) -> String {
        // In groups of eight digits, so that secret scanners do not report it.
        let digits = self.key.to_hex();
        let groups: Vec<&str> = (0..digits.len()).step_by(8).map(|at| &digits[at..at + 8]).collect();
        let mut text = format!("{HEADER}key: {}\n", groups.join(" "));
        for (fingerprint, entry) in &self.entries {
            let remark = entry.remark.as_deref().map(|remark| format!(" # {remark}")).unwrap_or_default();
            writeln!(text, "{fingerprint} {}{remark}", entry.rule)
                .expect("writing to a String does not fail");
        }
        text
    }

    /// The key of the fingerprints.
    pub fn key(&self) -> &FingerprintKey {
        &self.key
    }

    /// Whether the baseline has an entry with this fingerprint.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.entries.contains_key(fingerprint)
    }

    /// Adds a finding. An existing entry keeps its remark.
    pub fn insert(&mut self, fingerprint: Fingerprint, rule: &str) {
        self.entries.entry(fingerprint).or_insert_with(|| Entry { rule: rule.to_owned(), remark: None });
    }

    /// Removes the entries for which `keep` returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(&Fingerprint, &Entry) -> bool) {
        self.entries.retain(|fingerprint, entry| keep(fingerprint, entry));
    }

    /// All entries, sorted by fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = (&Fingerprint, &Entry)> {
        self.entries.iter()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns why `finding` is suppressed, or `None` without an entry for it. The fingerprint is the only
    /// criterion: no file is exempt because of its name, not even the baseline itself.
    pub(super) fn reason_for(&self, finding: &Finding) -> Option<StatusReason> {
        self.entries
            .get(&finding.fingerprint)
            .map(|entry| StatusReason::Baseline { remark: entry.remark.clone() })
    }
}

fn parse_entry(line: &str) -> Option<(Fingerprint, Entry)> {
    let (entry, remark) = match line.split_once('#') {
        Some((entry, remark)) => (entry, Some(remark.trim())),
        None => (line, None),
    };
    let mut words = entry.split_ascii_whitespace();
    let fingerprint = Fingerprint::parse(words.next()?)?;
    let rule = words.next()?;
    let is_id = rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !is_id || words.next().is_some() {
        return None;
    }
    let remark = remark.filter(|remark| !remark.is_empty()).map(str::to_owned);
    Some((fingerprint, Entry { rule: rule.to_owned(), remark }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    const KEY: &str = "key: 000102030405060708090a0b0c0d0e0f\n";

    fn fingerprint(value: &str) -> Fingerprint {
        Fingerprint::new(&FingerprintKey::DEFAULT, "demo", &Secret::new(value))
    }

    fn error(text: &str) -> String {
        Baseline::parse(text.as_bytes()).expect_err("not a baseline").to_string()
    }

    #[test]
    fn a_rendered_baseline_parses_back_sorted_and_without_duplicates() {
        let (one, two) = (fingerprint("one"), fingerprint("two"));
        let text =
            format!("{two} demo\r\n{KEY}\n# mine\n{one} demo\n{one} demo # rotated in 2024\n{two} demo\n");
        let baseline = Baseline::parse(text.as_bytes()).expect("a baseline");
        assert_eq!(baseline.len(), 2);
        assert!(baseline.contains(&one) && !baseline.contains(&fingerprint("three")));
        let rendered = baseline.render();
        let mut lines = [format!("{one} demo # rotated in 2024"), format!("{two} demo")];
        lines.sort();
        let grouped = "key: 00010203 04050607 08090a0b 0c0d0e0f\n";
        assert_eq!(rendered, format!("{HEADER}{grouped}{}\n{}\n", lines[0], lines[1]));
        assert_eq!(Baseline::parse(rendered.as_bytes()), Ok(baseline));
    }

    #[test]
    fn an_existing_entry_keeps_its_remark_when_it_is_inserted_again() {
        let one = fingerprint("one");
        let mut baseline = Baseline::parse(format!("{KEY}{one} demo # mine").as_bytes()).expect("a baseline");
        baseline.insert(one, "demo");
        assert!(baseline.render().ends_with("demo # mine\n"));
    }

    #[test]
    fn a_bad_line_is_an_error_with_its_number() {
        let one = fingerprint("one");
        assert_eq!(
            error(&format!("{KEY}not an entry\n")),
            "line 2: expected a fingerprint and a rule (`1:… rule-id # remark`)"
        );
        assert!(error(&format!("{KEY}{one}\n")).starts_with("line 2:"));
        assert!(error(&format!("{KEY}{one} demo 12\n")).starts_with("line 2:"));
        assert!(error(&format!("{KEY}<<<<<<< HEAD\n{one} demo\n")).starts_with("line 2:"));
        assert!(error("# x\nkey: 00\n").starts_with("line 2:"));
        assert!(
            error(&format!("{KEY}key: ffffffffffffffffffffffffffffffff\n"))
                .starts_with("line 2: a second key")
        );
        assert!(error("").contains("none"));
        assert!(Baseline::parse(b"\xff\n").is_err());
    }

    #[test]
    fn a_new_key_is_random() {
        let key = || Baseline::with_random_key().expect("the system has random bytes").key().to_hex();
        assert_ne!(key(), key());
    }
}
