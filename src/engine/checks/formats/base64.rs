//! Base64, standard and URL-safe.

use std::sync::LazyLock;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding};

/// Standard base64, with any trailing bits.
static STANDARD: LazyLock<Encoding> = LazyLock::new(|| lenient(&BASE64_NOPAD));

/// URL-safe base64, with any trailing bits.
static URL_SAFE: LazyLock<Encoding> = LazyLock::new(|| lenient(&BASE64URL_NOPAD));

fn lenient(encoding: &Encoding) -> Encoding {
    let mut specification = encoding.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a restriction was removed")
}

/// Decodes standard or URL-safe base64, with or without padding. Trailing bits may have any value.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let url_safe = body.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let encoding = if url_safe { &URL_SAFE } else { &STANDARD };
    encoding.decode(body).ok()
}
