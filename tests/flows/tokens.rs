//! Values to plant, drawn from the rules themselves so that none is written down.

use std::sync::LazyLock;

use stopleak::engine::authoring::sample::{Draw, sample};
use stopleak::rules::RuleSet;

static RULES: LazyLock<RuleSet> = LazyLock::new(RuleSet::builtin);

/// The rule of [`token`].
pub(crate) const RULE: &str = "github-classic-pat";

/// What stands in front of every [`token`].
pub(crate) const PREFIX: &str = "ghp_";

/// A GitHub token with a checksum that holds.
pub(crate) fn token(seed: u64) -> String {
    drawn(RULE, seed)
}

/// A private key in its armour, with a line end behind.
pub(crate) fn private_key(seed: u64) -> String {
    let key = drawn("pem-pkcs8-private-key", seed);
    format!("{}\n", key.trim_end())
}

/// A line of code with [`token`] in it.
pub(crate) fn line(seed: u64) -> String {
    format!("token = \"{}\"\n", token(seed))
}

/// A value of the rule.
pub(crate) fn drawn(rule: &str, seed: u64) -> String {
    let rule = RULES.get(rule).expect("a built-in rule");
    let drawn = sample(rule, &mut Draw::new(seed)).expect("its pattern parses");
    String::from_utf8(drawn).expect("text")
}
