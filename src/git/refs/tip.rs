//! The names of objects that a repository has.

use crate::git::odb::oid::Oid;

/// The kind of name of a [`Tip`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TipKind {
    /// A ref below `refs/`.
    Ref,
    /// HEAD of this or another worktree.
    Head,
    /// The old or new id of a reflog entry; the object may no longer exist.
    Reflog,
    /// A pseudo-ref: ORIG_HEAD, FETCH_HEAD, MERGE_HEAD and the like; may name a tree.
    PseudoRef,
}

/// A name of an object, which may be of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tip {
    /// The kind of name.
    pub kind: TipKind,
    /// Full name, such as `refs/heads/main`. Names in other worktrees begin with `worktrees/NAME/` or `main-worktree/`.
    /// Tips of a reflog have the name of its ref. Invalid UTF-8 is replaced.
    pub name: String,
    /// The id of the object; tags are not peeled.
    pub id: Oid,
}
