//! Values that are expressions of a programming language.

/// Whether the text is an expression of a programming language rather than a value: a call, a subscript, a
/// variable of the environment, a path of names.
pub(crate) fn is_code(text: &[u8]) -> bool {
    const TOKENS: [&[u8]; 9] =
        [b"()", b"(\"", b"('", b"->", b"::", b"getenv", b"process.env", b"environ", b"[\""];
    let begins = |at: usize| TOKENS.iter().any(|token| text[at..].starts_with(token));
    let may_begin = |byte: u8| matches!(byte, b'(' | b'-' | b':' | b'g' | b'p' | b'e' | b'[');
    (0..text.len()).any(|at| may_begin(text[at]) && begins(at)) || is_name_path(text) || is_plain_call(text)
}

/// `config.db.password`, `self.token`: names joined by dots.
fn is_name_path(text: &[u8]) -> bool {
    let name = |part: &[u8]| {
        part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
            && part.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    };
    text.contains(&b'.') && text.split(|&byte| byte == b'.').all(name)
}

/// `name(…`: an opening parenthesis directly after a name without digits. Quoted values may have that form too.
fn is_plain_call(text: &[u8]) -> bool {
    is_call(text) && !text.iter().take_while(|&&byte| byte != b'(').any(u8::is_ascii_digit)
}

/// `name(…`: an opening parenthesis directly after a name.
fn is_call(text: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'(', text) else { return false };
    let name = &text[..open];
    name.len() >= 2
        && !name[0].is_ascii_digit()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}
