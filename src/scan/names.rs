//! What stands in names and messages instead of files: of commits, tags, people, files.
//!
//! Of a file's name only what has a shape of its own counts. A name holds words like `password` beside
//! anything.

use crate::git::commit::Commit;
use crate::git::diff::Change;
use crate::git::tag::Tag;
use crate::git::tree::lookup;
use crate::git::{Kind, Oid, ReadObjects};
use crate::model::{Carrier, Finding, Provenance, RepoPath, Status};

use super::Outcome;
use super::inspect::Inspector;

/// What people wrote into a commit or tag.
struct Written {
    carrier: Carrier,
    message: Vec<u8>,
    /// Who, as a phrase, and `Name <mail>`.
    people: Vec<(&'static str, Vec<u8>)>,
}

fn written(objects: &impl ReadObjects, id: &Oid) -> Option<Written> {
    let object = objects.read(id).ok()?;
    match object.kind {
        Kind::Commit => {
            let commit = Commit::parse(&object.data).ok()?;
            let (author, committer) = (commit.author().person, commit.committer().person);
            let mut people = vec![("in the name or mail of the author", author.to_vec())];
            if committer != author {
                people.push(("in the name or mail of the committer", committer.to_vec()));
            }
            Some(Written { carrier: Carrier::Commit, message: commit.message.to_vec(), people })
        }
        Kind::Tag => {
            let tag = Tag::parse(&object.data).ok()?;
            let people = vec![("in the name or mail of the tagger", tag.tagger().person.to_vec())];
            Some(Written { carrier: Carrier::Tag, message: tag.message.to_vec(), people })
        }
        Kind::Blob | Kind::Tree => None,
    }
}

/// Scans the message and the people of a commit or tag. One that does not read holds nothing here: whoever
/// found it has said so.
pub(super) fn scan_written(inspector: &Inspector<'_>, objects: &impl ReadObjects, id: &Oid) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(Written { carrier, message, people }) = written(objects, id) else { return outcome };
    let object = Some(id.to_string());
    let provenance = Provenance { carrier, object, ..Provenance::file(RepoPath::new("")) };
    let mut scan = |text: &[u8], who: Option<&str>| {
        let inspected = inspector.inspect(text, || format!("message of {} {id}", carrier.as_str()));
        outcome.counts.bytes += text.len() as u64;
        outcome.coverage.extend(inspected.gap);
        let mut findings = inspector.place(inspected.candidates, &provenance);
        findings.iter_mut().for_each(|finding| finding.why.extend(who.map(str::to_owned)));
        outcome.findings.extend(findings);
    };
    scan(&message, None);
    people.iter().for_each(|(who, text)| scan(text, Some(who)));
    outcome
}

/// Scans the names of the files that `changes` add. A folder that one of the `parents` has is not new.
pub(super) fn scan_file_names<R: ReadObjects>(
    inspector: &Inspector<'_>,
    objects: &R,
    changes: &[Change],
    parents: &[Oid],
) -> Outcome {
    let mut outcome = Outcome::default();
    let added = changes.iter().filter(|change| change.new.is_some() && change.olds.is_empty());
    for change in added {
        let path = RepoPath::new(change.path.as_slice());
        if inspector.skips(&path) {
            continue;
        }
        let inspected = inspector.inspect(&change.path, || format!("name of {}", path.to_text()));
        outcome.coverage.extend(inspected.gap);
        let object = change.new.map(|id| id.to_string());
        let provenance = Provenance { carrier: Carrier::FileName, object, ..Provenance::file(path) };
        let mut findings = inspector.place(inspected.candidates, &provenance);
        for finding in findings.iter_mut().filter(|finding| finding.status == Status::New) {
            if is_in_a_folder_of(objects, parents, &change.path, finding) {
                finding.status = Status::Old;
                finding.status_reason = Some("in the name of a folder that was there before".to_owned());
            }
        }
        outcome.findings.extend(findings);
    }
    outcome
}

fn is_in_a_folder_of<R: ReadObjects>(objects: &R, parents: &[Oid], path: &[u8], finding: &Finding) -> bool {
    let value = finding.secret.expose();
    let Some(at) = memchr::memmem::find(path, value) else { return false };
    let Some(end) = memchr::memchr(b'/', &path[at + value.len()..]) else { return false };
    let folder = &path[..at + value.len() + end];
    parents.iter().any(|parent| matches!(lookup(objects, parent, folder), Ok(Some(_))))
}
