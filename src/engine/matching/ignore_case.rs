//! Searches words in any ASCII letter case, without a copy of the text.

use crate::engine::work_counter;

/// Returns the position of the first occurrence of `word` in `text`, in any letter case.
pub(crate) fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    let Some((first, rest)) = word.split_first() else { return Some(0) };
    let last = text.len().checked_sub(word.len())?;
    work_counter::count_search(text.len());
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, &text[..=last]).find(|&at| {
        work_counter::count(1);
        text[at + 1..at + word.len()].eq_ignore_ascii_case(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_occurrence_in_any_letter_case() {
        assert_eq!(find(b"a kKEy key", b"Key"), Some(3));
        assert_eq!(find(b"ke", b"key"), None);
        assert_eq!(find(b"xkey", b"key"), Some(1));
        assert_eq!(find(b"x.y", b".Y"), Some(1));
        assert_eq!(find(b"", b""), Some(0));
    }
}
