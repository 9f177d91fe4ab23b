//! The changes of a range of commits, each compared with all its parents.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::git::commits::rev_list::RangeCommit;
use crate::git::commits::tag::tag_chain;
use crate::git::diff::{Change, Diff, PathBudget, TreeDiffer};
use crate::git::odb::tree::Mode;
use crate::git::{Kind, ObjectError, Oid, ReadObjects};
use crate::model::Unscanned;

use super::selection::Selection;
use super::unscanned::{omitted_paths, unscanned_history, unscanned_object, unscanned_submodule};
use super::view::RepoView;

/// One commit of a range.
#[derive(Debug)]
pub(crate) struct CommitChanges {
    /// Its id.
    pub id: Oid,
    /// Whether its parents are missing because of a shallow clone, so that everything in it seems new.
    pub is_shallow: bool,
    /// The root trees of its parents.
    pub parent_trees: Vec<Oid>,
    /// The files that differ from every parent, without submodules. A blob that an earlier commit of the range added at
    /// the same path is left out; at another path other rules can apply.
    pub changes: Vec<Change>,
}

/// The changes of a range.
#[derive(Debug, Default)]
pub(crate) struct RangeChanges {
    /// Parents before children.
    pub commits: Vec<CommitChanges>,
    /// Annotated tags between the tips and the commits, sorted.
    pub tags: Vec<Oid>,
    /// Files of tips that are no commits: blobs, and the files of trees.
    pub tagged_files: Vec<Change>,
    /// What could not be read or compared.
    pub unscanned: Vec<Unscanned>,
    /// Number of commits that were not compared before the deadline.
    pub unread_commits: usize,
    /// Number of trees among the tips of which not all files were found before the deadline.
    pub unread_trees: usize,
    /// Whether the deadline came before all commits of the range were found.
    pub is_partial_count: bool,
}

/// Returns the changes of the selected commits, as far as they can be compared before the `deadline`.
pub(crate) fn range_changes(
    selection: &Selection,
    threads: usize,
    deadline: Option<Instant>,
) -> RangeChanges {
    let Selection { view, walked, include, .. } = selection;
    let mut result = RangeChanges { unscanned: view.unscanned_store_parts(), ..RangeChanges::default() };
    if walked.is_timed_out {
        (result.unread_commits, result.is_partial_count) = (walked.commits.len(), true);
        return result;
    }
    result.unscanned.extend(unread_history(selection));
    let budget = Arc::<PathBudget>::default();
    for (id, kind) in &walked.non_commit_tips {
        if *kind != Kind::Tree {
            let blob = Change { path: Vec::new(), mode: Mode::File, new: Some(*id), old_blobs: Vec::new() };
            result.tagged_files.push(blob);
            continue;
        }
        let diff = TreeDiffer::new(&view.objects, Arc::clone(&budget), deadline).diff(Some(*id), &[]);
        result.unread_trees += usize::from(diff.is_out_of_time);
        result.unscanned.extend(unscanned_parts(&diff));
        result.tagged_files.extend(diff.changes.into_iter().filter(|change| change.mode != Mode::Gitlink));
    }
    result.tags = include.iter().flat_map(|tip| tag_chain(&view.objects, *tip)).collect();
    result.tags.sort_unstable();
    result.tags.dedup();
    let parents = parent_trees(view, &walked.commits, unread_excluded(selection), &mut result.unscanned);
    let objects = &view.objects;
    let differ = || TreeDiffer::new(objects, Arc::clone(&budget), deadline);
    let diffs = diffs(&differ, &walked.commits, &parents, threads, deadline);
    let has_earlier_commits = walked.commits.len() > 1;
    let mut seen: HashSet<(Oid, Vec<u8>)> = HashSet::new();
    for ((commit, parent_trees), diff) in walked.commits.iter().zip(parents).zip(diffs) {
        let Some(diff) = diff else {
            result.unread_commits += 1;
            continue;
        };
        result.unscanned.extend(unscanned_parts(&diff));
        let mut changes = diff.changes;
        let is_submodule = |change: &Change| change.mode == Mode::Gitlink;
        let added = changes.iter().filter(|change| is_submodule(change) && change.new.is_some());
        result.unscanned.extend(added.map(|change| unscanned_submodule(&change.path)));
        changes.retain(|change| {
            let is_first = |id| !has_earlier_commits || seen.insert((id, change.path.clone()));
            !is_submodule(change) && change.new.is_none_or(is_first)
        });
        result.commits.push(CommitChanges {
            id: commit.id,
            is_shallow: walked.shallow_boundary.contains(&commit.id),
            parent_trees,
            changes,
        });
    }
    result
}

