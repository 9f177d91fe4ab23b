//! Which commits a range, a push or a pull request brings, and from where they branch off.
//!
//! Found by walking the objects alone: replace refs and grafts have no say, dates decide nothing, and commit-graph
//! files only tell where a walk may end.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use crate::git::commits::merge_base::latest;
use crate::git::commits::rev_list::{Limits, Range, walk_range, walk_range_within};
use crate::git::commits::tag::peel;
use crate::git::refs::tracking::Tracking;
use crate::git::repo::RepoError;
use crate::git::{Kind, Oid};

use super::view::RepoView;

/// Which commits to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commits {
    /// `A..B`, `A...B`, or a single revision with everything it reaches.
    Spec(String),
    /// What one object reaches and none of the others do.
    Between {
        /// Commits and tags whose history is known.
        known: Vec<Oid>,
        /// A commit or tag.
        to: Oid,
    },
    /// What objects reach, and neither other objects nor the remote-tracking branches of a remote do.
    NotOnRemote {
        /// Ids of commits and tags.
        to: Vec<String>,
        /// Ids of the others. Those that are not here are passed over.
        known: Vec<String>,
        /// The remote's name.
        remote: String,
        /// Its address.
        address: String,
    },
    /// What objects reach and no ref of this repository does.
    NotInRefs {
        /// Ids of commits and tags.
        to: Vec<String>,
    },
}

/// The commits to read, and the repository that they are in.
pub struct Selection {
    /// The repository.
    pub view: RepoView,
    /// The commits.
    pub walked: Range,
    /// The tips that were left out, as they were named: commits and tags.
    pub exclude: Vec<Oid>,
    /// The tips that were taken.
    pub include: Vec<Oid>,
    /// Whether it is about a push. More commits than are new are no harm then, and of what a shallow clone
    /// cut off nothing is pushed: it must not be refused for either.
    pub is_push: bool,
    shallow: HashSet<Oid>,
}

impl Commits {
    /// The tips to leave out, and those to take.
    fn tips(&self, view: &RepoView) -> Result<(Vec<Oid>, Vec<Oid>), RepoError> {
        match self {
            Commits::Spec(spec) if spec.contains("..") => {
                view.repo.sides(&view.objects, spec).map(|(left, right)| (vec![left], vec![right]))
            }
            Commits::Spec(revision) => Ok((Vec::new(), vec![view.repo.tip(&view.objects, revision)?])),
            Commits::Between { known, to } => Ok((known.clone(), vec![*to])),
            Commits::NotOnRemote { to, known, remote, address } => {
                let tracking = Tracking::of(&view.repo, remote, address)?;
                let tracked = view.repo.refs()?.into_iter().filter(|(name, _)| tracking.tracks(name));
                let known = known.iter().filter_map(id).filter(|id| view.objects.contains(id));
                let exclude = tracked.map(|(_, id)| id).chain(known).collect();
                Ok((exclude, ids(to)?))
            }
            Commits::NotInRefs { to } => {
                Ok((view.repo.refs()?.into_iter().map(|(_, id)| id).collect(), ids(to)?))
            }
        }
    }
}

fn id(text: &String) -> Option<Oid> {
    Oid::from_hex(text.as_bytes())
}

fn ids(texts: &[String]) -> Result<Vec<Oid>, RepoError> {
    let unknown = |rev: &String| RepoError::UnknownRevision { rev: rev.clone() };
    texts.iter().map(|text| id(text).ok_or_else(|| unknown(text))).collect()
}

impl Selection {
    /// Finds the commits. The two sides of `A...B` must have history in common.
    pub fn of(view: RepoView, commits: &Commits) -> Result<Selection, RepoError> {
        Selection::within(view, commits, Limits::default())
    }

