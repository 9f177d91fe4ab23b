//! What the first bytes of a rule's matches can be, derived from the pattern: most places that the prefilter
//! finds are refused by looking at a few bytes, before a regex is built or asked.
//!
//! For each of the first places it is known which bytes any match can have there. That is necessary for
//! a match and never sufficient: the tests draw samples and ask that none is refused.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Places that are looked at. Tokens are told from other text long before.
const PLACES: usize = 32;

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bytes([u64; 4]);

impl Bytes {
    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn union(&mut self, other: Bytes) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
    }

    fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }
}

/// What every match of one pattern begins with.
#[derive(Debug)]
pub(crate) struct Opening {
    /// The bytes that each of the first places can hold; no more places than the shortest match has.
    places: Box<[Bytes]>,
    /// Bytes of the shortest match.
    shortest: usize,
    /// Bytes of the longest match, if there is one.
    longest: Option<usize>,
    /// A rare byte that every match holds somewhere.
    mark: Option<u8>,
    /// The bytes of the pattern's first long run.
    run: Option<Bytes>,
    /// About as many states as its automaton has.
    states: usize,
}

/// Bytes that are rare enough in lines of source code to ask for them, the rarest first.
const RARE: &[u8] = b"@^~`|%$#&?";

/// Repetitions of more bytes than this are long.
const LONG: u32 = 256;

/// Farthest from one literal to the next in a crowd.
const CROWD_STEP: usize = 64;

/// As many literals before one make a crowd of them.
const CROWD: usize = 4;

/// How far before a literal its crowd is looked for.
pub(crate) const CROWD_REACH: usize = CROWD * CROWD_STEP;

impl Opening {
    /// Derives it from a parsed pattern.
    pub(crate) fn new(hir: &Hir) -> Opening {
        let mut part = Part::of(hir);
        part.places.truncate(part.shortest);
        let run = long_run(hir);
        Opening {
            places: part.places.into(),
            shortest: part.shortest,
            longest: part.longest,
            mark: RARE.iter().copied().find(|&byte| held(hir).contains(byte)),
            run,
            states: states(hir),
        }
    }

    /// Whether a match can begin where `text` does. `text` reaches as far as the match may.
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        let fits = text.len() >= self.shortest;
        fits && text.iter().zip(&self.places).all(|(&byte, place)| {
            crate::engine::work_counter::count(1);
            place.contains(byte)
        })
    }

    /// Whether `text`, as far as a match may reach, holds the byte that every match has.
    pub(crate) fn has_mark(&self, text: &[u8]) -> bool {
        self.mark.is_none_or(|mark| {
            crate::engine::work_counter::count_search(text.len());
            memchr::memchr(mark, text).is_some()
        })
    }

    /// Bytes of the longest match, if there is one.
    pub(crate) fn longest(&self) -> Option<usize> {
        self.longest
    }

    /// About as many states as the pattern's automaton has.
    pub(crate) fn states(&self) -> usize {
        self.states
    }

    /// Whether a match can have `length` bytes.
    pub(crate) fn fits(&self, length: usize) -> bool {
        length >= self.shortest && self.longest.is_none_or(|longest| length <= longest)
    }

    /// Whether the literal at `at` is one of many that follow each other closely within one long run: repeated
    /// text and no value. Otherwise each of them would be read to the run's end. `in_line` says that nothing before
    /// the line counts.
    pub(crate) fn is_crowded(&self, text: &[u8], at: usize, literals: &[String], in_line: bool) -> bool {
        let Some(run) = self.run else { return false };
        let mut at = at;
        (0..CROWD).all(|_| {
            let low = at.saturating_sub(CROWD_STEP);
            let of_run = text[low..at]
                .iter()
                .rev()
                .take_while(|&&byte| run.contains(byte) && !(in_line && byte == b'\n'))
                .count();
            crate::engine::work_counter::count(of_run);
            let before = &text[at - of_run..at];
            crate::engine::work_counter::count(before.len());
            let last = |word: &String| before.windows(word.len()).rposition(|part| part == word.as_bytes());
            let last = literals.iter().filter_map(last).max();
            at -= before.len() - last.unwrap_or(0);
            last.is_some()
        })
    }
}

/// The same for a part of a pattern.
struct Part {
    /// For each place the bytes that it can hold in those matches that reach it.
    places: Vec<Bytes>,
    shortest: usize,
    longest: Option<usize>,
}

impl Part {
    fn empty() -> Part {
        Part { places: Vec::new(), shortest: 0, longest: Some(0) }
    }

