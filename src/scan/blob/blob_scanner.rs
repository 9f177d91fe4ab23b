//! From bytes to findings, and from findings to findings with a place.

use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use globset::{Glob, GlobSet, GlobSetBuilder};
use memchr::memmem;

use crate::decode;
use crate::engine::{Engine, Match, confidence_of, settle};
use crate::model::{
    Carrier, Confidence, Coverage, CoverageKind, Finding, Fingerprint, Locator, Place, Provenance, RepoPath,
    RuleInfo, Secret, Span, StageCounts, Status,
};
use crate::policy::{Policy, Role, Surroundings};
use crate::rules::{Rule, RuleSet};

use super::excerpt::excerpt;
use crate::scan::{ScanError, Settings, aborted};

/// More findings than a person could read; beyond it a blob is cut, and that is said.
pub(crate) const MAX_FINDINGS: usize = 10_000;

/// Rules and policy, ready for blobs. Shared by all threads.
pub(crate) struct Inspector<'s> {
    rules: &'s RuleSet,
    policy: &'s Policy,
    stats: bool,
    deadline: Option<Instant>,
    /// Built when the first bytes come: most commits that a hook sees bring few, many bring none.
    engine: OnceLock<Engine>,
    /// By rule, of those that found something.
    placed: Box<[OnceLock<Box<PlacedRule>>]>,
}

/// What is known of a rule once a finding leaves the engine.
pub(crate) struct PlacedRule {
    info: Arc<RuleInfo>,
    /// Only files with such paths count.
    pub(crate) paths: Option<GlobSet>,
    /// Whether a match is a guess about what somebody wrote, which a test's path makes weaker.
    pub(crate) is_guess: bool,
}

/// A finding of which it is not known yet where its bytes came from.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'i> {
    found: Match<'i>,
    finding: Finding,
}

/// What one blob holds.
#[derive(Debug, Default)]
pub(crate) struct Inspected<'i> {
    /// By place. Several may cover the same bytes until [`Inspector::place`] knows the path.
    pub(crate) candidates: Vec<Candidate<'i>>,
    /// Why not all of it was inspected, if so.
    pub(crate) gap: Option<Coverage>,
    /// How many candidates there are, also those beyond [`MAX_FINDINGS`].
    found: usize,
}

impl Inspected<'_> {
    /// Makes more than [`MAX_FINDINGS`] candidates a gap.
    pub(crate) fn say_what_is_cut(&mut self, what: impl Fn() -> String) {
        if self.found > MAX_FINDINGS && self.gap.is_none() {
            self.gap = Some(too_many(self.found, what()));
        }
    }
}

/// A part of a text.
pub(crate) struct Part<'t> {
    /// The part itself.
    pub(crate) text: &'t [u8],
    /// How many bytes of the whole come before it.
    pub(crate) offset: usize,
    /// Where its first byte stands in the whole.
    pub(crate) first: Place,
    /// Where values have to begin to be reported: the bytes around are there to judge them by.
    pub(crate) reported: Range<usize>,
}

