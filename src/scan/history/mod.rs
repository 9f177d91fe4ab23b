//! A whole repository: every object once, then the names around them, then the origin of those with findings.

pub(crate) mod fingerprint_scan;
pub(crate) mod first_seen;
pub(crate) mod timeline;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::git::attribution::{Attribution, Sought, Trees};
use crate::git::commits::graph::Commits;
use crate::git::{Growth, Kind, ObjectError, Oid, ScanObjects, Visitor};
use crate::model::{Coverage, CoverageKind, RepoPath};
use crate::source::history::History;
use crate::source::submodules::{Submodule, Submodules};
use crate::source::view::{RepoView, is_lfs_pointer, lfs, path_text};

use super::blob::blob_scanner::Inspector;
use super::blob::object_part::{CleanPeople, Piece, names_with_values};
use super::{Outcome, ScanError, Settings};
use fingerprint_scan::{State, Surveyor, Values};
use first_seen::{Hit, Places};

/// How many places of one kind are listed that are kept elsewhere.
const MAX_LISTED: usize = 50;

/// How a history is read.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// No object is scanned by what a delta says it has from another.
    pub(crate) full: bool,
    /// Submodules are read too.
    pub(crate) recurse: bool,
}

/// Scans the repository at `path`, relative to the settings' directory. Where none is named, the variables count by
/// which git is told where one is.
pub(crate) fn scan(
    inspector: &Inspector<'_>,
    settings: &Settings,
    path: &Path,
    options: Options,
) -> Result<Outcome, ScanError> {
    let env = &settings.env;
    let told = env.git_dir.is_some() || env.object_directory.is_some() || env.alternates.is_some();
    let view = match told && path == Path::new(".") {
        true => settings.view()?,
        false => RepoView::at(&settings.directory.join(path), settings.max_blob_size)?,
    };
    let (mut outcome, submodules) = scan_one(inspector, settings, &view, options, b"")?;
    if !options.recurse {
        list(submodules.iter().map(|submodule| submodule.path.clone()), Submodule::said, &mut outcome);
        return Ok(outcome);
    }
    // Each repository once, and those found in them after them.
    let mut seen: HashSet<PathBuf> = HashSet::from([view.repo.common_dir().to_path_buf()]);
    let mut open = vec![(view, Vec::new(), submodules)];
    while let Some((view, prefix, submodules)) = open.pop() {
        let places = Submodules::of(&view);
        for submodule in submodules {
            let full = [&prefix, submodule.path.as_slice()].concat();
            let Some(place) = places.repository(&submodule.path) else {
                outcome.coverage.push(submodule.not_there(&full));
                continue;
            };
            let name = RepoPath::new(full.clone()).to_text();
            let unreadable = |reason: String| Coverage {
                kind: CoverageKind::Unreadable,
                what: name.clone(),
                reason: format!(
                    "a submodule whose repository {} cannot be read: {reason}",
                    path_text(&place)
                ),
                remedy: None,
            };
            let view = match RepoView::exactly_at(&place, settings.max_blob_size) {
                Ok(view) => view,
                Err(error) => {
                    outcome.coverage.push(unreadable(error.to_string()));
                    continue;
                }
            };
            if !seen.insert(view.repo.common_dir().to_path_buf()) {
                continue;
            }
            let below = [full.as_slice(), b"/"].concat();
            match scan_one(inspector, settings, &view, options, &below) {
                Ok((mut inner, submodules)) => {
                    inner.refs.clear();
                    inner.coverage.iter_mut().for_each(|gap| gap.what = format!("{name}: {}", gap.what));
                    outcome.absorb(inner);
                    open.push((view, below, submodules));
                }
                Err(error) => outcome.coverage.push(unreadable(error.to_string())),
            }
        }
    }
    Ok(outcome)
}

