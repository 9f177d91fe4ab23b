//! From the values of all objects to the versions that are reported: one value at one place is one finding,
//! in the version that was first there.
//!
//! The version that is first may be the last to be read, as packs have no order of time. So everything that
//! is said about a finding is made at the end, from the few objects that are first somewhere.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::git::attribution::{Attribution, BlobHistory, Reach};
use crate::git::odb::tree::Mode;
use crate::git::{Kind, Oid, ReadObjects};
use crate::model::{Carrier, CommitFacts, Confidence, Finding, Fingerprint, Provenance, RefSet, RepoPath};
use crate::source::history::History;
use crate::source::view::RepoView;

use super::fingerprint_scan::Values;
use super::timeline::Lives;
use crate::scan::blob::blob_scanner::{Inspected, Inspector};
use crate::scan::blob::names::tell_who;
use crate::scan::blob::object_part::{Piece, Subject, inspect};
use crate::scan::{Outcome, Settings, aborted};

/// Places in the order of the graph that what nothing reaches has behind everything else.
const UNREACHED: u32 = 1 << 31;
/// What no commit brought is behind all commits; what a ref names is before what none does.
const NAMED: u32 = u32::MAX - 1;
const NAMELESS: u32 = u32::MAX;

/// A piece of an object with values.
pub(crate) struct Hit<'i> {
    pub(crate) id: Oid,
    pub(crate) piece: Piece,
    pub(crate) values: Values<'i>,
}

/// Where a value was first.
pub(crate) struct First {
    /// Lower is earlier: by graph, unattributed objects last, ties by id.
    order: Order,
    source: Arc<Source>,
    /// Whether any version there is at HEAD.
    at_head: Option<bool>,
    /// How sure the value is in that version.
    pub(crate) confidence: Confidence,
    /// The refs that have it there.
    pub(crate) refs: RefSet,
    /// Where it was taken from.
    pub(crate) moved_from: Vec<RepoPath>,
}

type Order = (u32, Subject);

/// What brought an object to a place.
#[derive(Default)]
struct Source {
    /// The commit, and whether it may have been an earlier one.
    commit: Option<(Oid, bool)>,
    refs: RefSet,
    reachable: bool,
}

/// A value at a place: all that holds a finding together. Messages have another place than the people in the header
/// above them, which the number tells.
pub(crate) type Key = (Arc<Fingerprint>, Arc<RepoPath>, Carrier, u8);

/// What an entry of a tree is as a carrier, or its name.
fn carrier_of(mode: Mode, is_name: bool) -> Carrier {
    match mode {
        _ if is_name => Carrier::FileName,
        Mode::Symlink => Carrier::Symlink,
        _ => Carrier::File,
    }
}

/// The place in order of what no commit brought.
fn nameless(source: &Source) -> u32 {
    if source.reachable { NAMED } else { NAMELESS }
}

/// Finds out where each value was first.
pub(crate) struct Places<'p, 's> {
    inspector: &'p Inspector<'s>,
    pub(crate) history: &'p History,
    /// What stands before every path: the place of a submodule.
    pub(crate) prefix: &'p [u8],
    /// What reaches the commits with values in their messages.
    commits: HashMap<Oid, Reach>,
    /// The refs of annotated tags.
    tags: HashMap<Oid, Vec<String>>,
    pub(crate) first: HashMap<Key, First>,
    skipped: u64,
}

impl<'p, 's> Places<'p, 's> {
    pub(crate) fn new(
        inspector: &'p Inspector<'s>,
        history: &'p History,
        prefix: &'p [u8],
        commits: HashMap<Oid, Reach>,
        tags: HashMap<Oid, Vec<String>>,
    ) -> Places<'p, 's> {
        Places { inspector, history, prefix, commits, tags, first: HashMap::new(), skipped: 0 }
    }

