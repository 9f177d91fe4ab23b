//! How common bytes are in source code: a literal is looked for by its rarest part.

/// The 1,600 most common three bytes of source code in lower case, most common first: counted at
/// every third byte of 40 MB of cargo, redis and git.
const COMMON: &[u8] = include_bytes!("common_trigrams.txt");

/// Three bytes as a number.
pub(crate) fn gram(three: &[u8]) -> u32 {
    u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16
}

/// The common three bytes, each with an eighth of its rank in the upper byte, at its hash or the next free place
/// behind it; 0 where there is none. Made by the compiler: looking at a small change takes a hook no longer than
/// sorting them would.
static RANKS: [u32; 1 << RANK_BITS] = ranks();

const RANK_BITS: u32 = 12;

const fn place(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - RANK_BITS)) as usize
}

const fn ranks() -> [u32; 1 << RANK_BITS] {
    let mut ranks = [0; 1 << RANK_BITS];
    let mut rank = 0;
    while rank < COMMON.len() / 3 {
        let (a, b, c) = (COMMON[3 * rank], COMMON[3 * rank + 1], COMMON[3 * rank + 2]);
        let gram = a as u32 | (b as u32) << 8 | (c as u32) << 16;
        let mut at = place(gram);
        while ranks[at] != 0 {
            at = (at + 1) % ranks.len();
        }
        ranks[at] = gram | (rank as u32 / 8) << 24;
        rank += 1;
    }
    ranks
}

/// How common three bytes are.
pub(crate) struct Commonness;

impl Commonness {
    /// The common three bytes, each with a weight that is the higher the more common they are.
    fn weighted(&self) -> impl Iterator<Item = (u32, usize)> {
        COMMON.chunks_exact(3).enumerate().map(|(rank, three)| (gram(three), COMMON.len() / 3 - rank))
    }

    /// How often each byte stands in source code, in parts of 1. Upper case is taken for a tenth of lower case,
    /// and every byte is given something.
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

    /// Higher for rarer bytes; all that are not among the common ones are equally rare. Letter case is not
    /// looked at.
    pub(crate) fn rarity(&self, three: &[u8]) -> u32 {
        let folded = gram(&[0, 1, 2].map(|at| three[at].to_ascii_lowercase()));
        let mut at = place(folded);
        while RANKS[at] != 0 {
            if RANKS[at] & 0x00ff_ffff == folded {
                return RANKS[at] >> 24;
            }
            at = (at + 1) % RANKS.len();
        }
        u32::MAX
    }

    /// Where the rarest three bytes of a literal stand. Upper case is rarer than what it folds to.
    pub(crate) fn rarest(&self, literal: &[u8], case_counts: bool) -> usize {
        let worth = |three: &[u8]| {
            let upper = case_counts && three.iter().any(u8::is_ascii_uppercase);
            (self.rarity(three), upper)
        };
        let grams = literal.windows(3).enumerate();
        grams.max_by_key(|(at, three)| (worth(three), usize::MAX - at)).expect("three bytes").0
    }
}
