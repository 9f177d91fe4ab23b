//! What every match of a rule must hold, derived from the rule's pattern: a long token run, and how far from
//! the anchor it stands. The engine looks for such runs first, because few lines have one.
//!
//! `build.rs` compiles this file too: parsing a thousand patterns takes longer than a commit may.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

use super::syntax::{Boundary, Check, Rule};

/// Where the literals of a rule need to be looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// Everywhere.
    #[default]
    Anywhere,
    /// From [`BEFORE_LONG`] bytes before a token run of [`LONG`] bytes to its end, where no letter or digit stands
    /// before, unless an escape does: each match holds such a run and begins with the literal.
    LongRun,
    /// From [`BEFORE_MIXED`] bytes before a token run of [`MIXED`] bytes with a digit in it to its end: each match
    /// that counts holds one.
    MixedRun,
}

/// Least bytes of a token run that leads to rules of [`Route::LongRun`].
pub const LONG: usize = 20;

/// How far before a long run an anchor may begin.
pub const BEFORE_LONG: usize = 24;

/// Least bytes of a token run with a digit that leads to rules of [`Route::MixedRun`].
pub const MIXED: usize = 16;

/// How far before a run with a digit an anchor may begin.
pub const BEFORE_MIXED: usize = 160;

/// How far behind a keyword a value may begin.
pub const KEYWORD_REACH: usize = 100;

/// Whether the byte belongs to token runs: letters, digits, and what base64 in both alphabets has besides.
/// A token run is a maximal sequence of such bytes.
pub const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
}

/// Where `rule`, whose pattern is `pattern`, needs to be looked for.
pub fn route(rule: &Rule, pattern: &Hir) -> Route {
    let every = rule.window.is_some_and(|window| window.every);
    if every || rule.generic {
        return Route::Anywhere;
    }
    if rule.keywords.is_empty() {
        // With a window of its own a match may begin far from what decides about it.
        if rule.at > 0 || rule.boundary == Boundary::None || rule.window.is_some() {
            return Route::Anywhere;
        }
        let longest = rule.literals.iter().map(String::len).max().unwrap_or(0);
        let near = |run: &Run| run.farthest <= BEFORE_LONG && longest <= run.nearest + run.len;
        return match guaranteed_run(pattern, LONG).filter(near) {
            Some(_) => Route::LongRun,
            None => Route::Anywhere,
        };
    }
    let longest = rule.keywords.iter().map(String::len).max().unwrap_or(0);
    let shape = Shape::of(pattern, MIXED);
    let has_digit = rule.checks.contains(&Check::LettersAndDigits);
    let near = longest + KEYWORD_REACH <= BEFORE_MIXED;
    if shape.whole && shape.min >= MIXED && has_digit && near { Route::MixedRun } else { Route::Anywhere }
}

/// A token run that every text a pattern matches is sure to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// It has at least so many bytes.
    len: usize,
    /// It begins at least so many bytes behind the start of the match,
    nearest: usize,
    /// and at most so many.
    farthest: usize,
}

/// The run of at least `least` bytes that begins nearest to the start of whatever `pattern` matches.
fn guaranteed_run(pattern: &Hir, least: usize) -> Option<Run> {
    Shape::of(pattern, least).best.filter(|run| run.len >= least)
}

/// What is known of all texts that a part of a pattern matches.
#[derive(Clone, Debug)]
struct Shape {
    /// Shortest and longest text, in bytes.
    min: usize,
    max: Option<usize>,
    /// Whether all texts are token bytes only.
    whole: bool,
    /// So many token bytes begin and end each text.
    prefix: usize,
    suffix: usize,
    best: Option<Run>,
}

impl Shape {
    fn empty() -> Shape {
        Shape::run(0, Some(0))
    }

    /// Token bytes only.
    fn run(min: usize, max: Option<usize>) -> Shape {
        let best = Some(Run { len: min, nearest: 0, farthest: 0 });
        Shape { min, max, whole: true, prefix: min, suffix: min, best }
    }

    /// Other bytes may be among them, anywhere.
    fn other(min: usize, max: Option<usize>) -> Shape {
        Shape { min, max, whole: false, prefix: 0, suffix: 0, best: None }
    }

    fn of(pattern: &Hir, least: usize) -> Shape {
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
            HirKind::Capture(capture) => Shape::of(&capture.sub, least),
            HirKind::Concat(parts) => {
                parts.iter().fold(Shape::empty(), |all, part| all.then(&Shape::of(part, least), least))
            }
            HirKind::Alternation(parts) => {
                let mut shapes = parts.iter().map(|part| Shape::of(part, least));
                let first = shapes.next().unwrap_or_else(Shape::empty);
                shapes.fold(first, |all, other| all.or(&other))
            }
            HirKind::Repetition(repeated) => {
                let max = repeated.max.map(|max| max as usize);
                Shape::of(&repeated.sub, least).times(repeated.min as usize, max, least)
            }
        }
    }

    fn then(&self, next: &Shape, least: usize) -> Shape {
        let joint = self.max.map(|max| {
            let len = self.suffix + next.prefix;
            Run { len, nearest: self.min - self.suffix, farthest: max - self.suffix }
        });
        // What is whole is one run with what follows, wherever it ends.
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
        // Two in a row show whatever more of them would.
        let once = if min == 1 { self.clone() } else { self.then(self, least) };
        Shape { min: self.min.saturating_mul(min), max: longest, ..once }
    }
}

/// Of two runs the more useful one: long enough, then near.
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
    fn nothing_is_promised_that_a_match_may_lack() {
        for pattern in [
            "[a-z]{7}",
            "[a-z.]{40}",
            "(?:[a-z]{9}|[a-z]{3})",
            "[a-z]{4}:[a-z]{7}",
            "(?:[a-z]{9})?x",
            "[a-z]{0,40}",
            "(?:[a-z]{4}:){9}",
            // Where it stands is not bounded.
            "[^x]*:[a-z]{9}",
            "[a-z]{4}[^a-z][a-z]{5}",
            "[\\xe9a-z]{9}",
        ] {
            assert_eq!(run(pattern), None, "{pattern}");
        }
    }
}
