//! A rule's regexes, compiled when they are first needed: most runs need few of them.
//!
//! What makes a regex fast takes longer to build than to do without it for a while. So each is built twice:
//! plain for its first searches, which is all that a hook ever asks of it, and whole for those that follow.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use crate::model::Span;
use crate::rules::Rule;

/// So many searches in the plain regex cost more, compared with the whole one, about what the rest of the
/// whole one costs to build: 0.4 million instructions.
const PLAIN_SEARCHES: u32 = 100;

/// How much of a regex is built. What it matches does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// The automaton alone: less than half of the work.
    Plain,
    /// And what searches it fast: prefilter, one-pass and lazy automata.
    Whole,
}

/// The two spans of a regex match: all of it, and the value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) whole: Span,
    pub(crate) secret: Span,
}

/// One rule's pattern and its `never_pattern`.
#[derive(Debug)]
pub(crate) struct LazyPattern {
    pattern: String,
    /// Searches so far, counted up to [`PLAIN_SEARCHES`].
    searches: AtomicU32,
    plain: OnceLock<Regex>,
    whole: OnceLock<Regex>,
    never_pattern: Option<String>,
    never: OnceLock<Regex>,
}

impl LazyPattern {
    pub(crate) fn new(rule: &Rule) -> LazyPattern {
        LazyPattern {
            pattern: rule.pattern.clone(),
            searches: AtomicU32::new(0),
            plain: OnceLock::new(),
            whole: OnceLock::new(),
            never_pattern: rule.never_pattern.clone(),
            never: OnceLock::new(),
        }
    }

    fn regex(&self) -> &Regex {
        if let Some(whole) = self.whole.get() {
            return whole;
        }
        if self.searches.fetch_add(1, Ordering::Relaxed) < PLAIN_SEARCHES {
            return self.plain.get_or_init(|| compile(&self.pattern, Build::Plain));
        }
        self.whole.get_or_init(|| compile(&self.pattern, Build::Whole))
    }

    /// The match that begins exactly at `start`, if any, looking no farther than `window`.
    pub(crate) fn match_at(&self, text: &[u8], window: Span, start: usize) -> Option<Found> {
        let input =
            Input::new(&text[window.start..window.end]).range(start - window.start..).anchored(Anchored::Yes);
        self.search(input, window.start)
    }

    /// Every match in `window`, one after the other.
    pub(crate) fn matches_in(&self, text: &[u8], window: Span, sink: &mut dyn FnMut(Found)) {
        let mut from = window.start;
        while from < window.end {
            let input = Input::new(&text[window.start..window.end]).range(from - window.start..);
            let Some(found) = self.search(input, window.start) else { return };
            from = found.whole.end.max(from + 1);
            sink(found);
        }
    }

    fn search(&self, input: Input<'_>, offset: usize) -> Option<Found> {
        #[cfg(test)]
        given::count(&input);
        let regex = self.regex();
        let span = |span: regex_automata::Span| Span::new(span.start + offset, span.end + offset);
        if regex.captures_len() == 1 {
            let whole = span(regex.search(&input)?.span());
            return Some(Found { whole, secret: whole });
        }
        let mut captures: Captures = regex.create_captures();
        regex.search_captures(&input, &mut captures);
        let whole = span(captures.get_match()?.span());
        let secret = captures.get_group_by_name("secret").map_or(whole, span);
        Some(Found { whole, secret })
    }

    /// Whether the rule's `never_pattern` matches anywhere in `value`.
    pub(crate) fn never_matches(&self, value: &[u8]) -> bool {
        let Some(pattern) = &self.never_pattern else { return false };
        self.never.get_or_init(|| compile(pattern, Build::Whole)).is_match(value)
    }
}

/// The regex of a pattern that `rules::lint` has parsed with the same settings. One that is too
/// large to build matches nothing: whoever loads rules asks `check_pattern` first, and the tests ask it
/// for the built-in ones.
fn compile(pattern: &str, how: Build) -> Regex {
    build(pattern, how).unwrap_or_else(|_| Regex::new("[a&&b]").expect("the empty class is a regex"))
}

/// Builds a rule's regex: bytes, no Unicode classes, at most 8 MiB of automaton.
pub(crate) fn build(pattern: &str, how: Build) -> Result<Regex, Box<regex_automata::meta::BuildError>> {
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(8 << 20));
    let config = match how {
        Build::Plain => config.auto_prefilter(false).onepass(false).hybrid(false),
        Build::Whole => config,
    };
    Regex::builder().syntax(syntax).configure(config).build(pattern).map_err(Box::new)
}

/// What this thread has asked of regexes: tests count instead of timing. A search through a window counts
/// its bytes; an attempt at one place counts one, as hardly any reads on after the first wrong byte.
#[cfg(test)]
pub(super) mod given {
    use std::cell::Cell;

    use regex_automata::Input;

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn count(input: &Input<'_>) {
        let steps = if input.get_anchored().is_anchored() { 1 } else { input.get_span().len() as u64 };
        STEPS.set(STEPS.get() + steps);
    }

    pub(crate) fn reset() {
        STEPS.set(0);
    }

    pub(crate) fn steps() -> u64 {
        STEPS.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sample::{Draw, sample};
    use crate::rules::RuleSet;

    #[test]
    fn plain_and_whole_match_alike() {
        for rule in RuleSet::builtin().iter() {
            let mut draw = Draw::new(7);
            let value = sample(rule, &mut draw).expect("drawn");
            let text = [b"x = '", &value[..], b"' ", &value[..value.len() / 2], b"\n"].concat();
            let [plain, whole] =
                [Build::Plain, Build::Whole].map(|how| build(&rule.pattern, how).expect("a regex"));
            for start in 0..text.len().min(200) {
                for anchored in [Anchored::Yes, Anchored::No] {
                    let input = Input::new(&text).range(start..).anchored(anchored);
                    let found = |regex: &Regex| {
                        let mut captures = regex.create_captures();
                        regex.search_captures(&input, &mut captures);
                        captures.iter().map(|span| span.map(|span| span.range())).collect::<Vec<_>>()
                    };
                    assert_eq!(found(&plain), found(&whole), "{} at {start}", rule.id);
                }
            }
        }
    }

    #[test]
    fn a_regex_that_is_asked_often_is_built_whole() {
        let set = RuleSet::builtin();
        let pattern = LazyPattern::new(&set[0]);
        let text = b"no value at all";
        let ask = || pattern.match_at(text, Span::new(0, text.len()), 0);
        for _ in 0..PLAIN_SEARCHES {
            assert_eq!(ask(), None);
        }
        assert_eq!((pattern.plain.get().is_some(), pattern.whole.get().is_some()), (true, false));
        ask();
        assert!(pattern.whole.get().is_some());
    }
}
