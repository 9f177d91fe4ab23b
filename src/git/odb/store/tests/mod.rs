//! Compares the store with real `git`, and tests it with packs that git would not write.

mod damaged;
mod hostile;
mod real;
mod repository;

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::{
    DeltaContext, HashAlgorithm, Kind, ObjectError, ObjectStore, ObjectVisitor, Oid, ScanObjects,
};

const ALL: [Kind; 4] = [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag];

/// Objects by id.
type Objects = BTreeMap<Oid, (Kind, Vec<u8>)>;

/// Everything that one worker has received.
#[derive(Default)]
struct Seen {
    objects: Vec<(Oid, Kind, Vec<u8>)>,
    errors: Vec<ObjectError>,
}

impl ObjectVisitor for Seen {
    type State = Vec<u8>;

    fn visit(
        &mut self,
        id: &Oid,
        kind: Kind,
        data: &[u8],
        delta_context: Option<DeltaContext<'_, Vec<u8>>>,
    ) -> Vec<u8> {
        if let Some(delta_context) = delta_context {
            assert_eq!(delta_context.base, delta_context.base_state, "the state of the base is its content");
            delta_context.assert_copies(data);
        }
        self.objects.push((*id, kind, data.to_vec()));
        data.to_vec()
    }

    fn failed(&mut self, error: ObjectError) {
        self.errors.push(error);
    }
}

/// Visits all objects of these kinds and returns the objects and the errors, by id. Fails when an id comes twice.
fn walk(store: &ObjectStore, kinds: &[Kind], threads: usize) -> (Objects, BTreeMap<Oid, ObjectError>) {
    let mut objects = Objects::new();
    let mut errors = BTreeMap::new();
    for seen in store.for_each(kinds, threads, &Seen::default) {
        for (id, kind, data) in seen.objects {
            assert!(objects.insert(id, (kind, data)).is_none(), "{id} came twice");
        }
        for error in seen.errors {
            let id = id_of(&error);
            assert!(errors.insert(id, error).is_none(), "{id} failed twice");
        }
    }
    assert!(errors.keys().all(|id| !objects.contains_key(id)), "seen and failed");
    (objects, errors)
}

/// Like [`walk`] over every kind, where no object may fail.
fn all(store: &ObjectStore, threads: usize) -> Objects {
    let (objects, errors) = walk(store, &ALL, threads);
    assert_eq!(errors, BTreeMap::new());
    objects
}

fn id_of(error: &ObjectError) -> Oid {
    *error.id()
}

fn open(objects: &Path) -> ObjectStore {
    ObjectStore::open(&[objects.to_owned()], HashAlgorithm::Sha1)
}

/// Compares without printing megabytes.
fn assert_same(seen: &Objects, expected: &Objects) {
    let ids = |objects: &Objects| objects.keys().copied().collect::<Vec<_>>();
    assert_eq!(ids(seen), ids(expected));
    for (id, object) in expected {
        assert!(seen[id] == *object, "{id} differs");
    }
}
