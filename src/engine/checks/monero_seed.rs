//! Monero's 25 words: the last one repeats another one, which the CRC-32 of the beginnings of all others selects
//! (`src/mnemonics` of monero-project/monero).
//!
//! The checksum covers only the first three letters of each English word, so no word list is needed: it shows that
//! these 25 words are such a phrase, not that each of them is spelled correctly. About one in 24 other phrases passes by
//! chance, so a phrase that passes is plausible and not verified.

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Words that the checksum covers.
const COVERED: usize = 24;

/// Letters of a word that the checksum covers.
const PREFIX: usize = 3;

/// Checks that the last word is the one that the others select.
pub(crate) struct MoneroSeed;

impl OfflineCheck for MoneroSeed {
    fn verify(&self, Matched { secret: phrase, .. }: Matched<'_>) -> Outcome {
        let words: Vec<&[u8]> = phrase.split(|byte| *byte == b' ').take(COVERED + 2).collect();
        match words.split_last() {
            Some((last, covered)) if covered.len() == COVERED && covered[selected(covered)] == *last => {
                Outcome::Plausible(Evidence::RepeatedWord)
            }
            _ => Outcome::Rejected,
        }
    }

    /// Repeats the selected word at the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        let mut words: Vec<&[u8]> = sample.split(|byte| *byte == b' ').collect();
        if words.len() == COVERED + 1 {
            words[COVERED] = words[selected(&words[..COVERED])];
            *sample = words.join(&b' ');
        }
    }
}

/// Index of the word that the checksum selects.
fn selected(words: &[&[u8]]) -> usize {
    let mut sum = crc32fast::Hasher::new();
    words.iter().for_each(|word| sum.update(&word[..word.len().min(PREFIX)]));
    sum.finalize() as usize % COVERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_phrase_is_plausible() {
        // The example of Monero's page about the phrase (moneropedia, "mnemonic seed").
        let phrase = "tavern judge beyond bifocals deepest mural onward dummy eagle diode gained vacation rally \
                      cause firm idled jerseys moat vigilant upload bobsled jobs cunning doing jobs";
        assert_eq!(MoneroSeed.verify_text(phrase.as_bytes()), Outcome::Plausible(Evidence::RepeatedWord));
        for (word, other) in [("tavern", "tadpole"), ("doing jobs", "doing doing"), (" jobs", "")] {
            assert_eq!(
                MoneroSeed.verify_text(phrase.replacen(word, other, 1).as_bytes()),
                Outcome::Rejected,
                "{word}"
            );
        }
    }
}
