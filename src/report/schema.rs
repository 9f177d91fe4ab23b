//! The records of the master format, shared by `json` and `jsonl` and read back by those who convert or
//! merge reports. Every other format is written from them too.
//!
//! Surprising: no field is ever left out. What is not known is `null`, an empty list means "none".

use serde::{Deserialize, Serialize};

use crate::model;
use crate::model::{
    Carrier, Confidence, Counts, CoverageKind, Excerpt, RefSet, Secret, Severity, Status, Verdict,
};

use super::redact::Redactor;
use super::verdict;
use crate::model::ScanReport;

/// The number in every `scan` record; it grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// One line of JSON Lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// The first line.
    Scan(Scan),
    /// One value at one place.
    Finding(Box<Finding>),
    /// One thing that was not read.
    Coverage(Coverage),
    /// The last line. A file without it is a broken run.
    Summary(Summary),
}

/// A whole report: the records of one run. Findings and coverage are sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What was scanned, with what.
    pub scan: Scan,
    /// Findings of every status.
    pub findings: Vec<Finding>,
    /// What was not read.
    pub coverage: Vec<Coverage>,
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
    /// `scan`, `staged`, `range`, `ci` or `history`.
    pub command: String,
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
    /// Whether others push to the repository. Not part of the records.
    #[serde(skip)]
    pub(crate) is_server: bool,
    /// Which part of a divided scan this is; `None` for a whole one.
    pub shard: Option<Shard>,
    /// The commit whose configuration, baseline, rules and marks hold; `None` for those of the files.
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

/// One value at one place. Lines and columns count from 1, columns in characters, ends are inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// What was found, for people.
    pub name: String,
    /// Who issues it.
    pub provider: String,
    /// Damage.
    pub severity: Severity,
    /// Truth.
    pub confidence: Confidence,
    /// Proofs and evidence that held.
    pub why: Vec<String>,
    /// Path as `RepoPath::to_text` writes it; a ref name, or empty, for some carriers.
    pub path: String,
    /// Path of the submodule whose repository has it; `path` begins with it.
    pub submodule: Option<String>,
    /// Line of the first character.
    pub start_line: usize,
    /// Column of the first character.
    pub start_column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column of the last character.
    pub end_column: usize,
    /// Masked, unless the report was asked to show values; then invalid UTF-8 is replaced.
    pub secret: String,
    /// Keyed hash of rule and value.
    pub fingerprint: String,
    /// What held the bytes.
    pub carrier: Carrier,
    /// Id of the git object that was read.
    pub object: Option<String>,
    /// Id of the commit that first brought the value to this place.
    pub first_commit: Option<String>,
    /// That commit's author.
    pub author: Option<String>,
    /// That commit's author date, RFC 3339.
    pub date: Option<String>,
    /// That commit's committer.
    pub committer: Option<String>,
    /// That commit's committer date, RFC 3339.
    pub committed: Option<String>,
    /// The paths from which that commit took the value as it brought it here.
    pub moved_from: Vec<String>,
    /// Whether that commit is a merge.
    pub merge: Option<bool>,
    /// Whether history is cut off there: the true commit is that one or before it.
    pub shallow: Option<bool>,
    /// Whether HEAD still holds it.
    pub at_head: Option<bool>,
    /// Full names of the refs that reach it, sorted: at most 250 each of branches, remote-tracking branches, tags and
    /// others.
    pub refs: Vec<String>,
    /// How many refs reach it.
    pub refs_count: usize,
    /// Whether any ref or HEAD reaches it.
    pub reachable: Option<bool>,
    /// Names whose reflogs lead to it where no ref does, and pseudo-refs.
    pub kept_by: Vec<String>,
    /// Id of the commit that brought the value first, wherever it was.
    pub first_seen: Option<String>,
    /// Ids of the commits that took the value away, wherever it was.
    pub removed_in: Vec<String>,
    /// Ids of the commits that brought it back.
    pub back_in: Vec<String>,
    /// Id of the last commit that holds it.
    pub last_commit: Option<String>,
    /// Whether it counts.
    pub status: Status,
    /// Why it is old or suppressed.
    pub status_reason: Option<String>,
    /// What a developer should do.
    pub help: String,
    /// How the owner revokes it.
    pub revoke: Option<String>,
    /// Where the owner revokes it.
    pub revoke_url: Option<String>,
    /// Whether `first_commit` is the commit at HEAD. Not part of the records.
    #[serde(skip)]
    pub(crate) is_head: bool,
    /// Whether a remote-tracking branch has that commit. Not part of the records.
    #[serde(skip)]
    pub(crate) is_pushed: bool,
    /// The line of context. Not part of the records: `None` in what was read back.
    #[serde(skip)]
    pub(crate) excerpt: Option<Excerpt>,
}

