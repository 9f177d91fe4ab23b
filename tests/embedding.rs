//! The contract of the library's front door, [`stopleak::Scanner`], as a program that embeds it sees it.

mod support;

use std::io::{self, Read};
use std::path::Path;

use proptest::prelude::*;
use stopleak::model::{ContentKind, Status};
use stopleak::{Baseline, Confidence, Finding, RuleSet, ScanError, Scanner};

use support::planted::{TestRepo, sample_value};

const RULE: &str = "github-classic-pat";

fn scanner() -> Scanner {
    Scanner::builder().build().expect("the built-in rules")
}

fn rules_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.id.as_str()).collect()
}

#[test]
fn a_scanner_is_shared_between_threads_and_gives_each_the_same_findings() {
    fn shared<T: Clone + Send + Sync + 'static>(value: T) -> T {
        value
    }
    let scanner = shared(scanner());
    let texts: Vec<String> = (0..40).map(|seed| format!("token: {}\n", sample_value(RULE, seed))).collect();
    let expected: Vec<_> = texts.iter().map(|text| scanner.scan_bytes(text.as_bytes())).collect();
    assert!(expected.iter().all(|scan| rules_of(&scan.findings) == [RULE]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (scanner, texts, expected) = (scanner.clone(), &texts, &expected);
            scope.spawn(move || {
                for (text, expected) in texts.iter().zip(expected) {
                    assert_eq!(scanner.scan_bytes(text.as_bytes()), *expected);
                }
            });
        }
    });
}

#[test]
fn a_finding_has_its_place_and_never_shows_its_value() {
    let token = sample_value(RULE, 1);
    let scan = scanner().scan_bytes(format!("first\n  k = '{token}'\n").as_bytes());
    let [finding] = scan.findings.as_slice() else { panic!("{:?}", scan.findings) };
    let place = finding.location;
    assert_eq!((place.start_line, place.start_column, place.end_line), (2, 8, 2));
    assert_eq!(place.end_column, 8 + token.len() - 1);
    assert_eq!(finding.confidence, Confidence::High);
    assert_eq!(finding.status, Status::New);
    assert_eq!(finding.provenance.path.as_bytes(), b"");
    assert_eq!(finding.provenance.content_kind, ContentKind::File);
    assert_eq!(finding.secret.expose(), token.as_bytes());
    assert!(!format!("{scan:?}").contains(&token), "Debug shows the value");
    assert!(finding.excerpt.text.contains("ghp_********") && !finding.excerpt.text.contains(&token));
}

#[test]
fn the_path_selects_rules_for_certain_files_and_weakens_guesses_in_tests() {
    let yaml = format!(
        "provider: Acme\nrules:\n  - id: acme-key\n    name: Acme key\n    severity: high\n    confidence: high\n    \
         literals: ['acme_']\n    pattern: 'acme_[a-z]{{12}}'\n    paths: ['**/*.acme']\n    help: Revoke it.\n    \
         examples: ['k={}']\n    counter_examples: ['k=acme_']\n",
        concat!("acme_", "qwkzmvbnxtrp")
    );
    let mut rules = RuleSet::builtin();
    rules.extend_from_yaml(&yaml, Path::new("acme.yaml")).expect("a rule");
    let scanner = Scanner::builder().rules(rules).confidence(Confidence::Low).build().expect("fine rules");
    let text = concat!("k=acme_", "qwkzmvbnxtrp").as_bytes();
    assert_eq!(rules_of(&scanner.scan_at("a/b.acme", text).findings), ["acme-key"]);
    assert_eq!(rules_of(&scanner.scan_at("a/b.txt", text).findings), [""; 0]);
    assert_eq!(rules_of(&scanner.scan_bytes(text).findings), [""; 0]);

    let guess = format!("api_token = \"{}\"\n", concat!("vT9qLm2x8ZrKzwQ7", "pR3xWz8Kq5VnbT6y"));
    let confidence = |path: &str| {
        scanner.scan_at(path, guess.as_bytes()).findings.first().map(|finding| finding.confidence)
    };
    assert_eq!(confidence("src/db.py"), Some(Confidence::Medium));
    assert!(confidence("tests/fixtures/db.py") < confidence("src/db.py"));
}

