//! Quotes words for command lines of `sh` that are copied from a terminal.

use super::escape::path_bytes;

/// Quotes a path that is in its text form ([`crate::model::RepoPath::to_text`]). Bytes that plain quotes cannot
/// contain are written as `$'…'`, which `bash` and `zsh` understand.
pub(crate) fn path(path: &str) -> String {
    word(&path_bytes(path))
}

/// Quotes one word, if necessary.
pub(crate) fn word(bytes: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,@:=".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().all(is_plain) && !text.starts_with('-') => {
            text.to_owned()
        }
        Ok(text) if super::escape::terminal(text) == text => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let byte = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", *byte as char),
                b'\n' => "\\n".to_owned(),
                b'\t' => "\\t".to_owned(),
                b' '..=b'~' => (*byte as char).to_string(),
                _ => format!("\\x{byte:02x}"),
            };
            format!("$'{}'", bytes.iter().map(byte).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    #[test]
    fn words_are_quoted_for_a_shell() {
        let quoted = |bytes: &[u8]| path(&RepoPath::new(bytes).to_text());
        assert_eq!(quoted(b"src/a-b.rs"), "src/a-b.rs");
        assert_eq!(quoted(b"it's 100%"), r"'it'\''s 100%'");
        assert_eq!(quoted(b"$(x)"), "'$(x)'");
        assert_eq!(quoted(b"-n"), "'-n'");
        assert_eq!(quoted(b"a\n'\\\xff"), r"$'a\n\'\\\xff'");
        assert_eq!(quoted("café".as_bytes()), "'café'");
        assert_eq!(quoted("x\u{202e}y".as_bytes()), r"$'x\xe2\x80\xaey'");
    }
}
