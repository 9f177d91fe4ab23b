//! The records of the master format, shared by `json` and `jsonl`: what is written, and what converters read back.
//!
//! No field is ever omitted: an unknown value is `null`, and an empty list means that there is none.

use serde::{Deserialize, Serialize};

use crate::model::{Command, Confidence, ContentKind, Counts, Severity, Status, UnscannedKind, Verdict};

/// The schema number in every `scan` record. It is incremented when a field is renamed, removed or changes its meaning.
pub const SCHEMA: u32 = 2;

/// One line of JSON Lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// The first line.
    Scan(Scan),
    /// One value at one location.
    Finding(Box<Finding>),
    /// One thing that was not read.
    Unscanned(Unscanned),
    /// The last line. A file without it comes from a run that was interrupted.
    Summary(Summary),
}

/// A whole report: the records of one run. Findings and unscanned entries are sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What was scanned, with what.
    pub scan: Scan,
    /// Findings of every status.
    pub findings: Vec<Finding>,
    /// What was not read.
    pub unscanned: Vec<Unscanned>,
    /// The result.
    pub summary: Summary,
}

/// What was scanned, with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `stopleak`.
    pub tool: String,
    /// The tool's version.
    pub version: String,
    /// The command that ran.
    pub command: Command,
    /// The paths, range or repository as the user gave them.
    pub target: String,
    /// Hash of the active rules.
    pub ruleset: String,
    /// Number of active rules.
    pub rules: usize,
    /// Confidence from which new findings block.
    pub fail_on: Confidence,
    /// Full names of the refs that were read.
    pub refs: Vec<String>,
    /// Which part of a divided scan this is; `None` for a whole one.
    pub shard: Option<Shard>,
    /// The commit whose configuration, baseline, rules and allow comments are effective; `None` if they are those of
    /// the checked-out files.
    pub policy: Option<String>,
}

/// One part of a divided scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    /// Number of parts.
    pub of: usize,
}

/// One value at one location. Lines and columns count from 1, columns in characters, ends are inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// What was found, for people.
    pub name: String,
    /// The company or project that issues it.
    pub provider: String,
    /// How much damage a leak does.
    pub severity: Severity,
    /// How certain it is that the value is a secret.
    pub confidence: Confidence,
    /// The facts that decided the confidence.
    pub why: Vec<String>,
    /// Path as `RepoPath::to_text` writes it; for some content kinds a ref name, or empty.
    pub path: String,
    /// Path of the submodule whose repository contains the value; `path` begins with it.
    pub submodule: Option<String>,
    /// Line of the first character.
    pub start_line: usize,
    /// Column of the first character.
    pub start_column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column of the last character.
    pub end_column: usize,
    /// The value, masked; with `--show-secrets` the whole value, in which invalid UTF-8 is replaced.
    pub secret: String,
    /// Keyed hash of rule and value.
    pub fingerprint: String,
    /// The kind of content that contains the value.
    pub content_kind: ContentKind,
    /// Id of the git object that was read.
    pub object: Option<String>,
    /// Id of the commit that introduced the value at this path.
    pub first_commit: Option<String>,
    /// That commit's author.
    pub author: Option<String>,
    /// That commit's author date, RFC 3339.
    pub date: Option<String>,
    /// That commit's committer.
    pub committer: Option<String>,
    /// That commit's committer date, RFC 3339.
    pub committed: Option<String>,
    /// The paths from which that commit moved the value here.
    pub moved_from: Vec<String>,
    /// Whether that commit is a merge.
    pub merge: Option<bool>,
    /// Whether a shallow clone ends at that commit, so that an older one may have introduced the value.
    pub shallow: Option<bool>,
    /// Whether the tree of HEAD has the object at this path.
    pub at_head: Option<bool>,
    /// Full names of the refs from which it is reachable, sorted: at most 250 each of branches, remote-tracking
    /// branches, tags and others.
    pub refs: Vec<String>,
    /// Number of refs from which it is reachable.
    pub refs_count: usize,
    /// Whether it is reachable from any ref or HEAD.
    pub reachable: Option<bool>,
    /// If it is not reachable from any ref: the names whose reflogs contain it, and pseudo-refs.
    pub kept_by: Vec<String>,
    /// Id of the first commit that contains the value, under any path.
    pub first_seen: Option<String>,
    /// Ids of the commits that removed the value, under any path.
    pub removed_in: Vec<String>,
    /// Ids of the commits that reintroduced it.
    pub reintroduced_in: Vec<String>,
    /// Id of the last commit that contains it.
    pub last_commit: Option<String>,
    /// Whether it counts.
    pub status: Status,
    /// Why it is old or suppressed, or why an allow comment next to it has no effect.
    pub status_reason: Option<String>,
    /// What a developer should do.
    pub help: String,
    /// How the owner revokes it.
    pub revoke: Option<String>,
    /// Where the owner revokes it.
    pub revoke_url: Option<String>,
}

