//! The literals of all rules, and how a place in a text is compared with one.

use super::{Anchor, Reach};
use crate::rules::Word;

/// One rule's interest in one literal.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) bytes: Box<[u8]>,
    pub(super) rule: usize,
    pub(super) reach: Reach,
    head: Head,
}

/// The first eight bytes of a literal, to be compared at once.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// With the bits of `fold` set.
    bytes: u64,
    /// Letter case in words whose case does not count.
    fold: u64,
    /// Which bytes there are.
    mask: u64,
}

impl Literal {
    pub(super) fn new(word: &Word<'_>) -> Literal {
        let Word { text, rule, keyword, .. } = *word;
        let reach = if keyword { Reach::Keyword } else { Reach::Literal };
        let mut head = Head { bytes: 0, fold: 0, mask: 0 };
        for (place, &byte) in text.as_bytes().iter().take(8).enumerate() {
            let folds = reach == Reach::Keyword && byte.is_ascii_alphabetic();
            let fold = if folds { 0x20 } else { 0 };
            head.bytes |= u64::from(byte | fold) << (8 * place);
            head.fold |= u64::from(fold) << (8 * place);
            head.mask |= 0xff << (8 * place);
        }
        Literal { bytes: text.as_bytes().into(), rule, reach, head }
    }

    /// The anchor at `start`, if the literal stands there.
    #[inline]
    pub(super) fn at(&self, text: &[u8], start: usize) -> Option<Anchor> {
        let rest = text.get(start..)?;
        if let Some(eight) = rest.first_chunk::<8>() {
            let found = (u64::from_le_bytes(*eight) | self.head.fold) & self.head.mask;
            if found != self.head.bytes {
                return None;
            }
        }
        self.compare(rest).then(|| Anchor {
            start,
            end: start + self.bytes.len(),
            rule: self.rule,
            reach: self.reach,
        })
    }

    #[inline(never)]
    fn compare(&self, rest: &[u8]) -> bool {
        rest.get(..self.bytes.len()).is_some_and(|found| match self.reach {
            Reach::Literal => *found == *self.bytes,
            Reach::Keyword => found.eq_ignore_ascii_case(&self.bytes),
        })
    }
}

/// Numbers in slots: which literals a hash may stand for.
#[derive(Debug)]
pub(super) struct Slots<T> {
    /// For each slot the first of its entries; the next slot's first ends them.
    first: Box<[u32]>,
    entries: Box<[T]>,
}

impl<T> Slots<T> {
    /// Sorts `entries` into `count` slots.
    pub(super) fn new(count: usize, mut entries: Vec<T>, slot: impl Fn(&T) -> usize) -> Slots<T> {
        entries.sort_by_key(|entry| slot(entry));
        let mut first = vec![0u32; count + 1].into_boxed_slice();
        for entry in &entries {
            first[slot(entry) + 1] += 1;
        }
        for index in 1..first.len() {
            first[index] += first[index - 1];
        }
        Slots { first, entries: entries.into() }
    }

    pub(super) fn get(&self, slot: usize) -> &[T] {
        &self.entries[self.first[slot] as usize..self.first[slot + 1] as usize]
    }
}
