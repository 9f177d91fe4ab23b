//! Which refs have a value at a place, and from where it was moved there.
//!
//! What one commit brought, another may have brought again: a cherry-pick, or the same file added to two branches.
//! The refs of the first commit are then not all. So a place is followed through the graph by itself: every commit
//! that has the value there while no parent has counts.

use std::collections::HashMap;

use super::sets::Sets;
use super::tree_index::{Standing, Trees};
use super::{Roots, names};
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::object::ScanObjects;
use crate::git::odb::oid::Oid;
use crate::git::refs::Tip;
use crate::model::RefSet;

/// About so many places are followed in one pass: the sets that trees hold stay small.
const AT_ONCE: usize = 1024;

/// What holds a value in a tree: one of those that `trees` were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A blob.
    Blob(Oid),
    /// The wanted name of this position.
    Name(usize),
}

/// A place of a value.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'p> {
    /// Its position among the values.
    pub value: usize,
    /// The path.
    pub path: &'p [u8],
}

/// What history says about one value at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Full names of the refs whose history has the value at the place, sorted. For what only a HEAD reaches,
    /// that HEAD's name.
    pub refs: RefSet,
    /// The other spots of the value (by their positions) from which the first commit took it as it brought it here.
    pub moved_from: Vec<usize>,
}

/// Follows values at their places, as far as refs and HEADs reach. `values` are told by what holds them, and the
/// `spots` of one value stand together.
pub fn spreads(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    trees: &Trees,
    values: &[Vec<Holder>],
    spots: &[Spot<'_>],
) -> Vec<Spread> {
    if spots.is_empty() {
        return Vec::new();
    }
    // What leads nowhere is told by whoever attributes.
    let roots = Roots::find(objects, graph, tips, head, trees, &mut Vec::new());
    let reachable = graph.reached_from(roots.refs.iter().chain(&roots.heads).map(|(_, rank)| *rank));
    let mut comings: Vec<Vec<u32>> = Vec::with_capacity(spots.len());
    let mut spreads: Vec<Spread> = Vec::with_capacity(spots.len());
    let mut done = 0;
    while done < spots.len() {
        let full = spots.len().min(done + AT_ONCE);
        let last = spots[full - 1].value;
        let end = full + spots[full..].iter().take_while(|spot| spot.value == last).count();
        let pass = Pass::new(trees, values, &spots[done..end]);
        for (ranks, moved_from) in pass.follow(graph, &reachable) {
            comings.push(ranks);
            let moved_from = moved_from.into_iter().map(|at| done + at as usize).collect();
            spreads.push(Spread { refs: RefSet::default(), moved_from });
        }
        done = end;
    }
    let mut ranks: Vec<u32> = comings.iter().flatten().copied().collect();
    ranks.sort_unstable();
    ranks.dedup();
    let refs = names::refs_of(graph, &roots.refs, &ranks);
    let heads = names::refs_of(graph, &roots.heads, &ranks);
    for (spread, ranks) in spreads.iter_mut().zip(comings) {
        for rank in ranks {
            let here = Some(&refs[&rank]).filter(|refs| !refs.is_empty()).unwrap_or(&heads[&rank]);
            spread.refs.join(here);
        }
    }
    spreads
}

/// The directories above the spots, and the spots in them. The root's number is 0.
#[derive(Default)]
struct Folders {
    /// By the number of the folder and that of a name in it.
    below: HashMap<(u32, u32), u32>,
    /// By the same: the values that are followed there, with their spots.
    spots: HashMap<(u32, u32), HashMap<u32, Vec<u32>>>,
}

/// Some spots that are followed together.
struct Pass<'t, 'p> {
    trees: &'t Trees,
    spots: &'p [Spot<'p>],
    folders: Folders,
    /// Values by the number of the leaf that holds them.
    of_leaf: HashMap<u32, Vec<u32>>,
}

