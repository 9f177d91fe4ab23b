//! What of a repository can hold a value: blobs, messages, the lines of people, and names.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::git::commits::commit::{Commit, written_in_header};
use crate::git::commits::tag::Tag;
use crate::git::{Growth, Kind, ObjectError, Oid, ScanObjects, Visitor};
use crate::model::Coverage;
use crate::source::view::object_gap;

use super::blob_scanner::{Inspected, Inspector};
use crate::scan::history::fingerprint_scan::{Surveyor, Values};
use crate::scan::map;

/// To read one object, a chain of some dozens is rebuilt: when more than this are wanted, all objects
/// are walked once more.
const WORTH_A_WALK: usize = 500;

/// A part of an object that is looked at by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Piece {
    /// All of a blob.
    Content,
    /// The message of a commit, or all of one that does not read as a commit.
    CommitMessage,
    /// Author, committer and further header lines of a commit.
    CommitHeader,
    /// The message of an annotated tag, or all of one that does not read as a tag.
    TagMessage,
    /// Name and tagger of an annotated tag.
    TagHeader,
}

impl Piece {
    /// Those of an object of this kind.
    pub(crate) fn all_of(kind: Kind) -> &'static [Piece] {
        match kind {
            Kind::Blob => &[Piece::Content],
            Kind::Commit => &[Piece::CommitMessage, Piece::CommitHeader],
            Kind::Tag => &[Piece::TagMessage, Piece::TagHeader],
            Kind::Tree => &[],
        }
    }

    /// The kind of the object.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Piece::Content => Kind::Blob,
            Piece::CommitMessage | Piece::CommitHeader => Kind::Commit,
            Piece::TagMessage | Piece::TagHeader => Kind::Tag,
        }
    }

    /// The piece of an object's bytes.
    pub(crate) fn of(self, data: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Piece::Content => data.into(),
            Piece::CommitMessage => Commit::parse(data).map_or(data, |commit| commit.message).into(),
            Piece::TagMessage => Tag::parse(data).map_or(data, |tag| tag.message).into(),
            Piece::CommitHeader | Piece::TagHeader => written_in_header(data).into(),
        }
    }
}

/// What a value was found in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    /// A piece of an object.
    Object(Oid, Piece),
    /// The name of a file or directory, without the directories above.
    FileName(Vec<u8>),
    /// The full name of a ref.
    RefName(String),
}

/// Names and mails of authors and committers in which nothing was found. There are few in a history.
#[derive(Default)]
pub(crate) struct CleanPeople(HashSet<Box<[u8]>>);

impl CleanPeople {
    /// Whether what stands in the commit's header has to be looked at.
    pub(crate) fn are_unknown(&self, commit: &Commit<'_>) -> bool {
        let is_known = |line: &[u8]| self.0.contains(person(line));
        commit.has_more || !is_known(commit.author) || !is_known(commit.committer)
    }

    /// Remembers the people of a commit in whose header nothing was found.
    pub(crate) fn add(&mut self, commit: &Commit<'_>) {
        for line in [commit.author, commit.committer] {
            if !self.0.contains(person(line)) {
                self.0.insert(person(line).into());
            }
        }
    }
}

/// The line without its date.
fn person(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|&byte| byte == b'>').map_or(line.len(), |at| at + 1);
    &line[..end]
}

/// Those of the `names` that hold values. All are looked at together first: mostly none does.
pub(crate) fn names_with_values<'i, 'n>(
    surveyor: &mut Surveyor<'i, '_>,
    names: &[&'n [u8]],
) -> Vec<(&'n [u8], Values<'i>)> {
    if names.is_empty() || surveyor.survey_names(&names.join(&b'\n'), || "names".to_owned()).is_none() {
        return Vec::new();
    }
    let one = |name: &&'n [u8]| {
        let what = || format!("name {}", String::from_utf8_lossy(name));
        surveyor.survey_names(name, what).map(|values| (*name, values))
    };
    names.iter().filter_map(one).collect()
}

/// Everything in each of the `wanted` objects.
pub(crate) fn inspect<'i>(
    inspector: &'i Inspector<'_>,
    objects: &impl ScanObjects,
    wanted: &[(Oid, Piece)],
    threads: usize,
) -> Vec<Result<Inspected<'i>, Coverage>> {
    let one =
        |id: &Oid, piece: Piece, data: &[u8]| inspector.inspect(&piece.of(data), || format!("object {id}"));
    if wanted.len() <= WORTH_A_WALK {
        let read = |(id, piece): &(Oid, Piece)| match objects.read(id) {
            Ok(object) => Ok(one(id, *piece, &object.data)),
            Err(error) => Err(object_gap(&error, None)),
        };
        return map(wanted, threads, read);
    }
    let numbers: HashMap<(Oid, Piece), usize> = wanted.iter().copied().zip(0..).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for (_, piece) in wanted {
        if !kinds.contains(&piece.kind()) {
            kinds.push(piece.kind());
        }
    }
    let mut inspected: Vec<Option<Inspected<'i>>> = wanted.iter().map(|_| None).collect();
    let make = || Again { inspect: &one, numbers: &numbers, inspected: Vec::new() };
    for worker in objects.for_each(&kinds, threads, &make) {
        worker.inspected.into_iter().for_each(|(number, here)| inspected[number] = Some(here));
    }
    let gone = |id: Oid| object_gap(&ObjectError::Missing { id }, None);
    wanted.iter().zip(inspected).map(|((id, _), inspected)| inspected.ok_or_else(|| gone(*id))).collect()
}

/// Inspects some objects of a whole store.
struct Again<'a, 'i, F> {
    inspect: &'a F,
    numbers: &'a HashMap<(Oid, Piece), usize>,
    inspected: Vec<(usize, Inspected<'i>)>,
}

impl<'i, F: Fn(&Oid, Piece, &[u8]) -> Inspected<'i> + Sync> Visitor for Again<'_, 'i, F> {
    type State = ();

    fn visit(&mut self, id: &Oid, kind: Kind, data: &[u8], _growth: Option<Growth<'_, ()>>) {
        for piece in Piece::all_of(kind) {
            if let Some(number) = self.numbers.get(&(*id, *piece)) {
                self.inspected.push((*number, (self.inspect)(id, *piece, data)));
            }
        }
    }

    /// The walk before this one has told.
    fn failed(&mut self, _error: ObjectError) {}
}
