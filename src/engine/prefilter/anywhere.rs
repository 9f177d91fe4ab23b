//! Literals of six bytes and more that can stand anywhere: four bytes at every third byte of the text.
//!
//! A literal is represented by four of its bytes and by the fours that begin one and two bytes later: wherever it
//! stands, exactly one of the three is looked at. Letter case is folded before the look.

use std::ops::Range;
use std::sync::Arc;

use super::Anchor;
use super::blocks;
use super::blocks::{BITS, Bits, FOLD, STEP, hash};
use super::commonness::Commonness;
use super::literal::{Literals, Slots};
use crate::engine::stats;
use crate::engine::stats::{Stage, Stages};
use crate::rules::Word;

/// Shortest literal: three times four bytes, one apart.
pub(crate) const LEAST: usize = STEP + 3;

/// Bits of the hash that name a slot of entries.
const SLOT_BITS: u32 = 11;

/// Literals by four of their bytes.
#[derive(Debug)]
pub(crate) struct StrideTable {
    /// One bit for each hash of four folded bytes.
    bits: Box<Bits>,
    slots: Slots<Entry>,
    literals: Literals,
    stages: Option<Arc<Stages>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Folded.
    gram: u32,
    literal: u32,
    /// Where in the literal the four bytes stand.
    at: u32,
}

impl StrideTable {
    /// `words` have at least [`LEAST`] bytes.
    pub(crate) fn new(
        words: &[Word<'_>],
        commonness: &Commonness,
        stages: Option<Arc<Stages>>,
    ) -> StrideTable {
        let entries: Vec<Entry> = (0..)
            .zip(words)
            .flat_map(|(index, word)| {
                let literal = word.text.as_bytes();
                let at = rarest(literal, commonness);
                [at, at + 1, at + 2].map(|at| Entry {
                    gram: folded(&literal[at..]),
                    literal: index,
                    at: at as u32,
                })
            })
            .collect();
        let mut bits = Box::new([0; 1 << (BITS - 5)]);
        for entry in &entries {
            let bit = hash(entry.gram);
            bits[bit >> 5] |= 1 << (bit & 31);
        }
        let slots = Slots::new(1 << SLOT_BITS, entries, |entry| slot(entry.gram));
        StrideTable { bits, slots, literals: Literals::new(words), stages }
    }

    /// Gives every literal of which the representing bytes are found in `range` of `text`, where `range` begins
    /// a multiple of three bytes behind the first. Ranges that adjoin give each literal once.
    pub(crate) fn find(&self, text: &[u8], range: Range<usize>, sink: &mut impl FnMut(Anchor)) {
        blocks::fours(text, range, &self.bits, |at| self.verify(text, at, folded(&text[at..]), sink));
    }

    #[inline(never)]
    fn verify(&self, text: &[u8], at: usize, gram: u32, sink: &mut impl FnMut(Anchor)) {
        stats::count(self.stages.as_deref(), Stage::Compared, 1);
        for entry in self.slots.get(slot(gram)).iter().filter(|entry| entry.gram == gram) {
            let Some(start) = at.checked_sub(entry.at as usize) else { continue };
            self.literals.at(entry.literal, text, start).into_iter().for_each(&mut *sink);
        }
    }
}

/// Where the six bytes begin that are least common, as far as threes of bytes tell.
fn rarest(literal: &[u8], commonness: &Commonness) -> usize {
    let worth = |six: &[u8]| {
        let rarity = |at: usize| u64::from(commonness.rarity(&six[at..at + 3]));
        let four = |at: usize| rarity(at).max(rarity(at + 1));
        (0..STEP).map(four).sum::<u64>()
    };
    let sixes = literal.windows(LEAST).enumerate();
    sixes.max_by_key(|(at, six)| (worth(six), usize::MAX - at)).expect("six bytes").0
}

fn folded(four: &[u8]) -> u32 {
    u32::from_le_bytes(four[..4].try_into().expect("a slice of four")) | FOLD
}

fn slot(gram: u32) -> usize {
    hash(gram) >> (BITS - SLOT_BITS)
}
