//! What a path says about a file's purpose: values in tests and examples are mostly made up.

use crate::model::RepoPath;

/// What is known of a role: one entry of `roles` in `weights.yaml`.
struct Entry {
    why: &'static str,
    example: bool,
    hashes: bool,
    words: &'static [&'static str],
    endings: &'static [&'static str],
    stems: &'static [&'static str],
    only: &'static [&'static str],
    password: i16,
    token: i16,
}

// ROLES, which `build.rs` makes of weights.yaml
include!(concat!(env!("OUT_DIR"), "/roles.rs"));

/// The purpose of a file, as far as its path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role(u8);

impl Role {
    /// How many there are.
    pub const COUNT: usize = ROLES.len() + 1;

    /// Nothing is known.
    pub const PLAIN: Role = Role(ROLES.len() as u8);

    /// The role that the path says.
    pub fn of(path: &RepoPath) -> Role {
        let path = path.as_bytes();
        let lower = path.to_ascii_lowercase();
        let at = ROLES.iter().position(|entry| entry.fits(path, &lower));
        at.map_or(Role::PLAIN, |at| Role(at as u8))
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Role> {
        (0..Role::COUNT as u8).map(Role)
    }

    /// A number below [`Role::COUNT`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// What is said about findings that it makes less sure.
    pub fn why(self) -> &'static str {
        self.entry().map_or("", |entry| entry.why)
    }

    /// Whether it is a test, an example or documentation, so that a guess about a value is worth less. A
    /// proof is worth the same everywhere.
    pub fn is_example(self) -> bool {
        self.entry().is_some_and(|entry| entry.example)
    }

    /// Whether a value beside the name of a package is its hash, so that a name is no evidence.
    pub fn is_of_hashes(self) -> bool {
        self.entry().is_some_and(|entry| entry.hashes)
    }

    /// What it adds to the evidence for a value that people choose (`human`), or machines make. Never more
    /// than zero.
    pub fn weight(self, human: bool) -> i16 {
        self.entry().map_or(0, |entry| if human { entry.password } else { entry.token })
    }

    fn entry(self) -> Option<&'static Entry> {
        ROLES.get(self.index())
    }
}

impl Entry {
    fn fits(&self, path: &[u8], lower: &[u8]) -> bool {
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending.as_bytes()));
        (has_word(lower, self.words) || ends(self.endings) || begins_a_word(path, self.stems))
            && (self.only.is_empty() || ends(self.only))
    }
}

/// Whether one of the words is a part of the path, or with a `/` behind it one of its folders.
fn has_word(lower: &[u8], words: &[&str]) -> bool {
    let is_one = |part: &[u8]| words.iter().any(|word| word.as_bytes() == part);
    let mut folders = lower.split_inclusive(|&byte| byte == b'/').filter(|part| part.ends_with(b"/"));
    lower.split(|byte| matches!(byte, b'/' | b'.' | b'_' | b'-')).any(is_one) || folders.any(is_one)
}

/// `LoginTest.java`, `LoginTests.kt`, `LoginSpec.scala`: the class is named for its role.
fn begins_a_word(path: &[u8], stems: &[&str]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let stem = name.split(|&byte| byte == b'.').next().unwrap_or(name);
    stems.iter().any(|role| {
        let before = stem.len().wrapping_sub(role.len() + 1);
        stem.ends_with(role.as_bytes())
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
            assert!(Role::of(&RepoPath::new(path)).is_example(), "{path}");
        }
        for path in [
            "src/contest.py",
            "src/latest.rs",
            "config/production.yml",
            "app/attestation/key.pem",
            "src/Latest.java",
            "at/x",
            "src/t.rs",
        ] {
            assert_eq!(Role::of(&RepoPath::new(path)), Role::PLAIN, "{path}");
        }
    }

    #[test]
    fn roles_are_told_apart() {
        let why = |path: &str| Role::of(&RepoPath::new(path)).why();
        assert_eq!(why("Cargo.lock"), "in a lock file");
        assert_eq!(why("config/locales/de.yml"), "in a translation");
        assert_eq!(why("dist/app.min.js"), "in minified code");
        assert_eq!(why("docs/setup.html"), "in documentation");
        assert_eq!(why("test/login.rb"), "in a test");
        assert_eq!(why("test/config.json"), "in the data of tests or examples");
        assert_eq!(why("src/main.rs"), "");
    }

    #[test]
    fn a_role_never_adds_evidence() {
        assert_eq!(Role::all().count(), Role::COUNT);
        assert_eq!(Role::all().map(Role::index).max(), Some(Role::PLAIN.index()));
        for role in Role::all() {
            assert!(role.weight(true) <= 0 && role.weight(false) <= 0, "{role:?}");
        }
        assert_eq!(Role::PLAIN.weight(true), 0);
    }
}
