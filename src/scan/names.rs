//! What stands in names and messages instead of files: of commits, tags, people, files, refs.
//!
//! Of a file's name only what has a shape of its own counts. A name holds words like `password` beside
//! anything.

use std::collections::HashSet;

use memchr::memmem;

use crate::git::commit::{Commit, written_in_header};
use crate::git::diff::Change;
use crate::git::tag::Tag;
use crate::git::tree::{Mode, entries, read_tree};
use crate::git::{Kind, Oid, ReadObjects};
use crate::model::{Carrier, Finding, Provenance, RepoPath, Secret, Status};

use super::Outcome;
use super::inspect::Inspector;

/// What people wrote into a commit or tag.
struct Written {
    carrier: Carrier,
    message: Vec<u8>,
    /// Where it stands in the header, as a phrase, and what: `Name <mail>`, the name of a tag, a merged tag.
    header: Vec<(&'static str, Vec<u8>)>,
}

fn written(objects: &impl ReadObjects, id: &Oid) -> Option<Written> {
    let object = objects.read(id).ok()?;
    match object.kind {
        Kind::Commit => {
            let commit = Commit::parse(&object.data).ok()?;
            let (author, committer) = (commit.author().person, commit.committer().person);
            let mut header = vec![("in the name or mail of the author", author.to_vec())];
            if committer != author {
                header.push(("in the name or mail of the committer", committer.to_vec()));
            }
            if commit.has_more {
                header.push(further(&object.data));
            }
            Some(Written { carrier: Carrier::Commit, message: commit.message.to_vec(), header })
        }
        Kind::Tag => {
            let tag = Tag::parse(&object.data).ok()?;
            let tagger = ("in the name or mail of the tagger", tag.tagger().person.to_vec());
            let header = vec![tagger, further(&object.data)];
            Some(Written { carrier: Carrier::Tag, message: tag.message.to_vec(), header })
        }
        Kind::Blob | Kind::Tree => None,
    }
}

/// What else stands in a header than the people.
fn further(data: &[u8]) -> (&'static str, Vec<u8>) {
    let written = written_in_header(data);
    let is_person = |line: &&[u8]| {
        [&b"author "[..], b"committer ", b"tagger "].iter().any(|person| line.starts_with(person))
    };
    let lines: Vec<&[u8]> = written.split(|byte| *byte == b'\n').filter(|line| !is_person(line)).collect();
    ("in a line of the header", lines.join(&b'\n'))
}

/// Scans the message and the header of a commit or tag. One that does not read holds nothing here: whoever
/// found it has said so.
pub(super) fn scan_written(inspector: &Inspector<'_>, objects: &impl ReadObjects, id: &Oid) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(Written { carrier, message, header }) = written(objects, id) else { return outcome };
    let object = Some(id.to_string());
    let provenance = Provenance { carrier, object, ..Provenance::file(RepoPath::new("")) };
    let mut scan = |text: &[u8], place: Option<&str>| {
        let inspected = inspector.inspect(text, || format!("message of {} {id}", carrier.as_str()));
        outcome.counts.bytes += text.len() as u64;
        outcome.coverage.extend(inspected.gap);
        let mut findings = inspector.place(inspected.candidates, &provenance);
        findings.iter_mut().for_each(|finding| finding.why.extend(place.map(str::to_owned)));
        outcome.findings.extend(findings);
    };
    scan(&message, None);
    header.iter().for_each(|(place, text)| scan(text, Some(place)));
    outcome
}

/// Scans the names of the files that `changes` add. A value that stands in a name of one of the `parents` is
/// not new: neither a rename nor another file in an old folder brings it.
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
        outcome.findings.extend(inspector.place(inspected.candidates, &provenance));
    }
    let fresh = |finding: &&Finding| finding.status == Status::New;
    let new: HashSet<Secret> =
        outcome.findings.iter().filter(fresh).map(|finding| finding.secret.clone()).collect();
    let old = in_names_of(objects, parents, new);
    for finding in outcome.findings.iter_mut().filter(|finding| finding.status == Status::New) {
        if old.contains(&finding.secret) {
            finding.status = Status::Old;
            finding.status_reason = Some("in a name that was there before".to_owned());
        }
    }
    outcome
}

/// Scans the names of refs that come into being.
pub(super) fn scan_ref_names(inspector: &Inspector<'_>, names: &[Vec<u8>]) -> Outcome {
    let mut outcome = Outcome::default();
    for name in names {
        let path = RepoPath::new(name.as_slice());
        let inspected = inspector.inspect(name, || format!("name of {}", path.to_text()));
        outcome.counts.bytes += name.len() as u64;
        outcome.coverage.extend(inspected.gap);
        let provenance = Provenance { carrier: Carrier::RefName, ..Provenance::file(path) };
        outcome.findings.extend(inspector.place(inspected.candidates, &provenance));
    }
    outcome
}

/// Those of `values` that stand in a path of one of the `trees`. A folder that stands at several paths is
/// looked into at one of them.
fn in_names_of<R: ReadObjects>(objects: &R, trees: &[Oid], values: HashSet<Secret>) -> HashSet<Secret> {
    let mut found = HashSet::new();
    if values.is_empty() {
        return found;
    }
    let mut seen: HashSet<Oid> = trees.iter().copied().collect();
    let mut open: Vec<(Vec<u8>, Oid)> = seen.iter().map(|tree| (Vec::new(), *tree)).collect();
    while let Some((folder, id)) = open.pop() {
        // A tree that cannot be read has no names that we know of.
        let Ok(data) = read_tree(objects, &id) else { continue };
        for entry in entries(&data, id.as_bytes().len()).map_while(Result::ok) {
            let path = [&folder, entry.name].concat();
            let here = values.iter().filter(|value| memmem::find(&path, value.expose()).is_some());
            found.extend(here.cloned());
            if entry.mode == Mode::Tree && seen.insert(entry.id) {
                open.push(([&path[..], b"/"].concat(), entry.id));
            }
        }
    }
    found
}
