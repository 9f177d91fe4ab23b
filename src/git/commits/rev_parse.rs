//! Resolves revisions, as `git rev-parse` does: `main`, `v1^{commit}`, `origin/main~3`, an id (gitrevisions(7)).
//!
//! Ids, ref names and the suffixes `~` and `^` are resolved in the objects as they are stored: grafts and replace refs
//! are ignored, and a corrupt commit on the way is an error, whereas libgit2 never returns from a truncated loose
//! object. The rest of the syntax (`@{…}`, abbreviated ids, `:/text`) is resolved by running git.

use std::collections::HashSet;

use super::commit::Commit;
use super::tag::peel;
use crate::git::odb::object::{Kind, ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::store::ObjectStore;
use crate::git::repo::{Repo, RepoError};

/// A suffix of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    /// `^{}`, `^{commit}`, `^0`, `~0`: peels tags.
    Peel,
    /// `^N`: the N-th parent, counted from 1.
    Parent(usize),
    /// `~N`: the N-th ancestor, following first parents.
    Ancestor(usize),
}

impl Repo {
    /// Returns the object that a revision names: a commit or an annotated tag. The object itself is not read if the
    /// revision has no suffix, so it may be corrupt.
    ///
    /// # Errors
    ///
    /// [`RepoError::UnknownRevision`] when it names no object, and an error when a commit on the way is unreadable.
    pub(crate) fn rev_parse(&self, objects: &ObjectStore, rev: &str) -> Result<Oid, RepoError> {
        let unknown = || RepoError::UnknownRevision { rev: rev.to_owned() };
        let (name, suffixes) = split_suffixes(rev).unwrap_or((rev, Vec::new()));
        let start = match Oid::from_hex(name.as_bytes()) {
            Some(id) if objects.contains(&id) => Some(id),
            Some(_) => return Err(unknown()),
            // libgit2 would take an empty name for HEAD.
            None if name.is_empty() => return Err(unknown()),
            None => self.resolve_ref(name),
        };
        let Some(mut id) = start else { return self.rev_parse_with_git(rev)?.ok_or_else(unknown) };
        let shallow = if suffixes.is_empty() { HashSet::new() } else { self.shallow_commits()? };
        for suffix in suffixes {
            id = apply_suffix(objects, &shallow, id, suffix)?.ok_or_else(unknown)?;
        }
        Ok(id)
    }

    /// Returns both ends of `A..B` or `A...B`; an empty one is HEAD. For both notations, the commits that are reachable
    /// from B but not from A are the same.
    ///
    /// # Errors
    ///
    /// [`RepoError::NotARange`] when there are no dots in `spec`; otherwise as [`Repo::rev_parse`].
    pub(crate) fn rev_parse_range(&self, objects: &ObjectStore, spec: &str) -> Result<(Oid, Oid), RepoError> {
        let (left, right) = spec
            .split_once("...")
            .or_else(|| spec.split_once(".."))
            .ok_or_else(|| RepoError::NotARange { spec: spec.to_owned() })?;
        let resolve = |text: &str| self.rev_parse(objects, if text.is_empty() { "HEAD" } else { text });
        Ok((resolve(left)?, resolve(right)?))
    }
}

/// Splits a revision into a name and its suffixes; `None` if it has any other suffix.
fn split_suffixes(rev: &str) -> Option<(&str, Vec<Suffix>)> {
    let (name, mut rest) = rev.split_at(rev.find(['~', '^']).unwrap_or(rev.len()));
    let mut suffixes = Vec::new();
    while !rest.is_empty() {
        let (sign, tail) = rest.split_at(1);
        let peeled = ["{}", "{commit}"].iter().find_map(|what| tail.strip_prefix(what));
        if let ("^", Some(tail)) = (sign, peeled) {
            suffixes.push(Suffix::Peel);
            rest = tail;
            continue;
        }
        let (digits, tail) = tail.split_at(tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len()));
        let number = if digits.is_empty() { 1 } else { digits.parse().ok()? };
        suffixes.push(match (sign, number) {
            ("~" | "^", 0) => Suffix::Peel,
            ("~", number) => Suffix::Ancestor(number),
            ("^", number) => Suffix::Parent(number),
            _ => return None,
        });
        rest = tail;
    }
    let name = if name == "@" { "HEAD" } else { name };
    (!name.is_empty()).then_some((name, suffixes))
}

/// Returns the commit that a suffix selects; `None` when there is none.
fn apply_suffix(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    id: Oid,
    suffix: Suffix,
) -> Result<Option<Oid>, ObjectError> {
    let (Suffix::Parent(_) | Suffix::Ancestor(_)) = suffix else { return commit_of(objects, &id) };
    let mut id = id;
    let (nth, times) = match suffix {
        Suffix::Parent(nth) => (nth - 1, 1),
        Suffix::Ancestor(times) => (0, times),
        Suffix::Peel => (0, 0),
    };
    for _ in 0..times {
        let Some(commit) = commit_of(objects, &id)? else { return Ok(None) };
        if shallow.contains(&commit) {
            return Ok(None);
        }
        let object = objects.read(&commit)?;
        let parsed = Commit::parse(&object.data);
        let parsed = parsed.map_err(|error| ObjectError::Corrupt { id: commit, why: error.to_string() })?;
        match parsed.parents.get(nth) {
            Some(parent) => id = *parent,
            None => return Ok(None),
        }
    }
    Ok(Some(id))
}

/// Peels a commit or tag to a commit; `None` for other objects.
fn commit_of(objects: &impl ReadObjects, id: &Oid) -> Result<Option<Oid>, ObjectError> {
    let (id, kind) = peel(objects, id)?;
    Ok((kind == Kind::Commit).then_some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_parsed_as_in_git() {
        use Suffix::*;
        assert_eq!(split_suffixes("main"), Some(("main", vec![])));
        assert_eq!(split_suffixes("@~"), Some(("HEAD", vec![Ancestor(1)])));
        let suffixes = vec![Ancestor(2), Parent(1), Parent(3), Peel, Peel, Peel, Peel];
        assert_eq!(split_suffixes("a/b~2^^3^0^{}^{commit}~0"), Some(("a/b", suffixes)));
        for other in ["", "~1", "a^{tree}", "a^{/text}", "a~x", "a^1:file", "a~99999999999999999999"] {
            assert_eq!(split_suffixes(other), None, "{other}");
        }
    }
}
