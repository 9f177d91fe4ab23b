//! Scans the bytes of one blob, message or name for candidates, and turns candidates into findings at a path.
//!
//! The two steps are separate because one blob can have several paths, and rules and confidence depend on the path.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use globset::{Glob, GlobSet, GlobSetBuilder};
use memchr::memmem;

use crate::decode::{self, Reading, ReadingKind};
use crate::engine::{Engine, Match, confidence_from_score, joined, resolve_overlaps};
use crate::model::memory::NoMemory;
use crate::model::{
    Confidence, ContentKind, Evidence, Excerpt, Finding, Fingerprint, Location, Locator, Position,
    Provenance, RepoPath, RuleInfo, Secret, Span, StageCounts, Status, Unscanned, character_boundary,
};
use crate::policy::{
    AllowComment, KnownComments, Policy, Role, Surroundings, Syntaxes, UsedComments, find_allow_comments,
};
use crate::rules::{Rule, RuleSet};

use super::chunk::{Chunk, Chunker};
use super::excerpt::{excerpt, shown_range};
use super::line_masks::LineMasks;
use super::readings::{ReadMatch, merged_matches};
use super::unscanned::{MAX_FINDINGS, aborted, no_memory, out_of_time, too_many_findings};
use crate::scan::error::ScanError;
#[cfg(feature = "git")]
use crate::scan::settings::Settings;

/// Bytes of a text that are scanned between two checks of a deadline: a fraction of a second for any text.
const DEADLINE_CHUNK: usize = if cfg!(test) { 10_007 } else { 128 * 1024 };

/// Rules and policy, ready to scan blobs with. Shared by all threads.
pub(crate) struct BlobScanner<'s> {
    rules: RuleSet,
    policy: Cow<'s, Policy>,
    stats: bool,
    deadline: Option<Instant>,
    /// Built when the first bytes are scanned, unless the settings have a shared one: many commits that a hook scans
    /// add no bytes.
    engine: OnceLock<Arc<Engine>>,
    /// Whether the rules are the built-in ones.
    is_builtin: bool,
    /// Has the user's rules, on or off, for masking.
    user_engine: OnceLock<Engine>,
    /// Findings below this confidence are not reported.
    confidence: Confidence,
    /// By rule, for rules that matched.
    compiled_rules: Box<[OnceLock<Box<CompiledRule>>]>,
}

/// What findings need of a rule.
pub(crate) struct CompiledRule {
    info: Arc<RuleInfo>,
    /// The rule applies only to files with such paths.
    pub(crate) paths: Option<GlobSet>,
    /// Whether a match is a guess by context, which counts less in files of tests.
    pub(crate) is_guess: bool,
}

/// A finding without provenance: the path of its bytes is not known yet.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'i> {
    matched: Match<'i>,
    finding: Finding,
    /// The allow comments for its rule beside the value. Whether they are comments depends on the type of file.
    comments: Vec<AllowComment>,
}

impl Candidate<'_> {
    /// Returns the byte range of the value in the text.
    #[cfg(feature = "git")]
    pub(super) fn span(&self) -> Span {
        self.matched.span
    }
}

/// The result of scanning one blob.
#[derive(Debug, Default)]
pub(crate) struct BlobScan<'i> {
    /// In the order of their bytes. Several may cover the same bytes; [`BlobScanner::findings`] resolves overlaps for a
    /// path.
    pub(crate) candidates: Vec<Candidate<'i>>,
    /// Why the blob was not scanned completely, if so.
    pub(crate) unscanned: Option<Unscanned>,
    /// Number of candidates, including those beyond [`MAX_FINDINGS`].
    count: usize,
}

impl BlobScan<'_> {
    /// Sets the unscanned entry if there are more than [`MAX_FINDINGS`] candidates. `what` names the blob.
    pub(crate) fn report_truncation(&mut self, what: impl Fn() -> String) {
        if self.count > MAX_FINDINGS && self.unscanned.is_none() {
            self.unscanned = Some(too_many_findings(self.count, what()));
        }
    }
}

