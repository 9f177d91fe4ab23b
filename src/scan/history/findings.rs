//! Makes the findings of a history: scans the versions that are first somewhere in full, and adds what is known about
//! each value.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::git::{Oid, ReadObjects};
use crate::model::{CommitFacts, ContentKind, Finding, Fingerprint, Provenance, RepoPath};
use crate::scan::blob::blob_scanner::{BlobScan, BlobScanner};
use crate::scan::blob::identity::locate_in_identity;
use crate::scan::blob::object_part::ObjectPart;
use crate::scan::blob::unscanned::aborted;
use crate::scan::outcome::Outcome;
use crate::scan::settings::Settings;
use crate::source::view::RepoView;

use super::first_seen::{FindingKey, FirstSeen, FirstVersion, ValueSource};
use super::rescan::scan_parts;
use super::timeline::Timelines;

/// Adds the findings of all values at or above the reporting confidence.
pub(super) fn add_findings(
    first_seen: FirstSeen<'_, '_>,
    view: &RepoView,
    settings: &Settings,
    timelines: &Timelines,
    outcome: &mut Outcome,
) {
    let FirstSeen { scanner, history, prefix, versions, skipped, .. } = first_seen;
    outcome.counts.skipped += skipped;
    let mut by_source: BTreeMap<ValueSource, Vec<(FindingKey, FirstVersion)>> = BTreeMap::new();
    for (key, first) in versions {
        if first.confidence >= settings.confidence {
            by_source.entry(first.source().clone()).or_default().push((key, first));
        }
    }
    let unreachable = by_source.values().flatten().filter(|(_, first)| !first.origin.is_reachable);
    let unreachable: Vec<Oid> =
        unreachable.filter_map(|(_, first)| first.origin.commit).map(|(commit, _)| commit).collect();
    let kept_by =
        if unreachable.is_empty() { HashMap::new() } else { history.reflogs_containing(&unreachable) };
    let parts: Vec<(Oid, ObjectPart)> = by_source.keys().filter_map(part_of).collect();
    let mut scans = scan_parts(scanner, &view.objects, &parts, settings.thread_count()).into_iter();
    let head = history.head();
    let mut builder =
        FindingBuilder { scanner, view, prefix, head, timelines, kept_by, facts: HashMap::new() };
    for (source, versions) in by_source {
        let scan_name = |name: &[u8]| Some(Ok(scanner.scan(name, || "a name".to_owned())));
        let scan = match &source {
            ValueSource::Object(..) => scans.next(),
            ValueSource::FileName(name) => scan_name(name),
            ValueSource::RefName(name) => scan_name(name.as_bytes()),
        };
        match scan {
            Some(Ok(scan)) => {
                builder.add(&source, versions, &scan, outcome);
                outcome.unscanned.extend(scan.unscanned);
            }
            Some(Err(entry)) => outcome.unscanned.push(entry),
            None => {}
        }
    }
}

fn part_of(source: &ValueSource) -> Option<(Oid, ObjectPart)> {
    match source {
        ValueSource::Object(id, part) => Some((*id, *part)),
        ValueSource::FileName(_) | ValueSource::RefName(_) => None,
    }
}

/// Makes findings of scanned versions.
struct FindingBuilder<'f, 's> {
    scanner: &'f BlobScanner<'s>,
    view: &'f RepoView,
    /// What comes before every path: that of the submodule, with `/` at the end.
    prefix: &'f [u8],
    head: Option<Oid>,
    timelines: &'f Timelines,
    /// The names whose reflogs contain commits that are not reachable otherwise.
    kept_by: HashMap<Oid, Arc<[String]>>,
    /// Commits, and whether they are at a shallow boundary.
    facts: HashMap<(Oid, bool), CommitFacts>,
}

impl FindingBuilder<'_, '_> {
    /// Adds the findings of one source at all paths where its version is the first.
    fn add(
        &mut self,
        source: &ValueSource,
        versions: Vec<(FindingKey, FirstVersion)>,
        scan: &BlobScan<'_>,
        outcome: &mut Outcome,
    ) {
        let mut by_path: BTreeMap<_, HashMap<Arc<Fingerprint>, FirstVersion>> = BTreeMap::new();
        for (key, first) in versions {
            by_path.entry((key.path, key.content_kind)).or_default().insert(key.fingerprint, first);
        }
        let object = part_of(source).map(|(id, _)| id.to_string());
        let header = self.header(source);
        let mut has_lost_values = false;
        for ((path, content_kind), mut wanted) in by_path {
            let Some(first) = wanted.values().next() else { continue };
            let provenance = Provenance {
                object: object.clone(),
                ..self.provenance(RepoPath::clone(&path), content_kind, first)
            };
            let mut findings = self.scanner.findings(scan.candidates.clone(), &provenance);
            findings.retain_mut(|finding| {
                let first = wanted.get(&finding.fingerprint);
                first.inspect(|first| self.complete(finding, first, header.as_deref())).is_some()
            });
            findings.iter().for_each(|finding| {
                wanted.remove(&finding.fingerprint);
            });
            has_lost_values |= !wanted.is_empty();
            outcome.findings.extend(findings);
        }
        // A value of the first scan that the second one does not find must not pass for clean.
        if has_lost_values && scan.unscanned.is_none() {
            let what = object.map_or("a name".to_owned(), |id| format!("object {id}"));
            outcome.unscanned.push(aborted(what));
        }
    }

    /// Returns the header lines of a commit or tag, if `source` is one.
    fn header(&self, source: &ValueSource) -> Option<Vec<u8>> {
        let (id, part) = part_of(source).filter(|(_, part)| part.is_header())?;
        let object = self.view.objects.read(&id).ok()?;
        Some(part.extract(&object.data).into_owned())
    }

    /// Returns what all findings of a version at a path have in common.
    fn provenance(&mut self, path: RepoPath, content_kind: ContentKind, first: &FirstVersion) -> Provenance {
        let commit = first.origin.commit.map(|(commit, is_shallow)| {
            self.facts
                .entry((commit, is_shallow))
                .or_insert_with(|| self.view.commit_facts(&commit, is_shallow, self.head))
                .clone()
        });
        let kept_by = first.origin.commit.and_then(|(commit, _)| self.kept_by.get(&commit));
        let kept_by = kept_by.filter(|_| !first.origin.is_reachable);
        Provenance {
            submodule: self.prefix.strip_suffix(b"/").map(RepoPath::new),
            kept_by: kept_by.map(|names| names.to_vec()).unwrap_or_default(),
            content_kind,
            first_commit: commit,
            is_reachable: Some(first.origin.is_reachable),
            ..Provenance::file(path)
        }
    }

    /// Adds what is known about one value.
    fn complete(&self, finding: &mut Finding, first: &FirstVersion, header: Option<&[u8]>) {
        if let Some(header) = header {
            locate_in_identity(finding, header);
        }
        finding.provenance.refs = first.refs.clone();
        finding.provenance.moved_from.clone_from(&first.moved_from);
        finding.provenance.is_at_head = first.at_head;
        let is_file = matches!(finding.provenance.content_kind, ContentKind::File | ContentKind::Symlink);
        let timeline = self.timelines.get(&finding.fingerprint).filter(|_| is_file);
        finding.provenance.timeline = timeline.cloned();
    }
}
