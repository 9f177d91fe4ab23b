//! For each value at each path, the earliest version that has it: one value at one path is one finding.
//!
//! The earliest version may be the last to be read, as packs are not in order of time. So nothing but fingerprints
//! is collected here, and everything else about a finding is made at the end, from the few objects that are first
//! somewhere.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::git::attribution::{Attribution, BlobHistory, Reachability};
use crate::git::odb::tree::Mode;
use crate::git::{Kind, Oid};
use crate::model::{Confidence, ContentKind, Fingerprint, RefSet, RepoPath};
use crate::scan::blob::blob_scanner::BlobScanner;
use crate::scan::blob::object_part::ObjectPart;
use crate::source::history::History;

use super::fingerprint_scan::Values;
use super::object_scan::PartValues;

/// Ranks from here on are those of unreachable commits: behind all reachable ones.
const UNREACHABLE: u32 = 1 << 31;
/// Rank of what no commit introduced: behind all commits, what a ref reaches before the rest.
const WITHOUT_COMMIT: u32 = u32::MAX - 1;
const WITHOUT_REF: u32 = u32::MAX;

/// What contains a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ValueSource {
    /// A part of an object.
    Object(Oid, ObjectPart),
    /// The name of a file or directory, without the directories above.
    FileName(Vec<u8>),
    /// The full name of a ref.
    RefName(String),
}

/// A value at a path: what makes two occurrences the same finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FindingKey {
    pub(super) fingerprint: Arc<Fingerprint>,
    pub(super) path: Arc<RepoPath>,
    pub(super) content_kind: ContentKind,
    /// Whether it is in header lines of a commit or tag. A value in the message is another finding.
    is_header: bool,
}

impl FindingKey {
    /// Whether a file has the value, not a name, message or header.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.content_kind, ContentKind::File | ContentKind::Symlink)
    }
}

/// The earliest version that has a value at a path.
pub(super) struct FirstVersion {
    order: Order,
    pub(super) origin: Arc<Origin>,
    /// Whether any version at the path is at HEAD; `None` where that has no meaning.
    pub(super) at_head: Option<bool>,
    /// The confidence of the value in this version.
    pub(super) confidence: Confidence,
    /// The refs that contain the value at the path.
    pub(super) refs: RefSet,
    /// The paths from which the value was moved here.
    pub(super) moved_from: Vec<RepoPath>,
}

impl FirstVersion {
    /// What contains the value in this version.
    pub(super) fn source(&self) -> &ValueSource {
        &self.order.1
    }
}

/// Lower is earlier: by rank in the commit graph, ties by source.
type Order = (u32, ValueSource);

/// Where an object at a path comes from.
#[derive(Default)]
pub(super) struct Origin {
    /// The commit that introduced it, and whether an earlier one may have, which a shallow clone cut off.
    pub(super) commit: Option<(Oid, bool)>,
    /// The refs that contain this version.
    refs: RefSet,
    /// Whether a ref or HEAD reaches it.
    pub(super) is_reachable: bool,
}

impl Origin {
    /// Returns the rank of a version that no commit introduced.
    fn rank_without_commit(&self) -> u32 {
        if self.is_reachable { WITHOUT_COMMIT } else { WITHOUT_REF }
    }
}

/// Collects the earliest version of each value at each path.
pub(super) struct FirstSeen<'p, 's> {
    pub(super) scanner: &'p BlobScanner<'s>,
    pub(super) history: &'p History,
    /// What comes before every path: that of the submodule, with `/` at the end.
    pub(super) prefix: &'p [u8],
    /// What reaches the commits with values in message or header.
    commits: HashMap<Oid, Reachability>,
    /// The refs of annotated tags.
    tags: HashMap<Oid, Vec<String>>,
    pub(super) versions: HashMap<FindingKey, FirstVersion>,
    /// Number of paths that the configuration skips.
    pub(super) skipped: u64,
}

impl<'p, 's> FirstSeen<'p, 's> {
    pub(super) fn new(
        scanner: &'p BlobScanner<'s>,
        history: &'p History,
        prefix: &'p [u8],
        commits: HashMap<Oid, Reachability>,
        tags: HashMap<Oid, Vec<String>>,
    ) -> FirstSeen<'p, 's> {
        FirstSeen { scanner, history, prefix, commits, tags, versions: HashMap::new(), skipped: 0 }
    }

