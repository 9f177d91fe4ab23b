//! Replacements in a file, made one after the other as the agent makes them, and the ranges that they change.

use std::ops::Range;

use memchr::memmem;

use super::edit_batch::positions;

/// Changed ranges with at most this many bytes between them are joined, so that their number stays small. The context of
/// a value is far wider.
const JOINED_DISTANCE: usize = 4096;

/// One replacement in a file.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) old: String,
    pub(super) new: String,
    /// Whether every occurrence is replaced instead of the first.
    pub(super) all: bool,
}

/// After a batch of edits that was too small, this many edits are made one by one.
const SINGLE_EDITS: usize = 64;

/// A text and where it differs from the one that it was made of.
#[derive(Debug)]
pub(super) struct EditedText {
    pub(super) text: Vec<u8>,
    /// Byte ranges of `text`, in order of position; an empty one where bytes were removed.
    pub(super) changed: Vec<Range<usize>>,
}

/// Bytes that are replaced at once with others, in order of position.
struct Replacement<'e> {
    start: usize,
    old_len: usize,
    new: &'e [u8],
}

impl Replacement<'_> {
    fn end(&self) -> usize {
        self.start + self.old_len
    }
}

impl EditedText {
    /// Makes all `edits` in `text`; `None` if one of them does not apply.
    pub(super) fn new(text: Vec<u8>, edits: &[Edit]) -> Option<EditedText> {
        let mut edited = EditedText { text, changed: Vec::new() };
        let (mut rest, mut singles) = (edits, 0);
        while let Some((edit, others)) = rest.split_first() {
            let batch = if singles == 0 { positions(&edited.text, rest) } else { Vec::new() };
            if batch.is_empty() {
                edited.replace(edit)?;
                singles = if singles == 0 { SINGLE_EDITS } else { singles - 1 };
                rest = others;
                continue;
            }
            let mut replacements: Vec<_> =
                batch.iter().zip(rest).map(|(start, edit)| edit.replacement(*start)).collect();
            replacements.sort_by_key(|replacement| replacement.start);
            edited.apply(&replacements);
            rest = &rest[batch.len()..];
        }
        Some(edited)
    }

    /// Returns the text before all `edits` were made in it; `None` if one of them cannot be reverted.
    pub(super) fn reverted(text: Vec<u8>, edits: &[Edit]) -> Option<Vec<u8>> {
        let reverse = |edit: &Edit| Edit { old: edit.new.clone(), new: edit.old.clone(), all: edit.all };
        let reversed: Vec<Edit> = edits.iter().rev().map(reverse).collect();
        EditedText::new(text, &reversed).map(|edited| edited.text)
    }

    /// Replaces the first occurrence, or all; `None` if there is none. An empty text is replaced in an empty file.
    fn replace(&mut self, edit: &Edit) -> Option<()> {
        let starts: Vec<usize> = match edit.old.is_empty() {
            true => self.text.is_empty().then_some(0).into_iter().collect(),
            false => memmem::find_iter(&self.text, edit.old.as_bytes())
                .take(if edit.all { usize::MAX } else { 1 })
                .collect(),
        };
        let replacements: Vec<_> = starts.iter().map(|start| edit.replacement(*start)).collect();
        self.apply(&replacements);
        (!starts.is_empty()).then_some(())
    }

