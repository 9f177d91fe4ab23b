//! Client secrets of Entra ID: 37 characters with `8Q~` among them, then three of the six digits of their
//! Marvin32 checksum (<https://github.com/microsoft/security-utilities>).

use super::crc32::digits;
use super::marvin::marvin32;
use super::{CHECKSUM_VERIFIED, Outcome};

const DIGITS: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";

/// Whether the last three characters begin the checksum of the others.
pub(crate) fn verify(secret: &[u8]) -> Outcome {
    match secret.split_last_chunk::<3>() {
        Some((covered, sum)) if sum_of(covered) == *sum => Outcome::Proved(CHECKSUM_VERIFIED),
        _ => Outcome::Disproved,
    }
}

/// Writes the right digits over the end of the sample.
pub(crate) fn complete(sample: &mut [u8]) {
    if let Some((covered, sum)) = sample.split_last_chunk_mut::<3>() {
        *sum = sum_of(covered);
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
    fn completed_samples_hold_and_changed_ones_do_not() {
        let mut secret = b"a.B8Q~cD3_eF4-gH5~iJ6.kL7mN8oP9qR0sT1000".to_vec();
        complete(&mut secret);
        assert_eq!(verify(&secret), Outcome::Proved(CHECKSUM_VERIFIED));
        for at in 0..secret.len() {
            let mut changed = secret.clone();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(verify(&changed), Outcome::Disproved, "{at}");
        }
        assert_eq!(verify(b"ab"), Outcome::Disproved);
    }
}
