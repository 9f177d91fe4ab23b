//! What revisions name: `main`, `v1^{commit}`, `origin/main~3`, an id.
//!
//! Ids, names and the steps behind them are followed in the objects as they are stored: grafts and replace refs have
//! no say, and a corrupt commit on the way is told as one, where libgit2 never returns from a loose object that is
//! cut off. What is left of the syntax (`@{…}`, abbreviated ids, `:/text`) is git's to know.

use std::collections::HashSet;

use super::commit::Commit;
use super::tag::peel;
use crate::git::odb::object::{Kind, ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::store::ObjectStore;
use crate::git::repo::{Repo, RepoError};

/// A step from one commit to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// `^{}`, `^{commit}`, `^0`, `~0`: from a tag to its commit.
    Peel,
    /// `^N`: to one of the parents, counted from 1.
    Parent(usize),
    /// `~N`: so often to the first parent.
    Ancestor(usize),
}

impl Repo {
    /// The object that a revision names: a commit, or an annotated tag. One that is named itself is not read, and
    /// may be corrupt: whoever walks from here says so.
    pub fn tip(&self, objects: &ObjectStore, rev: &str) -> Result<Oid, RepoError> {
        let unknown = || RepoError::UnknownRevision { rev: rev.to_owned() };
        let (name, steps) = split(rev).unwrap_or((rev, Vec::new()));
        let start = match Oid::from_hex(name.as_bytes()) {
            Some(id) if objects.contains(&id) => Some(id),
            Some(_) => return Err(unknown()),
            // libgit2 would take nothing for HEAD.
            None if name.is_empty() => return Err(unknown()),
            None => self.named(name),
        };
        let Some(mut id) = start else { return self.asked_of_git(rev)?.ok_or_else(unknown) };
        let shallow = if steps.is_empty() { HashSet::new() } else { self.shallow()? };
        for step in steps {
            id = taken(objects, &shallow, id, step)?.ok_or_else(unknown)?;
        }
        Ok(id)
    }

    /// The two sides of `A..B` or `A...B`; a missing one means HEAD. What B has and A lacks is the same for both.
    pub fn sides(&self, objects: &ObjectStore, spec: &str) -> Result<(Oid, Oid), RepoError> {
        let (left, right) = spec
            .split_once("...")
            .or_else(|| spec.split_once(".."))
            .ok_or_else(|| RepoError::NotARange { spec: spec.to_owned() })?;
        let side = |text: &str| self.tip(objects, if text.is_empty() { "HEAD" } else { text });
        Ok((side(left)?, side(right)?))
    }
}

/// A name and the steps behind it; `None` where there are others than these.
fn split(rev: &str) -> Option<(&str, Vec<Step>)> {
    let (name, mut rest) = rev.split_at(rev.find(['~', '^']).unwrap_or(rev.len()));
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (sign, tail) = rest.split_at(1);
        let peeled = ["{}", "{commit}"].iter().find_map(|what| tail.strip_prefix(what));
        if let ("^", Some(tail)) = (sign, peeled) {
            steps.push(Step::Peel);
            rest = tail;
            continue;
        }
        let (digits, tail) = tail.split_at(tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len()));
        let number = if digits.is_empty() { 1 } else { digits.parse().ok()? };
        steps.push(match (sign, number) {
            ("~" | "^", 0) => Step::Peel,
            ("~", number) => Step::Ancestor(number),
            ("^", number) => Step::Parent(number),
            _ => return None,
        });
        rest = tail;
    }
    let name = if name == "@" { "HEAD" } else { name };
    (!name.is_empty()).then_some((name, steps))
}

/// Where a step leads; `None` when there is no such commit.
fn taken(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    id: Oid,
    step: Step,
) -> Result<Option<Oid>, ObjectError> {
    let (Step::Parent(_) | Step::Ancestor(_)) = step else { return commit_of(objects, &id) };
    let mut id = id;
    let (nth, times) = match step {
        Step::Parent(nth) => (nth - 1, 1),
        Step::Ancestor(times) => (0, times),
        Step::Peel => (0, 0),
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

/// The commit that a commit or tag leads to.
fn commit_of(objects: &impl ReadObjects, id: &Oid) -> Result<Option<Oid>, ObjectError> {
    let (id, kind) = peel(objects, id)?;
    Ok((kind == Kind::Commit).then_some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_as_git_reads_them() {
        use Step::*;
        assert_eq!(split("main"), Some(("main", vec![])));
        assert_eq!(split("@~"), Some(("HEAD", vec![Ancestor(1)])));
        let steps = vec![Ancestor(2), Parent(1), Parent(3), Peel, Peel, Peel, Peel];
        assert_eq!(split("a/b~2^^3^0^{}^{commit}~0"), Some(("a/b", steps)));
        for other in ["", "~1", "a^{tree}", "a^{/text}", "a~x", "a^1:file", "a~99999999999999999999"] {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
