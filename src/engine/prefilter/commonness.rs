//! How common bytes and trigrams are in source code: a literal is searched by its rarest part.

/// The 1,600 most common trigrams of source code in lower case, most common first: counted at every third byte
/// of 40 MB of cargo, redis and git.
const COMMON: &[u8] = include_bytes!("common_trigrams.txt");

/// Returns three bytes as a number.
pub(crate) fn gram(three: &[u8]) -> u32 {
    u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16
}

/// A hash table of the common trigrams with linear probing: each with an eighth of its rank in the upper byte, at
/// its hash or the next free slot after it; 0 where a slot is free. Built at compile time: in a hook, scanning a
/// small change takes no longer than sorting the trigrams would.
static RANKS: [u32; 1 << RANK_BITS] = ranks();

const RANK_BITS: u32 = 12;

const fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - RANK_BITS)) as usize
}

const fn ranks() -> [u32; 1 << RANK_BITS] {
    let mut ranks = [0; 1 << RANK_BITS];
    let mut rank = 0;
    while rank < COMMON.len() / 3 {
        let (a, b, c) = (COMMON[3 * rank], COMMON[3 * rank + 1], COMMON[3 * rank + 2]);
        let gram = a as u32 | (b as u32) << 8 | (c as u32) << 16;
        let mut at = slot(gram);
        while ranks[at] != 0 {
            at = (at + 1) % ranks.len();
        }
        ranks[at] = gram | (rank as u32 / 8) << 24;
        rank += 1;
    }
    ranks
}

/// Estimates how common bytes and trigrams are.
pub(crate) struct Commonness;

impl Commonness {
    /// Returns the common trigrams, each with a weight that is higher for more common ones.
    fn weighted(&self) -> impl Iterator<Item = (u32, usize)> {
        COMMON.chunks_exact(3).enumerate().map(|(rank, three)| (gram(three), COMMON.len() / 3 - rank))
    }

    /// Returns the frequency of each byte in source code; the sum is 1. An upper-case letter counts as a tenth of
    /// the lower-case one, and no byte has the frequency 0.
    pub(crate) fn bytes(&self) -> [f64; 256] {
        let mut counts = [1.0; 256];
        for (gram, weight) in self.weighted() {
            for byte in &gram.to_le_bytes()[..3] {
                counts[usize::from(*byte)] += weight as f64;
                if byte.is_ascii_lowercase() {
                    counts[usize::from(byte.to_ascii_uppercase())] += weight as f64 / 10.0;
                }
            }
        }
        let sum: f64 = counts.iter().sum();
        counts.map(|count| count / sum)
    }

    /// Returns the rarity of a trigram in any letter case: higher for rarer ones, `u32::MAX` for all that are not
    /// among the common ones.
    pub(crate) fn rarity(&self, three: &[u8]) -> u32 {
        let folded = gram(&[0, 1, 2].map(|at| three[at].to_ascii_lowercase()));
        let mut at = slot(folded);
        while RANKS[at] != 0 {
            if RANKS[at] & 0x00ff_ffff == folded {
                return RANKS[at] >> 24;
            }
            at = (at + 1) % RANKS.len();
        }
        u32::MAX
    }

    /// Returns the offset of the rarest trigram of a literal. Where letter case is significant, a trigram with an
    /// upper-case letter is rarer than the same one in lower case.
    pub(crate) fn rarest(&self, literal: &[u8], is_case_sensitive: bool) -> usize {
        let score = |three: &[u8]| {
            let upper = is_case_sensitive && three.iter().any(u8::is_ascii_uppercase);
            (self.rarity(three), upper)
        };
        let grams = literal.windows(3).enumerate();
        grams.max_by_key(|(at, three)| (score(three), usize::MAX - at)).expect("three bytes").0
    }
}
