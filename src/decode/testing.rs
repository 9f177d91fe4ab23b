//! Wide characters for tests.

/// Returns each byte of ASCII text in `width` bytes.
pub(crate) fn wide(text: &str, width: usize, is_big: bool) -> Vec<u8> {
    let character = |byte: u8| {
        let mut bytes = vec![0; width];
        bytes[if is_big { width - 1 } else { 0 }] = byte;
        bytes
    };
    text.bytes().flat_map(character).collect()
}
