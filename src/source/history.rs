//! Every object of a repository, and where those that matter came from.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::git::attribution::{
    Attribution, Holder, Life, Reach, Sought, Spot, Spread, Trees, attribute, kept_by, lives, reach, spreads,
};
use crate::git::commits::graph::{CommitGraph, Commits};
use crate::git::commits::tag::tags_at;
use crate::git::refs::{Tip, TipClass, broken, reflogs_of_tables, tips};
use crate::git::repo::RepoError;
use crate::git::{ObjectError, Oid};
use crate::model::{Coverage, CoverageKind};

use super::range::shallow_gap;
use super::view::{RepoView, object_gap};

/// How many missing objects are listed one by one.
const MAX_LISTED: usize = 50;

/// The names and commits of a repository.
pub struct History {
    graph: CommitGraph,
    tips: Vec<Tip>,
    head: Option<Oid>,
    shallow: HashSet<Oid>,
    /// Refs that name nothing.
    broken: Vec<String>,
}

impl History {
    /// Reads all refs. Objects are to be read after them: then all that the refs lead to is among these, also
    /// where somebody works in the repository meanwhile.
    pub fn load(view: &RepoView) -> Result<History, RepoError> {
        let graph = CommitGraph::default();
        let (head, mut tips) = (view.repo.head()?, tips(&view.repo)?);
        let broken = broken(&view.repo, &tips)?;
        tips.extend(reflogs_of_tables(&view.repo));
        Ok(History { graph, tips, head, shallow: view.repo.shallow()?, broken })
    }

    /// Takes the `commits`: all that the repository has.
    pub fn with_commits(self, commits: impl IntoIterator<Item = Commits>) -> History {
        History { graph: CommitGraph::of(commits, &self.shallow), ..self }
    }

