//! Suggestions for misspelt words ("did you mean").

/// Returns the word of `known` with the smallest edit distance to `word`, the first of several; `None` if the distance is
/// more than a third of the length of `word`, rounded up.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A transposition of two letters has distance 2.
    let limit = word.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the Levenshtein distance, computed row by row. Ignores letter case, and treats `_` as `-`.
fn distance(from: &str, to: &str) -> usize {
    let fold = |text: &str| -> Vec<char> {
        // Limits the work for long input: known words are shorter.
        let folded = text.chars().take(64).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() });
        folded.collect()
    };
    let (from, to) = (fold(from), fold(to));
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_have_a_suggestion_and_others_none() {
        let known = ["skip-paths", "confidence", "fail-on"];
        assert_eq!(nearest("skip_paths", known), Some("skip-paths"));
        assert_eq!(nearest("confidance", known), Some("confidence"));
        assert_eq!(nearest("failon", known), Some("fail-on"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
