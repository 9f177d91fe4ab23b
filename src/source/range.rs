//! The commits of one side that another lacks, each compared with all its parents.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::git::commits::rev_list::RangeCommit;
use crate::git::commits::tag::tags_at;
use crate::git::diff::{Change, Diff, TreeDiffs, diff_trees};
use crate::git::odb::tree::Mode;
use crate::git::{Kind, ObjectError, Oid, ReadObjects};
use crate::model::{Coverage, CoverageKind};

use super::selection::Selection;
use super::view::{RepoView, object_gap, submodule};

/// One commit of a range.
#[derive(Debug)]
pub struct CommitChanges {
    /// Its id.
    pub id: Oid,
    /// Whether its parents are cut off, so that everything in it seems new.
    pub shallow: bool,
    /// The root trees of its parents.
    pub parent_trees: Vec<Oid>,
    /// What differs from every parent. A blob that an earlier commit of the range brought to the same
    /// path is left out, as are submodules. (At another path other rules may hold.)
    pub changes: Vec<Change>,
}

/// A range, ready to be read.
#[derive(Debug, Default)]
pub struct RangeChanges {
    /// Parents before children.
    pub commits: Vec<CommitChanges>,
    /// Annotated tags on the way to the commits, sorted.
    pub tags: Vec<Oid>,
    /// Files that tags name without a commit between.
    pub tagged: Vec<Change>,
    /// What could not be read or compared.
    pub coverage: Vec<Coverage>,
    /// How many commits were left out because the time was over.
    pub unfinished: usize,
    /// Whether it was over before all of them were known.
    pub uncounted: bool,
}

/// Reads what each of the commits brings, as far as it gets before the `deadline`.
pub fn range(selection: &Selection, threads: usize, deadline: Option<Instant>) -> RangeChanges {
    let Selection { view, walked, include, .. } = selection;
    let mut result = RangeChanges { coverage: view.store_gaps(), ..RangeChanges::default() };
    if walked.out_of_time {
        (result.unfinished, result.uncounted) = (walked.commits.len(), true);
        return result;
    }
    result.coverage.extend(walked.missing.iter().map(|error| object_gap(error, None)));
    let excluded: &[ObjectError] = if selection.is_push { &[] } else { &walked.exclude_missing };
    let side = Some(&b"the excluded side of the range"[..]);
    result.coverage.extend(excluded.iter().map(|error| object_gap(error, side)));
    if !selection.is_push {
        result.coverage.extend(walked.boundary.iter().map(|id| shallow_gap(&format!("commit {id}"))));
        // The range may then hold more than is new, and never less.
        if walked.exclude_cut && !selection.is_cut() {
            result.coverage.push(shallow_gap("the excluded side of the range"));
        }
    }
    for (id, kind) in &walked.others {
        match kind {
            Kind::Tree => {
                let diff = diff_trees(&view.objects, Some(*id), &[]);
                result
                    .coverage
                    .extend(diff.problems.iter().map(|(path, error)| object_gap(error, Some(path))));
                result.tagged.extend(diff.changes.into_iter().filter(|change| change.mode != Mode::Gitlink));
            }
            _ => {
                let (path, olds) = (Vec::new(), Vec::new());
                result.tagged.push(Change { path, mode: Mode::File, new: Some(*id), olds });
            }
        }
    }
    result.tags = include.iter().flat_map(|tip| tags_at(&view.objects, *tip)).collect();
    result.tags.sort_unstable();
    result.tags.dedup();
    let parents = parent_trees(view, &walked.commits, excluded, &mut result.coverage);
    let diffs = diffs(&view.objects, &walked.commits, &parents, threads, deadline);
    let mut seen: HashSet<(Oid, Vec<u8>)> = HashSet::new();
    for ((commit, parent_trees), diff) in walked.commits.iter().zip(parents).zip(diffs) {
        let Some(diff) = diff else {
            result.unfinished += 1;
            continue;
        };
        result.coverage.extend(diff.problems.iter().map(|(path, error)| object_gap(error, Some(path))));
        let mut changes = diff.changes;
        let is_submodule = |change: &Change| change.mode == Mode::Gitlink;
        let added = changes.iter().filter(|change| is_submodule(change) && change.new.is_some());
        result.coverage.extend(added.map(|change| submodule(&change.path)));
        changes.retain(|change| {
            !is_submodule(change) && change.new.is_none_or(|id| seen.insert((id, change.path.clone())))
        });
        result.commits.push(CommitChanges {
            id: commit.id,
            shallow: walked.boundary.contains(&commit.id),
            parent_trees,
            changes,
        });
    }
    result
}

