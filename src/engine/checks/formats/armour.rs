//! Text armour: RFC 7468 (PEM), RFC 9580 section 6.2 (OpenPGP).
//!
//! Parsed leniently, because keys in source code are written as string literals: with `\n` escapes, quotes, comment
//! characters and concatenation operators around each line.

use data_encoding::BASE64_NOPAD;

/// A parsed block.
pub(crate) struct Armour {
    pub(crate) label: String,
    /// The base64 characters of the body, without everything else.
    pub(crate) body: Vec<u8>,
    /// The four characters of an OpenPGP checksum, without the `=` before them.
    pub(crate) sum: Option<Vec<u8>>,
    /// Whether a header line states that the body is encrypted (`DEK-Info`, RFC 1421).
    pub(crate) encrypted: bool,
    /// Whether the END line is there.
    pub(crate) closed: bool,
}

/// Parses the block that begins at the first BEGIN line of `text`.
pub(crate) fn parse(text: &[u8]) -> Option<Armour> {
    let label_start = memchr::memmem::find(text, b"-----BEGIN ")? + 11;
    let label_end = label_start + memchr::memmem::find(&text[label_start..], b"-----")?;
    let label = String::from_utf8_lossy(&text[label_start..label_end]).into_owned();
    let inside = &text[label_end + 5..];
    let end = memchr::memmem::find(inside, b"-----END");
    let inside = &inside[..end.unwrap_or(inside.len())];
    let is_pgp = label.starts_with("PGP");
    let mut armour = Armour {
        label,
        body: Vec::with_capacity(inside.len()),
        sum: None,
        encrypted: false,
        closed: end.is_some(),
    };
    for line in lines(inside) {
        let line = literal_part(line);
        if memchr::memchr(b':', line).is_some() {
            armour.encrypted |=
                line.starts_with(b"DEK-Info") || memchr::memmem::find(line, b"ENCRYPTED").is_some();
        } else if let Some(sum) = line.strip_prefix(b"=").filter(|_| is_pgp) {
            let sum: Vec<u8> = sum.iter().copied().filter(|byte| is_base64(*byte)).take(5).collect();
            armour.sum = (sum.len() == 4).then_some(sum);
        } else {
            armour.body.extend(line.iter().filter(|byte| is_base64(**byte)));
        }
    }
    Some(armour)
}

/// Splits at line endings and at line endings written as escapes (`\n`, `\\n`, `\r\n`).
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'\\', b'\n', &text[at..]) {
            let end = at + found;
            let slashes = text[end..].iter().take_while(|byte| **byte == b'\\').count();
            let after = end + slashes;
            if slashes == 0 || matches!(text.get(after), Some(b'n' | b'r')) {
                rest = text.get(after + 1..);
                return Some(&text[..end]);
            }
            at = after;
        }
        rest = None;
        Some(text)
    })
}

/// The part of a line of source code between its quotes, or the trimmed line without comment characters.
fn literal_part(line: &[u8]) -> &[u8] {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    match (line.iter().position(is_quote), line.iter().rposition(is_quote)) {
        (Some(first), Some(last)) if last > first => &line[first + 1..last],
        (Some(quote), _) => {
            // The line was split at an escape and has one quote of its literal: the other side has only `+` or `,`.
            let (before, after) = (line[..quote].trim_ascii(), line[quote + 1..].trim_ascii());
            let part = if before.len() > after.len() { before } else { after };
            if part.len() < 4 { b"" } else { part }
        }
        _ => {
            let line = line.trim_ascii();
            let comment =
                line.iter().take_while(|byte| matches!(byte, b'#' | b'*' | b'>' | b'|' | b' ')).count();
            line[comment..].trim_ascii()
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// Decodes a body. A single extra character and trailing bits are ignored.
pub(crate) fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let whole = body.len() - usize::from(body.len() % 4 == 1);
    let mut specification = BASE64_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a restriction was removed").decode(&body[..whole]).ok()
}

/// Decodes a body with a checksum, which covers every bit.
pub(crate) fn decode_strictly(body: &[u8]) -> Option<Vec<u8>> {
    BASE64_NOPAD.decode(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_line_endings_and_at_escapes() {
        let split = |text: &'static str| -> Vec<&str> {
            lines(text.as_bytes()).map(|line| std::str::from_utf8(line).expect("ASCII")).collect()
        };
        assert_eq!(split("a\nb\\nc\\\\nd\\x"), ["a", "b", "c", "d\\x"]);
        assert_eq!(split("a\\r\\nb\n"), ["a", "", "b", ""]);
        assert_eq!(split("\\"), ["\\"]);
        assert_eq!(split(""), [""]);
    }
}
