//! The bytes that matches of a pattern can begin with, derived from the pattern: most hits of the prefilter are
//! rejected by comparing a few bytes, before a regex is built or run.
//!
//! For each of the first positions, a set contains every byte that any match can have there. That is necessary for
//! a match and never sufficient: the tests draw samples and assert that none is rejected.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::engine::work_counter;

/// Number of positions with a set. Tokens differ from other text much earlier.
const MAX_POSITIONS: usize = 32;

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn union(&mut self, other: ByteSet) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }
}

/// Necessary conditions for the matches of one pattern.
#[derive(Debug)]
pub(crate) struct FirstBytes {
    /// The bytes that are possible at each of the first positions; no more positions than the shortest match has.
    positions: Box<[ByteSet]>,
    /// Bytes of the shortest match.
    shortest: usize,
    /// Bytes of the longest match; `None` if matches can have any length.
    longest: Option<usize>,
    /// A rare byte that every match contains.
    required_byte: Option<u8>,
    /// The bytes of the pattern's first long repetition.
    run: Option<ByteSet>,
}

/// Bytes that are rare enough in lines of source code to search for them, the rarest first.
const RARE: &[u8] = b"@^~`|%$#&?";

/// Repetitions of more than this many bytes are long.
const LONG: u32 = 32;

/// Most bytes from one literal to the next in a cluster.
const CLUSTER_STEP: usize = 128;

/// The same for names of values without quotes, which are longer.
pub(crate) const NAME_CLUSTER_STEP: usize = 256;

/// Number of literals before a literal that make them a cluster.
const CLUSTER_SIZE: usize = 4;

/// Most bytes before a literal that are searched for its cluster.
pub(crate) const MAX_CLUSTER_DISTANCE: usize = CLUSTER_SIZE * NAME_CLUSTER_STEP;

/// A filter for positions where a word begins: one bit for each hash of the first two bytes of a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WordFilter(ByteSet);

impl WordFilter {
    /// Returns the filter for words of two bytes or more.
    pub(crate) fn new(words: &[String]) -> WordFilter {
        let mut hashes = ByteSet::default();
        words.iter().for_each(|word| hashes.insert(WordFilter::hash(word.as_bytes())));
        WordFilter(hashes)
    }

    fn hash(text: &[u8]) -> u8 {
        text[0].wrapping_mul(31) ^ text[1]
    }

    /// Whether a word may begin at the start of `text`.
    fn may_begin(&self, text: &[u8]) -> bool {
        text.len() >= 2 && self.0.contains(WordFilter::hash(text))
    }
}

impl FirstBytes {
    /// Derives the sets from a parsed pattern.
    pub(crate) fn new(hir: &Hir) -> FirstBytes {
        let mut part = Part::new(hir);
        part.positions.truncate(part.shortest);
        let run = long_run(hir);
        FirstBytes {
            positions: part.positions.into(),
            shortest: part.shortest,
            longest: part.longest,
            required_byte: RARE.iter().copied().find(|&byte| required_bytes(hir).contains(byte)),
            run,
        }
    }

    /// Whether a match can begin at the start of `text`. `text` contains all bytes that the match may cover.
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        let is_long_enough = text.len() >= self.shortest;
        is_long_enough
            && text.iter().zip(&self.positions).all(|(&byte, position)| {
                work_counter::count(1);
                position.contains(byte)
            })
    }

    /// Whether `text`, all bytes that a match may cover, contains the byte that every match contains.
    pub(crate) fn has_required_byte(&self, text: &[u8]) -> bool {
        self.required_byte.is_none_or(|byte| {
            work_counter::count_search(text.len());
            memchr::memchr(byte, text).is_some()
        })
    }

    /// Returns the bytes of the longest match; `None` if matches can have any length.
    pub(crate) fn longest(&self) -> Option<usize> {
        self.longest
    }

    /// Whether a match can have `length` bytes.
    pub(crate) fn allows_length(&self, length: usize) -> bool {
        length >= self.shortest && self.longest.is_none_or(|longest| length <= longest)
    }

    /// Whether the literal at `at` is one of many that closely follow each other in one long run: repeated text
    /// and not a value. Without this test, the regex would read to the end of the run for each of them. With
    /// `within_line`, only the line of the literal is read.
    pub(crate) fn is_in_cluster(
        &self,
        text: &[u8],
        at: usize,
        (literals, filter): (&[String], &WordFilter),
        within_line: bool,
    ) -> bool {
        let Some(run) = self.run else { return false };
        let is_run_byte = |byte: u8| run.contains(byte) && !(within_line && byte == b'\n');
        let is_literal = |start: usize, end: usize| {
            let rest = &text[start..end];
            filter.may_begin(rest) && literals.iter().any(|word| rest.starts_with(word.as_bytes()))
        };
        is_in_cluster(text, at, CLUSTER_STEP, is_run_byte, is_literal)
    }
}