impl<'s> Inspector<'s> {
    pub(crate) fn new(settings: &'s Settings) -> Result<Inspector<'s>, ScanError> {
        let rules = &settings.rules;
        // Those of the built-in rules are tested.
        for rule in rules.own() {
            globs(rule)?;
        }
        let placed = (0..rules.count()).map(|_| OnceLock::new()).collect();
        Ok(Inspector {
            rules,
            policy: &settings.policy,
            stats: settings.stats,
            deadline: settings.deadline,
            engine: OnceLock::new(),
            placed,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine
            .get_or_init(|| if self.stats { Engine::counting(self.rules) } else { Engine::new(self.rules) })
    }

    /// How often each stage of the search was reached, where the settings want it counted.
    pub(crate) fn stages(&self) -> Option<StageCounts> {
        self.stats.then(|| self.engine.get().and_then(Engine::stages).unwrap_or_default())
    }

    pub(crate) fn placed(&self, rule: &Rule) -> &PlacedRule {
        let at = self.rules.position(&rule.id).expect("the engine has no other rules");
        self.placed[at].get_or_init(|| Box::new(placed(rule)))
    }

    /// Whether the time for this scan is over.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|end| Instant::now() >= end)
    }

    /// Whether the configuration leaves the file out.
    pub(crate) fn skips(&self, path: &RepoPath) -> bool {
        self.policy.skips(path)
    }

    /// Everything in `bytes`, judged by what stands in them: marks and baseline included, paths not.
    /// Never panics; `what` names the bytes in the gap that says so instead.
    pub(crate) fn inspect(&self, bytes: &[u8], what: impl Fn() -> String) -> Inspected<'_> {
        catch_unwind(AssertUnwindSafe(|| self.try_inspect(bytes, &what)))
            .unwrap_or_else(|_| Inspected { gap: Some(aborted(what())), ..Inspected::default() })
    }

    fn try_inspect<'i>(&'i self, bytes: &[u8], what: &dyn Fn() -> String) -> Inspected<'i> {
        let chunk = decode::text(bytes);
        let text = chunk.text.as_ref();
        let mut inspected = Inspected::default();
        self.try_part(
            &Part { text, offset: 0, first: Place::default(), reported: 0..text.len() },
            &mut inspected,
        );
        inspected.say_what_is_cut(what);
        inspected
    }

    /// Adds what a part of a text holds to what the parts before it do; the caller says at the end
    /// [what is cut](Inspected::say_what_is_cut). Never panics.
    pub(crate) fn inspect_part<'i>(
        &'i self,
        part: &Part<'_>,
        into: &mut Inspected<'i>,
        what: impl Fn() -> String,
    ) {
        let done = catch_unwind(AssertUnwindSafe(|| self.try_part(part, into)));
        if done.is_err() {
            into.gap = Some(aborted(what()));
        }
    }

    /// How much text before and behind a value is looked at, however long it is.
    pub(crate) fn overlap(&self) -> (usize, usize) {
        let margin = self.engine().margin();
        let (before, behind) = Surroundings::REACH;
        (before + margin, behind + margin)
    }

    fn try_part<'i>(&'i self, part: &Part<'_>, into: &mut Inspected<'i>) {
        let Part { text, offset, first, ref reported } = *part;
        let matches = self.engine().candidates(text);
        if matches.is_empty() {
            return;
        }
        let secrets = regions(&matches);
        let mut locator = Locator::new(text, first);
        for mut found in matches.into_iter().filter(|found| reported.contains(&found.span.start)) {
            into.found += 1;
            if into.found > MAX_FINDINGS {
                continue;
            }
            let around = Surroundings { text, value: found.span, secrets: &secrets };
            let mut finding = self.finding(&found, &mut locator, &around);
            self.policy.judge(&mut finding, &around);
            for span in [&mut found.span, &mut found.whole] {
                *span = Span::new(span.start + offset, span.end + offset);
            }
            into.candidates.push(Candidate { found, finding });
        }
    }

    fn finding(&self, found: &Match<'_>, locator: &mut Locator<'_>, around: &Surroundings<'_>) -> Finding {
        let secret = Secret::new(found.span.of(around.text));
        let info = &self.placed(found.rule).info;
        Finding {
            rule: Arc::clone(info),
            severity: found.severity,
            confidence: found.confidence,
            why: found.why.iter().map(|&reason| reason.to_owned()).collect(),
            fingerprint: self.fingerprint(&info.id, &secret),
            secret,
            location: locator.locate(found.span),
            excerpt: excerpt(around.text, found.span, around.secrets),
            provenance: Provenance::file(RepoPath::new("")),
            status: Status::New,
            status_reason: None,
        }
    }

    /// The name of a value that a rule found.
    pub(crate) fn fingerprint(&self, rule: &str, value: &Secret) -> Fingerprint {
        Fingerprint::new(self.policy.key(), rule, value)
    }

    /// Whether a rule holds for files at `path`.
    pub(crate) fn at_path(&self, path: &RepoPath, in_file: bool) -> impl Fn(&Rule) -> bool {
        let path = String::from_utf8_lossy(path.as_bytes()).into_owned();
        move |rule| match &self.placed(rule).paths {
            Some(paths) => in_file && paths.is_match(&path),
            None => true,
        }
    }

    /// The bare values in `bytes`, of any confidence: what an older version already held.
    pub(crate) fn values(&self, bytes: &[u8]) -> HashSet<Secret> {
        if bytes.is_empty() {
            return HashSet::new();
        }
        let values = || {
            let chunk = decode::text(bytes);
            let matches = self.engine().candidates(&chunk.text);
            matches.iter().map(|found| Secret::new(found.span.of(&chunk.text)).bare()).collect()
        };
        // Knowing nothing of the old version makes everything new: the side on which to err.
        catch_unwind(AssertUnwindSafe(values)).unwrap_or_default()
    }

    /// Those of the `wanted` bare values that are values in `bytes`. Cheap where none of them is.
    pub(crate) fn values_among(&self, bytes: &[u8], wanted: &HashSet<Secret>) -> HashSet<Secret> {
        /// So much of a bare value stands together in a text.
        const TOGETHER: usize = 8;
        let text = decode::text(bytes).text;
        let start = |value: &Secret| value.expose()[..value.expose().len().min(TOGETHER)].to_vec();
        if !wanted.iter().any(|value| memmem::find(&text, &start(value)).is_some()) {
            return HashSet::new();
        }
        self.values(bytes).intersection(wanted).cloned().collect()
    }

    /// The findings at their place: of the rules that hold for such a path, the best on any bytes.
    pub(crate) fn place(&self, candidates: Vec<Candidate<'_>>, provenance: &Provenance) -> Vec<Finding> {
        self.place_as(&provenance.path, candidates, provenance)
    }

    /// The same where rules see the file at another path than people do.
    pub(crate) fn place_as(
        &self,
        place: &RepoPath,
        mut candidates: Vec<Candidate<'_>>,
        provenance: &Provenance,
    ) -> Vec<Finding> {
        if candidates.is_empty() {
            return Vec::new();
        }
        let in_file = matches!(provenance.carrier, Carrier::File | Carrier::Symlink);
        let at_path = self.at_path(place, in_file);
        let in_name = matches!(provenance.carrier, Carrier::FileName | Carrier::RefName);
        candidates.retain(|candidate| {
            at_path(candidate.found.rule) && !(in_name && self.placed(candidate.found.rule).is_guess)
        });
        let role = if in_file { Role::of(place) } else { Role::PLAIN };
        let finding = |candidate: Candidate<'_>| {
            let mut finding = candidate.finding;
            let confidence = self.confidence_in(role, &candidate.found)?;
            if confidence < finding.confidence {
                finding.confidence = confidence;
                finding.why.push(role.why().to_owned());
            }
            finding.provenance = provenance.clone();
            Some(finding)
        };
        settle(candidates, |candidate| &candidate.found).into_iter().filter_map(finding).collect()
    }

    /// How sure a match is in a file of this role; `None` when it is none there. Never surer than without.
    pub(crate) fn confidence_in(&self, role: Role, found: &Match<'_>) -> Option<Confidence> {
        match found.evidence {
            Some(evidence) => {
                Some(confidence_of(evidence + role.weight(found.rule.human))?.min(found.confidence))
            }
            None => {
                let is_picture = role.is_example() && self.placed(found.rule).is_guess;
                let is_hash = role.is_of_hashes()
                    && !found.rule.keywords.is_empty()
                    && found.confidence < Confidence::High;
                Some(if is_picture || is_hash { Confidence::Low } else { found.confidence })
            }
        }
    }
}

