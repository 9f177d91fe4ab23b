//! UTF-16, which some Windows tools write by default and git treats as binary.

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// How many bytes at the start decide if there is no byte order mark.
pub(super) const PROBE: usize = 512;

/// Returns the byte order if the bytes are UTF-16: from the byte order mark, or because in the first [`PROBE`] bytes at
/// least 80 % of one byte of each unit are zero and at most 5 % of the other.
pub(super) fn detect(bytes: &[u8]) -> Option<ByteOrder> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => return None,
        [0xFF, 0xFE, ..] => return Some(ByteOrder::Little),
        [0xFE, 0xFF, ..] => return Some(ByteOrder::Big),
        _ => {}
    }
    let probe = &bytes[..bytes.len().min(PROBE) & !1];
    // Fewer than 8 units are not enough evidence, and most text has no zero byte.
    if probe.len() < 16 || !probe.contains(&0) {
        return None;
    }
    let zeros = |offset: usize| probe.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), probe.len() / 2);
    match (even * 10 >= units * 8, odd * 10 >= units * 8) {
        (false, true) if even * 20 <= units => Some(ByteOrder::Little),
        (true, false) if odd * 20 <= units => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Bytes of ASCII in a row that text in UTF-16 has nowhere: each pair of them is one character of another script.
const ASCII_STRETCH: usize = 64;

/// The same for the first [`PROBE`] bytes of a text without a byte order mark, most of which is ASCII in UTF-16.
const ASCII_STRETCH_AT_START: usize = 8;

/// Whether all bytes can be UTF-16: no stretch of ASCII is among them. With `is_start` they begin the text.
pub(super) fn is_plausible(bytes: &[u8], is_start: bool) -> bool {
    let has_stretch = |bytes: &[u8], length: usize| {
        let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
        bytes.split(|byte| !is_text(byte)).any(|stretch| stretch.len() >= length)
    };
    let has_mark = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let start = if is_start && !has_mark { &bytes[..bytes.len().min(PROBE)] } else { &[] };
    !has_stretch(bytes, ASCII_STRETCH) && !has_stretch(start, ASCII_STRETCH_AT_START)
}

/// Stored bytes from one known offset to the next.
const DISTANCE: usize = 4096;

/// Where the characters of a text are stored.
#[derive(Clone, Debug)]
pub(super) struct Utf16 {
    order: ByteOrder,
    /// Offsets of characters, in the stored bytes and in the text.
    known: Vec<(usize, usize)>,
}

/// Decodes all units to UTF-8. An unpaired surrogate becomes U+FFFD. `offset` is where the bytes are stored in the whole
/// text: units begin at even offsets, and byte order marks at the start are left out.
pub(super) fn decode(bytes: &[u8], order: ByteOrder, offset: usize) -> (Vec<u8>, Utf16) {
    let unit = |pair: &[u8]| match order {
        ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
        ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
    };
    let mut stored = offset % 2;
    let units = |from: usize| bytes.get(from..).unwrap_or_default().chunks_exact(2).map(unit);
    if offset == 0 {
        stored += 2 * units(0).take_while(|unit| *unit == 0xFEFF).count();
    }
    let mut text = Vec::with_capacity(bytes.len() / 2);
    let mut known = vec![(stored, 0)];
    let mut next = stored + DISTANCE;
    let mut buffer = [0; 4];
    for character in char::decode_utf16(units(stored)) {
        if stored >= next {
            known.push((stored, text.len()));
            next = stored + DISTANCE;
        }
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        stored += 2 * character.len_utf16();
    }
    (text, Utf16 { order, known })
}

impl Utf16 {
    /// Returns where the character that contains the byte of `text` at `offset` is stored: the byte of its first unit
    /// that is not zero in ASCII text.
    pub(super) fn stored_offset(&self, text: &[u8], offset: usize) -> usize {
        let after = self.known.partition_point(|known| known.1 <= offset);
        let (stored, _) = self.advance(text, after, |_, end| end <= offset);
        stored + self.low_byte()
    }

    /// Returns the start of the first character of `text` that is stored at `stored` or after it.
    pub(super) fn text_offset(&self, text: &[u8], stored: usize) -> usize {
        let stored = stored.saturating_sub(self.low_byte());
        let after = self.known.partition_point(|known| known.0 <= stored);
        self.advance(text, after, |start, _| start < stored).1
    }

    /// Passes over characters from the known offset before `after` on, while `is_before` returns true for where a
    /// character is stored and where it ends in the text. Returns both offsets of the next one.
    fn advance(&self, text: &[u8], after: usize, is_before: impl Fn(usize, usize) -> bool) -> (usize, usize) {
        let (mut stored, mut offset) = self.known[after.saturating_sub(1)];
        while let Some(&first) = text.get(offset) {
            let (bytes, units) = match first {
                0..0x80 => (1, 1),
                0x80..0xE0 => (2, 1),
                0xE0..0xF0 => (3, 1),
                _ => (4, 2),
            };
            if !is_before(stored, offset + bytes) {
                break;
            }
            stored += 2 * units;
            offset += bytes;
        }
        (stored, offset)
    }

    /// Which byte of a unit is not zero in ASCII text.
    fn low_byte(&self) -> usize {
        match self.order {
            ByteOrder::Little => 0,
            ByteOrder::Big => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str, order: ByteOrder, has_bom: bool) -> Vec<u8> {
        let bom = has_bom.then_some(0xFEFF);
        let unit = |unit: u16| match order {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        };
        bom.into_iter().chain(text.encode_utf16()).flat_map(unit).collect()
    }

    #[test]
    fn both_byte_orders_with_and_without_byte_order_mark() {
        let text = "password = \"grün 🔑 value\"\r\n";
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for has_bom in [true, false] {
                let bytes = encode(text, order, has_bom);
                assert_eq!(detect(&bytes), Some(order), "{order:?} {has_bom}");
                assert_eq!(decode(&bytes, order, 0).0, text.as_bytes());
            }
        }
    }

    #[test]
    fn other_bytes_are_not_detected_as_utf16() {
        for bytes in [
            b"plain text, long enough".as_slice(),
            &[0; 64],
            b"\x7fELF\0\0\0\0\x01\0\0\0\x02\0\0\0\0\0",
            b"\xff\xfe\0\0a\0\0\0",
            b"",
        ] {
            assert_eq!(detect(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn odd_bytes_are_ignored_and_lone_surrogates_are_replaced() {
        assert_eq!(decode(&[0x61, 0x00, 0x00, 0xD8, 0x62], ByteOrder::Little, 0).0, "a\u{FFFD}".as_bytes());
    }
}
