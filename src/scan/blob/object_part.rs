//! The parts of a git object that can contain a value: content, message and header lines.

use std::borrow::Cow;

use crate::git::Kind;
use crate::git::commits::commit::{Commit, header_text};
use crate::git::commits::tag::Tag;

/// A part of an object that is scanned as a text by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObjectPart {
    /// The whole blob.
    Content,
    /// The message of a commit, or the whole object if it does not parse as a commit.
    CommitMessage,
    /// Author, committer and further header lines of a commit.
    CommitHeader,
    /// The message of an annotated tag, or the whole object if it does not parse as a tag.
    TagMessage,
    /// Name and tagger of an annotated tag.
    TagHeader,
}

impl ObjectPart {
    /// Returns the parts of an object of this kind.
    pub(crate) fn all(kind: Kind) -> &'static [ObjectPart] {
        match kind {
            Kind::Blob => &[ObjectPart::Content],
            Kind::Commit => &[ObjectPart::CommitMessage, ObjectPart::CommitHeader],
            Kind::Tag => &[ObjectPart::TagMessage, ObjectPart::TagHeader],
            Kind::Tree => &[],
        }
    }

    /// Returns the kind of the object.
    pub(crate) fn kind(self) -> Kind {
        match self {
            ObjectPart::Content => Kind::Blob,
            ObjectPart::CommitMessage | ObjectPart::CommitHeader => Kind::Commit,
            ObjectPart::TagMessage | ObjectPart::TagHeader => Kind::Tag,
        }
    }

    /// Whether the part is header lines, not a message or content.
    pub(crate) fn is_header(self) -> bool {
        matches!(self, ObjectPart::CommitHeader | ObjectPart::TagHeader)
    }

    /// Returns the bytes of this part of the object `data`.
    pub(crate) fn extract(self, data: &[u8]) -> Cow<'_, [u8]> {
        match self {
            ObjectPart::Content => data.into(),
            ObjectPart::CommitMessage => Commit::parse(data).map_or(data, |commit| commit.message).into(),
            ObjectPart::TagMessage => Tag::parse(data).map_or(data, |tag| tag.message).into(),
            ObjectPart::CommitHeader | ObjectPart::TagHeader => header_text(data).into(),
        }
    }
}
