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

/// Decodes all units to UTF-8. An unpaired surrogate becomes U+FFFD, byte order marks at the start are left out.
pub(super) fn decode(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() / 2);
    Decoder::new(order).decode(bytes, true, &mut text);
    text
}

/// Decodes a text in parts.
#[derive(Debug)]
pub(super) struct Decoder {
    order: ByteOrder,
    /// Whether anything but byte order marks was decoded.
    has_begun: bool,
}

impl Decoder {
    pub(super) fn new(order: ByteOrder) -> Decoder {
        Decoder { order, has_begun: false }
    }

    /// Appends the UTF-8 of `bytes` to `text` and returns how many bytes were decoded. Unless this is the last part, an
    /// incomplete character at the end is left for the next one.
    pub(super) fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) -> usize {
        let unit = |pair: &[u8]| match self.order {
            ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
            ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let mut end = bytes.len() & !1;
        let ends_in_half = bytes[..end].chunks_exact(2).next_back().map(unit);
        if !is_last && matches!(ends_in_half, Some(0xD800..0xDC00)) {
            end -= 2;
        }
        let bom_len = match self.has_begun {
            true => 0,
            false => bytes[..end].chunks_exact(2).map(unit).take_while(|unit| *unit == 0xFEFF).count() * 2,
        };
        let mut buffer = [0; 4];
        for character in char::decode_utf16(bytes[bom_len..end].chunks_exact(2).map(unit)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
        self.has_begun |= bom_len < end;
        end
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
                assert_eq!(decode(&bytes, order), text.as_bytes());
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
        assert_eq!(decode(&[0x61, 0x00, 0x00, 0xD8, 0x62], ByteOrder::Little), "a\u{FFFD}".as_bytes());
    }
}
