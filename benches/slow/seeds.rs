//! The texts that the search begins with: each is a unit of at most [`MAX_UNIT`] bytes that a text repeats.

use stopleak::internals::Rule;
use stopleak::internals::sample::{Draw, sample};

use super::random::Random;

/// Most bytes of a unit. The counter scans one unit first, so that rules are compiled before the instructions of a text
/// are counted.
pub(crate) const MAX_UNIT: usize = 4096;

pub(crate) const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text, as the unit that it repeats.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) unit: Vec<u8>,
}

impl Input {
    pub(crate) fn new(name: impl Into<String>, unit: impl Into<Vec<u8>>) -> Input {
        let mut unit = unit.into();
        unit.truncate(MAX_UNIT);
        Input { name: name.into(), unit }
    }

    /// Returns the text of `size` bytes.
    pub(crate) fn text(&self, size: usize) -> Vec<u8> {
        self.unit.iter().copied().cycle().take(size).collect()
    }
}

/// Joins `count` pieces.
fn repeat(random: &mut Random, count: usize, piece: impl Fn(&mut Random, usize) -> String) -> Vec<u8> {
    (0..count).flat_map(|number| piece(random, number).into_bytes()).collect()
}

fn token(random: &mut Random, length: usize) -> String {
    String::from_utf8(random.run(ALPHANUMERIC, length)).expect("ASCII")
}

fn hex(random: &mut Random, length: usize) -> String {
    String::from_utf8(random.run(HEX, length)).expect("ASCII")
}

/// Returns texts of common kinds.
pub(crate) fn structures(random: &mut Random) -> Vec<Input> {
    const NAMES: [&str; 8] = [
        "token",
        "password",
        "api_key",
        "secret",
        "client_secret",
        "auth_token",
        "db_password",
        "access_key",
    ];
    let name = |number: usize| NAMES[number % NAMES.len()];
    let mut all = Vec::new();
    let mut add = |name: &str, unit: Vec<u8>| all.push(Input::new(name, unit));
    add("token= on one line", b"token=".to_vec());
    add("token= in lines", b"token=\n".to_vec());
    add("token = on one line", b"token = ".to_vec());
    add(
        "assignments on one line",
        repeat(random, 90, |random, at| format!("{}={};", name(at), token(random, 24))),
    );
    add("query parameters", repeat(random, 90, |random, at| format!("{}={}&", name(at), token(random, 24))));
    add("names without values", repeat(random, 200, |_, at| format!("{} ", name(at))));
    add("names without values in lines", repeat(random, 200, |_, at| format!("{}\n", name(at))));
    add("names in a list", repeat(random, 200, |_, at| format!("\"{}\", ", name(at))));
    add("a long name", repeat(random, 200, |_, at| format!("{}_", name(at))));
    add("words", b"the quick brown fox jumps over the lazy dog ".to_vec());
    add("source of the reference", include_bytes!("../../src/engine/mod.rs").to_vec());
    add(
        "credentials in JSON",
        repeat(random, 60, |random, at| format!("{{\"{}\": \"{}\"}},\n", name(at), token(random, 24))),
    );
    add(
        "credentials in JSON on one line",
        repeat(random, 60, |random, at| format!("\"{}\":\"{}\",", name(at), token(random, 24))),
    );
    add(
        "credentials in YAML",
        repeat(random, 60, |random, at| format!("  {}: {}\n", name(at), token(random, 24))),
    );
    add(
        "credentials in a shell",
        repeat(random, 60, |random, at| {
            format!("export {}={}\n", name(at).to_uppercase(), token(random, 24))
        }),
    );
    add(
        "credentials in XML",
        repeat(random, 60, |random, at| format!("<{0}>{1}</{0}>\n", name(at), token(random, 24))),
    );
    add(
        "passwords in JSON",
        repeat(random, 60, |random, _| format!("{{\"password\": \"{}\"}},\n", token(random, 9))),
    );
    add(
        "XML on one line",
        repeat(random, 60, |random, at| {
            format!("<item key=\"{}\"><token>{}</token></item>", name(at), token(random, 8))
        }),
    );
    add(
        "XML",
        repeat(random, 60, |_, at| {
            format!("<property name=\"{}\" value=\"none\" type=\"string\"/>\n", name(at))
        }),
    );
    add(
        "CSV",
        repeat(random, 60, |random, at| {
            format!("{at},{},{},{}\n", token(random, 12), hex(random, 32), name(at))
        }),
    );
    add(
        "minified JavaScript",
        repeat(random, 60, |random, at| {
            format!(
                "function {}({},key){{return this.{}=key||{}.token}}",
                token(random, 2),
                token(random, 1),
                name(at),
                token(random, 1)
            )
        }),
    );
    add(
        "base64 in lines",
        repeat(random, 52, |random, _| {
            format!("{}\n", String::from_utf8(random.run(BASE64, 76)).expect("ASCII"))
        }),
    );
    add("base64 on one line", random.run(BASE64, MAX_UNIT));
    add("hexadecimal on one line", random.run(HEX, MAX_UNIT));
    add(
        "hex dump",
        repeat(random, 60, |random, at| {
            format!(
                "{:08x}  {}  |....|\n",
                at * 16,
                (0..16).map(|_| hex(random, 2)).collect::<Vec<_>>().join(" ")
            )
        }),
    );
    add("digests", repeat(random, 60, |random, _| format!("{}  file.txt\n", hex(random, 64))));
    add(
        "UUIDs",
        repeat(random, 60, |random, _| {
            format!(
                "{}-{}-4{}-a{}-{}\n",
                hex(random, 8),
                hex(random, 4),
                hex(random, 3),
                hex(random, 3),
                hex(random, 12)
            )
        }),
    );
    add("eyJ.", b"eyJ.".to_vec());
    add("eyJ", b"eyJ".to_vec());
    add("PEM headers", concat!("-----BEGIN RSA PRIV", "ATE KEY-----\n").as_bytes().to_vec());
    add("PEM headers on one line", concat!("-----BEGIN PRIV", "ATE KEY-----").as_bytes().to_vec());
    add(
        "PEM header and base64",
        [concat!("-----BEGIN PRIV", "ATE KEY-----\n").as_bytes(), &random.run(BASE64, 3000)].concat(),
    );
    add("one letter", b"a".to_vec());
    add("one digit", b"7".to_vec());
    add("letters and digits", random.run(ALPHANUMERIC, MAX_UNIT));
    add("quotes", b"\"".to_vec());
    add("quotes and colons", b"\":\"".to_vec());
    add("backslashes", b"\\".to_vec());
    add("line feeds", b"\n".to_vec());
    add("blanks", b" ".to_vec());
    add("zeros", b"\0".to_vec());
    add("equal signs", b"=".to_vec());
    add(
        "URLs",
        repeat(random, 60, |random, at| {
            format!(
                "https://user{at}:{}@host{at}.example.org/path?token={}\n",
                token(random, 12),
                token(random, 20)
            )
        }),
    );
    add(
        "URLs on one line",
        repeat(random, 60, |random, at| format!("postgres://u{at}:{}@h/d ", token(random, 12))),
    );
    add("://", b"://".to_vec());
    add("://a:b@", b"://a:b@".to_vec());
    add("assigned URLs", b"password=://a:b@".to_vec());
    all
}

