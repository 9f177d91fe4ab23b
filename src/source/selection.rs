//! The commits of a range, a push or a pull request, and their merge base.
//!
//! Found by walking the commit objects: replace refs and grafts are ignored, no date decides, and commit-graph
//! files only determine where a walk can end.

use std::collections::HashSet;
use std::time::Instant;

use crate::git::commits::merge_base::independent;
use crate::git::commits::rev_list::{CommitRange, Limits, rev_list, rev_list_within};
use crate::git::commits::tag::peel;
use crate::git::refs::tracking::RemoteTrackingRefs;
use crate::git::repo::RepoError;
use crate::git::{Kind, Oid};

use super::view::RepoView;

/// Which commits to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RevisionRange {
    /// `A..B`, `A...B`, or a single revision with everything reachable from it, as in gitrevisions(7).
    Spec(String),
    /// The commits reachable from one object and from none of the others.
    Between {
        /// Commits and tags whose history is excluded.
        known: Vec<Oid>,
        /// A commit or tag.
        to: Oid,
    },
    /// The commits reachable from objects, and neither from other objects nor from the remote-tracking branches of a
    /// remote.
    NotOnRemote {
        /// Hexadecimal ids of commits and tags.
        to: Vec<String>,
        /// Hexadecimal ids of the other objects. Ids that are not in this repository are ignored.
        known: Vec<String>,
        /// The remote's name.
        remote: String,
        /// The remote's address.
        address: String,
    },
    /// The commits reachable from objects and from no ref of this repository.
    NotInRefs {
        /// Hexadecimal ids of commits and tags.
        to: Vec<String>,
    },
}

/// The selected commits and their repository.
pub(crate) struct Selection {
    /// The repository.
    pub view: RepoView,
    /// The commits, and what the walk could not read.
    pub walked: CommitRange,
    /// The excluded tips as they were given: commits and tags.
    pub exclude: Vec<Oid>,
    /// The included tips as they were given: commits and tags.
    pub include: Vec<Oid>,
    /// Whether the range is a push. A push must not be refused because the range has more commits than are new, nor
    /// because a shallow clone lacks commits, none of which is pushed.
    pub is_push: bool,
    shallow: HashSet<Oid>,
}

