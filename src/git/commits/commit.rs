//! Parses commit objects.
//!
//! Only the `tree` and `parent` lines must be well formed, because walks depend on them. All other lines are kept as
//! bytes and decoded on demand. Dates can be forged: they are displayed, and break ties.

use thiserror::Error;

use super::ident::Ident;
use crate::git::odb::oid::Oid;

/// The header of a commit or tag is malformed.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("malformed {line} line")]
pub(crate) struct MalformedHeader {
    /// The header line that is missing or wrong.
    pub line: &'static str,
}

/// One commit, borrowed from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit<'a> {
    /// The root tree.
    pub tree: Oid,
    /// The parents in stored order; grafts and replace refs are ignored.
    pub parents: Vec<Oid>,
    /// The author line without its keyword; empty when there is none.
    pub author: &'a [u8],
    /// The committer line without its keyword; empty when there is none.
    pub committer: &'a [u8],
    /// The `encoding` line: the encoding of the message and the names if it is not UTF-8.
    pub encoding: Option<&'a [u8]>,
    /// Whether the header has other lines, apart from signatures: the `mergetag` of a merged tag, or lines that another
    /// tool has written.
    pub has_extra_headers: bool,
    /// Everything after the header.
    pub message: &'a [u8],
}

impl<'a> Commit<'a> {
    /// Parses the bytes of a commit.
    ///
    /// # Errors
    ///
    /// When the `tree` line is missing or an id is malformed.
    pub(crate) fn parse(data: &'a [u8]) -> Result<Commit<'a>, MalformedHeader> {
        let mut lines = HeaderLines { rest: data };
        let tree = match lines.next() {
            Some((b"tree", id)) => Oid::from_hex(id),
            _ => None,
        };
        let tree = tree.ok_or(MalformedHeader { line: "tree" })?;
        let mut commit = Commit {
            tree,
            parents: Vec::new(),
            author: b"",
            committer: b"",
            encoding: None,
            has_extra_headers: false,
            message: b"",
        };
        let mut in_parents = true;
        while let Some((key, value)) = lines.next() {
            in_parents &= key == b"parent";
            match key {
                b"parent" if in_parents => {
                    commit.parents.push(Oid::from_hex(value).ok_or(MalformedHeader { line: "parent" })?);
                }
                b"author" if commit.author.is_empty() => commit.author = value,
                b"committer" if commit.committer.is_empty() => commit.committer = value,
                b"encoding" if commit.encoding.is_none() => commit.encoding = Some(value),
                key if SIGNATURES.contains(&key) => {}
                _ => commit.has_extra_headers = true,
            }
        }
        commit.message = lines.rest;
        Ok(commit)
    }

    /// Name, email address and date of the author.
    pub(crate) fn author(&self) -> Ident<'a> {
        Ident::parse(self.author)
    }

    /// Name, email address and date of the committer.
    pub(crate) fn committer(&self) -> Ident<'a> {
        Ident::parse(self.committer)
    }

    /// The first line of the message that is not blank; invalid UTF-8 is replaced.
    pub(crate) fn summary(&self) -> String {
        summary(self.message)
    }
}

/// Header lines with a signature.
const SIGNATURES: [&[u8]; 2] = [b"gpgsig", b"gpgsig-sha256"];

/// Returns the header lines of a commit or tag that may contain arbitrary text: names and email addresses without
/// dates, the name of a tag, a merged tag. Ids and signatures are left out, and the committer if it equals the author.
pub(crate) fn header_text(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut author: &[u8] = b"";
    let mut keep = false;
    for line in data.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty()) {
        if line[0] != b' ' {
            let key = &line[..memchr::memchr(b' ', line).unwrap_or(line.len())];
            let is_id = matches!(key, b"tree" | b"parent" | b"object" | b"type");
            keep = !is_id && !SIGNATURES.contains(&key);
        }
        if keep {
            let is = |key: &[u8]| line.starts_with(key);
            let is_person = is(b"author ") || is(b"committer ") || is(b"tagger ");
            let content = if is_person { Ident::parse(line).person } else { line };
            if content.strip_prefix(b"committer ") == Some(author) {
                continue;
            }
            author = content.strip_prefix(b"author ").unwrap_or(author);
            text.extend_from_slice(content);
            text.push(b'\n');
        }
    }
    text
}

