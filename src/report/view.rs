//! A report as the formats read it: the records of the [`super::schema`], and what the human and SARIF formats
//! need in addition.

use std::ops::Deref;

use crate::model::{Excerpt, Status};

use super::schema;
use super::schema::{Document, Record, Scan, Summary, Unscanned};

/// One report with every value masked, unless it was requested to show them.
pub(super) struct View {
    /// What was scanned, with what.
    pub(super) scan: Scan,
    /// Whether others push to the repository.
    pub(super) is_server: bool,
    /// Findings of every status, sorted.
    pub(super) findings: Vec<Finding>,
    /// What was not read, sorted.
    pub(super) unscanned: Vec<Unscanned>,
    /// The result.
    pub(super) summary: Summary,
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

impl View {
    /// Whether `finding` is one that decides the verdict.
    pub(super) fn blocks(&self, finding: &Finding) -> bool {
        finding.status == Status::New && finding.confidence >= self.scan.fail_on
    }

    /// The records as one object.
    pub(super) fn into_document(self) -> Document {
        Document {
            scan: self.scan,
            findings: self.findings.into_iter().map(|finding| finding.record).collect(),
            unscanned: self.unscanned,
            summary: self.summary,
        }
    }

    /// The lines of the master format, in their order.
    pub(super) fn into_records(self) -> impl Iterator<Item = Record> {
        std::iter::once(Record::Scan(self.scan))
            .chain(self.findings.into_iter().map(|finding| Record::Finding(Box::new(finding.record))))
            .chain(self.unscanned.into_iter().map(Record::Unscanned))
            .chain(std::iter::once(Record::Summary(self.summary)))
    }
}
