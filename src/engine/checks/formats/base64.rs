//! Base64, standard and URL-safe.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};

/// Decodes standard or URL-safe base64, with or without padding. Trailing bits may have any value.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let url_safe = body.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let mut specification = if url_safe { BASE64URL_NOPAD } else { BASE64_NOPAD }.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a restriction was removed").decode(body).ok()
}