/// Whether [`CLUSTER_SIZE`] words precede the one at `at`, each at most `step` bytes before the next, in one
/// run of bytes for which `is_run_byte` holds. `is_word(start, end)` returns whether a word that ends before `end` begins
/// at `start`.
pub(crate) fn is_in_cluster(
    text: &[u8],
    at: usize,
    step: usize,
    is_run_byte: impl Fn(u8) -> bool,
    is_word: impl Fn(usize, usize) -> bool,
) -> bool {
    let before = |at: usize| {
        let low = at.saturating_sub(step);
        let mut starts = (low..at).rev().take_while(|&start| is_run_byte(text[start]));
        let found = starts.find(|&start| is_word(start, at));
        work_counter::count(at - found.unwrap_or(low));
        found
    };
    let Some(last) = before(at) else { return false };
    // Most clusters repeat one text with the word, which is found by comparing the text with itself.
    let distance = at - last;
    let first = at.checked_sub(CLUSTER_SIZE * distance);
    work_counter::count_search(CLUSTER_SIZE * distance);
    first.is_some_and(|first| text[first..last] == text[first + distance..at])
        || (1..CLUSTER_SIZE).try_fold(last, |at, _| before(at)).is_some()
}

/// The first bytes and lengths of a part of a pattern.
struct Part {
    /// For each position the bytes that are possible there, in matches that are long enough.
    positions: Vec<ByteSet>,
    shortest: usize,
    longest: Option<usize>,
}

impl Part {
    fn empty() -> Part {
        Part { positions: Vec::new(), shortest: 0, longest: Some(0) }
    }

    fn new(hir: &Hir) -> Part {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Part::empty(),
            HirKind::Literal(literal) => {
                let bytes = literal.0.iter().take(MAX_POSITIONS).map(|&byte| {
                    let mut position = ByteSet::default();
                    position.insert(byte);
                    position
                });
                Part { positions: bytes.collect(), shortest: literal.0.len(), longest: Some(literal.0.len()) }
            }
            HirKind::Class(class) => {
                // Unicode classes are disabled, so every class is one of bytes.
                let longest = class.maximum_len();
                let shortest = class.minimum_len().unwrap_or(0);
                Part {
                    positions: vec![class_bytes(class); longest.unwrap_or(MAX_POSITIONS).min(MAX_POSITIONS)],
                    shortest,
                    longest,
                }
            }
            HirKind::Repetition(repetition) => {
                let once = Part::new(&repetition.sub);
                let (least, most) = (repetition.min as usize, repetition.max.map(|most| most as usize));
                Part::repeated(once, least, most)
            }
            HirKind::Capture(capture) => Part::new(&capture.sub),
            HirKind::Concat(parts) => {
                parts.iter().rev().fold(Part::empty(), |rest, part| Part::new(part).before(&rest))
            }
            HirKind::Alternation(choices) => {
                choices.iter().map(Part::new).reduce(Part::or).unwrap_or_else(Part::empty)
            }
        }
    }

    fn repeated(once: Part, least: usize, most: Option<usize>) -> Part {
        let longest = match (once.longest, most) {
            (Some(0), _) => Some(0),
            (Some(longest), Some(most)) => longest.checked_mul(most),
            _ => None,
        };
        let count = longest.unwrap_or(MAX_POSITIONS).min(MAX_POSITIONS);
        let mut any = ByteSet::default();
        once.positions.iter().for_each(|position| any.union(*position));
        if once.longest.is_none_or(|longest| longest > MAX_POSITIONS) {
            any = ByteSet([u64::MAX; 4]);
        }
        // Positions are exact up to the length of the shortest first repetition; after that, any byte of the
        // repeated part is possible.
        let exact = once.shortest.min(once.positions.len());
        let mut positions = once.positions;
        if most != Some(1) {
            positions.truncate(exact);
            positions.resize(count, any);
        }
        positions.truncate(count);
        Part { positions, shortest: once.shortest.saturating_mul(least), longest }
    }

    /// Returns the part that matches either of two.
    fn or(mut self, mut other: Part) -> Part {
        if self.positions.len() < other.positions.len() {
            std::mem::swap(&mut self.positions, &mut other.positions);
        }
        self.positions.iter_mut().zip(&other.positions).for_each(|(own, other)| own.union(*other));
        Part {
            positions: self.positions,
            shortest: self.shortest.min(other.shortest),
            longest: self.longest.zip(other.longest).map(|(one, other)| one.max(other)),
        }
    }

    /// Returns this part followed by `rest`, which begins wherever this one can end.
    fn before(self, rest: &Part) -> Part {
        let longest = self.longest.zip(rest.longest).and_then(|(one, other)| one.checked_add(other));
        let mut positions = self.positions;
        let (first, last) =
            (self.shortest.min(MAX_POSITIONS), self.longest.unwrap_or(MAX_POSITIONS).min(MAX_POSITIONS));
        positions.resize(MAX_POSITIONS.min(last + rest.positions.len()), ByteSet::default());
        for begin in first..=last {
            positions.iter_mut().skip(begin).zip(&rest.positions).for_each(|(own, other)| own.union(*other));
        }
        Part { positions, shortest: self.shortest.saturating_add(rest.shortest), longest }
    }
}

