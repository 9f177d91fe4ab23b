//! Literals by three of their bytes.
//!
//! Every literal is represented by three bytes, whatever their letter case. A bit table says for each
//! three bytes of the text whether any literal is represented so; only then are literals compared. It is built in a tenth of the
//! time of an Aho-Corasick automaton, and for several hundred literals it is faster, because the states of
//! such an automaton no longer fit the cache.

use std::sync::Arc;

use super::Anchor;
use super::commonness::{Commonness, gram};
use super::literal::{Literals, Slots};
use crate::engine::stats;
use crate::engine::stats::{Stage, Stages};
use crate::rules::Word;

/// Bits of the hash that the bit table is asked with: 16 KB, half of a first-level cache.
const TABLE_BITS: u32 = 17;

/// Bits of the hash that name a slot of entries.
const SLOT_BITS: u32 = 11;

/// Literals by three of their bytes.
#[derive(Debug)]
pub(crate) struct GramTable {
    /// One bit for each hash of three bytes.
    table: Box<[u64]>,
    slots: Slots<Entry>,
    literals: Literals,
    stages: Option<Arc<Stages>>,
}

/// Sets the bit that tells lower from upper case, whatever the bytes are.
const FOLD: u32 = 0x0020_2020;

/// The three bytes that represent a literal.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Folded.
    gram: u32,
    literal: u32,
    /// Where in the literal the three bytes stand.
    at: u32,
}

impl GramTable {
    /// Each literal by its rarest three bytes. All have at least three (`rules::lint`).
    pub(crate) fn by_rarest(
        words: &[Word<'_>],
        commonness: &Commonness,
        stages: Option<Arc<Stages>>,
    ) -> GramTable {
        GramTable::new(words, stages, |word| commonness.rarest(word.text.as_bytes(), !word.keyword))
    }

    /// Each literal by its first three bytes.
    pub(crate) fn by_first(words: &[Word<'_>], stages: Option<Arc<Stages>>) -> GramTable {
        GramTable::new(words, stages, |_| 0)
    }

    fn new(words: &[Word<'_>], stages: Option<Arc<Stages>>, place: impl Fn(&Word<'_>) -> usize) -> GramTable {
        let entries: Vec<Entry> = (0..)
            .zip(words)
            .map(|(index, word)| {
                let at = place(word);
                let three = &word.text.as_bytes()[at..at + 3];
                Entry { gram: gram(three) | FOLD, literal: index, at: at as u32 }
            })
            .collect();
        let mut table = vec![0u64; 1 << (TABLE_BITS - 6)].into_boxed_slice();
        for entry in &entries {
            let bit = table_bit(entry.gram);
            table[bit >> 6] |= 1 << (bit & 63);
        }
        let slots = Slots::new(1 << SLOT_BITS, entries, |entry| slot(entry.gram));
        GramTable { table, slots, literals: Literals::new(words), stages }
    }

    /// Gives every literal in `text`, by the place of the bytes that represent it.
    pub(crate) fn find(&self, text: &[u8], sink: &mut impl FnMut(Anchor)) {
        let mut at = 0;
        // Eight bytes hold six times three.
        while let Some(eight) = text.get(at..at + 8) {
            let word = u64::from_le_bytes(eight.try_into().expect("a slice of eight"));
            for shift in 0..6 {
                let gram = (word >> (8 * shift)) as u32 & 0x00ff_ffff | FOLD;
                if self.may_hold(gram) {
                    self.verify(text, at + shift, gram, sink);
                }
            }
            at += 6;
        }
        while let Some(three) = text.get(at..at + 3) {
            self.find_at(text, at, three, sink);
            at += 1;
        }
    }

    /// Gives every literal that the three bytes at `at` represent.
    pub(crate) fn find_at(&self, text: &[u8], at: usize, three: &[u8], sink: &mut impl FnMut(Anchor)) {
        let gram = gram(three) | FOLD;
        if self.may_hold(gram) {
            self.verify(text, at, gram, sink);
        }
    }

    #[inline(always)]
    fn may_hold(&self, gram: u32) -> bool {
        let bit = table_bit(gram);
        self.table[bit >> 6] >> (bit & 63) & 1 != 0
    }

    #[inline(never)]
    fn verify(&self, text: &[u8], at: usize, gram: u32, sink: &mut impl FnMut(Anchor)) {
        stats::count(self.stages.as_deref(), Stage::Compared, 1);
        let entries = self.slots.get(slot(gram)).iter();
        for entry in entries.filter(|entry| entry.gram == gram) {
            let Some(start) = at.checked_sub(entry.at as usize) else { continue };
            self.literals.at(entry.literal, text, start).into_iter().for_each(&mut *sink);
        }
    }
}

const MULTIPLIER: u32 = 0x9E37_79B1;

#[inline(always)]
fn table_bit(gram: u32) -> usize {
    (gram.wrapping_mul(MULTIPLIER) >> (32 - TABLE_BITS)) as usize
}

fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(MULTIPLIER) >> (32 - SLOT_BITS)) as usize
}
