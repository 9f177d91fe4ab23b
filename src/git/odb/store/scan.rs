//! Visits every stored object once.
//!
//! The unit of work is a whole delta tree. Large trees are taken first, largest first, so that no worker is left with
//! one at the end; the small ones follow in pack order, several at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use super::ObjectStore;
use super::dedup::Dedup;
use super::packs::OpenPacks;
use super::plan::{PackPlan, plan_packs};
use super::snapshot::Snapshot;
use crate::git::odb::delta_context::DeltaContext;
use crate::git::odb::object::{Kind, Object, ObjectError, ReadObjects, corrupt};
use crate::git::odb::object_numbers::ObjectNumbers;
use crate::git::odb::oid::Oid;
use crate::git::odb::pack::{DeltaResolver, DeltaVisitor, Node, Root, RootBase, resolve_tree};
use crate::git::odb::visitor::{ObjectVisitor, ScanObjects};

/// Trees that inflate to more bytes than this are batches of one, largest first.
const LARGE_TREE_BYTES: u64 = 8 << 20;
/// Number of other tasks per batch.
const BATCH_LEN: usize = 16;

#[derive(Clone, Copy)]
enum Task {
    /// The delta tree with this number, in the pack with this number.
    Tree { pack: usize, tree: usize },
    /// An object that is in no pack.
    Loose(Oid),
}

impl ScanObjects for ObjectStore {
    fn object_numbers(&self) -> ObjectNumbers {
        let loose = self.list_loose();
        ObjectNumbers::new(&self.packs.current(), loose)
    }

    fn contains(&self, id: &Oid) -> bool {
        ObjectStore::contains(self, id)
    }

    fn for_each<V: ObjectVisitor>(
        &self,
        kinds: &[Kind],
        threads: usize,
        make: &(dyn Fn() -> V + Sync),
    ) -> Vec<V> {
        // Loose objects before packs: an object that a gc packs in between is then in a pack that is listed.
        let loose = self.list_loose();
        self.packs.refresh(&self.problems);
        let packs = self.packs.current();
        let plans = self.pack_plans(&packs);
        let (tasks, batches) = tasks(&packs, &plans, kinds, loose);
        let next = AtomicUsize::new(0);
        let work = || {
            let snapshot = Snapshot { packs: &packs, loose: &self.loose, limit: self.limit };
            let mut worker = Worker {
                store: self,
                snapshot,
                plans: &plans,
                kinds,
                resolver: DeltaResolver::default(),
                replacement_resolver: DeltaResolver::default(),
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
            // If a thread cannot be started, the others do its work.
            let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
            let helpers: Vec<_> = (1..threads).map_while(spawn).collect();
            let mut visitors = vec![work()];
            let joined = helpers.into_iter().map(|helper| helper.join());
            visitors
                .extend(joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
            visitors
        })
    }
}

impl ObjectStore {
    /// Returns the plans of `packs`. They are reused when there are no new packs, because planning reads the header
    /// of every entry.
    fn pack_plans(&self, packs: &OpenPacks) -> Arc<[PackPlan]> {
        let mut known = self.pack_plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plans) = known.as_ref().filter(|plans| plans.len() == packs.len()) {
            return plans.clone();
        }
        let plans = plan_packs(packs);
        *known = Some(plans.clone());
        plans
    }

