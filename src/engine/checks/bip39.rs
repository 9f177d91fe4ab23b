//! Recovery phrases (BIP-39): 12 to 24 words of eleven bits each, the last bits a checksum of the others.
//!
//! `bip39_english.txt` is the specification's English list (`bip-0039/english.txt` of bitcoin/bips, SHA-256
//! 2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda) in alphabetical order.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("bip39_english.txt").lines().collect());

/// Checks that all words are in the list, and verifies their checksum.
pub(crate) struct Bip39;

impl OfflineCheck for Bip39 {
    fn verify(&self, Matched { secret: phrase, .. }: Matched<'_>) -> Outcome {
        let Some(numbers) = numbers(phrase) else { return Outcome::Rejected };
        match bits(&numbers) {
            Some((entropy, sum, length)) if sum_of(&entropy, length) == sum => {
                Outcome::Verified(Evidence::ChecksumVerified)
            }
            _ => Outcome::Rejected,
        }
    }

    /// Replaces each word of the sample with a word of the list, and the last one so that the checksum is valid.
    fn complete(&self, sample: &mut Vec<u8>) {
        let words = sample.split(|byte| *byte == b' ');
        let number = |word: &[u8]| {
            word.iter().fold(7u16, |number, byte| number.wrapping_mul(31).wrapping_add(u16::from(*byte)))
                % 2048
        };
        let mut numbers: Vec<u16> = words.map(number).collect();
        let Some((entropy, _, length)) = bits(&numbers) else { return };
        let checksum = u16::from(sum_of(&entropy, length));
        if let Some(last) = numbers.last_mut() {
            *last = *last >> length << length | checksum;
        }
        let words: Vec<&str> = numbers.iter().map(|number| WORDS[usize::from(*number)]).collect();
        *sample = words.join(" ").into_bytes();
    }
}

/// The position of each word in the list.
fn numbers(phrase: &[u8]) -> Option<Vec<u16>> {
    let words = phrase.split(|byte| *byte == b' ').take(25);
    let number = |word: &[u8]| WORDS.binary_search_by(|known| known.as_bytes().cmp(word)).ok();
    words.map(|word| number(word).map(|number| number as u16)).collect()
}

/// The entropy, the checksum, and the number of bits of the checksum: one for every three words.
fn bits(numbers: &[u16]) -> Option<(Vec<u8>, u8, usize)> {
    if !matches!(numbers.len(), 12 | 15 | 18 | 21 | 24) {
        return None;
    }
    let length = numbers.len() / 3;
    let mut bytes = Vec::with_capacity(33);
    let (mut buffer, mut count) = (0u32, 0);
    for number in numbers {
        buffer = buffer << 11 | u32::from(*number);
        count += 11;
        while count >= 8 {
            count -= 8;
            bytes.push((buffer >> count) as u8);
        }
    }
    // With 24 words the checksum is a whole byte; otherwise it is the rest of the buffer.
    let sum = if length == 8 { bytes.pop()? } else { (buffer & ((1 << count) - 1)) as u8 };
    Some((bytes, sum, length))
}

fn sum_of(entropy: &[u8], length: usize) -> u8 {
    Sha256::digest(entropy)[0] >> (8 - length)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn the_word_list_is_the_one_of_the_specification() {
        assert_eq!(WORDS.len(), 2048);
        assert!(WORDS.is_sorted());
        let digest = Sha256::digest(include_str!("bip39_english.txt"));
        assert_eq!(
            HEXLOWER.encode(&digest),
            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
        );
    }

    #[test]
    fn the_test_vectors_of_trezor() {
        for phrase in [
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
            "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor \
             acoustic avoid letter always",
            "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
            "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen \
             patrol group space point ten exist slush involve unfold",
        ] {
            assert_eq!(
                Bip39.verify_text(phrase.as_bytes()),
                Outcome::Verified(Evidence::ChecksumVerified),
                "{phrase}"
            );
        }
        for phrase in ["zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo", "zoo zoo", "", "no such word in it"]
        {
            assert_eq!(Bip39.verify_text(phrase.as_bytes()), Outcome::Rejected, "{phrase}");
        }
    }

    #[test]
    fn phrases_of_every_length_can_be_completed() {
        for words in [12, 15, 18, 21, 24] {
            let draw = |at: usize| {
                (0..6).map(|letter| char::from(b'a' + ((at * 7 + letter * at) % 26) as u8)).collect()
            };
            let mut phrase = (0..words).map(draw).collect::<Vec<String>>().join(" ").into_bytes();
            Bip39.complete(&mut phrase);
            assert_eq!(Bip39.verify_text(&phrase), Outcome::Verified(Evidence::ChecksumVerified), "{words}");
            let twelve = phrase.split(|byte| *byte == b' ').count();
            assert_eq!(twelve, words);
        }
    }
}