    /// Adds the values of a part of an object.
    pub(super) fn add_object(&mut self, found: &PartValues<'_>, attribution: &Attribution) {
        let source = ValueSource::Object(found.id, found.part);
        match found.part.kind() {
            Kind::Commit => {
                let Reachability { refs, is_reachable, .. } =
                    self.commits.get(&found.id).cloned().unwrap_or_default();
                let origin = Arc::new(Origin { commit: Some((found.id, false)), refs, is_reachable });
                let rank = self.history.rank(&found.id).unwrap_or(UNREACHABLE - 1);
                let order = (if is_reachable { rank } else { UNREACHABLE + rank }, source);
                self.insert(
                    &found.values,
                    self.repository_path(),
                    ContentKind::Commit,
                    &origin,
                    &order,
                    None,
                );
            }
            Kind::Tag => {
                let refs: RefSet = self.tags.get(&found.id).into_iter().flatten().cloned().collect();
                let origin = Arc::new(Origin { commit: None, is_reachable: !refs.is_empty(), refs });
                let order = (origin.rank_without_commit(), source);
                self.insert(&found.values, self.repository_path(), ContentKind::Tag, &origin, &order, None);
            }
            Kind::Blob | Kind::Tree => {
                let unknown = BlobHistory::default();
                let history = attribution.get(&found.id).unwrap_or(&unknown);
                self.add_entry(&found.values, source, history, attribution);
            }
        }
    }

    /// Adds the values in the name of files or directories, whose introductions are in `history`.
    pub(super) fn add_file_name(
        &mut self,
        name: &[u8],
        values: &Values<'_>,
        history: &BlobHistory,
        attribution: &Attribution,
    ) {
        self.add_entry(values, ValueSource::FileName(name.to_vec()), history, attribution);
    }

    /// Adds the values in the name of a ref, or of the reflog of one that no longer exists.
    pub(super) fn add_ref_name(&mut self, name: &str, values: &Values<'_>, exists: bool) {
        let refs: RefSet = exists.then(|| name.to_owned()).into_iter().collect();
        let origin = Arc::new(Origin { commit: None, refs, is_reachable: exists });
        let path = RepoPath::new([self.prefix, name.as_bytes()].concat());
        let order = (origin.rank_without_commit(), ValueSource::RefName(name.to_owned()));
        self.insert(values, path, ContentKind::RefName, &origin, &order, None);
    }

    /// Removes values in the names of annotated tags that are also in the name of a ref of the tag.
    pub(super) fn remove_tag_names_of_refs(&mut self) {
        let in_ref_name = |key: &FindingKey| {
            (key.content_kind == ContentKind::RefName)
                .then(|| (Arc::clone(&key.fingerprint), key.path.as_bytes().to_vec()))
        };
        let names: HashSet<(Arc<Fingerprint>, Vec<u8>)> =
            self.versions.keys().filter_map(in_ref_name).collect();
        if names.is_empty() {
            return;
        }
        let (prefix, tags) = (self.prefix, &self.tags);
        self.versions.retain(|key, first| {
            let ValueSource::Object(id, ObjectPart::TagHeader) = first.source() else { return true };
            let mut refs = tags.get(id).into_iter().flatten();
            let path = |name: &String| [prefix, name.as_bytes()].concat();
            !refs.any(|name| names.contains(&(Arc::clone(&key.fingerprint), path(name))))
        });
    }

    /// Adds the values of a tree entry, its content or its name, at all its paths.
    fn add_entry(
        &mut self,
        values: &Values<'_>,
        source: ValueSource,
        history: &BlobHistory,
        attribution: &Attribution,
    ) {
        let Some(introduction) = &history.introduction else {
            return self.add_entry_without_commit(values, source, history);
        };
        let is_name = matches!(source, ValueSource::FileName(_));
        // The refs of the first one are those of the blob itself, which a tag can name directly.
        let first = (introduction, history.refs.clone(), history.is_reachable);
        let later =
            history.later_introductions.iter().map(|later| (later, later.refs.clone(), later.is_reachable));
        for (introduction, refs, is_reachable) in std::iter::once(first).chain(later) {
            let rank = attribution.introduction_order(&introduction.commit).unwrap_or(UNREACHABLE);
            let order = (rank, source.clone());
            let commit = Some((introduction.commit, introduction.may_be_earlier));
            let origin = Arc::new(Origin { commit, refs, is_reachable });
            for (path, mode) in &introduction.paths {
                let at_head = history.head_paths.binary_search(path).is_ok();
                let path = RepoPath::new([self.prefix, path].concat());
                if self.scanner.is_skipped(&path) {
                    self.skipped += 1;
                    continue;
                }
                self.insert(values, path, entry_kind(*mode, is_name), &origin, &order, Some(at_head));
            }
        }
    }

