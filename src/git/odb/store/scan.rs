//! Walks every stored object once.
//!
//! The work is dealt out as whole delta trees, the heaviest first so that no worker is left alone with a large
//! one at the end; the small rest goes in the order of the pack, several at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use super::ObjectStore;
use super::dedup;
use super::dedup::Claims;
use super::lookup::Lookup;
use super::packs::PackList;
use crate::git::odb::delta_context::Growth;
use crate::git::odb::numbers::Numbers;
use crate::git::odb::object::{Kind, Object, ObjectError, ReadObjects, ScanObjects, Visitor};
use crate::git::odb::oid::Oid;
use crate::git::odb::pack::{Forest, Grower, Node, PackFile, Rebuilder, Root, RootBase, climb};

/// Trees that inflate to more than this are dealt out one by one, heaviest first.
const HEAVY: u64 = 8 << 20;
/// Of the others so many at a time.
const BATCH: usize = 16;

/// One pack with what is to be taken from it.
#[derive(Debug)]
pub(crate) struct Share {
    claims: Claims,
    forest: Forest,
}

#[derive(Clone, Copy)]
enum Task {
    /// The tree of this number in the pack of this number.
    Tree(usize, usize),
    /// An object that is in no pack.
    Loose(Oid),
}

impl ScanObjects for ObjectStore {
    fn numbers(&self) -> Numbers {
        let loose = self.list_loose();
        Numbers::new(&self.packs.current(), loose)
    }

    fn has(&self, id: &Oid) -> bool {
        self.contains(id)
    }

    fn for_each<V: Visitor>(&self, kinds: &[Kind], threads: usize, make: &(dyn Fn() -> V + Sync)) -> Vec<V> {
        // Loose objects before packs: what a gc packs in between is then in a pack that is seen.
        let loose = self.list_loose();
        self.packs.refresh(&self.problems);
        let packs = self.packs.current();
        let shares = self.shares(&packs);
        let (tasks, batches) = deal(&packs, &shares, kinds, loose);
        let next = AtomicUsize::new(0);
        let work = || {
            let lookup = Lookup { packs: &packs, loose: &self.loose, limit: self.limit };
            let mut worker = Worker {
                store: self,
                lookup,
                shares: &shares,
                kinds,
                rebuilder: Rebuilder::default(),
                rescuer: Rebuilder::default(),
                visitor: make(),
            };
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                tasks[batch.clone()].iter().for_each(|task| worker.run(*task));
            }
            worker.visitor
        };
        let threads = threads.min(batches.len()).max(1);
        if threads == 1 {
            return vec![work()];
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let joined = workers.into_iter().map(|worker| worker.join());
            joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }
}

