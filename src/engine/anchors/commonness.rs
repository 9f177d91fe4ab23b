//! How common bytes are in source code: a literal is looked for by its rarest part.

/// The 1,600 most common three bytes of source code in lower case, most common first: counted at
/// every third byte of 40 MB of cargo, redis and git.
const COMMON: &[u8] = include_bytes!("common_trigrams.txt");

/// Three bytes as a number.
pub(super) fn gram(three: &[u8]) -> u32 {
    u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16
}

/// How common three bytes are.
pub(super) struct Commonness {
    /// Sorted by the bytes, each with its rank.
    ranks: Vec<(u32, u32)>,
}

impl Commonness {
    pub(super) fn new() -> Commonness {
        let mut ranks: Vec<(u32, u32)> = COMMON.chunks_exact(3).map(gram).zip(0..).collect();
        ranks.sort_unstable();
        Commonness { ranks }
    }

    /// The common three bytes, each with a weight that is the higher the more common they are.
    pub(super) fn weighted(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.ranks.iter().map(|&(gram, rank)| (gram, self.ranks.len() - rank as usize))
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
        let rank = self.ranks.binary_search_by_key(&folded, |&(gram, _)| gram).map(|at| self.ranks[at].1);
        rank.unwrap_or(u32::MAX)
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
