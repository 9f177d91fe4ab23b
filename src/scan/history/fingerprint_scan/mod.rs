//! Which values an object contains, as fingerprints and confidences only.
//!
//! A history has the same value in hundreds of versions of a file, and one of them is reported. So what only a
//! report needs (line, excerpt, reason) is not made for each version. A version that is stored as a delta is
//! rescanned only where it differs from its base.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use memchr::memchr;

use crate::decode::{self, Reading};
use crate::engine::{Changes, Match, ScanCache, resolve_overlaps};
use crate::git::DeltaContext;
use crate::model::{Confidence, ContentKind, Fingerprint, RepoPath, Secret, Unscanned, WorkStats};
use crate::policy::Role;
use crate::rules::Rule;

use crate::scan::blob::blob_scanner::BlobScanner;
use crate::scan::blob::readings::{ReadMatch, merged_matches};
use crate::scan::blob::unscanned::{MAX_FINDINGS, aborted, no_memory, too_many_findings};

/// Longest value whose fingerprint is cached, in bytes. Longer ones are rare enough to be hashed in each version.
const MAX_CACHED_LEN: usize = 512;

/// Most fingerprints in the cache.
const MAX_CACHED: usize = 1 << 16;

/// What is known of a version, for the versions that are deltas of it; `None` if these must be scanned whole.
pub(crate) type State<'i> = Option<VersionState<'i>>;

/// A scanned version whose text is its stored bytes.
#[derive(Debug)]
pub(crate) struct VersionState<'i> {
    cache: ScanCache<'i>,
    /// Whether it contains a zero byte, without which no other reading is plausible.
    has_zero: bool,
}

/// A match with its value.
type Valued<'i, 't> = (Match<'i>, &'t [u8]);

/// A value that an object contains, once or more.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) fingerprint: Arc<Fingerprint>,
    /// The highest confidence of the matches of its bytes.
    pub(crate) confidence: ConfidenceByRole,
}

/// The confidence of a match by the role of the file; `None` if it is no match there.
#[derive(Clone, Debug)]
pub(crate) struct ConfidenceByRole([Option<Confidence>; Role::COUNT]);

impl ConfidenceByRole {
    fn new(scanner: &BlobScanner<'_>, found: &Match<'_>) -> ConfidenceByRole {
        let mut confidence = [None; Role::COUNT];
        Role::all().for_each(|role| confidence[role.index()] = scanner.confidence_in(role, found));
        ConfidenceByRole(confidence)
    }

