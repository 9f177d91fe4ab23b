//! Literals of three and four bytes that can stand anywhere: a filter over the halves of their bytes.
//!
//! The literals are sorted into eight buckets. For each of the first four places and each half of a byte, a table
//! of sixteen says to which buckets a literal with such a half there belongs. A place of the text where a bucket
//! remains after all eight look-ups is compared in earnest. The tables fit into
//! vector registers (`blocks`), which look up 32 bytes at once.

use super::commonness::Commonness;
use super::grams::GramTable;
use super::literal::Literal;
use super::{Anchor, Reach};

/// Which buckets remain for a half of a byte, at each of the four places.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Halves {
    pub(super) low: [[u8; 16]; 4],
    pub(super) high: [[u8; 16]; 4],
}

impl Halves {
    /// How much of source code a bucket lets through, when bytes stand there as often as `bytes` says.
    fn openness(&self, bucket: u8, bytes: &[f64; 256]) -> f64 {
        let place = |place: usize| {
            let is_set =
                |byte: usize| self.low[place][byte & 15] & self.high[place][byte >> 4] & (1 << bucket) != 0;
            (0..256).filter(|&byte| is_set(byte)).map(|byte| bytes[byte]).sum::<f64>()
        };
        (0..4).map(place).product()
    }

    fn with(mut self, bucket: u8, literal: &Literal) -> Halves {
        for place in 0..4 {
            // Behind a literal of three bytes anything may stand.
            let bytes = match (literal.bytes.get(place), literal.reach) {
                (None, _) => 0..=u8::MAX,
                (Some(&byte), Reach::Literal) => byte..=byte,
                (Some(byte), Reach::Keyword) => byte.to_ascii_uppercase()..=byte.to_ascii_lowercase(),
            };
            let steps = if literal.reach == Reach::Keyword && literal.bytes.len() > place { 32 } else { 1 };
            for byte in bytes.step_by(steps) {
                self.low[place][usize::from(byte & 15)] |= 1 << bucket;
                self.high[place][usize::from(byte >> 4)] |= 1 << bucket;
            }
        }
        self
    }
}

/// The literals and their filter.
#[derive(Debug)]
pub(super) struct ShortTable {
    pub(super) halves: Halves,
    grams: GramTable,
}

impl ShortTable {
    pub(super) fn new(literals: Vec<Literal>, commonness: &Commonness) -> ShortTable {
        let mut halves = Halves::default();
        let bytes = commonness.bytes();
        for literal in &literals {
            let opened = |bucket: u8| {
                halves.with(bucket, literal).openness(bucket, &bytes) - halves.openness(bucket, &bytes)
            };
            let best =
                (0..8).map(|bucket| (opened(bucket), bucket)).reduce(|a, b| if b.0 < a.0 { b } else { a });
            halves = halves.with(best.expect("there are eight").1, literal);
        }
        let grams = GramTable::by_first(literals, commonness);
        ShortTable { halves, grams }
    }

    /// Gives every literal that begins at `at`.
    pub(super) fn find_at(&self, text: &[u8], at: usize, sink: &mut impl FnMut(Anchor)) {
        if let Some(three) = text.get(at..at + 3) {
            self.grams.find_at(text, at, three, sink);
        }
    }
}