    pub(crate) fn add(&mut self, hit: &Hit<'_>, attribution: &Attribution) {
        let subject = Subject::Object(hit.id, hit.piece);
        match hit.piece.kind() {
            Kind::Commit => {
                let reach = self.commits.get(&hit.id).cloned().unwrap_or_default();
                let commit = Some((hit.id, false));
                let source = Arc::new(Source { commit, refs: reach.refs, reachable: reach.reachable });
                let rank = self.history.rank(&hit.id).unwrap_or(UNREACHED - 1);
                let order = (if reach.reachable { rank } else { UNREACHED + rank }, subject);
                self.put(&hit.values, self.here(), Carrier::Commit, &source, &order, None);
            }
            Kind::Tag => {
                let refs: RefSet = self.tags.get(&hit.id).into_iter().flatten().cloned().collect();
                let source = Arc::new(Source { commit: None, reachable: !refs.is_empty(), refs });
                let order = (nameless(&source), subject);
                self.put(&hit.values, self.here(), Carrier::Tag, &source, &order, None);
            }
            Kind::Blob | Kind::Tree => {
                let unknown = Default::default();
                let known = attribution.get(&hit.id).unwrap_or(&unknown);
                self.add_entry(&hit.values, subject, known, attribution);
            }
        }
    }

    /// The name of tree entries, which `known` says all about.
    pub(crate) fn add_file_name(
        &mut self,
        name: &[u8],
        values: &Values<'_>,
        known: &BlobHistory,
        attribution: &Attribution,
    ) {
        self.add_entry(values, Subject::FileName(name.to_vec()), known, attribution);
    }

    /// The name of a ref.
    pub(crate) fn add_ref_name(&mut self, name: &str, values: &Values<'_>, is_there: bool) {
        let refs: RefSet = is_there.then(|| name.to_owned()).into_iter().collect();
        let source = Arc::new(Source { commit: None, refs, reachable: is_there });
        let path = RepoPath::new([self.prefix, name.as_bytes()].concat());
        let order = (nameless(&source), Subject::RefName(name.to_owned()));
        self.put(values, path, Carrier::RefName, &source, &order, None);
    }

    /// Forgets the names that annotated tags repeat of refs that lead to them.
    pub(crate) fn drop_repeated_names(&mut self) {
        let of_ref = |(value, path, carrier, _): &Key| {
            (*carrier == Carrier::RefName).then(|| (Arc::clone(value), path.as_bytes().to_vec()))
        };
        let names: HashSet<(Arc<Fingerprint>, Vec<u8>)> = self.first.keys().filter_map(of_ref).collect();
        if names.is_empty() {
            return;
        }
        let (prefix, tags) = (self.prefix, &self.tags);
        self.first.retain(|(value, ..), first| {
            let Subject::Object(id, Piece::TagHeader) = &first.order.1 else { return true };
            let mut refs = tags.get(id).into_iter().flatten();
            !refs.any(|name| names.contains(&(Arc::clone(value), [prefix, name.as_bytes()].concat())))
        });
    }

    fn add_entry(
        &mut self,
        values: &Values<'_>,
        subject: Subject,
        known: &BlobHistory,
        attribution: &Attribution,
    ) {
        let is_name = matches!(subject, Subject::FileName(_));
        let Some(introduction) = &known.introduction else {
            let refs = known.refs.clone();
            let source = Arc::new(Source { commit: None, refs, reachable: known.reachable });
            let order = (nameless(&source), subject);
            for (path, mode) in &known.loose_paths {
                let path = RepoPath::new([self.prefix, path].concat());
                if self.inspector.skips(&path) {
                    self.skipped += 1;
                } else {
                    self.put(values, path, carrier_of(*mode, is_name), &source, &order, Some(false));
                }
            }
            // A blob by itself. No path that is left out speaks for what has none.
            if known.loose_paths.is_empty() {
                let (path, carrier) = match &order.1 {
                    Subject::FileName(name) => {
                        (RepoPath::new([self.prefix, name].concat()), Carrier::FileName)
                    }
                    _ => (self.here(), Carrier::File),
                };
                self.put(values, path, carrier, &source, &order, Some(false));
            }
            return;
        };
        // Tags may name the blob itself.
        let first = (introduction, known.refs.clone(), known.reachable);
        let later = known.later.iter().map(|later| (later, later.refs.clone(), later.reachable));
        for (introduction, refs, reachable) in std::iter::once(first).chain(later) {
            let rank = attribution.introduction_order(&introduction.commit).unwrap_or(UNREACHED);
            let order = (rank, subject.clone());
            let commit = Some((introduction.commit, introduction.at_or_before));
            let source = Arc::new(Source { commit, refs, reachable });
            for (path, mode) in &introduction.paths {
                let at_head = known.head_paths.binary_search(path).is_ok();
                let path = RepoPath::new([self.prefix, path].concat());
                if self.inspector.skips(&path) {
                    self.skipped += 1;
                    continue;
                }
                self.put(values, path, carrier_of(*mode, is_name), &source, &order, Some(at_head));
            }
        }
    }

