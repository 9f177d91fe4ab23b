//! The origin of scanned bytes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::path::RepoPath;
use super::ref_set::RefSet;

/// The kind of content that was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKind {
    /// A file's content.
    File,
    /// The target of a symbolic link.
    Symlink,
    /// A commit's message or its author and committer lines.
    Commit,
    /// An annotated tag's message or tagger line.
    Tag,
    /// The name of a file or directory.
    FileName,
    /// The name of a branch or tag.
    RefName,
    /// Standard input.
    Stdin,
}

impl ContentKind {
    /// The lower-case word used in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            ContentKind::File => "file",
            ContentKind::Symlink => "symlink",
            ContentKind::Commit => "commit",
            ContentKind::Tag => "tag",
            ContentKind::FileName => "file-name",
            ContentKind::RefName => "ref-name",
            ContentKind::Stdin => "stdin",
        }
    }
}

/// The metadata by which people identify a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitFacts {
    /// Full hexadecimal id.
    pub id: String,
    /// `Name <email>` of the author; invalid UTF-8 is replaced.
    pub author: String,
    /// Author date, RFC 3339 with the author's offset. It can be forged, so it is shown but not used for sorting.
    pub date: String,
    /// `Name <email>` of the committer; invalid UTF-8 is replaced.
    pub committer: String,
    /// Committer date, RFC 3339 with the committer's offset. It can be forged too.
    pub committed: String,
    /// First line of the message; invalid UTF-8 is replaced.
    pub summary: String,
    /// Whether it is the commit at HEAD.
    pub is_head: bool,
    /// Whether it is reachable from a remote-tracking branch; determined for ranges only.
    pub is_pushed: bool,
    /// Whether it has more than one parent.
    pub is_merge: bool,
    /// Whether a shallow clone ends here, so that an older commit may have introduced the value.
    pub is_shallow: bool,
}

/// Timeline of a value under all its paths. Contains full hexadecimal ids of commits, in topological order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeline {
    /// The first commit that contains the value.
    pub first: Option<String>,
    /// The commits that removed it.
    pub removed_in: Vec<String>,
    /// The commits that reintroduced it.
    pub reintroduced_in: Vec<String>,
    /// The last commit that contains it.
    pub last: Option<String>,
}

/// The origin of the bytes of one finding. In a scan of files only `path` and `content_kind` are set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provenance {
    /// Path in the repository or below the root of the scan; for other content kinds the ref name, or empty (in a
    /// submodule, its path).
    pub path: RepoPath,
    /// The submodule whose repository contains the value; `path` begins with it.
    pub submodule: Option<RepoPath>,
    /// The kind of content.
    pub content_kind: ContentKind,
    /// Hexadecimal id of the blob (or commit, or tag) that was read, where there is one.
    pub object: Option<String>,
    /// The commit that introduced the value at this path; `None` unless commits were scanned.
    pub first_commit: Option<CommitFacts>,
    /// Whether the tree of HEAD has the object at this path; `None` unless the history was scanned.
    pub is_at_head: Option<bool>,
    /// Full names of the refs from which it is reachable, sorted; empty unless the history was scanned.
    pub refs: RefSet,
    /// Whether it is reachable from any ref or HEAD; `None` unless the history was scanned.
    pub is_reachable: Option<bool>,
    /// If it is not: the names whose reflogs contain it, and pseudo-refs like `ORIG_HEAD`; sorted.
    pub kept_by: Vec<String>,
    /// The paths from which the first commit moved the value here, sorted; empty unless the history was scanned.
    pub moved_from: Vec<RepoPath>,
    /// The timeline of the value, if the history was scanned and a file contains it.
    pub timeline: Option<Arc<Timeline>>,
}

impl Provenance {
    /// The provenance of a file, without anything from git.
    pub fn file(path: RepoPath) -> Provenance {
        Provenance {
            path,
            submodule: None,
            content_kind: ContentKind::File,
            object: None,
            first_commit: None,
            is_at_head: None,
            refs: RefSet::default(),
            is_reachable: None,
            kept_by: Vec::new(),
            moved_from: Vec::new(),
            timeline: None,
        }
    }
}