    fn apply(&mut self, replacements: &[Replacement<'_>]) {
        match replacements {
            // In place: with many edits, most of the text is not copied.
            [one] => drop(self.text.splice(one.start..one.end(), one.new.iter().copied())),
            _ => self.text = replaced(&self.text, replacements),
        }
        self.add_changes(replacements);
    }

    /// Moves the changed ranges by the replacements, and adds those of the replacements.
    fn add_changes(&mut self, replacements: &[Replacement<'_>]) {
        // In the new text.
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(replacements.len());
        for (number, replacement) in replacements.iter().enumerate() {
            let before = number.checked_sub(1).map(|last| (replacements[last].end(), ranges[last].end));
            let start = moved(replacement.start, before);
            ranges.push(start..start + replacement.new.len());
        }
        let moved_end = |at: usize, inside: fn(&Range<usize>) -> usize| {
            let next = replacements.partition_point(|replacement| replacement.end() <= at);
            match replacements.get(next) {
                Some(replacement) if replacement.start < at => inside(&ranges[next]),
                _ => moved(at, next.checked_sub(1).map(|last| (replacements[last].end(), ranges[last].end))),
            }
        };
        let old = self.changed.iter();
        let mut all: Vec<Range<usize>> = old
            .map(|range| moved_end(range.start, |new| new.start)..moved_end(range.end, |new| new.end))
            .collect();
        all.extend(ranges.iter().cloned());
        all.sort_by_key(|range| range.start);
        self.changed.clear();
        for range in all {
            match self.changed.last_mut() {
                Some(last) if range.start <= last.end + JOINED_DISTANCE => last.end = last.end.max(range.end),
                _ => self.changed.push(range),
            }
        }
    }
}

impl Edit {
    fn replacement(&self, start: usize) -> Replacement<'_> {
        Replacement { start, old_len: self.old.len(), new: self.new.as_bytes() }
    }
}

/// Returns where the byte `at` is in the new text. `before` is the end of the last replacement before it, in the old and in
/// the new text.
fn moved(at: usize, before: Option<(usize, usize)>) -> usize {
    before.map_or(at, |(old_end, new_end)| at - old_end + new_end)
}

/// Returns `text` with the replacements made.
fn replaced(text: &[u8], replacements: &[Replacement<'_>]) -> Vec<u8> {
    let added: usize = replacements.iter().map(|replacement| replacement.new.len()).sum();
    let mut result = Vec::with_capacity(text.len() + added);
    let mut rest = 0;
    for replacement in replacements {
        result.extend_from_slice(&text[rest..replacement.start]);
        result.extend_from_slice(replacement.new);
        rest = replacement.end();
    }
    result.extend_from_slice(&text[rest..]);
    result
}

/// Returns the range of `new` between the bytes that it has in common with `old` at both ends; none for equal texts.
pub(super) fn difference(old: &[u8], new: &[u8]) -> Vec<Range<usize>> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, rest) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let change = start..new.len() - end;
    if change.is_empty() && old.len() == end { Vec::new() } else { vec![change] }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn edit(old: &str, new: &str, all: bool) -> Edit {
        Edit { old: old.to_owned(), new: new.to_owned(), all }
    }

    fn edited(text: &str, edits: &[Edit]) -> Option<String> {
        let edited = EditedText::new(text.as_bytes().to_vec(), edits)?;
        Some(String::from_utf8(edited.text).expect("text"))
    }

    #[test]
    fn edits_are_applied_in_order() {
        let edits = [edit("a", "b", false), edit("b", "c", true)];
        assert_eq!(edited("a b a", &edits).as_deref(), Some("c c a"));
        assert_eq!(edited("x", &[edit("y", "z", true)]), None);
        assert_eq!(edited("", &[edit("", "z", false)]).as_deref(), Some("z"));
        assert_eq!(edited("x", &[edit("", "z", false)]), None);
        let text = EditedText::reverted(b"c c a".to_vec(), &[edit("a", "c", false)]).expect("reverted");
        assert_eq!(text, b"a c a");
    }

    #[test]
    fn the_difference_is_what_is_not_common_to_both_ends() {
        let of = |old: &str, new: &str| {
            let found = difference(old.as_bytes(), new.as_bytes());
            found.iter().map(|range| (range.start, range.end)).collect::<Vec<_>>()
        };
        assert!(of("abc", "abc").is_empty());
        assert_eq!(of("abc", "abxc"), [(2, 3)]);
        assert_eq!(of("abxc", "abc"), [(2, 2)]);
        assert_eq!(of("aa", "aaa"), [(2, 3)]);
        assert_eq!(of("aaa", "aa"), [(2, 2)]);
        assert!(of("", "").is_empty());
        assert_eq!(of("", "x"), [(0, 1)]);
        assert_eq!(of("x", ""), [(0, 0)]);
    }

