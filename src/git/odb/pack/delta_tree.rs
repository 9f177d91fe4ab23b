//! The delta trees of a pack: each entry is a child of its delta base. Built from entry headers alone.
//!
//! Every object of a delta tree has the kind of its root, so trees of unwanted kinds are skipped without inflating a
//! byte. Children are sorted by weight, lightest first: when each child is finished before the next begins, and the
//! base is dropped before its last child is resolved, at most log2(n) + 1 objects of a tree are alive at once, for
//! trees of every shape.

use std::ops::Range;

use super::file::{EntryBase, PackError, PackFile};
use crate::git::odb::object::Kind;

/// Number of no node.
const NONE: u32 = u32::MAX;

/// One entry of the pack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Byte offset of the entry in the pack.
    pub offset: u64,
    /// Position of its id in the pack index.
    pub position: u32,
    /// Number of selected entries in the subtree of this node, including itself.
    pub weight: u32,
    parent: u32,
    first_child: u32,
}

/// The root of one delta tree.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// The number of its node.
    pub node: u32,
    /// The base of the root itself.
    pub base: RootBase,
    /// Approximate inflated size of the whole tree in bytes.
    pub cost: u64,
}

/// The base of a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootBase {
    /// None: the root is an undeltified object of this kind.
    Whole(Kind),
    /// An object that the pack index does not list.
    External,
    /// Unknown: the root cannot be read, or its chain of bases is cyclic and was broken here.
    Broken(PackError),
}

/// The delta trees of one pack. Nodes are numbered in the order of the pack.
#[derive(Debug)]
pub(crate) struct DeltaTrees {
    nodes: Vec<Node>,
    children: Vec<u32>,
    roots: Vec<Root>,
}

