//! Visiting every object that a store contains, reachable or not.

use std::collections::HashMap;

use super::delta_context::DeltaContext;
use super::object::{Kind, Object, ObjectError, ReadObjects};
use super::object_numbers::ObjectNumbers;
use super::oid::Oid;

/// Receives the objects of a whole store. Each worker thread has its own visitor.
pub(crate) trait ObjectVisitor: Send {
    /// What [`visit`](ObjectVisitor::visit) keeps of an object for the objects that are stored as deltas against it;
    /// `()` for visitors that handle each object independently. It is dropped together with the object's bytes, so
    /// only a few are alive at a time.
    type State;

    /// Receives one object, complete. Each id comes once per run, in an unspecified order. `delta_context` describes
    /// which bytes come from a base that this visitor has already received; `None` where there is no such base.
    fn visit(
        &mut self,
        id: &Oid,
        kind: Kind,
        data: &[u8],
        delta_context: Option<DeltaContext<'_, Self::State>>,
    ) -> Self::State;

    /// Receives the error of one object that could not be read.
    fn failed(&mut self, error: ObjectError);
}

/// Visits every stored object, whether a ref reaches it or not.
pub(crate) trait ScanObjects: ReadObjects {
    /// Numbers the objects that are stored now.
    fn object_numbers(&self) -> ObjectNumbers;

    /// Returns whether an object is stored under `id`, intact or not.
    fn contains(&self, id: &Oid) -> bool;

    /// Visits every stored object of the given `kinds` on up to `threads` threads. `make` is called once per worker;
    /// the workers' visitors are returned for merging, in an unspecified order.
    fn for_each<V: ObjectVisitor>(
        &self,
        kinds: &[Kind],
        threads: usize,
        make: &(dyn Fn() -> V + Sync),
    ) -> Vec<V>;
}

/// Objects in memory, for tests.
impl ScanObjects for HashMap<Oid, Object> {
    fn object_numbers(&self) -> ObjectNumbers {
        let mut ids: Vec<Oid> = self.keys().copied().collect();
        ids.sort_unstable();
        ObjectNumbers::new(&[], ids)
    }

    fn contains(&self, id: &Oid) -> bool {
        self.contains_key(id)
    }

    fn for_each<V: ObjectVisitor>(
        &self,
        kinds: &[Kind],
        _threads: usize,
        make: &(dyn Fn() -> V + Sync),
    ) -> Vec<V> {
        let mut visitor = make();
        for (id, object) in self.iter().filter(|(_, object)| kinds.contains(&object.kind)) {
            visitor.visit(id, object.kind, &object.data, None);
        }
        vec![visitor]
    }
}
