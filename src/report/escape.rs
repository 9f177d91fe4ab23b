//! Escapes text for each kind of output. Paths, file content and rule texts are untrusted and could attack the reader of
//! a report, so everything that is not a literal of this crate passes through here; [`super::json_text`] escapes JSON.

use std::fmt::Write;

/// Escapes `text` for a terminal: characters that could move the cursor, change colours, or hide or reorder other
/// characters become escape sequences (`\x1b`, `\n`, `\u{202e}`). The result is one line.
pub(super) fn terminal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => push(&mut shown, format_args!("\\x{:02x}", character as u32)),
            _ if is_deceptive(character) => push(&mut shown, format_args!("\\u{{{:x}}}", character as u32)),
            _ => shown.push(character),
        }
    }
    shown
}

/// Escapes each line of `text` for a terminal and keeps the line endings.
pub fn terminal_lines(text: &str) -> String {
    text.split('\n').map(terminal).collect::<Vec<_>>().join("\n")
}

/// Escapes a path that is in its text form ([`crate::model::RepoPath::to_text`]) for a terminal. The percent-escapes of
/// the text form are decoded first, so that people recognise the path: `100%` instead of `100%25`.
pub(super) fn terminal_path(text: &str) -> String {
    let bytes = path_bytes(text);
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&terminal(chunk.valid()));
        for byte in chunk.invalid() {
            push(&mut shown, format_args!("\\x{byte:02x}"));
        }
    }
    shown
}

/// Converts a path that is in its text form to a relative URI (RFC 3986): its raw bytes, each percent-encoded unless it
/// is unreserved or `/`. A colon is encoded too, since `a:b` would have the scheme `a`. An absolute path keeps one
/// leading slash, since two would introduce a host.
pub(super) fn uri_path(text: &str) -> String {
    let mut uri = String::with_capacity(text.len());
    for byte in path_bytes(text) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(byte as char),
            b'/' if uri != "/" => uri.push('/'),
            _ => push(&mut uri, format_args!("%{byte:02X}")),
        }
    }
    uri
}

/// Escapes `text` for a SARIF message: one line, without embedded links (section 3.11.6) and placeholders (3.11.5).
pub(super) fn sarif_message(text: &str) -> String {
    let mut message = String::with_capacity(text.len());
    for character in terminal(text).chars() {
        match character {
            '[' | ']' | '\\' => message.extend(['\\', character]),
            '{' | '}' => message.extend([character, character]),
            _ => message.push(character),
        }
    }
    message
}

/// Returns the bytes of a path that is in its text form: the inverse of `RepoPath::to_text`.
pub(super) fn path_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match (first, digits.and_then(|digits| std::str::from_utf8(digits).ok())) {
            (b'%', Some(digits)) => {
                bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

/// Whether it is a C1 control, a line or paragraph separator, a bidirectional control, or a character without width.
pub(super) fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    #[test]
    fn controls_and_bidirectional_characters_are_escaped_for_a_terminal() {
        assert_eq!(terminal("a\x1b[31m\r\n\u{9b}\u{202e}ü"), "a\\x1b[31m\\r\\n\\u{9b}\\u{202e}ü");
        assert_eq!(terminal_lines("a\x1b[2J\nb\r\n"), "a\\x1b[2J\nb\\r\n");
    }

    #[test]
    fn paths_keep_their_bytes_through_text_and_uri() {
        let path = RepoPath::new(b"dir %41/a:b\n\xff\xc3\xbc#?".to_vec()).to_text();
        assert_eq!(uri_path(&path), "dir%20%2541/a%3Ab%0A%FF%C3%BC%23%3F");
        assert_eq!(terminal_path(&path), "dir %41/a:b\\n\\xffü#?");
        assert_eq!(uri_path("//host/x"), "/%2Fhost/x");
    }

    #[test]
    fn sarif_messages_have_no_links_and_no_placeholders() {
        assert_eq!(sarif_message("[x](y) {0}\n"), "\\[x\\](y) {{0}}\\\\n");
    }
}
