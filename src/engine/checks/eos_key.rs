//! EOS private keys: base58 of a key whose checksum is the RIPEMD-160 of key and curve.

use ripemd::{Digest, Ripemd160};

use super::formats::base58::{BITCOIN, complete_checksum, verify_checksum};
use super::offline_check::{Matched, OfflineCheck, Outcome};

/// Bytes of `PVT_K1_`.
const PREFIX_LENGTH: usize = 7;

/// Checks that the last four bytes are the first four of the RIPEMD-160 of key and curve.
pub(crate) struct EosKey;

impl OfflineCheck for EosKey {
    fn verify(&self, Matched { secret: key, .. }: Matched<'_>) -> Outcome {
        let Some((curve, text)) = parts(key) else { return Outcome::Rejected };
        verify_checksum(BITCOIN, text, |covered| ripemd160(covered, curve))
    }

    /// Writes the checksum over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        let Some((curve, text)) = parts(sample) else { return };
        if let Some(text) = complete_checksum(BITCOIN, text, |covered| ripemd160(covered, curve)) {
            sample.truncate(PREFIX_LENGTH);
            sample.extend(text);
        }
    }
}

/// The curve in the prefix, and the text after the prefix.
fn parts(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, text) = key.split_at_checked(PREFIX_LENGTH)?;
    Some((&prefix[4..6], text))
}

fn ripemd160(covered: &[u8], curve: &[u8]) -> [u8; 4] {
    let hash = Ripemd160::new().chain_update(covered).chain_update(curve).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::model::Evidence;

    #[test]
    fn the_checksum_covers_the_curve() {
        // From the paper of the algorithm: RIPEMD-160 of "abc".
        let hash = Ripemd160::new().chain_update(b"a").chain_update(b"bc").finalize();
        assert_eq!(HEXLOWER.encode(&hash), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
        let mut key = ["PVT_K1_", "2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V"].concat().into_bytes();
        EosKey.complete(&mut key);
        assert_eq!(EosKey.verify_text(&key), Outcome::Verified(Evidence::ChecksumVerified));
        key[4] = b'R';
        assert_eq!(EosKey.verify_text(&key), Outcome::Rejected);
        assert_eq!(EosKey.verify_text(b"PVT"), Outcome::Rejected);
    }
}
