//! The commits of a proposal, and whose policy is effective for it: that of the tip of the target branch, so that a change
//! cannot keep a policy alive that the target branch has replaced since the change branched off.

use super::lookup::{MissingCommit, find_commit, is_reachable, remote_branch_tip};
use super::plan::{BaseKind, CommitName};
use crate::cli::range_scan::short;
use crate::git::Oid;
use crate::source::view::RepoView;

/// A commit of the target branch.
#[derive(Clone, Copy)]
struct TargetCommit {
    id: Oid,
    kind: BaseKind,
}

/// The commits of a proposal in the clone.
pub(super) struct Proposal {
    /// The commits that are not new, with everything reachable from them.
    pub(super) known: Vec<Oid>,
    /// The head commit.
    pub(super) to: Oid,
    /// The commit whose policy is effective.
    pub(super) policy: Oid,
    /// What the commits are compared with, for messages.
    pub(super) from_label: String,
    /// Notes about the target branch.
    pub(super) notes: Vec<String>,
    /// Whether a tip of the target branch contains the proposal.
    is_merged: bool,
    /// Name of the target branch if it replaces the base that the system names.
    pub(super) instead_of_base: Option<String>,
}

impl Proposal {
    /// Finds the commits of the proposal to merge `to` into `target`. `from`, shown as `from_label`, is the base that the
    /// system names.
    ///
    /// # Errors
    ///
    /// The refs or the list of shallow commits cannot be read.
    pub(super) fn new(
        view: &RepoView,
        (from, base_kind, from_label): (Oid, BaseKind, String),
        to: Oid,
        target: Option<&str>,
        target_tip: Option<&CommitName>,
    ) -> anyhow::Result<Proposal> {
        let mut proposal = Proposal {
            known: vec![from],
            to,
            policy: from,
            from_label,
            notes: Vec::new(),
            is_merged: false,
            instead_of_base: None,
        };
        let mut newest = TargetCommit { id: from, kind: base_kind };
        let named: Option<Result<Oid, MissingCommit>> =
            target_tip.map(|tip| find_commit(view, tip)).transpose()?;
        if let Some(Ok(tip)) = named {
            proposal.add_tip(view, tip, &mut newest)?;
        }
        if let Some(target) = target
            && let Some(tip) = remote_branch_tip(view, target)?
            && !proposal.add_tip(view, tip, &mut newest)?
        {
            // The proposal was retargeted, or the target branch was rewritten: the base was possibly never part of the
            // target branch, so neither its commits nor its policy can be trusted.
            newest = TargetCommit { id: tip, kind: BaseKind::Tip };
            proposal.known = vec![tip];
            proposal.from_label = format!("{target} ({})", short(&tip));
            proposal.notes.push(format!("the given base {} is not part of that branch", short(&from)));
            proposal.instead_of_base = Some(target.to_owned());
        }
        proposal.policy = newest.id;
        if newest.kind == BaseKind::BranchPoint {
            let why = match proposal.is_merged {
                true => "the target branch contains this change already",
                false => "the tip of the target branch is not known in this clone",
            };
            proposal.notes.push(format!(
                "{why}, so the effective policy is that of {}, where the change branches off",
                short(&newest.id)
            ));
        }
        Ok(proposal)
    }

    /// Takes the tip into account, which may be older than the newest known commit of the target branch. Returns whether
    /// they are on one line of history.
    fn add_tip(&mut self, view: &RepoView, tip: Oid, newest: &mut TargetCommit) -> anyhow::Result<bool> {
        // After the merge, the target branch contains the whole proposal, with its policy. A second run still scans it.
        if is_reachable(view, &self.to, &tip)? {
            self.is_merged = true;
            return Ok(true);
        }
        self.known.push(tip);
        if is_reachable(view, &newest.id, &tip)? {
            *newest = TargetCommit { id: tip, kind: BaseKind::Tip };
            return Ok(true);
        }
        is_reachable(view, &tip, &newest.id)
    }
}
