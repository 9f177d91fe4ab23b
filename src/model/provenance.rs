//! Where scanned bytes came from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::path::RepoPath;
use super::ref_set::RefSet;

/// What kind of thing carried the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
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

impl Carrier {
    /// The lower-case word used in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Carrier::File => "file",
            Carrier::Symlink => "symlink",
            Carrier::Commit => "commit",
            Carrier::Tag => "tag",
            Carrier::FileName => "file-name",
            Carrier::RefName => "ref-name",
            Carrier::Stdin => "stdin",
        }
    }
}

/// The facts of one commit that a person needs to recognise it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitFacts {
    /// Full hexadecimal id.
    pub id: String,
    /// `Name <mail>` of the author; invalid UTF-8 replaced.
    pub author: String,
    /// Author date, RFC 3339 with the author's offset. Forgeable: shown, never sorted by.
    pub date: String,
    /// `Name <mail>` of the committer; invalid UTF-8 replaced.
    pub committer: String,
    /// Committer date, RFC 3339 with the committer's offset. As forgeable.
    pub committed: String,
    /// First line of the message; invalid UTF-8 replaced.
    pub summary: String,
    /// Whether it is the commit at HEAD.
    pub is_head: bool,
    /// Whether a remote-tracking branch has it, where a range was read.
    pub is_pushed: bool,
    /// Whether it has more than one parent: "introduced by merge".
    pub merge: bool,
    /// Whether its parents were cut off by a shallow clone: the true commit is this one or before it.
    pub shallow: bool,
}

/// How a value fared after it came, over all its places. Full hexadecimal ids of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Life {
    /// The first that holds it, in the order of the graph.
    pub first: Option<String>,
    /// Those that took it away, in the order of the graph.
    pub removed: Vec<String>,
    /// Those that brought it back, in the order of the graph.
    pub back: Vec<String>,
    /// The last that holds it, in the order of the graph.
    pub last: Option<String>,
}

/// Where one finding's bytes came from. For a scan of files only `path` and `carrier` are set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provenance {
    /// Path in the repository or below the scan's root; for other carriers the ref name, or empty (in a
    /// submodule, its path).
    pub path: RepoPath,
    /// The submodule whose repository this is about; `path` begins with it.
    pub submodule: Option<RepoPath>,
    /// What held the bytes.
    pub carrier: Carrier,
    /// Hexadecimal id of the blob (or commit, or tag) that was read, where there is one.
    pub object: Option<String>,
    /// The commit that first brought the value to this place, where history was read.
    pub first_commit: Option<CommitFacts>,
    /// Whether HEAD still holds the object, where history was read.
    pub at_head: Option<bool>,
    /// Full names of the refs from which it can be reached, sorted, where history was read.
    pub refs: RefSet,
    /// Whether any ref or HEAD reaches it, where history was read.
    pub reachable: Option<bool>,
    /// Where none does: the names whose reflogs lead to it, and pseudo-refs like `ORIG_HEAD`; sorted.
    pub kept_by: Vec<String>,
    /// The paths from which the first commit took the value as it brought it here, sorted; where history was read.
    pub moved_from: Vec<RepoPath>,
    /// How the value fared since, where history was read and a file holds it.
    pub life: Option<Arc<Life>>,
}

impl Provenance {
    /// A file of a directory scan.
    pub fn file(path: RepoPath) -> Provenance {
        Provenance {
            path,
            submodule: None,
            carrier: Carrier::File,
            object: None,
            first_commit: None,
            at_head: None,
            refs: RefSet::default(),
            reachable: None,
            kept_by: Vec::new(),
            moved_from: Vec::new(),
            life: None,
        }
    }
}
