//! Recovery phrases (BIP-39): 12 to 24 words of eleven bits each, the last bits a checksum of the others.
//!
//! `bip39_english.txt` is the specification's English list (`bip-0039/english.txt` of bitcoin/bips), of which
//! SHA-256 is 2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda. Its order is the alphabet's.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::{CHECKSUM_VERIFIED, Outcome};

static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("bip39_english.txt").lines().collect());

/// Whether all words are of the list and their checksum holds.
pub(crate) fn verify(phrase: &[u8]) -> Outcome {
    let Some(numbers) = numbers(phrase) else { return Outcome::Disproved };
    match bits(&numbers) {
        Some((entropy, sum, length)) if sum_of(&entropy, length) == sum => Outcome::Proved(CHECKSUM_VERIFIED),
        _ => Outcome::Disproved,
    }
}

/// As many words of the list as the sample has, chosen by its letters, with the right last one.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let words = sample.split(|byte| *byte == b' ');
    let number = |word: &[u8]| {
        word.iter().fold(7u16, |number, byte| number.wrapping_mul(31).wrapping_add(u16::from(*byte))) % 2048
    };
    let mut numbers: Vec<u16> = words.map(number).collect();
    let Some((entropy, _, length)) = bits(&numbers) else { return };
    let right = u16::from(sum_of(&entropy, length));
    if let Some(last) = numbers.last_mut() {
        *last = *last >> length << length | right;
    }
    let words: Vec<&str> = numbers.iter().map(|number| WORDS[usize::from(*number)]).collect();
    *sample = words.join(" ").into_bytes();
}

/// The place of each word in the list.
fn numbers(phrase: &[u8]) -> Option<Vec<u16>> {
    let words = phrase.split(|byte| *byte == b' ').take(25);
    let number = |word: &[u8]| WORDS.binary_search_by(|known| known.as_bytes().cmp(word)).ok();
    words.map(|word| number(word).map(|number| number as u16)).collect()
}

/// The entropy, the checksum, and how many bits the checksum has: one for three words.
fn bits(numbers: &[u16]) -> Option<(Vec<u8>, u8, usize)> {
    if !matches!(numbers.len(), 12 | 15 | 18 | 21 | 24) {
        return None;
    }
    let length = numbers.len() / 3;
    let mut bytes = Vec::with_capacity(33);
    let (mut held, mut count) = (0u32, 0);
    for number in numbers {
        held = held << 11 | u32::from(*number);
        count += 11;
        while count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
        }
    }
    // 24 words end with a whole byte of checksum; the others leave theirs behind.
    let sum = if length == 8 { bytes.pop()? } else { (held & ((1 << count) - 1)) as u8 };
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
    fn the_list_is_that_of_the_specification() {
        assert_eq!(WORDS.len(), 2048);
        assert!(WORDS.is_sorted());
        let digest = Sha256::digest(include_str!("bip39_english.txt"));
        assert_eq!(
            HEXLOWER.encode(&digest),
            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
        );
    }

    #[test]
    fn the_vectors_of_trezor() {
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
            assert_eq!(verify(phrase.as_bytes()), Outcome::Proved(CHECKSUM_VERIFIED), "{phrase}");
        }
        for phrase in ["zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo", "zoo zoo", "", "no such word in it"]
        {
            assert_eq!(verify(phrase.as_bytes()), Outcome::Disproved, "{phrase}");
        }
    }

    #[test]
    fn phrases_of_every_length_can_be_completed() {
        for words in [12, 15, 18, 21, 24] {
            let draw = |at: usize| {
                (0..6).map(|letter| char::from(b'a' + ((at * 7 + letter * at) % 26) as u8)).collect()
            };
            let mut phrase = (0..words).map(draw).collect::<Vec<String>>().join(" ").into_bytes();
            complete(&mut phrase);
            assert_eq!(verify(&phrase), Outcome::Proved(CHECKSUM_VERIFIED), "{words}");
            let twelve = phrase.split(|byte| *byte == b' ').count();
            assert_eq!(twelve, words);
        }
    }
}