/// Returns the bytes of the first repetition of single bytes that is long or unbounded.
fn long_run(hir: &Hir) -> Option<ByteSet> {
    match hir.kind() {
        HirKind::Repetition(repetition) => match repetition.sub.kind() {
            HirKind::Class(class) if repetition.max.is_none_or(|most| most > LONG) => {
                Some(class_bytes(class))
            }
            _ => long_run(&repetition.sub),
        },
        HirKind::Capture(capture) => long_run(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(long_run),
        _ => None,
    }
}

/// Returns the bytes that every match contains.
fn required_bytes(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => ByteSet::default(),
        HirKind::Literal(literal) => {
            let mut bytes = ByteSet::default();
            literal.0.iter().for_each(|&byte| bytes.insert(byte));
            bytes
        }
        HirKind::Repetition(repetition) if repetition.min == 0 => ByteSet::default(),
        HirKind::Repetition(repetition) => required_bytes(&repetition.sub),
        HirKind::Capture(capture) => required_bytes(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().map(required_bytes).fold(ByteSet::default(), |mut all, part| {
                all.union(part);
                all
            })
        }
        HirKind::Alternation(choices) => {
            let common =
                |one: ByteSet, other: ByteSet| ByteSet(std::array::from_fn(|at| one.0[at] & other.0[at]));
            choices.iter().map(required_bytes).reduce(common).unwrap_or_default()
        }
    }
}

/// Estimates the number of states of the pattern's automaton.
pub(crate) fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min + 1).max(1) as usize;
            states(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(2, usize::saturating_add)
        }
    }
}

/// Returns the bytes of a class.
pub(crate) fn class_bytes(class: &Class) -> ByteSet {
    let mut bytes = ByteSet::default();
    match class {
        Class::Bytes(class) => {
            class
                .ranges()
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .for_each(|byte| bytes.insert(byte));
        }
        Class::Unicode(_) => bytes = ByteSet([u64::MAX; 4]),
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::lint;

    fn first_bytes(pattern: &str) -> FirstBytes {
        FirstBytes::new(&lint::parse(pattern).expect("a good pattern"))
    }

    #[test]
    fn may_begin_rejects_text_that_cannot_begin_a_match() {
        for (pattern, text) in [
            ("ab[0-9]{4}", "ab12x4"),
            ("ab[0-9]{4}", "ab123"),
            ("(?:ab|cd)[0-9]", "xb1"),
            ("a[0-9]{1,3}x", "aax"),
            ("(?i:key)=", "kex="),
            ("a(?:b[0-9])+", "abc"),
            ("(?m)^ab", "ba"),
            ("(?:foo|ba)z", "b1z"),
        ] {
            assert!(!first_bytes(pattern).may_begin(text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn may_begin_accepts_text_that_can_begin_a_match() {
        for (pattern, text) in [
            ("ab[0-9]{4}", "ab1234"),
            ("a?b?c", "c"),
            ("a?b?c", "ac"),
            ("a{0,3}bc", "aabc"),
            ("(?:ab|c)(?:d|ef)", "cef"),
            ("(?:a(?:b[0-9])*)+c", "ab1aac"),
            ("(?:ab){2}c", "ababc"),
            ("(?:a|bcd){2}e", "bcdae"),
            (r"x\b-\By", "x-y"),
            ("(?:[0-9]{40}|a)b", "ab"),
        ] {
            assert!(first_bytes(pattern).may_begin(text.as_bytes()), "{pattern} {text}");
        }
        assert!(
            first_bytes("a(?:b+@|c@)d").has_required_byte(b"abbb@d")
                && !first_bytes("a(?:b+@|c@)d").has_required_byte(b"abbbbd")
        );
        assert!(
            first_bytes("a(?:@|b)").has_required_byte(b"ab") && first_bytes("a@*").has_required_byte(b"a")
        );
        assert!(first_bytes("ab[0-9]{4}").allows_length(6) && !first_bytes("ab[0-9]{4}").allows_length(7));
        assert!(first_bytes("ab+").allows_length(700) && !first_bytes("ab+").allows_length(1));
    }
}
