//! The parts of a text near token runs, joined where they touch.

use crate::model::Span;
use crate::rules::token_run::{BEFORE_LONG, BEFORE_MIXED, MIXED};

use super::blocks::Masks;

/// Finds the token runs in a text that comes as bit masks, 64 bytes at a time.
#[derive(Debug, Default)]
pub(crate) struct RunFinder {
    /// Bytes of the run that reached the end of the last block, 0 where none did.
    open: usize,
    /// The digits of the last block.
    digits: u64,
    /// Whether there is a digit in the open run before the last block.
    earlier_digit: bool,
}

impl RunFinder {
    /// The next 64 bytes stand at `at`. Gives runs of at least [`MIXED`] bytes that end here, and whether there is
    /// a digit in them.
    #[inline(always)]
    pub(crate) fn push(&mut self, at: usize, masks: Masks, sink: &mut impl FnMut(Span, bool)) {
        let mask = masks.token_bytes;
        // Most blocks neither hold nor end a long run.
        if beginnings(mask) != 0 || self.open + mask.trailing_ones() as usize >= MIXED {
            return self.push_long(at, masks, sink);
        }
        self.open = mask.leading_ones() as usize;
        self.digits = masks.digits;
        self.earlier_digit = false;
    }

    #[inline(never)]
    fn push_long(&mut self, at: usize, masks: Masks, sink: &mut impl FnMut(Span, bool)) {
        let Masks { token_bytes: mask, digits, .. } = masks;
        // Of the last block, those at its end that belong to the open run.
        let in_open = if self.open < 64 { !(!0 >> self.open) } else { !0 };
        let digit_before = self.earlier_digit || self.digits & in_open != 0;
        self.digits = digits;
        if mask == u64::MAX {
            self.earlier_digit = digit_before;
            self.open += 64;
            return;
        }
        let first = mask.trailing_ones();
        if self.open + first as usize >= MIXED {
            let run = Span::new(at - self.open, at + first as usize);
            sink(run, self.open > 0 && digit_before || digits & !(!0 << first) != 0);
        }
        let tail = mask.leading_ones();
        self.open = tail as usize;
        self.earlier_digit = false;
        let rest = mask & (!0 << first) & (!0 >> tail);
        let mut starts = beginnings(rest);
        while starts != 0 {
            let start = starts.trailing_zeros();
            let end = start + (rest >> start).trailing_ones();
            // Bits up to the run's end; it ends before the block does.
            let below = !(!0 << end);
            sink(Span::new(at + start as usize, at + end as usize), digits & below >> start << start != 0);
            starts &= !below;
        }
    }

    /// The text has ended at `end`.
    pub(crate) fn end(&mut self, end: usize, sink: &mut impl FnMut(Span, bool)) {
        // A text that fills its last block may end in a run: no byte follows it that is none.
        if self.open > 0 {
            self.push_long(end, Masks::default(), sink);
        }
    }
}

/// Remembers for the last blocks where a token may begin: behind what is no letter and no digit.
#[derive(Debug)]
pub(crate) struct Beginnings {
    /// By the number of the block.
    blocks: [u64; Beginnings::BLOCKS],
    /// One past the last block's last byte.
    end: usize,
    /// Whether the byte before the next block is a letter or digit.
    in_word: bool,
}

impl Beginnings {
    const BLOCKS: usize = 16;

    pub(crate) fn new() -> Beginnings {
        Beginnings { blocks: [0; Beginnings::BLOCKS], end: 0, in_word: false }
    }

    /// The next 64 bytes stand at `at`.
    #[inline(always)]
    pub(crate) fn push(&mut self, at: usize, alphanumeric: u64) {
        self.blocks[at / 64 % Beginnings::BLOCKS] = !(alphanumeric << 1 | u64::from(self.in_word));
        self.in_word = alphanumeric >> 63 == 1;
        self.end = at + 64;
    }

