//! Base58 with four bytes of checksum at the end.
//!
//! Decoding takes time proportional to the square of the length, so long texts are refused.

use crate::engine::checks::offline_check::Outcome;
use crate::engine::work_counter;
use crate::model::Evidence;

/// Bitcoin's digits in the order of their values.
pub(crate) const BITCOIN: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The XRP Ledger's digits.
pub(crate) const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// Longer texts are not decoded. The longest value in use, an extended key, has 111 characters.
const MAX_LENGTH: usize = 128;

pub(crate) fn verify_checksum(digits: &[u8; 58], text: &[u8], sum_of: impl Fn(&[u8]) -> [u8; 4]) -> Outcome {
    match decode(digits, text).as_deref().and_then(<[u8]>::split_last_chunk::<4>) {
        Some((covered, sum)) if !covered.is_empty() && sum_of(covered) == *sum => {
            Outcome::Verified(Evidence::ChecksumVerified)
        }
        _ => Outcome::Rejected,
    }
}

pub(crate) fn complete_checksum(
    digits: &[u8; 58],
    text: &[u8],
    sum_of: impl Fn(&[u8]) -> [u8; 4],
) -> Option<Vec<u8>> {
    let mut bytes = decode(digits, text)?;
    let (covered, sum) = bytes.split_last_chunk_mut::<4>()?;
    *sum = sum_of(covered);
    Some(encode(digits, &bytes))
}

/// Decodes a number in base 58; each leading zero digit is a zero byte. `None` for other characters or a long text.
fn decode(digits: &[u8; 58], text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    work_counter::count(text.len() * text.len());
    // Least significant first.
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    for character in text {
        let mut carry = digits.iter().position(|digit| digit == character)?;
        for byte in &mut bytes {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    bytes.extend(text.iter().take_while(|character| **character == digits[0]).map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

fn encode(digits: &[u8; 58], bytes: &[u8]) -> Vec<u8> {
    let mut number: Vec<u8> = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let mut carry = usize::from(*byte);
        for digit in &mut number {
            carry += usize::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            number.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    number.extend(bytes.iter().take_while(|byte| **byte == 0).map(|_| 0));
    number.iter().rev().map(|digit| digits[usize::from(*digit)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_of_the_encoding() {
        // The base58 draft of the IETF (draft-msporny-base58-03, section 5).
        for (bytes, text) in [
            (&b"Hello World!"[..], "2NEpo7TZRRrLZSi2U"),
            (
                b"The quick brown fox jumps over the lazy dog.",
                "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
            ),
            (&[0, 0, 0x28, 0x7f, 0xb4, 0xcd], "11233QC4"),
        ] {
            assert_eq!(encode(BITCOIN, bytes), text.as_bytes());
            assert_eq!(decode(BITCOIN, text.as_bytes()).as_deref(), Some(bytes));
        }
        assert_eq!(decode(BITCOIN, b"0OIl"), None);
        assert_eq!(decode(BITCOIN, &[b'z'; 10_000]), None);
    }
}
