//! Derives from a rule's pattern a long token run that every match contains, and its distance from the
//! literal or keyword. The prefilter searches for such runs first, because few lines have one.
//!
//! `build.rs` compiles this file too: parsing a thousand patterns at start-up would take longer than the scan of a
//! commit may.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

use super::syntax::{Boundary, Check, Rule};

/// Where the prefilter has to search for the literals or keywords of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// In the whole text.
    #[default]
    Anywhere,
    /// From [`MAX_LONG_RUN_DISTANCE`] bytes before a token run of [`MIN_LONG_RUN`] bytes to its end, and only
    /// where no letter or digit precedes the literal, unless an escape sequence does: every match begins with
    /// the literal and contains such a run.
    LongRun,
    /// From [`MAX_MIXED_RUN_DISTANCE`] bytes before a token run of [`MIN_MIXED_RUN`] bytes with a digit in it
    /// to its end: every match that is not rejected contains such a run.
    MixedRun,
}

/// Least length in bytes of a token run near which words of [`Route::LongRun`] are searched for.
pub(crate) const MIN_LONG_RUN: usize = 20;

/// Most bytes from the start of a literal to the start of its long run.
pub(crate) const MAX_LONG_RUN_DISTANCE: usize = 24;

/// Least length in bytes of a token run with a digit near which words of [`Route::MixedRun`] are searched for.
pub(crate) const MIN_MIXED_RUN: usize = 16;

/// Most bytes from the start of a keyword to the start of its run with a digit.
pub(crate) const MAX_MIXED_RUN_DISTANCE: usize = 160;

/// Most bytes from the end of a keyword to the start of the value.
pub(crate) const MAX_KEYWORD_DISTANCE: usize = 100;

/// Returns whether the byte belongs to token runs: letters, digits, and the other characters of base64 and
/// base64url. A token run is a maximal sequence of such bytes.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
}

/// Returns where the prefilter has to search for the words of `rule`. `pattern` is its parsed pattern.
pub(crate) fn route(rule: &Rule, pattern: &Hir) -> Route {
    let every = rule.window.is_some_and(|window| window.every);
    if every || rule.generic {
        return Route::Anywhere;
    }
    if rule.keywords.is_empty() {
        // With a window, a match may begin far from its literal.
        if rule.literal_offset > 0 || rule.boundary == Boundary::None || rule.window.is_some() {
            return Route::Anywhere;
        }
        let longest = rule.literals.iter().map(String::len).max().unwrap_or(0);
        let near = |run: &Run| run.farthest <= MAX_LONG_RUN_DISTANCE && longest <= run.nearest + run.len;
        return match guaranteed_run(pattern, MIN_LONG_RUN).filter(near) {
            Some(_) => Route::LongRun,
            None => Route::Anywhere,
        };
    }
    let longest = rule.keywords.iter().map(String::len).max().unwrap_or(0);
    let shape = Shape::from_hir(pattern, MIN_MIXED_RUN);
    let has_digit = rule.checks.contains(&Check::LettersAndDigits);
    let near = longest + MAX_KEYWORD_DISTANCE <= MAX_MIXED_RUN_DISTANCE;
    if shape.whole && shape.min >= MIN_MIXED_RUN && has_digit && near {
        Route::MixedRun
    } else {
        Route::Anywhere
    }
}

/// A token run that every match of a pattern contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Least length in bytes.
    len: usize,
    /// Least bytes from the start of the match to the start of the run.
    nearest: usize,
    /// Most bytes from the start of the match to the start of the run.
    farthest: usize,
}

/// Returns the run of at least `least` bytes that begins nearest to the start of every match of `pattern`;
/// `None` when not every match has such a run at a bounded distance.
fn guaranteed_run(pattern: &Hir, least: usize) -> Option<Run> {
    Shape::from_hir(pattern, least).best.filter(|run| run.len >= least)
}

/// Properties that all matches of a part of a pattern share.
#[derive(Clone, Debug)]
struct Shape {
    /// Length in bytes of the shortest match.
    min: usize,
    /// Length in bytes of the longest match; `None` when it is not bounded.
    max: Option<usize>,
    /// Whether all matches consist of token bytes only.
    whole: bool,
    /// Number of token bytes that every match begins with.
    prefix: usize,
    /// Number of token bytes that every match ends with.
    suffix: usize,
    /// The most useful run, see [`better`].
    best: Option<Run>,
}

impl Shape {
    fn empty() -> Shape {
        Shape::run(0, Some(0))
    }

    /// Returns the shape of token bytes only.
    fn run(min: usize, max: Option<usize>) -> Shape {
        let best = Some(Run { len: min, nearest: 0, farthest: 0 });
        Shape { min, max, whole: true, prefix: min, suffix: min, best }
    }

    /// Returns the shape of bytes of which any may be no token byte.
    fn other(min: usize, max: Option<usize>) -> Shape {
        Shape { min, max, whole: false, prefix: 0, suffix: 0, best: None }
    }

