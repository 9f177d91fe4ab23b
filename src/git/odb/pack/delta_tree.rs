//! Which entry of a pack grows from which, from entry headers alone.
//!
//! Every object of a delta tree has the kind of its root, so whole trees of unwanted kinds are left out
//! without inflating a byte. Children stand lightest first: when each is finished before the next begins and
//! the parent's bytes are let go before the last, at most log2(n) + 1 objects of a tree are alive at once,
//! whatever shape somebody gave it.

use std::ops::Range;

use super::file::{EntryBase, PackError, PackFile};
use crate::git::odb::object::Kind;

/// No parent.
const NONE: u32 = u32::MAX;

/// One entry of the pack.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Where it is in the pack.
    pub offset: u64,
    /// Where its id is in the pack's index.
    pub position: u32,
    /// How many claimed entries there are in the tree that begins here, this one included.
    pub weight: u32,
    parent: u32,
    first_child: u32,
}

/// Where a tree of the forest begins.
#[derive(Clone, Debug)]
pub struct Root {
    /// The number of its node.
    pub node: u32,
    /// What it stands on.
    pub base: RootBase,
    /// About how many bytes the whole tree inflates to.
    pub cost: u64,
}

/// What a tree stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootBase {
    /// Itself: a whole object of this kind.
    Whole(Kind),
    /// It is a delta over something that the pack's index does not list.
    Outside,
    /// It cannot be read, or its bases go round in a circle that was cut here.
    Broken(PackError),
}

/// The delta trees of one pack. Nodes are numbered in the order of the pack.
#[derive(Debug)]
pub struct Forest {
    nodes: Vec<Node>,
    children: Vec<u32>,
    roots: Vec<Root>,
}

impl Forest {
    /// Reads the header of every indexed entry. `claimed` says by index position which objects somebody wants
    /// to have from this pack.
    pub fn new(pack: &PackFile, claimed: impl Fn(u32) -> bool) -> Forest {
        let positions = pack.positions();
        let mut nodes: Vec<Node> = positions
            .iter()
            .map(|&(offset, position)| Node { offset, position, weight: 0, parent: NONE, first_child: 0 })
            .collect();
        let mut roots = Vec::new();
        let mut circles_possible = false;
        for number in 0..nodes.len() as u32 {
            let (base, size) = match pack.entry(nodes[number as usize].offset) {
                Ok(entry) => (entry.base, entry.size),
                Err(error) => {
                    roots.push(Root { node: number, base: RootBase::Broken(error), cost: 0 });
                    continue;
                }
            };
            let parent = match base {
                EntryBase::Whole(kind) => {
                    roots.push(Root { node: number, base: RootBase::Whole(kind), cost: size });
                    continue;
                }
                EntryBase::Offset(offset) => before(&positions, number, offset),
                EntryBase::Id(id) => {
                    let offset = pack.index().find(&id).and_then(|position| pack.index().offset(position));
                    offset.and_then(|offset| at(&positions, offset))
                }
            };
            match parent {
                Some(parent) => nodes[number as usize].parent = parent,
                None => roots.push(Root { node: number, base: RootBase::Outside, cost: size }),
            }
            circles_possible |= parent.is_some_and(|parent| parent >= number);
        }
        if circles_possible {
            cut_circles(&mut nodes, &mut roots);
        }
        let mut forest = Forest { children: link(&mut nodes), nodes, roots };
        forest.weigh(claimed);
        forest
    }

    /// Where the trees begin, each once, in no promised order. Every node belongs to exactly one.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The node with this number.
    ///
    /// # Panics
    /// When there is none.
    pub fn node(&self, number: u32) -> &Node {
        &self.nodes[number as usize]
    }

    /// The numbers of the nodes that grow from `number` and lead to claimed entries, lightest first.
    pub fn children(&self, number: u32) -> &[u32] {
        let children = &self.children[self.child_range(number)];
        let claimed = children.partition_point(|&child| self.node(child).weight == 0);
        &children[claimed..]
    }

    fn child_range(&self, number: u32) -> Range<usize> {
        let next = self.nodes.get(number as usize + 1);
        let end = next.map_or(self.children.len(), |next| next.first_child as usize);
        self.nodes[number as usize].first_child as usize..end
    }

    fn weigh(&mut self, claimed: impl Fn(u32) -> bool) {
        let mut parents_first: Vec<u32> = self.roots.iter().map(|root| root.node).collect();
        let mut done = 0;
        while let Some(&number) = parents_first.get(done) {
            parents_first.extend_from_slice(&self.children[self.child_range(number)]);
            done += 1;
        }
        for &number in parents_first.iter().rev() {
            let node = &mut self.nodes[number as usize];
            node.weight += u32::from(claimed(node.position));
            let (parent, weight) = (node.parent, node.weight);
            if parent != NONE {
                self.nodes[parent as usize].weight += weight;
            }
        }
        for number in 0..self.nodes.len() as u32 {
            let range = self.child_range(number);
            if range.len() > 1 {
                let nodes = &self.nodes;
                self.children[range].sort_unstable_by_key(|&child| (nodes[child as usize].weight, child));
            }
        }
        for root in &mut self.roots {
            let weight = self.nodes[root.node as usize].weight;
            root.cost = root.cost.saturating_mul(u64::from(weight));
        }
    }
}