impl<'t, 'p> Pass<'t, 'p> {
    fn new(trees: &'t Trees, values: &[Vec<Holder>], spots: &'p [Spot<'p>]) -> Pass<'t, 'p> {
        let parts = |path: &'p [u8]| path.split(|&byte| byte == b'/');
        let mut names: HashMap<&[u8], u32> =
            spots.iter().flat_map(|spot| parts(spot.path)).map(|name| (name, u32::MAX)).collect();
        for (number, name) in trees.names() {
            if let Some(known) = names.get_mut(name) {
                *known = number;
            }
        }
        let mut folders = Folders::default();
        let mut of_leaf: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut known = None;
        for (spot, at) in spots.iter().zip(0..) {
            let mut folder = 0;
            let mut path = parts(spot.path).map(|name| names[name]).peekable();
            while let Some(name) = path.next() {
                if path.peek().is_none() {
                    let here = folders.spots.entry((folder, name)).or_default();
                    here.entry(spot.value as u32).or_default().push(at);
                } else {
                    let next = folders.below.len() as u32 + 1;
                    folder = *folders.below.entry((folder, name)).or_insert(next);
                }
            }
            if known.replace(spot.value) != Some(spot.value) {
                for leaf in values[spot.value].iter().filter_map(|holder| trees.leaf_number(*holder)) {
                    of_leaf.entry(leaf).or_default().push(spot.value as u32);
                }
            }
        }
        Pass { trees, spots, folders, of_leaf }
    }

    /// For each spot the commits that brought the value there, and the spots that the first of them took it from.
    fn follow(self, graph: &CommitGraph, reachable: &[bool]) -> Vec<(Vec<u32>, Vec<u32>)> {
        let mut sets = Sets::default();
        let holds = self.held(graph, reachable, &mut sets);
        let mut found = vec![(Vec::new(), Vec::new()); self.spots.len()];
        for rank in (0..graph.len() as u32).filter(|&rank| reachable[rank as usize]) {
            let own = holds[rank as usize];
            let parents = graph.parents(rank).iter();
            let before = parents.fold(Sets::EMPTY, |all, &parent| sets.union(all, holds[parent as usize]));
            if own == before {
                continue;
            }
            let came = sets.without(own, before);
            let went = if came.is_empty() { Vec::new() } else { sets.without(before, own) };
            for spot in came {
                let value = |spot: u32| self.spots[spot as usize].value;
                let (ranks, moved_from) = &mut found[spot as usize];
                if ranks.is_empty() {
                    moved_from.extend(went.iter().copied().filter(|&other| value(other) == value(spot)));
                }
                ranks.push(rank);
            }
        }
        found
    }

    /// For each commit the set of spots at which its tree holds their values.
    fn held(&self, graph: &CommitGraph, reachable: &[bool], sets: &mut Sets) -> Vec<u32> {
        // Only the folders of spots are looked into, each as deep as a path that was asked for.
        let mut held: HashMap<(u32, u32), Option<u32>> = HashMap::new();
        let mut stack: Vec<(u32, u32)> = Vec::new();
        let mut of_root = |rank: u32| {
            let Standing::Holds(root) = self.trees.standing(&graph.tree(rank)) else { return Sets::EMPTY };
            stack.push((root, 0));
            while let Some(&(at, folder)) = stack.last() {
                let below =
                    |(child, name): (u32, u32)| Some((child, *self.folders.below.get(&(folder, name))?));
                match held.get(&(at, folder)) {
                    None => {
                        held.insert((at, folder), None);
                        let children = self.trees.subtrees(at).filter_map(below);
                        stack.extend(children.filter(|child| !held.contains_key(child)));
                    }
                    Some(None) => {
                        let mut all = sets.number(self.here(at, folder));
                        for child in self.trees.subtrees(at).filter_map(below) {
                            let child = held.get(&child).copied().flatten().unwrap_or(Sets::EMPTY);
                            all = sets.union(all, child);
                        }
                        held.insert((at, folder), Some(all));
                        stack.pop();
                    }
                    Some(Some(_)) => _ = stack.pop(),
                }
            }
            held[&(root, 0)].unwrap_or(Sets::EMPTY)
        };
        let ranks = (0..graph.len() as u32).zip(reachable);
        ranks.map(|(rank, &reached)| if reached { of_root(rank) } else { Sets::EMPTY }).collect()
    }

    /// The spots right in the tree `at`, where it stands for `folder`.
    fn here(&self, at: u32, folder: u32) -> Vec<u32> {
        let mut spots = Vec::new();
        for (leaf, name) in self.trees.leaves(at) {
            if let Some(here) = self.folders.spots.get(&(folder, name))
                && let Some(values) = self.of_leaf.get(&leaf.blob)
            {
                spots.extend(values.iter().filter_map(|value| here.get(value)).flatten());
            }
        }
        spots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::attribution::Sought;
    use crate::git::refs::tips;
    use crate::git::repo::Repo;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::{all_objects, oid};

    /// The spread of the blob with this content at `paths`.
    fn spread(test: &TestRepo, content: &str, paths: &[&str]) -> Vec<Spread> {
        let objects = all_objects(test);
        let repo = Repo::open(test.path()).expect("a repository");
        let graph = CommitGraph::load(&objects, &repo.shallow().expect("readable"), 1);
        test.write("hashed", content);
        let blob = oid(&test.text(&["hash-object", "hashed"]));
        let trees = Trees::load(&objects, &Sought::blobs([blob].into()), 1);
        let spots: Vec<Spot<'_>> =
            paths.iter().map(|path| Spot { value: 1, path: path.as_bytes() }).collect();
        let (tips, head) = (tips(&repo).expect("readable"), repo.head().expect("readable"));
        spreads(&objects, &graph, &tips, head, &trees, &[vec![], vec![Holder::Blob(blob)]], &spots)
    }

    #[test]
    fn what_two_branches_brought_is_in_both() {
        let test = TestRepo::new();
        test.write("a", "harmless");
        test.commit_all("one");
        test.git(&["checkout", "-qb", "side"]);
        test.write("dir/b", "value");
        test.commit_all("on the side");
        test.git(&["checkout", "-q", "main"]);
        test.git(&["cherry-pick", "side"]);
        test.git(&["branch", "clean", "HEAD~1"]);
        let [found] = &spread(&test, "value", &["dir/b"])[..] else { panic!("one spot") };
        assert_eq!(found.refs.iter().collect::<Vec<_>>(), ["refs/heads/main", "refs/heads/side"]);
        assert_eq!(spread(&test, "value", &["b", "dir", "dir/c"]), vec![Spread::default(); 3]);
    }

    #[test]
    fn a_move_is_told_and_a_copy_is_none() {
        let test = TestRepo::new();
        test.write("a", "value");
        test.commit_all("one");
        test.write("copy/a", "value");
        test.commit_all("two");
        test.git(&["mv", "a", "b"]);
        test.commit_all("three");
        let moved_from = |paths: &[&str]| -> Vec<Vec<usize>> {
            spread(&test, "value", paths).into_iter().map(|spread| spread.moved_from).collect()
        };
        assert_eq!(moved_from(&["a", "b", "copy/a"]), [vec![], vec![0], vec![]]);
    }
}
