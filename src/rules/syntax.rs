//! The YAML that a rule file is written in, and the same types as JSON for the embedded set.
//!
//! `build.rs` compiles this file too, so it names nothing but `model`'s grades.

use serde::{Deserialize, Serialize};

use super::token_run::Route;
use crate::model::{Confidence, Severity};

/// One file: a provider's rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Who issues what the rules find.
    pub provider: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One rule: how a kind of secret is reached, what it looks like, what proves it, and what to tell people.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case, unique over all files, never reused.
    pub id: String,
    /// What the token is, for people.
    pub name: String,
    /// Who issues it; the file's provider unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// How much damage a leak does.
    pub severity: Severity,
    /// How sure a match is when nothing more is proved.
    pub confidence: Confidence,
    /// Where a match can begin: every match of `pattern` starts with one of these bytes
    /// (or has it `at` bytes after its start). Letter case counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub literals: Vec<String>,
    /// Bytes between the start of a match and its literal, always the same number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: usize,
    /// Instead of `literals`: words of which one stands before the value on its line, in any letter
    /// case, with an assignment between them. `pattern` then describes the value alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// With `keywords`: words of which one must stand between the keyword and the value too
    /// (`[key, token, secret]`), in any letter case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What a match looks like: Rust `regex` syntax, bytes, no Unicode classes. A capture group named
    /// `secret` marks the value when it is not the whole match.
    pub pattern: String,
    /// How far around the literal a match may reach, where one line is not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Which bytes may stand directly beside a match.
    #[serde(default, skip_serializing_if = "is_default")]
    pub boundary: Boundary,
    /// Words of which one must stand near the match, in any letter case, for shapes that several
    /// providers share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Least Shannon entropy of the value in bits per byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f32>,
    /// Proofs, tried in this order.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        with = "serde_yaml::with::singleton_map_recursive"
    )]
    pub checks: Vec<Check>,
    /// Another rule's match that belongs to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<Pair>,
    /// Only in files whose path matches one of these globs (`**/.npmrc`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Whole values that never count: documentation samples. Written as joined parts where a push
    /// filter could take them for real ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<Text>,
    /// A regex; a value that it matches anywhere never counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub never_pattern: Option<String>,
    /// Whether people write these values themselves (passwords), so that dictionary words and
    /// placeholders inside them mean something. Machine-made tokens are only tested for filler.
    #[serde(default, skip_serializing_if = "is_default")]
    pub human: bool,
    /// With `keywords`: the keywords are parts of names (`passw`, `secret`), and the engine's scored
    /// detector for generic secrets decides about the value assigned to such a name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub generic: bool,
    /// The widest net: any other rule's match on the same bytes is preferred, and a match does not count beside the
    /// name of a provider whose values another rule knows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fallback: bool,
    /// Not a finding by itself: only serves `pair` of other rules.
    #[serde(default, skip_serializing_if = "is_default")]
    pub identifier: bool,
    /// What the value opens and what a developer should do, in a sentence or two.
    pub help: String,
    /// Which advice fits its secrets; told by the rule's folder and id unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// How the owner makes the value worthless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<Revoke>,
    /// Texts in which the rule must find exactly one value.
    #[serde(default, skip_serializing)]
    pub examples: Vec<Text>,
    /// Where the literals or keywords need to be looked for. Derived from the pattern, never written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub route: Route,
    /// Texts in which the rule must find nothing at medium or above.
    #[serde(default, skip_serializing)]
    pub counter_examples: Vec<Text>,
}

/// How far around its literal a match may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Bytes before the literal that may be looked at.
    #[serde(default)]
    pub before: usize,
    /// Bytes from the literal on that may be looked at.
    pub after: usize,
    /// Where the window ends early.
    #[serde(default)]
    pub cut: Cut,
    /// Report every match of the pattern inside the window, not only the one that starts at the
    /// literal: for values that stand near a marker (`kind: Secret`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub every: bool,
}

/// Where a window ends early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// At the line's ends.
    #[default]
    Line,
    /// At `---` lines: one YAML document.
    Document,
    /// Nowhere.
    None,
}

/// Which bytes may stand directly beside a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// No letter or digit before it, no letter, digit, `_` or `-` after it.
    #[default]
    Token,
    /// As `token`, and no `+`, `/` or `=` on either side: for base64 values without a prefix.
    Base64,
    /// As `token`, and the match is all of a value: behind it its closing quote, a blank, a bracket or a separator.
    Value,
    /// Anything.
    None,
}

/// Words that must stand near a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// One of these, in any letter case.
    pub words: Vec<String>,
    /// Within this many lines before and after the match's own line (at most 5; 0 = the same line).
    #[serde(default)]
    pub lines: usize,
    /// Without any of them the match is dropped, or only lowered to `low`.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What happens to a match that lacks something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// It is no match.
    #[default]
    Drop,
    /// It is one of low confidence.
    Low,
}

/// Another rule's match that belongs to this one (key id and secret, host and token).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The other rule's id.
    pub with: String,
    /// Within this many lines.
    pub lines: usize,
    /// What happens without it; `keep` leaves the match as it is, and its presence raises the
    /// confidence by one grade.
    #[serde(default)]
    pub otherwise: PairOtherwise,
}

