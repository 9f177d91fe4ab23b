//! Packs, deltas, indexes of packs and loose objects.

use std::fs;

use crate::git::odb::delta_context::CopiedRange;
use crate::git::odb::loose::LooseObjects;
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::writer::{PackWriter, id};
use crate::git::odb::pack::{Delta, Inflater, MultiPackIndex, PackIndex};
use crate::git::odb::store::ObjectStore;
use crate::git::{DeltaContext, Kind, ObjectError, ObjectVisitor, ReadObjects, ScanObjects};

use super::input::Input;
use super::scratch::Scratch;

/// Largest object that is read, in bytes: a size in a header is no reason to allocate it.
const LIMIT: u64 = 1 << 20;

/// The hash algorithm that a byte selects.
fn algorithm(byte: u8) -> HashAlgorithm {
    if byte & 0x80 == 0 { HashAlgorithm::Sha1 } else { HashAlgorithm::Sha256 }
}

/// Keeps what a visit returned, to compare it with reading each object by itself.
#[derive(Default)]
struct Visited(Vec<(Oid, Kind, Vec<u8>)>);

impl ObjectVisitor for Visited {
    type State = Vec<u8>;

    fn visit(
        &mut self,
        id: &Oid,
        kind: Kind,
        data: &[u8],
        delta_context: Option<DeltaContext<'_, Vec<u8>>>,
    ) -> Vec<u8> {
        if let Some(context) = delta_context {
            assert_eq!(context.base, context.base_state, "the state of another base");
            context.assert_copies(data);
        }
        self.0.push((*id, kind, data.to_vec()));
        data.to_vec()
    }

    fn failed(&mut self, _: ObjectError) {}
}

/// Reads a pack with its index: every object in one visit and each by itself.
///
/// Layout: a byte; with bit 0 unset an index (a part) and the bytes of a pack, otherwise a list of entries, which the
/// target compresses: kind, number of the base, and a part.
pub(crate) fn pack(data: &[u8]) {
    let mut input = Input(data);
    let mode = input.byte();
    let scratch = Scratch::new();
    if mode & 1 == 0 {
        scratch.write("pack/pack-1.idx", input.part());
        scratch.write("pack/pack-1.pack", input.0);
    } else {
        write_pack(&mut input, &scratch);
    }
    let algorithm = algorithm(mode);
    let store = ObjectStore::open(&[scratch.path().to_owned()], algorithm).with_limit(LIMIT);
    let kinds = [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag];
    let visited = store.for_each(&kinds, 1, &Visited::default);
    for (id, kind, data) in visited.iter().flat_map(|visited| &visited.0) {
        // A damaged index may not find what it lists, or list an id twice, and a single read stops at a chain that a
        // visit can resolve.
        if let (Ok(object), Ok((header_kind, size))) = (store.read(id), store.header(id)) {
            assert_eq!((object.kind, object.data.len() as u64), (header_kind, size));
            let is_same = (object.kind, &object.data) == (*kind, data);
            assert!(
                is_same || visited.iter().flat_map(|all| &all.0).count() > 1,
                "two contents of one object"
            );
        }
    }
    if let Ok(index) = PackIndex::open(&scratch.path().join("pack/pack-1.idx"), algorithm) {
        for position in 0..index.len().min(64) {
            let _ = (store.read(&index.id(position)), store.header(&index.id(position)));
        }
    }
    let _ = store.problems();
}