/// Returns the texts of one rule: its words, samples of its values and near misses of them.
pub(crate) fn of_rule(rule: &Rule, random: &mut Random) -> Vec<Input> {
    let mut all = Vec::new();
    for (number, word) in rule.literals.iter().chain(&rule.keywords).take(2).enumerate() {
        let separator = [" ", "="][number];
        all.push(Input::new(format!("{}: word and {separator:?}", rule.id), format!("{word}{separator}")));
    }
    let word = rule.literals.iter().chain(&rule.keywords).next().expect("a rule has words");
    let run = token(random, 60);
    all.push(Input::new(format!("{}: word and run", rule.id), format!("{word}={run}")));
    for (kind, end) in [("near misses", "\n"), ("near misses on one line", " ")] {
        let mut unit = Vec::new();
        for seed in 0..8 {
            unit.extend(line(rule, random, seed, near_miss));
            unit.extend(end.as_bytes());
        }
        all.push(Input::new(format!("{}: {kind}", rule.id), unit));
    }
    all
}

/// Returns a sample of the rule's values, changed by `change`, after the words that the rule requires.
pub(crate) fn line(
    rule: &Rule,
    random: &mut Random,
    seed: u64,
    change: impl Fn(&mut Random, Vec<u8>) -> Vec<u8>,
) -> Vec<u8> {
    let value = sample(rule, &mut Draw::new(seed)).unwrap_or_default();
    let words: Vec<&str> =
        rule.keywords.first().into_iter().chain(rule.name_words.first()).map(String::as_str).collect();
    let mut line = Vec::new();
    if let Some(word) = rule.context.as_ref().and_then(|context| context.words.first()) {
        line.extend(format!("{word} ").into_bytes());
    }
    if !words.is_empty() {
        line.extend(format!("{}=", words.join("_")).into_bytes());
    }
    line.extend(change(random, value));
    line
}

/// Returns `value` with one character changed, removed or added.
pub(crate) fn near_miss(random: &mut Random, mut value: Vec<u8>) -> Vec<u8> {
    if value.is_empty() {
        return value;
    }
    // In the second half, because the first is often a literal.
    let at = value.len() / 2 + random.below(value.len().div_ceil(2));
    match random.below(4) {
        0 => drop(value.remove(at)),
        1 => value.insert(at, b"xQ7_-."[random.below(6)]),
        2 => value[at] = b"~!*;, "[random.below(6)],
        _ => value[at] = ALPHANUMERIC[random.below(ALPHANUMERIC.len())],
    }
    value
}

/// Returns all texts that the search begins with.
pub(crate) fn all(rules: &[&Rule], random: &mut Random) -> Vec<Input> {
    let mut all = structures(random);
    for rule in rules {
        all.extend(of_rule(rule, random));
    }
    all
}
