//! Values that a template, a shell or a build replaces, and masked values.

/// Whether a template, a shell or a build replaces the value: it is no literal.
pub(crate) fn is_template(value: &[u8]) -> bool {
    const OPENERS: [&[u8]; 14] =
        [b"${", b"{{", b"$(", b"#{", b"<%", b"%(", b"%{", b"[[", b"{%", b"$[", b"$$", b"@@", b"__", b"%s"];
    let text = value.trim_ascii();
    let starts = |opener: &&[u8]| text.starts_with(opener);
    let enclosed = |open: u8, close: u8| text.len() >= 2 && text[0] == open && text[text.len() - 1] == close;
    OPENERS.iter().any(starts)
        || has_interpolation(text)
        || enclosed(b'<', b'>')
        || enclosed(b'{', b'}')
        || enclosed(b'%', b'%')
        || enclosed(b'[', b']')
        || is_variable(text)
}

/// Whether the text contains a named interpolation: `${NAME}`, `{{ name }}`, `$(name)`, `#{name}`.
fn has_interpolation(text: &[u8]) -> bool {
    const PAIRS: [(&[u8], &[u8]); 5] =
        [(b"${", b"}"), (b"{{", b"}}"), (b"$(", b")"), (b"#{", b"}"), (b"<%", b"%>")];
    PAIRS.iter().any(|(open, close)| {
        memchr::memmem::find_iter(text, open).any(|at| {
            let inside = &text[at + open.len()..];
            let inside = memchr::memmem::find(inside, close).map_or(inside, |end| &inside[..end]);
            inside.iter().all(|byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'_' | b'.' | b' ' | b'-' | b':' | b'|' | b'$' | b'(' | b'=')
            })
        })
    })
}

/// `$NAME`, `$env:NAME`, `$this->name`: the text is one variable.
fn is_variable(text: &[u8]) -> bool {
    let Some((&sigil, rest)) = text.split_first() else { return false };
    let name = rest.strip_prefix(b"env:").unwrap_or(rest);
    let name = name.strip_prefix(b"this->").unwrap_or(name);
    sigil == b'$'
        && name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && name.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'[' | b']' | b'-' | b'>' | b':')
        })
        && !name.iter().any(u8::is_ascii_digit)
}

/// Whether stars, dots or an ellipsis replace the value or most of it.
pub(super) fn is_masked(value: &[u8]) -> bool {
    let masking = value.iter().filter(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b'-' | b'#')).count();
    masking * 2 > value.len()
        || memchr::memmem::find(value, "…".as_bytes()).is_some()
        || memchr::memmem::find(value, b"...").is_some()
        || memchr::memmem::find(value, b"***").is_some()
}
