//! Values that a template, a shell or a build replaces, and masked values.

/// Whether a template, a shell or a build replaces the value: it is no literal.
pub(crate) fn is_template(value: &[u8]) -> bool {
    // Most values contain none of the bytes that all forms have.
    if !value.iter().any(|&byte| b"${#<%[@_".contains(&byte)) {
        return false;
    }
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
        memchr::memchr_iter(open[0], text).filter(|&at| text[at..].starts_with(open)).any(|at| {
            let inside = &text[at + open.len()..];
            let end = inside.windows(close.len()).position(|part| part == *close);
            let inside = end.map_or(inside, |end| &inside[..end]);
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
    let has = |mark: &[u8]| memchr::memchr_iter(mark[0], value).any(|at| value[at..].starts_with(mark));
    masking * 2 > value.len() || has("…".as_bytes()) || masking >= 3 && (has(b"...") || has(b"***"))
}
