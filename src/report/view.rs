//! A report as the formats read it: the records of the [`super::schema`], and what the human and SARIF formats
//! need in addition.

use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::model;
use crate::model::{Confidence, Excerpt, Status};

use super::schema;
use super::schema::{Record, Scan, Summary, Unscanned};

/// One report with every value masked, unless it was requested to show them.
pub(super) struct View<'r> {
    /// What was scanned, with what.
    pub(super) scan: Scan,
    /// Whether others push to the repository.
    pub(super) is_server: bool,
    /// Findings of every status, sorted.
    pub(super) findings: Findings<'r>,
    /// What was not read, sorted.
    pub(super) unscanned: Vec<Unscanned>,
    /// The result.
    pub(super) summary: Summary,
}

/// Findings that are masked when a format reads them: a masked finding takes three times the memory of one of the scan,
/// and a report can have a million.
pub(super) struct Findings<'r> {
    /// In report order. Formats take from these only what needs no masking: status, grades and fingerprint.
    pub(super) sorted: Vec<&'r model::Finding>,
    /// Returns a finding with every value masked.
    pub(super) mask: Box<dyn Fn(&model::Finding) -> Finding + 'r>,
}

impl Findings<'_> {
    /// The masked findings, each made when the iterator reaches it.
    fn iter(&self) -> impl Iterator<Item = Finding> {
        self.sorted.iter().map(|finding| (self.mask)(finding))
    }
}

/// One finding. Dereferences to its record.
pub(super) struct Finding {
    /// The fields that are written to `json` and `jsonl`.
    pub(super) record: schema::Finding,
    /// The line of context.
    pub(super) excerpt: Excerpt,
    /// Whether `first_commit` is the commit at HEAD.
    pub(super) is_head: bool,
    /// Whether `first_commit` is reachable from a remote-tracking branch; known in a scan of a range.
    pub(super) is_pushed: bool,
    /// Whether the name or email address of an author, committer or tagger contains the value.
    pub(super) is_in_name_or_email: bool,
    /// Whether an allow comment suppresses the finding.
    pub(super) is_allowed_by_comment: bool,
}

impl Deref for Finding {
    type Target = schema::Finding;

    fn deref(&self) -> &schema::Finding {
        &self.record
    }
}

impl<'r> View<'r> {
    /// Whether a finding with this status and confidence is one that decides the verdict.
    pub(super) fn blocks(&self, status: Status, confidence: Confidence) -> bool {
        status == Status::New && confidence >= self.scan.fail_on
    }

    /// The records as one object.
    pub(super) fn into_document(self) -> Document<'r> {
        Document {
            scan: self.scan,
            findings: self.findings,
            unscanned: self.unscanned,
            summary: self.summary,
        }
    }

    /// The lines of the master format, in their order.
    pub(super) fn into_records(self) -> impl Iterator<Item = Record> {
        let Findings { sorted, mask } = self.findings;
        std::iter::once(Record::Scan(self.scan))
            .chain(sorted.into_iter().map(move |finding| Record::Finding(Box::new(mask(finding).record))))
            .chain(self.unscanned.into_iter().map(Record::Unscanned))
            .chain(std::iter::once(Record::Summary(self.summary)))
    }
}

/// Is written as [`schema::Document`].
#[derive(Serialize)]
pub(super) struct Document<'r> {
    scan: Scan,
    #[serde(serialize_with = "records")]
    findings: Findings<'r>,
    unscanned: Vec<Unscanned>,
    summary: Summary,
}

fn records<S: Serializer>(findings: &Findings<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(|finding| finding.record))
}
