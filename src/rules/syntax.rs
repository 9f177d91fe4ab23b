//! The types of a rule file in YAML, which are also written as JSON for the built-in rules. `docs/rules.md`
//! describes every field.
//!
//! `build.rs` compiles this file too, so it uses nothing of the crate but the grades of `model`.

use serde::{Deserialize, Serialize};

use super::check_table::for_each_check;
use super::token_run::Route;
use crate::model::{Confidence, Severity};

/// One rule file: the rules of one provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Issuer of the values; `Generic` for forms that several providers use.
    pub provider: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One rule: how a kind of secret is found, what it looks like, how it is verified, and what people should do
/// about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case, unique over all files, never reused.
    pub id: String,
    /// Name of the kind of secret, for people.
    pub name: String,
    /// Issuer of the values; the file's provider unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Damage that a leak can do.
    pub severity: Severity,
    /// Confidence of a match before checks and context change it.
    pub confidence: Confidence,
    /// Every match of `pattern` begins with one of these texts, or has one `literal_offset` bytes after its
    /// start. Case sensitive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub literals: Vec<String>,
    /// Number of bytes between the start of every match and its literal.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub literal_offset: usize,
    /// Instead of `literals`: words of which one precedes the value on its line, in any letter case, with an
    /// assignment between them. `pattern` then describes the value alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// With `keywords`: words of which one must follow the keyword before the value (`[key, token, secret]`),
    /// in any letter case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_words: Vec<String>,
    /// Regex of a match: the syntax of the `regex` crate, bytes, no Unicode classes. A capture group named
    /// `secret` is the value when that is not the whole match.
    pub pattern: String,
    /// Bytes around the literal that a match may use, where one line is not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Which bytes may be directly before and after a match.
    #[serde(default, skip_serializing_if = "is_default")]
    pub boundary: Boundary,
    /// Words of which one must occur near the match, in any letter case: for shapes that several providers
    /// share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Least Shannon entropy of the value in bits per byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f32>,
    /// Offline checks, run in this order.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        with = "serde_yaml::with::singleton_map_recursive"
    )]
    pub checks: Vec<Check>,
    /// Match of another rule that belongs to a match of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Requirement>,
    /// Globs (`**/.npmrc`): the rule applies only to files whose path matches one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Values that are never reported, such as samples of a documentation. Written in parts where a push
    /// filter could take them for real ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Text>,
    /// Regex; a value that it matches anywhere is never reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_pattern: Option<String>,
    /// Whether people choose these values (passwords), so that dictionary words and placeholders inside them
    /// are evidence against a secret. A generated token is only rejected when all of it is a placeholder.
    #[serde(default, skip_serializing_if = "is_default")]
    pub human_chosen: bool,
    /// With `keywords`: the keywords are parts of names (`passw`, `secret`), and the scored detector for
    /// generic secrets decides about the value that is assigned to such a name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub generic: bool,
    /// Whether matches of any other rule on the same bytes are preferred.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fallback: bool,
    /// Whether matches are findings. With `report: false` they only serve `requires` of other rules.
    #[serde(default = "yes", rename = "report", skip_serializing_if = "is_true")]
    pub is_reported: bool,
    /// What the value gives access to and what a developer should do, in a sentence or two.
    pub help: String,
    /// Selects the remediation advice; derived from the rule's folder and id unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SecretKind>,
    /// How the owner revokes the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<Revoke>,
    /// Texts in each of which the rule must find exactly one value.
    #[serde(default, skip_serializing)]
    pub examples: Vec<Text>,
    /// Where the prefilter has to search for the literals or keywords. Derived from the pattern, never part
    /// of a rule file.
    #[serde(default, skip_serializing_if = "is_default")]
    pub route: Route,
    /// Texts in which the rule must find nothing of medium or high confidence.
    #[serde(default, skip_serializing)]
    pub counter_examples: Vec<Text>,
}

/// What the values of a rule have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// A form that several providers use (`provider: Generic`): a JWT, a password in a URL.
    Generic,
    /// They are issued by the rule's provider.
    Provider,
}

impl RuleKind {
    /// The provider of rules for forms that several providers use.
    const GENERIC: &str = "Generic";
}

impl Rule {
    /// Returns whether the rule finds the values of its provider or a form that several providers use.
    pub fn rule_kind(&self) -> RuleKind {
        match self.provider.as_deref() {
            Some(RuleKind::GENERIC) => RuleKind::Generic,
            _ => RuleKind::Provider,
        }
    }
}

/// The bytes around its literal that a match may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Bytes before the literal.
    #[serde(default)]
    pub before: usize,
    /// Bytes from the start of the literal.
    pub after: usize,
    /// What ends the window early.
    #[serde(default)]
    pub cut: Cut,
    /// Report every match of the pattern inside the window, not only the one that starts at the literal: for
    /// values near a marker (`kind: Secret`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub every: bool,
}

/// What ends a window early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The start and the end of the line.
    #[default]
    Line,
    /// Lines that begin with `---`: one YAML document.
    Document,
    /// Nothing.
    None,
}

/// Which bytes may be directly before and after a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// No letter or digit before it, no letter, digit, `_` or `-` after it.
    #[default]
    Token,
    /// As `token`, and no `+`, `/` or `=` on either side: for base64 values without a prefix.
    Base64,
    /// As `token`, and the match is a whole value: a closing quote, a blank, a bracket or a separator follows
    /// it.
    Value,
    /// Any byte.
    None,
}

