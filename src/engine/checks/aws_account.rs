//! AWS access key ids: 16 characters of base32 behind the four-letter kind, which hold the account.
//!
//! The account number sits in bits 1 to 40 of the first six bytes: an observation published in
//! 2023 (<https://awsteele.com/blog/2020/09/26/aws-access-key-format.html>), stable since 2019.

use data_encoding::BASE32_NOPAD;

use super::Outcome;

/// Whether the body is base32 and its account number has no more than twelve digits.
pub(crate) fn verify(id: &[u8]) -> Outcome {
    let Some(body) = id.get(4..) else { return Outcome::Disproved };
    match account(body) {
        Some(account) if account < 1_000_000_000_000 => Outcome::Holds("base32 with an account number"),
        Some(_) => Outcome::Doubtful("account number out of range"),
        None => Outcome::Disproved,
    }
}

fn account(body: &[u8]) -> Option<u64> {
    let bytes = BASE32_NOPAD.decode(body).ok()?;
    let six = bytes.get(..6)?;
    let number = six.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    Some((number & 0x7fff_ffff_ff80) >> 7)
}

/// Base32 text from any letters and digits, with an account number in range.
pub(crate) fn complete(sample: &mut [u8]) {
    for byte in sample.iter_mut().skip(4) {
        *byte = match byte.to_ascii_uppercase() {
            b'0' | b'1' | b'8' | b'9' => b'7',
            letter => letter,
        };
    }
    if let Some(first) = sample.get_mut(4) {
        // A high first character would push the account beyond twelve digits.
        *first = b'Y';
    }
    if let Some(second) = sample.get_mut(5) {
        *second = b'A';
    }
}
