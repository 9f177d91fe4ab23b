//! Base64 whose content can be told: a JSON object, or printable text.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};
use serde_json::Value;

use super::Outcome;
use crate::engine::heuristics::placeholder;

/// Decodes standard or URL-safe base64, padded or not, whatever its last bits are.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let url_safe = body.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let mut specification = if url_safe { BASE64URL_NOPAD } else { BASE64_NOPAD }.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a check was taken away").decode(body).ok()
}

/// Whether it decodes to a JSON object.
pub(crate) fn verify_json(secret: &[u8]) -> Outcome {
    let object = decode(secret).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    match object {
        Some(Value::Object(_)) => Outcome::Holds("decodes to a JSON object"),
        _ => Outcome::Disproved,
    }
}

/// Whether it decodes to a value that somebody could have chosen: a key file, a password, no placeholder.
pub(crate) fn verify_text(secret: &[u8]) -> Outcome {
    let Some(bytes) = decode(secret) else { return Outcome::Disproved };
    let text = bytes.trim_ascii();
    if text.len() < 4 || placeholder::is_placeholder(text) {
        return Outcome::Disproved;
    }
    if text.starts_with(b"-----BEGIN CERTIFICATE") || text.starts_with(b"-----BEGIN PUBLIC") {
        return Outcome::Disproved;
    }
    let printable = text.iter().all(|byte| (0x20..0x7f).contains(byte) || byte.is_ascii_whitespace());
    if printable { Outcome::Holds("decodes to text") } else { Outcome::Doubtful("decodes to binary data") }
}

/// Base64 of a JSON object made of the sample. Its first key is the one that the sample begins with, if it does:
/// patterns end with that.
pub(crate) fn complete_json(sample: &mut Vec<u8>) {
    let begun = sample.get(..8).and_then(|eight| BASE64.decode(eight).ok());
    let key = match begun.as_deref() {
        Some(&[b'{', b'"', key, b'"', b':', b'"']) if key.is_ascii_alphabetic() => key as char,
        _ => 'k',
    };
    let body: String =
        sample.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|&byte| byte as char).collect();
    // No blanks, so that the text begins with the `eyJ` that such tokens begin with.
    *sample = BASE64.encode(format!("{{\"{key}\":\"{body}\"}}").as_bytes()).into_bytes();
}

/// Base64 of text made of the sample: as long as it is, and beginning with what it begins with as far as that is
/// text, which may be what its pattern begins with.
pub(crate) fn complete_text(sample: &mut Vec<u8>) {
    let letters: Vec<u8> = sample.iter().filter(|byte| byte.is_ascii_alphanumeric()).copied().collect();
    let padding = sample.iter().rev().take_while(|&&byte| byte == b'=').count();
    sample.truncate(sample.len() - padding);
    sample.resize(sample.len().next_multiple_of(4), b'A');
    let is_text = |four: &[u8]| BASE64.decode(four).is_ok_and(|three| three.iter().all(u8::is_ascii_graphic));
    let kept = sample.chunks(4).take_while(|four| is_text(four)).count();
    // It may begin with a part of four letters too.
    for (number, four) in sample.chunks_mut(4).skip(kept).enumerate() {
        let three = letters.chunks_exact(3).cycle().nth(number).unwrap_or(b"ABC");
        let text = BASE64.encode(three).into_bytes();
        let most = if number == 0 { 3 } else { 0 };
        let begun = |count: &usize| is_text(&[&four[..*count], &b"QUJD"[*count..]].concat());
        match (1..=most).rev().find(begun) {
            Some(count) => four[count..].copy_from_slice(&b"QUJD"[count..]),
            None => four.copy_from_slice(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_the_key_that_it_begins_with() {
        for (start, key) in [("eyJhIjoi", "a"), ("eyJyIjoi", "r"), ("Zm9vYmFy", "k")] {
            let mut sample = format!("{start}Qk7zPw2x").into_bytes();
            complete_json(&mut sample);
            assert!(matches!(verify_json(&sample), Outcome::Holds(_)));
            let text = BASE64.decode(&sample).expect("base64");
            assert!(text.starts_with(format!("{{\"{key}\":\"").as_bytes()), "{start}");
        }
    }

    #[test]
    fn a_sample_of_text_keeps_its_length_and_what_it_begins_with() {
        for (start, kept) in [("ZXlKaGJHY2lPaU", 14), ("", 0)] {
            let drawn = format!("{start}Qk7+zPw2xR0/fQ9mN4==");
            let mut sample = drawn.clone().into_bytes();
            complete_text(&mut sample);
            assert!(matches!(verify_text(&sample), Outcome::Holds(_)), "{start}");
            assert_eq!(sample[..kept], drawn.as_bytes()[..kept]);
            assert_eq!(sample.len(), (drawn.len() - 2).next_multiple_of(4));
        }
    }

    #[test]
    fn content_decides() {
        let encode = |text: &str| BASE64.encode(text.as_bytes()).into_bytes();
        assert!(matches!(verify_json(&encode(r#"{"k":1}"#)), Outcome::Holds(_)));
        assert_eq!(verify_json(&encode("[1]")), Outcome::Disproved);
        assert!(matches!(verify_text(&encode("vT9qLw2Zr")), Outcome::Holds(_)));
        assert_eq!(verify_text(&encode("changeme")), Outcome::Disproved);
        assert!(matches!(
            verify_text(&BASE64.encode(&[0x80; 9]).into_bytes()),
            Outcome::Doubtful(_) | Outcome::Disproved
        ));
    }
}
