//! Finds the token runs of a text and the ranges to search near them, merged where they touch.

use crate::model::Span;
use crate::rules::token_run::{MAX_LONG_RUN_DISTANCE, MAX_MIXED_RUN_DISTANCE, MIN_MIXED_RUN};

use super::blocks::Masks;

/// Finds the token runs in a text that is passed as bit masks, 64 bytes at a time.
#[derive(Debug, Default)]
pub(crate) struct RunFinder {
    /// Bytes of the run that continues at the end of the last block; 0 if there is none.
    open: usize,
    /// The bits of the last block's digits.
    digits: u64,
    /// Whether the open run has a digit before the last block.
    has_earlier_digit: bool,
}

impl RunFinder {
    /// Adds the block of 64 bytes at `at`. Passes the runs of at least [`MIN_MIXED_RUN`] bytes that end in it to
    /// `sink`, each with whether it contains a digit.
    #[inline(always)]
    pub(crate) fn push(&mut self, at: usize, masks: Masks, sink: &mut impl FnMut(Span, bool)) {
        let mask = masks.token_bytes;
        // Most blocks neither contain nor end a long run.
        if run_starts(mask) != 0 || self.open + mask.trailing_ones() as usize >= MIN_MIXED_RUN {
            return self.push_long(at, masks, sink);
        }
        self.open = mask.leading_ones() as usize;
        self.digits = masks.digits;
        self.has_earlier_digit = false;
    }

    #[inline(never)]
    fn push_long(&mut self, at: usize, masks: Masks, sink: &mut impl FnMut(Span, bool)) {
        let Masks { token_bytes: mask, digits, .. } = masks;
        // The bits at the end of the last block that belong to the open run.
        let in_open = if self.open < 64 { !(!0 >> self.open) } else { !0 };
        let has_digit_before = self.has_earlier_digit || self.digits & in_open != 0;
        self.digits = digits;
        if mask == u64::MAX {
            self.has_earlier_digit = has_digit_before;
            self.open += 64;
            return;
        }
        let first = mask.trailing_ones();
        if self.open + first as usize >= MIN_MIXED_RUN {
            let run = Span::new(at - self.open, at + first as usize);
            sink(run, self.open > 0 && has_digit_before || digits & !(!0 << first) != 0);
        }
        let tail = mask.leading_ones();
        self.open = tail as usize;
        self.has_earlier_digit = false;
        let rest = mask & (!0 << first) & (!0 >> tail);
        let mut starts = run_starts(rest);
        while starts != 0 {
            let start = starts.trailing_zeros();
            let end = start + (rest >> start).trailing_ones();
            // Bits up to the run's end; it ends before the block does.
            let below = !(!0 << end);
            sink(Span::new(at + start as usize, at + end as usize), digits & below >> start << start != 0);
            starts &= !below;
        }
    }

    /// Passes a run that ends with the text, at `end`, to `sink`.
    pub(crate) fn finish(&mut self, end: usize, sink: &mut impl FnMut(Span, bool)) {
        // If the text fills its last block, no byte after a run at its end has closed the run.
        if self.open > 0 {
            self.push_long(end, Masks::default(), sink);
        }
    }
}

/// The positions in the last blocks where a word starts: after a byte that is neither a letter nor a digit.
#[derive(Debug)]
pub(crate) struct WordStarts {
    /// A ring of bit masks, by block number.
    blocks: [u64; WordStarts::BLOCKS],
    /// One past the last block's last byte.
    end: usize,
    /// Whether the byte before the next block is a letter or digit.
    is_in_word: bool,
}

impl WordStarts {
    const BLOCKS: usize = 16;

    pub(crate) fn new() -> WordStarts {
        WordStarts { blocks: [0; WordStarts::BLOCKS], end: 0, is_in_word: false }
    }

    /// Adds the block of 64 bytes at `at`.
    #[inline(always)]
    pub(crate) fn push(&mut self, at: usize, alphanumeric: u64) {
        self.blocks[at / 64 % WordStarts::BLOCKS] = !(alphanumeric << 1 | u64::from(self.is_in_word));
        self.is_in_word = alphanumeric >> 63 == 1;
        self.end = at + 64;
    }