    /// Full names of all refs, sorted.
    pub fn ref_names(&self) -> Vec<String> {
        let refs = self.tips.iter().filter(|tip| tip.class == TipClass::Ref);
        let mut names: Vec<String> = refs.map(|tip| tip.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The names of all refs, with whether each is one still or only its reflog is left; sorted. Names of other
    /// work trees begin with where these are.
    pub fn every_ref_name(&self) -> Vec<(&str, bool)> {
        let mut names: BTreeMap<&str, bool> = BTreeMap::new();
        for tip in &self.tips {
            *names.entry(&tip.name).or_default() |= tip.class == TipClass::Ref;
        }
        names.into_iter().collect()
    }

    /// The commit at HEAD.
    pub fn head(&self) -> Option<Oid> {
        self.head
    }

    /// A commit's place in an order that has parents before children.
    pub fn rank(&self, commit: &Oid) -> Option<u32> {
        self.graph.rank(commit)
    }

    /// Where the blobs came from that `trees` were asked for. And everything that this repository should hold
    /// and does not: what was `lost` on the way over all objects, the cut of a shallow clone, missing commits,
    /// missing trees and blobs of commits that are there; with what got in the way of attribution. One pass over all
    /// trees answers both.
    pub fn attribute(
        &self,
        view: &RepoView,
        trees: &Trees,
        lost: &[ObjectError],
        threads: usize,
    ) -> (Attribution, Vec<Coverage>) {
        let is_lost: HashSet<&Oid> = lost.iter().map(ObjectError::id).collect();
        let mut absent = trees.absent(&view.objects, &self.graph);
        absent.retain(|id| !is_lost.contains(id));
        let (attribution, mut gaps) = self.attribute_in(view, trees, &is_lost);
        gaps.extend(lost.iter().map(|error| object_gap(error, first_path(&attribution, error.id()))));
        if !self.shallow.is_empty() {
            let commits = match self.shallow.len() {
                1 => "1 commit".to_owned(),
                several => format!("{several} commits"),
            };
            gaps.push(shallow_gap(&format!("{commits} at the edge of a shallow clone")));
        }
        let missing = self.graph.missing.iter().filter(|id| !is_lost.contains(id));
        gaps.extend(missing.map(|&id| object_gap(&ObjectError::Missing { id }, None)));
        gaps.extend(self.graph.problems.iter().map(|error| object_gap(error, None)));
        gaps.extend(self.broken.iter().map(|name| Coverage {
            kind: CoverageKind::Corrupt,
            what: name.clone(),
            reason: "a ref that names no object: what it led to may be lost".to_owned(),
            remedy: Some("git fsck --full shows the damage; git reflog may know the commit".to_owned()),
        }));
        if !absent.is_empty() {
            gaps.extend(self.absent(view, absent, &is_lost, threads));
        }
        (attribution, gaps)
    }

    fn attribute_in(
        &self,
        view: &RepoView,
        trees: &Trees,
        is_lost: &HashSet<&Oid>,
    ) -> (Attribution, Vec<Coverage>) {
        let attribution = attribute(&view.objects, &self.graph, &self.tips, self.head, trees);
        let problems = attribution.problems.iter().filter(|error| !is_lost.contains(error.id()));
        let mut gaps: Vec<Coverage> = problems.map(|error| object_gap(error, None)).collect();
        if attribution.paths_cut {
            gaps.push(Coverage {
                kind: CoverageKind::Elsewhere,
                what: "further paths of repeated directories".to_owned(),
                reason: "too many to follow: every value is reported, but not at every path that copies it"
                    .to_owned(),
                remedy: None,
            });
        }
        (attribution, gaps)
    }

    /// How each value fared, given by the blobs that hold it: blobs that `trees` were asked for.
    pub fn lives(&self, view: &RepoView, trees: &Trees, values: &[Vec<Oid>]) -> Vec<Life> {
        lives(&view.objects, &self.graph, &self.tips, self.head, trees, values)
    }

    /// Which refs have each value at each of the `spots`; the spots of one value stand together.
    pub fn spreads(
        &self,
        view: &RepoView,
        trees: &Trees,
        values: &[Vec<Holder>],
        spots: &[Spot<'_>],
    ) -> Vec<Spread> {
        spreads(&view.objects, &self.graph, &self.tips, self.head, trees, values, spots)
    }

    /// What reaches the commits.
    pub fn reach(&self, view: &RepoView, commits: &[Oid]) -> HashMap<Oid, Reach> {
        reach(&view.objects, &self.graph, &self.tips, self.head, commits)
    }

    /// The names whose reflogs lead to the commits, and the pseudo-refs that do.
    pub fn kept_by(&self, commits: &[Oid]) -> HashMap<Oid, Arc<[String]>> {
        kept_by(&self.graph, &self.tips, commits)
    }

    /// The full names of the refs that name each annotated tag, or a tag of it; sorted.
    pub fn tag_names(&self, view: &RepoView) -> HashMap<Oid, Vec<String>> {
        let mut names: HashMap<Oid, Vec<String>> = HashMap::new();
        for tip in self.tips.iter().filter(|tip| tip.class == TipClass::Ref) {
            for tag in tags_at(&view.objects, tip.id) {
                names.entry(tag).or_default().push(tip.name.clone());
            }
        }
        names.values_mut().for_each(|names| names.sort());
        names
    }

    /// Those of the `absent` objects that a commit has, where it has them. Rare enough to go over all trees once
    /// more.
    fn absent(
        &self,
        view: &RepoView,
        absent: HashSet<Oid>,
        is_lost: &HashSet<&Oid>,
        threads: usize,
    ) -> Vec<Coverage> {
        let trees = Trees::load(&view.objects, &Sought::blobs(absent.clone()), threads);
        let (attribution, mut gaps) = self.attribute_in(view, &trees, is_lost);
        let mut ids: Vec<Oid> = absent.into_iter().collect();
        ids.sort_unstable();
        let mut more = 0;
        for id in ids {
            if attribution.get(&id).is_none_or(|blob| blob.introduction.is_none()) {
                continue;
            }
            let path = first_path(&attribution, &id);
            if gaps.len() < MAX_LISTED {
                gaps.push(object_gap(&ObjectError::Missing { id }, path));
            } else {
                more += 1;
            }
        }
        if more > 0 {
            gaps.push(Coverage {
                kind: CoverageKind::Missing,
                what: format!("{more} more objects"),
                reason: "missing from this repository, as in a partial clone".to_owned(),
                remedy: Some("git fetch --refetch --no-filter".to_owned()),
            });
        }
        gaps
    }
}

/// A path at which a commit has the blob, of those that were asked for.
fn first_path<'a>(attribution: &'a Attribution, blob: &Oid) -> Option<&'a [u8]> {
    let (path, _) = attribution.get(blob)?.introduction.as_ref()?.paths.first()?;
    Some(path)
}