/// Scans one repository and says where it has submodules. `prefix` stands before all paths.
fn scan_one(
    inspector: &Inspector<'_>,
    settings: &Settings,
    view: &RepoView,
    options: Options,
    prefix: &[u8],
) -> Result<(Outcome, Vec<Submodule>), ScanError> {
    let threads = settings.threads();
    let make = || Worker {
        surveyor: Surveyor::new(inspector),
        full: options.full,
        hits: Vec::new(),
        commits: Commits::default(),
        people: CleanPeople::default(),
        pointers: Vec::new(),
        lost: Vec::new(),
        outcome: Outcome::default(),
    };
    let history = History::load(view)?;
    let workers = view.objects.for_each(&[Kind::Blob, Kind::Commit, Kind::Tag], threads, &make);
    let mut outcome = Outcome::default();
    let mut hits = Vec::new();
    let mut commits = Vec::new();
    let mut pointers = Vec::new();
    let mut lost = Vec::new();
    for worker in workers {
        outcome.absorb(worker.outcome);
        outcome.coverage.extend(worker.surveyor.gaps);
        outcome.effort += worker.surveyor.effort;
        hits.extend(worker.hits);
        commits.push(worker.commits);
        pointers.extend(worker.pointers);
        lost.extend(worker.lost);
    }
    let history = history.with_commits(commits);
    outcome.refs = history.ref_names();
    outcome.is_server = view.repo.is_bare();
    let ids = |kind: Kind| hits.iter().filter(move |hit| hit.piece.kind() == kind).map(|hit| hit.id);
    let commits = match ids(Kind::Commit).collect::<Vec<Oid>>() {
        none if none.is_empty() => HashMap::new(),
        commits => history.reach(view, &commits),
    };
    let tags = if ids(Kind::Tag).next().is_some() { history.tag_names(view) } else { HashMap::new() };
    let mut blobs: HashSet<Oid> = ids(Kind::Blob).chain(pointers.iter().copied()).collect();
    // Some of these may be no blobs, which no directory has as files.
    blobs.extend(lost.iter().map(|error: &ObjectError| *error.id()));
    let mut surveyor = Surveyor::new(inspector);
    let every_ref_name = history.every_ref_name();
    let ref_names: Vec<&[u8]> = every_ref_name.iter().map(|(name, _)| name.as_bytes()).collect();
    let ref_names = names_with_values(&mut surveyor, &ref_names);
    let (trees, file_names) = trees(view, &mut surveyor, blobs, threads);
    outcome.coverage.append(&mut surveyor.gaps);
    let (attribution, gaps) = history.attribute(view, &trees, &lost, threads);
    outcome.coverage.extend(gaps);
    outcome.coverage.extend(view.store_gaps());

    let mut places = Places::new(inspector, &history, prefix, commits, tags);
    hits.iter().for_each(|hit| places.add(hit, &attribution));
    for (at, (name, values)) in file_names.iter().enumerate() {
        if let Some(known) = attribution.name(at) {
            places.add_file_name(name, values, known, &attribution);
        }
    }
    for (name, values) in &ref_names {
        let found = every_ref_name.iter().find(|(known, _)| known.as_bytes() == *name);
        found.iter().for_each(|(name, is_there)| places.add_ref_name(name, values, *is_there));
    }
    places.drop_repeated_names();
    say_pointers(inspector, &attribution, &pointers, prefix, &mut outcome);
    let submodules = Submodule::all(attribution.submodules());
    drop(attribution);
    let lives = places.follow(view, &trees, &hits, &file_names, settings.confidence);
    drop((trees, hits, file_names));
    places.findings(view, settings, &lives, &mut outcome);
    Ok((outcome, submodules))
}

