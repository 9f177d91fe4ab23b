//! Limits of JSON that other programs write: calls of agents, their settings, the event of a CI run.

use std::fmt;

use anyhow::{anyhow, bail};
use serde::de;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::rules::input::InputKind;

/// Most values of a JSON text. A parsed value needs a hundred times the memory of `1,`.
const MAX_VALUES: usize = 1_000_000;

/// The call of an agent, which can contain a file and the text that it replaces.
pub(crate) const CALL: InputKind =
    InputKind { name: "a call of an agent", megabytes: 256, remedy: "write the file in parts" };

/// The settings of an agent.
pub(crate) const SETTINGS: InputKind = InputKind {
    name: "the settings of an agent",
    megabytes: 16,
    remedy: "check that this is the right file",
};

/// The event of a CI run. GitHub sends at most 25 MB.
pub(crate) const EVENT: InputKind = InputKind {
    name: "the event of a CI run",
    megabytes: 32,
    remedy: "check GITHUB_EVENT_PATH, or scan with: stopleak range BASE..HEAD",
};

/// Checks size and number of values of a JSON text. Its depth is limited by the parser: serde_json parses at most 128
/// levels.
///
/// # Errors
///
/// A text above a limit.
pub(crate) fn check(kind: InputKind, json: &[u8]) -> anyhow::Result<()> {
    kind.check_len(json.len()).map_err(|error| anyhow!(error))?;
    // A short text cannot have so many.
    if json.len() > MAX_VALUES && has_more_values_than(json, MAX_VALUES) {
        bail!("there are more than {MAX_VALUES} values, the limit for {}; {}", kind.name, kind.remedy);
    }
    Ok(())
}

/// Why a JSON text has no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    /// It is not JSON, or is nested too deep.
    #[error("{0}")]
    Syntax(serde_json::Error),
    /// A reader can take it for several values.
    #[error("{0}")]
    Ambiguous(serde_json::Error),
}

/// Parses a JSON text.
///
/// # Errors
///
/// A text that is no JSON, or has more than white space after the value; an object with one name twice, of which some
/// readers take the first value and others the last.
pub(crate) fn parse(json: &[u8]) -> Result<Value, JsonError> {
    let parsed: Result<UniqueNames, _> = serde_json::from_slice(json);
    match parsed {
        Ok(UniqueNames(value)) => Ok(value),
        Err(error) if error.classify() == Category::Data => Err(JsonError::Ambiguous(error)),
        Err(error) => Err(JsonError::Syntax(error)),
    }
}

/// A value in which no object has a name twice.
struct UniqueNames(Value);

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<UniqueNames, D::Error> {
        deserializer.deserialize_any(UniqueNamesVisitor).map(UniqueNames)
    }
}

struct UniqueNamesVisitor;

impl<'de> Visitor<'de> for UniqueNamesVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(UniqueNames(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, UniqueNames(value))) = object.next_entry::<String, UniqueNames>()? {
            if fields.insert(name, value).is_some() {
                // The name itself can be a secret.
                return Err(de::Error::custom("an object has the same name twice"));
            }
        }
        Ok(fields.into())
    }
}

/// Replaces the escape of each lone surrogate with that of U+FFFD. JavaScript writes lone surrogates where a text was cut
/// inside a pair, and they have no UTF-8 encoding.
pub(crate) fn replace_lone_surrogates(json: &[u8]) -> Vec<u8> {
    let mut json_text = Vec::with_capacity(json.len());
    for_each_escape(json, |part, escape| {
        json_text.extend_from_slice(part);
        match escape {
            Some(Escape::LoneSurrogate) => json_text.extend_from_slice(b"\\ufffd"),
            Some(Escape::Other { written, .. }) => json_text.extend_from_slice(written),
            None => {}
        }
    });
    json_text
}

/// Replaces each escape with its character, in text that need not be JSON.
pub(crate) fn unescaped(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    for_each_escape(text.as_bytes(), |part, escape| {
        plain.extend_from_slice(part);
        match escape {
            Some(Escape::LoneSurrogate) => plain.extend_from_slice("\u{fffd}".as_bytes()),
            Some(Escape::Other { character, .. }) => {
                plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => {}
        }
    });
    String::from_utf8_lossy(&plain).into_owned()
}

enum Escape<'t> {
    /// `\uD800` to `\uDFFF` without the other half.
    LoneSurrogate,
    Other {
        written: &'t [u8],
        character: char,
    },
}

