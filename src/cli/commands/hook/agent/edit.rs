//! Replacements in a file, made one after the other as the agent makes them, and the ranges that they change.

use std::ops::Range;

use memchr::memmem;

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

/// A text and where it differs from the one that it was made of.
#[derive(Debug)]
pub(super) struct EditedText {
    pub(super) text: Vec<u8>,
    /// Byte ranges of `text`, in order of position; an empty one where bytes were removed.
    pub(super) changed: Vec<Range<usize>>,
}

impl EditedText {
    /// Makes all `edits` in `text`; `None` if one of them does not apply.
    pub(super) fn new<'e>(text: Vec<u8>, edits: impl IntoIterator<Item = &'e Edit>) -> Option<EditedText> {
        let mut edited = EditedText { text, changed: Vec::new() };
        for edit in edits {
            edited.replace(edit.old.as_bytes(), edit.new.as_bytes(), edit.all)?;
        }
        Some(edited)
    }

    /// Returns the text before all `edits` were made in it; `None` if one of them cannot be reverted.
    pub(super) fn reverted(text: Vec<u8>, edits: &[Edit]) -> Option<Vec<u8>> {
        let mut edited = EditedText { text, changed: Vec::new() };
        for edit in edits.iter().rev() {
            edited.replace(edit.new.as_bytes(), edit.old.as_bytes(), edit.all)?;
        }
        Some(edited.text)
    }

    /// Replaces the first occurrence of `old`, or all; `None` if there is none. An empty `old` is the content of an empty
    /// file.
    fn replace(&mut self, old: &[u8], new: &[u8], all: bool) -> Option<()> {
        let starts: Vec<usize> = match old.is_empty() {
            true => self.text.is_empty().then_some(0).into_iter().collect(),
            false => memmem::find_iter(&self.text, old).take(if all { usize::MAX } else { 1 }).collect(),
        };
        match starts[..] {
            [] => return None,
            // In place: with many edits, most of the text is not copied.
            [start] => drop(self.text.splice(start..start + old.len(), new.iter().copied())),
            _ => self.text = replaced(&self.text, &starts, old.len(), new),
        }
        self.add_changes(&starts, old.len(), new.len());
        Some(())
    }

    /// Moves the changed ranges by the replacement of `old_len` bytes at each of the `starts` by `new_len` bytes, and adds
    /// those of the replacement.
    fn add_changes(&mut self, starts: &[usize], old_len: usize, new_len: usize) {
        let moved = |at: usize, inside_ends: bool| {
            let before = starts.partition_point(|start| start + old_len <= at);
            let inside = starts.get(before).filter(|start| **start < at);
            let at = match inside {
                Some(start) if inside_ends => return start + before * new_len + new_len - before * old_len,
                Some(start) => *start,
                None => at,
            };
            at + before * new_len - before * old_len
        };
        let mut all: Vec<Range<usize>> =
            self.changed.iter().map(|range| moved(range.start, false)..moved(range.end, true)).collect();
        all.extend(starts.iter().enumerate().map(|(number, start)| {
            let start = start + number * new_len - number * old_len;
            start..start + new_len
        }));
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

/// Returns `text` with the `old_len` bytes at each of the `starts` replaced by `new`.
fn replaced(text: &[u8], starts: &[usize], old_len: usize, new: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len() + starts.len() * new.len() - starts.len() * old_len);
    let mut rest = 0;
    for &start in starts {
        result.extend_from_slice(&text[rest..start]);
        result.extend_from_slice(new);
        rest = start + old_len;
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

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

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
