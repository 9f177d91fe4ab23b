//! Parses annotated tag objects, and peels tags.

#[cfg(test)]
use super::commit::summary;
use super::commit::{HeaderLines, MalformedHeader};
#[cfg(test)]
use super::ident::Ident;
use crate::git::odb::object::{Kind, Object, ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;

/// One annotated tag, borrowed from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// The tagged object; may be another tag.
    pub target: Oid,
    /// The kind of the target according to the tag; `None` when it is missing or unknown.
    pub kind: Option<Kind>,
    /// The name in the object, which may differ from the ref's.
    pub name: &'a [u8],
    /// The tagger line without its keyword; empty when there is none.
    pub tagger: &'a [u8],
    /// Everything after the header, a signature included.
    pub message: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Parses the bytes of a tag.
    ///
    /// # Errors
    ///
    /// When the `object` line is missing or its id is malformed.
    pub(crate) fn parse(data: &'a [u8]) -> Result<Tag<'a>, MalformedHeader> {
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

    /// Name, email address and date of the tagger.
    #[cfg(test)]
    pub(crate) fn tagger(&self) -> Ident<'a> {
        Ident::parse(self.tagger)
    }

    /// The first line of the message that is not blank; invalid UTF-8 is replaced.
    #[cfg(test)]
    pub(crate) fn summary(&self) -> String {
        summary(self.message)
    }
}

/// Peels a tag: follows a chain of annotated tags to an object of another kind. Returns its id and kind.
///
/// # Errors
///
/// When an object of the chain cannot be read.
pub(crate) fn peel(objects: &impl ReadObjects, id: &Oid) -> Result<(Oid, Kind), ObjectError> {
    peel_until(objects, id, |_| false)
}

/// Like [`peel`], but does not read objects for which `is_commit` is true.
pub(crate) fn peel_until(
    objects: &impl ReadObjects,
    id: &Oid,
    is_commit: impl Fn(&Oid) -> bool,
) -> Result<(Oid, Kind), ObjectError> {
    peel_and_read(objects, id, is_commit).map(|(id, kind, _)| (id, kind))
}

/// Like [`peel_until`], and also returns the object if it was read.
pub(crate) fn peel_and_read(
    objects: &impl ReadObjects,
    id: &Oid,
    is_commit: impl Fn(&Oid) -> bool,
) -> Result<(Oid, Kind, Option<Object>), ObjectError> {
    let mut id = *id;
    // Chains of tags are rare and short. An endless one requires a store whose hashes are not checked.
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

/// Returns the annotated tags on the way from `tip` to the peeled object. Ends at an object that cannot be read.
pub(crate) fn tag_chain(objects: &impl ReadObjects, tip: Oid) -> Vec<Oid> {
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
    fn a_tag_is_parsed_and_a_bad_target_is_an_error() {
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
