//! Macaroons (`doc/format.txt` of rescrv/libmacaroons): version 1, lines with a length in hexadecimal, and
//! version 2, fields with type and length. The signature needs the issuer's key; the layout does not.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

use super::Outcome;
use super::base64_text::decode;

/// Bytes of the signature, with which every macaroon ends.
const SIGNATURE: usize = 32;

/// Whether the text behind the prefix (`pypi-`) is base64 of a macaroon. One whose header is right counts too:
/// people cut and paint over the middle of tokens that they show, but nobody invents an identifier's field.
pub(crate) fn verify(token: &[u8]) -> Outcome {
    let Some(bytes) = decode(&token[prefix(token)..]) else { return Outcome::Doubtful("no base64") };
    let whole = match bytes.first() {
        Some(2) => version_2(&bytes[1..]),
        _ => version_1(&bytes),
    };
    match whole {
        Some(()) => Outcome::Holds("macaroon parses"),
        None if has_header(&bytes) => Outcome::Holds("macaroon header parses"),
        None => Outcome::Doubtful("macaroon does not parse"),
    }
}

/// Bytes up to the `-` before the macaroon. A prefix is short; a `-` farther on belongs to the base64.
fn prefix(token: &[u8]) -> usize {
    token.iter().take(8).position(|byte| *byte == b'-').map_or(0, |at| at + 1)
}

/// Header, caveats, an empty section, the signature.
fn version_2(mut bytes: &[u8]) -> Option<()> {
    let mut after_section = false;
    loop {
        let (&kind, rest) = bytes.split_first()?;
        match kind {
            0 if after_section => {
                let (6, signature, []) = field(rest)? else { return None };
                return (signature.len() == SIGNATURE).then_some(());
            }
            0 => (after_section, bytes) = (true, rest),
            1 | 2 | 4 => (after_section, bytes) = (false, field(bytes)?.2),
            _ => return None,
        }
    }
}

/// Whether location and identifier of version 2 are there.
fn has_header(bytes: &[u8]) -> bool {
    let header = || {
        let (1, _, rest) = field(bytes.strip_prefix(&[2])?)? else { return None };
        let (2, identifier, rest) = field(rest)? else { return None };
        (identifier.len() >= 8 && rest.first() == Some(&0)).then_some(())
    };
    header().is_some()
}

/// Type, content, and what follows.
fn field(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    let (mut length, mut rest, mut shift) = (0usize, rest, 0);
    loop {
        let (&byte, behind) = rest.split_first()?;
        length |= usize::from(byte & 0x7f) << shift;
        (rest, shift) = (behind, shift + 7);
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

/// `0019location …`, `….identifier …`, and so on up to `002fsignature …`.
fn version_1(mut bytes: &[u8]) -> Option<()> {
    loop {
        let length = HEXLOWER_PERMISSIVE.decode(bytes.get(..4)?).ok()?;
        let (packet, rest) =
            bytes.split_at_checked(usize::from(u16::from_be_bytes(length.try_into().ok()?)))?;
        let content = packet.get(4..)?.strip_suffix(b"\n")?;
        if let Some(signature) = content.strip_prefix(b"signature ") {
            return (signature.len() == SIGNATURE && rest.is_empty()).then_some(());
        }
        let keys: [&[u8]; 5] = [b"location ", b"identifier ", b"cid ", b"vid ", b"cl "];
        keys.iter().any(|key| content.starts_with(key)).then_some(())?;
        bytes = rest;
    }
}

/// A macaroon of the location that the sample begins with, the rest made of its own bytes.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let start = prefix(sample);
    let body = &sample[start..];
    if body.is_empty() {
        return;
    }
    let Some(begun) = decode(&body[..body.len().min(40)]) else { return };
    let noise: Vec<u8> = body.iter().rev().cycle().take(SIGNATURE).copied().collect();
    let bytes = if begun.first() == Some(&2) {
        let length = usize::from(begun.get(2).copied().unwrap_or_default());
        let Some(head) = begun.get(..3 + length) else { return };
        [head, &[2, 12], &noise[..12], &[0, 2, 20], &noise[..20], &[0, 0, 6, SIGNATURE as u8], &noise]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_macaroon_parses_and_a_cut_one_does_not() {
        // The first example of libmacaroons' README.
        let text = [
            "MDAxY2xvY2F0aW9uIGh0dHA6Ly9teWJhbmsvCjAwMjZpZGVudGlmaWVyIHdlIHVzZWQgb3VyIHNlY3JldCBrZXkK",
            "MDAyZnNpZ25hdHVyZSDj2eApCFJsTAA5rhURQRXZf91ovyujebNCqvD2F9BVLwo",
        ]
        .concat();
        assert!(matches!(verify(text.as_bytes()), Outcome::Holds(_)));
        assert!(matches!(verify(&text.as_bytes()[..100]), Outcome::Doubtful(_)));
    }

    #[test]
    fn samples_of_both_versions_keep_their_beginning() {
        for begin in ["pypi-AgEIcHlwaS5vcmcQk7zPw2xV9bN4mT6sLdF3hG8jRcY5vA1", "MDAxxvY2F0aW9uIQk7zPw2xV9bN4"]
        {
            let mut sample = begin.as_bytes().to_vec();
            complete(&mut sample);
            assert!(matches!(verify(&sample), Outcome::Holds(_)), "{begin}");
            assert_eq!(sample[..3], begin.as_bytes()[..3]);
            let cut = sample.len() - 4;
            let version_2 = begin.starts_with("pypi");
            assert_eq!(verify(&sample[..cut]) == Outcome::Holds("macaroon header parses"), version_2);
            assert!(matches!(verify(&sample[..36]), Outcome::Doubtful(_)), "{begin}");
        }
        assert!(matches!(verify(b"pypi-AgH/////"), Outcome::Doubtful(_)));
    }
}
