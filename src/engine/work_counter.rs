//! Counts the bytes that are looked at, in tests only: nobody can time a bound, but everybody can count.

/// Looks at `bytes` bytes.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn count(_bytes: usize) {}

/// Bytes that a vector search looks at in one step.
const VECTOR: usize = 16;

/// Searches through `bytes` bytes with vector instructions.
#[inline(always)]
pub(crate) fn count_search(bytes: usize) {
    count(bytes / VECTOR + 1);
}

#[cfg(test)]
pub(crate) use given::count;

/// What this thread has counted.
#[cfg(test)]
pub(crate) mod given {
    use std::cell::Cell;
    use std::sync::{Mutex, OnceLock};

    use regex_automata::Input;
    use regex_automata::hybrid::dfa::{Cache, DFA};
    use regex_automata::util::syntax;

    thread_local! {
        static STEPS: Cell<Option<u64>> = const { Cell::new(None) };
    }

    pub(crate) fn count(bytes: usize) {
        STEPS.set(STEPS.get().map(|steps| steps + bytes as u64));
    }

    /// Counts what a regex search reads, which it does not tell: the same automaton, walked byte by byte until
    /// no match can come any more.
    #[derive(Debug)]
    pub(crate) struct Walker {
        pattern: String,
        automaton: OnceLock<Mutex<(DFA, Cache)>>,
    }

    impl Walker {
        pub(crate) fn new(pattern: &str) -> Walker {
            Walker { pattern: pattern.to_owned(), automaton: OnceLock::new() }
        }

        fn build(pattern: &str) -> Mutex<(DFA, Cache)> {
            let syntax = syntax::Config::new().unicode(false).utf8(false);
            let config = DFA::config().skip_cache_capacity_check(true).cache_capacity(64 << 20);
            let dfa =
                DFA::builder().syntax(syntax).configure(config).build(pattern).expect("a checked pattern");
            let cache = dfa.create_cache();
            Mutex::new((dfa, cache))
        }

        pub(crate) fn walk(&self, input: &Input<'_>) {
            if STEPS.get().is_none() {
                return;
            }
            let (dfa, cache) = &mut *self
                .automaton
                .get_or_init(|| Walker::build(&self.pattern))
                .lock()
                .expect("nobody panics while counting");
            let mut state = dfa.start_state_forward(cache, input).expect("no look-around refuses a start");
            for at in input.get_range() {
                count(1);
                state = dfa.next_state(cache, state, input.haystack()[at]).expect("a large cache");
                if state.is_dead() || state.is_quit() {
                    return;
                }
            }
        }
    }

    /// The steps that `work` takes.
    pub(crate) fn steps(work: impl FnOnce()) -> u64 {
        STEPS.set(Some(0));
        work();
        STEPS.take().expect("counting began above")
    }
}
