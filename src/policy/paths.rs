//! `skip-paths`: globs of files to leave out, with the syntax of `.gitignore`.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::model::RepoPath;

/// Globs of files that are not read. Matched against the bytes of the path below the repository's root.
#[derive(Clone, Debug, Default)]
pub(crate) struct SkipPaths {
    set: GlobSet,
}

/// A glob that `skip-paths` does not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` is no usable path pattern: {reason}")]
pub(crate) struct GlobError {
    /// As it was written.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

impl SkipPaths {
    /// Compiles `globs`. As in `.gitignore`, a glob without a slash matches at any depth, and a glob that matches a
    /// folder matches everything in it. Unlike there, negation is not supported.
    ///
    /// # Errors
    /// If a glob does not parse, is empty, is negated, or would skip every file.
    pub(crate) fn new<S: AsRef<str>>(globs: impl IntoIterator<Item = S>) -> Result<SkipPaths, GlobError> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let glob = glob.as_ref();
            let fail = |reason: String| GlobError { glob: glob.to_owned(), reason };
            let body = glob.strip_suffix('/').unwrap_or(glob);
            let has_slash = body.contains('/');
            let body = body.strip_prefix('/').unwrap_or(body);
            if body.is_empty() {
                return Err(fail("it is empty".into()));
            }
            if body.starts_with('!') {
                return Err(fail("negation is not supported".into()));
            }
            if body.bytes().all(|byte| matches!(byte, b'*' | b'/')) {
                return Err(fail("it would skip every file".into()));
            }
            let body = if has_slash { body.to_owned() } else { format!("**/{body}") };
            for pattern in [body.clone(), format!("{body}/**")] {
                let compiled = GlobBuilder::new(&pattern).literal_separator(true).build();
                set.add(compiled.map_err(|error| fail(error.kind().to_string()))?);
            }
        }
        // Each glob has compiled on its own; the set can still exceed the size limit of the automaton.
        let set = set.build().map_err(|error| GlobError {
            glob: error.glob().unwrap_or("(all together)").to_owned(),
            reason: error.kind().to_string(),
        })?;
        Ok(SkipPaths { set })
    }

    /// Whether a glob matches `path`.
    pub(crate) fn matches(&self, path: &RepoPath) -> bool {
        !self.set.is_empty() && self.set.is_match_candidate(&Candidate::from_bytes(path.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skips(glob: &str, path: &[u8]) -> bool {
        SkipPaths::new([glob]).expect("a usable glob").matches(&RepoPath::new(path))
    }

    #[test]
    fn globs_match_as_in_gitignore() {
        for (glob, path) in [
            ("vendor/**", "vendor/a/b.rs"),
            ("vendor/", "x/vendor/a.rs"),
            ("/vendor", "vendor/a.rs"),
            ("*.min.js", "web/app.min.js"),
            ("docs/*.md", "docs/a.md"),
            ("docs/**/*.md", "docs/a/b/c.md"),
            ("{a,b}.txt", "x/b.txt"),
        ] {
            assert!(skips(glob, path.as_bytes()), "{glob} {path}");
        }
        for (glob, path) in [
            ("vendor/**", "x/vendor/a.rs"),
            ("/vendor", "x/vendor/a.rs"),
            ("docs/*.md", "docs/a/b.md"),
            ("*.js", "a.json"),
            ("Vendor", "vendor/a"),
        ] {
            assert!(!skips(glob, path.as_bytes()), "{glob} {path}");
        }
    }

    #[test]
    fn paths_are_bytes() {
        assert!(skips("vendor", b"vendor/\xff\xfe"));
        assert!(skips("*.bin", b"\xff.bin"));
    }

    #[test]
    fn malformed_globs_and_those_that_skip_every_file_are_errors() {
        for glob in ["", "/", "**", "*", "/**", "**/*", "!keep.txt", "a[", "{a"] {
            assert!(SkipPaths::new([glob]).is_err(), "{glob}");
        }
        assert!(!SkipPaths::default().matches(&RepoPath::new("a")));
    }
}
