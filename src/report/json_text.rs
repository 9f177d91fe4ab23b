//! JSON whose text cannot deceive: characters that reorder, hide or control text are written as `\\uXXXX`, which reads
//! back to the same string.

use std::io;

use serde::Serialize;

use super::escape::is_deceptive;

/// Writes `value` as one line.
pub(super) fn write_line(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(EscapingWriter(&mut *out), value)?;
    out.write_all(b"\n")
}

/// Writes `value` indented.
pub(super) fn write_pretty(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(EscapingWriter(&mut *out), value)?;
    out.write_all(b"\n")
}

/// Returns `value` as indented text with a line end.
///
/// # Errors
///
/// If `value` cannot be serialized.
pub(crate) fn to_pretty_text(value: &impl Serialize) -> io::Result<String> {
    let mut text = Vec::new();
    write_pretty(value, &mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// Escapes what serde_json writes. It writes whole pieces of strings, and characters beyond ASCII only in strings.
struct EscapingWriter<'o>(&'o mut dyn io::Write);

impl io::Write for EscapingWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let is_plain = |byte: &u8| byte.is_ascii() && *byte != 0x7f;
        if bytes.iter().all(is_plain) {
            return self.0.write_all(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut rest = text;
        while let Some(at) = rest.find(is_escaped) {
            let (before, after) = rest.split_at(at);
            self.0.write_all(before.as_bytes())?;
            let character = after.chars().next().expect("it was found");
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(self.0, "\\u{unit:04x}")?;
            }
            rest = &after[character.len_utf8()..];
        }
        self.0.write_all(rest.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether the character is escaped beyond what serde_json does, which escapes those below the space.
fn is_escaped(character: char) -> bool {
    character == '\x7f' || is_deceptive(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceptive_characters_are_escaped_and_read_back() {
        let text = "a\u{202e}b\u{9b}31m\u{7f}\u{e0041}\u{feff}üé\n\u{1b}";
        let mut line = Vec::new();
        write_line(&text, &mut line).expect("a vector");
        for json in [String::from_utf8(line).expect("text"), to_pretty_text(&text).expect("text")] {
            assert_eq!(json.trim_end(), r#""a\u202eb\u009b31m\u007f\udb40\udc41\ufeffüé\n\u001b""#,);
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
        }
    }
}