impl<'s> BlobScanner<'s> {
    /// Returns one for a run with `settings`.
    ///
    /// # Errors
    ///
    /// If a path glob of a user's rule does not compile.
    #[cfg(feature = "git")]
    pub(crate) fn new(settings: &'s Settings) -> Result<BlobScanner<'s>, ScanError> {
        let scanner = BlobScanner::from_parts(settings.rules.clone(), Cow::Borrowed(&settings.policy))?;
        Ok(BlobScanner {
            stats: settings.stats,
            deadline: settings.deadline,
            confidence: settings.confidence,
            engine: settings.shared_engine().map_or_else(OnceLock::new, OnceLock::from),
            ..scanner
        })
    }

    /// Returns one without a deadline, statistics or a shared engine.
    ///
    /// # Errors
    ///
    /// If a path glob of a user's rule does not compile.
    pub(crate) fn from_parts(rules: RuleSet, policy: Cow<'s, Policy>) -> Result<BlobScanner<'s>, ScanError> {
        // The globs of the built-in rules are tested.
        for rule in rules.user_rules() {
            compile_globs(rule)?;
        }
        let compiled_rules = (0..rules.count()).map(|_| OnceLock::new()).collect();
        Ok(BlobScanner {
            is_builtin: rules.is_builtin(),
            rules,
            policy,
            stats: false,
            deadline: None,
            engine: OnceLock::new(),
            user_engine: OnceLock::new(),
            confidence: Confidence::Low,
            compiled_rules,
        })
    }

    /// Does not prepare findings below `confidence`: the caller leaves them out.
    pub(crate) fn with_confidence(self, confidence: Confidence) -> BlobScanner<'s> {
        BlobScanner { confidence, ..self }
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.get_or_init(|| {
            Arc::new(if self.stats { Engine::with_stats(&self.rules) } else { Engine::new(&self.rules) })
        })
    }

    /// Returns the spans of everything in `text` that has the form of a value of any rule, whether the rule is on or off:
    /// what is masked does not depend on what is reported.
    fn forms(&self, text: &[u8]) -> Vec<Span> {
        // The statistics are about the scan alone.
        if self.is_builtin && !self.stats {
            return self.engine().forms(text);
        }
        let of_user = self.user_engine.get_or_init(|| Engine::new(&self.rules.all_user_rules()));
        joined([Engine::builtin().forms(text), of_user.forms(text)].concat())
    }

    /// Returns the engine, for other scans with the same rules.
    #[cfg(feature = "git")]
    pub(crate) fn shared_engine(&self) -> Arc<Engine> {
        self.engine();
        Arc::clone(self.engine.get().expect("just built"))
    }

    /// Returns what suppresses findings.
    #[cfg(feature = "git")]
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns how often each stage of the search was entered; `None` unless the settings enable `stats`.
    pub(crate) fn stage_counts(&self) -> Option<StageCounts> {
        self.stats.then(|| self.engine.get().and_then(|engine| engine.stats()).unwrap_or_default())
    }

    pub(crate) fn compiled_rule(&self, found: &Match<'_>) -> &CompiledRule {
        self.compiled_rules[found.rule_index].get_or_init(|| Box::new(compile(found.rule)))
    }

    /// Whether the deadline of this run has passed.
    pub(crate) fn is_past_deadline(&self) -> bool {
        self.deadline.is_some_and(|end| Instant::now() >= end)
    }

    /// Whether `skip-paths` lists the file.
    pub(crate) fn is_skipped(&self, path: &RepoPath) -> bool {
        self.policy.skips(path)
    }

    /// Scans `bytes`. What depends on the path is not applied yet: rules, roles, allow comments.
    ///
    /// Never panics: a panic inside becomes the unscanned entry. `what` names the bytes in that entry.
    pub(crate) fn scan(&self, bytes: &[u8], what: impl Fn() -> String) -> BlobScan<'_> {
        catch_unwind(AssertUnwindSafe(|| self.try_scan(bytes, &what)))
            .unwrap_or_else(|_| BlobScan { unscanned: Some(aborted(what())), ..BlobScan::default() })
    }

