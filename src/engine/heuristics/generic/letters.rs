//! How likely the letters of a value are to follow each other, by what follows what in the words of
//! source code.

use crate::engine::work_counter;

use super::weights::LETTERS;

/// Fewer pairs say nothing.
const FEWEST: i32 = 3;

/// Words have at least so many tenths of bits a pair. Random letters have at most the second number.
const WORDS: i32 = 2;
const RANDOM: i32 = -2;

/// What the letters of a value look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    /// One as often as the other, or too few; in hexadecimal they are digits.
    Unclear,
    Words,
    Unlikely,
}

/// Reads the letters that stand together. `setPassword` are two words: a pair over their border says nothing.
pub(crate) fn of(value: &[u8]) -> Letters {
    work_counter::count(3 * value.len());
    let letter = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
    let (mut pairs, mut sum) = (0, 0);
    for pair in value.windows(2) {
        let border = pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        if !border && pair.iter().all(u8::is_ascii_alphabetic) {
            pairs += 1;
            sum += i32::from(LETTERS[letter(pair[0])][letter(pair[1])]);
        }
    }
    let hexadecimal = value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    match sum {
        _ if pairs < FEWEST || hexadecimal => Letters::Unclear,
        sum if sum >= WORDS * pairs && 2 * letters >= value.len() => Letters::Words,
        sum if sum <= RANDOM * pairs => Letters::Unlikely,
        _ => Letters::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_random_letters() {
        for word in ["petclinic", "getAccessToken", "summer", "changeit", "my-application"] {
            assert_eq!(of(word.as_bytes()), Letters::Words, "{word}");
        }
        for random in ["xkqzvwpt", "vbjkqwzx", "QXZJVKPW", "hfqjgxwzbk"] {
            assert_eq!(of(random.as_bytes()), Letters::Unlikely, "{random}");
        }
        for short in ["", "abc", "x7K2m9", "12345678"] {
            assert_eq!(of(short.as_bytes()), Letters::Unclear, "{short}");
        }
    }
}
