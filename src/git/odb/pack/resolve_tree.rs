//! Resolves the objects of one delta tree, bases first, each exactly once.
//!
//! There is no recursion: a chain of 100,000 deltas needs one stack frame, because a base is dropped before its last
//! child is visited.

use std::slice::Iter;

use super::delta_tree::{DeltaTrees, Node};
use super::file::PackFile;
use super::resolve::{DeltaResolver, base_error};
use crate::git::odb::delta_context::DeltaContext;
use crate::git::odb::object::{ObjectError, corrupt};
use crate::git::odb::oid::Oid;

/// Receives the objects of a delta tree.
pub(crate) trait DeltaVisitor {
    /// What the visitor keeps of an object for its children. It is dropped together with the object's bytes.
    type State;

    /// Receives the object `bytes` at `node`. Also called for nodes that are not selected but are bases of selected
    /// ones. Without a `delta_context` the object is stored undeltified, or is a replacement from
    /// [`DeltaVisitor::unresolved`].
    fn resolved(
        &mut self,
        node: &Node,
        id: &Oid,
        bytes: &[u8],
        delta_context: Option<DeltaContext<'_, Self::State>>,
    ) -> Self::State;

    /// Receives the error of the object `id` at `node` that could not be resolved, because it or its base is damaged.
    /// Returned bytes replace it: they are passed to [`DeltaVisitor::resolved`] and used as the base of its children.
    fn unresolved(&mut self, node: &Node, id: &Oid, error: &ObjectError) -> Option<Vec<u8>>;
}

/// A node with children that are not yet visited.
struct Frame<'f, S> {
    object: Result<(Vec<u8>, S), ObjectError>,
    children: Iter<'f, u32>,
}

/// Resolves the tree of `trees` whose root is the node number `root`, with the object `bytes`. Objects of more than
/// `limit` bytes, and all objects that depend on them, are passed to [`DeltaVisitor::unresolved`].
pub(crate) fn resolve_tree<V: DeltaVisitor>(
    pack: &PackFile,
    trees: &DeltaTrees,
    root: u32,
    bytes: Result<Vec<u8>, ObjectError>,
    limit: u64,
    resolver: &mut DeltaResolver,
    visitor: &mut V,
) {
    let mut stack: Vec<Frame<'_, V::State>> = Vec::new();
    let node = trees.node(root);
    let id = pack.index().id(node.position);
    let object = match bytes {
        Ok(bytes) => {
            let state = visitor.resolved(node, &id, &bytes, None);
            Ok((bytes, state))
        }
        Err(error) => replacement(visitor, node, &id, error),
    };
    stack.push(Frame { object, children: trees.children(root).iter() });
    while let Some(mut frame) = stack.pop() {
        let child = frame.children.next();
        let child_frame = child.map(|&child| {
            let node = trees.node(child);
            let id = pack.index().id(node.position);
            let object = match &frame.object {
                Ok((base, base_state)) => {
                    let entry = pack.entry(node.offset).map_err(|error| corrupt(id, &error));
                    match entry.and_then(|entry| resolver.resolve_delta(pack, &entry, id, base, limit)) {
                        Ok(bytes) => {
                            let delta_context = DeltaContext { copies: resolver.copies(), base, base_state };
                            let state = visitor.resolved(node, &id, &bytes, Some(delta_context));
                            Ok((bytes, state))
                        }
                        Err(error) => replacement(visitor, node, &id, error),
                    }
                }
                Err(error) => replacement(visitor, node, &id, base_error(id, error)),
            };
            Frame { object, children: trees.children(child).iter() }
        });
        if frame.children.len() > 0 {
            stack.push(frame);
        } else if let Ok((bytes, _)) = frame.object {
            resolver.recycle(bytes);
        }
        stack.extend(child_frame);
    }
}

/// Returns the visitor's replacement for an object that could not be resolved; it has no delta context.
fn replacement<V: DeltaVisitor>(
    visitor: &mut V,
    node: &Node,
    id: &Oid,
    error: ObjectError,
) -> Result<(Vec<u8>, V::State), ObjectError> {
    let bytes = visitor.unresolved(node, id, &error).ok_or(error)?;
    let state = visitor.resolved(node, id, &bytes, None);
    Ok((bytes, state))
}
