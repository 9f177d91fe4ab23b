//! How common bytes are in source code: a literal is looked for by its rarest part.

/// The 1,600 most common three bytes of source code in lower case, most common first: counted at
/// every third byte of 40 MB of cargo, redis and git.
const COMMON: &[u8] = include_bytes!("common_trigrams.txt");

/// Three bytes as a number.
pub(super) fn gram(three: &[u8]) -> u32 {
    u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16
}

/// The common three bytes with their rank in the upper half, sorted by the bytes.
static RANKS: [u64; COMMON.len() / 3] = sorted(ranked());

const fn ranked() -> [u64; COMMON.len() / 3] {
    let mut ranks = [0; COMMON.len() / 3];
    let mut rank = 0;
    while rank < ranks.len() {
        let (a, b, c) = (COMMON[3 * rank], COMMON[3 * rank + 1], COMMON[3 * rank + 2]);
        ranks[rank] = a as u64 | (b as u64) << 8 | (c as u64) << 16 | (rank as u64) << 32;
        rank += 1;
    }
    ranks
}

/// Shell's sort, which the compiler can do: sorting when the program starts would cost a hook more than
/// looking at a small change.
const fn sorted<const N: usize>(mut numbers: [u64; N]) -> [u64; N] {
    let mut gap = N / 2;
    while gap > 0 {
        let mut next = gap;
        while next < N {
            let number = numbers[next];
            let mut at = next;
            while at >= gap && (numbers[at - gap] as u32) > number as u32 {
                numbers[at] = numbers[at - gap];
                at -= gap;
            }
            numbers[at] = number;
            next += 1;
        }
        gap /= 2;
    }
    numbers
}

/// How common three bytes are.
pub(super) struct Commonness;

impl Commonness {
    /// The common three bytes, each with a weight that is the higher the more common they are.
    fn weighted(&self) -> impl Iterator<Item = (u32, usize)> {
        RANKS.iter().map(|&ranked| (ranked as u32, RANKS.len() - (ranked >> 32) as usize))
    }

    /// How often each byte stands in source code, in parts of 1. Upper case is taken for a tenth of lower case,
    /// and every byte is given something.
    pub(super) fn bytes(&self) -> [f64; 256] {
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
    pub(super) fn rarity(&self, three: &[u8]) -> u32 {
        let folded = gram(&three.to_ascii_lowercase());
        let rank = RANKS.binary_search_by_key(&folded, |&ranked| ranked as u32);
        rank.map_or(u32::MAX, |at| (RANKS[at] >> 32) as u32)
    }

    /// Where the rarest three bytes of a literal stand. Upper case is rarer than what it folds to.
    pub(super) fn rarest(&self, literal: &[u8], case_counts: bool) -> usize {
        let worth = |three: &[u8]| {
            let upper = case_counts && three.iter().any(u8::is_ascii_uppercase);
            (self.rarity(three), upper)
        };
        let grams = literal.windows(3).enumerate();
        grams.max_by_key(|(at, three)| (worth(three), usize::MAX - at)).expect("three bytes").0
    }
}