/// One thing that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Why.
    pub kind: CoverageKind,
    /// A path, an object id, a repository.
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
    /// How many things were not, by why.
    pub not_read: NotRead,
    /// How many findings there are.
    pub findings: StatusCounts,
    /// What a person should know of the run.
    pub notes: Vec<String>,
    /// Why there was nothing to read, where that is so.
    pub nothing: Option<String>,
    /// All of this in one line, as the human format ends.
    pub line: String,
}

/// Entries of coverage by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NotRead {
    /// [`CoverageKind::Unreadable`].
    pub unreadable: usize,
    /// [`CoverageKind::Corrupt`].
    pub corrupt: usize,
    /// [`CoverageKind::Missing`].
    pub missing: usize,
    /// [`CoverageKind::TooLarge`].
    pub too_large: usize,
    /// [`CoverageKind::Shallow`].
    pub shallow: usize,
    /// [`CoverageKind::Aborted`].
    pub aborted: usize,
    /// [`CoverageKind::OutOfTime`].
    pub out_of_time: usize,
    /// [`CoverageKind::Elsewhere`].
    pub elsewhere: usize,
}

/// Findings by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCounts {
    /// New ones, whatever their confidence.
    pub new: usize,
    /// Those that were there before.
    pub old: usize,
    /// Those that are allowed.
    pub suppressed: usize,
}

impl Document {
    /// Builds the records. Unless `show_secrets`, a value is masked wherever it turns up: in its own field,
    /// but also in paths, ref names, author lines and reasons.
    pub fn new(report: &ScanReport, show_secrets: bool) -> Document {
        let redactor = match show_secrets {
            true => Redactor::transparent(),
            false => {
                Redactor::new(report.findings.iter().map(|finding| &finding.secret).chain(&report.in_names))
            }
        };
        let mut findings: Vec<&model::Finding> = report.findings.iter().collect();
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        let mut coverage: Vec<&model::Coverage> = report.coverage.iter().collect();
        coverage.sort();
        let mut by_status = StatusCounts::default();
        for finding in &findings {
            *match finding.status {
                Status::New => &mut by_status.new,
                Status::Old => &mut by_status.old,
                Status::Suppressed => &mut by_status.suppressed,
            } += 1;
        }
        let mut not_read = NotRead::default();
        coverage.iter().for_each(|entry| not_read.add(entry.kind));
        let mut document = Document {
            scan: Scan::new(report, &redactor),
            findings: findings.iter().map(|finding| Finding::new(finding, &redactor, show_secrets)).collect(),
            coverage: coverage.iter().map(|entry| Coverage::new(entry, &redactor)).collect(),
            summary: Summary {
                complete: report.is_complete(),
                verdict: report.verdict(),
                counts: report.counts,
                not_read,
                findings: by_status,
                notes: report.notes.iter().map(|note| redactor.text(note)).collect(),
                nothing: report.nothing.as_ref().map(|why| redactor.text(why)),
                line: String::new(),
            },
        };
        document.summary.line = verdict::line(&document);
        document
    }

    /// The lines of the master format, in their order.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        std::iter::once(Record::Scan(self.scan.clone()))
            .chain(self.findings.iter().map(|finding| Record::Finding(Box::new(finding.clone()))))
            .chain(self.coverage.iter().cloned().map(Record::Coverage))
            .chain(std::iter::once(Record::Summary(self.summary.clone())))
    }

    /// Whether `finding` is one that decides the verdict.
    pub fn blocks(&self, finding: &Finding) -> bool {
        finding.status == Status::New && finding.confidence >= self.scan.fail_on
    }
}

impl NotRead {
    fn add(&mut self, kind: CoverageKind) {
        *match kind {
            CoverageKind::Unreadable => &mut self.unreadable,
            CoverageKind::Corrupt => &mut self.corrupt,
            CoverageKind::Missing => &mut self.missing,
            CoverageKind::TooLarge => &mut self.too_large,
            CoverageKind::Shallow => &mut self.shallow,
            CoverageKind::Aborted => &mut self.aborted,
            CoverageKind::OutOfTime => &mut self.out_of_time,
            CoverageKind::Elsewhere => &mut self.elsewhere,
        } += 1;
    }

    /// The kinds that make a run incomplete, with how many there are.
    pub fn gaps(&self) -> [(CoverageKind, usize); 7] {
        [
            (CoverageKind::Unreadable, self.unreadable),
            (CoverageKind::Corrupt, self.corrupt),
            (CoverageKind::Missing, self.missing),
            (CoverageKind::TooLarge, self.too_large),
            (CoverageKind::Shallow, self.shallow),
            (CoverageKind::Aborted, self.aborted),
            (CoverageKind::OutOfTime, self.out_of_time),
        ]
    }
}

