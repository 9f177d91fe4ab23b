//! The refs and commits of a repository, and the introductions of its objects.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::git::attribution::{
    Attribution, Container, Misused, Occurrence, OccurrenceHistory, Query, Reachability, Timeline, TreeIndex,
    attribute, reachability, reflogs_containing, timelines, trace_occurrences,
};
use crate::git::commits::graph::{CommitCollector, CommitGraph};
use crate::git::commits::tag::tag_chain;
use crate::git::odb::tree::Mode;
use crate::git::refs::{Tip, TipKind, broken_refs, read_tips, reftable, reftable_reflogs};
use crate::git::repo::RepoError;
use crate::git::{ObjectError, Oid, StoreProblem};
use crate::model::{Unscanned, UnscannedKind};

use super::unscanned::{unscanned_history, unscanned_object, unscanned_refs};
use super::view::RepoView;

/// Most missing objects that are listed one by one.
const MAX_LISTED: usize = 50;

/// Refs, reflogs and commits of a repository.
pub(crate) struct History {
    graph: CommitGraph,
    tips: Vec<Tip>,
    head: Option<Oid>,
    shallow: HashSet<Oid>,
    /// Names of refs that resolve to no object.
    broken: Vec<String>,
    /// Files with refs that are damaged.
    damaged: Vec<StoreProblem>,
}

impl History {
    /// Reads all refs and reflogs. The caller reads the objects afterwards, so that all that the refs reach is
    /// among these while others write to the repository.
    ///
    /// # Errors
    ///
    /// If the refs or the shallow boundary cannot be read.
    pub(crate) fn load(view: &RepoView) -> Result<History, RepoError> {
        let graph = CommitGraph::default();
        let (head, mut tips) = (view.repo.head()?, read_tips(&view.repo)?);
        let broken = broken_refs(&view.repo, &tips)?;
        let damaged = reftable::add_tips(&view.repo, &mut tips)?;
        tips.extend(reftable_reflogs(&view.repo));
        Ok(History { graph, tips, head, shallow: view.repo.shallow_commits()?, broken, damaged })
    }

    /// Adds the commits: all of the repository.
    pub(crate) fn with_commits(self, commits: impl IntoIterator<Item = CommitCollector>) -> History {
        History { graph: CommitGraph::from_commits(commits, &self.shallow), ..self }
    }

