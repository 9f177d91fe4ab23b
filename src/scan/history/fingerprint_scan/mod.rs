//! Which values an object contains, as fingerprints and confidences only.
//!
//! A history has the same value in hundreds of versions of a file, and one of them is reported. So what only a
//! report needs (line, excerpt, reason) is not made for each version. A version that is stored as a delta is
//! rescanned only where it differs from its base.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::decode;
use crate::engine::{Changes, Match, ScanCache, resolve_overlaps};
use crate::git::DeltaContext;
use crate::model::{Confidence, ContentKind, Fingerprint, RepoPath, Secret, Unscanned, WorkStats};
use crate::policy::Role;

use crate::scan::blob::blob_scanner::BlobScanner;
use crate::scan::blob::unscanned::{MAX_FINDINGS, aborted, no_memory, too_many_findings};

/// Longest value whose fingerprint is cached, in bytes. Longer ones are rare enough to be hashed in each version.
const MAX_CACHED_LEN: usize = 512;

/// Most fingerprints in the cache.
const MAX_CACHED: usize = 1 << 16;

/// The scan cache of a version, for the versions that are deltas of it; `None` if these must be scanned whole.
pub(crate) type State<'i> = Option<ScanCache<'i>>;

/// A value that an object contains, once or more.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) fingerprint: Arc<Fingerprint>,
    /// The highest confidence of its matches, by the role of the file; `None` if it is no match there.
    pub(crate) confidence: [Option<Confidence>; Role::COUNT],
}

/// The values of one object.
#[derive(Debug)]
pub(crate) enum Values<'i> {
    /// The same at any path.
    Fixed(Vec<Value>),
    /// Some of the rules apply to certain paths only.
    ByPath(Vec<(Match<'i>, Arc<Fingerprint>)>),
}

/// Scans one thread's share of the objects.
pub(crate) struct FingerprintScanner<'i, 's> {
    scanner: &'i BlobScanner<'s>,
    /// Fingerprints by the rule's id and the value.
    fingerprints: HashMap<&'i str, HashMap<Box<[u8]>, Arc<Fingerprint>>>,
    cached: usize,
    pub(crate) work_stats: WorkStats,
    pub(crate) unscanned: Vec<Unscanned>,
}

impl<'i, 's> FingerprintScanner<'i, 's> {
    pub(crate) fn new(scanner: &'i BlobScanner<'s>) -> FingerprintScanner<'i, 's> {
        FingerprintScanner {
            scanner,
            fingerprints: HashMap::new(),
            cached: 0,
            work_stats: WorkStats::default(),
            unscanned: Vec::new(),
        }
    }

    /// Returns the values in `bytes`, or `None` if there are none, and the state for deltas of `bytes`.
    ///
    /// `delta_context` describes how `bytes` differ from a base that was scanned before. Never panics: a panic inside
    /// becomes an unscanned entry, in which `what` names the bytes.
    pub(crate) fn scan(
        &mut self,
        bytes: &[u8],
        delta_context: Option<&DeltaContext<'_, State<'i>>>,
        what: impl Fn() -> String,
    ) -> (Option<Values<'i>>, State<'i>) {
        let scanned = catch_unwind(AssertUnwindSafe(|| self.try_scan(bytes, delta_context, &what)));
        scanned.unwrap_or_else(|_| {
            self.unscanned.push(aborted(what()));
            (None, None)
        })
    }

    /// Returns the values in names of files or refs, one per line. Only values with a recognizable format count
    /// there: a name can contain words like `password` beside anything.
    pub(crate) fn scan_names(&mut self, names: &[u8], what: impl Fn() -> String) -> Option<Values<'i>> {
        let scanned = catch_unwind(AssertUnwindSafe(|| {
            let scanner = self.scanner;
            let cache = scanner.engine().scan_with_cache(names);
            self.work_stats.searched += cache.searched as u64;
            let mut matches = scanner.engine().candidates_from_cache(&cache, names);
            matches.retain(|found| {
                let rule = scanner.compiled_rule(found);
                rule.paths.is_none() && !rule.is_guess
            });
            (!matches.is_empty()).then(|| self.resolve(matches, names))
        }));
        scanned.unwrap_or_else(|_| {
            self.unscanned.push(aborted(what()));
            None
        })
    }

    fn try_scan(
        &mut self,
        bytes: &[u8],
        delta_context: Option<&DeltaContext<'_, State<'i>>>,
        what: &dyn Fn() -> String,
    ) -> (Option<Values<'i>>, State<'i>) {
        if let Err(error) = decode::check_memory(bytes) {
            self.unscanned.push(no_memory(what(), error));
            return (None, None);
        }
        let engine = self.scanner.engine();
        let decoded = decode::text(bytes);
        let text = decoded.as_ref();
        // Deltas refer to offsets in the stored bytes, which decoded text does not have.
        let is_stored = matches!(decoded, Cow::Borrowed(_));
        let rescanned = delta_context.filter(|_| is_stored).and_then(|delta_context| {
            let changed: Vec<_> = delta_context.changed_ranges(text.len()).collect();
            let ranges =
                delta_context.copies.iter().map(|range| (range.base_offset, range.offset..range.end()));
            let copied: Vec<_> = ranges.collect();
            engine.rescan(
                text,
                delta_context.base_state.as_ref()?,
                &Changes { changed: &changed, copied: &copied },
            )
        });
        let count =
            if rescanned.is_some() { &mut self.work_stats.by_delta } else { &mut self.work_stats.whole };
        *count += 1;
        let cache = rescanned.unwrap_or_else(|| engine.scan_with_cache(text));
        self.work_stats.searched += cache.searched as u64;
        let values = if cache.is_empty() { None } else { self.values(&cache, text, what) };
        (values, is_stored.then_some(cache))
    }

    fn values(
        &mut self,
        cache: &ScanCache<'i>,
        text: &[u8],
        what: &dyn Fn() -> String,
    ) -> Option<Values<'i>> {
        let scanner = self.scanner;
        let mut matches = scanner.engine().candidates_from_cache(cache, text);
        if matches.len() > MAX_FINDINGS {
            self.unscanned.push(too_many_findings(matches.len(), what()));
            matches.truncate(MAX_FINDINGS);
        }
        if matches.is_empty() {
            return None;
        }
        if matches.iter().any(|found| scanner.compiled_rule(found).paths.is_some()) {
            let with_fingerprint = |found: Match<'i>| {
                let fingerprint = self.fingerprint(&found, text);
                (found, fingerprint)
            };
            return Some(Values::ByPath(matches.into_iter().map(with_fingerprint).collect()));
        }
        Some(self.resolve(matches, text))
    }

    /// Resolves overlapping matches.
    fn resolve(&mut self, matches: Vec<Match<'i>>, text: &[u8]) -> Values<'i> {
        let mut values = ValueList::default();
        for found in resolve_overlaps(matches, |found| found) {
            let fingerprint = self.fingerprint(&found, text);
            values.add(self.scanner, &found, fingerprint);
        }
        Values::Fixed(values.0)
    }

    /// Returns the value's fingerprint, computed once for all versions that contain it while it is in the cache.
    fn fingerprint(&mut self, found: &Match<'i>, text: &[u8]) -> Arc<Fingerprint> {
        let value = found.span.slice(text);
        let of_rule = self.fingerprints.entry(&found.rule.id).or_default();
        if let Some(fingerprint) = of_rule.get(value) {
            return Arc::clone(fingerprint);
        }
        let fingerprint = Arc::new(self.scanner.fingerprint(&found.rule.id, &Secret::new(value)));
        if value.len() <= MAX_CACHED_LEN {
            of_rule.insert(value.into(), Arc::clone(&fingerprint));
            self.cached += 1;
        }
        if self.cached > MAX_CACHED {
            self.fingerprints.clear();
            self.cached = 0;
        }
        fingerprint
    }
}

