//! The literals of all rules, and how a place in a text is compared with one.

use super::{Anchor, Reach};
use crate::rules::Word;

/// Some literals. All their bytes stand in one piece: a thousand small ones would cost a hook more to allocate
/// than all else that it does with them.
#[derive(Debug)]
pub(crate) struct Literals {
    bytes: Box<[u8]>,
    all: Box<[Literal]>,
}

/// One rule's interest in one literal.
#[derive(Clone, Debug)]
struct Literal {
    /// Where it stands among the bytes of all.
    bytes: (u32, u32),
    rule: usize,
    reach: Reach,
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

impl Head {
    fn of(word: &Word<'_>) -> Head {
        let mut head = Head { bytes: 0, fold: 0, mask: 0 };
        for (place, &byte) in word.text.as_bytes().iter().take(8).enumerate() {
            let folds = word.keyword && byte.is_ascii_alphabetic();
            let fold = if folds { 0x20 } else { 0 };
            head.bytes |= u64::from(byte | fold) << (8 * place);
            head.fold |= u64::from(fold) << (8 * place);
            head.mask |= 0xff << (8 * place);
        }
        head
    }
}

impl Literals {
    /// The words, in their order.
    pub(crate) fn new(words: &[Word<'_>]) -> Literals {
        let mut bytes = Vec::with_capacity(words.iter().map(|word| word.text.len()).sum());
        let literal = |word: &Word<'_>| {
            let start = bytes.len();
            bytes.extend_from_slice(word.text.as_bytes());
            let reach = if word.keyword { Reach::Keyword } else { Reach::Literal };
            let bytes = (start as u32, bytes.len() as u32);
            Literal { bytes, rule: word.rule, reach, head: Head::of(word) }
        };
        let all = words.iter().map(literal).collect();
        Literals { bytes: bytes.into(), all }
    }

    /// The anchor at `start`, if the literal of this number stands there.
    #[inline]
    pub(crate) fn at(&self, number: u32, text: &[u8], start: usize) -> Option<Anchor> {
        let literal = &self.all[number as usize];
        let rest = text.get(start..)?;
        if let Some(eight) = rest.first_chunk::<8>() {
            let found = (u64::from_le_bytes(*eight) | literal.head.fold) & literal.head.mask;
            if found != literal.head.bytes {
                return None;
            }
        }
        self.compare(literal, rest).then(|| Anchor {
            start,
            end: start + (literal.bytes.1 - literal.bytes.0) as usize,
            rule: literal.rule,
            reach: literal.reach,
        })
    }

    #[inline(never)]
    fn compare(&self, literal: &Literal, rest: &[u8]) -> bool {
        let bytes = &self.bytes[literal.bytes.0 as usize..literal.bytes.1 as usize];
        rest.get(..bytes.len()).is_some_and(|found| match literal.reach {
            Reach::Literal => *found == *bytes,
            Reach::Keyword => found.eq_ignore_ascii_case(bytes),
        })
    }
}

/// Numbers in slots: which literals a hash may stand for.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    /// For each slot the first of its entries; the next slot's first ends them.
    first: Box<[u32]>,
    entries: Box<[T]>,
}

impl<T> Slots<T> {
    /// Sorts `entries` into `count` slots.
    pub(crate) fn new(count: usize, mut entries: Vec<T>, slot: impl Fn(&T) -> usize) -> Slots<T> {
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

    pub(crate) fn get(&self, slot: usize) -> &[T] {
        &self.entries[self.first[slot] as usize..self.first[slot + 1] as usize]
    }
}