    /// Adds the values of one version at one place. An earlier version with the same value takes the place;
    /// whether HEAD still holds the value is true if any version there is at HEAD.
    fn put(
        &mut self,
        values: &Values<'_>,
        path: RepoPath,
        carrier: Carrier,
        source: &Arc<Source>,
        order: &Order,
        at_head: Option<bool>,
    ) {
        let shared = Arc::new(path);
        let part = match &order.1 {
            Subject::Object(_, Piece::CommitHeader | Piece::TagHeader) => 1,
            _ => 0,
        };
        let first = &mut self.first;
        values.at(self.inspector, &shared, carrier, |fingerprint, confidence| {
            let source = Arc::clone(source);
            let refs = source.refs.clone();
            let order = order.clone();
            let new = First { order, source, at_head, confidence, refs, moved_from: Vec::new() };
            match first.entry((Arc::clone(fingerprint), Arc::clone(&shared), carrier, part)) {
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(new);
                }
                std::collections::hash_map::Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    let at_head = known.at_head.max(at_head);
                    let confidence = known.confidence.max(confidence);
                    // Entries of trees are followed through the graph afterwards.
                    let is_entry = matches!(carrier, Carrier::File | Carrier::Symlink | Carrier::FileName);
                    let is_followed = is_entry && new.source.commit.is_some();
                    let mut refs = std::mem::take(&mut known.refs);
                    if !is_followed {
                        refs.join(&new.source.refs);
                    }
                    if new.order < known.order {
                        *known = new;
                    } else if new.order == known.order {
                        known.confidence = confidence;
                    }
                    known.at_head = at_head;
                    known.refs = if is_followed { known.source.refs.clone() } else { refs };
                }
            }
        });
    }

    /// The place of what has no path.
    fn here(&self) -> RepoPath {
        RepoPath::new(self.prefix.strip_suffix(b"/").unwrap_or(self.prefix))
    }

    /// Reads the objects that are first somewhere and says everything about their values at or above the
    /// reporting confidence.
    pub(crate) fn findings(self, view: &RepoView, settings: &Settings, lives: &Lives, outcome: &mut Outcome) {
        outcome.counts.skipped += self.skipped;
        let mut by_subject: BTreeMap<Subject, Vec<(Key, First)>> = BTreeMap::new();
        for (key, first) in self.first {
            if first.confidence >= settings.confidence {
                by_subject.entry(first.order.1.clone()).or_default().push((key, first));
            }
        }
        let object = |subject: &Subject| match subject {
            Subject::Object(id, piece) => Some((*id, *piece)),
            Subject::FileName(_) | Subject::RefName(_) => None,
        };
        let wanted: Vec<(Oid, Piece)> = by_subject.keys().filter_map(object).collect();
        let mut objects = inspect(self.inspector, &view.objects, &wanted, settings.threads()).into_iter();
        let mut facts = HashMap::new();
        let unreached = by_subject.values().flatten().filter(|(_, first)| !first.source.reachable);
        let unreached: Vec<Oid> =
            unreached.filter_map(|(_, first)| first.source.commit).map(|(commit, _)| commit).collect();
        let kept_by = if unreached.is_empty() { HashMap::new() } else { self.history.kept_by(&unreached) };
        for (subject, places) in by_subject {
            let name = |name: &[u8]| Some(Ok(self.inspector.inspect(name, || "a name".to_owned())));
            let inspected = match &subject {
                Subject::Object(..) => objects.next(),
                Subject::FileName(file) => name(file),
                Subject::RefName(of_ref) => name(of_ref.as_bytes()),
            };
            let Some(inspected) = inspected else { continue };
            match inspected {
                Ok(inspected) => {
                    let (inspector, prefix, kept_by) = (self.inspector, self.prefix, &kept_by);
                    let (head, facts) = (self.history.head(), &mut facts);
                    let found = Findings { inspector, view, prefix, head, lives, kept_by, facts };
                    found.of(&subject, places, &inspected, outcome);
                    outcome.coverage.extend(inspected.gap);
                }
                Err(gap) => outcome.coverage.push(gap),
            }
        }
    }
}

