//! Finds literals of three to five bytes anywhere in a text, with a filter over the nibbles of their bytes.
//!
//! The literals are sorted into sixteen buckets, one bit each in two bytes. For each of the first four bytes of a
//! literal and each nibble (half of a byte), a table of sixteen entries contains the buckets of the literals that
//! have this nibble there. Literals are compared only at positions of the text where a bucket is left after all
//! look-ups. The tables fit into vector registers (`blocks`), which look up 32 bytes at once.

use std::sync::Arc;

use super::commonness::Commonness;
use super::grams::GramTable;
use super::hit::Hit;
use crate::engine::stats::StatsCounter;
use crate::rules::Word;

/// The buckets, as a bit set, that contain a literal with a given nibble at each of the four positions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NibbleTables {
    pub(crate) low: [[u8; 16]; 4],
    pub(crate) high: [[u8; 16]; 4],
}

/// A bucket while literals are sorted into it.
#[derive(Clone, Copy, Default)]
struct Bucket {
    /// The nibbles that pass at each position, as bit sets.
    low: [u16; 4],
    high: [u16; 4],
    /// The share of the bytes of source code that pass at each position.
    pass_rates: [f64; 4],
}

impl Bucket {
    /// Returns the bucket with one more literal. `bytes` is the frequency of each byte in source code.
    fn with(mut self, word: &Word<'_>, bytes: &[f64; 256]) -> Bucket {
        for position in 0..4 {
            let Some(&byte) = word.text.as_bytes().get(position) else {
                // After a literal of three bytes, any byte passes.
                (self.low[position], self.high[position], self.pass_rates[position]) =
                    (u16::MAX, u16::MAX, 1.0);
                continue;
            };
            self.pass(position, byte, bytes);
            if word.is_keyword {
                self.pass(position, byte.to_ascii_lowercase(), bytes);
                self.pass(position, byte.to_ascii_uppercase(), bytes);
            }
        }
        self
    }

    fn pass(&mut self, position: usize, byte: u8, bytes: &[f64; 256]) {
        let (low, high) = (usize::from(byte & 15), usize::from(byte >> 4));
        let frequency = |low: usize, high: usize| bytes[high << 4 | low];
        let members = |nibbles: u16| (0..16).filter(move |nibble| nibbles >> nibble & 1 == 1);
        if self.low[position] >> low & 1 == 0 {
            self.pass_rates[position] +=
                members(self.high[position]).map(|high| frequency(low, high)).sum::<f64>();
            self.low[position] |= 1 << low;
        }
        if self.high[position] >> high & 1 == 0 {
            self.pass_rates[position] +=
                members(self.low[position]).map(|low| frequency(low, high)).sum::<f64>();
            self.high[position] |= 1 << high;
        }
    }

    /// Returns the estimated share of positions in source code that pass.
    fn pass_rate(&self) -> f64 {
        self.pass_rates.iter().product()
    }
}

/// Short literals and their filter.
#[derive(Debug)]
pub(crate) struct ShortTable {
    pub(crate) nibbles: [NibbleTables; 2],
    grams: GramTable,
}

impl ShortTable {
    pub(crate) fn new(
        words: &[Word<'_>],
        commonness: &Commonness,
        stats: Option<Arc<StatsCounter>>,
    ) -> ShortTable {
        let bytes = commonness.bytes();
        let mut buckets = [Bucket::default(); 16];
        for word in words {
            let increase = |bucket: &Bucket| bucket.with(word, &bytes).pass_rate() - bucket.pass_rate();
            let number = (0..16).map(|number| (increase(&buckets[number]), number));
            let best = number.reduce(|a, b| if b.0 < a.0 { b } else { a }).expect("sixteen buckets").1;
            buckets[best] = buckets[best].with(word, &bytes);
        }
        let mut nibbles = [NibbleTables::default(); 2];
        for (number, bucket) in buckets.iter().enumerate() {
            for position in 0..4 {
                for nibble in 0..16 {
                    let bit = |set: u16| u8::from(set >> nibble & 1 == 1) << (number % 8);
                    nibbles[number / 8].low[position][nibble] |= bit(bucket.low[position]);
                    nibbles[number / 8].high[position][nibble] |= bit(bucket.high[position]);
                }
            }
        }
        let grams = GramTable::from_first_grams(words, stats);
        ShortTable { nibbles, grams }
    }

    /// Passes every literal that begins at `at` to `sink`.
    pub(crate) fn find_at(&self, text: &[u8], at: usize, sink: &mut impl FnMut(Hit)) {
        if let Some(three) = text.get(at..at + 3) {
            self.grams.find_at(text, at, three, sink);
        }
    }
}
