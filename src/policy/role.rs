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
    "testsuite",
    "guides",
    "tutorials",
    "benchmark",
    "benchmarks",
    "bench",
];

/// Endings of documentation pages.
const DOCUMENTS: &[&[u8]] = &[b".md", b".mdx", b".rst", b".adoc", b".asciidoc", b".rdoc", b".pod"];

/// Whether the path is that of a test, an example or a documentation page, so that a guess about a
/// value in it is worth less. A proof is worth the same everywhere.
pub fn is_example_path(path: &RepoPath) -> bool {
    let lower = path.as_bytes().to_ascii_lowercase();
    let words = lower.split(|byte| matches!(byte, b'/' | b'.' | b'_' | b'-'));
    let mut words = words.filter_map(|word| std::str::from_utf8(word).ok());
    words.any(|word| WORDS.contains(&word))
        || DOCUMENTS.iter().any(|ending| lower.ends_with(ending))
        || has_perl_test_folder(&lower)
        || has_test_class(path.as_bytes())
}

/// `t/`: where Perl, git and others keep their tests.
fn has_perl_test_folder(lower: &[u8]) -> bool {
    lower.starts_with(b"t/") || memchr::memmem::find(lower, b"/t/").is_some()
}

/// `LoginTest.java`, `LoginTests.kt`, `LoginSpec.scala`: the class is named for its role.
fn has_test_class(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let stem = name.split(|&byte| byte == b'.').next().unwrap_or(name);
    [b"Test".as_slice(), b"Tests", b"Spec", b"Specs"].iter().any(|role| {
        let before = stem.len().wrapping_sub(role.len() + 1);
        stem.ends_with(role)
            && stem.get(before).is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
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
            "t/t0302-store.sh",
            "src/LoginTests.java",
            "man/git-x.adoc",
        ] {
            assert!(is_example_path(&RepoPath::new(path)), "{path}");
        }
        for path in [
            "src/contest.py",
            "src/latest.rs",
            "config/production.yml",
            "app/attestation/key.pem",
            "src/Latest.java",
            "at/x",
        ] {
            assert!(!is_example_path(&RepoPath::new(path)), "{path}");
        }
    }
}