    /// Gives the beginnings in `zone`; `false` when its first blocks are forgotten.
    #[inline(always)]
    pub(crate) fn each(&self, zone: Span, mut sink: impl FnMut(usize)) -> bool {
        let first = zone.start / 64 * 64;
        if self.end - first > Beginnings::BLOCKS * 64 {
            return false;
        }
        for at in (first..zone.end).step_by(64) {
            let mut left = self.blocks[at / 64 % Beginnings::BLOCKS];
            if at < zone.start {
                left &= !0 << (zone.start - at);
            }
            if at + 64 > zone.end {
                left &= !(!0 << (zone.end - at));
            }
            while left != 0 {
                sink(at + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
        true
    }
}

/// The bits behind which at least [`MIXED`] bits in a row are set, themselves included.
#[inline(always)]
fn beginnings(mask: u64) -> u64 {
    const { assert!(MIXED == 16) };
    let two = mask & mask >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    eight & eight >> 8
}

/// The zones of one kind of run: from `BEFORE` bytes before it to its end.
#[derive(Debug, Default)]
pub(crate) struct Zones<const BEFORE: usize> {
    /// Those that later runs may still join.
    open: Vec<Span>,
}

/// The zones of long runs.
pub(crate) type LongZones = Zones<BEFORE_LONG>;

/// The zones of runs with a digit.
pub(crate) type MixedZones = Zones<BEFORE_MIXED>;

impl<const BEFORE: usize> Zones<BEFORE> {
    /// Adds the zone of a run, after the zones of all runs before it, and gives those that no later one can
    /// reach any more.
    pub(crate) fn add(&mut self, run: Span, sink: &mut impl FnMut(Span)) {
        let done = self.open.iter().take_while(|zone| zone.end + BEFORE < run.start).count();
        self.open.drain(..done).for_each(&mut *sink);
        let mut start = run.start.saturating_sub(BEFORE);
        while let Some(last) = self.open.pop_if(|last| last.end >= start) {
            start = start.min(last.start);
        }
        self.open.push(Span::new(start, run.end));
    }

    /// Gives what is left.
    pub(crate) fn end(&mut self, sink: &mut impl FnMut(Span)) {
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
            let bits = |of: fn(&u8) -> bool| {
                let bit = |(at, byte): (usize, &u8)| u64::from(of(byte)) << at;
                block.iter().enumerate().map(bit).fold(0, |all, bit| all | bit)
            };
            let token_bytes = bits(|&byte| is_token_byte(byte));
            let masks = Masks { token_bytes, digits: bits(u8::is_ascii_digit), alphanumeric: 0, short: 0 };
            finder.push(number * 64, masks, &mut |run, digit| runs.push((run, digit)));
        }
        finder.end(text.len(), &mut |run, digit| runs.push((run, digit)));
        runs
    }

    fn naive_runs(text: &[u8]) -> Vec<Span> {
        let mut runs = Vec::new();
        let mut start = 0;
        for at in 0..=text.len() {
            if text.get(at).is_none_or(|&byte| !is_token_byte(byte)) {
                if at - start >= MIXED {
                    runs.push(Span::new(start, at));
                }
                start = at + 1;
            }
        }
        runs
    }

    /// Which bytes are in the zone of some run, each zone made by itself.
    fn naive_zones(runs: &[Span], before: usize, length: usize) -> Vec<bool> {
        let mut inside = vec![false; length];
        runs.iter().for_each(|run| inside[run.start.saturating_sub(before)..run.end].fill(true));
        inside
    }

    fn joined<const BEFORE: usize>(runs: &[Span], length: usize) -> Vec<bool> {
        let mut zones = Zones::<BEFORE>::default();
        let mut found = Vec::new();
        runs.iter().for_each(|&run| zones.add(run, &mut |zone| found.push(zone)));
        zones.end(&mut |zone| found.push(zone));
        assert!(found.windows(2).all(|two: &[Span]| two[0].end < two[1].start), "{found:?}");
        let mut inside = vec![false; length];
        found.iter().for_each(|zone| inside[zone.start..zone.end].fill(true));
        inside
    }

    proptest! {
        #[test]
        fn runs_and_zones_are_those_of_the_definition(pieces in prop::collection::vec(("[a-z]{0,70}", "[0-9]?", "[ .]{0,90}"), 0..20)) {
            let text: String = pieces.into_iter().map(|(a, b, c)| a + &b + &c).collect();
            let text = text.as_bytes();
            let runs = naive_runs(text);
            let with_digits: Vec<_> = runs.iter().map(|run| (*run, run.of(text).iter().any(u8::is_ascii_digit))).collect();
            prop_assert_eq!(super::tests::runs(text), with_digits);
            prop_assert_eq!(joined::<24>(&runs, text.len()), naive_zones(&runs, 24, text.len()));
            prop_assert_eq!(joined::<160>(&runs, text.len()), naive_zones(&runs, 160, text.len()));
        }
    }
}
