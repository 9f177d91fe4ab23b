//! Scans the bytes of one blob, message or name for candidates, and turns candidates into findings at a path.
//!
//! The two steps are separate because one blob can have several paths, and rules and confidence depend on the path.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use globset::{Glob, GlobSet, GlobSetBuilder};
use memchr::memmem;

use crate::decode;
use crate::engine::{Engine, Match, confidence_from_score, resolve_overlaps};
use crate::model::{
    Confidence, ContentKind, Evidence, Finding, Fingerprint, Locator, Position, Provenance, RepoPath,
    RuleInfo, Secret, Span, StageCounts, Status, Unscanned, character_boundary,
};
use crate::policy::{Policy, Role, Surroundings};
use crate::rules::{Rule, RuleSet};

use super::excerpt::excerpt;
use super::unscanned::{MAX_FINDINGS, aborted, out_of_time, too_many_findings};
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

/// A chunk of a text, with context on both sides.
pub(crate) struct Chunk<'t> {
    /// The bytes of the chunk.
    pub(crate) text: &'t [u8],
    /// Byte offset of the chunk in the whole text.
    pub(crate) offset: usize,
    /// Line and column of the chunk's first byte in the whole text.
    pub(crate) start: Position,
    /// Byte range of the chunk in which reported values start; the bytes around it are context.
    pub(crate) reported: Range<usize>,
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
            rules,
            policy,
            stats: false,
            deadline: None,
            engine: OnceLock::new(),
            compiled_rules,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.get_or_init(|| {
            Arc::new(if self.stats { Engine::with_stats(&self.rules) } else { Engine::new(&self.rules) })
        })
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

    /// Scans `bytes`. Allow comments and the baseline are applied, rules and policies by path are not yet.
    ///
    /// Never panics: a panic inside becomes the unscanned entry. `what` names the bytes in that entry.
    pub(crate) fn scan(&self, bytes: &[u8], what: impl Fn() -> String) -> BlobScan<'_> {
        catch_unwind(AssertUnwindSafe(|| self.try_scan(bytes, &what)))
            .unwrap_or_else(|_| BlobScan { unscanned: Some(aborted(what())), ..BlobScan::default() })
    }

    fn try_scan<'i>(&'i self, bytes: &[u8], what: &dyn Fn() -> String) -> BlobScan<'i> {
        let text = decode::text(bytes);
        let text = text.as_ref();
        let mut scan = BlobScan::default();
        let mut locator = Locator::new(text, Position::default());
        let is_finished = self.for_each_chunk(text, |offset, chunk, reported| {
            let start = locator.position(offset);
            self.try_scan_chunk(&Chunk { text: chunk, offset, start, reported }, &mut scan);
        });
        if !is_finished {
            scan.unscanned = Some(out_of_time(what()));
        }
        scan.report_truncation(what);
        scan
    }

    /// Passes the offset of each chunk of `text`, the chunk with its context, and the range of it without the context.
    /// Without a deadline there is one chunk. Returns whether all chunks were passed before the deadline.
    fn for_each_chunk(&self, text: &[u8], mut work: impl FnMut(usize, &[u8], Range<usize>)) -> bool {
        if self.deadline.is_none() || text.len() <= DEADLINE_CHUNK {
            work(0, text, 0..text.len());
            return true;
        }
        let (before, after) = self.chunk_overlap();
        let mut start = 0;
        while start < text.len() {
            if self.is_past_deadline() {
                return false;
            }
            let end = text.len().min(start + DEADLINE_CHUNK);
            let offset = character_boundary(text, start.saturating_sub(before));
            work(offset, &text[offset..text.len().min(end + after)], start - offset..end - offset);
            start = end;
        }
        true
    }

    /// Adds the candidates of a chunk to those of the chunks before it. Never panics.
    ///
    /// After the last chunk, the caller calls [`BlobScan::report_truncation`].
    pub(crate) fn scan_chunk<'i>(
        &'i self,
        chunk: &Chunk<'_>,
        scan: &mut BlobScan<'i>,
        what: impl Fn() -> String,
    ) {
        let done = catch_unwind(AssertUnwindSafe(|| self.try_scan_chunk(chunk, scan)));
        if done.is_err() {
            scan.unscanned = Some(aborted(what()));
        }
    }

    /// Returns how many bytes of context before and after a value decide about it, however long the text is. Chunks
    /// that overlap by so much give the same findings as the whole text.
    pub(crate) fn chunk_overlap(&self) -> (usize, usize) {
        let margin = self.engine().margin();
        let (before, after) = Surroundings::CONTEXT;
        (before + margin, after + margin)
    }

    fn try_scan_chunk<'i>(&'i self, chunk: &Chunk<'_>, scan: &mut BlobScan<'i>) {
        let Chunk { text, offset, start, ref reported } = *chunk;
        let matches = self.engine().candidates(text);
        if matches.is_empty() {
            return;
        }
        let secrets = covered_spans(&matches);
        let mut locator = Locator::new(text, start);
        for mut found in matches.into_iter().filter(|found| reported.contains(&found.span.start)) {
            scan.count += 1;
            if scan.count > MAX_FINDINGS {
                continue;
            }
            let around = Surroundings { text, value: found.span, secrets: &secrets };
            let mut finding = self.finding(&found, &mut locator, &around);
            self.policy.evaluate(&mut finding, &around);
            for span in [&mut found.span, &mut found.whole] {
                *span = Span::new(span.start + offset, span.end + offset);
            }
            scan.candidates.push(Candidate { matched: found, finding });
        }
    }

    fn finding(&self, found: &Match<'_>, locator: &mut Locator<'_>, around: &Surroundings<'_>) -> Finding {
        let secret = Secret::new(found.span.slice(around.text));
        let info = &self.compiled_rule(found).info;
        Finding {
            rule: Arc::clone(info),
            severity: found.severity,
            confidence: found.confidence,
            why: found.why.clone(),
            fingerprint: self.fingerprint(&info.id, &secret),
            secret,
            location: locator.locate(found.span),
            excerpt: excerpt(around.text, found.span, around.secrets),
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
        if bytes.is_empty() {
            return HashSet::new();
        }
        let values = || {
            let text = decode::text(bytes);
            let mut values = HashSet::new();
            // After the deadline, the values of the rest count as new.
            self.for_each_chunk(&text, |_, chunk, begins| {
                let mut matches = self.engine().candidates(chunk);
                matches.retain(|found| begins.contains(&found.span.start));
                values.extend(matches.iter().map(|found| Secret::new(found.span.slice(chunk)).bare()));
            });
            values
        };
        // After a panic every value counts as new: better a false positive than a missed secret.
        catch_unwind(AssertUnwindSafe(values)).unwrap_or_default()
    }

    /// Returns the `wanted` bare values that are values in `bytes`. Cheap if the text contains none of them.
    pub(crate) fn bare_values_among(&self, bytes: &[u8], wanted: &HashSet<Secret>) -> HashSet<Secret> {
        /// This many bytes of a bare value are contiguous in a text.
        const CONTIGUOUS: usize = 8;
        let text = decode::text(bytes);
        let start = |value: &Secret| value.expose()[..value.expose().len().min(CONTIGUOUS)].to_vec();
        if !wanted.iter().any(|value| memmem::find(&text, &start(value)).is_some()) {
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
        let finding = |candidate: Candidate<'_>| {
            let mut finding = candidate.finding;
            let confidence = self.confidence_in(role, &candidate.matched)?;
            if confidence < finding.confidence {
                finding.confidence = confidence;
                finding.why.push(Evidence::PathRole(role.why()));
            }
            finding.provenance = provenance.clone();
            Some(finding)
        };
        resolve_overlaps(candidates, |candidate| &candidate.matched).into_iter().filter_map(finding).collect()
    }

    /// Returns the confidence of a match in a file of this role; `None` if it is no match there. Never higher than
    /// that of the match itself.
    pub(crate) fn confidence_in(&self, role: Role, found: &Match<'_>) -> Option<Confidence> {
        match found.score {
            Some(score) => Some(
                confidence_from_score(score + role.weight(found.rule.human_chosen))?.min(found.confidence),
            ),
            None => {
                let is_example = role.is_example() && self.compiled_rule(found).is_guess;
                let is_hash = role.has_package_hashes()
                    && !found.rule.keywords.is_empty()
                    && found.confidence < Confidence::High;
                Some(if is_example || is_hash { Confidence::Low } else { found.confidence })
            }
        }
    }
}

/// Returns the byte ranges that the matches cover, sorted, overlapping ones joined.
fn covered_spans(matches: &[Match<'_>]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::with_capacity(matches.len());
    for found in matches {
        match spans.last_mut() {
            Some(last) if found.span.start < last.end => last.end = last.end.max(found.span.end),
            _ => spans.push(found.span),
        }
    }
    spans
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
