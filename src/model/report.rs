//! Everything one run found out, ready for any reporter.

use serde::{Deserialize, Serialize};

use super::finding::{Finding, Status};
use super::grade::Confidence;
use super::secret::Secret;
use super::unscanned::Coverage;

/// What was scanned, with what. Holds nothing that differs between two equal runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanHeader {
    /// `scan`, `staged`, `range`, `ci` or `history`.
    pub command: String,
    /// The paths, range or repository as the user gave them.
    pub target: String,
    /// Hash of the active rules: two runs with equal digests looked for the same things.
    pub ruleset: String,
    /// Number of active rules.
    pub rules: usize,
    /// Full names of the refs that were read, for `history`.
    pub refs: Vec<String>,
    /// Whether others push to the repository: it has no work tree, or it is being sent something.
    pub is_server: bool,
    /// `(m, n)` for shard m of n.
    pub shard: Option<(usize, usize)>,
    /// The commit whose configuration, baseline, rules and marks hold; `None` for those of the files.
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
    /// Files that were left out because the configuration says so.
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

/// How much work the history was. In no report: it depends on how a repository is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Objects that were scanned whole.
    pub whole: u64,
    /// Objects of which only that was scanned in which they differ from another one.
    pub by_delta: u64,
    /// Bytes in which anything was looked for.
    pub searched: u64,
    /// How often each stage of the search was reached, where that was counted.
    pub stages: Option<StageCounts>,
}

/// How often each stage of the search was reached, from first to last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageCounts {
    /// Bytes in which anchors were looked for.
    pub bytes: u64,
    /// Token runs that are long enough to lead to a rule.
    pub runs: u64,
    /// Places that passed a filter, so that literals were compared with them.
    pub compared: u64,
    /// Literals that stood there.
    pub anchors: u64,
    /// Searches by a rule's regex.
    pub searches: u64,
    /// Values that a rule took, before rules are weighed against each other.
    pub matches: u64,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Effort) {
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
    /// Everything was read and nothing reaches the threshold.
    Clean,
    /// Everything was read, and there are findings.
    Findings,
    /// Something that should have been read could not be. Wins over findings.
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
    pub coverage: Vec<Coverage>,
    /// Values that stand in names only (of files, refs, people): no findings, and never to be seen either.
    pub in_names: Vec<Secret>,
    /// How much was read.
    pub counts: Counts,
    /// How much work that was.
    pub effort: Effort,
    /// New findings at or above this confidence decide the verdict.
    pub fail_on: Confidence,
    /// What a person should know of the run: sentences without a full stop.
    pub notes: Vec<String>,
    /// Why there was nothing to read, where that is so.
    pub nothing: Option<String>,
}

impl ScanReport {
    /// Whether everything that should have been read was.
    pub fn is_complete(&self) -> bool {
        !self.coverage.iter().any(|entry| entry.kind.is_gap())
    }

    /// New findings at or above the threshold.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.status == Status::New && finding.confidence >= self.fail_on)
    }

    /// The result.
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
