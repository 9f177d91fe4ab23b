//! What stands in names and messages instead of files: of commits, tags, people, files, refs.
//!
//! Of a file's name only what has a shape of its own counts. A name holds words like `password` beside
//! anything.

use std::collections::HashSet;

use memchr::memmem;

use crate::git::diff::Change;
use crate::git::odb::tree::{Mode, entries, read_tree};
use crate::git::{Kind, Object, Oid, ReadObjects};
use crate::model::{Carrier, Excerpt, Finding, IN_PEOPLE, Location, Provenance, RepoPath, Secret, Status};

use super::blob_scanner::Inspector;
use super::object_part::Piece;
use crate::scan::Outcome;

/// Tells of a finding in a header of a commit or tag whose name or mail it is in, if it is in one: it stands there
/// as in a text of its own.
pub(crate) fn tell_who(finding: &mut Finding, header: &[u8]) {
    let line = header.split(|&byte| byte == b'\n').nth(finding.location.start_line - 1).unwrap_or_default();
    let keys = ["author", "committer", "tagger"];
    let is_key = |key: &&str| line.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b" "));
    let Some(who) = keys.into_iter().find(is_key) else { return };
    finding.why.push(format!("{IN_PEOPLE} {who}"));
    let (place, excerpt, shift) = (&mut finding.location, &mut finding.excerpt, who.len() + 1);
    if place.start_line == place.end_line && place.start_column > shift {
        let (start_column, end_column) = (place.start_column - shift, place.end_column - shift);
        *place = Location { start_line: 1, start_column, end_line: 1, end_column };
    }
    if let Some(rest) = excerpt.text.strip_prefix(&format!("{who} ")).filter(|_| excerpt.start >= shift) {
        let text = rest.to_owned();
        *excerpt = Excerpt { text, start: excerpt.start - shift, end: excerpt.end - shift };
    }
}

/// Scans the message of a commit or tag, and what else is written into it: the same as of each in a whole history.
/// One that does not read holds nothing here: whoever found it has said so.
pub(crate) fn scan_written(inspector: &Inspector<'_>, objects: &impl ReadObjects, id: &Oid) -> Outcome {
    let mut outcome = Outcome::default();
    let Ok(Object { kind, data }) = objects.read(id) else { return outcome };
    let carrier = match kind {
        Kind::Commit => Carrier::Commit,
        Kind::Tag => Carrier::Tag,
        Kind::Blob | Kind::Tree => return outcome,
    };
    let object = Some(id.to_string());
    let provenance = Provenance { carrier, object, ..Provenance::file(RepoPath::new("")) };
    for piece in Piece::all_of(kind) {
        let text = piece.of(&data);
        let inspected = inspector.inspect(&text, || format!("{} {id}", carrier.as_str()));
        outcome.counts.bytes += text.len() as u64;
        outcome.coverage.extend(inspected.gap);
        let mut findings = inspector.place(inspected.candidates, &provenance);
        if matches!(piece, Piece::CommitHeader | Piece::TagHeader) {
            findings.iter_mut().for_each(|finding| tell_who(finding, &text));
        }
        outcome.findings.extend(findings);
    }
    outcome
}

/// Scans the names of the files that `changes` add. A value that stands in a name of one of the `parents` is
/// not new: neither a rename nor another file in an old folder brings it.
pub(crate) fn scan_file_names<R: ReadObjects>(
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
pub(crate) fn scan_ref_names(inspector: &Inspector<'_>, names: &[Vec<u8>]) -> Outcome {
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