/// Writes a pack of at most 64 entries, whose bases are earlier, later or missing entries.
fn write_pack(input: &mut Input<'_>, scratch: &Scratch) {
    let mut pack = PackWriter::new();
    let mut number = 0;
    while !input.0.is_empty() && number < 64 {
        let (kind, base) = (input.byte(), input.byte());
        let content = input.part();
        let own = id(number);
        let offset = pack.objects.get(usize::from(base)).map(|(_, offset)| *offset);
        match (kind % 8, offset) {
            (0 | 1, _) => pack.undeltified(own, Kind::Commit, content),
            (2, _) => pack.undeltified(own, Kind::Tree, content),
            (3, _) => pack.undeltified(own, Kind::Blob, content),
            (4, _) => pack.undeltified(own, Kind::Tag, content),
            (5 | 6, Some(offset)) => pack.ofs_delta(own, offset, content),
            _ => pack.ref_delta(own, id(u32::from(base)), content),
        };
        number += 1;
    }
    fs::create_dir_all(scratch.path().join("pack")).expect("a scratch folder");
    pack.write(scratch.path(), "1");
}

/// Applies a delta, and compares the result with a naive reading of its segments.
///
/// Layout: the base (a part) and the delta.
pub(crate) fn delta(data: &[u8]) {
    let mut input = Input(data);
    let base = input.part();
    let Ok(delta) = Delta::parse(input.0) else { return };
    let is_valid = delta.check(base.len() as u64).is_ok();
    // A valid delta can declare up to 16 MiB for each seven bytes.
    if is_valid && delta.result_len() > LIMIT {
        return;
    }
    let (mut out, mut copies) = (Vec::new(), Vec::new());
    let applied = delta.apply(base, &mut out, &mut copies);
    assert_eq!(applied.is_ok(), is_valid, "check and apply disagree");
    if applied.is_err() {
        assert!(out.is_empty() && copies.is_empty());
        return;
    }
    assert_eq!(out.len() as u64, delta.result_len());
    let mut end = 0;
    for CopiedRange { base_offset, offset, len } in copies {
        assert!(offset >= end && len > 0);
        assert_eq!(out[offset..offset + len], base[base_offset..base_offset + len]);
        end = offset + len;
    }
}

/// Reads the index of a pack or of several packs: an object that is found is the one that was searched for. With a wrong
/// fan-out table, not every listed object is found.
///
/// Layout: a byte, whose bit 0 selects a multi-pack-index, and the file.
pub(crate) fn pack_index(data: &[u8]) {
    let mut input = Input(data);
    let mode = input.byte();
    let scratch = Scratch::new();
    let path = scratch.write("file", input.0);
    if mode & 1 == 0 {
        check_index(PackIndex::open(&path, algorithm(mode)).ok());
        return;
    }
    let Ok(index) = MultiPackIndex::open(&path, algorithm(mode)) else { return };
    let names = input.0.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
    for name in names.filter(|name| name.ends_with(".idx")).take(8) {
        let start = name.rfind("pack-").unwrap_or(0);
        check_index(index.pack_index(&name[start..]));
    }
}

fn check_index(index: Option<PackIndex>) {
    let Some(index) = index else { return };
    let _ = index.is_sorted();
    for position in 0..index.len() {
        let id = index.id(position);
        let _ = index.offset(position);
        assert!(index.find(&id).is_none_or(|found| index.id(found) == id), "another id is found");
    }
    let _ = (index.pack_checksum(), index.find(&id(0)));
}

/// Reads a loose object.
///
/// Layout: the file.
pub(crate) fn loose(data: &[u8]) {
    let scratch = Scratch::new();
    let name = id(1).to_string();
    scratch.write(&format!("{}/{}", &name[..2], &name[2..]), data);
    let objects = LooseObjects::new(scratch.path(), HashAlgorithm::Sha1);
    assert_eq!(objects.list(|_, error| panic!("{error}")), [id(1)]);
    let mut inflater = Inflater::default();
    if let Ok(Some(object)) = objects.open(&id(1), &mut inflater)
        && let Ok(read) = object.read(LIMIT, &mut inflater)
    {
        assert_eq!((read.kind, read.data.len() as u64), (object.kind, object.size));
    }
    let store = ObjectStore::open(&[scratch.path().to_owned()], HashAlgorithm::Sha1).with_limit(LIMIT);
    let _ = (store.read(&id(1)), store.header(&id(1)));
}