    /// Raises each to that of `other`.
    fn raise(&mut self, other: &ConfidenceByRole) {
        for (best, here) in self.0.iter_mut().zip(other.0) {
            *best = (*best).max(here);
        }
    }
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
            let mut matches = with_values(scanner.engine().candidates_from_cache(&cache, names), names);
            matches.retain(|(found, _)| {
                let rule = scanner.compiled_rule(found);
                rule.paths.is_none() && !rule.is_guess
            });
            (!matches.is_empty()).then(|| self.resolve(matches))
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
        let engine = self.scanner.engine();
        let base = delta_context.and_then(|context| Some((context, context.base_state.as_ref()?)));
        let changes = base.map(|(context, base)| {
            let changed: Vec<_> = context.changed_ranges(bytes.len()).collect();
            let ranges = context.copies.iter().map(|range| (range.base_offset, range.offset..range.end()));
            (base, changed, ranges.collect::<Vec<_>>())
        });
        let has_zero = match &changes {
            Some((base, changed, _)) if !base.has_zero => {
                changed.iter().any(|range| memchr(0, &bytes[range.clone()]).is_some())
            }
            _ => memchr(0, bytes).is_some(),
        };
        if has_zero {
            let readings = match decode::readings(bytes) {
                Ok(readings) => readings,
                Err(error) => {
                    self.unscanned.push(no_memory(what(), error));
                    return (None, None);
                }
            };
            if readings.len() > 1 {
                // Deltas refer to offsets in the stored bytes, which other readings do not have.
                return (self.scan_readings(&readings, what), None);
            }
        }
        let rescanned = changes.and_then(|(base, changed, copied)| {
            engine.rescan(bytes, &base.cache, &Changes { changed: &changed, copied: &copied })
        });
        let count =
            if rescanned.is_some() { &mut self.work_stats.by_delta } else { &mut self.work_stats.whole };
        *count += 1;
        let cache = rescanned.unwrap_or_else(|| engine.scan_with_cache(bytes));
        self.work_stats.searched += cache.searched as u64;
        let values = if cache.is_empty() {
            None
        } else {
            self.values(with_values(engine.candidates_from_cache(&cache, bytes), bytes), what)
        };
        (values, Some(VersionState { cache, has_zero }))
    }

    fn scan_readings(&mut self, readings: &[Reading<'_>], what: &dyn Fn() -> String) -> Option<Values<'i>> {
        let engine = self.scanner.engine();
        self.work_stats.whole += 1;
        let matches = merged_matches(readings, |_, reading| {
            self.work_stats.searched += reading.text.len() as u64;
            engine.candidates(&reading.text)
        });
        let value = |read: ReadMatch<'i>| (read.matched, read.span.slice(&readings[read.reading].text));
        self.values(matches.into_iter().map(value).collect(), what)
    }

    fn values(&mut self, mut matches: Vec<Valued<'i, '_>>, what: &dyn Fn() -> String) -> Option<Values<'i>> {
        let scanner = self.scanner;
        if matches.len() > MAX_FINDINGS {
            self.unscanned.push(too_many_findings(matches.len(), what()));
            matches.truncate(MAX_FINDINGS);
        }
        if matches.is_empty() {
            return None;
        }
        if matches.iter().any(|(found, _)| scanner.compiled_rule(found).paths.is_some()) {
            let with_fingerprint = |(found, value): Valued<'i, '_>| {
                let fingerprint = self.fingerprint(found.rule, value);
                (found, fingerprint)
            };
            return Some(Values::ByPath(matches.into_iter().map(with_fingerprint).collect()));
        }
        Some(self.resolve(matches))
    }

    /// Resolves overlapping matches.
    fn resolve(&mut self, matches: Vec<Valued<'i, '_>>) -> Values<'i> {
        let mut values = ValueList::default();
        let placed: Vec<_> = matches
            .into_iter()
            .map(|valued| {
                let confidence = ConfidenceByRole::new(self.scanner, &valued.0);
                (valued, confidence)
            })
            .collect();
        let resolved =
            resolve_overlaps(placed, |((found, _), _)| found, |(_, kept), (_, other)| kept.raise(other));
        for ((found, value), confidence) in resolved {
            let fingerprint = self.fingerprint(found.rule, value);
            values.add(fingerprint, confidence);
        }
        Values::Fixed(values.0)
    }

    /// Returns the value's fingerprint, computed once for all versions that contain it while it is in the cache.
    fn fingerprint(&mut self, rule: &'i Rule, value: &[u8]) -> Arc<Fingerprint> {
        let of_rule = self.fingerprints.entry(&rule.id).or_default();
        if let Some(fingerprint) = of_rule.get(value) {
            return Arc::clone(fingerprint);
        }
        let fingerprint = Arc::new(self.scanner.fingerprint(&rule.id, &Secret::new(value)));
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

/// Returns the matches in `text` with their values.
fn with_values<'i, 't>(matches: Vec<Match<'i>>, text: &'t [u8]) -> Vec<Valued<'i, 't>> {
    let value = |found: Match<'i>| {
        let value = found.span.slice(text);
        (found, value)
    };
    matches.into_iter().map(value).collect()
}

/// Values without duplicates, as far as these are close to each other.
#[derive(Default)]
struct ValueList(Vec<Value>);

impl ValueList {
    fn add(&mut self, fingerprint: Arc<Fingerprint>, confidence: ConfidenceByRole) {
        // Equal values are mostly close to each other, or there are few values.
        let known = self.0.iter_mut().rev().take(64).find(|value| value.fingerprint == fingerprint);
        match known {
            Some(value) => value.confidence.raise(&confidence),
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
                if let Some(confidence) = value.confidence.0[role.index()] {
                    sink(&value.fingerprint, confidence);
                }
            }
        };
        match self {
            Values::Fixed(values) => pass(values),
            Values::ByPath(matches) => {
                let applies = scanner.path_filter(path, is_file);
                let applicable = matches.iter().filter(|(found, _)| applies(found));
                let applicable =
                    applicable.map(|item| (item, ConfidenceByRole::new(scanner, &item.0))).collect();
                let mut values = ValueList::default();
                let resolved = resolve_overlaps(
                    applicable,
                    |(item, _)| &item.0,
                    |(_, kept), (_, other)| kept.raise(other),
                );
                for ((_, fingerprint), confidence) in resolved {
                    values.add(Arc::clone(fingerprint), confidence);
                }
                pass(&values.0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
