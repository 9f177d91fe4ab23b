//! Commits, tags and trees, refs, and the index of a repository.

use crate::git::commits::commit::{Commit, header_text, summary};
use crate::git::commits::tag::Tag;
use crate::git::index::Index;
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::tree;
use crate::git::refs::{broken_refs, read_tips};
use crate::git::repo::Repo;

use super::input::Input;
use super::scratch::Scratch;

/// Reads a commit, a tag or a tree.
///
/// Layout: a byte, which selects the kind, and the object.
pub(crate) fn object(data: &[u8]) {
    let mut input = Input(data);
    let kind = input.byte();
    let data = input.0;
    match kind % 4 {
        0 => {
            if let Ok(commit) = Commit::parse(data) {
                assert!(data.ends_with(commit.message));
                let (author, committer) = (commit.author(), commit.committer());
                let _ = (author.date(), author.name_and_email(), committer.date(), commit.summary());
            }
        }
        1 => {
            if let Ok(tag) = Tag::parse(data) {
                assert!(data.ends_with(tag.message));
            }
        }
        _ => {
            let id_len = if kind % 4 == 2 { 20 } else { 32 };
            let mut entries = tree::entries(data, id_len);
            while let Some(Ok((_, name, id))) = entries.next_raw() {
                assert!(!name.contains(&0) && id.len() == id_len);
            }
            let _ = tree::entries(data, id_len).last();
        }
    }
    let _ = (header_text(data), summary(data));
}

/// Reads the refs of a repository: its packed refs, its HEAD and a reflog.
///
/// Layout: HEAD (a part), the reflog of HEAD (a part), and the file `packed-refs`.
pub(crate) fn packed_refs(data: &[u8]) {
    let mut input = Input(data);
    let (head, log) = (input.part(), input.part());
    let scratch = Scratch::new();
    scratch.write("config", b"[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
    scratch.write("objects/info/.keep", b"");
    scratch.write("refs/heads/.keep", b"");
    scratch.write("logs/HEAD", log);
    scratch.write("FETCH_HEAD", log);
    scratch.write("HEAD", head);
    scratch.write("packed-refs", input.0);
    let Ok(repo) = Repo::open(scratch.path()) else { return };
    let _ = repo.resolve_ref("refs/heads/main");
    if let Ok(tips) = read_tips(&repo) {
        assert!(tips.is_sorted());
        let _ = broken_refs(&repo, &tips);
    }
}

/// Reads the index of a repository.
///
/// Layout: a byte, which selects the hash algorithm, the index (a part), and the shared part of a split index.
pub(crate) fn git_index(data: &[u8]) {
    let mut input = Input(data);
    let algorithm = if input.byte() & 1 == 0 { HashAlgorithm::Sha1 } else { HashAlgorithm::Sha256 };
    let index = input.part();
    let scratch = Scratch::new();
    let path = scratch.write("index", index);
    // The extension `link` begins with the id that the file is named by.
    let link = memchr::memmem::find(index, b"link").and_then(|at| index.get(at + 8..));
    if let Some(id) = link.and_then(|link| Oid::from_bytes(link.get(..algorithm.id_len())?)) {
        scratch.write(&format!("sharedindex.{id}"), input.0);
    }
    let Ok(index) = Index::read(&path, scratch.path(), algorithm) else { return };
    let mut last: Option<(Vec<u8>, u8)> = None;
    for at in 0..index.len() {
        let entry = index.entry(at);
        assert!(!entry.path.is_empty());
        let key = (entry.path.to_vec(), entry.stage);
        assert!(last.is_none_or(|last| last <= key), "not sorted");
        last = Some(key);
    }
    if let Some((path, _)) = last {
        let at = index.partition_point(0..index.len(), |other| other < path.as_slice());
        assert_eq!(index.entry(at).path, path);
    }
}