#[test]
fn the_confidence_decides_what_is_reported_and_not_what_is_found() {
    // A password in a test is a guess of low confidence.
    let guess = format!(
        "k = \"{}\"\nquery(\"{}\", password=\"{}\")\n",
        sample_value(RULE, 2),
        "a",
        "Winter#Marlin58"
    );
    let at = |confidence| {
        let scanner = Scanner::builder().confidence(confidence).build().expect("the built-in rules");
        scanner.scan_at("tests/a.py", guess.as_bytes()).findings
    };
    let (low, high) = (at(Confidence::Low), at(Confidence::High));
    assert_eq!(rules_of(&high), [RULE]);
    assert!(low.len() > high.len(), "{:?}", rules_of(&low));
    let kept: Vec<Finding> =
        low.into_iter().filter(|finding| finding.confidence == Confidence::High).collect();
    assert_eq!(kept, high);
}

#[test]
fn a_reader_gives_the_findings_of_the_bytes_also_across_chunks() {
    let scanner = scanner();
    let mut text = String::new();
    for seed in 0..30 {
        text.push_str(&"x y z ä ".repeat(40_000 + seed as usize * 977));
        text.push_str(&format!("\ntoken = '{}'\n", sample_value(RULE, seed)));
    }
    // Larger than two chunks of the reader, which returns few bytes at a time.
    assert!(text.len() > 5 << 20);
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(4099);
            self.0.read(&mut buffer[..length])
        }
    }
    let whole = scanner.scan_at("dir/a.txt", text.as_bytes());
    assert_eq!(whole.findings.len(), 30);
    assert_eq!(scanner.scan_reader("dir/a.txt", Slow(text.as_bytes())).expect("no error"), whole);
    assert_eq!(scanner.scan_reader("a", io::empty()).expect("no error").findings.len(), 0);
}

#[test]
fn the_error_of_a_reader_is_returned() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StaleNetworkFileHandle.into())
        }
    }
    let text = format!("token = '{}'\n", sample_value(RULE, 1));
    let error = scanner().scan_reader("a", text.as_bytes().chain(Fails)).expect_err("the reader failed");
    assert_eq!(error.kind(), io::ErrorKind::StaleNetworkFileHandle);
}

#[test]
fn more_findings_than_the_limit_are_an_unscanned_entry() {
    let line = format!("token = '{}'\n", sample_value(RULE, 1));
    let scan = scanner().scan_at("many.txt", line.repeat(10_001).as_bytes());
    // Several candidates of one value count before their overlap is resolved.
    assert!((3_000..=10_000).contains(&scan.findings.len()), "{}", scan.findings.len());
    assert!(!scan.is_complete());
    assert_eq!(scan.unscanned.expect("an entry").what, "many.txt");
}

#[test]
fn allow_comments_and_the_baseline_suppress_and_are_not_hidden() {
    let text = format!("k = '{}' # stopleak:allow {RULE} sample_value for a test\n", sample_value(RULE, 3));
    let status = |scanner: &Scanner, text: &str| {
        let scan = scanner.scan_at("a.py", text.as_bytes());
        scan.findings.iter().map(|finding| finding.status).collect::<Vec<_>>()
    };
    assert_eq!(status(&scanner(), &text), [Status::Suppressed]);
    let strict = Scanner::builder().trust_allow_comments(false).build().expect("the built-in rules");
    assert_eq!(status(&strict, &text), [Status::New]);

    let plain = text.replace("stopleak", "other");
    let mut baseline = Baseline::default();
    let found = scanner().scan_at("a.py", plain.as_bytes()).findings;
    baseline.insert(found[0].fingerprint.clone(), RULE);
    let accepting = Scanner::builder().baseline(baseline).build().expect("the built-in rules");
    assert_eq!(status(&accepting, &plain), [Status::Suppressed]);
    let other = plain.replace(&sample_value(RULE, 3), &sample_value(RULE, 4));
    assert_eq!(status(&accepting, &other), [Status::New]);
}