/// All trees as far as they lead to the blobs, to names with values, and to submodules. Names and submodules are
/// known when all trees were read: rare enough to read them once more.
fn trees<'i>(
    view: &RepoView,
    surveyor: &mut Surveyor<'i, '_>,
    blobs: HashSet<Oid>,
    threads: usize,
) -> (Trees, Vec<(Vec<u8>, Values<'i>)>) {
    let sought = Sought { blobs, every_name: true, ..Sought::default() };
    let trees = Trees::load(&view.objects, &sought, threads);
    let found = names_with_values(surveyor, &trees.every_name());
    let found: Vec<(Vec<u8>, Values<'i>)> =
        found.into_iter().map(|(name, values)| (name.to_vec(), values)).collect();
    if found.is_empty() && (trees.follows() || !trees.has_submodules()) {
        return (trees, found);
    }
    let names = found.iter().map(|(name, _)| name.clone()).collect();
    let sought = Sought { blobs: sought.blobs, names, submodules: true, every_name: false };
    (Trees::load(&view.objects, &sought, threads), found)
}

/// Says which files are kept in git-lfs: each once, whatever versions it has.
fn say_pointers(
    inspector: &Inspector<'_>,
    attribution: &Attribution,
    pointers: &[Oid],
    prefix: &[u8],
    outcome: &mut Outcome,
) {
    let mut places: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut nowhere: BTreeSet<Oid> = BTreeSet::new();
    for id in pointers {
        let known = attribution.get(id);
        let introductions = known.into_iter().flat_map(|known| known.introduction.iter().chain(&known.later));
        let mut paths = introductions.flat_map(|introduction| &introduction.paths).peekable();
        if paths.peek().is_none() {
            nowhere.insert(*id);
        }
        places.extend(paths.map(|(path, _)| path.clone()));
    }
    let is_read = |path: &Vec<u8>| !inspector.skips(&RepoPath::new([prefix, path].concat()));
    list(places.into_iter().filter(is_read), |path| lfs(RepoPath::new(path).to_text()), outcome);
    let nowhere = nowhere.into_iter().map(|id| format!("object {id}").into_bytes());
    list(nowhere, |what| lfs(String::from_utf8_lossy(&what).into_owned()), outcome);
}

/// Says of each place what `say` makes of it, and of very many how many more there are.
fn list(places: impl Iterator<Item = Vec<u8>>, say: impl Fn(Vec<u8>) -> Coverage, outcome: &mut Outcome) {
    let places: Vec<Vec<u8>> = places.collect();
    let more = places.len().saturating_sub(MAX_LISTED);
    let said: Vec<Coverage> = places.into_iter().take(MAX_LISTED).map(say).collect();
    if let (true, Some(last)) = (more > 0, said.last()) {
        outcome.coverage.push(Coverage { what: format!("{more} more"), ..last.clone() });
    }
    outcome.coverage.extend(said);
}

/// One thread's share of the objects.
struct Worker<'i, 's> {
    surveyor: Surveyor<'i, 's>,
    full: bool,
    hits: Vec<Hit<'i>>,
    commits: Commits,
    people: CleanPeople,
    /// Blobs that stand for what git-lfs keeps.
    pointers: Vec<Oid>,
    /// Objects that could not be read.
    lost: Vec<ObjectError>,
    outcome: Outcome,
}

impl<'i> Worker<'i, '_> {
    /// Surveys a piece that no delta says anything about; whether it holds values.
    fn survey(&mut self, id: &Oid, piece: Piece, text: &[u8]) -> bool {
        let (values, _) = self.surveyor.survey(text, None, || format!("object {id}"));
        let found = values.is_some();
        self.hits.extend(values.map(|values| Hit { id: *id, piece, values }));
        found
    }

    fn commit(&mut self, id: &Oid, data: &[u8]) {
        let Some(commit) = self.commits.add(id, data) else {
            self.survey(id, Piece::CommitMessage, data);
            return;
        };
        self.survey(id, Piece::CommitMessage, commit.message);
        let unknown = self.people.are_unknown(&commit);
        if unknown && !self.survey(id, Piece::CommitHeader, &Piece::CommitHeader.of(data)) {
            self.people.add(&commit);
        }
    }
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
        match kind {
            Kind::Commit => self.commit(id, data),
            Kind::Blob => {
                if is_lfs_pointer(data) {
                    self.pointers.push(*id);
                }
                let growth = growth.filter(|_| !self.full);
                let (values, state) = self.surveyor.survey(data, growth.as_ref(), || format!("object {id}"));
                self.hits.extend(values.map(|values| Hit { id: *id, piece: Piece::Content, values }));
                // Only whole blobs are texts as they are stored.
                return state;
            }
            kind => {
                for piece in Piece::all_of(kind) {
                    self.survey(id, *piece, &piece.of(data));
                }
            }
        }
        None
    }

    fn failed(&mut self, error: ObjectError) {
        self.lost.push(error);
    }
}
