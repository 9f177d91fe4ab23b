//! A rule's regexes, compiled at their first use: most runs need few of them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;
use regex_automata::util::primitives::{NonMaxUsize, PatternID};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Hir;

use crate::model::Span;
use crate::rules::{Rule, lint};

use super::first_bytes::{FirstBytes, WordFilter, states};
use super::tail;
use super::tail::Tail;
use super::window;
use crate::engine::stats;
use crate::engine::stats::{Stage, StatsCounter};
use crate::engine::work_counter;

/// The spans of a regex match: all of it, and the value in it (the group `secret`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PatternMatch {
    pub(crate) whole: Span,
    pub(crate) secret: Span,
}

/// One rule's pattern and its `allow_pattern`.
#[derive(Debug)]
pub(crate) struct LazyPattern {
    stats: Option<Arc<StatsCounter>>,
    pattern: String,
    /// How matches are searched.
    search: Search,
    first_bytes: OnceLock<FirstBytes>,
    literals: WordFilter,
    regex: OnceLock<Compiled>,
    /// Number of searches with `regex`, up to [`FEW_SEARCHES`].
    searches: AtomicU32,
    /// The regex for more searches.
    fast_regex: OnceLock<Compiled>,
    allow_pattern: Option<String>,
    allow_regex: OnceLock<Regex>,
}

#[derive(Debug)]
struct Compiled {
    /// Matches the pattern without its tail.
    regex: Regex,
    tail: Option<Tail>,
    /// Number of the group named `secret`; 0 if the whole match is the value.
    secret: usize,
    #[cfg(test)]
    walker: work_counter::test_counter::DfaWalker,
}

/// How a rule's matches are searched.
#[derive(Clone, Copy, Debug)]
enum Search {
    /// At one position, and at most this many bytes from there.
    AtPosition { after: usize },
    /// All matches in a window.
    InWindow,
}

/// The engine that runs a regex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Automaton {
    Backtracker,
    LazyDfa,
    /// A lazy DFA, and a one-pass DFA for patterns that allow one.
    OnePass,
}

/// Searches with the automaton that is built fastest. After them, building the one that searches fastest is worth its
/// cost: a search takes a tenth of the instructions then. Both find the same matches.
const FEW_SEARCHES: u32 = 4096;

/// Most states times bytes for the backtracker: it clears one bit for each, so 32 KB per search.
const MAX_VISITED_BITS: usize = 1 << 18;

/// Most groups in a pattern up to the one named `secret`. With more, the whole match is the value.
const MAX_GROUPS: usize = 8;

impl LazyPattern {
    pub(crate) fn new(rule: &Rule, stats: Option<Arc<StatsCounter>>) -> LazyPattern {
        let window = rule.window.unwrap_or(window::DEFAULT);
        LazyPattern {
            stats,
            pattern: rule.pattern.clone(),
            search: if window.every { Search::InWindow } else { Search::AtPosition { after: window.after } },
            first_bytes: OnceLock::new(),
            literals: WordFilter::new(&rule.literals),
            regex: OnceLock::new(),
            searches: AtomicU32::new(0),
            fast_regex: OnceLock::new(),
            allow_pattern: rule.allow_pattern.clone(),
            allow_regex: OnceLock::new(),
        }
    }

    /// Returns the filter for the rule's literals.
    pub(crate) fn literals(&self) -> &WordFilter {
        &self.literals
    }

    /// Returns the bytes that matches can begin with.
    pub(crate) fn first_bytes(&self) -> &FirstBytes {
        self.first_bytes.get_or_init(|| {
            // A pattern that does not parse matches nothing (see `compile`), so any result is correct.
            let hir = lint::parse(&self.pattern).unwrap_or_else(|_| Hir::fail());
            FirstBytes::new(&hir)
        })
    }

    /// Chooses the cheapest automaton for a pattern. Most patterns are run a few times in a process, at positions where
    /// they nearly match: building a lazy DFA costs ten times as much as building the backtracker, and three times the
    /// memory. But the backtracker clears a bit for each state and byte that it may visit, so both must be few.
    fn automaton(&self, pattern: &Hir) -> Automaton {
        match self.search {
            Search::AtPosition { after } => {
                let longest = pattern.properties().maximum_len().unwrap_or(after).min(after);
                if states(pattern).saturating_mul(longest) <= MAX_VISITED_BITS {
                    Automaton::Backtracker
                } else {
                    Automaton::LazyDfa
                }
            }
            Search::InWindow => Automaton::LazyDfa,
        }
    }

    fn compiled(&self) -> &Compiled {
        if let Some(fast) = self.fast_regex.get() {
            return fast;
        }
        let regex = self.regex.get_or_init(|| self.compile(false));
        if self.searches.load(Ordering::Relaxed) >= FEW_SEARCHES {
            return self.fast_regex.get_or_init(|| self.compile(true));
        }
        self.searches.fetch_add(1, Ordering::Relaxed);
        regex
    }