impl ObjectStore {
    /// The shares of `packs`, as they were the last time if no pack has come since: finding out which entry
    /// grows from which reads every header.
    fn shares(&self, packs: &PackList) -> Arc<[Share]> {
        let mut known = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shares) = known.as_ref().filter(|shares| shares.len() == packs.len()) {
            return shares.clone();
        }
        let indexes: Vec<_> = packs.iter().map(|pack| pack.index()).collect();
        let claims = dedup::divide(&indexes).into_iter();
        let share = |(claims, pack): (Claims, &Arc<PackFile>)| Share {
            forest: Forest::new(pack, |position| claims.holds(position)),
            claims,
        };
        let shares: Arc<[Share]> = claims.zip(packs.iter()).map(share).collect();
        *known = Some(shares.clone());
        shares
    }

    /// The ids of all loose objects, sorted, each once.
    fn list_loose(&self) -> Vec<Oid> {
        let mut ids = Vec::new();
        for loose in &self.loose {
            ids.append(&mut loose.list(|dir, error| {
                self.problems
                    .add(dir, format!("cannot be listed, so its loose objects are not seen: {error}"));
            }));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// The work, and the ranges of it that are taken at once.
fn deal(
    packs: &PackList,
    shares: &[Share],
    kinds: &[Kind],
    loose: Vec<Oid>,
) -> (Vec<Task>, Vec<Range<usize>>) {
    let mut heavy = Vec::new();
    let mut light = Vec::new();
    for (number, share) in shares.iter().enumerate() {
        for (tree, root) in share.forest.roots().iter().enumerate() {
            let wanted = match &root.base {
                RootBase::Whole(kind) => kinds.contains(kind),
                RootBase::Outside | RootBase::Broken(_) => true,
            };
            if !wanted || share.forest.node(root.node).weight == 0 {
                continue;
            }
            let task = Task::Tree(number, tree);
            if root.cost > HEAVY { heavy.push((root.cost, task)) } else { light.push(task) }
        }
    }
    heavy.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    let packed = |id: &Oid| packs.iter().any(|pack| pack.index().find(id).is_some());
    light.extend(loose.into_iter().filter(|id| !packed(id)).map(Task::Loose));

    let alone = heavy.len();
    let tasks: Vec<_> = heavy.into_iter().map(|(_, task)| task).chain(light).collect();
    let together = (alone..tasks.len()).step_by(BATCH).map(|start| start..(start + BATCH).min(tasks.len()));
    let batches = (0..alone).map(|at| at..at + 1).chain(together).collect();
    (tasks, batches)
}

struct Worker<'a, V> {
    store: &'a ObjectStore,
    lookup: Lookup<'a>,
    shares: &'a [Share],
    kinds: &'a [Kind],
    rebuilder: Rebuilder,
    /// For copies from elsewhere, which are read while a tree is being climbed.
    rescuer: Rebuilder,
    visitor: V,
}

impl<V: Visitor> Worker<'_, V> {
    fn run(&mut self, task: Task) {
        match task {
            Task::Tree(pack, tree) => self.tree(pack, &self.shares[pack].forest.roots()[tree]),
            Task::Loose(id) => self.loose(&id),
        }
    }

    fn loose(&mut self, id: &Oid) {
        if self.store.header(id).is_ok_and(|(kind, _)| !self.kinds.contains(&kind)) {
            return;
        }
        match self.store.read(id) {
            Ok(object) if self.kinds.contains(&object.kind) => {
                self.visitor.visit(id, object.kind, &object.data, None);
            }
            Ok(_) => (),
            // It was listed a moment ago, and no pack has it either: git has pruned it, as it does with what
            // nothing refers to. Whoever still refers to it finds it missing.
            Err(ObjectError::Missing { id: gone }) if gone == *id => (),
            Err(error) => self.visitor.failed(error),
        }
    }

    fn tree(&mut self, number: usize, root: &Root) {
        let share = &self.shares[number];
        let pack = &self.lookup.packs[number];
        let node = share.forest.node(root.node);
        let id = pack.index().id(node.position);
        let (kind, bytes) = match &root.base {
            RootBase::Whole(kind) => {
                let entry = pack.entry(node.offset);
                let entry = entry.map_err(|error| crate::git::odb::pack::corrupt(id, &error));
                let limit = self.lookup.limit;
                (Some(*kind), entry.and_then(|entry| self.rebuilder.whole(pack, &entry, id, limit)))
            }
            RootBase::Outside | RootBase::Broken(_) => match self.store.read(&id) {
                Ok(Object { kind, .. }) if !self.kinds.contains(&kind) => return,
                Ok(Object { kind, data }) => (Some(kind), Ok(data)),
                Err(error) => (None, Err(error)),
            },
        };
        let mut grower = Tree {
            lookup: &self.lookup,
            pack: number,
            claims: &share.claims,
            kinds: self.kinds,
            kind,
            rescuer: &mut self.rescuer,
            visitor: &mut self.visitor,
        };
        climb(pack, &share.forest, root.node, bytes, self.lookup.limit, &mut self.rebuilder, &mut grower);
    }
}

/// Hands the objects of one delta tree to the visitor.
struct Tree<'a, V> {
    lookup: &'a Lookup<'a>,
    pack: usize,
    claims: &'a Claims,
    kinds: &'a [Kind],
    /// The kind of the whole tree; unknown while its root could not be had.
    kind: Option<Kind>,
    rescuer: &'a mut Rebuilder,
    visitor: &'a mut V,
}

impl<V: Visitor> Grower for Tree<'_, V> {
    /// Nothing is left by what the visitor does not see: what grows from that is looked at whole.
    type State = Option<V::State>;

    fn grown(
        &mut self,
        node: &Node,
        id: &Oid,
        bytes: &[u8],
        growth: Option<Growth<'_, Option<V::State>>>,
    ) -> Option<V::State> {
        let kind = self.kind.filter(|kind| self.kinds.contains(kind))?;
        if !self.claims.holds(node.position) {
            return None;
        }
        let growth = growth
            .and_then(|Growth { copies, base, state }| Some(Growth { copies, base, state: state.as_ref()? }));
        Some(self.visitor.visit(id, kind, bytes, growth))
    }

    fn lost(&mut self, node: &Node, id: &Oid, error: &ObjectError) -> Option<Vec<u8>> {
        let copy = self.lookup.read_elsewhere(id, (self.pack, node.offset), self.rescuer);
        if let Ok(object) = copy
            && *self.kind.get_or_insert(object.kind) == object.kind
        {
            return Some(object.data);
        }
        let unwanted = self.kind.is_some_and(|kind| !self.kinds.contains(&kind));
        if !unwanted && self.claims.holds(node.position) {
            self.visitor.failed(error.clone());
        }
        None
    }
}
