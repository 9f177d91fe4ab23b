//! Literals of three to five bytes that can stand anywhere: a filter over the halves of their bytes.
//!
//! The literals are sorted into sixteen buckets, eight to a byte. For each of the first four places and each half of a byte, a table
//! of sixteen says to which buckets a literal with such a half there belongs. A place of the text where a bucket
//! remains after all look-ups is compared in earnest. The tables fit into
//! vector registers (`blocks`), which look up 32 bytes at once.

use std::sync::Arc;

use super::Anchor;
use super::commonness::Commonness;
use super::grams::GramTable;
use crate::engine::stats::Stages;
use crate::rules::Word;

/// Which buckets remain for a half of a byte, at each of the four places.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Halves {
    pub(crate) low: [[u8; 16]; 4],
    pub(crate) high: [[u8; 16]; 4],
}

/// One bucket while literals are sorted into it.
#[derive(Clone, Copy, Default)]
struct Bucket {
    /// Which halves are let through at each place.
    low: [u16; 4],
    high: [u16; 4],
    /// How much of source code passes each place.
    open: [f64; 4],
}

impl Bucket {
    /// The bucket with one literal more. `bytes` says how often each byte stands in source code.
    fn with(mut self, word: &Word<'_>, bytes: &[f64; 256]) -> Bucket {
        for place in 0..4 {
            let Some(&byte) = word.text.as_bytes().get(place) else {
                // Behind a literal of three bytes anything may stand.
                (self.low[place], self.high[place], self.open[place]) = (u16::MAX, u16::MAX, 1.0);
                continue;
            };
            self.let_through(place, byte, bytes);
            if word.keyword {
                self.let_through(place, byte.to_ascii_lowercase(), bytes);
                self.let_through(place, byte.to_ascii_uppercase(), bytes);
            }
        }
        self
    }

    fn let_through(&mut self, place: usize, byte: u8, bytes: &[f64; 256]) {
        let (low, high) = (usize::from(byte & 15), usize::from(byte >> 4));
        let often = |low: usize, high: usize| bytes[high << 4 | low];
        let set = |halves: u16| (0..16).filter(move |half| halves >> half & 1 == 1);
        if self.low[place] >> low & 1 == 0 {
            self.open[place] += set(self.high[place]).map(|high| often(low, high)).sum::<f64>();
            self.low[place] |= 1 << low;
        }
        if self.high[place] >> high & 1 == 0 {
            self.open[place] += set(self.low[place]).map(|low| often(low, high)).sum::<f64>();
            self.high[place] |= 1 << high;
        }
    }

    fn openness(&self) -> f64 {
        self.open.iter().product()
    }
}

/// The literals and their filter.
#[derive(Debug)]
pub(crate) struct ShortTable {
    pub(crate) halves: [Halves; 2],
    grams: GramTable,
}

impl ShortTable {
    pub(crate) fn new(
        words: &[Word<'_>],
        commonness: &Commonness,
        stages: Option<Arc<Stages>>,
    ) -> ShortTable {
        let bytes = commonness.bytes();
        let mut buckets = [Bucket::default(); 16];
        for word in words {
            let opened = |bucket: &Bucket| bucket.with(word, &bytes).openness() - bucket.openness();
            let number = (0..16).map(|number| (opened(&buckets[number]), number));
            let best = number.reduce(|a, b| if b.0 < a.0 { b } else { a }).expect("there are some").1;
            buckets[best] = buckets[best].with(word, &bytes);
        }
        let mut halves = [Halves::default(); 2];
        for (number, bucket) in buckets.iter().enumerate() {
            for place in 0..4 {
                for half in 0..16 {
                    let bit = |halves: u16| u8::from(halves >> half & 1 == 1) << (number % 8);
                    halves[number / 8].low[place][half] |= bit(bucket.low[place]);
                    halves[number / 8].high[place][half] |= bit(bucket.high[place]);
                }
            }
        }
        let grams = GramTable::by_first(words, stages);
        ShortTable { halves, grams }
    }

    /// Gives every literal that begins at `at`.
    pub(crate) fn find_at(&self, text: &[u8], at: usize, sink: &mut impl FnMut(Anchor)) {
        if let Some(three) = text.get(at..at + 3) {
            self.grams.find_at(text, at, three, sink);
        }
    }
}
