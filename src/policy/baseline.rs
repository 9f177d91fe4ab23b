//! `.stopleak-baseline`: the findings that a repository has decided to live with, and its fingerprint key.
//!
//! It holds keyed hashes and no positions, so it needs no change when lines move, and two branches that
//! both add to it merge line by line.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{Finding, Fingerprint, FingerprintKey};

const HEADER: &str = "\
# stopleak baseline: findings that are known and do not block. `stopleak baseline create` makes it.
# Each line: FINGERPRINT RULE, and if you like # and a remark; remarks stay when the file is made again.
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
    /// What somebody noted about it.
    pub remark: Option<String>,
}

/// What is wrong with a baseline file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct BaselineError {
    /// 1-based.
    pub line: usize,
    /// What was expected.
    pub message: String,
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random bytes for a fingerprint key: {0}")]
pub struct RandomError(#[from] getrandom::Error);

impl Default for Baseline {
    /// Knows nothing, and has the key of repositories without a baseline.
    fn default() -> Baseline {
        Baseline::with_key(FingerprintKey::DEFAULT)
    }
}

impl Baseline {
    /// An empty one with a known key.
    pub fn with_key(key: FingerprintKey) -> Baseline {
        Baseline { key, entries: BTreeMap::new() }
    }

    /// An empty one for a repository that has no key yet.
    pub fn with_random_key() -> Result<Baseline, RandomError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Baseline::with_key(FingerprintKey::new(bytes)))
    }

    /// Reads a baseline file. Strict: a line that is not understood might be one that somebody relies on.
    /// Order does not matter and a line may come twice, as it does after a merge of two branches.
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
                    return Err(fail("a second key; fingerprints hold for one key only"));
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

    /// The file's text: equal baselines give equal bytes.
    pub fn render(&self) -> String {
        // In groups, so that no scanner takes it for a key that opens something.
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

    /// Whether the finding with this fingerprint is known.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.entries.contains_key(fingerprint)
    }

    /// Adds a finding. One that is known keeps its remark.
    pub fn insert(&mut self, fingerprint: Fingerprint, rule: &str) {
        self.entries.entry(fingerprint).or_insert_with(|| Entry { rule: rule.to_owned(), remark: None });
    }

    /// Removes the entries for which `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&Fingerprint, &Entry) -> bool) {
        self.entries.retain(|fingerprint, entry| keep(fingerprint, entry));
    }

    /// All entries, by fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = (&Fingerprint, &Entry)> {
        self.entries.iter()
    }

    /// How many findings are known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no finding is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Why `finding` may stay. The key itself looks like a secret to a generic rule; it is known by its
    /// value, so no file is exempt because of its name.
    pub(super) fn allows(&self, finding: &Finding) -> Option<String> {
        self.entries.get(&finding.fingerprint).map(|entry| match &entry.remark {
            Some(remark) => format!("baseline: {remark}"),
            None => "baseline".to_owned(),
        })
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
    fn what_is_rendered_reads_back_sorted_once_each_with_its_remarks() {
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
    fn a_known_entry_keeps_its_remark_when_it_is_found_again() {
        let one = fingerprint("one");
        let mut baseline = Baseline::parse(format!("{KEY}{one} demo # mine").as_bytes()).expect("a baseline");
        baseline.insert(one, "demo");
        assert!(baseline.render().ends_with("demo # mine\n"));
    }

    #[test]
    fn a_bad_line_is_an_error_with_its_number() {
        let one = fingerprint("one");
        assert_eq!(
            error(&format!("{KEY}what is this\n")),
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