    /// The same within `limits`.
    pub fn within(view: RepoView, commits: &Commits, limits: Limits) -> Result<Selection, RepoError> {
        let (exclude, include) = commits.tips(&view)?;
        let shallow = view.repo.shallow()?;
        let walked = walk_range_within(&view.objects, &shallow, &exclude, &include, limits);
        let is_push = matches!(commits, Commits::NotOnRemote { .. } | Commits::NotInRefs { .. });
        let selection = Selection { view, walked, exclude, include, is_push, shallow };
        if let Commits::Spec(spec) = commits
            && let Some((left, right)) = spec.split_once("...")
            && selection.bases().is_empty()
        {
            return Err(RepoError::NoMergeBase { left: left.to_owned(), right: right.to_owned() });
        }
        Ok(selection)
    }

    /// The same where objects of more bytes than `limit` are not read.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Selection {
        self.view.objects = self.view.objects.with_limit(limit);
        self
    }

    /// Those of the commits that remote-tracking branches have.
    pub fn pushed(&self) -> Result<HashSet<Oid>, RepoError> {
        let refs = self.view.repo.refs()?.into_iter();
        let remote: Vec<Oid> =
            refs.filter(|(name, _)| name.starts_with("refs/remotes/")).map(|(_, id)| id).collect();
        if remote.is_empty() || self.is_push {
            return Ok(HashSet::new());
        }
        let own = walk_range(&self.view.objects, &self.shallow, &remote, &self.include);
        let own: HashSet<Oid> = own.commits.into_iter().map(|commit| commit.id).collect();
        Ok(self.walked.commits.iter().map(|commit| commit.id).filter(|id| !own.contains(id)).collect())
    }

    /// Whether a shallow clone cuts off history that belongs to the commits.
    pub fn is_cut(&self) -> bool {
        !self.walked.boundary.is_empty()
    }

    /// The root trees of all that was left out; none where that takes longer than until the `deadline`.
    pub fn known_trees(&self, deadline: Option<Instant>) -> Vec<Oid> {
        let limits = Limits { deadline, ..Limits::default() };
        let walked = walk_range_within(&self.view.objects, &self.shallow, &[], &self.exclude, limits);
        walked.commits.iter().filter(|_| !walked.out_of_time).map(|commit| commit.tree).collect()
    }

    /// The commit that everything was asked of; `None` where tags lead to none.
    pub fn head(&self) -> Option<Oid> {
        self.include.iter().find_map(|tip| commit_at(&self.view, tip))
    }

    /// The commit that was left out; `None` where nothing was.
    pub fn excluded(&self) -> Option<Oid> {
        self.exclude.iter().find_map(|tip| commit_at(&self.view, tip))
    }

    /// The best common ancestors of both sides. If there are several, the first one is where the line of
    /// first parents leaves the range, when that is among them.
    pub fn bases(&self) -> Vec<Oid> {
        if self.walked.commits.is_empty() && self.walked.missing.is_empty() {
            return self.head().into_iter().filter(|_| !self.exclude.is_empty()).collect();
        }
        let mut own: HashSet<Oid> = self.walked.commits.iter().map(|commit| commit.id).collect();
        own.extend(self.walked.missing.iter().map(|error| *error.id()));
        let parents = |commits: &mut dyn Iterator<Item = &Oid>| -> Vec<Oid> {
            commits.filter(|parent| !own.contains(parent)).copied().collect()
        };
        let outside = parents(&mut self.walked.commits.iter().rev().flat_map(|commit| &commit.parents));
        let mut bases = latest(&self.view.objects, &self.shallow, &outside);
        let leaves = self.first_parent_outside(&own);
        bases.sort_by_key(|base| Some(*base) != leaves);
        bases
    }

    /// The first commit on the head's line of first parents that is not one of `own`.
    fn first_parent_outside(&self, own: &HashSet<Oid>) -> Option<Oid> {
        let first_parents: HashMap<Oid, Option<Oid>> =
            self.walked.commits.iter().map(|commit| (commit.id, commit.parents.first().copied())).collect();
        let mut id = self.head()?;
        while own.contains(&id) {
            id = first_parents.get(&id).copied().flatten()?;
        }
        Some(id)
    }
}

/// The commit that a tip leads to.
fn commit_at(view: &RepoView, tip: &Oid) -> Option<Oid> {
    match peel(&view.objects, tip) {
        Ok((id, Kind::Commit)) => Some(id),
        _ => None,
    }
}