/// What happens to a match whose pair is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairOtherwise {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is one of low confidence.
    Low,
    /// It is no match.
    Drop,
}

/// How the owner makes the value worthless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// What to do, in a sentence.
    pub how: String,
    /// Where, when there is a page for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The provider's own page about values of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

/// A kind of secret, by what people should do instead of writing one down (`advice.yaml`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Calls a service in its owner's name.
    ApiKey,
    /// Stands for an application that signs in people or itself.
    AppSecret,
    /// Opens code and pipelines.
    CiToken,
    /// Signs requests to a cloud.
    CloudKey,
    /// Opens a database or a broker.
    DatabasePassword,
    /// Names what a secret beside it opens.
    Identifier,
    /// Publishes or installs packages and images.
    PackageToken,
    /// A password that people or programs log in with.
    Password,
    /// What a password is compared with.
    PasswordHash,
    /// The secret half of a key pair.
    PrivateKey,
    /// Counts what uses it, and may stand in a page or an app by design.
    PublicKey,
    /// Opens a store of other secrets.
    SecretStoreToken,
    /// A session of a person, or another token that ends by itself.
    Session,
    /// Signs or checks messages, cookies and tokens.
    SigningSecret,
    /// Owns the money at an address.
    WalletKey,
    /// A URL that does something for whoever calls it.
    WebhookUrl,
}

/// A text, or its parts: `["ghp_", "…"]` is joined at load, so that no file holds a whole token.
///
/// In examples `{sample}` stands for a value drawn from the rule's pattern with its checksum
/// completed, and `{broken}` for such a value with one character of it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// As it is.
    Whole(String),
    /// To be joined.
    Parts(Vec<String>),
}

impl Text {
    /// The joined text.
    pub fn joined(&self) -> String {
        match self {
            Text::Whole(text) => text.clone(),
            Text::Parts(parts) => parts.concat(),
        }
    }
}

/// A proof that needs no network. An integrity check that fails drops the match; a structure
/// check that fails lowers it to low confidence. One that holds is named in the finding's `why`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// Integrity: CRC-32 (IEEE) of a part of the token, written at its end.
    Crc32(Crc32),
    /// Integrity: base32 whose last two bytes are the CRC-16/XMODEM of the others (NATS, Stellar).
    Crc16,
    /// Integrity: base58 whose last four bytes begin the double SHA-256 of the others.
    Base58check(Base58),
    /// Integrity: `PVT_K1_…`, `PVT_R1_…`: base58 of a key and four bytes of its RIPEMD-160.
    EosKey,
    /// Integrity: bech32 (BIP-173) of any length.
    Bech32,
    /// Integrity: a recovery phrase of English words whose last word holds a checksum (BIP-39).
    Bip39,
    /// Integrity: 25 words of which the last repeats the one that a CRC-32 of the others points to.
    MoneroSeed,
    /// Integrity: an Azure key with its service's signature and a Marvin32 checksum; a key without a
    /// signature is neither proved nor doubted.
    AzureKey,
    /// Integrity: an Azure key in the common annotated form (`JQQJ9…`), which ends with a Marvin32 checksum.
    AzureCask,
    /// Integrity: an Entra ID client secret, which ends with three digits of a Marvin32 checksum.
    EntraSecret,
    /// Integrity: an old Azure DevOps token, which holds the bytes of a CRC-32.
    AzureDevopsPat,
    /// Integrity: a Supabase API key; the checksum of a hosted project covers its name, which the key does not
    /// hold: such a key is neither proved nor doubted.
    SupabaseKey,
    /// Structure: header and payload are JSON, the header names an algorithm, the token is not long expired.
    Jwt,
    /// Structure: armour and content (PKCS#1, PKCS#8, SEC1, OpenSSH, PGP packets) of a private key; an
    /// encrypted one has low severity. The CRC-24 of a PGP key proves it.
    PrivateKey,
    /// Structure: a PuTTY key file; an encrypted one has low severity.
    PuttyKey,
    /// Structure: base64 of a private key in DER (PKCS#1, PKCS#8, SEC1): no certificate, no public key.
    DerKey,
    /// Structure: base64 of a PKCS#12 bundle.
    Pkcs12,
    /// Structure: a JSON Web Key with a private member.
    Jwk,
    /// Structure: a macaroon, version 1 or 2, behind a prefix that ends with `-` or none.
    Macaroon,
    /// Structure: base64 that decodes to `user:password` with a password that is no placeholder.
    BasicAuth,
    /// Structure: base64 that decodes to a JSON object.
    Base64Json,
    /// Structure: base64 that decodes to printable text.
    Base64Text,
    /// Structure: a URL's password: there is a host, and the password is neither a variable nor a
    /// placeholder.
    UrlPassword,
    /// Structure: the value is a literal that somebody chose as a password: no variable, call,
    /// template or placeholder.
    LiteralPassword,
    /// Structure: letters and digits are both there, as in any long machine-made value.
    LettersAndDigits,
    /// Structure: letters do not follow each other as in words.
    Wordless,
    /// Structure: an AWS access key id whose base32 body holds a 12-digit account number.
    AwsAccount,
}

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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