    fn try_scan<'i>(&'i self, bytes: &[u8], what: &dyn Fn() -> String) -> BlobScan<'i> {
        let mut scan = BlobScan::default();
        match self.for_each_chunk(bytes, &mut |chunk| self.try_scan_chunk(chunk, &mut scan)) {
            Ok(true) => {}
            Ok(false) => scan.unscanned = Some(out_of_time(what())),
            Err(error) => scan.unscanned = Some(no_memory(what(), error)),
        }
        scan.report_truncation(what);
        scan
    }

    /// Passes each chunk of `bytes` to `work`; without a deadline there is one. Returns whether all chunks were passed
    /// before the deadline.
    fn for_each_chunk(&self, bytes: &[u8], work: &mut dyn FnMut(&Chunk<'_, '_>)) -> Result<bool, NoMemory> {
        if self.deadline.is_none() || bytes.len() <= DEADLINE_CHUNK {
            let readings = decode::readings(bytes)?;
            let start = [Position::default(); ReadingKind::COUNT];
            work(&Chunk { readings: &readings, offset: 0, reported: 0..bytes.len(), start });
            return Ok(true);
        }
        let mut chunker = Chunker::new(self.chunk_overlap());
        let mut first = 0;
        while first < bytes.len() {
            if self.is_past_deadline() {
                return Ok(false);
            }
            let end = character_boundary(bytes, bytes.len().min(first + DEADLINE_CHUNK));
            let offset = first.saturating_sub(chunker.stored_before());
            let limit = bytes.len().min(end + chunker.stored_after());
            chunker.read(&bytes[offset..limit], offset, first - offset..end - offset, &mut *work);
            first = end;
        }
        Ok(true)
    }

    /// Adds the candidates of a chunk to those of the chunks before it. Never panics.
    ///
    /// After the last chunk, the caller calls [`BlobScan::report_truncation`].
    pub(crate) fn scan_chunk<'i>(
        &'i self,
        chunk: &Chunk<'_, '_>,
        scan: &mut BlobScan<'i>,
        what: impl Fn() -> String,
    ) {
        let done = catch_unwind(AssertUnwindSafe(|| self.try_scan_chunk(chunk, scan)));
        if done.is_err() {
            scan.unscanned = Some(aborted(what()));
        }
    }

    /// Returns how many bytes of text before and after a value decide about it, however long the text is. Chunks
    /// whose readings overlap by so much give the same findings as the whole text.
    pub(crate) fn chunk_overlap(&self) -> (usize, usize) {
        let margin = self.engine().margin();
        let (before, after) = Surroundings::CONTEXT;
        (before + margin, after + margin)
    }

    fn try_scan_chunk<'i>(&'i self, chunk: &Chunk<'_, '_>, scan: &mut BlobScan<'i>) {
        let Chunk { readings, offset, ref reported, start } = *chunk;
        let mut secrets = vec![Vec::new(); readings.len()];
        let matches = merged_matches(readings, |index, reading| {
            let matches = self.engine().candidates(&reading.text);
            secrets[index] = matches.iter().map(|found| found.span).collect();
            matches
        });
        if matches.is_empty() {
            return;
        }
        let forms = |text: &[u8]| self.forms(text);
        let masks: Vec<_> = readings
            .iter()
            .zip(secrets)
            .map(|(reading, secrets)| RefCell::new(LineMasks::new(&forms, &reading.text, secrets)))
            .collect();
        let known: Vec<_> = readings.iter().map(|_| RefCell::new(KnownComments::new())).collect();
        // Each text is located from the first reported byte on, because the context before it may be read otherwise.
        let located = |reading: &Reading<'_>| reading.text_offset(reported.start);
        let first: Vec<usize> = readings.iter().map(located).collect();
        let mut locators: Vec<_> = readings
            .iter()
            .zip(&first)
            .map(|(reading, &first)| Locator::new(&reading.text[first..], start[reading.kind as usize]))
            .collect();
        for read in matches.into_iter().filter(|read| reported.contains(&read.matched.span.start)) {
            scan.count += 1;
            if scan.count > MAX_FINDINGS {
                continue;
            }
            let ReadMatch { reading: index, span, matched: mut found } = read;
            let reading = &readings[index];
            let masks_within = |part: Span| masks[index].borrow_mut().within(part).to_vec();
            let around =
                Surroundings { text: &reading.text, value: span, masks: &masks_within, known: &known[index] };
            let location =
                locators[index].locate(Span::new(span.start - first[index], span.end - first[index]));
            let finding = self.finding(&found, location, &around);
            let mut comments = find_allow_comments(&finding.rule.id, &finding.secret, &around);
            for comment in &mut comments {
                comment.at = reading.stored_span(Span::new(comment.at, comment.at)).start + offset;
            }
            for span in [&mut found.span, &mut found.whole] {
                *span = Span::new(span.start + offset, span.end + offset);
            }
            scan.candidates.push(Candidate { matched: found, finding, comments });
        }
    }

    fn finding(&self, found: &Match<'_>, location: Location, around: &Surroundings<'_>) -> Finding {
        let secret = Secret::new(around.value.slice(around.text));
        let info = &self.compiled_rule(found).info;
        Finding {
            rule: Arc::clone(info),
            severity: found.severity,
            confidence: found.confidence,
            why: found.why.clone(),
            fingerprint: self.fingerprint(&info.id, &secret),
            secret,
            location,
            excerpt: match found.confidence >= self.confidence {
                true => excerpt(
                    around.text,
                    around.value,
                    &(around.masks)(shown_range(around.text, around.value)),
                ),
                false => Excerpt::default(),
            },
            provenance: Provenance::file(RepoPath::new("")),
            status: Status::New,
            status_reason: None,
        }
    }

    /// Returns the fingerprint of a value of `rule`.
    pub(crate) fn fingerprint(&self, rule: &str, value: &Secret) -> Fingerprint {
        Fingerprint::new(self.policy.key(), rule, value)
    }

    /// Returns a filter for the rules that apply at `path`. A rule with path globs applies to files only.
    pub(crate) fn path_filter(&self, path: &RepoPath, is_file: bool) -> impl Fn(&Match<'_>) -> bool {
        let path = String::from_utf8_lossy(path.as_bytes()).into_owned();
        move |found| match &self.compiled_rule(found).paths {
            Some(paths) => is_file && paths.is_match(&path),
            None => true,
        }
    }

    /// Returns the bare values in `bytes`, of any confidence, at any path: those of a previous version are not new.
    pub(crate) fn bare_values(&self, bytes: &[u8]) -> HashSet<Secret> {
        self.bare_values_in(bytes, 0..usize::MAX)
    }

    /// The same for the values that begin in `range` of the text.
    pub(super) fn bare_values_in(&self, bytes: &[u8], range: Range<usize>) -> HashSet<Secret> {
        if bytes.is_empty() {
            return HashSet::new();
        }
        let values = || {
            let mut values = HashSet::new();
            // After the deadline, the values of the rest count as new.
            self.for_each_chunk(bytes, &mut |chunk| {
                let Chunk { readings, offset, ref reported, .. } = *chunk;
                let matches = merged_matches(readings, |_, reading| self.engine().candidates(&reading.text));
                let is_wanted = |read: &&ReadMatch<'_>| {
                    let at = read.matched.span.start;
                    reported.contains(&at) && range.contains(&(at + offset))
                };
                let value =
                    |read: &ReadMatch<'_>| Secret::new(read.span.slice(&readings[read.reading].text)).bare();
                values.extend(matches.iter().filter(is_wanted).map(value));
            })?;
            Ok::<_, NoMemory>(values)
        };
        // After a panic and without memory every value counts as new: better a false positive than a missed secret.
        catch_unwind(AssertUnwindSafe(values)).map(Result::unwrap_or_default).unwrap_or_default()
    }

    /// Returns what must not be shown of names: the bare values in `names` of all rules, whether they are on or off, and
    /// whether or not their checks pass.
    #[cfg(feature = "git")]
    pub(crate) fn values_to_mask(&self, names: &[u8]) -> HashSet<Secret> {
        if names.is_empty() {
            return HashSet::new();
        }
        let mut values = self.bare_values(names);
        let forms = catch_unwind(AssertUnwindSafe(|| self.forms(names))).unwrap_or_default();
        values.extend(forms.into_iter().map(|span| Secret::new(span.slice(names)).bare()));
        values
    }

    /// Returns the `wanted` bare values that are values in `bytes`. Cheap if the text contains none of them.
    pub(crate) fn bare_values_among(&self, bytes: &[u8], wanted: &HashSet<Secret>) -> HashSet<Secret> {
        let Ok(readings) = decode::readings(bytes) else { return HashSet::new() };
        let contains =
            |start: &[u8]| readings.iter().any(|reading| memmem::find(&reading.text, start).is_some());
        if !wanted.iter().any(|value| contains(contiguous_start(value))) {
            return HashSet::new();
        }
        self.bare_values(bytes).intersection(wanted).cloned().collect()
    }

    /// Returns the findings at the path of `provenance`: of the rules that apply there, the best match of any bytes.
    pub(crate) fn findings(&self, candidates: Vec<Candidate<'_>>, provenance: &Provenance) -> Vec<Finding> {
        self.findings_at(&provenance.path, candidates, provenance)
    }

    /// The same for a file whose path for rules and policy differs from the one that is shown.
    pub(crate) fn findings_at(
        &self,
        policy_path: &RepoPath,
        mut candidates: Vec<Candidate<'_>>,
        provenance: &Provenance,
    ) -> Vec<Finding> {
        if candidates.is_empty() {
            return Vec::new();
        }
        let is_file = matches!(provenance.content_kind, ContentKind::File | ContentKind::Symlink);
        let applies = self.path_filter(policy_path, is_file);
        let is_name = matches!(provenance.content_kind, ContentKind::FileName | ContentKind::RefName);
        candidates.retain(|candidate| {
            applies(&candidate.matched) && !(is_name && self.compiled_rule(&candidate.matched).is_guess)
        });
        let role = if is_file { Role::from_path(policy_path) } else { Role::PLAIN };
        let syntaxes = if is_file { Syntaxes::of_file(policy_path) } else { Syntaxes::ALL };
        let mut used = UsedComments::new();
        // The match keeps its own confidence, which decides what names the value; the finding has that of this place.
        let placed = candidates.into_iter().map(|mut candidate| {
            let confidence = self.confidence_in(role, &candidate.matched);
            if confidence.is_some_and(|confidence| confidence < candidate.finding.confidence) {
                candidate.finding.why.push(Evidence::PathRole(role.why()));
            }
            (candidate, confidence)
        });
        let resolved = resolve_overlaps(
            placed.collect(),
            |(candidate, _)| &candidate.matched,
            |(kept, confidence), (other, other_confidence)| {
                if other_confidence > confidence {
                    *confidence = *other_confidence;
                    kept.finding.why.clone_from(&other.finding.why);
                    // A match that is not reported has none.
                    if kept.finding.excerpt == Excerpt::default() {
                        kept.finding.excerpt = other.finding.excerpt.clone();
                    }
                }
            },
        );
        let finding = |(candidate, confidence): (Candidate<'_>, Option<Confidence>)| {
            let mut finding = candidate.finding;
            finding.confidence = confidence?;
            finding.provenance = provenance.clone();
            // A value that is not reported uses no comment.
            if finding.confidence >= self.confidence {
                self.policy.evaluate(&mut finding, &candidate.comments, syntaxes, &mut used);
            }
            Some(finding)
        };
        resolved.into_iter().filter_map(finding).collect()
    }

    /// Returns the confidence of a match in a file of this role; `None` if it is no match there. Never higher than
    /// that of the match itself.
    pub(crate) fn confidence_in(&self, role: Role, found: &Match<'_>) -> Option<Confidence> {
        match found.score {
            Some(score) => Some(
                confidence_from_score(score + role.weight(found.rule.human_chosen))?.min(found.confidence),
            ),
            None => {
                // Beside the name of a package, a value of no format is its hash.
                if role.has_package_hashes() && found.rule.fallback {
                    return None;
                }
                let is_example = role.is_example() && self.compiled_rule(found).is_guess;
                let is_hash = role.has_package_hashes()
                    && !found.rule.keywords.is_empty()
                    && found.confidence < Confidence::High;
                Some(if is_example || is_hash { Confidence::Low } else { found.confidence })
            }
        }
    }
}

