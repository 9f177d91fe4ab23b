//! Values of words that people write in place of a secret (`words.txt`), and well-known passwords
//! (`trivial_passwords.txt`).

use std::sync::LazyLock;

use crate::engine::work_counter;

/// Characters that join the words of a placeholder.
const SEPARATORS: &[u8] = b"-_. /:+=*#<>[]{}()!?@$%&'\"\\";

/// The only placeholder word of one byte: a longer word that begins with it comes first.
const ONE_LETTER_WORD: &[u8] = b"a";

/// Number of slots of [`WORDS_BY_START`].
const SLOTS: usize = 1 << 11;

/// The placeholder words by a hash of their first two bytes, in the order of the file.
static WORDS_BY_START: LazyLock<Box<[Vec<&[u8]>]>> = LazyLock::new(|| {
    let mut words = vec![Vec::new(); SLOTS].into_boxed_slice();
    let all = lines(include_str!("words.txt")).map(str::as_bytes).filter(|word| word.len() > 1);
    all.for_each(|word| words[slot(word)].push(word));
    words
});

/// Returns the slot of a text of at least two bytes, in any letter case.
fn slot(text: &[u8]) -> usize {
    (usize::from(text[0] | 0x20) << 4 ^ usize::from(text[1] | 0x20)) % SLOTS
}

static TRIVIAL_PASSWORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| lines(include_str!("trivial_passwords.txt")).collect());

/// Lines of a list that are neither blank nor a comment.
fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether placeholder words and the separators between them make up nearly all of the value.
pub(super) fn is_words(value: &[u8]) -> bool {
    let by_start = &*WORDS_BY_START;
    let mut at = 0;
    let (mut covered, mut rest) = (0, 0);
    // More than eight bytes that are neither word nor separator are too many, whatever follows.
    while at < value.len() && rest <= 8 {
        let words = value.get(at..at + 2).map_or(&[][..], |two| &by_start[slot(two)]);
        work_counter::count(1 + words.len());
        let begins = |word: &&&[u8]| {
            value.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
        };
        match words.iter().find(begins).or_else(|| Some(&ONE_LETTER_WORD).filter(begins)) {
            Some(word) => {
                covered += word.len();
                at += word.len();
            }
            None => {
                rest += usize::from(!SEPARATORS.contains(&value[at].to_ascii_lowercase()));
                at += 1;
            }
        }
    }
    covered >= 3 && rest <= 3 && rest * 3 <= value.len()
        || covered >= 8 && rest <= 8 && rest * 3 <= value.len()
}

/// Whether the value is a password of examples and local setups, in any letter case.
pub(crate) fn is_trivial(value: &[u8]) -> bool {
    TRIVIAL_PASSWORDS.iter().any(|password| value.eq_ignore_ascii_case(password.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_lower_case_and_no_word_hides_a_longer_one() {
        let words: Vec<&str> = lines(include_str!("words.txt")).collect();
        for (at, word) in words.iter().enumerate() {
            let hidden = words[at + 1..].iter().find(|later| later.starts_with(word));
            assert_eq!(hidden, None, "{word}");
        }
        let of_one_letter: Vec<_> = words.iter().filter(|word| word.len() == 1).collect();
        assert_eq!(of_one_letter, [&std::str::from_utf8(ONE_LETTER_WORD).expect("ASCII")]);
        assert!(words.iter().chain(TRIVIAL_PASSWORDS.iter()).all(|word| *word == word.to_ascii_lowercase()));
    }
}