    /// Returns the text after the edits, each made by a search of its own.
    fn one_by_one(text: &str, edits: &[Edit]) -> Option<String> {
        edits.iter().try_fold(text.to_owned(), |text, edit| {
            let count = if edit.all { usize::MAX } else { 1 };
            let is_applied = text.contains(&edit.old) && (!edit.old.is_empty() || text.is_empty());
            is_applied.then(|| text.replacen(&edit.old, &edit.new, count))
        })
    }

    #[test]
    fn edits_far_from_each_other_are_found_in_one_pass() {
        let text: String = (0..3_000).map(|number| format!("    this is line number {number};\n")).collect();
        let edits: Vec<Edit> = (0..1_000)
            .map(|number| edit(&format!("line number {};", number * 3), &format!("row {number};"), false))
            .collect();
        assert_eq!(positions(text.as_bytes(), &edits).len(), edits.len());
        assert_eq!(edited(&text, &edits), one_by_one(&text, &edits));
        let same: Vec<Edit> = (0..100).map(|_| edit("line number", "row number", false)).collect();
        assert!(positions(text.as_bytes(), &same).is_empty());
        assert_eq!(edited(&text, &same), one_by_one(&text, &same));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        /// Edits overlap, insert the texts of others and destroy them.
        #[test]
        fn batches_have_the_result_of_one_edit_after_the_other(
            numbers in vec(0..60usize, 20..120),
            edits in vec((0..60usize, 0..3usize, 0..70usize), 16..60),
        ) {
            let word = |number: usize| format!("<number {number:02}>");
            let text: String = numbers.iter().map(|number| word(*number) + &"-".repeat(number % 40)).collect();
            let edits: Vec<Edit> = edits
                .iter()
                .map(|&(number, part, new)| {
                    let old = word(number);
                    let new = if new < 60 { word(new) } else { "x".repeat(new - 60) };
                    match part {
                        0 => edit(&old, &new, false),
                        1 => edit(&old[..10], &new, false),
                        _ => edit(&old[2..], &new[..new.len() / 2], false),
                    }
                })
                .filter(|edit| text.contains(&edit.old))
                .collect();
            prop_assert_eq!(edited(&text, &edits), one_by_one(&text, &edits));
        }

        /// The bytes between changed ranges are those of the original text, in order.
        #[test]
        fn what_is_not_changed_is_copied(
            gaps in vec(0..3usize, 1..6),
            edits in vec(("[ab]{0,3}", "[abc]{0,4}", any::<bool>()), 0..8),
        ) {
            // Long gaps, so that ranges stay apart.
            let text: Vec<String> =
                gaps.iter().map(|gap| format!("ab{}", "-+".repeat(gap * JOINED_DISTANCE))).collect();
            let original = text.concat().into_bytes();
            let edits: Vec<Edit> = edits.iter().map(|(old, new, all)| edit(old, new, *all)).collect();
            let Some(edited) = EditedText::new(original.clone(), &edits) else { return Ok(()) };
            let mut from = 0;
            let mut rest = &original[..];
            let ends = edited.changed.iter().map(|range| (range.start, range.end));
            for (number, (start, end)) in ends.chain([(edited.text.len(), edited.text.len())]).enumerate() {
                prop_assert!(from <= start && start <= end);
                let copied = &edited.text[from..start];
                let at = if number == 0 { Some(0) } else { memmem::find(rest, copied) };
                let at = at.expect("copied from the original");
                prop_assert_eq!(&rest[at..at + copied.len()], copied);
                rest = &rest[at + copied.len()..];
                from = end;
            }
        }
    }
}
