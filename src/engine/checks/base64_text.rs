//! Base64 of printable text.

use data_encoding::BASE64;

use super::formats::base64::decode;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::engine::heuristics::placeholder;
use crate::model::Evidence;

/// Checks that the value decodes to text: a password or a key file, but no placeholder, certificate or public key.
pub(crate) struct Base64Text;

impl OfflineCheck for Base64Text {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        let Some(bytes) = decode(secret) else { return Outcome::Rejected };
        let text = bytes.trim_ascii();
        if text.len() < 4 || placeholder::is_placeholder_or_template(text) {
            return Outcome::Rejected;
        }
        if text.starts_with(b"-----BEGIN CERTIFICATE") || text.starts_with(b"-----BEGIN PUBLIC") {
            return Outcome::Rejected;
        }
        let printable = text.iter().all(|byte| (0x20..0x7f).contains(byte) || byte.is_ascii_whitespace());
        if printable {
            Outcome::Plausible(Evidence::EncodedText)
        } else {
            Outcome::Downgraded(Evidence::EncodedBinary)
        }
    }

    /// Makes base64 of text that has the length of the sample and keeps its beginning as far as that decodes to text,
    /// because a pattern can require it.
    fn complete(&self, sample: &mut Vec<u8>) {
        let letters: Vec<u8> = sample.iter().filter(|byte| byte.is_ascii_alphanumeric()).copied().collect();
        let padding = sample.iter().rev().take_while(|&&byte| byte == b'=').count();
        sample.truncate(sample.len() - padding);
        sample.resize(sample.len().next_multiple_of(4), b'A');
        let is_text =
            |four: &[u8]| BASE64.decode(four).is_ok_and(|three| three.iter().all(u8::is_ascii_graphic));
        let kept = sample.chunks(4).take_while(|four| is_text(four)).count();
        // A part of the next four characters may be kept too.
        for (number, four) in sample.chunks_mut(4).skip(kept).enumerate() {
            let three = letters.chunks_exact(3).cycle().nth(number).unwrap_or(b"ABC");
            let text = BASE64.encode(three).into_bytes();
            let max = if number == 0 { 3 } else { 0 };
            let is_kept = |count: &usize| is_text(&[&four[..*count], &b"QUJD"[*count..]].concat());
            match (1..=max).rev().find(is_kept) {
                Some(count) => four[count..].copy_from_slice(&b"QUJD"[count..]),
                None => four.copy_from_slice(&text),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_its_length_and_beginning() {
        for (start, kept) in [("ZXlKaGJHY2lPaU", 14), ("", 0)] {
            let drawn = format!("{start}Qk7+zPw2xR0/fQ9mN4==");
            let mut sample = drawn.clone().into_bytes();
            Base64Text.complete(&mut sample);
            assert!(matches!(Base64Text.verify_text(&sample), Outcome::Plausible(_)), "{start}");
            assert_eq!(sample[..kept], drawn.as_bytes()[..kept]);
            assert_eq!(sample.len(), (drawn.len() - 2).next_multiple_of(4));
        }
    }

    #[test]
    fn content_decides() {
        let encode = |text: &str| BASE64.encode(text.as_bytes()).into_bytes();
        assert!(matches!(Base64Text.verify_text(&encode("vT9qLw2Zr")), Outcome::Plausible(_)));
        assert_eq!(Base64Text.verify_text(&encode("changeme")), Outcome::Rejected);
        assert!(matches!(
            Base64Text.verify_text(&BASE64.encode(&[0x80; 9]).into_bytes()),
            Outcome::Downgraded(_) | Outcome::Rejected
        ));
    }
}
