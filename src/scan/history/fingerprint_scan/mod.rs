//! Which values an object holds, before anybody knows where it stands in the history.
//!
//! A history holds the same value in hundreds of versions of a file, and one of them is reported. So nothing
//! is made for each version that only a report needs: no lines, no excerpt, no reason. A version that came
//! out of another one as a delta is judged where it differs.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::decode;
use crate::engine::{Changes, Judged, Match, settle};
use crate::git::Growth;
use crate::model::{Carrier, Confidence, Coverage, Effort, Fingerprint, RepoPath, Secret};
use crate::policy::Role;

use crate::scan::aborted;
use crate::scan::blob::blob_scanner::{Inspector, MAX_FINDINGS, too_many};

/// Longer values are rare enough to be named anew in each version.
const MAX_REMEMBERED: usize = 512;

/// So many values are remembered with their names.
const REMEMBERED: usize = 1 << 16;

/// What one version leaves for those that grow from it; `None` where they are to be scanned whole.
pub(crate) type State<'i> = Option<Judged<'i>>;

/// A value that an object holds, once however often it is there.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) fingerprint: Arc<Fingerprint>,
    /// The surest of its matches, by the role of the file; `None` where it is none.
    pub(crate) confidence: [Option<Confidence>; Role::COUNT],
}

