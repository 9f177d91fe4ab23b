//! Finds literals of six bytes and more anywhere in a text, by reading four bytes at every third byte.
//!
//! A literal is represented by four of its bytes and by the four-byte groups that begin one and two bytes later:
//! at any position of the literal, exactly one of the three is read. Letter case is folded first.

use std::ops::Range;
use std::sync::Arc;

use super::blocks;
use super::blocks::{BITS, Bits, FOLD, STEP, hash};
use super::commonness::Commonness;
use super::hit::Hit;
use super::literal::{Literals, Slots};
use crate::engine::stats;
use crate::engine::stats::{Stage, StatsCounter};
use crate::rules::Word;

/// Bytes of the shortest literal: three groups of four bytes, each one byte after the one before.
pub(crate) const MIN_LENGTH: usize = STEP + 3;

/// Bits of the hash that selects a slot of entries.
const SLOT_BITS: u32 = 11;

/// A table of literals, each represented by three groups of four bytes.
#[derive(Debug)]
pub(crate) struct StrideTable {
    /// One bit for each hash of four folded bytes.
    bits: Box<Bits>,
    slots: Slots<Entry>,
    literals: Literals,
    stats: Option<Arc<StatsCounter>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// With the letter-case bits set ([`FOLD`]).
    gram: u32,
    literal: u32,
    /// Offset of the four bytes in the literal.
    offset: u32,
}

impl StrideTable {
    /// Builds the table of `words`, which have at least [`MIN_LENGTH`] bytes.
    pub(crate) fn new(
        words: &[Word<'_>],
        commonness: &Commonness,
        stats: Option<Arc<StatsCounter>>,
    ) -> StrideTable {
        let entries: Vec<Entry> = (0..)
            .zip(words)
            .flat_map(|(index, word)| {
                let literal = word.text.as_bytes();
                let first = rarest(literal, commonness);
                [first, first + 1, first + 2].map(|offset| Entry {
                    gram: folded(&literal[offset..]),
                    literal: index,
                    offset: offset as u32,
                })
            })
            .collect();
        let mut bits = Box::new([0; 1 << (BITS - 5)]);
        for entry in &entries {
            let bit = hash(entry.gram);
            bits[bit >> 5] |= 1 << (bit & 31);
        }
        let slots = Slots::new(1 << SLOT_BITS, entries, |entry| slot(entry.gram));
        StrideTable { bits, slots, literals: Literals::new(words), stats }
    }

    /// Passes every literal whose representing bytes begin in `range` of `text` to `sink`. `range` begins at a
    /// multiple of three bytes. Adjoining ranges give each literal once.
    pub(crate) fn find(&self, text: &[u8], range: Range<usize>, sink: &mut impl FnMut(Hit)) {
        blocks::fours(text, range, &self.bits, |at| self.verify(text, at, folded(&text[at..]), sink));
    }

    #[inline(never)]
    fn verify(&self, text: &[u8], at: usize, gram: u32, sink: &mut impl FnMut(Hit)) {
        stats::count(self.stats.as_deref(), Stage::Compared, 1);
        for entry in self.slots.get(slot(gram)).iter().filter(|entry| entry.gram == gram) {
            let Some(start) = at.checked_sub(entry.offset as usize) else { continue };
            self.literals.hit_at(entry.literal, text, start).into_iter().for_each(&mut *sink);
        }
    }
}

/// Returns the offset of the six bytes that are rarest, estimated from the rarity of their trigrams.
fn rarest(literal: &[u8], commonness: &Commonness) -> usize {
    let score = |six: &[u8]| {
        let rarity = |at: usize| u64::from(commonness.rarity(&six[at..at + 3]));
        let four = |at: usize| rarity(at).max(rarity(at + 1));
        (0..STEP).map(four).sum::<u64>()
    };
    let sixes = literal.windows(MIN_LENGTH).enumerate();
    sixes.max_by_key(|(at, six)| (score(six), usize::MAX - at)).expect("six bytes").0
}

fn folded(four: &[u8]) -> u32 {
    u32::from_le_bytes(four[..4].try_into().expect("a slice of four")) | FOLD
}

fn slot(gram: u32) -> usize {
    hash(gram) >> (BITS - SLOT_BITS)
}
