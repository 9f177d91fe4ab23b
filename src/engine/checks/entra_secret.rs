//! Client secrets of Entra ID: 37 characters that contain `8Q~`, then the first three of the six digits of their
//! Marvin32 checksum (<https://github.com/microsoft/security-utilities>).

use super::formats::marvin32::marvin32;
use super::formats::radix::digits;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

const DIGITS: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";

/// Checks that the last three characters are the first three digits of the checksum of the others.
pub(crate) struct EntraSecret;

impl OfflineCheck for EntraSecret {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        match secret.split_last_chunk::<3>() {
            Some((covered, sum)) if sum_of(covered) == *sum => Outcome::Verified(Evidence::ChecksumVerified),
            _ => Outcome::Rejected,
        }
    }

    /// Writes the digits over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        if let Some((covered, sum)) = sample.split_last_chunk_mut::<3>() {
            *sum = sum_of(covered);
        }
    }
}

fn sum_of(covered: &[u8]) -> [u8; 3] {
    let text = digits(marvin32(*b"AadPwd00", covered), DIGITS, 6);
    [text[0], text[1], text[2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completed_samples_are_verified_and_changed_ones_rejected() {
        let mut secret = b"a.B8Q~cD3_eF4-gH5~iJ6.kL7mN8oP9qR0sT1000".to_vec();
        EntraSecret.complete(&mut secret);
        assert_eq!(EntraSecret.verify_text(&secret), Outcome::Verified(Evidence::ChecksumVerified));
        for at in 0..secret.len() {
            let mut changed = secret.clone();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(EntraSecret.verify_text(&changed), Outcome::Rejected, "{at}");
        }
        assert_eq!(EntraSecret.verify_text(b"ab"), Outcome::Rejected);
    }
}
