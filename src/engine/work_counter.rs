//! Counts the bytes that the engine reads, in tests only: a bound on work can be counted reliably, but not timed.

/// Records that `bytes` bytes are read one by one.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn count(_bytes: usize) {}

/// Bytes that a vector search reads in one step.
const VECTOR_BYTES: usize = 16;

/// Records that `bytes` bytes are searched with vector instructions.
#[inline(always)]
pub(crate) fn count_search(bytes: usize) {
    count(bytes / VECTOR_BYTES + 1);
}

#[cfg(test)]
pub(crate) use test_counter::count;

/// The counter of the current thread.
#[cfg(test)]
pub(crate) mod test_counter {
    use std::cell::Cell;
    use std::sync::{Mutex, OnceLock};

    use regex_automata::Input;
    use regex_automata::hybrid::dfa::{Cache, DFA};
    use regex_automata::util::syntax;

    thread_local! {
        /// `None` while nothing is counted.
        static STEPS: Cell<Option<u64>> = const { Cell::new(None) };
    }

    pub(crate) fn count(bytes: usize) {
        STEPS.set(STEPS.get().map(|steps| steps + bytes as u64));
    }

    /// Counts the bytes that a regex search reads, which the search does not report: runs an equivalent
    /// automaton byte by byte until no match is possible.
    #[derive(Debug)]
    pub(crate) struct DfaWalker {
        pattern: String,
        automaton: OnceLock<Mutex<(DFA, Cache)>>,
    }

    impl DfaWalker {
        pub(crate) fn new(pattern: &str) -> DfaWalker {
            DfaWalker { pattern: pattern.to_owned(), automaton: OnceLock::new() }
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
                .get_or_init(|| DfaWalker::build(&self.pattern))
                .lock()
                .expect("counting does not panic");
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

    /// Returns the number of steps that `work` takes on this thread.
    pub(crate) fn count_steps(work: impl FnOnce()) -> u64 {
        STEPS.set(Some(0));
        work();
        STEPS.take().expect("counting began above")
    }
}
