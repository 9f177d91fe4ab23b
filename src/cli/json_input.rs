//! Limits of JSON that other programs write: calls of agents, their settings, the event of a CI run.

use anyhow::{anyhow, bail};

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
    fn a_text_with_too_many_values_is_refused_and_one_with_a_long_string_is_not() {
        let many = format!("[{}1]", "1,".repeat(MAX_VALUES));
        let error = check(CALL, many.as_bytes()).expect_err("too many").to_string();
        assert!(error.starts_with("there are more than 1000000 values, the limit for a call"), "{error}");
        let long = format!("[\"{}\"]", "1,".repeat(MAX_VALUES));
        assert!(check(CALL, long.as_bytes()).is_ok());
    }
}