/// The entry for an object of which only the first findings are reported.
pub(crate) fn too_many(count: usize, what: String) -> Coverage {
    Coverage {
        kind: CoverageKind::Aborted,
        what,
        reason: format!("{count} findings in one place; only the first {MAX_FINDINGS} are reported"),
        remedy: Some("look at it by hand, or list it under skip-paths".to_owned()),
    }
}

/// The bytes that the matches cover, sorted, overlapping ones joined.
fn regions(matches: &[Match<'_>]) -> Vec<Span> {
    let mut regions: Vec<Span> = Vec::with_capacity(matches.len());
    for found in matches {
        match regions.last_mut() {
            Some(last) if found.span.start < last.end => last.end = last.end.max(found.span.end),
            _ => regions.push(found.span),
        }
    }
    regions
}

fn placed(rule: &Rule) -> PlacedRule {
    let info = RuleInfo {
        id: rule.id.clone(),
        name: rule.name.clone(),
        provider: rule.provider.clone().unwrap_or_default(),
        help: rule.help.trim().to_owned(),
        revoke: rule.revoke.as_ref().map(|revoke| revoke.how.clone()),
        revoke_url: rule.revoke.as_ref().and_then(|revoke| revoke.url.clone()),
    };
    let paths = (!rule.paths.is_empty()).then(|| globs(rule).expect("they were compiled before"));
    PlacedRule { info: Arc::new(info), paths, is_guess: rule.generic || rule.human }
}

fn globs(rule: &Rule) -> Result<GlobSet, ScanError> {
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
    fn the_path_globs_of_every_built_in_rule_can_be_used() {
        for rule in RuleSet::builtin().iter() {
            assert_eq!(placed(rule).paths.is_some(), !rule.paths.is_empty(), "{}", rule.id);
        }
    }
}
