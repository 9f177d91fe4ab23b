//! A whole repository: every object once, then the origin of those with findings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::git::attribution::{Attribution, Reach};
use crate::git::graph::Commits;
use crate::git::tag::Tag;
use crate::git::tree::Mode;
use crate::git::{Growth, Kind, ObjectError, Oid, ScanObjects, Visitor};
use crate::model::{Carrier, CommitFacts, Finding, Fingerprint, Provenance, RepoPath};
use crate::source::history::History;
use crate::source::view::{RepoView, object_gap};

use super::inspect::{Candidate, Inspector};
use super::{Outcome, ScanError, Settings};

pub(super) fn scan(
    inspector: &Inspector<'_>,
    settings: &Settings,
    path: &Path,
) -> Result<Outcome, ScanError> {
    let view = RepoView::at(path, settings.max_blob_size)?;
    let threads = settings.threads();
    let make =
        || Worker { inspector, hits: Vec::new(), commits: Commits::default(), outcome: Outcome::default() };
    let workers = view.objects.for_each(&[Kind::Blob, Kind::Commit, Kind::Tag], threads, &make);
    let mut outcome = Outcome::default();
    let mut hits = Vec::new();
    let mut commits = Vec::new();
    for worker in workers {
        outcome.absorb(worker.outcome);
        hits.extend(worker.hits);
        commits.push(worker.commits);
    }
    let history = History::load(&view, commits)?;
    outcome.refs = history.ref_names();
    let ids = |kind: Kind| hits.iter().filter(move |hit| hit.kind == kind).map(|hit| hit.id);
    let blobs: HashSet<Oid> = ids(Kind::Blob).collect();
    let commits = match ids(Kind::Commit).collect::<Vec<Oid>>() {
        none if none.is_empty() => HashMap::new(),
        commits => history.reach(&view, &commits),
    };
    let tags = if ids(Kind::Tag).next().is_some() { history.tag_names(&view) } else { HashMap::new() };
    let (attribution, gaps) = history.attribute(&view, &blobs, threads);
    outcome.coverage.extend(gaps);
    outcome.coverage.extend(view.store_gaps());
    let mut places = Places {
        inspector,
        view: &view,
        history: &history,
        commits,
        tags,
        facts: HashMap::new(),
        found: BTreeMap::new(),
        skipped: 0,
    };
    hits.into_iter().for_each(|hit| places.add(hit, &attribution));
    outcome.counts.skipped = places.skipped;
    outcome.findings = places.found.into_values().flat_map(|place| place.findings).collect();
    Ok(outcome)
}

/// One object with findings.
struct Hit<'i> {
    id: Oid,
    kind: Kind,
    candidates: Vec<Candidate<'i>>,
}

/// One thread's share of the objects.
struct Worker<'i, 's> {
    inspector: &'i Inspector<'s>,
    hits: Vec<Hit<'i>>,
    commits: Commits,
    outcome: Outcome,
}

impl Visitor for Worker<'_, '_> {
    type State = ();

    fn visit(&mut self, id: &Oid, kind: Kind, data: &[u8], _growth: Option<Growth<'_, ()>>) {
        self.outcome.counts.objects += 1;
        self.outcome.counts.bytes += data.len() as u64;
        self.outcome.counts.commits += u64::from(kind == Kind::Commit);
        let text = match kind {
            Kind::Commit => self.commits.add(id, data).unwrap_or(data),
            Kind::Tag => Tag::parse(data).map_or(data, |tag| tag.message),
            Kind::Blob | Kind::Tree => data,
        };
        let inspected = self.inspector.inspect(text, || format!("object {id}"));
        self.outcome.coverage.extend(inspected.gap);
        if !inspected.candidates.is_empty() {
            self.hits.push(Hit { id: *id, kind, candidates: inspected.candidates });
        }
    }

    fn failed(&mut self, error: ObjectError) {
        self.outcome.coverage.push(object_gap(&error, None));
    }
}

/// One value at one place, in the version that was first there.
struct Place {
    /// Lower is earlier: by graph, unattributed objects last, ties by id.
    order: (u32, Oid),
    findings: Vec<Finding>,
}

