//! Supabase's API keys: eight characters of a SHA-256 of the project's name and the key's own text.
//!
//! A key does not hold the name of its project. Only where everybody has the same one, in set-ups that people host
//! themselves, can the sum be tested: of all other keys nothing is known.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{CHECKSUM_VERIFIED, Outcome};

const SELF_HOSTED: &[u8] = b"supabase-self-hosted|";

/// Characters of the sum.
const SUM: usize = 8;

/// Whether the sum is right for a project that its owner hosts.
pub(crate) fn verify(key: &[u8]) -> Outcome {
    match parts(key) {
        None => Outcome::Disproved,
        Some((covered, sum)) if sum_of(covered) == *sum => Outcome::Proved(CHECKSUM_VERIFIED),
        Some(_) => Outcome::Unknown,
    }
}

/// Writes the sum of a project that its owner hosts over the end of the sample.
pub(crate) fn complete(sample: &mut [u8]) {
    let Some((covered, _)) = parts(sample) else { return };
    let sum = sum_of(covered);
    let at = sample.len() - SUM;
    sample[at..].copy_from_slice(&sum);
}

fn parts(key: &[u8]) -> Option<(&[u8], &[u8; SUM])> {
    let (covered, sum) = key.split_last_chunk::<SUM>()?;
    Some((covered.strip_suffix(b"_")?, sum))
}

fn sum_of(covered: &[u8]) -> [u8; SUM] {
    let digest = Sha256::new().chain_update(SELF_HOSTED).chain_update(covered).finalize();
    let text = BASE64URL_NOPAD.encode(&digest[..6]);
    text.into_bytes().try_into().expect("six bytes are eight characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_self_hosted_key_can_be_proved() {
        let mut key = ["sb_", "secret_Qk7zPw2xV9bN4mT6sLdF3h_AAAAAAAA"].concat().into_bytes();
        assert_eq!(verify(&key), Outcome::Unknown);
        complete(&mut key);
        assert_eq!(verify(&key), Outcome::Proved(CHECKSUM_VERIFIED));
        assert_eq!(verify(b"sb_secret"), Outcome::Disproved);
    }
}
