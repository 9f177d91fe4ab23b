//! Looks up the commits that a CI system names in the clone.

use super::plan::{CommitName, is_id};
use crate::git::commits::rev_list::rev_list;
use crate::git::commits::tag::peel;
use crate::git::{Kind, Oid};
use crate::report::shell;
use crate::source::view::RepoView;

/// A name that is not a commit of the clone.
pub(crate) struct MissingCommit {
    /// The name with its kind, for messages: `commit 1234abcd`.
    pub(crate) label: String,
    /// Command that fetches it, for messages.
    pub(crate) fetch_command: String,
    /// Whether a checkout with the full history does not fetch it either.
    pub(crate) needs_own_fetch: bool,
    /// Why the name cannot be a commit, if that is the reason.
    pub(crate) invalid_reason: Option<String>,
}

impl MissingCommit {
    fn from_name(name: &CommitName) -> MissingCommit {
        let (kind, refspec) = match name {
            CommitName::Branch(branch) => {
                ("branch", format!("+refs/heads/{branch}:refs/remotes/origin/{branch}"))
            }
            CommitName::Id(id) => ("commit", id.clone()),
            CommitName::IdInRef { reference, .. } => ("commit", reference.clone()),
            CommitName::Revision(revision) => ("revision", revision.clone()),
        };
        MissingCommit {
            label: format!("{kind} {}", name.as_str()),
            fetch_command: format!("git fetch origin {}", shell::word(refspec.as_bytes())),
            needs_own_fetch: matches!(name, CommitName::IdInRef { .. }),
            invalid_reason: None,
        }
    }

    fn invalid(name: &CommitName, reason: String) -> MissingCommit {
        MissingCommit { invalid_reason: Some(reason), ..MissingCommit::from_name(name) }
    }
}

/// Finds the object that `name` names, if it is a commit or a tag of one.
///
/// # Errors
///
/// The outer error is a repository that cannot be read, the inner one a commit that is not in it.
pub(crate) fn find_commit(view: &RepoView, name: &CommitName) -> anyhow::Result<Result<Oid, MissingCommit>> {
    Ok(find_object(view, name)?.and_then(|id| match peel(&view.objects, &id) {
        Ok((_, kind)) if kind != Kind::Commit => {
            let kind = format!("{kind:?}").to_lowercase();
            Err(MissingCommit::invalid(name, format!("it is a {kind}, not a commit")))
        }
        // The scan reports a tag that cannot be read.
        _ => Ok(id),
    }))
}

/// Finds the object that `name` names.
///
/// # Errors
///
/// As for [`find_commit`].
pub(crate) fn find_object(view: &RepoView, name: &CommitName) -> anyhow::Result<Result<Oid, MissingCommit>> {
    let found = match name {
        CommitName::Branch(branch) => remote_branch_tip(view, branch)?,
        CommitName::Revision(revision) => view.repo.rev_parse(&view.objects, revision).ok(),
        CommitName::Id(id) | CommitName::IdInRef { id, .. } if !is_id(id) => {
            return Ok(Err(MissingCommit::invalid(name, "it is not a commit id".to_owned())));
        }
        // A branch or tag can have a name that looks like an id.
        CommitName::Id(id) | CommitName::IdInRef { id, .. } => view
            .repo
            .rev_parse(&view.objects, id)
            .ok()
            .filter(|found| found.to_string().starts_with(&id.to_ascii_lowercase())),
    };
    let found = found.filter(|id| view.objects.contains(id));
    Ok(found.ok_or_else(|| MissingCommit::from_name(name)))
}

/// Returns whether every commit reachable from `id` is reachable from `tip`.
///
/// # Errors
///
/// The list of shallow commits cannot be read.
pub(crate) fn is_reachable(view: &RepoView, id: &Oid, tip: &Oid) -> anyhow::Result<bool> {
    let unreachable = rev_list(&view.objects, &view.repo.shallow_commits()?, &[*tip], &[*id]);
    Ok(unreachable.commits.is_empty() && unreachable.missing.is_empty())
}

/// Returns the tip of a branch of the remote `origin`, or of the only remote that has the branch. In a repository with a
/// remote it is never a local branch, which may be the proposed one; in a copy without a remote it is the local branch,
/// unless that is checked out.
///
/// # Errors
///
/// The refs cannot be read.
pub(crate) fn remote_branch_tip(view: &RepoView, branch: &str) -> anyhow::Result<Option<Oid>> {
    let refs = view.repo.refs()?;
    let of_origin = format!("refs/remotes/origin/{branch}");
    if let Some((_, id)) = refs.iter().find(|(name, _)| *name == of_origin) {
        return Ok(Some(*id));
    }
    let is_tracking = |name: &str| {
        let remote_branch = name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
        remote_branch.is_some_and(|(_, name)| name == branch)
    };
    let tips: Vec<Oid> = refs.iter().filter(|(name, _)| is_tracking(name)).map(|(_, id)| *id).collect();
    let has_remote =
        refs.iter().any(|(name, _)| name.starts_with("refs/remotes/")) || !view.repo.remotes()?.is_empty();
    if !has_remote {
        let local = format!("refs/heads/{branch}");
        let checked_out = view.repo.head()?;
        let tip = refs.iter().find(|(name, id)| *name == local && Some(*id) != checked_out);
        return Ok(tip.map(|(_, id)| *id));
    }
    Ok(if let [only] = tips[..] { Some(only) } else { None })
}

/// Returns the name of the default branch: that of `refs/remotes/origin/HEAD`; without that ref, `main` or `master` if the
/// remote has exactly one of them.
///
/// # Errors
///
/// The refs cannot be read.
pub(crate) fn remote_default_branch(view: &RepoView) -> anyhow::Result<Option<String>> {
    if let Some(name) = view.repo.remote_head("origin") {
        return Ok(Some(name));
    }
    let (main, master) = (remote_branch_tip(view, "main")?, remote_branch_tip(view, "master")?);
    Ok(match (main, master) {
        (Some(_), None) => Some("main".to_owned()),
        (None, Some(_)) => Some("master".to_owned()),
        _ => None,
    })
}
