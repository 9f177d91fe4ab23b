//! Removes redundant candidates from a list of merge bases, as `git merge-base --independent` does.
//!
//! Generation numbers, or dates where there are none, only determine the order of the walk, so that it usually ends
//! early. Forged dates cost time; wrong generation numbers can leave an ancestor of another commit in the result.

use std::collections::{BinaryHeap, HashSet};

use super::commit::Commit;
use crate::git::odb::object::GENERATION_INFINITY;
use crate::git::odb::object::{Kind, ReadObjects};
use crate::git::odb::oid::Oid;

/// Returns the `commits` that are not reachable from any other one of them, without duplicates, in the given order. A
/// commit that cannot be read has no ancestors. `shallow` are the commits at a shallow boundary: their parents are
/// ignored.
pub(crate) fn independent(objects: &impl ReadObjects, shallow: &HashSet<Oid>, commits: &[Oid]) -> Vec<Oid> {
    let mut independent: Vec<Oid> = Vec::new();
    for id in commits {
        if !independent.contains(id) {
            independent.push(*id);
        }
    }
    let parents = |id: &Oid| -> Vec<(u32, i64, Oid)> {
        let read = |id: &Oid| objects.read(id).ok().filter(|object| object.kind == Kind::Commit);
        let date = |id: &Oid| {
            let object = read(id)?;
            Some(Commit::parse(&object.data).ok()?.committer().seconds)
        };
        let Some(object) = read(id).filter(|_| !shallow.contains(id)) else { return Vec::new() };
        let Ok(commit) = Commit::parse(&object.data) else { return Vec::new() };
        let queued = |parent: &Oid| match objects.generation(parent) {
            GENERATION_INFINITY => (GENERATION_INFINITY, date(parent).unwrap_or(0), *parent),
            generation => (generation, 0, *parent),
        };
        commit.parents.iter().map(queued).collect()
    };
    if independent.len() < 2 {
        return independent;
    }
    let mut seen: HashSet<Oid> = HashSet::new();
    let mut queue: BinaryHeap<(u32, i64, Oid)> = independent.iter().flat_map(parents).collect();
    // At least one commit remains: not every commit can be an ancestor of another.
    while let Some((generation, _, id)) = queue.pop().filter(|_| independent.len() > 1) {
        // Everything in the queue, and its ancestors, has lower generation numbers than the remaining commits.
        if generation != GENERATION_INFINITY
            && independent.iter().all(|commit| objects.generation(commit) > generation)
        {
            break;
        }
        if seen.insert(id) {
            independent.retain(|commit| *commit != id);
            queue.extend(parents(&id));
        }
    }
    independent
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::git::HashAlgorithm;
    use crate::git::odb::store::ObjectStore;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::oid;

    #[test]
    fn ancestors_of_others_are_removed() {
        let test = TestRepo::new();
        let first = test.commit("first");
        let second = test.commit("second");
        test.git(&["checkout", "-q", "-b", "side", &first]);
        let side = test.commit("side");
        let objects = ObjectStore::open(&[test.path().join(".git/objects")], HashAlgorithm::Sha1);
        let ids = |ids: &[&String]| ids.iter().map(|id| oid(id)).collect::<Vec<_>>();
        let none = HashSet::new();
        let independent = |commits: &[&String]| independent(&objects, &none, &ids(commits));
        assert_eq!(independent(&[&first, &second]), ids(&[&second]));
        assert_eq!(independent(&[&side, &first, &second, &side]), ids(&[&side, &second]));
        assert_eq!(independent(&[&first]), ids(&[&first]));
        assert_eq!(independent(&[]), []);
    }
}
