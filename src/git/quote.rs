//! Parses strings in double quotes with C escapes, as git writes paths that contain separators.

/// Returns the content of the quoted string at the start of `text`, and the text after its closing quote; `None` when
/// there is no such string or it is malformed.
pub(super) fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut content = Vec::new();
    loop {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        match byte {
            b'"' => return Some((content, rest)),
            b'\\' => content.push(unescape(&mut rest)?),
            other => content.push(other),
        }
    }
}

/// Decodes an escape sequence and removes it from `rest`, which begins after the backslash.
fn unescape(rest: &mut &[u8]) -> Option<u8> {
    let (&byte, tail) = rest.split_first()?;
    *rest = tail;
    Some(match byte {
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 11,
        b'f' => 12,
        b'r' => b'\r',
        b'"' | b'\\' => byte,
        b'0'..=b'3' => {
            let (digits, tail) = rest.split_at_checked(2)?;
            *rest = tail;
            let octal = |byte: u8| matches!(byte, b'0'..=b'7').then(|| byte - b'0');
            (byte - b'0') << 6 | octal(digits[0])? << 3 | octal(digits[1])?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_c_and_all_others_are_malformed() {
        let (content, rest) = unquote(br#""a\"\\\n\303\274" b"#).expect("well formed");
        assert_eq!((content.as_slice(), rest), ("a\"\\\nü".as_bytes(), b" b".as_slice()));
        for text in ["a", "\"", "\"a", "\"\\", "\"\\3", "\"\\39\"", "\"\\x\"", "\"\\777\""] {
            assert_eq!(unquote(text.as_bytes()), None, "{text}");
        }
    }
}