/// Returns the start of a bare value, so much of it as is contiguous in a text.
pub(super) fn contiguous_start(value: &Secret) -> &[u8] {
    const CONTIGUOUS: usize = 8;
    let value = value.expose();
    &value[..value.len().min(CONTIGUOUS)]
}

fn compile(rule: &Rule) -> CompiledRule {
    let info = RuleInfo {
        id: rule.id.clone(),
        name: rule.name.clone(),
        provider: rule.provider.clone().unwrap_or_default(),
        help: rule.help.trim().to_owned(),
        revoke: rule.revoke.as_ref().map(|revoke| revoke.how.clone()),
        revoke_url: rule.revoke.as_ref().and_then(|revoke| revoke.url.clone()),
    };
    let paths = (!rule.paths.is_empty()).then(|| compile_globs(rule).expect("they were compiled before"));
    CompiledRule { info: Arc::new(info), paths, is_guess: rule.generic || rule.human_chosen }
}

fn compile_globs(rule: &Rule) -> Result<GlobSet, ScanError> {
    let error = |glob: &str, error: globset::Error| ScanError::Glob {
        rule: rule.id.clone(),
        glob: glob.to_owned(),
        reason: error.to_string(),
    };
    let mut builder = GlobSetBuilder::new();
    for glob in &rule.paths {
        builder.add(Glob::new(glob).map_err(|found| error(glob, found))?);
    }
    builder.build().map_err(|found| error("", found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_globs_of_built_in_rules_compile() {
        for rule in RuleSet::builtin().iter() {
            assert_eq!(compile(rule).paths.is_some(), !rule.paths.is_empty(), "{}", rule.id);
        }
    }
}
