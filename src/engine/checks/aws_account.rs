//! AWS access key ids: a prefix of four letters and 16 characters of base32 that contain the account number.
//!
//! The account number is in bits 1 to 40 of the first six bytes: an observation published in
//! 2023 (<https://awsteele.com/blog/2020/09/26/aws-access-key-format.html>), stable since 2019.

use data_encoding::BASE32_NOPAD;

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Checks that the body is base32 and that its account number has at most twelve digits.
pub(crate) struct AwsAccount;

impl OfflineCheck for AwsAccount {
    fn verify(&self, Matched { secret: id, .. }: Matched<'_>) -> Outcome {
        let Some(body) = id.get(4..) else { return Outcome::Rejected };
        match account(body) {
            Some(account) if account < 1_000_000_000_000 => Outcome::Plausible(Evidence::AwsAccountNumber),
            Some(_) => Outcome::Downgraded(Evidence::AwsAccountOutOfRange),
            None => Outcome::Rejected,
        }
    }

    /// Replaces characters that are not base32, and makes the account number fit the range.
    fn complete(&self, sample: &mut Vec<u8>) {
        for byte in sample.iter_mut().skip(4) {
            *byte = match byte.to_ascii_uppercase() {
                b'0' | b'1' | b'8' | b'9' => b'7',
                letter => letter,
            };
        }
        if let Some(first) = sample.get_mut(4) {
            // A first character of a higher value could give an account number of more than twelve digits.
            *first = b'Y';
        }
        if let Some(second) = sample.get_mut(5) {
            *second = b'A';
        }
    }
}

fn account(body: &[u8]) -> Option<u64> {
    let bytes = BASE32_NOPAD.decode(body).ok()?;
    let six = bytes.get(..6)?;
    let number = six.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    Some((number & 0x7fff_ffff_ff80) >> 7)
}
