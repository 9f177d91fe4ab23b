//! Text armour: RFC 7468 (PEM), RFC 9580 section 6.2 (OpenPGP).
//!
//! It is read leniently, because keys in source code stand in string literals: with `\n` escapes, quotes, comment
//! marks and concatenation signs around each line.

use data_encoding::BASE64_NOPAD;

/// What the armour says and holds.
pub(crate) struct Armour {
    pub(crate) label: String,
    /// Base64 characters of the body, everything else taken out.
    pub(crate) body: Vec<u8>,
    /// The four characters of an OpenPGP checksum, without the `=` before them.
    pub(crate) sum: Option<Vec<u8>>,
    /// Whether header lines say that the body is encrypted (`DEK-Info`, RFC 1421).
    pub(crate) encrypted: bool,
    /// Whether the END line is there.
    pub(crate) closed: bool,
}

/// The armour that begins at the first BEGIN line of `text`.
pub(crate) fn read(text: &[u8]) -> Option<Armour> {
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

/// Lines, whether their ends are real or written as `\n`, `\\n` or `\r\n` escapes.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'\\', b'\n', &text[at..]) {
            let end = at + found;
            let slashes = text[end..].iter().take_while(|byte| **byte == b'\\').count();
            let behind = end + slashes;
            if slashes == 0 || matches!(text.get(behind), Some(b'n' | b'r')) {
                rest = text.get(behind + 1..);
                return Some(&text[..end]);
            }
            at = behind;
        }
        rest = None;
        Some(text)
    })
}

/// What a line of source code holds between its quotes, without comment marks; else the trimmed line.
fn literal_part(line: &[u8]) -> &[u8] {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    match (line.iter().position(is_quote), line.iter().rposition(is_quote)) {
        (Some(first), Some(last)) if last > first => &line[first + 1..last],
        (Some(quote), _) => {
            // Half a literal: the line was cut at an escape. The other side holds only `+` or `,`.
            let (before, after) = (line[..quote].trim_ascii(), line[quote + 1..].trim_ascii());
            let part = if before.len() > after.len() { before } else { after };
            if part.len() < 4 { b"" } else { part }
        }
        _ => {
            let line = line.trim_ascii();
            let marks =
                line.iter().take_while(|byte| matches!(byte, b'#' | b'*' | b'>' | b'|' | b' ')).count();
            line[marks..].trim_ascii()
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// The bytes of a body; one character too many is left out, as is whatever the last one has too much.
pub(crate) fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let whole = body.len() - usize::from(body.len() % 4 == 1);
    let mut specification = BASE64_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a check was taken away").decode(&body[..whole]).ok()
}

/// The bytes of a body that has a checksum, which covers every bit.
pub(crate) fn decode_strictly(body: &[u8]) -> Option<Vec<u8>> {
    BASE64_NOPAD.decode(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_line_endings_and_at_escapes() {
        let read = |text: &'static str| -> Vec<&str> {
            lines(text.as_bytes()).map(|line| std::str::from_utf8(line).expect("ASCII")).collect()
        };
        assert_eq!(read("a\nb\\nc\\\\nd\\x"), ["a", "b", "c", "d\\x"]);
        assert_eq!(read("a\\r\\nb\n"), ["a", "", "b", ""]);
        assert_eq!(read("\\"), ["\\"]);
        assert_eq!(read(""), [""]);
    }
}
