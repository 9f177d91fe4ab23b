//! UTF-16, which git takes for binary and Windows tools write without being asked.

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// How much of the beginning decides when there is no byte order mark.
pub(super) const PROBE: usize = 512;

/// The byte order, if the bytes are UTF-16: by the byte order mark, or because nearly every second
/// byte of the beginning is zero and hardly any of the others.
pub(super) fn detect(bytes: &[u8]) -> Option<ByteOrder> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => return None,
        [0xFF, 0xFE, ..] => return Some(ByteOrder::Little),
        [0xFE, 0xFF, ..] => return Some(ByteOrder::Big),
        _ => {}
    }
    let probe = &bytes[..bytes.len().min(PROBE) & !1];
    // Fewer than a handful of units say nothing, and most text has no zero byte at all.
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

/// UTF-8 of all units; an unpaired surrogate becomes U+FFFD, the byte order mark is left out.
pub(super) fn decode(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() / 2);
    Decoder::new(order).decode(bytes, true, &mut text);
    text
}

/// Decodes a text that comes in parts.
#[derive(Debug)]
pub(super) struct Decoder {
    order: ByteOrder,
    /// Whether anything but byte order marks has come.
    has_begun: bool,
}

impl Decoder {
    pub(super) fn new(order: ByteOrder) -> Decoder {
        Decoder { order, has_begun: false }
    }

    /// Appends the UTF-8 of `bytes` to `text` and gives how many of them that is. Unless they are the
    /// `last`, a character that is not all there is left for the next part.
    pub(super) fn decode(&mut self, bytes: &[u8], last: bool, text: &mut Vec<u8>) -> usize {
        let unit = |pair: &[u8]| match self.order {
            ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
            ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let mut end = bytes.len() & !1;
        let ends_in_half = bytes[..end].chunks_exact(2).next_back().map(unit);
        if !last && matches!(ends_in_half, Some(0xD800..0xDC00)) {
            end -= 2;
        }
        let marks = match self.has_begun {
            true => 0,
            false => bytes[..end].chunks_exact(2).map(unit).take_while(|unit| *unit == 0xFEFF).count() * 2,
        };
        let mut buffer = [0; 4];
        for character in char::decode_utf16(bytes[marks..end].chunks_exact(2).map(unit)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
        self.has_begun |= marks < end;
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str, order: ByteOrder, mark: bool) -> Vec<u8> {
        let mark = mark.then_some(0xFEFF);
        let unit = |unit: u16| match order {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        };
        mark.into_iter().chain(text.encode_utf16()).flat_map(unit).collect()
    }

    #[test]
    fn both_orders_with_and_without_mark() {
        let text = "password = \"grün 🔑 value\"\r\n";
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for mark in [true, false] {
                let bytes = encode(text, order, mark);
                assert_eq!(detect(&bytes), Some(order), "{order:?} {mark}");
                assert_eq!(decode(&bytes, order), text.as_bytes());
            }
        }
    }

    #[test]
    fn other_bytes_stay_what_they_are() {
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
    fn odd_bytes_and_lone_surrogates_do_no_harm() {
        assert_eq!(decode(&[0x61, 0x00, 0x00, 0xD8, 0x62], ByteOrder::Little), "a\u{FFFD}".as_bytes());
    }
}