/// Returns the entries for commits that the walk could not read, and for the boundary of a shallow clone.
fn unread_history(selection: &Selection) -> Vec<Unscanned> {
    let walked = &selection.walked;
    let mut unscanned: Vec<Unscanned> =
        walked.missing.iter().map(|error| unscanned_object(error, None)).collect();
    let side = "the excluded side of the range";
    let excluded = unread_excluded(selection).iter();
    unscanned.extend(excluded.map(|error| unscanned_object(error, Some(side.as_bytes()))));
    if !selection.is_push {
        let boundary = walked.shallow_boundary.iter();
        unscanned.extend(boundary.map(|id| unscanned_history(&format!("commit {id}"))));
        // The range can then contain commits that are not new, but it lacks none.
        if walked.has_shallow_exclude && !selection.has_shallow_boundary() {
            unscanned.push(unscanned_history(side));
        }
    }
    unscanned
}

/// Returns the unreadable commits of the excluded side; none for a push, to which a range that is too large does no
/// harm.
fn unread_excluded(selection: &Selection) -> &[ObjectError] {
    if selection.is_push { &[] } else { &selection.walked.missing_excluded }
}

/// Returns the entries for the parts of trees that were not compared.
fn unscanned_parts(diff: &Diff) -> impl Iterator<Item = Unscanned> {
    let problems = diff.problems.iter().map(|(path, error)| unscanned_object(error, Some(path)));
    problems.chain(diff.omitted.as_ref().map(omitted_paths))
}

/// Returns the root trees of each commit's parents, as far as they can be read. Errors of the objects in `reported`
/// are not added to `unscanned` again.
fn parent_trees(
    view: &RepoView,
    commits: &[RangeCommit],
    reported: &[ObjectError],
    unscanned: &mut Vec<Unscanned>,
) -> Vec<Vec<Oid>> {
    let mut trees: HashMap<Oid, Oid> = commits.iter().map(|commit| (commit.id, commit.tree)).collect();
    let mut tree_of = |parent: &Oid| match trees.get(parent).copied().map_or_else(|| view.tree_of(parent), Ok)
    {
        Ok(tree) => {
            trees.insert(*parent, tree);
            Some(tree)
        }
        Err(error) => {
            let is_reported = reported.iter().any(|other| other.id() == error.id());
            unscanned.extend((!is_reported).then(|| unscanned_object(&error, None)));
            None
        }
    };
    commits.iter().map(|commit| commit.parents.iter().filter_map(&mut tree_of).collect()).collect()
}

/// This many consecutive commits are compared by one thread: each shares most of its directories with the one before.
const BATCH: usize = 128;

/// Returns the difference of each commit to its parents; `None` from the `deadline` on.
fn diffs<'o, O: ReadObjects + 'o>(
    differ: &(impl Fn() -> TreeDiffer<'o, O> + Sync),
    commits: &[RangeCommit],
    parents: &[Vec<Oid>],
    threads: usize,
    deadline: Option<Instant>,
) -> Vec<Option<Diff>> {
    let work = |(commits, parents): &(&[RangeCommit], &[Vec<Oid>]), trees: &mut TreeDiffer<'o, O>| {
        let diff = |(commit, parents): (&RangeCommit, &Vec<Oid>)| {
            if deadline.is_some_and(|end| Instant::now() >= end) {
                return None;
            }
            let parents: Vec<Option<Oid>> = parents.iter().copied().map(Some).collect();
            Some(trees.diff(Some(commit.tree), &parents)).filter(|diff| !diff.is_out_of_time)
        };
        commits.iter().zip(*parents).map(diff).collect::<Vec<Option<Diff>>>()
    };
    let batches: Vec<_> = commits.chunks(BATCH).zip(parents.chunks(BATCH)).collect();
    if threads <= 1 || batches.len() <= 1 {
        let mut trees = differ();
        return batches.iter().flat_map(|batch| work(batch, &mut trees)).collect();
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, Vec<Option<Diff>>)> = std::thread::scope(|scope| {
        let work = || {
            let mut trees = differ();
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(batch) = batches.get(at) else { return done };
                done.push((at, work(batch, &mut trees)));
            }
        };
        // If a thread cannot be started, the others do its work.
        let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let helpers: Vec<_> = (1..threads.min(batches.len())).map_while(spawn).collect();
        let mut done = work();
        for helper in helpers {
            done.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, diffs)| diffs).collect()
}
