//! Macaroons (`doc/format.txt` of rescrv/libmacaroons): version 1, lines with a length in hexadecimal, and
//! version 2, fields with type and length. Only the layout is checked: the signature needs the issuer's key.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

use super::formats::base64::decode;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Bytes of the signature at the end of every macaroon.
const SIGNATURE_LENGTH: usize = 32;

/// Checks that the text after the prefix (`pypi-`) is base64 of a macaroon. A valid header is enough: people truncate
/// tokens or mask the middle of them, but do not invent the field of an identifier.
pub(crate) struct Macaroon;

impl OfflineCheck for Macaroon {
    fn verify(&self, Matched { secret: token, .. }: Matched<'_>) -> Outcome {
        let Some(bytes) = decode(&token[prefix(token)..]) else {
            return Outcome::Downgraded(Evidence::NotBase64);
        };
        let parsed = match bytes.first() {
            Some(2) => version_2(&bytes[1..]),
            _ => version_1(&bytes),
        };
        match parsed {
            Some(()) => Outcome::Plausible(Evidence::Macaroon),
            None if has_header(&bytes) => Outcome::Plausible(Evidence::MacaroonHeader),
            None => Outcome::Downgraded(Evidence::MacaroonMalformed),
        }
    }

    /// Makes a macaroon with the location at the beginning of the sample and its bytes as the rest.
    fn complete(&self, sample: &mut Vec<u8>) {
        let start = prefix(sample);
        let body = &sample[start..];
        if body.is_empty() {
            return;
        }
        let Some(beginning) = decode(&body[..body.len().min(40)]) else { return };
        let noise: Vec<u8> = body.iter().rev().cycle().take(SIGNATURE_LENGTH).copied().collect();
        let bytes = if beginning.first() == Some(&2) {
            let length = usize::from(beginning.get(2).copied().unwrap_or_default());
            let Some(head) = beginning.get(..3 + length) else { return };
            [
                head,
                &[2, 12],
                &noise[..12],
                &[0, 2, 20],
                &noise[..20],
                &[0, 0, 6, SIGNATURE_LENGTH as u8],
                &noise,
            ]
            .concat()
        } else {
            let packet =
                |content: &[u8]| [format!("{:04x}", content.len() + 5).as_bytes(), content, b"\n"].concat();
            let name = HEXLOWER_PERMISSIVE.encode(&noise[..12]);
            let packets = [
                packet(b"location https://api.internal.io"),
                packet(format!("identifier {name}").as_bytes()),
                packet(&[b"signature ", noise.as_slice()].concat()),
            ];
            packets.concat()
        };
        sample.truncate(start);
        sample.extend_from_slice(BASE64URL_NOPAD.encode(&bytes).as_bytes());
    }
}

/// Length of the prefix up to its `-`. Prefixes are short: a later `-` belongs to the base64.
fn prefix(token: &[u8]) -> usize {
    token.iter().take(8).position(|byte| *byte == b'-').map_or(0, |at| at + 1)
}

/// Parses header, caveats, an empty section and the signature.
fn version_2(mut bytes: &[u8]) -> Option<()> {
    let mut after_section = false;
    loop {
        let (&kind, rest) = bytes.split_first()?;
        match kind {
            0 if after_section => {
                let (6, signature, []) = field(rest)? else { return None };
                return (signature.len() == SIGNATURE_LENGTH).then_some(());
            }
            0 => (after_section, bytes) = (true, rest),
            1 | 2 | 4 => (after_section, bytes) = (false, field(bytes)?.2),
            _ => return None,
        }
    }
}

/// Whether location and identifier of version 2 parse.
fn has_header(bytes: &[u8]) -> bool {
    let header = || {
        let (1, _, rest) = field(bytes.strip_prefix(&[2])?)? else { return None };
        let (2, identifier, rest) = field(rest)? else { return None };
        (identifier.len() >= 8 && rest.first() == Some(&0)).then_some(())
    };
    header().is_some()
}

/// Parses a field: its type, its content, and the bytes after it.
fn field(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    let (mut length, mut rest, mut shift) = (0usize, rest, 0);
    loop {
        let (&byte, after) = rest.split_first()?;
        length |= usize::from(byte & 0x7f) << shift;
        (rest, shift) = (after, shift + 7);
        if byte < 0x80 {
            break;
        }
        if shift > 14 {
            return None;
        }
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((kind, content, rest))
}

/// Parses `0019location …`, `….identifier …`, and so on up to `002fsignature …`.
fn version_1(mut bytes: &[u8]) -> Option<()> {
    loop {
        let length = HEXLOWER_PERMISSIVE.decode(bytes.get(..4)?).ok()?;
        let (packet, rest) =
            bytes.split_at_checked(usize::from(u16::from_be_bytes(length.try_into().ok()?)))?;
        let content = packet.get(4..)?.strip_suffix(b"\n")?;
        if let Some(signature) = content.strip_prefix(b"signature ") {
            return (signature.len() == SIGNATURE_LENGTH && rest.is_empty()).then_some(());
        }
        let keys: [&[u8]; 5] = [b"location ", b"identifier ", b"cid ", b"vid ", b"cl "];
        keys.iter().any(|key| content.starts_with(key)).then_some(())?;
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_macaroon_parses_and_a_truncated_one_does_not() {
        // The first example of libmacaroons' README.
        let text = [
            "MDAxY2xvY2F0aW9uIGh0dHA6Ly9teWJhbmsvCjAwMjZpZGVudGlmaWVyIHdlIHVzZWQgb3VyIHNlY3JldCBrZXkK",
            "MDAyZnNpZ25hdHVyZSDj2eApCFJsTAA5rhURQRXZf91ovyujebNCqvD2F9BVLwo",
        ]
        .concat();
        assert!(matches!(Macaroon.verify_text(text.as_bytes()), Outcome::Plausible(_)));
        assert!(matches!(Macaroon.verify_text(&text.as_bytes()[..100]), Outcome::Downgraded(_)));
    }

    #[test]
    fn samples_of_both_versions_keep_their_beginning() {
        for begin in ["pypi-AgEIcHlwaS5vcmcQk7zPw2xV9bN4mT6sLdF3hG8jRcY5vA1", "MDAxxvY2F0aW9uIQk7zPw2xV9bN4"]
        {
            let mut sample = begin.as_bytes().to_vec();
            Macaroon.complete(&mut sample);
            assert!(matches!(Macaroon.verify_text(&sample), Outcome::Plausible(_)), "{begin}");
            assert_eq!(sample[..3], begin.as_bytes()[..3]);
            let cut = sample.len() - 4;
            let version_2 = begin.starts_with("pypi");
            assert_eq!(
                Macaroon.verify_text(&sample[..cut]) == Outcome::Plausible(Evidence::MacaroonHeader),
                version_2
            );
            assert!(matches!(Macaroon.verify_text(&sample[..36]), Outcome::Downgraded(_)), "{begin}");
        }
        assert!(matches!(Macaroon.verify_text(b"pypi-AgH/////"), Outcome::Downgraded(_)));
    }
}
