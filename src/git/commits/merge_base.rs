//! Which of several commits are the best common ancestors.
//!
//! Only the graph decides. Levels, or dates where there are none, order the work, so that it usually ends early; forged
//! dates cost time, and wrong levels leave an ancestor among the best.

use std::collections::{BinaryHeap, HashSet};

use super::commit::Commit;
use super::commit_graph_file::UNKNOWN;
use crate::git::odb::object::{Kind, ReadObjects};
use crate::git::odb::oid::Oid;

/// Those of `commits` that no other one of them descends from, in the given order. What does not read has no
/// ancestors. `shallow` are the commits whose parents count as cut off.
pub fn latest(objects: &impl ReadObjects, shallow: &HashSet<Oid>, commits: &[Oid]) -> Vec<Oid> {
    let mut latest: Vec<Oid> = Vec::new();
    for id in commits {
        if !latest.contains(id) {
            latest.push(*id);
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
        let waiting = |parent: &Oid| match objects.level(parent) {
            UNKNOWN => (UNKNOWN, date(parent).unwrap_or(0), *parent),
            level => (level, 0, *parent),
        };
        commit.parents.iter().map(waiting).collect()
    };
    if latest.len() < 2 {
        return latest;
    }
    let mut seen: HashSet<Oid> = HashSet::new();
    let mut queue: BinaryHeap<(u32, i64, Oid)> = latest.iter().flat_map(parents).collect();
    // One is left always: not every commit can be an ancestor of another.
    while let Some((level, _, id)) = queue.pop().filter(|_| latest.len() > 1) {
        // What is left reaches lower levels only.
        if level != UNKNOWN && latest.iter().all(|commit| objects.level(commit) > level) {
            break;
        }
        if seen.insert(id) {
            latest.retain(|commit| *commit != id);
            queue.extend(parents(&id));
        }
    }
    latest
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::git::HashAlgorithm;
    use crate::git::odb::store::ObjectStore;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::oid;

    #[test]
    fn ancestors_of_others_go_and_equals_stay() {
        let test = TestRepo::new();
        let first = test.commit("first");
        let second = test.commit("second");
        test.git(&["checkout", "-q", "-b", "side", &first]);
        let side = test.commit("side");
        let objects = ObjectStore::open(&[test.path().join(".git/objects")], HashAlgorithm::Sha1);
        let ids = |ids: &[&String]| ids.iter().map(|id| oid(id)).collect::<Vec<_>>();
        let none = HashSet::new();
        let latest = |commits: &[&String]| latest(&objects, &none, &ids(commits));
        assert_eq!(latest(&[&first, &second]), ids(&[&second]));
        assert_eq!(latest(&[&side, &first, &second, &side]), ids(&[&side, &second]));
        assert_eq!(latest(&[&first]), ids(&[&first]));
        assert_eq!(latest(&[]), []);
    }
}
