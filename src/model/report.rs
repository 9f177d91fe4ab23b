//! The result of one run, for all reporters.

use serde::{Deserialize, Serialize};

use super::command::Command;
use super::finding::{Finding, Status};
use super::grade::Confidence;
use super::secret::Secret;
use super::unscanned::Unscanned;

/// What was scanned, with what. Contains nothing that differs between two equal runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanHeader {
    /// The command that ran.
    pub command: Command,
    /// The paths, range or repository as the user gave them.
    pub target: String,
    /// Hash of the active rules: two runs with equal hashes used the same rules.
    pub ruleset: String,
    /// Number of active rules.
    pub rules: usize,
    /// Full names of the refs that were read, for `history`.
    pub refs: Vec<String>,
    /// Whether others push to the repository: it has no work tree, or it is receiving a push.
    pub is_server: bool,
    /// `(m, n)` for shard m of n.
    pub shard: Option<(usize, usize)>,
    /// The commit whose configuration, baseline, rules and allow comments are effective; `None` if they are those of
    /// the checked-out files.
    pub policy: Option<String>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Commits whose content or message was read.
    pub commits: u64,
    /// Unique git objects that were scanned.
    pub objects: u64,
    /// Files that were scanned (working tree, index entries, archive members).
    pub files: u64,
    /// Bytes that were scanned, after inflating.
    pub bytes: u64,
    /// Files that the configuration left out.
    pub skipped: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.commits += other.commits;
        self.objects += other.objects;
        self.files += other.files;
        self.bytes += other.bytes;
        self.skipped += other.skipped;
    }
}

/// How much work a scan of a history was. Not part of reports, since it depends on how the repository is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkStats {
    /// Objects that were scanned completely.
    pub whole: u64,
    /// Objects of which only the differences from their delta base were scanned.
    pub by_delta: u64,
    /// Bytes that were searched.
    pub searched: u64,
    /// How often each stage of the search ran, if that was counted.
    pub stages: Option<StageCounts>,
}

/// How often each stage of the search ran, from first to last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageCounts {
    /// Bytes that the prefilter searched.
    pub bytes: u64,
    /// Token runs that are long enough for a rule.
    pub runs: u64,
    /// Positions that passed a filter, so that literals were compared with them.
    pub compared: u64,
    /// Literals that matched there.
    pub hits: u64,
    /// Searches by a rule's regex.
    pub searches: u64,
    /// Values that matched a rule, before overlaps are resolved.
    pub matches: u64,
}

impl std::ops::AddAssign for WorkStats {
    fn add_assign(&mut self, other: WorkStats) {
        self.whole += other.whole;
        self.by_delta += other.by_delta;
        self.searched += other.searched;
        self.stages = self.stages.or(other.stages);
    }
}

/// The one-word result of a run, from which the exit code follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was read, and no new finding is at or above the threshold.
    Clean,
    /// Everything was read, and there are new findings at or above the threshold.
    Findings,
    /// Something could not be read. Takes precedence over findings.
    Incomplete,
}

impl Verdict {
    /// The lower-case word used in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Findings => "findings",
            Verdict::Incomplete => "incomplete",
        }
    }
}

/// One run's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanReport {
    /// What was scanned.
    pub header: ScanHeader,
    /// Findings of every status at or above the reporting confidence, sorted by [`Finding::sort_key`].
    pub findings: Vec<Finding>,
    /// What was not read, sorted.
    pub unscanned: Vec<Unscanned>,
    /// Values in names (of files, refs, people) that are not findings. They are masked too.
    pub in_names: Vec<Secret>,
    /// How much was read.
    pub counts: Counts,
    /// How much work the scan was.
    pub work_stats: WorkStats,
    /// New findings at or above this confidence decide the verdict.
    pub fail_on: Confidence,
    /// Remarks about the run: sentences without a full stop.
    pub notes: Vec<String>,
    /// Why there was nothing to scan; `None` if something was scanned.
    pub nothing_scanned: Option<String>,
}

impl ScanReport {
    /// Whether nothing makes the run incomplete.
    pub fn is_complete(&self) -> bool {
        !self.unscanned.iter().any(|entry| entry.kind.is_incomplete())
    }

    /// New findings at or above the threshold.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.status == Status::New && finding.confidence >= self.fail_on)
    }

    /// The verdict; incomplete takes precedence over findings.
    pub fn verdict(&self) -> Verdict {
        if !self.is_complete() {
            Verdict::Incomplete
        } else if self.blocking().next().is_some() {
            Verdict::Findings
        } else {
            Verdict::Clean
        }
    }
}