    fn compile(&self, for_many: bool) -> Compiled {
        // A pattern that does not parse or is too large to build matches nothing: the caller that loads rules calls
        // `check_pattern` first, and the tests do so for the built-in ones.
        let pattern = lint::parse(&self.pattern).unwrap_or_else(|_| Hir::fail());
        let (head, tail) = match tail::split(&pattern) {
            Some((head, tail)) => (head, Some(tail)),
            None => (pattern, None),
        };
        let automaton = if for_many { Automaton::OnePass } else { self.automaton(&head) };
        let regex = builder(automaton).build_from_hir(&head).unwrap_or_else(|_| no_match());
        let secret = regex.group_info().to_index(PatternID::ZERO, "secret").unwrap_or(0);
        Compiled {
            secret,
            tail,
            #[cfg(test)]
            walker: work_counter::test_counter::DfaWalker::new(&self.pattern),
            regex,
        }
    }

    /// Returns the match that begins at `start` and is inside `window`.
    pub(crate) fn match_at(&self, text: &[u8], window: Span, start: usize) -> Option<PatternMatch> {
        let first_bytes = self.first_bytes();
        let end = window.end.min(start.saturating_add(first_bytes.longest().unwrap_or(usize::MAX)));
        if !first_bytes.may_begin(&text[start..end]) || !first_bytes.has_required_byte(&text[start..end]) {
            return None;
        }
        let range = start - window.start..end - window.start;
        let input = Input::new(window.slice(text)).range(range).anchored(Anchored::Yes);
        self.search(input, window.start)
    }

    /// Returns the first match in `input`. `offset` is the position of its haystack in the text, and is added to the
    /// spans.
    pub(crate) fn search(&self, input: Input<'_>, offset: usize) -> Option<PatternMatch> {
        let compiled = self.compiled();
        stats::count(self.stats.as_deref(), Stage::Searches, 1);
        #[cfg(test)]
        compiled.walker.walk(&input);
        let span = |start: usize, end: usize| Span::new(start + offset, end + offset);
        let tail =
            |end: usize| compiled.tail.map_or(0, |tail| tail.length(&input.haystack()[end..input.end()]));
        let group = compiled.secret;
        if group == 0 || group >= MAX_GROUPS {
            let found = compiled.regex.search(&input)?;
            let whole = span(found.start(), found.end() + tail(found.end()));
            return Some(PatternMatch { whole, secret: whole });
        }
        // Slots for the groups up to `secret`, on the stack: a search allocates nothing.
        let mut slots = [None::<NonMaxUsize>; 2 * MAX_GROUPS];
        let slots = &mut slots[..2 * group + 2];
        compiled.regex.search_slots(&input, slots)?;
        let group = |number: usize| Some((slots[2 * number]?.get(), slots[2 * number + 1]?.get()));
        let (start, end) = group(0)?;
        let tail_length = tail(end);
        let whole = span(start, end + tail_length);
        let secret = group(compiled.secret).map(|(start, end)| match compiled.tail {
            Some(tail) if tail.is_in_secret => span(start, end + tail_length),
            _ => span(start, end),
        });
        Some(PatternMatch { whole, secret: secret.unwrap_or(whole) })
    }

    /// Whether the rule's `allow_pattern` matches anywhere in `value`.
    pub(crate) fn matches_allow_pattern(&self, value: &[u8]) -> bool {
        let Some(pattern) = &self.allow_pattern else { return false };
        work_counter::count(value.len());
        self.allow_regex.get_or_init(|| compile(pattern, Automaton::LazyDfa)).is_match(value)
    }
}

/// Returns a regex without matches.
fn no_match() -> Regex {
    Regex::new("[a&&b]").expect("the empty class is a regex")
}

/// Compiles a pattern that `rules::lint` has parsed with the same settings. One that is too large to build matches
/// nothing.
fn compile(pattern: &str, automaton: Automaton) -> Regex {
    build(pattern, automaton).unwrap_or_else(|_| no_match())
}

/// Builds a rule's regex: over bytes, without Unicode classes, with an automaton of at most 8 MiB.
///
/// # Errors
///
/// If the pattern does not parse, or if the automaton would be larger.
pub(crate) fn build(
    pattern: &str,
    automaton: Automaton,
) -> Result<Regex, Box<regex_automata::meta::BuildError>> {
    builder(automaton).build(pattern).map_err(Box::new)
}

fn builder(automaton: Automaton) -> regex_automata::meta::Builder {
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(8 << 20));
    let config = match automaton {
        Automaton::Backtracker => config.onepass(false).hybrid(false).auto_prefilter(false),
        Automaton::LazyDfa => config.onepass(false),
        Automaton::OnePass => config.onepass(true),
    };
    let mut builder = Regex::builder();
    builder.syntax(syntax).configure(config);
    builder
}