/// The root trees of each commit's parents, as far as they can be read. Of some that cannot be it is `told` already.
fn parent_trees(
    view: &RepoView,
    commits: &[RangeCommit],
    told: &[ObjectError],
    coverage: &mut Vec<Coverage>,
) -> Vec<Vec<Oid>> {
    let mut trees: HashMap<Oid, Oid> = commits.iter().map(|commit| (commit.id, commit.tree)).collect();
    let mut tree_of = |parent: &Oid| match trees.get(parent).copied().map_or_else(|| view.tree_of(parent), Ok)
    {
        Ok(tree) => {
            trees.insert(*parent, tree);
            Some(tree)
        }
        Err(error) => {
            let is_told = told.iter().any(|other| other.id() == error.id());
            coverage.extend((!is_told).then(|| object_gap(&error, None)));
            None
        }
    };
    commits.iter().map(|commit| commit.parents.iter().filter_map(&mut tree_of).collect()).collect()
}

/// So many commits in a row are compared by one thread: each has most of its directories from the one before.
const IN_A_ROW: usize = 128;

/// What each commit changes against its parents; `None` from the `deadline` on.
fn diffs(
    objects: &impl ReadObjects,
    commits: &[RangeCommit],
    parents: &[Vec<Oid>],
    threads: usize,
    deadline: Option<Instant>,
) -> Vec<Option<Diff>> {
    let work = |(commits, parents): &(&[RangeCommit], &[Vec<Oid>]), trees: &mut TreeDiffs<'_, _>| {
        let diff = |(commit, parents): (&RangeCommit, &Vec<Oid>)| {
            if deadline.is_some_and(|end| Instant::now() >= end) {
                return None;
            }
            let parents: Vec<Option<Oid>> = parents.iter().copied().map(Some).collect();
            Some(trees.diff(Some(commit.tree), &parents))
        };
        commits.iter().zip(*parents).map(diff).collect::<Vec<Option<Diff>>>()
    };
    let rows: Vec<_> = commits.chunks(IN_A_ROW).zip(parents.chunks(IN_A_ROW)).collect();
    if threads <= 1 || rows.len() <= 1 {
        let mut trees = TreeDiffs::new(objects);
        return rows.iter().flat_map(|row| work(row, &mut trees)).collect();
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, Vec<Option<Diff>>)> = std::thread::scope(|scope| {
        let work = || {
            let mut trees = TreeDiffs::new(objects);
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(row) = rows.get(at) else { return done };
                done.push((at, work(row, &mut trees)));
            }
        };
        let workers: Vec<_> = (0..threads.min(rows.len())).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, diffs)| diffs).collect()
}

/// What to do about a shallow clone, where nothing better is known.
pub const SHALLOW_REMEDY: &str = "git fetch --unshallow (in CI: fetch-depth: 0)";

/// The entry for history that a shallow clone cut off.
pub fn shallow_gap(what: &str) -> Coverage {
    Coverage {
        kind: CoverageKind::Shallow,
        what: what.to_owned(),
        reason: "history is cut off here: commits before it were not seen, and its content seems new"
            .to_owned(),
        remedy: Some(SHALLOW_REMEDY.to_owned()),
    }
}
