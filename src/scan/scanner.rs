//! The front door of the crate for programs that embed it: an engine that is built once and scans many texts.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;
#[cfg(feature = "git")]
use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::check_pattern;
#[cfg(feature = "git")]
use crate::model::ScanReport;
use crate::model::{Confidence, Finding, Provenance, RepoPath, Unscanned};
use crate::policy::{AllowComments, Baseline, Policy};
use crate::rules::RuleSet;

use super::blob::blob_scanner::{BlobScan, BlobScanner};
use super::blob::streaming::{StopReason, StreamScanner};
use super::error::ScanError;
#[cfg(feature = "git")]
use super::run::run;
#[cfg(feature = "git")]
use super::settings::{Settings, SharedEngine};
#[cfg(feature = "git")]
use super::target::Target;

/// Finds secrets in bytes, readers, directories and repositories.
///
/// Building one prepares the prefilter for all rules, and each rule is compiled when a text first needs it. So build one
/// and keep it: it is `Send + Sync`, scans from any number of threads at once, and clones share everything.
///
/// ```
/// use stopleak::{Confidence, Scanner};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scanner = Scanner::builder().confidence(Confidence::Medium).build()?;
///
/// let text = format!("url = 'https://deploy:{}@git.internal/app'", "v7Kq2mXw9RtB4nLc");
/// let scan = scanner.scan_at("config/deploy.toml", text.as_bytes());
/// for finding in &scan.findings {
///     println!("{}:{} {}", finding.provenance.path, finding.location.start_line, finding.rule.name);
/// }
/// assert_eq!(scan.findings.len(), 1);
/// assert!(scan.is_complete());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Scanner {
    blobs: Arc<BlobScanner<'static>>,
    rules: RuleSet,
    confidence: Confidence,
}

/// The result of scanning one text.
#[must_use = "a scan can be incomplete, and its findings are all it returns"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The findings at or above the confidence of the [`Scanner`], in the order of their bytes. Those that an allow
    /// comment or the baseline suppresses are included, with [`Status::Suppressed`](crate::model::Status::Suppressed).
    pub findings: Vec<Finding>,
    /// Why a part of the text was not scanned, if so. Never treat a scan with such an entry as clean.
    pub unscanned: Option<Unscanned>,
}

impl Scan {
    /// Whether all bytes were scanned.
    pub fn is_complete(&self) -> bool {
        self.unscanned.is_none()
    }
}

/// Settings of a [`Scanner`]: by default the built-in rules, confidence medium, no baseline, allow comments trusted.
#[derive(Clone, Debug)]
pub struct ScannerBuilder {
    rules: RuleSet,
    confidence: Confidence,
    policy: Policy,
}

impl ScannerBuilder {
    /// Reports findings of this confidence and higher.
    pub fn confidence(mut self, confidence: Confidence) -> ScannerBuilder {
        self.confidence = confidence;
        self
    }

    /// Searches for these rules instead of [`RuleSet::builtin`].
    pub fn rules(mut self, rules: RuleSet) -> ScannerBuilder {
        self.rules = rules;
        self
    }

    /// Suppresses the findings of a baseline, and computes all fingerprints with its key.
    pub fn baseline(mut self, baseline: Baseline) -> ScannerBuilder {
        self.policy.baseline = baseline;
        self
    }

    /// Whether `stopleak:allow` comments suppress findings. Switch this off for text whose author must not be able to
    /// suppress a finding, such as a pull request: the finding then stays new and names the comment.
    pub fn trust_allow_comments(mut self, is_trusted: bool) -> ScannerBuilder {
        self.policy.allow_comments =
            if is_trusted { AllowComments::Trusted } else { AllowComments::Untrusted };
        self
    }

    /// Builds the scanner and its prefilter.
    ///
    /// # Errors
    ///
    /// If the rule set is empty ([`ScanError::NoRules`]), or a path glob or pattern of a rule does not compile
    /// ([`ScanError::Glob`], [`ScanError::Pattern`]).
    pub fn build(self) -> Result<Scanner, ScanError> {
        let ScannerBuilder { rules, confidence, policy } = self;
        if rules.is_empty() {
            return Err(ScanError::NoRules);
        }
        for rule in rules.user_rules() {
            check_pattern(rule).map_err(|reason| ScanError::Pattern { rule: rule.id.clone(), reason })?;
        }
        let blobs = BlobScanner::from_parts(rules.clone(), Cow::Owned(policy))?.with_confidence(confidence);
        blobs.engine();
        Ok(Scanner { blobs: Arc::new(blobs), rules, confidence })
    }
}

