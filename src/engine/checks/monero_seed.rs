//! Monero's 25 words: the last one repeats another, to which the CRC-32 of the beginnings of all others points
//! (`src/mnemonics` of monero-project/monero).
//!
//! Only the first three letters of an English word count, so the sum needs no list of words: what it proves is
//! that these 25 words are such a phrase, not that each of them is spelled right.

use super::Outcome;

/// What is said of a phrase that ends as it must. One in some twenty that are none does so by chance, so that is no
/// proof.
const REPEATED: &str = "the last word repeats the right one";

/// Words that the sum covers.
const COVERED: usize = 24;

/// Letters that count.
const PREFIX: usize = 3;

/// Whether the last word is the one that the others point to.
pub(crate) fn verify(phrase: &[u8]) -> Outcome {
    let words: Vec<&[u8]> = phrase.split(|byte| *byte == b' ').take(COVERED + 2).collect();
    match words.split_last() {
        Some((last, covered)) if covered.len() == COVERED && covered[pointed(covered)] == *last => {
            Outcome::Holds(REPEATED)
        }
        _ => Outcome::Disproved,
    }
}

/// Repeats the right word at the end of the sample.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let mut words: Vec<&[u8]> = sample.split(|byte| *byte == b' ').collect();
    if words.len() == COVERED + 1 {
        words[COVERED] = words[pointed(&words[..COVERED])];
        *sample = words.join(&b' ');
    }
}

fn pointed(words: &[&[u8]]) -> usize {
    let mut sum = crc32fast::Hasher::new();
    words.iter().for_each(|word| sum.update(&word[..word.len().min(PREFIX)]));
    sum.finalize() as usize % COVERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_phrase_holds() {
        // The example of Monero's own page about the phrase (moneropedia, "mnemonic seed").
        let phrase = "tavern judge beyond bifocals deepest mural onward dummy eagle diode gained vacation rally \
                      cause firm idled jerseys moat vigilant upload bobsled jobs cunning doing jobs";
        assert_eq!(verify(phrase.as_bytes()), Outcome::Holds(REPEATED));
        for (word, other) in [("tavern", "tadpole"), ("doing jobs", "doing doing"), (" jobs", "")] {
            assert_eq!(verify(phrase.replacen(word, other, 1).as_bytes()), Outcome::Disproved, "{word}");
        }
    }
}
