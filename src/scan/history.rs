//! A whole repository: every object once, then the origin of those with findings.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::git::attribution::Trees;
use crate::git::commit::Commit;
use crate::git::graph::Commits;
use crate::git::tag::Tag;
use crate::git::{Growth, Kind, ObjectError, Oid, ScanObjects, Visitor};
use crate::source::history::History;
use crate::source::view::{RepoView, object_gap};

use super::inspect::Inspector;
use super::places::{Hit, Places};
use super::survey::{State, Surveyor};
use super::{Outcome, ScanError, Settings};

/// Scans the repository at `path`. With `full` no object is scanned by what a delta says it has from another.
pub(super) fn scan(
    inspector: &Inspector<'_>,
    settings: &Settings,
    path: &Path,
    full: bool,
) -> Result<Outcome, ScanError> {
    let view = RepoView::at(path, settings.max_blob_size)?;
    let threads = settings.threads();
    let make = || Worker {
        surveyor: Surveyor::new(inspector),
        full,
        hits: Vec::new(),
        commits: Commits::default(),
        outcome: Outcome::default(),
    };
    let workers = view.objects.for_each(&[Kind::Blob, Kind::Commit, Kind::Tag], threads, &make);
    let mut outcome = Outcome::default();
    let mut hits = Vec::new();
    let mut commits = Vec::new();
    for worker in workers {
        outcome.absorb(worker.outcome);
        outcome.coverage.extend(worker.surveyor.gaps);
        outcome.effort += worker.surveyor.effort;
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
    let trees = Trees::load(&view.objects, &blobs, threads);
    let (attribution, gaps) = history.attribute(&view, &trees, threads);
    outcome.coverage.extend(gaps);
    outcome.coverage.extend(view.store_gaps());
    let mut places = Places::new(inspector, &history, commits, tags);
    hits.iter().for_each(|hit| places.add(hit, &attribution));
    drop(attribution);
    let lives = places.lives(&view, &trees, &hits, settings.confidence);
    drop((trees, hits));
    places.findings(&view, settings, &lives, &mut outcome);
    Ok(outcome)
}

/// The part of an object that people wrote.
pub(super) fn text_of(kind: Kind, data: &[u8]) -> &[u8] {
    match kind {
        Kind::Commit => Commit::parse(data).map_or(data, |commit| commit.message),
        Kind::Tag => Tag::parse(data).map_or(data, |tag| tag.message),
        Kind::Blob | Kind::Tree => data,
    }
}

/// One thread's share of the objects.
struct Worker<'i, 's> {
    surveyor: Surveyor<'i, 's>,
    full: bool,
    hits: Vec<Hit<'i>>,
    commits: Commits,
    outcome: Outcome,
}

impl<'i> Visitor for Worker<'i, '_> {
    type State = State<'i>;

    fn visit(
        &mut self,
        id: &Oid,
        kind: Kind,
        data: &[u8],
        growth: Option<Growth<'_, State<'i>>>,
    ) -> State<'i> {
        self.outcome.counts.objects += 1;
        self.outcome.counts.bytes += data.len() as u64;
        self.outcome.counts.commits += u64::from(kind == Kind::Commit);
        let text = match kind {
            Kind::Commit => self.commits.add(id, data).unwrap_or(data),
            kind => text_of(kind, data),
        };
        let growth = growth.filter(|_| kind == Kind::Blob && !self.full);
        let what = || format!("object {id}");
        let (values, state) = self.surveyor.survey(text, growth.as_ref(), what);
        if let Some(values) = values {
            self.hits.push(Hit { id: *id, kind, values });
        }
        // Only whole blobs are texts as they are stored.
        state.filter(|_| kind == Kind::Blob)
    }

    fn failed(&mut self, error: ObjectError) {
        self.outcome.coverage.push(object_gap(&error, None));
    }
}