/// Values without duplicates, as far as these are close to each other.
#[derive(Default)]
struct ValueList(Vec<Value>);

impl ValueList {
    fn add(&mut self, scanner: &BlobScanner<'_>, found: &Match<'_>, fingerprint: Arc<Fingerprint>) {
        let mut confidence = [None; Role::COUNT];
        Role::all().for_each(|role| confidence[role.index()] = scanner.confidence_in(role, found));
        // Equal values are mostly close to each other, or there are few values.
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
    /// Calls `sink` with the fingerprint of each value that may count at some path, for some more than once.
    pub(crate) fn fingerprints(&self, mut sink: impl FnMut(&Arc<Fingerprint>)) {
        match self {
            Values::Fixed(values) => values.iter().for_each(|value| sink(&value.fingerprint)),
            Values::ByPath(matches) => matches.iter().for_each(|(_, fingerprint)| sink(fingerprint)),
        }
    }

    /// Calls `sink` with the fingerprint and confidence of each value that counts at `path`, for some more than once.
    pub(crate) fn at(
        &self,
        scanner: &BlobScanner<'_>,
        path: &RepoPath,
        content_kind: ContentKind,
        mut sink: impl FnMut(&Arc<Fingerprint>, Confidence),
    ) {
        let is_file = matches!(content_kind, ContentKind::File | ContentKind::Symlink);
        let role = if is_file { Role::from_path(path) } else { Role::PLAIN };
        let mut pass = |values: &[Value]| {
            for value in values {
                if let Some(confidence) = value.confidence[role.index()] {
                    sink(&value.fingerprint, confidence);
                }
            }
        };
        match self {
            Values::Fixed(values) => pass(values),
            Values::ByPath(matches) => {
                let applies = scanner.path_filter(path, is_file);
                let applicable = matches.iter().filter(|(found, _)| applies(found)).collect();
                let mut values = ValueList::default();
                for (found, fingerprint) in resolve_overlaps(applicable, |(found, _)| found) {
                    values.add(scanner, found, Arc::clone(fingerprint));
                }
                pass(&values.0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