struct Places<'p, 's> {
    inspector: &'p Inspector<'s>,
    view: &'p RepoView,
    history: &'p History,
    /// What reaches the commits with findings in their messages.
    commits: HashMap<Oid, Reach>,
    /// The refs of annotated tags.
    tags: HashMap<Oid, Vec<String>>,
    facts: HashMap<(Oid, bool), CommitFacts>,
    found: BTreeMap<(Fingerprint, RepoPath, Carrier), Place>,
    skipped: u64,
}

impl Places<'_, '_> {
    fn add(&mut self, hit: Hit<'_>, attribution: &Attribution) {
        match hit.kind {
            Kind::Commit => {
                let reach = self.commits.remove(&hit.id).unwrap_or_default();
                let provenance = Provenance {
                    carrier: Carrier::Commit,
                    first_commit: Some(self.facts(hit.id, false)),
                    refs: reach.refs.to_vec(),
                    reachable: Some(reach.reachable),
                    ..object_provenance(hit.id)
                };
                let order = (self.history.rank(&hit.id).unwrap_or(u32::MAX), hit.id);
                self.put(hit.candidates, &provenance, order);
            }
            Kind::Tag => {
                let refs = self.tags.remove(&hit.id).unwrap_or_default();
                let provenance = Provenance {
                    carrier: Carrier::Tag,
                    reachable: Some(!refs.is_empty()),
                    refs,
                    ..object_provenance(hit.id)
                };
                self.put(hit.candidates, &provenance, (u32::MAX, hit.id));
            }
            Kind::Blob | Kind::Tree => self.add_blob(hit, attribution),
        }
    }

    fn add_blob(&mut self, hit: Hit<'_>, attribution: &Attribution) {
        let known = attribution.get(&hit.id).cloned().unwrap_or_default();
        let Some(mut introduction) = known.introduction else {
            let provenance = Provenance {
                at_head: Some(false),
                refs: known.refs.to_vec(),
                reachable: Some(known.reachable),
                ..object_provenance(hit.id)
            };
            return self.put(hit.candidates, &provenance, (u32::MAX, hit.id));
        };
        // Tags may name the blob itself.
        (introduction.refs, introduction.reachable) = (known.refs, known.reachable);
        for introduction in std::iter::once(introduction).chain(known.later) {
            let order = attribution.introduction_order(&introduction.commit).unwrap_or(u32::MAX);
            let facts = self.facts(introduction.commit, introduction.at_or_before);
            for (path, mode) in introduction.paths {
                let at_head = known.head_paths.binary_search(&path).is_ok();
                let path = RepoPath::new(path);
                if self.inspector.skips(&path) {
                    self.skipped += 1;
                    continue;
                }
                let provenance = Provenance {
                    path,
                    carrier: if mode == Mode::Symlink { Carrier::Symlink } else { Carrier::File },
                    first_commit: Some(facts.clone()),
                    at_head: Some(at_head),
                    refs: introduction.refs.to_vec(),
                    reachable: Some(introduction.reachable),
                    ..object_provenance(hit.id)
                };
                self.put(hit.candidates.clone(), &provenance, (order, hit.id));
            }
        }
    }

    /// Adds the findings of one version at one place. An earlier version with the same value takes
    /// the place; whether HEAD still holds the value is true if any version there is at HEAD.
    fn put(&mut self, candidates: Vec<Candidate<'_>>, provenance: &Provenance, order: (u32, Oid)) {
        let mut by_value: BTreeMap<Fingerprint, Vec<Finding>> = BTreeMap::new();
        for finding in self.inspector.place(candidates, provenance) {
            by_value.entry(finding.fingerprint.clone()).or_default().push(finding);
        }
        for (fingerprint, findings) in by_value {
            let key = (fingerprint, provenance.path.clone(), provenance.carrier);
            let mut new = Place { order, findings };
            if let Some(known) = self.found.remove(&key) {
                let at_head =
                    provenance.at_head.max(known.findings.first().and_then(|first| first.provenance.at_head));
                new = if known.order < new.order { known } else { new };
                new.findings.iter_mut().for_each(|finding| finding.provenance.at_head = at_head);
            }
            self.found.insert(key, new);
        }
    }

    fn facts(&mut self, commit: Oid, shallow: bool) -> CommitFacts {
        let view = self.view;
        self.facts.entry((commit, shallow)).or_insert_with(|| view.facts(&commit, shallow)).clone()
    }
}

fn object_provenance(id: Oid) -> Provenance {
    Provenance { object: Some(id.to_string()), ..Provenance::file(RepoPath::new("")) }
}
