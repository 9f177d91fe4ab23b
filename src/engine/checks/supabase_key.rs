//! Supabase's API keys: they end with eight characters of the SHA-256 of the project's name and the rest of the key.
//!
//! A key does not contain the name of its project. Only the checksum of self-hosted projects can be verified, which all
//! have the same name; all other keys are inconclusive.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

const SELF_HOSTED: &[u8] = b"supabase-self-hosted|";

/// Characters of the checksum.
const SUM_LENGTH: usize = 8;

/// Verifies the checksum of a self-hosted project.
pub(crate) struct SupabaseKey;

impl OfflineCheck for SupabaseKey {
    fn verify(&self, Matched { secret: key, .. }: Matched<'_>) -> Outcome {
        match parts(key) {
            None => Outcome::Rejected,
            Some((covered, sum)) if sum_of(covered) == *sum => Outcome::Verified(Evidence::ChecksumVerified),
            Some(_) => Outcome::Inconclusive,
        }
    }

    /// Writes the checksum of a self-hosted project over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        let Some((covered, _)) = parts(sample) else { return };
        let sum = sum_of(covered);
        let at = sample.len() - SUM_LENGTH;
        sample[at..].copy_from_slice(&sum);
    }
}

fn parts(key: &[u8]) -> Option<(&[u8], &[u8; SUM_LENGTH])> {
    let (covered, sum) = key.split_last_chunk::<SUM_LENGTH>()?;
    Some((covered.strip_suffix(b"_")?, sum))
}

fn sum_of(covered: &[u8]) -> [u8; SUM_LENGTH] {
    let digest = Sha256::new().chain_update(SELF_HOSTED).chain_update(covered).finalize();
    let text = BASE64URL_NOPAD.encode(&digest[..6]);
    text.into_bytes().try_into().expect("six bytes are eight characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_of_a_self_hosted_project_is_verified() {
        let mut key = ["sb_", "secret_Qk7zPw2xV9bN4mT6sLdF3h_AAAAAAAA"].concat().into_bytes();
        assert_eq!(SupabaseKey.verify_text(&key), Outcome::Inconclusive);
        SupabaseKey.complete(&mut key);
        assert_eq!(SupabaseKey.verify_text(&key), Outcome::Verified(Evidence::ChecksumVerified));
        assert_eq!(SupabaseKey.verify_text(b"sb_secret"), Outcome::Rejected);
    }
}
