//! Rebuilds the objects of one delta tree, parents first, each exactly once.
//!
//! There is no recursion: a chain of 100,000 deltas needs one frame, since a parent is let go before its last
//! child is climbed into.

use std::slice::Iter;

use super::file::PackFile;
use super::forest::{Forest, Node};
use super::rebuild::{Rebuilder, corrupt, inherited};
use crate::git::object::ObjectError;
use crate::git::oid::Oid;

/// What happens with the nodes of a tree as they are reached.
pub trait Grower {
    /// `bytes` is the object at `node`. Comes also for nodes that nobody claimed but that others grow from.
    fn grown(&mut self, node: &Node, id: &Oid, bytes: &[u8]);

    /// The object `id` at `node` could not be rebuilt, by its own fault or by that of the base it grows from.
    /// Bytes from elsewhere make it good: they are handed to [`Grower::grown`] and grown from.
    fn lost(&mut self, node: &Node, id: &Oid, error: &ObjectError) -> Option<Vec<u8>>;
}

/// A node whose children are still to come.
struct Frame<'f> {
    bytes: Result<Vec<u8>, ObjectError>,
    children: Iter<'f, u32>,
}

/// Goes through the tree of `forest` that begins at node `root`, whose own object is `bytes`. No object over
/// `limit` bytes is made; what grows from one is lost too.
pub fn climb(
    pack: &PackFile,
    forest: &Forest,
    root: u32,
    bytes: Result<Vec<u8>, ObjectError>,
    limit: u64,
    rebuilder: &mut Rebuilder,
    grower: &mut impl Grower,
) {
    let mut stack = Vec::new();
    let (mut number, mut result) = (root, bytes);
    loop {
        let node = forest.node(number);
        let id = pack.index().id(node.position);
        let bytes = result.or_else(|error| grower.lost(node, &id, &error).ok_or(error));
        if let Ok(bytes) = &bytes {
            grower.grown(node, &id, bytes);
        }
        stack.push(Frame { bytes, children: forest.children(number).iter() });
        (number, result) = loop {
            let Some(mut frame) = stack.pop() else { return };
            let Some(&child) = frame.children.next() else {
                frame.bytes.into_iter().for_each(|bytes| rebuilder.give(bytes));
                continue;
            };
            let node = forest.node(child);
            let id = pack.index().id(node.position);
            let result = match &frame.bytes {
                Ok(base) => match pack.entry(node.offset) {
                    Ok(entry) => rebuilder.grown(pack, &entry, id, base, limit),
                    Err(error) => Err(corrupt(id, &error)),
                },
                Err(error) => Err(inherited(id, error)),
            };
            if frame.children.len() > 0 {
                stack.push(frame);
            } else {
                frame.bytes.into_iter().for_each(|bytes| rebuilder.give(bytes));
            }
            break (child, result);
        };
    }
}