/// One thing that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscanned {
    /// Why.
    pub kind: UnscannedKind,
    /// A path, an object id or a repository.
    pub what: String,
    /// What happened.
    pub reason: String,
    /// What a person can do about it.
    pub remedy: Option<String>,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Whether everything that should have been read was.
    pub complete: bool,
    /// The result in one word; the exit code follows from it.
    pub verdict: Verdict,
    /// How much was read.
    pub counts: Counts,
    /// Number of things that were not read, by reason.
    pub unscanned: UnscannedCounts,
    /// Number of findings, by status.
    pub findings: StatusCounts,
    /// Remarks about the run: sentences without a full stop.
    pub notes: Vec<String>,
    /// Why there was nothing to scan; `None` if something was scanned.
    pub nothing_scanned: Option<String>,
    /// The summary in one line, the same as the last line of the human format.
    pub line: String,
}

/// Unscanned entries by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct UnscannedCounts {
    /// [`UnscannedKind::Unreadable`].
    pub unreadable: usize,
    /// [`UnscannedKind::Corrupt`].
    pub corrupt: usize,
    /// [`UnscannedKind::Missing`].
    pub missing: usize,
    /// [`UnscannedKind::TooLarge`].
    pub too_large: usize,
    /// [`UnscannedKind::Shallow`].
    pub shallow: usize,
    /// [`UnscannedKind::Aborted`].
    pub aborted: usize,
    /// [`UnscannedKind::OutOfTime`].
    pub out_of_time: usize,
    /// [`UnscannedKind::Elsewhere`].
    pub elsewhere: usize,
}

/// Findings by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCounts {
    /// New ones, of any confidence.
    pub new: usize,
    /// Those that existed before the change.
    pub old: usize,
    /// Those that an allow comment or the baseline suppresses.
    pub suppressed: usize,
}

impl UnscannedCounts {
    /// Counts one entry.
    pub(super) fn add(&mut self, kind: UnscannedKind) {
        *match kind {
            UnscannedKind::Unreadable => &mut self.unreadable,
            UnscannedKind::Corrupt => &mut self.corrupt,
            UnscannedKind::Missing => &mut self.missing,
            UnscannedKind::TooLarge => &mut self.too_large,
            UnscannedKind::Shallow => &mut self.shallow,
            UnscannedKind::Aborted => &mut self.aborted,
            UnscannedKind::OutOfTime => &mut self.out_of_time,
            UnscannedKind::Elsewhere => &mut self.elsewhere,
        } += 1;
    }

    /// The kinds that make a run incomplete, with their counts.
    pub fn incomplete(&self) -> [(UnscannedKind, usize); 7] {
        [
            (UnscannedKind::Unreadable, self.unreadable),
            (UnscannedKind::Corrupt, self.corrupt),
            (UnscannedKind::Missing, self.missing),
            (UnscannedKind::TooLarge, self.too_large),
            (UnscannedKind::Shallow, self.shallow),
            (UnscannedKind::Aborted, self.aborted),
            (UnscannedKind::OutOfTime, self.out_of_time),
        ]
    }
}