/// Words that must occur near a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// One of these, in any letter case.
    pub words: Vec<String>,
    /// Within this many lines before and after the match's own line (at most 5; 0 = the same line).
    #[serde(default)]
    pub lines: usize,
    /// What happens to a match without any of them.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What happens to a match without any context word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// It is dropped.
    #[default]
    Drop,
    /// Its confidence becomes low.
    Low,
}

/// A match of another rule that belongs to a match of this one (key id and secret, host and token).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The other rule's id.
    pub with: String,
    /// Within this many lines.
    pub lines: usize,
    /// What happens without it. With `keep` the match stays unchanged without it, and its presence raises the
    /// confidence by one grade.
    #[serde(default)]
    pub otherwise: RequirementOtherwise,
}

/// What happens to a match when the match that it requires is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementOtherwise {
    /// It stays unchanged.
    #[default]
    Keep,
    /// Its confidence becomes low.
    Low,
    /// It is dropped.
    Drop,
}

/// How the owner revokes a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// What to do, in a sentence.
    pub how: String,
    /// Address of the page for that, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Address of the provider's documentation of such values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

/// A kind of secret. The kinds differ in the remediation advice (`advice.yaml`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// Authenticates calls to a service as its owner.
    ApiKey,
    /// Authenticates an application that signs in users or itself.
    AppSecret,
    /// Gives access to code and pipelines.
    CiToken,
    /// Signs requests to a cloud.
    CloudKey,
    /// Gives access to a database or a message broker.
    DatabasePassword,
    /// Identifies an account or key; not a secret.
    Identifier,
    /// Publishes or installs packages and images.
    PackageToken,
    /// A password that people or programs log in with.
    Password,
    /// Hash that passwords are compared with.
    PasswordHash,
    /// The secret half of a key pair.
    PrivateKey,
    /// Gives little access by itself; often part of a page or an app by design.
    PublicKey,
    /// Gives access to a store of other secrets.
    SecretStoreToken,
    /// Session of a person, or another token that expires.
    Session,
    /// Signs or verifies messages, cookies and tokens.
    SigningSecret,
    /// Controls the funds of an address.
    WalletKey,
    /// URL that does its work for every caller.
    WebhookUrl,
}

/// A text, or the parts of one: `["ghp_", "…"]` is joined at load, so that no file contains a whole token.
///
/// In examples `{sample}` is replaced by a value generated from the rule's pattern with a valid checksum, and
/// `{broken}` by such a value with one character changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// The whole text.
    Whole(String),
    /// Parts of the text, in order.
    Parts(Vec<String>),
}

impl Text {
    /// Returns the whole text.
    pub fn joined(&self) -> String {
        match self {
            Text::Whole(text) => text.clone(),
            Text::Parts(parts) => parts.concat(),
        }
    }
}

/// Whether a check computes a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// It verifies a checksum: a failure rejects the match.
    Integrity,
    /// It parses the value: a failure lowers the confidence or rejects the match.
    Structure,
}

/// What the table of checks contains about one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckInfo {
    /// The name in rule files.
    pub name: &'static str,
    /// Whether it computes a checksum.
    pub kind: CheckKind,
    /// When it passes. Names in backticks are written as in rule files.
    pub passes_when: &'static str,
}

macro_rules! define_check {
    ($($name:literal => $module:ident::$variant:ident $(($field:ident: $parameters:ty))?, $kind:ident, $passes_when:literal;)+) => {
        /// An offline check of a rule's matches, implemented in `engine::checks`. One that passes is named in
        /// the finding's `why`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub enum Check {
            $(
                #[doc = concat!(stringify!($kind), ": ", $passes_when, ".")]
                #[serde(rename = $name)]
                $variant $(($parameters))?,
            )+
        }

        impl Check {
            /// All checks, in the order of the documentation.
            pub const TABLE: &[CheckInfo] =
                &[$(CheckInfo { name: $name, kind: CheckKind::$kind, passes_when: $passes_when }),+];

            /// The check's line in the table.
            pub fn info(&self) -> &'static CheckInfo {
                match self {
                    $(Check::$variant { .. } => {
                        &CheckInfo { name: $name, kind: CheckKind::$kind, passes_when: $passes_when }
                    })+
                }
            }
        }
    };
}

for_each_check!(define_check);

/// The alphabet that base58 is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base58 {
    /// `1-9A-HJ-NP-Za-km-z` in that order.
    Bitcoin,
    /// The XRP Ledger's order of the same letters.
    Ripple,
}

/// Parameters of [`Check::Crc32`]: `token[from .. len-tail-gap]` is covered, `token[len-tail ..]` is the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crc32 {
    /// Bytes of the prefix that are not covered.
    #[serde(default)]
    pub from: usize,
    /// Instead of `from`: how many bytes are covered, where prefixes of several lengths share a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<usize>,
    /// Bytes between the covered part and the sum (a separator).
    #[serde(default)]
    pub gap: usize,
    /// Bytes of the sum.
    pub tail: usize,
    /// How the sum is written.
    #[serde(rename = "as")]
    pub encoding: SumEncoding,
}

/// How a 32-bit sum is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SumEncoding {
    /// `0-9A-Za-z`, most significant digit first, padded with `0`.
    Base62,
    /// `0-9a-z`, most significant digit first, padded with `0`.
    Base36,
    /// Lower-case hexadecimal, big-endian.
    Hex,
    /// Upper-case hexadecimal, big-endian.
    UpperHex,
    /// Lower-case hexadecimal of the little-endian bytes.
    HexLe,
    /// Base64 without padding of the little-endian bytes.
    Base64Le,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
