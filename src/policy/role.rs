//! What a path says about a file's purpose: values in tests and examples are mostly made up.

use crate::model::RepoPath;

/// Folder and file-name words of tests, examples and documentation.
const WORDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "documentation",
    "tutorial",
    "e2e",
    "stub",
    "stubs",
    "fake",
    "fakes",
    "dummy",
    "snapshots",
    "cassettes",
    "benchmark",
    "benchmarks",
    "bench",
];

/// Whether the path is that of a test, an example or a documentation page, so that a guess about a
/// value in it is worth less. A proof is worth the same everywhere.
pub fn is_example_path(path: &RepoPath) -> bool {
    let lower = path.as_bytes().to_ascii_lowercase();
    let words = lower.split(|byte| matches!(byte, b'/' | b'.' | b'_' | b'-'));
    let mut words = words.filter_map(|word| std::str::from_utf8(word).ok());
    words.any(|word| WORDS.contains(&word)) || lower.ends_with(b".md") || lower.ends_with(b".rst")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_path_decide() {
        for path in [
            "tests/a.py",
            "src/test_login.py",
            "src/login.test.ts",
            "examples/x/.env",
            "README.md",
            "a/FixTures/b",
        ] {
            assert!(is_example_path(&RepoPath::new(path)), "{path}");
        }
        for path in ["src/contest.py", "src/latest.rs", "config/production.yml", "app/attestation/key.pem"] {
            assert!(!is_example_path(&RepoPath::new(path)), "{path}");
        }
    }
}
