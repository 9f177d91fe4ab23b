//! Classifies values by how likely their letter pairs are in the words of source code.

use crate::engine::work_counter;

use super::weights::LETTERS;

/// Fewer pairs are not classified.
const MIN_PAIRS: i32 = 3;

/// Least average of words, in tenths of bits per pair.
const WORDS: i32 = 2;
/// Highest average of random letters.
const RANDOM: i32 = -2;

/// A class of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    /// Neither, too few letters, or hexadecimal digits.
    Unclear,
    /// Letters as in words.
    Words,
    /// Letter pairs that are rare in words.
    Unlikely,
}

/// Classifies a value by its adjacent letters. The pair between the two words of `setPassword` does not count.
pub(crate) fn classify(value: &[u8]) -> Letters {
    work_counter::count(3 * value.len());
    let letter = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
    let (mut pairs, mut sum) = (0, 0);
    for pair in value.windows(2) {
        let is_word_boundary = pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        if !is_word_boundary && pair.iter().all(u8::is_ascii_alphabetic) {
            pairs += 1;
            sum += i32::from(LETTERS[letter(pair[0])][letter(pair[1])]);
        }
    }
    let is_hexadecimal = value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    match sum {
        _ if pairs < MIN_PAIRS || is_hexadecimal => Letters::Unclear,
        sum if sum >= WORDS * pairs && 2 * letters >= value.len() => Letters::Words,
        sum if sum <= RANDOM * pairs => Letters::Unlikely,
        _ => Letters::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_from_random_letters() {
        for word in ["petclinic", "getAccessToken", "summer", "changeit", "my-application"] {
            assert_eq!(classify(word.as_bytes()), Letters::Words, "{word}");
        }
        for random in ["xkqzvwpt", "vbjkqwzx", "QXZJVKPW", "hfqjgxwzbk"] {
            assert_eq!(classify(random.as_bytes()), Letters::Unlikely, "{random}");
        }
        for short in ["", "abc", "x7K2m9", "12345678"] {
            assert_eq!(classify(short.as_bytes()), Letters::Unclear, "{short}");
        }
    }
}
