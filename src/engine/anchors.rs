//! Where a rule could match: one pass over the bytes, looking at three of them at a time.
//!
//! An anchor is a literal at a byte. Anchors may overlap, so whether one is found never depends on
//! what stands before it: the first half of the locality contract.
//!
//! Every literal is represented by its rarest three bytes. A bit table says for each three bytes of
//! the text whether any literal is represented so; only then are literals compared. It is built in
//! a tenth of the time of an Aho-Corasick automaton, and for several hundred literals it is faster,
//! because the states of such an automaton no longer fit the cache.

use crate::rules::{RuleSet, Word};

/// How a rule is reached from an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The match starts a fixed number of bytes before the anchor, and letter case counts.
    Literal,
    /// The value stands behind the anchor, which may be in any letter case.
    Keyword,
}

/// One place where one rule could match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// First byte of the literal.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
    /// Index into the engine's rules.
    pub(crate) rule: usize,
    /// How to go on from here.
    pub(crate) reach: Reach,
}

/// Bits of the hash that the bit table is asked with: 16 KB, half of a first-level cache.
const TABLE_BITS: u32 = 17;

/// Bits of the hash that name a slot of entries.
const SLOT_BITS: u32 = 11;

/// The prefilter: all literals of all rules.
#[derive(Debug)]
pub(crate) struct Anchors {
    /// One bit for each hash of three bytes.
    table: Box<[u64]>,
    /// For each slot the first of its entries; the next slot's first ends them.
    slots: Box<[u32]>,
    /// By slot.
    entries: Box<[Entry]>,
    literals: Box<[Literal]>,
    hash: Hash,
}

/// One way in which three bytes represent a literal.
#[derive(Clone, Copy, Debug)]
struct Entry {
    gram: u32,
    literal: u32,
}

/// One rule's interest in one literal.
#[derive(Clone, Debug)]
struct Literal {
    bytes: Box<[u8]>,
    /// Where in it the three bytes stand that represent it.
    gram_at: usize,
    rule: usize,
    reach: Reach,
}

impl Anchors {
    /// Collects the literals and keywords of `rules`. They have at least three bytes (`rules::lint`).
    pub(crate) fn new(rules: &RuleSet) -> Anchors {
        let commonness = Commonness::new();
        let mut literals = Vec::new();
        for Word { text, rule, keyword } in rules.words() {
            let reach = if keyword { Reach::Keyword } else { Reach::Literal };
            let gram_at = commonness.rarest(text.as_bytes(), reach);
            literals.push(Literal { bytes: text.as_bytes().into(), gram_at, rule, reach });
        }
        let mut entries: Vec<Entry> =
            (0..).zip(&literals).flat_map(|(index, literal)| literal.entries(index)).collect();
        let hash = Hash::choose(&entries, &commonness);
        entries.sort_by_key(|entry| hash.slot(entry.gram));
        let mut table = vec![0u64; 1 << (TABLE_BITS - 6)].into_boxed_slice();
        let mut slots = vec![0u32; (1 << SLOT_BITS) + 1].into_boxed_slice();
        for entry in &entries {
            let bit = hash.table_bit(entry.gram);
            table[bit >> 6] |= 1 << (bit & 63);
            slots[hash.slot(entry.gram) + 1] += 1;
        }
        for index in 1..slots.len() {
            slots[index] += slots[index - 1];
        }
        Anchors { table, slots, entries: entries.into(), literals: literals.into(), hash }
    }

    /// Gives every anchor in `text`, by the place of the bytes that represent its literal.
    pub(crate) fn find(&self, text: &[u8], mut sink: impl FnMut(Anchor)) {
        let mut at = 0;
        // Eight bytes hold six times three.
        while let Some(eight) = text.get(at..at + 8) {
            let word = u64::from_le_bytes(eight.try_into().expect("a slice of eight"));
            for shift in 0..6 {
                let gram = (word >> (8 * shift)) as u32 & 0x00ff_ffff;
                if self.may_hold(gram) {
                    self.verify(text, at + shift, gram, &mut sink);
                }
            }
            at += 6;
        }
        while let Some(three) = text.get(at..at + 3) {
            let gram = gram(three);
            if self.may_hold(gram) {
                self.verify(text, at, gram, &mut sink);
            }
            at += 1;
        }
    }

    #[inline(always)]
    fn may_hold(&self, gram: u32) -> bool {
        let bit = self.hash.table_bit(gram);
        self.table[bit >> 6] >> (bit & 63) & 1 != 0
    }

    #[inline(never)]
    fn verify(&self, text: &[u8], at: usize, gram: u32, sink: &mut impl FnMut(Anchor)) {
        let slot = self.hash.slot(gram);
        let entries = &self.entries[self.slots[slot] as usize..self.slots[slot + 1] as usize];
        for entry in entries.iter().filter(|entry| entry.gram == gram) {
            let literal = &self.literals[entry.literal as usize];
            let Some(start) = at.checked_sub(literal.gram_at) else { continue };
            let end = start + literal.bytes.len();
            let holds = text.get(start..end).is_some_and(|found| match literal.reach {
                Reach::Literal => *found == *literal.bytes,
                Reach::Keyword => found.eq_ignore_ascii_case(&literal.bytes),
            });
            if holds {
                sink(Anchor { start, end, rule: literal.rule, reach: literal.reach });
            }
        }
    }
}

