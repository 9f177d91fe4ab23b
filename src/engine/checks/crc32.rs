//! CRC-32 (IEEE, as in zlib) written at the end of a token: GitHub, npm, GitLab, Atlassian, Grafana,
//! Cloudflare, Confluent and others. Layouts: `rules/**/*.yaml`.
//!
//! GitHub: <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>.

use data_encoding::BASE64_NOPAD;

use super::{CHECKSUM_VERIFIED, Outcome};
use crate::rules::syntax::{Crc32, SumEncoding};

pub(crate) const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Whether the sum at the token's end is that of its body.
pub(crate) fn verify(parameters: &Crc32, token: &[u8]) -> Outcome {
    match sum(parameters, token) {
        Some((at, sum)) if sum == token[at..] => Outcome::Proved(CHECKSUM_VERIFIED),
        _ => Outcome::Disproved,
    }
}

/// Writes the right sum over the token's end.
pub(crate) fn complete(parameters: &Crc32, token: &mut [u8]) {
    if let Some((at, sum)) = sum(parameters, token) {
        token[at..].copy_from_slice(&sum);
    }
}

/// Where the sum stands and what it must be; `None` when the token is too short to hold one.
fn sum(parameters: &Crc32, token: &[u8]) -> Option<(usize, Vec<u8>)> {
    let at = token.len().checked_sub(parameters.tail)?;
    let end = at.checked_sub(parameters.gap)?;
    let start = parameters.of.map_or(Some(parameters.from), |length| end.checked_sub(length))?;
    let covered = token.get(start..end)?;
    let crc = crc32fast::hash(covered);
    let text = match parameters.encoding {
        SumEncoding::Base62 => digits(crc, BASE62, parameters.tail),
        SumEncoding::Base36 => digits(crc, BASE36, parameters.tail),
        SumEncoding::Hex => format!("{crc:08x}").into_bytes(),
        SumEncoding::UpperHex => format!("{crc:08X}").into_bytes(),
        SumEncoding::HexLe => format!("{:08x}", crc.swap_bytes()).into_bytes(),
        SumEncoding::Base64Le => BASE64_NOPAD.encode(&crc.to_le_bytes()).into_bytes(),
    };
    (text.len() == parameters.tail).then_some((at, text))
}

/// The number in the alphabet's base, most significant digit first.
pub(crate) fn digits(mut number: u32, alphabet: &[u8], width: usize) -> Vec<u8> {
    let base = alphabet.len() as u32;
    let mut text = vec![alphabet[0]; width];
    for digit in text.iter_mut().rev() {
        *digit = alphabet[(number % base) as usize];
        number /= base;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_most_significant_first_and_padded() {
        assert_eq!(digits(61, BASE62, 3), b"00z");
        assert_eq!(digits(62, BASE62, 3), b"010");
        assert_eq!(digits(u32::MAX, BASE62, 6), b"4gfFC3");
        assert_eq!(digits(u32::MAX, BASE36, 7), b"1z141z3");
    }

    #[test]
    fn the_check_value_of_the_polynomial() {
        // CRC-32 of "123456789" is CBF43926: the catalogue's check value.
        let parameters = Crc32 { from: 2, of: None, gap: 1, tail: 8, encoding: SumEncoding::UpperHex };
        assert_eq!(verify(&parameters, b"t_123456789_CBF43926"), Outcome::Proved("checksum verified"));
        let little = Crc32 { encoding: SumEncoding::HexLe, ..parameters };
        assert_eq!(verify(&little, b"t_123456789_2639f4cb"), Outcome::Proved("checksum verified"));
        let counted = Crc32 { of: Some(9), ..parameters };
        assert_eq!(verify(&counted, b"long_123456789_CBF43926"), Outcome::Proved("checksum verified"));
        assert_eq!(verify(&counted, b"3456789_CBF43926"), Outcome::Disproved);
    }

    #[test]
    fn every_changed_character_is_noticed_in_every_encoding() {
        for (encoding, tail) in [
            (SumEncoding::Base62, 6),
            (SumEncoding::Base36, 7),
            (SumEncoding::Hex, 8),
            (SumEncoding::UpperHex, 8),
            (SumEncoding::HexLe, 8),
            (SumEncoding::Base64Le, 6),
        ] {
            let parameters = Crc32 { from: 4, of: None, gap: 0, tail, encoding };
            let mut token = [&b"pre_"[..], b"qL7vN2xW9kR4tZ8mB3cY6hJ1pD5sF0gAaaaaaaaa"].concat();
            complete(&parameters, &mut token);
            assert_ne!(verify(&parameters, &token), Outcome::Disproved);
            for at in 4..token.len() {
                let mut changed = token.clone();
                changed[at] = if changed[at] == b'q' { b'w' } else { b'q' };
                assert_eq!(verify(&parameters, &changed), Outcome::Disproved, "{encoding:?} byte {at}");
            }
        }
        assert_eq!(
            verify(&Crc32 { from: 4, of: None, gap: 0, tail: 6, encoding: SumEncoding::Base62 }, b"ab"),
            Outcome::Disproved
        );
    }
}