impl Scanner {
    /// Returns the default settings.
    pub fn builder() -> ScannerBuilder {
        ScannerBuilder {
            rules: RuleSet::builtin(),
            confidence: Confidence::Medium,
            policy: Policy::default(),
        }
    }

    /// Scans a text without a path: rules for certain files do not apply.
    ///
    /// Bytes are scanned as stored, binary data too, and as UTF-16 and UTF-32 where they can be that. Never panics.
    pub fn scan_bytes(&self, bytes: &[u8]) -> Scan {
        self.finish(self.blobs.scan(bytes, String::new), || RepoPath::new(""))
    }

    /// Scans the content of the file at `path`, which is not opened: it selects the rules for certain files, lowers the
    /// confidence of guesses in test and example files, and is the path of the findings.
    pub fn scan_at(&self, path: impl AsRef<Path>, bytes: &[u8]) -> Scan {
        let path = path.as_ref();
        self.finish(self.blobs.scan(bytes, || repo_path(path).to_text()), || repo_path(path))
    }

    /// Scans everything that `reader` yields, of any length, in constant memory (about 3 MB). `path` is used as in
    /// [`Scanner::scan_at`].
    ///
    /// # Errors
    ///
    /// If the reader fails. Findings before the error are lost: scan again.
    pub fn scan_reader(&self, path: impl AsRef<Path>, mut reader: impl io::Read) -> io::Result<Scan> {
        let path = path.as_ref();
        let mut stream = StreamScanner::new(&self.blobs);
        let read = stream.scan(&self.blobs, &mut reader, None, || repo_path(path).to_text());
        match read.stopped {
            Some(StopReason::Failed(error)) => Err(error),
            Some(StopReason::TooLarge) | None => Ok(self.finish(read.scan, || repo_path(path))),
        }
    }

    fn finish(&self, scan: BlobScan<'_>, path: impl FnOnce() -> RepoPath) -> Scan {
        let BlobScan { candidates, unscanned, .. } = scan;
        if candidates.is_empty() {
            return Scan { findings: Vec::new(), unscanned };
        }
        let mut findings = self.blobs.findings(candidates, &Provenance::file(path()));
        findings.retain(|finding| finding.confidence >= self.confidence);
        Scan { findings, unscanned }
    }
}

/// Directories and repositories.
#[cfg(feature = "git")]
impl Scanner {
    /// Scans the files below a directory: in a git work tree those that git tracks or does not ignore, elsewhere all.
    ///
    /// # Errors
    ///
    /// If `directory` does not exist. What cannot be read is listed in [`ScanReport::unscanned`].
    pub fn scan_directory(&self, directory: impl Into<PathBuf>) -> Result<ScanReport, ScanError> {
        let directory = directory.into();
        let target = Target::Paths { paths: vec![directory.clone()], no_ignore: false };
        run(&target, &self.settings(directory))
    }

    /// Scans every object of a repository, reachable or not, and attributes each finding to the commit that introduced
    /// it. `repository` is a work tree, a git directory, or a path inside.
    ///
    /// # Errors
    ///
    /// If there is no repository, or it cannot be opened. What cannot be read is listed in [`ScanReport::unscanned`].
    pub fn scan_repository(&self, repository: impl Into<PathBuf>) -> Result<ScanReport, ScanError> {
        let repo = repository.into();
        let target = Target::History { repo: repo.clone(), full: false, recurse: false };
        run(&target, &self.settings(repo))
    }

    fn settings(&self, root: PathBuf) -> Settings {
        Settings {
            engine: Some(SharedEngine::from_engine(&self.rules, self.blobs.shared_engine())),
            policy: self.blobs.policy().clone(),
            confidence: self.confidence,
            fail_on: self.confidence,
            ..Settings::new(self.rules.clone(), root)
        }
    }
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanner")
            .field("rules", &self.rules.len())
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}

/// The path with `/` between its components on every system.
fn repo_path(path: &Path) -> RepoPath {
    RepoPath::from_path(path)
}