    /// Passes the word starts in `range` to `sink`. Returns `false`, without a call, if the ring no longer contains
    /// the range's first block.
    #[inline(always)]
    pub(crate) fn for_each_in(&self, range: Span, mut sink: impl FnMut(usize)) -> bool {
        let first = range.start / 64 * 64;
        if self.end - first > WordStarts::BLOCKS * 64 {
            return false;
        }
        for at in (first..range.end).step_by(64) {
            let mut left = self.blocks[at / 64 % WordStarts::BLOCKS];
            if at < range.start {
                left &= !0 << (range.start - at);
            }
            if at + 64 > range.end {
                left &= !(!0 << (range.end - at));
            }
            while left != 0 {
                sink(at + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
        true
    }
}

/// Returns the bits at which at least [`MIN_MIXED_RUN`] set bits in a row begin.
#[inline(always)]
fn run_starts(mask: u64) -> u64 {
    const { assert!(MIN_MIXED_RUN == 16) };
    let two = mask & mask >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    eight & eight >> 8
}

/// The ranges to search for one kind of run: from `BEFORE` bytes before it to its end.
#[derive(Debug, Default)]
pub(crate) struct SearchRanges<const BEFORE: usize> {
    /// The ranges that later runs may extend.
    open: Vec<Span>,
}

/// The ranges to search for long runs.
pub(crate) type LongRunRanges = SearchRanges<MAX_LONG_RUN_DISTANCE>;

/// The ranges to search for runs with a digit.
pub(crate) type MixedRunRanges = SearchRanges<MAX_MIXED_RUN_DISTANCE>;

impl<const BEFORE: usize> SearchRanges<BEFORE> {
    /// Adds the range of a run; runs are added in order of position. Passes the ranges that no later run can
    /// extend to `sink`.
    pub(crate) fn add(&mut self, run: Span, sink: &mut impl FnMut(Span)) {
        let done = self.open.iter().take_while(|range| range.end + BEFORE < run.start).count();
        self.open.drain(..done).for_each(&mut *sink);
        let mut start = run.start.saturating_sub(BEFORE);
        while let Some(last) = self.open.pop_if(|last| last.end >= start) {
            start = start.min(last.start);
        }
        self.open.push(Span::new(start, run.end));
    }

    /// Passes the remaining ranges to `sink`.
    pub(crate) fn finish(&mut self, sink: &mut impl FnMut(Span)) {
        self.open.drain(..).for_each(sink);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::token_run::is_token_byte;

    fn runs(text: &[u8]) -> Vec<(Span, bool)> {
        let mut finder = RunFinder::default();
        let mut runs = Vec::new();
        for (number, block) in text.chunks(64).enumerate() {
            let bits = |has: fn(&u8) -> bool| {
                let bit = |(at, byte): (usize, &u8)| u64::from(has(byte)) << at;
                block.iter().enumerate().map(bit).fold(0, |all, bit| all | bit)
            };
            let token_bytes = bits(|&byte| is_token_byte(byte));
            let masks = Masks { token_bytes, digits: bits(u8::is_ascii_digit), alphanumeric: 0, short: 0 };
            finder.push(number * 64, masks, &mut |run, digit| runs.push((run, digit)));
        }
        finder.finish(text.len(), &mut |run, digit| runs.push((run, digit)));
        runs
    }

    fn naive_runs(text: &[u8]) -> Vec<Span> {
        let mut runs = Vec::new();
        let mut start = 0;
        for at in 0..=text.len() {
            if text.get(at).is_none_or(|&byte| !is_token_byte(byte)) {
                if at - start >= MIN_MIXED_RUN {
                    runs.push(Span::new(start, at));
                }
                start = at + 1;
            }
        }
        runs
    }

    /// Whether each byte is in the range of some run, with the range of each run computed separately.
    fn naive_ranges(runs: &[Span], before: usize, length: usize) -> Vec<bool> {
        let mut inside = vec![false; length];
        runs.iter().for_each(|run| inside[run.start.saturating_sub(before)..run.end].fill(true));
        inside
    }

    fn merged<const BEFORE: usize>(runs: &[Span], length: usize) -> Vec<bool> {
        let mut ranges = SearchRanges::<BEFORE>::default();
        let mut found = Vec::new();
        runs.iter().for_each(|&run| ranges.add(run, &mut |range| found.push(range)));
        ranges.finish(&mut |range| found.push(range));
        assert!(found.windows(2).all(|two: &[Span]| two[0].end < two[1].start), "{found:?}");
        let mut inside = vec![false; length];
        found.iter().for_each(|range| inside[range.start..range.end].fill(true));
        inside
    }

    proptest! {
        #[test]
        fn runs_and_search_ranges_match_their_definition(pieces in prop::collection::vec(("[a-z]{0,70}", "[0-9]?", "[ .]{0,90}"), 0..20)) {
            let text: String = pieces.into_iter().map(|(a, b, c)| a + &b + &c).collect();
            let text = text.as_bytes();
            let runs = naive_runs(text);
            let with_digits: Vec<_> = runs.iter().map(|run| (*run, run.slice(text).iter().any(u8::is_ascii_digit))).collect();
            prop_assert_eq!(super::tests::runs(text), with_digits);
            prop_assert_eq!(merged::<24>(&runs, text.len()), naive_ranges(&runs, 24, text.len()));
            prop_assert_eq!(merged::<160>(&runs, text.len()), naive_ranges(&runs, 160, text.len()));
        }
    }
}
