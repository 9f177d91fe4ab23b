//! OpenPGP secret keys (RFC 9580, RFC 4880): the first packet of the block, and the CRC-24 of the block.
//!
//! Implementations must accept a key whose CRC-24 is missing or wrong (RFC 9580 section 6.1), so a wrong one does not
//! reject the match: it only lowers the confidence.

use data_encoding::BASE64;

use crate::engine::checks::offline_check::Outcome;
use crate::model::{Evidence, Severity};

/// Evaluates the content of a block, with the checksum of its armour. `None` if it does not begin with a secret key.
pub(crate) fn verify(bytes: &[u8], sum: Option<&[u8]>) -> Option<Outcome> {
    let is_encrypted = is_encrypted(bytes)?;
    let is_valid = sum.map(|sum| encoded_crc24(bytes).as_bytes() == sum);
    Some(match is_valid {
        Some(false) => Outcome::Downgraded(Evidence::WrongPgpChecksum),
        _ if is_encrypted => Outcome::LessSevere(Evidence::EncryptedPrivateKey, Severity::Low),
        Some(true) => Outcome::Verified(Evidence::ChecksumVerified),
        None => Outcome::Plausible(Evidence::OpenPgpKey),
    })
}

/// The checksum in the encoding of the armour, without the `=` before it.
pub(crate) fn encoded_crc24(bytes: &[u8]) -> String {
    BASE64.encode(&crc24(bytes).to_be_bytes()[1..])
}

/// CRC-24 with the initial value B704CE and the polynomial 1864CFB.
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00B7_04CE, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 16, |crc, _| {
            let shifted = crc << 1;
            if shifted & 0x0100_0000 == 0 { shifted } else { shifted ^ 0x0186_4CFB }
        })
    })
}

/// Whether a passphrase protects the secret key (tag 5) or secret subkey (tag 7) at the start of `bytes`.
fn is_encrypted(bytes: &[u8]) -> Option<bool> {
    let packet = secret_key_packet(bytes)?;
    let (&version, rest) = packet.split_first()?;
    let rest = rest.get(if version == 3 { 6 } else { 4 }..)?;
    let (&algorithm, rest) = rest.split_first()?;
    // From version 5 on the length of the public part precedes it.
    let rest = if version >= 5 { rest.get(4..)? } else { rest };
    let usage = match algorithm {
        1..=3 => skip_numbers(rest, 2)?,
        16 => skip_numbers(rest, 3)?,
        17 => skip_numbers(rest, 4)?,
        18 => skip_short(skip_numbers(skip_short(rest)?, 1)?)?,
        19 | 22 => skip_numbers(skip_short(rest)?, 1)?,
        25 | 27 => rest.get(32..)?,
        26 => rest.get(56..)?,
        28 => rest.get(57..)?,
        _ => return None,
    };
    // Zero means unprotected. Other values are an algorithm or a method to derive its key from a passphrase.
    Some(*usage.first()? != 0)
}

/// The content of the first packet.
fn secret_key_packet(bytes: &[u8]) -> Option<&[u8]> {
    let (&first, rest) = bytes.split_first()?;
    let (tag, length, content) = match first >> 6 {
        0b11 => {
            let (&one, rest) = rest.split_first()?;
            let (length, rest) = match one {
                0..=191 => (usize::from(one), rest),
                192..=223 => {
                    let (&two, rest) = rest.split_first()?;
                    ((usize::from(one) - 192) * 256 + usize::from(two) + 192, rest)
                }
                255 => length(rest, 4)?,
                _ => return None,
            };
            (first & 0x3f, length, rest)
        }
        0b10 => {
            let (length, rest) = match first & 3 {
                3 => (rest.len(), rest),
                size => length(rest, 1 << size)?,
            };
            (first >> 2 & 0x0f, length, rest)
        }
        _ => return None,
    };
    matches!(tag, 5 | 7).then(|| content.get(..length))?
}

/// A big-endian length of `count` bytes, and the bytes after it.
fn length(bytes: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_at_checked(count)?;
    Some((length.iter().fold(0usize, |length, &byte| length << 8 | usize::from(byte)), rest))
}

/// Skips `count` multiprecision integers, whose lengths are in bits.
fn skip_numbers(mut bytes: &[u8], count: usize) -> Option<&[u8]> {
    for _ in 0..count {
        let (bits, rest) = length(bytes, 2)?;
        bytes = rest.get(bits.div_ceil(8)..)?;
    }
    Some(bytes)
}

/// Skips a field with one byte of length.
fn skip_short(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = length(bytes, 1)?;
    rest.get(length..)
}

/// Makes an RSA secret key of version 4 without a passphrase from `noise`.
pub(crate) fn packet(noise: &[u8; 128]) -> Vec<u8> {
    let number = [&[0x04, 0x00][..], &[noise[0] | 0x80], &noise[1..]].concat();
    let public = [&[4, 0x65, 0x43, 0x21, 0x00, 1][..], &number, &[0x00, 0x11, 1, 0, 1]].concat();
    let packet = [&public[..], &[0], &number].concat();
    [&[0x95][..], &(packet.len() as u16).to_be_bytes(), &packet].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_polynomial() {
        // CRC-24/OPENPGP of "123456789" in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc24(b"123456789"), 0x21_CF02);
        assert_eq!(crc24(b""), 0xB7_04CE);
    }

    #[test]
    fn a_passphrase_is_recognized_in_the_first_packet() {
        let mut key = packet(&[0x5a; 128]);
        assert_eq!(is_encrypted(&key), Some(false));
        // After header, version, time, algorithm, the modulus of 130 bytes and the exponent of 5.
        let usage = 3 + 6 + 130 + 5;
        key[usage] = 254;
        assert_eq!(is_encrypted(&key), Some(true));
        assert_eq!(is_encrypted(&key[..usage]), None);
        key[0] = 0x99; // A public key.
        assert_eq!(is_encrypted(&key), None);
    }

    #[test]
    fn keys_of_other_algorithms_are_parsed_up_to_the_passphrase() {
        // Ed25519 in version 4, with the object identifier of its curve, and in version 6.
        let old = [&[4, 0, 0, 0, 0, 22, 2, 0x2b, 0x65, 0x01, 0x07][..], &[0x40; 33], &[254]].concat();
        let new = [&[6, 0, 0, 0, 0, 27, 0, 0, 0, 32][..], &[7; 32], &[0]].concat();
        for (content, expected) in [(old, true), (new, false)] {
            let packet = [&[0xc5, content.len() as u8][..], &content].concat();
            assert_eq!(is_encrypted(&packet), Some(expected));
        }
    }
}
