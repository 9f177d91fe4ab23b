//! A rule's regexes, compiled when they are first needed: most runs need few of them.

use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;
use regex_automata::util::primitives::{NonMaxUsize, PatternID};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use crate::model::Span;
use crate::rules::{Rule, lint};

use super::first_bytes::Opening;
use super::window;
use crate::engine::stats;
use crate::engine::stats::{Stage, Stages};

/// The two spans of a regex match: all of it, and the value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) whole: Span,
    pub(crate) secret: Span,
}

/// One rule's pattern and its `never_pattern`.
#[derive(Debug)]
pub(crate) struct LazyPattern {
    stages: Option<Arc<Stages>>,
    pattern: String,
    /// How its matches are searched.
    search: Search,
    opening: OnceLock<Opening>,
    regex: OnceLock<Compiled>,
    never_pattern: Option<String>,
    never: OnceLock<Regex>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// Number of the group named `secret`; 0 where the whole match is the value.
    secret: usize,
    #[cfg(test)]
    walker: crate::engine::work_counter::given::Walker,
}

/// How a rule's matches are searched.
#[derive(Clone, Copy, Debug)]
enum Search {
    /// Whether one begins at a place, and reaches no farther than that from it.
    AtOnePlace { after: usize },
    /// All in a window.
    Anywhere,
}

/// What runs a regex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Automaton {
    Backtracker,
    LazyDfa,
}

/// States times bytes that the backtracker is given, at most: 32 KB are cleared for a search.
const MOST_BITS: usize = 1 << 18;

/// Groups that a pattern may have up to the one named `secret`; one with more has no value of its own.
const MAX_GROUPS: usize = 8;

impl LazyPattern {
    pub(crate) fn new(rule: &Rule, stages: Option<Arc<Stages>>) -> LazyPattern {
        let window = rule.window.unwrap_or(window::DEFAULT);
        LazyPattern {
            stages,
            pattern: rule.pattern.clone(),
            search: if window.every { Search::Anywhere } else { Search::AtOnePlace { after: window.after } },
            opening: OnceLock::new(),
            regex: OnceLock::new(),
            never_pattern: rule.never_pattern.clone(),
            never: OnceLock::new(),
        }
    }

    /// What every match begins with.
    pub(crate) fn opening(&self) -> &Opening {
        self.opening.get_or_init(|| {
            // One that does not parse matches nothing (see `compile`): anything may be said of it.
            let hir = lint::parse(&self.pattern).unwrap_or_else(|_| regex_syntax::hir::Hir::fail());
            Opening::new(&hir)
        })
    }

    /// The cheapest automaton. Most patterns are asked a few times in a run, at places where they nearly match: a
    /// lazy DFA costs ten times as much to begin with as the backtracker, and three times the memory. But
    /// the backtracker clears a bit for each state and byte that it may look at, so both must be few.
    fn automaton(&self) -> Automaton {
        let opening = self.opening();
        match self.search {
            Search::AtOnePlace { after }
                if opening.states().saturating_mul(opening.longest().unwrap_or(after).min(after))
                    <= MOST_BITS =>
            {
                Automaton::Backtracker
            }
            _ => Automaton::LazyDfa,
        }
    }

    fn compiled(&self) -> &Compiled {
        self.regex.get_or_init(|| {
            let regex = compile(&self.pattern, self.automaton());
            let secret = regex.group_info().to_index(PatternID::ZERO, "secret").unwrap_or(0);
            Compiled {
                secret,
                #[cfg(test)]
                walker: crate::engine::work_counter::given::Walker::new(&self.pattern),
                regex,
            }
        })
    }

    /// The match that begins exactly at `start`, if any, looking no farther than `window`.
    pub(crate) fn match_at(&self, text: &[u8], window: Span, start: usize) -> Option<Found> {
        let opening = self.opening();
        let end = window.end.min(start.saturating_add(opening.longest().unwrap_or(usize::MAX)));
        if !opening.may_begin(&text[start..end]) || !opening.has_mark(&text[start..end]) {
            return None;
        }
        let range = start - window.start..end - window.start;
        let input = Input::new(window.of(text)).range(range).anchored(Anchored::Yes);
        self.search(input, window.start)
    }

    /// The first match that `input` asks for; `offset` is where its haystack begins in the text.
    pub(crate) fn search(&self, input: Input<'_>, offset: usize) -> Option<Found> {
        let compiled = self.compiled();
        stats::count(self.stages.as_deref(), Stage::Searches, 1);
        #[cfg(test)]
        compiled.walker.walk(&input);
        let span = |start: usize, end: usize| Span::new(start + offset, end + offset);
        let group = compiled.secret;
        if group == 0 || group >= MAX_GROUPS {
            let found = compiled.regex.search(&input)?;
            let whole = span(found.start(), found.end());
            return Some(Found { whole, secret: whole });
        }
        // Room for the groups up to the one that is wanted: nothing is allocated for a search.
        let mut slots = [None::<NonMaxUsize>; 2 * MAX_GROUPS];
        let slots = &mut slots[..2 * group + 2];
        compiled.regex.search_slots(&input, slots)?;
        let group = |number: usize| Some(span(slots[2 * number]?.get(), slots[2 * number + 1]?.get()));
        let whole = group(0)?;
        Some(Found { whole, secret: group(compiled.secret).unwrap_or(whole) })
    }

    /// Whether the rule's `never_pattern` matches anywhere in `value`.
    pub(crate) fn never_matches(&self, value: &[u8]) -> bool {
        let Some(pattern) = &self.never_pattern else { return false };
        crate::engine::work_counter::count(value.len());
        self.never.get_or_init(|| compile(pattern, Automaton::LazyDfa)).is_match(value)
    }
}

/// The regex of a pattern that `rules::lint` has parsed with the same settings. One that is too
/// large to build matches nothing: whoever loads rules asks `check_pattern` first, and the tests ask it
/// for the built-in ones.
fn compile(pattern: &str, automaton: Automaton) -> Regex {
    build(pattern, automaton).unwrap_or_else(|_| Regex::new("[a&&b]").expect("the empty class is a regex"))
}

/// Builds a rule's regex: bytes, no Unicode classes, at most 8 MiB of automaton.
pub(crate) fn build(
    pattern: &str,
    automaton: Automaton,
) -> Result<Regex, Box<regex_automata::meta::BuildError>> {
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(8 << 20)).onepass(false);
    let config = match automaton {
        Automaton::Backtracker => config.hybrid(false).auto_prefilter(false),
        Automaton::LazyDfa => config,
    };
    Regex::builder().syntax(syntax).configure(config).build(pattern).map_err(Box::new)
}