/// The number of the node at `offset`. Two ids with one offset are two nodes; either will do as a base.
fn at(positions: &[(u64, u32)], offset: u64) -> Option<u32> {
    let number = positions.binary_search_by_key(&offset, |&(offset, _)| offset).ok()?;
    Some(number as u32)
}

/// The number of the node at `offset`, which lies before node `number`: mostly shortly before, since git writes
/// versions of one thing one after the other.
fn before(positions: &[(u64, u32)], number: u32, offset: u64) -> Option<u32> {
    let mut end = number as usize;
    let mut step = 8;
    loop {
        let start = end.saturating_sub(step);
        if start == 0 || positions[start].0 <= offset {
            return at(&positions[start..end], offset).map(|found| start as u32 + found);
        }
        end = start;
        step *= 4;
    }
}

/// Makes one node of every circle of bases a broken root, so that what remains are trees.
fn cut_circles(nodes: &mut [Node], roots: &mut Vec<Root>) {
    // Who came by: each walk towards the root leaves its own number, so meeting it again is a circle.
    let mut walked_by = vec![NONE; nodes.len()];
    for start in 0..nodes.len() as u32 {
        let mut number = start;
        while walked_by[number as usize] == NONE {
            walked_by[number as usize] = start;
            match nodes[number as usize].parent {
                NONE => break,
                parent if walked_by[parent as usize] == start => {
                    let error = PackError::Endless(nodes[number as usize].offset);
                    nodes[number as usize].parent = NONE;
                    roots.push(Root { node: number, base: RootBase::Broken(error), cost: 0 });
                    break;
                }
                parent => number = parent,
            }
        }
    }
}

/// Lists the children of all nodes one after another, in the order of their parents.
fn link(nodes: &mut [Node]) -> Vec<u32> {
    for number in 0..nodes.len() {
        let parent = nodes[number].parent;
        if parent != NONE {
            nodes[parent as usize].first_child += 1;
        }
    }
    let mut total = 0;
    for node in nodes.iter_mut() {
        // The end of the node's own children; filling from the back moves it to their beginning.
        total += node.first_child;
        node.first_child = total;
    }
    let mut children = vec![0; total as usize];
    for number in (0..nodes.len()).rev() {
        let parent = nodes[number].parent;
        if parent != NONE {
            let slot = &mut nodes[parent as usize].first_child;
            *slot -= 1;
            children[*slot as usize] = number as u32;
        }
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::odb::oid::HashAlgorithm;
    use crate::git::odb::pack::writer::{PackWriter, delta, id};
    use crate::git::odb::pack::{Entry, Index};

    /// Opens what `write` writes.
    fn pack(write: impl FnOnce(&mut PackWriter)) -> PackFile {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut writer = PackWriter::new();
        write(&mut writer);
        writer.write(dir.path(), "one");
        let path = dir.path().join("pack/pack-one.pack");
        let index = Index::open(&path.with_extension("idx"), HashAlgorithm::Sha1).expect("sound");
        PackFile::open(&path, index, HashAlgorithm::Sha1).expect("sound")
    }

    /// A tree of which every node but the first grows from a pseudo-randomly chosen earlier one.
    fn branching(count: u32) -> PackFile {
        pack(|writer| {
            let mut offsets = vec![writer.whole(id(0), Kind::Blob, b"")];
            for n in 1..count {
                let base = n.wrapping_mul(2_654_435_761).wrapping_mul(n) % n;
                offsets.push(writer.over_offset(id(n), offsets[base as usize], &delta(0, 0, &[])));
            }
        })
    }

    #[test]
    fn every_child_but_the_last_leads_to_at_most_half_of_what_its_parent_does() {
        let forest = Forest::new(&branching(500), |_| true);
        assert_eq!(forest.roots().len(), 1);
        assert_eq!(forest.node(0).weight, 500);
        for number in 0..500 {
            let children = forest.children(number);
            let weights: Vec<_> = children.iter().map(|&child| forest.node(child).weight).collect();
            assert!(weights.is_sorted());
            assert_eq!(weights.iter().sum::<u32>() + 1, forest.node(number).weight);
            let half = forest.node(number).weight / 2;
            assert!(weights.iter().rev().skip(1).all(|&weight| weight <= half));
        }
    }

    #[test]
    fn what_leads_to_nothing_claimed_is_no_child() {
        let pack = branching(100);
        let wanted = pack.index().find(&id(99)).expect("listed");
        let forest = Forest::new(&pack, |position| position == wanted);
        let mut number = 0;
        while let [child] = forest.children(number) {
            number = *child;
        }
        assert_eq!(forest.children(number), [] as [u32; 0]);
        assert_eq!(forest.node(number).position, wanted);
        assert_eq!(forest.node(0).weight, 1);
    }

    #[test]
    fn entries_come_in_the_order_of_the_pack() {
        let pack = branching(50);
        let entries: Vec<(u32, Entry)> =
            pack.entries().map(|(position, entry)| (position, entry.expect("sound"))).collect();
        assert!(entries.is_sorted_by_key(|(_, entry)| entry.offset));
        let ids: Vec<_> = entries.iter().map(|(position, _)| pack.index().id(*position)).collect();
        assert_eq!(ids, (0..50).map(id).collect::<Vec<_>>());
        assert_eq!(entries[0].1.base, EntryBase::Whole(Kind::Blob));
        assert!(matches!(entries[1].1.base, EntryBase::Offset(12)));
    }
}