/// The values of one object.
#[derive(Debug)]
pub(crate) enum Values<'i> {
    /// The same at any path.
    Fixed(Vec<Value>),
    /// Some of the rules hold for certain paths only.
    ByPath(Vec<(Match<'i>, Arc<Fingerprint>)>),
}

/// Surveys one thread's share of the objects.
pub(crate) struct Surveyor<'i, 's> {
    inspector: &'i Inspector<'s>,
    /// Names of values by the rule's id.
    names: HashMap<&'i str, HashMap<Box<[u8]>, Arc<Fingerprint>>>,
    remembered: usize,
    pub(crate) effort: Effort,
    pub(crate) gaps: Vec<Coverage>,
}

impl<'i, 's> Surveyor<'i, 's> {
    pub(crate) fn new(inspector: &'i Inspector<'s>) -> Surveyor<'i, 's> {
        Surveyor {
            inspector,
            names: HashMap::new(),
            remembered: 0,
            effort: Effort::default(),
            gaps: Vec::new(),
        }
    }

    /// The values in `bytes`; `None` where there are none. Never panics; `what` names the bytes in the gap
    /// that says so instead. `growth` is how the bytes came out of others that were surveyed here.
    pub(crate) fn survey(
        &mut self,
        bytes: &[u8],
        growth: Option<&Growth<'_, State<'i>>>,
        what: impl Fn() -> String,
    ) -> (Option<Values<'i>>, State<'i>) {
        let surveyed = catch_unwind(AssertUnwindSafe(|| self.try_survey(bytes, growth, &what)));
        surveyed.unwrap_or_else(|_| {
            self.gaps.push(aborted(what()));
            (None, None)
        })
    }

    /// The same of names of files or refs, a line each. Only what has a shape of its own counts there: a name
    /// holds words like `password` beside anything.
    pub(crate) fn survey_names(&mut self, names: &[u8], what: impl Fn() -> String) -> Option<Values<'i>> {
        let surveyed = catch_unwind(AssertUnwindSafe(|| {
            let inspector = self.inspector;
            let judged = inspector.engine().judge(names);
            self.effort.searched += judged.searched as u64;
            let mut matches = inspector.engine().candidates_of(&judged, names);
            matches.retain(|found| {
                let rule = inspector.placed(found.rule);
                rule.paths.is_none() && !rule.is_guess
            });
            (!matches.is_empty()).then(|| self.settled(matches, names))
        }));
        surveyed.unwrap_or_else(|_| {
            self.gaps.push(aborted(what()));
            None
        })
    }

    fn try_survey(
        &mut self,
        bytes: &[u8],
        growth: Option<&Growth<'_, State<'i>>>,
        what: &dyn Fn() -> String,
    ) -> (Option<Values<'i>>, State<'i>) {
        let engine = self.inspector.engine();
        let chunk = decode::text(bytes);
        let text = chunk.text.as_ref();
        // What was decoded has other offsets than what git stores.
        let is_stored = matches!(chunk.text, std::borrow::Cow::Borrowed(_));
        let again = growth.filter(|_| is_stored).and_then(|growth| {
            let new: Vec<_> = growth.changes(text.len()).collect();
            let kept: Vec<_> =
                growth.copies.iter().map(|copied| (copied.from, copied.to..copied.end())).collect();
            engine.judge_again(text, growth.state.as_ref()?, &Changes { new: &new, kept: &kept })
        });
        let count = if again.is_some() { &mut self.effort.by_delta } else { &mut self.effort.whole };
        *count += 1;
        let judged = again.unwrap_or_else(|| engine.judge(text));
        self.effort.searched += judged.searched as u64;
        let values = if judged.is_empty() { None } else { self.values(&judged, text, what) };
        (values, is_stored.then_some(judged))
    }

    fn values(&mut self, judged: &Judged<'i>, text: &[u8], what: &dyn Fn() -> String) -> Option<Values<'i>> {
        let inspector = self.inspector;
        let mut matches = inspector.engine().candidates_of(judged, text);
        if matches.len() > MAX_FINDINGS {
            self.gaps.push(too_many(matches.len(), what()));
            matches.truncate(MAX_FINDINGS);
        }
        if matches.is_empty() {
            return None;
        }
        if matches.iter().any(|found| inspector.placed(found.rule).paths.is_some()) {
            let named = |found: Match<'i>| {
                let name = self.name(&found, text);
                (found, name)
            };
            return Some(Values::ByPath(matches.into_iter().map(named).collect()));
        }
        Some(self.settled(matches, text))
    }

    fn settled(&mut self, matches: Vec<Match<'i>>, text: &[u8]) -> Values<'i> {
        let mut values = Gathered::default();
        for found in settle(matches, |found| found) {
            let name = self.name(&found, text);
            values.add(self.inspector, &found, name);
        }
        Values::Fixed(values.0)
    }

    /// The value's name, made once for all versions that hold it.
    fn name(&mut self, found: &Match<'i>, text: &[u8]) -> Arc<Fingerprint> {
        let value = found.span.of(text);
        let names = self.names.entry(&found.rule.id).or_default();
        if let Some(name) = names.get(value) {
            return Arc::clone(name);
        }
        let name = Arc::new(self.inspector.fingerprint(&found.rule.id, &Secret::new(value)));
        if value.len() <= MAX_REMEMBERED {
            names.insert(value.into(), Arc::clone(&name));
            self.remembered += 1;
        }
        if self.remembered > REMEMBERED {
            self.names.clear();
            self.remembered = 0;
        }
        name
    }
}

/// Values, each once.
#[derive(Default)]
struct Gathered(Vec<Value>);

impl Gathered {
    fn add(&mut self, inspector: &Inspector<'_>, found: &Match<'_>, fingerprint: Arc<Fingerprint>) {
        let mut confidence = [None; Role::COUNT];
        Role::all().for_each(|role| confidence[role.index()] = inspector.confidence_in(role, found));
        // Equal values mostly stand together or are few.
        let known = self.0.iter_mut().rev().take(64).find(|value| value.fingerprint == fingerprint);
        match known {
            Some(value) => {
                for (best, here) in value.confidence.iter_mut().zip(confidence) {
                    *best = (*best).max(here);
                }
            }
            None => self.0.push(Value { fingerprint, confidence }),
        }
    }
}

impl Values<'_> {
    /// Gives the name of each value that may count somewhere. One may come more than once.
    pub(crate) fn fingerprints(&self, mut sink: impl FnMut(&Arc<Fingerprint>)) {
        match self {
            Values::Fixed(values) => values.iter().for_each(|value| sink(&value.fingerprint)),
            Values::ByPath(matches) => matches.iter().for_each(|(_, name)| sink(name)),
        }
    }

    /// Gives the values that count at `path`, each with how sure it is there. One may come more than once.
    pub(crate) fn at(
        &self,
        inspector: &Inspector<'_>,
        path: &RepoPath,
        carrier: Carrier,
        mut sink: impl FnMut(&Arc<Fingerprint>, Confidence),
    ) {
        let in_file = matches!(carrier, Carrier::File | Carrier::Symlink);
        let role = if in_file { Role::of(path) } else { Role::PLAIN };
        let mut give = |values: &[Value]| {
            for value in values {
                if let Some(confidence) = value.confidence[role.index()] {
                    sink(&value.fingerprint, confidence);
                }
            }
        };
        match self {
            Values::Fixed(values) => give(values),
            Values::ByPath(matches) => {
                let at_path = inspector.at_path(path, in_file);
                let here = matches.iter().filter(|(found, _)| at_path(found.rule)).collect();
                let mut values = Gathered::default();
                for (found, name) in settle(here, |(found, _)| found) {
                    values.add(inspector, found, Arc::clone(name));
                }
                give(&values.0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
