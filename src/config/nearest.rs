//! "Did you mean": the known word that is nearest to a wrong one.

/// The one of `known` that `word` most likely was meant to be; `None` when none is near enough.
/// Equally near ones: the first.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // One wrong letter in three; two swapped letters count as two.
    let limit = word.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, one row at a time; letter case and `_` for `-` cost nothing.
fn distance(from: &str, to: &str) -> usize {
    let fold = |text: &str| -> Vec<char> {
        // Nobody means a known word by something this long; the work stays bounded.
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
    fn typos_find_their_word_and_strangers_none() {
        let known = ["skip-paths", "confidence", "fail-on"];
        assert_eq!(nearest("skip_paths", known), Some("skip-paths"));
        assert_eq!(nearest("confidance", known), Some("confidence"));
        assert_eq!(nearest("failon", known), Some("fail-on"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