    /// Returns the full names of all refs, sorted.
    pub(crate) fn ref_names(&self) -> Vec<String> {
        let refs = self.tips.iter().filter(|tip| tip.kind == TipKind::Ref);
        let mut names: Vec<String> = refs.map(|tip| tip.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Returns the names of all refs and reflogs, sorted, and whether the ref exists. Refs of other work trees have
    /// their location as a prefix.
    pub(crate) fn ref_and_reflog_names(&self) -> Vec<(&str, bool)> {
        let mut names: BTreeMap<&str, bool> = BTreeMap::new();
        for tip in &self.tips {
            *names.entry(&tip.name).or_default() |= tip.kind == TipKind::Ref;
        }
        names.into_iter().collect()
    }

    /// Returns the commit at HEAD.
    pub(crate) fn head(&self) -> Option<Oid> {
        self.head
    }

    /// Returns a commit's position in an order that has parents before children.
    pub(crate) fn rank(&self, commit: &Oid) -> Option<u32> {
        self.graph.rank(commit)
    }

    /// Returns the history of everything that `trees` were queried for, and the entries for all that this
    /// repository should contain and does not: the objects that are `unreadable`, the boundary of a shallow clone,
    /// missing commits, trees and blobs of commits that exist, and refs that resolve to nothing.
    pub(crate) fn attribute(
        &self,
        view: &RepoView,
        trees: &TreeIndex,
        unreadable: &[ObjectError],
        threads: usize,
    ) -> (Attribution, Vec<Unscanned>) {
        let mut reported: HashSet<&Oid> = unreadable.iter().map(ObjectError::id).collect();
        let mut misused = trees.misused(&self.graph);
        misused.retain(|misused| !reported.contains(misused.error.id()));
        reported.extend(misused.iter().map(|misused| misused.error.id()));
        let mut absent = trees.absent(&view.objects, &self.graph);
        absent.retain(|id| !reported.contains(id));
        let (attribution, mut entries) = self.attribute_in(view, trees, &reported);
        entries.extend(
            unreadable.iter().map(|error| unscanned_object(error, first_path(&attribution, error.id()))),
        );
        if !self.shallow.is_empty() {
            let commits = match self.shallow.len() {
                1 => "1 commit".to_owned(),
                several => format!("{several} commits"),
            };
            entries.push(unscanned_history(&format!("{commits} at the edge of a shallow clone")));
        }
        let missing = self.graph.missing.iter().filter(|id| !reported.contains(id));
        entries.extend(missing.map(|&id| unscanned_object(&ObjectError::Missing { id }, None)));
        entries.extend(self.graph.problems.iter().map(|error| unscanned_object(error, None)));
        entries.extend(self.broken.iter().map(|name| Unscanned {
            kind: UnscannedKind::Corrupt,
            what: name.clone(),
            reason: "a ref that resolves to no object: its commits may be lost".to_owned(),
            remedy: Some("git fsck --full shows the damage; git reflog may list the commit".to_owned()),
        }));
        entries.extend(self.damaged.iter().map(unscanned_refs));
        if !absent.is_empty() || !misused.is_empty() {
            entries.extend(self.unscanned_entries(view, absent, &misused, &reported, threads));
        }
        (attribution, entries)
    }

    fn attribute_in(
        &self,
        view: &RepoView,
        trees: &TreeIndex,
        reported: &HashSet<&Oid>,
    ) -> (Attribution, Vec<Unscanned>) {
        let attribution = attribute(&view.objects, &self.graph, &self.tips, self.head, trees);
        let problems = attribution.problems.iter().filter(|error| !reported.contains(error.id()));
        let mut entries: Vec<Unscanned> = problems.map(|error| unscanned_object(error, None)).collect();
        if attribution.has_omitted_paths {
            entries.push(Unscanned {
                kind: UnscannedKind::Elsewhere,
                what: "further paths of repeated directories".to_owned(),
                reason: "too many to follow: every value is reported, but not at every path that copies it"
                    .to_owned(),
                remedy: None,
            });
        }
        (attribution, entries)
    }

    /// Returns the timeline of each value, given by the blobs that contain it. `trees` were queried for these blobs.
    pub(crate) fn timelines(&self, view: &RepoView, trees: &TreeIndex, values: &[Vec<Oid>]) -> Vec<Timeline> {
        timelines(&view.objects, &self.graph, &self.tips, self.head, trees, values)
    }

    /// Returns for each occurrence of a value the refs that contain it and where it was moved from. `values` are the
    /// containers of each value, all queried from `trees`; the occurrences of one value are consecutive.
    pub(crate) fn trace_occurrences(
        &self,
        view: &RepoView,
        trees: &TreeIndex,
        values: &[Vec<Container>],
        occurrences: &[Occurrence<'_>],
    ) -> Vec<OccurrenceHistory> {
        trace_occurrences(&view.objects, &self.graph, &self.tips, self.head, trees, values, occurrences)
    }

    /// Returns from which refs the commits are reachable.
    pub(crate) fn reachability(&self, view: &RepoView, commits: &[Oid]) -> HashMap<Oid, Reachability> {
        reachability(&view.objects, &self.graph, &self.tips, self.head, commits)
    }

    /// Returns the names of the reflogs and pseudo-refs from which the commits are reachable.
    pub(crate) fn reflogs_containing(&self, commits: &[Oid]) -> HashMap<Oid, Arc<[String]>> {
        reflogs_containing(&self.graph, &self.tips, commits)
    }

    /// Returns for each annotated tag the full names of the refs that peel through it, sorted.
    pub(crate) fn tag_names(&self, view: &RepoView) -> HashMap<Oid, Vec<String>> {
        let mut names: HashMap<Oid, Vec<String>> = HashMap::new();
        for tip in self.tips.iter().filter(|tip| tip.kind == TipKind::Ref) {
            for tag in tag_chain(&view.objects, tip.id) {
                names.entry(tag).or_default().push(tip.name.clone());
            }
        }
        names.values_mut().for_each(|names| names.sort());
        names
    }

    /// Returns entries for the `absent` objects that a commit contains, and for the `misused` ones, with a path. Walks
    /// all trees once more, which is rarely needed.
    fn unscanned_entries(
        &self,
        view: &RepoView,
        absent: HashSet<Oid>,
        misused: &[Misused],
        reported: &HashSet<&Oid>,
        threads: usize,
    ) -> Vec<Unscanned> {
        let queried = absent.iter().chain(misused.iter().map(|misused| misused.error.id())).copied();
        let trees = TreeIndex::load(&view.objects, &Query::from_blobs(queried.collect()), threads);
        let (attribution, mut entries) = self.attribute_in(view, &trees, reported);
        let mut ids: Vec<Oid> = absent.into_iter().collect();
        ids.sort_unstable();
        let listed = misused.iter().take(MAX_LISTED);
        entries.extend(listed.map(|used| unscanned_object(&used.error, misused_path(&attribution, used))));
        if let Some(more) = misused.len().checked_sub(MAX_LISTED + 1) {
            entries.push(Unscanned {
                kind: UnscannedKind::Corrupt,
                what: format!("{} more objects", more + 1),
                reason: "used as files or trees, but are none".to_owned(),
                remedy: Some("git fsck --full shows the damage".to_owned()),
            });
        }
        let mut more = 0;
        for id in ids {
            if attribution.get(&id).is_none_or(|blob| blob.introduction.is_none()) {
                continue;
            }
            let path = first_path(&attribution, &id);
            if entries.len() < MAX_LISTED {
                entries.push(unscanned_object(&ObjectError::Missing { id }, path));
            } else {
                more += 1;
            }
        }
        if more > 0 {
            entries.push(Unscanned {
                kind: UnscannedKind::Missing,
                what: format!("{more} more objects"),
                reason: "missing from this repository, as in a partial clone".to_owned(),
                remedy: Some("git fetch --refetch --no-filter".to_owned()),
            });
        }
        entries
    }
}

/// Returns a path at which an entry lists the object as what it is not: in a commit, if one has such an entry.
fn misused_path<'a>(attribution: &'a Attribution, misused: &Misused) -> Option<&'a [u8]> {
    let history = attribution.get(misused.error.id())?;
    let introductions = history.introduction.iter().chain(&history.later_introductions);
    let mut paths =
        introductions.flat_map(|introduction| &introduction.paths).chain(&history.tree_only_paths);
    paths.find(|(_, mode)| (*mode == Mode::Tree) == misused.is_used_as_tree).map(|(path, _)| path.as_slice())
}

/// Returns a path at which a commit introduced the queried blob.
fn first_path<'a>(attribution: &'a Attribution, blob: &Oid) -> Option<&'a [u8]> {
    let (path, _) = attribution.get(blob)?.introduction.as_ref()?.paths.first()?;
    Some(path)
}
