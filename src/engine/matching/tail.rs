//! Splits a pattern that ends with a repeated class of bytes, as most do: `token_[a-z0-9]{20,255}`. The regex matches up
//! to the least number of repetitions, and the rest is found by testing one byte after the other.
//!
//! The matches are the same: alternatives before the repetition are tried in the same order, and the first that
//! succeeds is the same, because it needs no more than the least number of repetitions. And such a regex is built in a
//! fraction of the time: an automaton has a state for each of 255 repetitions.

use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use super::first_bytes::{ByteSet, class_bytes};
use crate::engine::work_counter;

/// The rest of the repetition at the end of a pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    class: ByteSet,
    /// Most further repetitions.
    most: usize,
    /// Whether the repetition is in the group `secret`.
    pub(crate) is_in_secret: bool,
}

impl Tail {
    /// Returns the number of bytes at the start of `text` that belong to the match.
    pub(crate) fn length(&self, text: &[u8]) -> usize {
        let length = text.iter().take(self.most).take_while(|&&byte| self.class.contains(byte)).count();
        work_counter::count(length);
        length
    }
}

/// Returns the pattern with the least number of repetitions at its end, and the rest of them. `None` if it does not end
/// with a greedy repetition of a class.
pub(crate) fn split(pattern: &Hir) -> Option<(Hir, Tail)> {
    match pattern.kind() {
        HirKind::Repetition(repetition) if repetition.greedy && repetition.max != Some(repetition.min) => {
            let HirKind::Class(class) = repetition.sub.kind() else { return None };
            // Classes of characters are of one byte, because Unicode is switched off.
            if class.maximum_len() != Some(1) {
                return None;
            }
            let most = repetition.max.map_or(usize::MAX, |max| (max - repetition.min) as usize);
            let tail = Tail { class: class_bytes(class), most, is_in_secret: false };
            Some((Hir::repetition(Repetition { max: Some(repetition.min), ..repetition.clone() }), tail))
        }
        HirKind::Capture(capture) => {
            let (sub, mut tail) = split(&capture.sub)?;
            tail.is_in_secret |= capture.name.as_deref() == Some("secret");
            Some((Hir::capture(Capture { sub: Box::new(sub), ..capture.clone() }), tail))
        }
        HirKind::Concat(parts) => {
            let (last, before) = parts.split_last()?;
            let (last, tail) = split(last)?;
            Some((Hir::concat(before.iter().cloned().chain([last]).collect()), tail))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::lint;

    #[test]
    fn only_greedy_repetitions_of_a_class_at_the_end_are_split() {
        let is_split = |pattern: &str| split(&lint::parse(pattern).expect("a good pattern")).is_some();
        for pattern in ["a[0-9]{2,9}", "a(?P<secret>[0-9]+)", "(?:a|b)[0-9]*", "a(?P<x>b(?P<secret>.{3,}))"] {
            assert!(is_split(pattern), "{pattern}");
        }
        for pattern in ["a[0-9]{2}", "a[0-9]+?", "a[0-9]+b", "a|b[0-9]+", "a(?:bc)+", "a[0-9]+$"] {
            assert!(!is_split(pattern), "{pattern}");
        }
    }
}