/// Returns the first line of `message` that is not blank; invalid UTF-8 is replaced.
pub(crate) fn summary(message: &[u8]) -> String {
    let line = message.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
}

/// Splits the header of a commit or tag into (key, value) pairs, and leaves the message in `rest`.
/// Continuation lines (of signatures, merged tags) are skipped.
pub(crate) struct HeaderLines<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> HeaderLines<'a> {
    pub(crate) fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        loop {
            let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let line = &self.rest[..end];
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if line.is_empty() {
                return None;
            }
            if line[0] != b' ' {
                let space = memchr::memchr(b' ', line).unwrap_or(line.len());
                return Some((&line[..space], line.get(space + 1..).unwrap_or_default()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signed_merge_with_encoding_is_parsed() {
        let tree = "a".repeat(40);
        let parents = ["b".repeat(40), "c".repeat(40)];
        let data = format!(
            "tree {tree}\nparent {}\nparent {}\nauthor A U <a@b> 0 +0000\ncommitter C <c@d> 5 -0130\n\
             encoding ISO-8859-1\ngpgsig -----BEGIN\n parent {}\n \n end\n\n\n  First line \nmore\0\n",
            parents[0], parents[1], parents[0]
        );
        let commit = Commit::parse(data.as_bytes()).expect("valid");
        assert_eq!(commit.tree.to_string(), tree);
        assert_eq!(commit.parents.iter().map(Oid::to_string).collect::<Vec<_>>(), parents);
        assert_eq!(commit.encoding, Some(&b"ISO-8859-1"[..]));
        assert_eq!(commit.message, b"\n  First line \nmore\0\n");
        assert_eq!(commit.summary(), "First line");
        assert_eq!(commit.author().name_and_email(), "A U <a@b>");
        assert_eq!(commit.committer().seconds, 5);
    }

    #[test]
    fn bad_ids_are_errors_and_a_missing_author_is_not() {
        let tree = "a".repeat(40);
        let bare = format!("tree {tree}\n\n");
        assert_eq!(Commit::parse(bare.as_bytes()).expect("enough").author, b"");
        for (data, line) in [
            (String::new(), "tree"),
            ("tree xyz\n\n".into(), "tree"),
            (format!("tree {tree}\nparent 12\n\n"), "parent"),
        ] {
            assert_eq!(Commit::parse(data.as_bytes()), Err(MalformedHeader { line }));
        }
    }

    #[test]
    fn header_text_has_no_ids_dates_and_signatures() {
        let id = "a".repeat(40);
        let data = format!(
            "tree {id}\nparent {id}\nauthor A <a@b> 0 +0000\ncommitter C <c@d> 5 -0130\ngpgsig -----BEGIN\n \n end\n\
             mergetag object {id}\n tag v1\n \n text\nencoding x\n\nnot this\n"
        );
        let commit = Commit::parse(data.as_bytes()).expect("valid");
        assert!(commit.has_extra_headers);
        let text = String::from_utf8(header_text(data.as_bytes())).expect("text");
        let expected = format!(
            "author A <a@b>\ncommitter C <c@d>\nmergetag object {id}\n tag v1\n \n text\nencoding x\n"
        );
        assert_eq!(text, expected);
        let tag = format!("object {id}\ntype commit\ntag v1\ntagger T <t@t> 9 +0200\n\nhello\n");
        assert_eq!(header_text(tag.as_bytes()), b"tag v1\ntagger T <t@t>\n");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_parsed_without_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let data = [format!("tree {}\n", "a".repeat(40)).into_bytes(), tail].concat();
            if let Ok(commit) = Commit::parse(&data) {
                let _ = (commit.summary(), commit.author().date(), commit.committer().name_and_email());
            }
        }
    }
}