    fn from_hir(pattern: &Hir, least: usize) -> Shape {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Shape::empty(),
            HirKind::Literal(literal) => {
                let byte = |&byte: &u8| match is_token_byte(byte) {
                    true => Shape::run(1, Some(1)),
                    false => Shape::other(1, Some(1)),
                };
                literal.0.iter().map(byte).fold(Shape::empty(), |all, next| all.then(&next, least))
            }
            HirKind::Class(class) if is_token_class(class) => Shape::run(1, Some(1)),
            HirKind::Class(class) => Shape::other(class.minimum_len().unwrap_or(0), class.maximum_len()),
            HirKind::Capture(capture) => Shape::from_hir(&capture.sub, least),
            HirKind::Concat(parts) => {
                parts.iter().fold(Shape::empty(), |all, part| all.then(&Shape::from_hir(part, least), least))
            }
            HirKind::Alternation(parts) => {
                let mut shapes = parts.iter().map(|part| Shape::from_hir(part, least));
                let first = shapes.next().unwrap_or_else(Shape::empty);
                shapes.fold(first, |all, other| all.or(&other))
            }
            HirKind::Repetition(repeated) => {
                let max = repeated.max.map(|max| max as usize);
                Shape::from_hir(&repeated.sub, least).times(repeated.min as usize, max, least)
            }
        }
    }

    fn then(&self, next: &Shape, least: usize) -> Shape {
        let joint = self.max.map(|max| {
            let len = self.suffix + next.prefix;
            Run { len, nearest: self.min - self.suffix, farthest: max - self.suffix }
        });
        // Token bytes only: they form one run with the bytes that follow, whatever their number.
        let joint = if self.whole {
            Some(Run { len: self.min + next.prefix, nearest: 0, farthest: 0 })
        } else {
            joint
        };
        let later = next.best.and_then(|run| {
            let farthest = run.farthest + self.max?;
            Some(Run { len: run.len, nearest: run.nearest + self.min, farthest })
        });
        Shape {
            min: self.min + next.min,
            max: self.max.zip(next.max).map(|(a, b)| a.saturating_add(b)),
            whole: self.whole && next.whole,
            prefix: if self.whole { self.min + next.prefix } else { self.prefix },
            suffix: if next.whole { next.min + self.suffix } else { next.suffix },
            best: [self.best, joint, later].into_iter().flatten().reduce(|a, b| better(a, b, least)),
        }
    }

    fn or(&self, other: &Shape) -> Shape {
        let best = self.best.zip(other.best).map(|(a, b)| Run {
            len: a.len.min(b.len),
            nearest: a.nearest.min(b.nearest),
            farthest: a.farthest.max(b.farthest),
        });
        Shape {
            min: self.min.min(other.min),
            max: self.max.zip(other.max).map(|(a, b)| a.max(b)),
            whole: self.whole && other.whole,
            prefix: self.prefix.min(other.prefix),
            suffix: self.suffix.min(other.suffix),
            best,
        }
    }

    fn times(&self, min: usize, max: Option<usize>, least: usize) -> Shape {
        let longest = self.max.zip(max).map(|(len, times)| len.saturating_mul(times));
        if self.whole {
            return Shape::run(self.min.saturating_mul(min), longest);
        }
        if min == 0 {
            return Shape::other(0, longest);
        }
        // Every run of more repetitions occurs in two of them already.
        let once = if min == 1 { self.clone() } else { self.then(self, least) };
        Shape { min: self.min.saturating_mul(min), max: longest, ..once }
    }
}

/// Returns the more useful of two runs: the one of at least `least` bytes; of two such runs the one whose
/// greatest distance is smaller; then the longer one.
fn better(a: Run, b: Run, least: usize) -> Run {
    let worth = |run: &Run| {
        (run.len >= least, std::cmp::Reverse(if run.len >= least { run.farthest } else { 0 }), run.len)
    };
    if worth(&b) > worth(&a) { b } else { a }
}

fn is_token_class(class: &Class) -> bool {
    let within = |start: u32, end: u32| {
        end < 128 && (start..=end).all(|byte| u8::try_from(byte).is_ok_and(is_token_byte))
    };
    match class {
        Class::Bytes(class) => {
            class.ranges().iter().all(|range| within(range.start().into(), range.end().into()))
        }
        Class::Unicode(class) => {
            class.ranges().iter().all(|range| within(range.start().into(), range.end().into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::lint;

    fn run(pattern: &str) -> Option<(usize, usize, usize)> {
        let run = guaranteed_run(&lint::parse(pattern).expect("a regex"), 8)?;
        Some((run.len, run.nearest, run.farthest))
    }

    #[test]
    fn runs_are_found_through_the_whole_syntax() {
        assert_eq!(run("ghx_[A-Za-z0-9]{36}"), Some((40, 0, 0)));
        assert_eq!(run("[a-z]{3}[.][a-f0-9]{8,12}"), Some((8, 4, 4)));
        assert_eq!(run("[a-z]{3,5}[.][a-f0-9]{8,12}"), Some((8, 4, 6)));
        assert_eq!(run("(?:ab|cde)_[a-z]{5}"), Some((8, 0, 0)));
        assert_eq!(run("(?:[a-z]{9}|[a-z]{3}\\.[a-z]{20})"), Some((9, 0, 4)));
        assert_eq!(run("(?:[a-z]{4}-){2}[a-z]"), Some((11, 0, 0)));
        assert_eq!(run("(?:[a-z]{4}:){2}[a-z]{9}"), Some((9, 10, 10)));
        assert_eq!(run("(?:[a-z]:)?(?P<secret>[0-9]{8})"), Some((8, 0, 2)));
        assert_eq!(run("(?:x:[a-z]{3}){2}[a-z]{5}"), Some((8, 7, 7)));
    }

    #[test]
    fn no_run_is_derived_that_a_match_may_lack() {
        for pattern in [
            "[a-z]{7}",
            "[a-z.]{40}",
            "(?:[a-z]{9}|[a-z]{3})",
            "[a-z]{4}:[a-z]{7}",
            "(?:[a-z]{9})?x",
            "[a-z]{0,40}",
            "(?:[a-z]{4}:){9}",
            // Its distance from the start is not bounded.
            "[^x]*:[a-z]{9}",
            "[a-z]{4}[^a-z][a-z]{5}",
            "[\\xe9a-z]{9}",
        ] {
            assert_eq!(run(pattern), None, "{pattern}");
        }
    }
}
