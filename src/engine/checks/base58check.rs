//! Base58 with four bytes of checksum at the end: Bitcoin's wallet import format and BIP-32, Tezos, the XRP Ledger
//! (base58check), and EOS, whose sum is made otherwise.
//!
//! Decoding takes the square of the length, so texts are short or no keys.

use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use super::{CHECKSUM_VERIFIED, Outcome};
use crate::engine::work_counter;
use crate::rules::syntax::Base58;

const BITCOIN: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// An extended key has 111 characters: the longest that anything is.
const LONGEST: usize = 128;

/// Whether the last four bytes begin the double SHA-256 of the others.
pub(crate) fn verify(alphabet: Base58, text: &[u8]) -> Outcome {
    judge(decode(digits(alphabet), text), double_sha256)
}

/// Writes the right sum over the end of the sample.
pub(crate) fn complete(alphabet: Base58, sample: &mut Vec<u8>) {
    let digits = digits(alphabet);
    if let Some(text) = completed(digits, sample, double_sha256) {
        *sample = text;
    }
}

/// Whether an EOS key's last four bytes begin the RIPEMD-160 of key and curve.
pub(crate) fn verify_eos(key: &[u8]) -> Outcome {
    let Some((curve, text)) = eos_parts(key) else { return Outcome::Disproved };
    judge(decode(BITCOIN, text), |covered| ripemd160(covered, curve))
}

/// Writes the right sum over the end of the sample.
pub(crate) fn complete_eos(sample: &mut Vec<u8>) {
    let Some((curve, text)) = eos_parts(sample) else { return };
    if let Some(text) = completed(BITCOIN, text, |covered| ripemd160(covered, curve)) {
        sample.truncate(EOS_PREFIX);
        sample.extend(text);
    }
}

/// Bytes of `PVT_K1_`.
const EOS_PREFIX: usize = 7;

/// The curve that the prefix names, and the text behind it.
fn eos_parts(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, text) = key.split_at_checked(EOS_PREFIX)?;
    Some((&prefix[4..6], text))
}

fn digits(alphabet: Base58) -> &'static [u8; 58] {
    match alphabet {
        Base58::Bitcoin => BITCOIN,
        Base58::Ripple => RIPPLE,
    }
}

fn judge(bytes: Option<Vec<u8>>, sum_of: impl Fn(&[u8]) -> [u8; 4]) -> Outcome {
    match bytes.as_deref().and_then(<[u8]>::split_last_chunk::<4>) {
        Some((covered, sum)) if !covered.is_empty() && sum_of(covered) == *sum => {
            Outcome::Proved(CHECKSUM_VERIFIED)
        }
        _ => Outcome::Disproved,
    }
}

fn completed(digits: &[u8; 58], text: &[u8], sum_of: impl Fn(&[u8]) -> [u8; 4]) -> Option<Vec<u8>> {
    let mut bytes = decode(digits, text)?;
    let (covered, sum) = bytes.split_last_chunk_mut::<4>()?;
    *sum = sum_of(covered);
    Some(encode(digits, &bytes))
}

fn double_sha256(covered: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(Sha256::digest(covered));
    [hash[0], hash[1], hash[2], hash[3]]
}

fn ripemd160(covered: &[u8], curve: &[u8]) -> [u8; 4] {
    let hash = Ripemd160::new().chain_update(covered).chain_update(curve).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The bytes of a number in base 58; each zero before it is a zero byte.
fn decode(digits: &[u8; 58], text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
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
    use data_encoding::HEXLOWER;

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

    #[test]
    fn published_vectors_of_the_sum() {
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
            assert_eq!(verify(alphabet, text.as_bytes()), Outcome::Proved(CHECKSUM_VERIFIED), "{text}");
            let other = if alphabet == Base58::Bitcoin { Base58::Ripple } else { Base58::Bitcoin };
            assert_eq!(verify(other, text.as_bytes()), Outcome::Disproved);
        }
        assert_eq!(verify(Base58::Bitcoin, b""), Outcome::Disproved);
        assert_eq!(verify(Base58::Bitcoin, b"1111"), Outcome::Disproved);
    }

    #[test]
    fn an_eos_key_is_summed_with_its_curve() {
        // The value of the algorithm's own paper: RIPEMD-160 of "abc".
        let hash = Ripemd160::new().chain_update(b"a").chain_update(b"bc").finalize();
        assert_eq!(HEXLOWER.encode(&hash), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
        let mut key = ["PVT_K1_", "2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V"].concat().into_bytes();
        complete_eos(&mut key);
        assert_eq!(verify_eos(&key), Outcome::Proved(CHECKSUM_VERIFIED));
        key[4] = b'R';
        assert_eq!(verify_eos(&key), Outcome::Disproved);
        assert_eq!(verify_eos(b"PVT"), Outcome::Disproved);
    }
}
