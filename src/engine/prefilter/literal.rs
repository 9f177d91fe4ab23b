//! Literals and keywords in one allocation, and their comparison with a position in a text.

use super::hit::{Hit, HitKind};
use crate::rules::Word;

/// A list of literals. All their bytes are in one allocation: in a hook, a thousand small allocations would cost
/// more than everything else that is done with the literals.
#[derive(Debug)]
pub(crate) struct Literals {
    bytes: Box<[u8]>,
    all: Box<[Literal]>,
}

/// One literal or keyword of one rule.
#[derive(Clone, Debug)]
struct Literal {
    /// Start and end in `Literals::bytes`.
    bytes: (u32, u32),
    rule: usize,
    kind: HitKind,
    head: Head,
}

/// The first eight bytes of a literal, to compare them in one operation.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// The literal's bytes, with the bits of `fold` set.
    bytes: u64,
    /// The letter-case bit of each letter whose case is ignored.
    fold: u64,
    /// All bits of the bytes that the literal has.
    mask: u64,
}

impl Head {
    fn new(word: &Word<'_>) -> Head {
        let mut head = Head { bytes: 0, fold: 0, mask: 0 };
        for (place, &byte) in word.text.as_bytes().iter().take(8).enumerate() {
            let folds = word.is_keyword && byte.is_ascii_alphabetic();
            let fold = if folds { 0x20 } else { 0 };
            head.bytes |= u64::from(byte | fold) << (8 * place);
            head.fold |= u64::from(fold) << (8 * place);
            head.mask |= 0xff << (8 * place);
        }
        head
    }
}

impl Literals {
    /// Copies `words`; a literal's number is its index in them.
    pub(crate) fn new(words: &[Word<'_>]) -> Literals {
        let mut bytes = Vec::with_capacity(words.iter().map(|word| word.text.len()).sum());
        let literal = |word: &Word<'_>| {
            let start = bytes.len();
            bytes.extend_from_slice(word.text.as_bytes());
            let kind = if word.is_keyword { HitKind::Keyword } else { HitKind::Literal };
            let bytes = (start as u32, bytes.len() as u32);
            Literal { bytes, rule: word.rule, kind, head: Head::new(word) }
        };
        let all = words.iter().map(literal).collect();
        Literals { bytes: bytes.into(), all }
    }

    /// Returns the hit at `start` if the literal of this number is there.
    #[inline]
    pub(crate) fn hit_at(&self, number: u32, text: &[u8], start: usize) -> Option<Hit> {
        let literal = &self.all[number as usize];
        let rest = text.get(start..)?;
        if let Some(eight) = rest.first_chunk::<8>() {
            let found = (u64::from_le_bytes(*eight) | literal.head.fold) & literal.head.mask;
            if found != literal.head.bytes {
                return None;
            }
        }
        self.compare(literal, rest).then(|| Hit {
            start,
            end: start + (literal.bytes.1 - literal.bytes.0) as usize,
            rule: literal.rule,
            kind: literal.kind,
        })
    }

    #[inline(never)]
    fn compare(&self, literal: &Literal, rest: &[u8]) -> bool {
        let bytes = &self.bytes[literal.bytes.0 as usize..literal.bytes.1 as usize];
        rest.get(..bytes.len()).is_some_and(|found| match literal.kind {
            HitKind::Literal => *found == *bytes,
            HitKind::Keyword => found.eq_ignore_ascii_case(bytes),
        })
    }
}

/// A hash table without values: the entries of each hash, in slots.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    /// For each slot the index of its first entry. The first entry of the next slot ends it.
    first: Box<[u32]>,
    entries: Box<[T]>,
}

impl<T> Slots<T> {
    /// Sorts `entries` into `count` slots; `slot` returns the slot of an entry.
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

    /// Returns the entries of a slot.
    pub(crate) fn get(&self, slot: usize) -> &[T] {
        &self.entries[self.first[slot] as usize..self.first[slot + 1] as usize]
    }
}