#[test]
fn rules_that_cannot_be_used_are_errors() {
    let build = |rules: RuleSet| Scanner::builder().rules(rules).build().expect_err("unusable rules");
    assert!(matches!(build(RuleSet::empty()), ScanError::NoRules));
    let with = |pattern: &str, more: &str| {
        let yaml = format!(
            "provider: Acme\nrules:\n  - id: acme-key\n    name: Acme key\n    severity: high\n    confidence: high\n    \
             literals: ['acme_']\n    pattern: '{pattern}'\n{more}    help: Revoke it.\n    examples: ['k={{sample}}']\n    \
             counter_examples: ['k=acme_']\n"
        );
        let mut rules = RuleSet::empty();
        rules.extend_from_yaml(&yaml, Path::new("acme.yaml")).expect("the syntax is right");
        rules
    };
    let glob = build(with("acme_[a-z]{12}", "    paths: ['a/[']\n"));
    assert!(matches!(&glob, ScanError::Glob { rule, .. } if rule == "acme-key"), "{glob}");
    let large = build(with("acme_[a-z]{12}(?:[a-f]{0,999}[0-9]{0,999}){0,99}", ""));
    assert!(matches!(&large, ScanError::Pattern { rule, .. } if rule == "acme-key"), "{large}");
    let mut rules = RuleSet::empty();
    let error =
        rules.extend_from_yaml("provider: Acme\nrules: 1\n", Path::new("x.yaml")).expect_err("no rules");
    assert!(error.to_string().starts_with("x.yaml:2:"), "{error}");
}

#[test]
fn a_directory_and_a_repository_give_the_reports_of_the_command_line() {
    let repo = TestRepo::new();
    repo.write("a.env", format!("GITHUB_TOKEN={}\n", sample_value(RULE, 5)));
    let first = repo.commit_all("first");
    repo.write("a.env", "GITHUB_TOKEN=\n");
    repo.write("b/c.env", format!("GITHUB_TOKEN={}\n", sample_value(RULE, 6)));
    repo.commit_all("second");
    let scanner = scanner();

    let report = scanner.scan_directory(repo.path()).expect("a directory");
    let paths: Vec<String> = report.findings.iter().map(|f| f.provenance.path.to_string()).collect();
    assert!(paths.len() == 1 && paths[0].ends_with("b/c.env"), "{paths:?}");
    assert!(report.is_complete());

    let report = scanner.scan_repository(repo.path()).expect("a repository");
    let commits: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let commit = finding.provenance.first_commit.as_ref().expect("attributed");
            (finding.provenance.path.to_string(), commit.id == first, finding.provenance.is_at_head)
        })
        .collect();
    let expected = [("a.env".to_owned(), true, Some(false)), ("b/c.env".to_owned(), false, Some(true))];
    assert_eq!(commits, expected);
    let mut library: Vec<&str> = report.findings.iter().map(|f| f.fingerprint.as_str()).collect();

    let output = std::process::Command::new(env!("CARGO_BIN_EXE_stopleak"))
        .args(["history", "--no-config", "--format", "jsonl"])
        .arg(repo.path())
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let records = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let mut program: Vec<String> = records
        .filter(|record| record["type"] == "finding")
        .map(|record| record["fingerprint"].as_str().expect("text").to_owned())
        .collect();
    library.sort_unstable();
    program.sort_unstable();
    assert_eq!(library, program);
}

#[test]
fn what_does_not_exist_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    assert!(matches!(scanner().scan_directory(&missing), Err(ScanError::NoSuchPath { .. })));
    assert!(matches!(scanner().scan_repository(folder.path()), Err(ScanError::Repo(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_scanned_completely(before in proptest::collection::vec(any::<u8>(), 0..300),
                                         after in proptest::collection::vec(any::<u8>(), 0..300)) {
        // Blanks around the token are boundaries in every reading that keeps the bytes.
        let token = sample_value(RULE, 7);
        let bytes = [&before[..], b" ", token.as_bytes(), b" ", &after].concat();
        let scanner = scanner();
        let scan = scanner.scan_bytes(&bytes);
        prop_assert!(scan.is_complete());
        prop_assert_eq!(scanner.scan_reader("", bytes.as_slice()).expect("no error"), scan);
    }
}