impl Literal {
    /// The literal's three bytes; of a keyword in every mixture of letter cases.
    fn entries(&self, index: u32) -> Vec<Entry> {
        let bytes = &self.bytes[self.gram_at..self.gram_at + 3];
        let mut grams = vec![gram(bytes)];
        if self.reach == Reach::Keyword {
            let variant = |upper: u32| {
                let cased = |at: usize| {
                    let byte = bytes[at];
                    if upper >> at & 1 == 1 { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() }
                };
                gram(&[cased(0), cased(1), cased(2)])
            };
            grams = (0..8).map(variant).collect();
            grams.sort_unstable();
            grams.dedup();
        }
        grams.into_iter().map(|gram| Entry { gram, literal: index }).collect()
    }
}

/// Three bytes as a number.
fn gram(three: &[u8]) -> u32 {
    u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16
}

/// A multiplicative hash of three bytes.
#[derive(Clone, Copy, Debug)]
struct Hash(u32);

impl Hash {
    /// Of a few multipliers the one under which the fewest common three bytes of source code hit a
    /// bit that is set for others: those would be compared in vain, thousands of times a megabyte.
    fn choose(entries: &[Entry], commonness: &Commonness) -> Hash {
        const MULTIPLIERS: [u32; 6] =
            [0x9E37_79B1, 0x85EB_CA6B, 0xC2B2_AE35, 0x27D4_EB2F, 0x1656_67B1, 0xB529_7A4D];
        let vain = |hash: &Hash| {
            let mut bits: Vec<usize> = entries.iter().map(|entry| hash.table_bit(entry.gram)).collect();
            bits.sort_unstable();
            let hits =
                commonness.grams().filter(|(_, gram)| bits.binary_search(&hash.table_bit(*gram)).is_ok());
            hits.map(|(rank, _)| COMMON.len() / 3 - rank).sum::<usize>()
        };
        MULTIPLIERS.into_iter().map(Hash).min_by_key(vain).expect("there are multipliers")
    }

    #[inline(always)]
    fn table_bit(self, gram: u32) -> usize {
        (gram.wrapping_mul(self.0) >> (32 - TABLE_BITS)) as usize
    }

    fn slot(self, gram: u32) -> usize {
        (gram.wrapping_mul(self.0) >> (32 - SLOT_BITS)) as usize
    }
}

/// The 1,600 most common three bytes of source code in lower case, most common first: counted at
/// every third byte of 40 MB of cargo, redis and git.
const COMMON: &[u8] = include_bytes!("common_trigrams.txt");

/// How common three bytes are.
struct Commonness {
    /// Sorted by the bytes, each with its rank.
    ranks: Vec<(u32, u32)>,
}

impl Commonness {
    fn new() -> Commonness {
        let mut ranks: Vec<(u32, u32)> = COMMON.chunks_exact(3).map(gram).zip(0..).collect();
        ranks.sort_unstable();
        Commonness { ranks }
    }

    fn grams(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.ranks.iter().map(|&(gram, rank)| (rank as usize, gram))
    }

    /// Where the rarest three bytes of a literal stand. Upper case is rarer than what it folds to.
    fn rarest(&self, literal: &[u8], reach: Reach) -> usize {
        let rarity = |three: &[u8]| {
            let upper = reach == Reach::Literal && three.iter().any(u8::is_ascii_uppercase);
            let folded = gram(&three.to_ascii_lowercase());
            let rank = self.ranks.binary_search_by_key(&folded, |&(gram, _)| gram).map(|at| self.ranks[at].1);
            (rank.unwrap_or(u32::MAX), upper)
        };
        let grams = literal.windows(3).enumerate();
        grams.max_by_key(|(at, three)| (rarity(three), usize::MAX - at)).expect("three bytes").0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::Rule;

    /// Every anchor, found by comparing every literal at every place.
    fn naive(rules: &[Rule], text: &[u8]) -> Vec<Anchor> {
        let mut found = Vec::new();
        for (rule, source) in rules.iter().enumerate() {
            for start in 0..text.len() {
                let rest = &text[start..];
                for literal in source.literals.iter().filter(|literal| rest.starts_with(literal.as_bytes())) {
                    found.push(Anchor { start, end: start + literal.len(), rule, reach: Reach::Literal });
                }
                let begins = |keyword: &&String| {
                    rest.get(..keyword.len())
                        .is_some_and(|part| part.eq_ignore_ascii_case(keyword.as_bytes()))
                };
                for keyword in source.keywords.iter().filter(begins) {
                    found.push(Anchor { start, end: start + keyword.len(), rule, reach: Reach::Keyword });
                }
            }
        }
        found
    }

    fn sorted(mut anchors: Vec<Anchor>) -> Vec<(usize, usize, usize, bool)> {
        let mut keys: Vec<_> =
            anchors.drain(..).map(|a| (a.start, a.end, a.rule, a.reach == Reach::Literal)).collect();
        keys.sort_unstable();
        keys
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
        #[test]
        fn finds_what_comparing_everything_finds(picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), "[ -~\n]{0,7}"), 0..12)) {
            let set = RuleSet::builtin();
            let rules: Vec<Rule> = set.iter().cloned().collect();
            let words: Vec<&String> = rules.iter().flat_map(|rule| rule.literals.iter().chain(&rule.keywords)).collect();
            let mut text = Vec::new();
            for (pick, upper, noise) in &picks {
                let word = words[pick.index(words.len())];
                text.extend_from_slice(if *upper { word.to_ascii_uppercase() } else { word.clone() }.as_bytes());
                text.extend_from_slice(noise.as_bytes());
            }
            let mut found = Vec::new();
            Anchors::new(&set).find(&text, |anchor| found.push(anchor));
            prop_assert_eq!(sorted(found), sorted(naive(&rules, &text)));
        }
    }
}
