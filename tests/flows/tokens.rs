//! Secret-like values for the tests, sampled from the patterns of the rules so that none is part of the source.

use std::sync::LazyLock;

use stopleak::RuleSet;
use stopleak::internals::sample::{Draw, sample};

static RULES: LazyLock<RuleSet> = LazyLock::new(RuleSet::builtin);

/// The rule of [`token`].
pub(crate) const RULE: &str = "github-classic-pat";

/// The prefix of every [`token`].
pub(crate) const PREFIX: &str = "ghp_";

/// Returns a GitHub token with a valid checksum.
pub(crate) fn token(seed: u64) -> String {
    sample_value(RULE, seed)
}

/// Returns a private key with its PEM armour, ending with one newline.
pub(crate) fn private_key(seed: u64) -> String {
    let key = sample_value("pem-pkcs8-private-key", seed);
    format!("{}\n", key.trim_end())
}

/// Returns a line of code that contains [`token`].
pub(crate) fn line(seed: u64) -> String {
    format!("token = \"{}\"\n", token(seed))
}

/// Returns a value that matches the rule; equal seeds give equal values.
pub(crate) fn sample_value(rule: &str, seed: u64) -> String {
    let rule = RULES.get(rule).expect("a built-in rule");
    let value = sample(rule, &mut Draw::new(seed)).expect("its pattern parses");
    String::from_utf8(value).expect("text")
}