impl Scan {
    fn new(report: &ScanReport, redactor: &Redactor<'_>) -> Scan {
        let header = &report.header;
        Scan {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: header.command.clone(),
            target: redactor.text(&header.target),
            ruleset: header.ruleset.clone(),
            rules: header.rules,
            fail_on: report.fail_on,
            refs: header.refs.iter().map(|name| redactor.text(name)).collect(),
            is_server: header.is_server,
            shard: header.shard.map(|(number, of)| Shard { number, of }),
            policy: header.policy.clone(),
        }
    }
}

impl Finding {
    fn new(finding: &model::Finding, redactor: &Redactor<'_>, show_secrets: bool) -> Finding {
        let (rule, place, origin) = (&finding.rule, &finding.location, &finding.provenance);
        let commit = origin.first_commit.as_ref();
        let life = origin.life.as_deref().cloned().unwrap_or_default();
        Finding {
            rule: rule.id.clone(),
            name: rule.name.clone(),
            provider: rule.provider.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            why: finding.why.iter().map(|phrase| redactor.text(phrase)).collect(),
            path: redactor.path(&origin.path),
            submodule: origin.submodule.as_ref().map(|path| redactor.path(path)),
            start_line: place.start_line,
            start_column: place.start_column,
            end_line: place.end_line,
            end_column: place.end_column,
            secret: value_text(&finding.secret, show_secrets),
            fingerprint: finding.fingerprint.as_str().to_owned(),
            carrier: origin.carrier,
            object: origin.object.clone(),
            first_commit: commit.map(|commit| commit.id.clone()),
            author: commit.map(|commit| redactor.text(&commit.author)),
            date: commit.map(|commit| commit.date.clone()),
            committer: commit.map(|commit| redactor.text(&commit.committer)),
            committed: commit.map(|commit| commit.committed.clone()),
            moved_from: origin.moved_from.iter().map(|path| redactor.path(path)).collect(),
            merge: commit.map(|commit| commit.merge),
            shallow: commit.map(|commit| commit.shallow),
            at_head: origin.at_head,
            refs: listed(&origin.refs).map(|name| redactor.text(name)).collect(),
            refs_count: origin.refs.len(),
            reachable: origin.reachable,
            kept_by: origin.kept_by.iter().map(|name| redactor.text(name)).collect(),
            first_seen: life.first,
            removed_in: life.removed,
            back_in: life.back,
            last_commit: life.last,
            status: finding.status,
            status_reason: finding.status_reason.as_ref().map(|reason| redactor.text(reason)),
            help: rule.help.clone(),
            revoke: rule.revoke.clone(),
            revoke_url: rule.revoke_url.clone(),
            is_head: commit.is_some_and(|commit| commit.is_head),
            is_pushed: commit.is_some_and(|commit| commit.is_pushed),
            excerpt: Some(excerpt(finding, redactor, show_secrets)),
        }
    }
}

impl Coverage {
    fn new(entry: &model::Coverage, redactor: &Redactor<'_>) -> Coverage {
        Coverage {
            kind: entry.kind,
            what: redactor.text(&entry.what),
            reason: redactor.text(&entry.reason),
            remedy: entry.remedy.as_ref().map(|remedy| redactor.text(remedy)),
        }
    }
}

/// Refs of one kind that a finding lists. Whoever mirrors a repository of a forge has one for each pull request.
const MAX_REFS: usize = 250;

/// Those that are listed, sorted.
fn listed(refs: &RefSet) -> impl Iterator<Item = &str> {
    let mut counts = [0; 4];
    refs.iter().filter(move |name| {
        let kinds = ["refs/heads/", "refs/remotes/", "refs/tags/"];
        let kind = kinds.iter().position(|kind| name.starts_with(kind)).unwrap_or(kinds.len());
        counts[kind] += 1;
        counts[kind] <= MAX_REFS
    })
}

fn value_text(secret: &Secret, show_secrets: bool) -> String {
    if show_secrets { String::from_utf8_lossy(secret.expose()).into_owned() } else { secret.redacted() }
}

/// The excerpt around the value's mask, or around the value itself. Offsets that do not fit the text are
/// brought inside it: a report is printed whatever a source hands over.
fn excerpt(finding: &model::Finding, redactor: &Redactor<'_>, show_secrets: bool) -> Excerpt {
    let Excerpt { text, start, end } = &finding.excerpt;
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    let start = byte(*start);
    let end = byte(*end).max(start);
    let before = redactor.text(&text[..start]);
    let value = match show_secrets {
        true => value_text(&finding.secret, true),
        false => redactor.text(&text[start..end]),
    };
    let start = before.chars().count();
    let after = redactor.text(&text[end..]);
    Excerpt { start, end: start + value.chars().count(), text: before + &value + &after }
}
