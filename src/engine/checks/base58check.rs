//! Base58check: base58 whose last four bytes are a checksum, as in Bitcoin's wallet import format, BIP-32, Tezos and
//! the XRP Ledger.

use sha2::{Digest, Sha256};

use super::formats::base58::{BITCOIN, RIPPLE, complete_checksum, verify_checksum};
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::rules::syntax::Base58;

impl OfflineCheck for Base58 {
    /// Checks that the last four bytes are the first four of the double SHA-256 of the others.
    fn verify(&self, matched: Matched<'_>) -> Outcome {
        let text = matched.secret;
        verify_checksum(digits(*self), text, double_sha256)
    }

    /// Writes the checksum over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        if let Some(text) = complete_checksum(digits(*self), sample, double_sha256) {
            *sample = text;
        }
    }
}

fn digits(alphabet: Base58) -> &'static [u8; 58] {
    match alphabet {
        Base58::Bitcoin => BITCOIN,
        Base58::Ripple => RIPPLE,
    }
}

fn double_sha256(covered: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(Sha256::digest(covered));
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Evidence;

    #[test]
    fn published_vectors_of_the_checksum() {
        // Bitcoin's wallet import format (en.bitcoin.it/wiki/Wallet_import_format), BIP-32's first vector, and the
        // XRP Ledger's genesis account, whose seed is public.
        for (alphabet, parts) in [
            (Base58::Bitcoin, &["5HueCGU8rMjxEXxiPuD5BDku4MkF", "qeZyd4dZ1jvhTVqvbTLvyTJ"][..]),
            (
                Base58::Bitcoin,
                &[
                    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqji",
                    "ChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
                ],
            ),
            (Base58::Ripple, &["snoPBrXtMeMyMHUV", "TgbuqAfg1SUTb"]),
        ] {
            let text = parts.concat();
            assert_eq!(
                alphabet.verify_text(text.as_bytes()),
                Outcome::Verified(Evidence::ChecksumVerified),
                "{text}"
            );
            let other = if alphabet == Base58::Bitcoin { Base58::Ripple } else { Base58::Bitcoin };
            assert_eq!(other.verify_text(text.as_bytes()), Outcome::Rejected);
        }
        assert_eq!(Base58::Bitcoin.verify_text(b""), Outcome::Rejected);
        assert_eq!(Base58::Bitcoin.verify_text(b"1111"), Outcome::Rejected);
    }
}