impl RevisionRange {
    /// Returns the excluded and the included tips.
    fn tips(&self, view: &RepoView) -> Result<(Vec<Oid>, Vec<Oid>), RepoError> {
        match self {
            RevisionRange::Spec(spec) if spec.contains("..") => {
                view.repo.rev_parse_range(&view.objects, spec).map(|(left, right)| (vec![left], vec![right]))
            }
            RevisionRange::Spec(revision) => {
                Ok((Vec::new(), vec![view.repo.rev_parse(&view.objects, revision)?]))
            }
            RevisionRange::Between { known, to } => Ok((known.clone(), vec![*to])),
            RevisionRange::NotOnRemote { to, known, remote, address } => {
                let tracking = RemoteTrackingRefs::from_remote(&view.repo, remote, address)?;
                let tracked = view.repo.refs()?.into_iter().filter(|(name, _)| tracking.contains(name));
                let known = known.iter().filter_map(id).filter(|id| view.objects.contains(id));
                let exclude = tracked.map(|(_, id)| id).chain(known).collect();
                Ok((exclude, ids(to)?))
            }
            RevisionRange::NotInRefs { to } => {
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
    /// Selects the commits.
    ///
    /// # Errors
    ///
    /// If a revision or id does not resolve, refs cannot be read, or the two sides of `A...B` have no merge base.
    pub(crate) fn new(view: RepoView, commits: &RevisionRange) -> Result<Selection, RepoError> {
        Selection::with_limits(view, commits, Limits::default())
    }

    /// The same within `limits`.
    ///
    /// # Errors
    ///
    /// As [`Selection::new`].
    pub(crate) fn with_limits(
        view: RepoView,
        commits: &RevisionRange,
        limits: Limits,
    ) -> Result<Selection, RepoError> {
        let (exclude, include) = commits.tips(&view)?;
        let shallow = view.repo.shallow_commits()?;
        let walked = rev_list_within(&view.objects, &shallow, &exclude, &include, limits);
        let is_push = matches!(commits, RevisionRange::NotOnRemote { .. } | RevisionRange::NotInRefs { .. });
        let selection = Selection { view, walked, exclude, include, is_push, shallow };
        if let RevisionRange::Spec(spec) = commits
            && let Some((left, right)) = spec.split_once("...")
            && selection.merge_bases().is_empty()
        {
            return Err(RepoError::NoMergeBase { left: left.to_owned(), right: right.to_owned() });
        }
        Ok(selection)
    }

    /// Limits the size of objects that are read, in bytes.
    #[must_use]
    pub(crate) fn with_max_blob_size(mut self, limit: u64) -> Selection {
        self.view.objects = self.view.objects.with_limit(limit);
        self
    }

    /// Returns the selected commits that are reachable from remote-tracking branches; none for a push.
    ///
    /// # Errors
    ///
    /// If the refs cannot be read.
    pub(crate) fn pushed_commits(&self) -> Result<HashSet<Oid>, RepoError> {
        let refs = self.view.repo.refs()?.into_iter();
        let remote: Vec<Oid> =
            refs.filter(|(name, _)| name.starts_with("refs/remotes/")).map(|(_, id)| id).collect();
        if remote.is_empty() || self.is_push {
            return Ok(HashSet::new());
        }
        let own = rev_list(&self.view.objects, &self.shallow, &remote, &self.include);
        let own: HashSet<Oid> = own.commits.into_iter().map(|commit| commit.id).collect();
        Ok(self.walked.commits.iter().map(|commit| commit.id).filter(|id| !own.contains(id)).collect())
    }

    /// Whether a shallow clone lacks commits that belong to the range.
    pub(crate) fn has_shallow_boundary(&self) -> bool {
        !self.walked.shallow_boundary.is_empty()
    }

    /// Returns the root trees of all excluded commits; none if they cannot be found before the `deadline`.
    pub(crate) fn excluded_trees(&self, deadline: Option<Instant>) -> Vec<Oid> {
        let limits = Limits { deadline, ..Limits::default() };
        let walked = rev_list_within(&self.view.objects, &self.shallow, &[], &self.exclude, limits);
        walked.commits.iter().filter(|_| !walked.is_timed_out).map(|commit| commit.tree).collect()
    }

    /// Returns the first included commit; `None` if no tip resolves to a commit.
    pub(crate) fn head(&self) -> Option<Oid> {
        self.include.iter().find_map(|tip| commit_at(&self.view, tip))
    }

    /// Returns the first excluded commit; `None` if nothing is excluded.
    pub(crate) fn excluded_commit(&self) -> Option<Oid> {
        self.exclude.iter().find_map(|tip| commit_at(&self.view, tip))
    }

    /// Returns the merge bases of both sides.
    pub(crate) fn merge_bases(&self) -> Vec<Oid> {
        if self.walked.commits.is_empty() && self.walked.missing.is_empty() {
            return self.head().into_iter().filter(|_| !self.exclude.is_empty()).collect();
        }
        let mut own: HashSet<Oid> = self.walked.commits.iter().map(|commit| commit.id).collect();
        own.extend(self.walked.missing.iter().map(|error| *error.id()));
        let parents = |commits: &mut dyn Iterator<Item = &Oid>| -> Vec<Oid> {
            commits.filter(|parent| !own.contains(parent)).copied().collect()
        };
        let outside = parents(&mut self.walked.commits.iter().rev().flat_map(|commit| &commit.parents));
        independent(&self.view.objects, &self.shallow, &outside)
    }
}

/// Returns the commit that a tip peels to.
fn commit_at(view: &RepoView, tip: &Oid) -> Option<Oid> {
    match peel(&view.objects, tip) {
        Ok((id, Kind::Commit)) => Some(id),
        _ => None,
    }
}