    /// Returns the ids of all loose objects, sorted, each once.
    fn list_loose(&self) -> Vec<Oid> {
        let mut ids = Vec::new();
        for loose in &self.loose {
            ids.append(&mut loose.list(|dir, error| {
                self.problems
                    .add(dir, format!("cannot be listed, so its loose objects are not read: {error}"));
            }));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Returns all tasks, and the ranges of them that a worker takes at once.
fn tasks(
    packs: &OpenPacks,
    plans: &[PackPlan],
    kinds: &[Kind],
    loose: Vec<Oid>,
) -> (Vec<Task>, Vec<Range<usize>>) {
    let mut large = Vec::new();
    let mut small = Vec::new();
    for (pack, plan) in plans.iter().enumerate() {
        for (tree, root) in plan.trees.roots().iter().enumerate() {
            let may_be_wanted = match &root.base {
                RootBase::Whole(kind) => kinds.contains(kind),
                RootBase::External | RootBase::Broken(_) => true,
            };
            if !may_be_wanted || plan.trees.node(root.node).weight == 0 {
                continue;
            }
            let task = Task::Tree { pack, tree };
            if root.cost > LARGE_TREE_BYTES { large.push((root.cost, task)) } else { small.push(task) }
        }
    }
    large.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    let is_packed = |id: &Oid| packs.iter().any(|pack| pack.index().find(id).is_some());
    small.extend(loose.into_iter().filter(|id| !is_packed(id)).map(Task::Loose));

    let single = large.len();
    let tasks: Vec<_> = large.into_iter().map(|(_, task)| task).chain(small).collect();
    let batched =
        (single..tasks.len()).step_by(BATCH_LEN).map(|start| start..(start + BATCH_LEN).min(tasks.len()));
    let batches = (0..single).map(|at| at..at + 1).chain(batched).collect();
    (tasks, batches)
}

struct Worker<'a, V> {
    store: &'a ObjectStore,
    snapshot: Snapshot<'a>,
    plans: &'a [PackPlan],
    kinds: &'a [Kind],
    resolver: DeltaResolver,
    /// For replacement copies, which are read while `resolver` is resolving a tree.
    replacement_resolver: DeltaResolver,
    visitor: V,
}

impl<V: ObjectVisitor> Worker<'_, V> {
    fn run(&mut self, task: Task) {
        match task {
            Task::Tree { pack, tree } => self.visit_tree(pack, &self.plans[pack].trees.roots()[tree]),
            Task::Loose(id) => self.visit_loose(&id),
        }
    }

    fn visit_loose(&mut self, id: &Oid) {
        if self.store.header(id).is_ok_and(|(kind, _)| !self.kinds.contains(&kind)) {
            return;
        }
        match self.store.read(id) {
            Ok(object) if self.kinds.contains(&object.kind) => {
                self.visitor.visit(id, object.kind, &object.data, None);
            }
            Ok(_) => (),
            // It was listed before, and no pack contains it now: git has pruned it, which it does with unreachable
            // objects. If it is still referenced, reading it through the reference reports it as missing.
            Err(ObjectError::Missing { id: missing }) if missing == *id => (),
            Err(error) => self.visitor.failed(error),
        }
    }

    fn visit_tree(&mut self, number: usize, root: &Root) {
        let plan = &self.plans[number];
        let pack = &self.snapshot.packs[number];
        let node = plan.trees.node(root.node);
        let id = pack.index().id(node.position);
        let (kind, bytes) = match &root.base {
            RootBase::Whole(kind) => {
                let entry = pack.entry(node.offset).map_err(|error| corrupt(id, &error));
                let limit = self.snapshot.limit;
                (Some(*kind), entry.and_then(|entry| self.resolver.read_whole(pack, &entry, id, limit)))
            }
            RootBase::External | RootBase::Broken(_) => match self.store.read(&id) {
                Ok(Object { kind, .. }) if !self.kinds.contains(&kind) => return,
                Ok(Object { kind, data }) => (Some(kind), Ok(data)),
                Err(error) => (None, Err(error)),
            },
        };
        let mut tree = TreeVisitor {
            snapshot: &self.snapshot,
            pack: number,
            dedup: &plan.dedup,
            kinds: self.kinds,
            kind,
            replacement_resolver: &mut self.replacement_resolver,
            visitor: &mut self.visitor,
        };
        let (trees, limit) = (&plan.trees, self.snapshot.limit);
        resolve_tree(pack, trees, root.node, bytes, limit, &mut self.resolver, &mut tree);
    }
}

/// Passes the objects of one delta tree to the visitor.
struct TreeVisitor<'a, V> {
    snapshot: &'a Snapshot<'a>,
    /// Number of the pack.
    pack: usize,
    dedup: &'a Dedup,
    kinds: &'a [Kind],
    /// The kind of all objects of the tree; `None` while its root is not resolved.
    kind: Option<Kind>,
    replacement_resolver: &'a mut DeltaResolver,
    visitor: &'a mut V,
}

impl<V: ObjectVisitor> DeltaVisitor for TreeVisitor<'_, V> {
    /// `None` for objects that are not visited: their children are visited without a delta context.
    type State = Option<V::State>;

    fn resolved(
        &mut self,
        node: &Node,
        id: &Oid,
        bytes: &[u8],
        delta_context: Option<DeltaContext<'_, Option<V::State>>>,
    ) -> Option<V::State> {
        let kind = self.kind.filter(|kind| self.kinds.contains(kind))?;
        if !self.dedup.contains(node.position) {
            return None;
        }
        let delta_context = delta_context.and_then(|DeltaContext { copies, base, base_state }| {
            Some(DeltaContext { copies, base, base_state: base_state.as_ref()? })
        });
        Some(self.visitor.visit(id, kind, bytes, delta_context))
    }

    fn unresolved(&mut self, node: &Node, id: &Oid, error: &ObjectError) -> Option<Vec<u8>> {
        let copy = self.snapshot.read_other_copy(id, (self.pack, node.offset), self.replacement_resolver);
        if let Ok(object) = copy
            && *self.kind.get_or_insert(object.kind) == object.kind
        {
            return Some(object.data);
        }
        let is_unwanted = self.kind.is_some_and(|kind| !self.kinds.contains(&kind));
        if !is_unwanted && self.dedup.contains(node.position) {
            self.visitor.failed(error.clone());
        }
        None
    }
}