/// Makes findings of what was inspected.
struct Findings<'f, 's> {
    inspector: &'f Inspector<'s>,
    view: &'f RepoView,
    /// What stands before every path: the place of a submodule.
    prefix: &'f [u8],
    head: Option<Oid>,
    lives: &'f Lives,
    /// What leads to commits that nothing reaches.
    kept_by: &'f HashMap<Oid, Arc<[String]>>,
    facts: &'f mut HashMap<(Oid, bool), CommitFacts>,
}

impl Findings<'_, '_> {
    /// Those of one subject at the `places` where it is first with them.
    fn of(
        self,
        subject: &Subject,
        places: Vec<(Key, First)>,
        inspected: &Inspected<'_>,
        outcome: &mut Outcome,
    ) {
        let mut by_place: BTreeMap<_, HashMap<Arc<Fingerprint>, First>> = BTreeMap::new();
        for ((fingerprint, path, carrier, _), first) in places {
            by_place.entry((path, carrier)).or_default().insert(fingerprint, first);
        }
        let object = match subject {
            Subject::Object(id, _) => Some(id.to_string()),
            Subject::FileName(_) | Subject::RefName(_) => None,
        };
        let header = match subject {
            Subject::Object(id, piece @ (Piece::CommitHeader | Piece::TagHeader)) => {
                self.view.objects.read(id).ok().map(|object| piece.of(&object.data).into_owned())
            }
            _ => None,
        };
        let mut lost = false;
        for ((path, carrier), mut wanted) in by_place {
            let Some(first) = wanted.values().next() else { continue };
            let commit = first.source.commit.map(|(commit, shallow)| {
                self.facts
                    .entry((commit, shallow))
                    .or_insert_with(|| self.view.facts(&commit, shallow, self.head))
                    .clone()
            });
            let kept_by = first.source.commit.and_then(|(commit, _)| self.kept_by.get(&commit));
            let kept_by = kept_by.filter(|_| !first.source.reachable);
            let provenance = Provenance {
                path: RepoPath::clone(&path),
                submodule: self.prefix.strip_suffix(b"/").map(RepoPath::new),
                kept_by: kept_by.map(|names| names.to_vec()).unwrap_or_default(),
                carrier,
                first_commit: commit,
                reachable: Some(first.source.reachable),
                object: object.clone(),
                ..Provenance::file(RepoPath::new(""))
            };
            let mut found = self.inspector.place(inspected.candidates.clone(), &provenance);
            found.retain_mut(|finding: &mut Finding| {
                let first = wanted.get(&finding.fingerprint);
                if let Some(first) = first {
                    if let Some(header) = &header {
                        tell_who(finding, header);
                    }
                    finding.provenance.refs = first.refs.clone();
                    finding.provenance.moved_from.clone_from(&first.moved_from);
                    finding.provenance.at_head = first.at_head;
                    let is_file = matches!(finding.provenance.carrier, Carrier::File | Carrier::Symlink);
                    let life = self.lives.get(&finding.fingerprint).filter(|_| is_file);
                    finding.provenance.life = life.cloned();
                }
                first.is_some()
            });
            found.iter().for_each(|finding| {
                wanted.remove(&finding.fingerprint);
            });
            lost |= !wanted.is_empty();
            outcome.findings.extend(found);
        }
        // What was seen once and is not seen again must not pass for clean.
        if lost && inspected.gap.is_none() {
            outcome.coverage.push(aborted(object.map_or("a name".to_owned(), |id| format!("object {id}"))));
        }
    }
}