    /// Adds the values of an entry that is only in trees without a commit, or of a blob that is in no tree.
    fn add_entry_without_commit(&mut self, values: &Values<'_>, source: ValueSource, history: &BlobHistory) {
        let is_name = matches!(source, ValueSource::FileName(_));
        let refs = history.refs.clone();
        let origin = Arc::new(Origin { commit: None, refs, is_reachable: history.is_reachable });
        let order = (origin.rank_without_commit(), source);
        for (path, mode) in &history.tree_only_paths {
            let path = RepoPath::new([self.prefix, path].concat());
            if self.scanner.is_skipped(&path) {
                self.skipped += 1;
            } else {
                self.insert(values, path, entry_kind(*mode, is_name), &origin, &order, Some(false));
            }
        }
        // A blob in no tree has no path that could be skipped.
        if history.tree_only_paths.is_empty() {
            let (path, content_kind) = match &order.1 {
                ValueSource::FileName(name) => {
                    (RepoPath::new([self.prefix, name].concat()), ContentKind::FileName)
                }
                _ => (self.repository_path(), ContentKind::File),
            };
            self.insert(values, path, content_kind, &origin, &order, Some(false));
        }
    }

    /// Adds the values of one version at one path. An earlier version replaces a later one with the same value;
    /// `at_head` is true if any version with the value at the path is at HEAD.
    fn insert(
        &mut self,
        values: &Values<'_>,
        path: RepoPath,
        content_kind: ContentKind,
        origin: &Arc<Origin>,
        order: &Order,
        at_head: Option<bool>,
    ) {
        let path = Arc::new(path);
        let is_header = matches!(&order.1, ValueSource::Object(_, part) if part.is_header());
        let versions = &mut self.versions;
        values.at(self.scanner, &path, content_kind, |fingerprint, confidence| {
            let key = FindingKey {
                fingerprint: Arc::clone(fingerprint),
                path: Arc::clone(&path),
                content_kind,
                is_header,
            };
            let new = FirstVersion {
                order: order.clone(),
                origin: Arc::clone(origin),
                at_head,
                confidence,
                refs: origin.refs.clone(),
                moved_from: Vec::new(),
            };
            match versions.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(new);
                }
                Entry::Occupied(mut entry) => entry.get_mut().merge(new, content_kind),
            }
        });
    }

    /// Returns the path of what has none: that of the repository.
    fn repository_path(&self) -> RepoPath {
        RepoPath::new(self.prefix.strip_suffix(b"/").unwrap_or(self.prefix))
    }
}

impl FirstVersion {
    /// Takes over `new`, another version with the same key, if it is earlier.
    fn merge(&mut self, new: FirstVersion, content_kind: ContentKind) {
        let at_head = self.at_head.max(new.at_head);
        let confidence = self.confidence.max(new.confidence);
        // The refs of tree entries with a commit are traced through the graph afterwards.
        let is_entry =
            matches!(content_kind, ContentKind::File | ContentKind::Symlink | ContentKind::FileName);
        let is_traced = is_entry && new.origin.commit.is_some();
        let mut refs = std::mem::take(&mut self.refs);
        if !is_traced {
            refs.join(&new.origin.refs);
        }
        if new.order < self.order {
            *self = new;
        } else if new.order == self.order {
            self.confidence = confidence;
        }
        self.at_head = at_head;
        self.refs = if is_traced { self.origin.refs.clone() } else { refs };
    }
}

/// Returns the content kind of a tree entry, or of its name.
fn entry_kind(mode: Mode, is_name: bool) -> ContentKind {
    match mode {
        _ if is_name => ContentKind::FileName,
        Mode::Symlink => ContentKind::Symlink,
        _ => ContentKind::File,
    }
}