    fn of(hir: &Hir) -> Part {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Part::empty(),
            HirKind::Literal(literal) => {
                let bytes = literal.0.iter().take(PLACES).map(|&byte| {
                    let mut place = Bytes::default();
                    place.insert(byte);
                    place
                });
                Part { places: bytes.collect(), shortest: literal.0.len(), longest: Some(literal.0.len()) }
            }
            HirKind::Class(class) => {
                // Without Unicode classes every class is one of bytes.
                let longest = class.maximum_len();
                let shortest = class.minimum_len().unwrap_or(0);
                Part {
                    places: vec![members(class); longest.unwrap_or(PLACES).min(PLACES)],
                    shortest,
                    longest,
                }
            }
            HirKind::Repetition(repetition) => {
                let once = Part::of(&repetition.sub);
                let (least, most) = (repetition.min as usize, repetition.max.map(|most| most as usize));
                Part::repeated(once, least, most)
            }
            HirKind::Capture(capture) => Part::of(&capture.sub),
            HirKind::Concat(parts) => {
                parts.iter().rev().fold(Part::empty(), |rest, part| Part::of(part).before(&rest))
            }
            HirKind::Alternation(choices) => {
                choices.iter().map(Part::of).reduce(Part::or).unwrap_or_else(Part::empty)
            }
        }
    }

    fn repeated(once: Part, least: usize, most: Option<usize>) -> Part {
        let longest = match (once.longest, most) {
            (Some(0), _) => Some(0),
            (Some(longest), Some(most)) => longest.checked_mul(most),
            _ => None,
        };
        let reached = longest.unwrap_or(PLACES).min(PLACES);
        let mut any = Bytes::default();
        once.places.iter().for_each(|place| any.union(*place));
        if once.longest.is_none_or(|longest| longest > PLACES) {
            any = Bytes([u64::MAX; 4]);
        }
        // The first repetition is known exactly as far as it always reaches; behind that, all is mixed.
        let exact = once.shortest.min(once.places.len());
        let mut places = once.places;
        if most != Some(1) {
            places.truncate(exact);
            places.resize(reached, any);
        }
        places.truncate(reached);
        Part { places, shortest: once.shortest.saturating_mul(least), longest }
    }

    /// Either of two.
    fn or(mut self, mut other: Part) -> Part {
        if self.places.len() < other.places.len() {
            std::mem::swap(&mut self.places, &mut other.places);
        }
        self.places.iter_mut().zip(&other.places).for_each(|(own, other)| own.union(*other));
        Part {
            places: self.places,
            shortest: self.shortest.min(other.shortest),
            longest: self.longest.zip(other.longest).map(|(one, other)| one.max(other)),
        }
    }

    /// This one, then `rest`, which begins wherever this one can end.
    fn before(self, rest: &Part) -> Part {
        let longest = self.longest.zip(rest.longest).and_then(|(one, other)| one.checked_add(other));
        let mut places = self.places;
        let (first, last) = (self.shortest.min(PLACES), self.longest.unwrap_or(PLACES).min(PLACES));
        places.resize(PLACES.min(last + rest.places.len()), Bytes::default());
        for begin in first..=last {
            places.iter_mut().skip(begin).zip(&rest.places).for_each(|(own, other)| own.union(*other));
        }
        Part { places, shortest: self.shortest.saturating_add(rest.shortest), longest }
    }
}

/// The bytes of the first repetition of single bytes that is long or has no end.
fn long_run(hir: &Hir) -> Option<Bytes> {
    match hir.kind() {
        HirKind::Repetition(repetition) => match repetition.sub.kind() {
            HirKind::Class(class) if repetition.max.is_none_or(|most| most > LONG) => Some(members(class)),
            _ => long_run(&repetition.sub),
        },
        HirKind::Capture(capture) => long_run(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(long_run),
        _ => None,
    }
}

/// The bytes that every match holds somewhere.
fn held(hir: &Hir) -> Bytes {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => Bytes::default(),
        HirKind::Literal(literal) => {
            let mut bytes = Bytes::default();
            literal.0.iter().for_each(|&byte| bytes.insert(byte));
            bytes
        }
        HirKind::Repetition(repetition) if repetition.min == 0 => Bytes::default(),
        HirKind::Repetition(repetition) => held(&repetition.sub),
        HirKind::Capture(capture) => held(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(held).fold(Bytes::default(), |mut all, part| {
            all.union(part);
            all
        }),
        HirKind::Alternation(choices) => {
            let common = |one: Bytes, other: Bytes| Bytes(std::array::from_fn(|at| one.0[at] & other.0[at]));
            choices.iter().map(held).reduce(common).unwrap_or_default()
        }
    }
}

fn states(hir: &Hir) -> usize {
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

fn members(class: &Class) -> Bytes {
    let mut bytes = Bytes::default();
    match class {
        Class::Bytes(class) => {
            class
                .ranges()
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .for_each(|byte| bytes.insert(byte));
        }
        Class::Unicode(_) => bytes = Bytes([u64::MAX; 4]),
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::lint;

    fn opening(pattern: &str) -> Opening {
        Opening::new(&lint::parse(pattern).expect("a good pattern"))
    }

    #[test]
    fn what_cannot_begin_a_match_is_refused() {
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
            assert!(!opening(pattern).may_begin(text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn what_can_begin_a_match_is_not() {
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
            assert!(opening(pattern).may_begin(text.as_bytes()), "{pattern} {text}");
        }
        assert!(opening("a(?:b+@|c@)d").has_mark(b"abbb@d") && !opening("a(?:b+@|c@)d").has_mark(b"abbbbd"));
        assert!(opening("a(?:@|b)").has_mark(b"ab") && opening("a@*").has_mark(b"a"));
        assert!(opening("ab[0-9]{4}").fits(6) && !opening("ab[0-9]{4}").fits(7));
        assert!(opening("ab+").fits(700) && !opening("ab+").fits(1));
    }
}
