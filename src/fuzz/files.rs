//! Files of the user and of a repository under review: configuration, rules, baseline, and calls of agents.

use std::path::Path;
use std::sync::LazyLock;

use crate::cli::parse_agent_call;
use crate::config::Config;
use crate::engine::{Engine, check_pattern};
use crate::model::RepoPath;
use crate::policy::{Baseline, SkipPaths};
use crate::rules::{RuleSet, load};

use super::scratch::Scratch;

/// Reads a configuration file, and compiles its globs.
///
/// Layout: the file.
pub(crate) fn config(data: &[u8]) {
    match Config::from_bytes(Path::new("stopleak.yaml"), data) {
        Ok(config) => {
            if let Ok(skip) = SkipPaths::new(config.skip_paths.iter().map(|item| &item.text)) {
                let _ = skip.matches(&RepoPath::new("a/b/c.txt"));
            }
            let _ = config.baseline.as_ref().map(|path| config.resolve(path));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reads a rule file; scans a text and the file itself with its rules.
///
/// Layout: the file.
pub(crate) fn rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (rules, errors) = load::parse_all(text, Path::new("rules.yaml"));
    errors.iter().for_each(|error| assert!(!error.to_string().is_empty()));
    let rules: Vec<_> = rules.into_iter().filter(|rule| check_pattern(rule).is_ok()).collect();
    let mut set = RuleSet::empty();
    if set.extend(rules).is_err() || set.is_empty() {
        return;
    }
    let _ = set.digest();
    let engine = Engine::new(&set);
    for text in [b"acme_token = 'acme_q7w2z9t4k8n1' # 0123456789abcdef\n".as_slice(), data] {
        let found = engine.candidates(text);
        assert!(found.iter().all(|found| found.span.end <= text.len()));
    }
}

/// Reads a baseline: what is written from it reads as the same.
///
/// Layout: the file.
pub(crate) fn baseline(data: &[u8]) {
    match Baseline::parse(data) {
        Ok(baseline) => {
            let rendered = baseline.render();
            assert_eq!(Baseline::parse(rendered.as_bytes()).as_ref(), Ok(&baseline));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reads the call of an agent.
///
/// Layout: the call, as on standard input.
pub(crate) fn agent(data: &[u8]) {
    static DIRECTORY: LazyLock<Scratch> = LazyLock::new(|| {
        let scratch = Scratch::new();
        scratch.write("app.env", b"one\nold text\nthree\n");
        scratch
    });
    parse_agent_call(data, DIRECTORY.path());
}