/// Calls `take` with each part of the text between escapes, and the escape after it.
fn for_each_escape<'t>(text: &'t [u8], mut take: impl FnMut(&'t [u8], Option<Escape<'t>>)) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut start = 0;
    while let Some(at) = memchr::memchr(b'\\', &text[start..]).map(|found| start + found) {
        let (len, escape) = match (unit(at), unit(at + 6)) {
            (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                (12, char::decode_utf16([high, low]).next().and_then(Result::ok))
            }
            (Some(unit), _) => (6, char::from_u32(unit.into())),
            (None, _) => {
                let after = text.get(at + 1).copied().unwrap_or(b'\\');
                let character = match after {
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    _ if after.is_ascii() => after.into(),
                    // The first byte of a longer character follows unchanged.
                    _ => '\\',
                };
                (if after.is_ascii() { 2 } else { 1 }, Some(character))
            }
        };
        let end = text.len().min(at + len);
        let written = &text[at..end];
        let escape = escape.map_or(Escape::LoneSurrogate, |character| Escape::Other { written, character });
        take(&text[start..at], Some(escape));
        start = end;
    }
    take(&text[start..], None);
}

/// Counts the commas and open brackets outside of strings.
fn has_more_values_than(json: &[u8], limit: usize) -> bool {
    let mut count = 0;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b',' | b'[' | b'{' => count += 1,
            b'"' => at = end_of_string(json, at),
            _ => {}
        }
        if count > limit {
            return true;
        }
    }
    false
}

/// Returns the position after the string that begins before `at`.
fn end_of_string(json: &[u8], mut at: usize) -> usize {
    while let Some(found) = json.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_of_strings_are_counted() {
        for (json, count) in [
            (&b"[1,[2],{}]"[..], 5),
            (br#"{"a,[":"\",[","b":1}"#, 2),
            (br#"{"a\\":[1,2]}"#, 3),
            (br#"["a\"#, 1),
            (b"", 0),
        ] {
            assert!(!has_more_values_than(json, count), "{}", String::from_utf8_lossy(json));
            assert!(count == 0 || has_more_values_than(json, count - 1), "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_ambiguous() {
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"[{"b":{"a":1,"c":2,"a":3}}]"#,
            r#"{"command":"ls","\u0063ommand":"ls"}"#,
            r#"{"":1,"":2}"#,
        ] {
            assert!(matches!(parse(json.as_bytes()), Err(JsonError::Ambiguous(_))), "{json}");
        }
        let json = r#"{"a":[1,-1,1.5,true,null,"x\ny"],"A":{"a":{"a":"b"}}}"#;
        let value: Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(parse(json.as_bytes()).expect("JSON"), value);
    }

    #[test]
    fn a_text_that_is_not_one_json_value_is_an_error() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let not_json: [&[u8]; 8] = [
            b"",
            b"{",
            br#"{"a":1}{"a":2}"#,
            br#"{"a":1} x"#,
            b"{\"a\":1}\0",
            b"{\"a\":\"\xff\"}",
            b"{\"\xc3\":1}",
            deep.as_bytes(),
        ];
        for json in not_json {
            assert!(matches!(parse(json), Err(JsonError::Syntax(_))), "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn escapes_are_replaced_in_text_that_is_no_json() {
        assert_eq!(
            unescaped(r#"{"a\u0062": "\n\/\"\\\ud83d\ude00\ud83d é\é\"#),
            "{\"ab\": \"\n/\"\\😀\u{fffd} é\\é\\"
        );
    }

    #[test]
    fn a_text_with_too_many_values_is_refused_and_one_with_a_long_string_is_not() {
        let many = format!("[{}1]", "1,".repeat(MAX_VALUES));
        let error = check(CALL, many.as_bytes()).expect_err("too many").to_string();
        assert!(error.starts_with("there are more than 1000000 values, the limit for a call"), "{error}");
        let long = format!("[\"{}\"]", "1,".repeat(MAX_VALUES));
        assert!(check(CALL, long.as_bytes()).is_ok());
    }
}
