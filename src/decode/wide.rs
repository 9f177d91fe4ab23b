//! Wide characters: characters of ASCII and Latin-1 with the zero bytes that UTF-16 and UTF-32 add to them.
//!
//! Without these zero bytes the text is the same for both byte orders, and at any offset in other bytes: strings in
//! programs, and logs that programs of different encodings append to.

/// Characters in a row with zero bytes between them that are taken for text. Fewer are no evidence: zero bytes are
/// frequent in binary data.
const MIN_CHARACTERS: usize = 8;

/// Bytes of a text that are stored at equal distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Offset of the first one in the text.
    text: usize,
    /// Offset of the first one in the stored bytes.
    stored: usize,
    /// Stored bytes from one to the next.
    step: usize,
}

/// A run of wide characters: `count` groups of `width - 1` zero bytes, a byte that is not zero between two of them.
struct Run {
    /// The first zero byte.
    start: usize,
    width: usize,
    count: usize,
}

/// Returns the text without the zero bytes of wide characters, and where its bytes are stored; `None` if there are no
/// wide characters. Other zero bytes stay, because they end strings. With `is_start` a byte order mark is left out.
pub(super) fn narrow(bytes: &[u8], is_start: bool) -> Option<(Vec<u8>, Vec<Piece>)> {
    let mut run = next_run(bytes, 0)?;
    let has_mark = is_start && (bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]));
    let mut at = if has_mark { 2 } else { 0 };
    let mut text = Vec::with_capacity(bytes.len());
    let mut pieces = Vec::new();
    loop {
        let mut add = |stored: usize, step: usize, added: &mut dyn Iterator<Item = u8>| {
            let start = text.len();
            text.extend(added);
            if text.len() > start {
                pieces.push(Piece { text: start, stored, step });
            }
        };
        add(at, 1, &mut bytes[at..run.start].iter().copied());
        let first = run.start + run.width - 1;
        let between = bytes[first..].iter().step_by(run.width).take(run.count - 1).copied();
        add(first, run.width, &mut { between });
        at = run.start + run.count * run.width - 1;
        match next_run(bytes, at) {
            Some(next) => run = next,
            None => {
                add(at, 1, &mut bytes[at..].iter().copied());
                return Some((text, pieces));
            }
        }
    }
}

/// Returns the next run of wide characters whose zero bytes begin at `from` or after it.
fn next_run(bytes: &[u8], from: usize) -> Option<Run> {
    let mut at = from;
    loop {
        let zeros = at + memchr::memchr(0, bytes.get(at..)?)?;
        let end = zeros + bytes[zeros..].iter().take_while(|&&byte| byte == 0).count();
        // The zero bytes before the first character of big-endian text may follow others.
        let is_text = |width: usize| {
            let start = end.checked_sub(width - 1).filter(|&start| start >= zeros)?;
            let count = count_groups(bytes, start, width);
            (count >= MIN_CHARACTERS).then_some(Run { start, width, count })
        };
        if let Some(run) = is_text(4).or_else(|| is_text(2)) {
            return Some(run);
        }
        at = end;
    }
}

/// Returns how many groups of `width - 1` zero bytes begin at `start`, each but the first after a byte that is not zero,
/// and none before more zero bytes.
fn count_groups(bytes: &[u8], start: usize, width: usize) -> usize {
    let mut at = start;
    let mut count = 0;
    while bytes.get(at..at + width - 1).is_some_and(|group| group.iter().all(|&byte| byte == 0)) {
        match bytes.get(at + width - 1) {
            Some(0) => break,
            Some(_) => count += 1,
            None => return count + 1,
        }
        at += width;
    }
    count
}

/// Returns where the byte of the text at `offset` is stored.
pub(super) fn stored_offset(pieces: &[Piece], offset: usize) -> usize {
    let after = pieces.partition_point(|piece| piece.text <= offset);
    let Some(piece) = after.checked_sub(1).and_then(|at| pieces.get(at)) else { return offset };
    piece.stored + (offset - piece.text) * piece.step
}

/// Returns the first offset in the text whose byte is stored at `stored` or after it; it may be past the end.
pub(super) fn text_offset(pieces: &[Piece], stored: usize) -> usize {
    let after = pieces.partition_point(|piece| piece.stored <= stored);
    let Some(piece) = after.checked_sub(1).and_then(|at| pieces.get(at)) else { return 0 };
    let offset = piece.text + (stored - piece.stored).div_ceil(piece.step);
    pieces.get(after).map_or(offset, |next| offset.min(next.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::testing::wide;

    fn narrowed(bytes: &[u8]) -> Option<String> {
        narrow(bytes, true).map(|(text, _)| text.iter().map(|&byte| char::from(byte)).collect())
    }

    #[test]
    fn wide_characters_are_found_at_any_offset() {
        for width in [2, 4] {
            for is_big in [false, true] {
                let text = wide("password = x", width, is_big);
                for before in [&b""[..], b"\n", b"a log\n", b"\x01\x02\x03\n"] {
                    let bytes = [before, &text, b"\nplain"].concat();
                    let before: String = before.iter().map(|&byte| char::from(byte)).collect();
                    let expected = format!("{before}password = x\nplain");
                    assert_eq!(narrowed(&bytes), Some(expected), "{width} {is_big} {before:?}");
                }
            }
        }
    }

    #[test]
    fn zero_bytes_between_strings_stay() {
        for is_big in [false, true] {
            let string = |text| wide(text, 2, is_big);
            let bytes = [string("one string"), vec![0, 0], string("another string"), vec![0, 0]].concat();
            let text = narrowed(&bytes).expect("two strings");
            assert!(text.contains("one string\0") && text.contains("\0another string\0"), "{text:?}");
        }
        for bytes in [&b"USER=a\0PASS=b\0"[..], b"\0\0\0\0\0\0\0\0\0\0\0\0", b"a\0b\0c\0d\0", b""] {
            assert_eq!(narrowed(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_at_the_start_is_left_out() {
        let bytes = [vec![0xFF, 0xFE], wide("password = x", 2, false)].concat();
        assert_eq!(narrowed(&bytes).as_deref(), Some("password = x"));
    }
}