impl DeltaTrees {
    /// Reads the header of every indexed entry. `is_selected` returns by index position whether an object is to be
    /// visited in this pack.
    pub(crate) fn new(pack: &PackFile, is_selected: impl Fn(u32) -> bool) -> DeltaTrees {
        let positions = pack.positions();
        let mut nodes: Vec<Node> = positions
            .iter()
            .map(|&(offset, position)| Node { offset, position, weight: 0, parent: NONE, first_child: 0 })
            .collect();
        let mut roots = Vec::new();
        let mut may_have_cycles = false;
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
                EntryBase::Offset(offset) => node_before(&positions, number, offset),
                EntryBase::Id(id) => {
                    let offset = pack.index().find(&id).and_then(|position| pack.index().offset(position));
                    offset.and_then(|offset| node_at(&positions, offset))
                }
            };
            match parent {
                Some(parent) => nodes[number as usize].parent = parent,
                None => roots.push(Root { node: number, base: RootBase::External, cost: size }),
            }
            may_have_cycles |= parent.is_some_and(|parent| parent >= number);
        }
        if may_have_cycles {
            break_cycles(&mut nodes, &mut roots);
        }
        let mut trees = DeltaTrees { children: link(&mut nodes), nodes, roots };
        trees.compute_weights(is_selected);
        trees
    }

    /// Returns the roots of all trees, in an unspecified order. Every node belongs to exactly one tree.
    pub(crate) fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Returns the node with this number.
    ///
    /// # Panics
    /// When there is no such node.
    pub(crate) fn node(&self, number: u32) -> &Node {
        &self.nodes[number as usize]
    }

    /// Returns the numbers of the children of `number` whose subtrees contain selected entries, lightest first.
    pub(crate) fn children(&self, number: u32) -> &[u32] {
        let children = &self.children[self.child_range(number)];
        let first_selected = children.partition_point(|&child| self.node(child).weight == 0);
        &children[first_selected..]
    }

    fn child_range(&self, number: u32) -> Range<usize> {
        let next = self.nodes.get(number as usize + 1);
        let end = next.map_or(self.children.len(), |next| next.first_child as usize);
        self.nodes[number as usize].first_child as usize..end
    }

    fn compute_weights(&mut self, is_selected: impl Fn(u32) -> bool) {
        let mut parents_first: Vec<u32> = self.roots.iter().map(|root| root.node).collect();
        let mut done = 0;
        while let Some(&number) = parents_first.get(done) {
            parents_first.extend_from_slice(&self.children[self.child_range(number)]);
            done += 1;
        }
        for &number in parents_first.iter().rev() {
            let node = &mut self.nodes[number as usize];
            node.weight += u32::from(is_selected(node.position));
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

/// Returns the number of the node at `offset`. Two ids with the same offset are two nodes; either is correct as a
/// base.
fn node_at(positions: &[(u64, u32)], offset: u64) -> Option<u32> {
    let number = positions.binary_search_by_key(&offset, |&(offset, _)| offset).ok()?;
    Some(number as u32)
}

/// Returns the number of the node at `offset`, which is before node `number`: usually shortly before, because git
/// writes the versions of one file one after the other.
fn node_before(positions: &[(u64, u32)], number: u32, offset: u64) -> Option<u32> {
    let mut end = number as usize;
    let mut step = 8;
    loop {
        let start = end.saturating_sub(step);
        if start == 0 || positions[start].0 <= offset {
            return node_at(&positions[start..end], offset).map(|found| start as u32 + found);
        }
        end = start;
        step *= 4;
    }
}

/// Makes one node of every cycle of bases a broken root, so that only trees remain.
fn break_cycles(nodes: &mut [Node], roots: &mut Vec<Root>) {
    // Each walk towards the root marks its nodes with its own number, so finding that number again is a cycle.
    let mut visited_from = vec![NONE; nodes.len()];
    for start in 0..nodes.len() as u32 {
        let mut number = start;
        while visited_from[number as usize] == NONE {
            visited_from[number as usize] = start;
            match nodes[number as usize].parent {
                NONE => break,
                parent if visited_from[parent as usize] == start => {
                    let error = PackError::EndlessChain(nodes[number as usize].offset);
                    nodes[number as usize].parent = NONE;
                    roots.push(Root { node: number, base: RootBase::Broken(error), cost: 0 });
                    break;
                }
                parent => number = parent,
            }
        }
    }
}

/// Returns the children of all nodes in one list, in the order of their parents.
fn link(nodes: &mut [Node]) -> Vec<u32> {
    for number in 0..nodes.len() {
        let parent = nodes[number].parent;
        if parent != NONE {
            nodes[parent as usize].first_child += 1;
        }
    }
    let mut total = 0;
    for node in nodes.iter_mut() {
        // The end of the node's children in the list; filling from the back moves it to their start.
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
    use crate::git::odb::pack::{Entry, PackIndex};

    /// Opens the pack that `write` writes.
    fn pack(write: impl FnOnce(&mut PackWriter)) -> PackFile {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut writer = PackWriter::new();
        write(&mut writer);
        writer.write(dir.path(), "one");
        let path = dir.path().join("pack/pack-one.pack");
        let index = PackIndex::open(&path.with_extension("idx"), HashAlgorithm::Sha1).expect("valid");
        PackFile::open(&path, index, HashAlgorithm::Sha1).expect("valid")
    }

    /// A tree of which every node but the first is a delta against a pseudo-randomly chosen earlier one.
    fn branching(count: u32) -> PackFile {
        pack(|writer| {
            let mut offsets = vec![writer.undeltified(id(0), Kind::Blob, b"")];
            for n in 1..count {
                let base = n.wrapping_mul(2_654_435_761).wrapping_mul(n) % n;
                offsets.push(writer.ofs_delta(id(n), offsets[base as usize], &delta(0, 0, &[])));
            }
        })
    }

    #[test]
    fn every_child_but_the_last_has_at_most_half_the_weight_of_its_parent() {
        let trees = DeltaTrees::new(&branching(500), |_| true);
        assert_eq!(trees.roots().len(), 1);
        assert_eq!(trees.node(0).weight, 500);
        for number in 0..500 {
            let children = trees.children(number);
            let weights: Vec<_> = children.iter().map(|&child| trees.node(child).weight).collect();
            assert!(weights.is_sorted());
            assert_eq!(weights.iter().sum::<u32>() + 1, trees.node(number).weight);
            let half = trees.node(number).weight / 2;
            assert!(weights.iter().rev().skip(1).all(|&weight| weight <= half));
        }
    }

    #[test]
    fn children_without_selected_entries_are_left_out() {
        let pack = branching(100);
        let selected = pack.index().find(&id(99)).expect("listed");
        let trees = DeltaTrees::new(&pack, |position| position == selected);
        let mut number = 0;
        while let [child] = trees.children(number) {
            number = *child;
        }
        assert_eq!(trees.children(number), [] as [u32; 0]);
        assert_eq!(trees.node(number).position, selected);
        assert_eq!(trees.node(0).weight, 1);
    }

    #[test]
    fn entries_are_listed_in_the_order_of_the_pack() {
        let pack = branching(50);
        let entries: Vec<(u32, Entry)> =
            pack.entries().map(|(position, entry)| (position, entry.expect("valid"))).collect();
        assert!(entries.is_sorted_by_key(|(_, entry)| entry.offset));
        let ids: Vec<_> = entries.iter().map(|(position, _)| pack.index().id(*position)).collect();
        assert_eq!(ids, (0..50).map(id).collect::<Vec<_>>());
        assert_eq!(entries[0].1.base, EntryBase::Whole(Kind::Blob));
        assert!(matches!(entries[1].1.base, EntryBase::Offset(12)));
    }
}
