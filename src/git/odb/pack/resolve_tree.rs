//! Rebuilds the objects of one delta tree, parents first, each exactly once.
//!
//! There is no recursion: a chain of 100,000 deltas needs one frame, since a parent is let go before its last
//! child is climbed into.

use std::slice::Iter;

use super::delta_tree::{Forest, Node};
use super::file::PackFile;
use super::resolve::{Rebuilder, corrupt, inherited};
use crate::git::odb::delta_context::Growth;
use crate::git::odb::object::ObjectError;
use crate::git::odb::oid::Oid;

/// What happens with the nodes of a tree as they are reached.
pub trait Grower {
    /// What an object leaves behind for those that grow from it. It lives as long as the object's bytes.
    type State;

    /// `bytes` is the object at `node`. Comes also for nodes that nobody claimed but that others grow from.
    /// Without `growth` it is stored whole, or comes from elsewhere.
    fn grown(
        &mut self,
        node: &Node,
        id: &Oid,
        bytes: &[u8],
        growth: Option<Growth<'_, Self::State>>,
    ) -> Self::State;

    /// The object `id` at `node` could not be rebuilt, by its own fault or by that of the base it grows from.
    /// Bytes from elsewhere make it good: they are handed to [`Grower::grown`] and grown from.
    fn lost(&mut self, node: &Node, id: &Oid, error: &ObjectError) -> Option<Vec<u8>>;
}

/// A node whose children are still to come.
struct Frame<'f, S> {
    object: Result<(Vec<u8>, S), ObjectError>,
    children: Iter<'f, u32>,
}

/// Goes through the tree of `forest` that begins at node `root`, whose own object is `bytes`. No object over
/// `limit` bytes is made; what grows from one is lost too.
pub fn climb<G: Grower>(
    pack: &PackFile,
    forest: &Forest,
    root: u32,
    bytes: Result<Vec<u8>, ObjectError>,
    limit: u64,
    rebuilder: &mut Rebuilder,
    grower: &mut G,
) {
    let mut stack: Vec<Frame<'_, G::State>> = Vec::new();
    let node = forest.node(root);
    let id = pack.index().id(node.position);
    let object = match bytes {
        Ok(bytes) => {
            let state = grower.grown(node, &id, &bytes, None);
            Ok((bytes, state))
        }
        Err(error) => rescued(grower, node, &id, error),
    };
    stack.push(Frame { object, children: forest.children(root).iter() });
    while let Some(mut frame) = stack.pop() {
        let child = frame.children.next();
        let grown = child.map(|&child| {
            let node = forest.node(child);
            let id = pack.index().id(node.position);
            let object = match &frame.object {
                Ok((base, state)) => {
                    let entry = pack.entry(node.offset).map_err(|error| corrupt(id, &error));
                    match entry.and_then(|entry| rebuilder.grown(pack, &entry, id, base, limit)) {
                        Ok(bytes) => {
                            let growth = Growth { copies: rebuilder.copies(), base, state };
                            let state = grower.grown(node, &id, &bytes, Some(growth));
                            Ok((bytes, state))
                        }
                        Err(error) => rescued(grower, node, &id, error),
                    }
                }
                Err(error) => rescued(grower, node, &id, inherited(id, error)),
            };
            Frame { object, children: forest.children(child).iter() }
        });
        if frame.children.len() > 0 {
            stack.push(frame);
        } else if let Ok((bytes, _)) = frame.object {
            rebuilder.give(bytes);
        }
        stack.extend(grown);
    }
}

/// The object that the grower has in place of one that is lost, which is looked at whole.
fn rescued<G: Grower>(
    grower: &mut G,
    node: &Node,
    id: &Oid,
    error: ObjectError,
) -> Result<(Vec<u8>, G::State), ObjectError> {
    let bytes = grower.lost(node, id, &error).ok_or(error)?;
    let state = grower.grown(node, id, &bytes, None);
    Ok((bytes, state))
}
