//! Reads annotated tag objects.

use super::commit::{HeaderLines, MalformedHeader, summary};
use super::ident::Ident;
use crate::git::odb::object::{Kind, Object, ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;

/// One annotated tag, borrowed from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// What it points at; may be another tag.
    pub target: Oid,
    /// What the tag says its target is; `None` when it says nothing known.
    pub kind: Option<Kind>,
    /// The name in the object, which may differ from the ref's.
    pub name: &'a [u8],
    /// The tagger line without its keyword; empty when there is none.
    pub tagger: &'a [u8],
    /// Everything after the header, a signature included.
    pub message: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Reads a tag's bytes.
    pub fn parse(data: &'a [u8]) -> Result<Tag<'a>, MalformedHeader> {
        let mut lines = HeaderLines { rest: data };
        let target = match lines.next() {
            Some((b"object", id)) => Oid::from_hex(id),
            _ => None,
        };
        let target = target.ok_or(MalformedHeader { line: "object" })?;
        let mut tag = Tag { target, kind: None, name: b"", tagger: b"", message: b"" };
        while let Some((key, value)) = lines.next() {
            match key {
                b"type" => {
                    tag.kind = match value {
                        b"commit" => Some(Kind::Commit),
                        b"tree" => Some(Kind::Tree),
                        b"blob" => Some(Kind::Blob),
                        b"tag" => Some(Kind::Tag),
                        _ => None,
                    };
                }
                b"tag" if tag.name.is_empty() => tag.name = value,
                b"tagger" if tag.tagger.is_empty() => tag.tagger = value,
                _ => {}
            }
        }
        tag.message = lines.rest;
        Ok(tag)
    }

    /// Name, mail and date of the tagger.
    pub fn tagger(&self) -> Ident<'a> {
        Ident::parse(self.tagger)
    }

    /// The first line of the message that is not blank; invalid UTF-8 replaced.
    pub fn summary(&self) -> String {
        summary(self.message)
    }
}

/// Follows a chain of annotated tags to what it names, and says what kind that is.
pub fn peel(objects: &impl ReadObjects, id: &Oid) -> Result<(Oid, Kind), ObjectError> {
    peel_over(objects, id, |_| false)
}

/// As [`peel`], where it is known of some objects that they are commits: these are not read.
pub(crate) fn peel_over(
    objects: &impl ReadObjects,
    id: &Oid,
    is_commit: impl Fn(&Oid) -> bool,
) -> Result<(Oid, Kind), ObjectError> {
    read_peeled(objects, id, is_commit).map(|(id, kind, _)| (id, kind))
}

/// The same, with the object where it was read.
pub(crate) fn read_peeled(
    objects: &impl ReadObjects,
    id: &Oid,
    is_commit: impl Fn(&Oid) -> bool,
) -> Result<(Oid, Kind, Option<Object>), ObjectError> {
    let mut id = *id;
    // Tags of tags are rare and short; an endless chain takes a store that does not check hashes.
    for _ in 0..1000 {
        if is_commit(&id) {
            return Ok((id, Kind::Commit, None));
        }
        let object = objects.read(&id)?;
        if object.kind != Kind::Tag {
            return Ok((id, object.kind, Some(object)));
        }
        let tag = Tag::parse(&object.data);
        id = tag.map_err(|error| ObjectError::Corrupt { id, why: error.to_string() })?.target;
    }
    Err(ObjectError::Corrupt { id, why: "endless chain of tags".into() })
}

/// The tags that peeling `tip` goes through. Ends at what does not read.
pub fn tags_at(objects: &impl ReadObjects, tip: Oid) -> Vec<Oid> {
    let mut tags = Vec::new();
    let mut id = tip;
    while let Ok(object) = objects.read(&id)
        && object.kind == Kind::Tag
        && !tags.contains(&id)
        && let Ok(tag) = Tag::parse(&object.data)
    {
        tags.push(id);
        id = tag.target;
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_whole_and_a_bad_target_is_an_error() {
        let id = "d".repeat(40);
        let data = format!("object {id}\ntype blob\ntag v1\ntagger T <t@t> 9 +0200\n\nhello\n");
        let tag = Tag::parse(data.as_bytes()).expect("valid");
        assert_eq!((tag.target.to_string(), tag.kind, tag.name), (id, Some(Kind::Blob), &b"v1"[..]));
        assert_eq!(
            (tag.tagger().date(), tag.summary()),
            ("1970-01-01T02:00:09+02:00".into(), "hello".into())
        );
        assert_eq!(Tag::parse(b"type blob\n"), Err(MalformedHeader { line: "object" }));
    }
}
