//! Packs that git would not write.

use proptest::prelude::*;
use tempfile::TempDir;

use super::{ALL, Objects, all, assert_same, open, walk};
use crate::git::odb::pack::writer::{Instruction, PackWriter, deflate, delta, id};
use crate::git::{Kind, ObjectError, ReadObjects};

fn dir() -> TempDir {
    tempfile::tempdir().expect("temporary directory")
}

/// A delta that appends `tail` to a base of `base` bytes.
fn append(base: usize, tail: &str) -> Vec<u8> {
    let mut instructions = vec![Instruction::Insert(tail.as_bytes().to_vec())];
    if base > 0 {
        instructions.insert(0, Instruction::Copy(0, base as u32));
    }
    delta(base as u64, (base + tail.len()) as u64, &instructions)
}

fn blobs(objects: &[(u32, &str)]) -> Objects {
    objects.iter().map(|(n, text)| (id(*n), (Kind::Blob, text.as_bytes().to_vec()))).collect()
}

fn why(error: Option<&ObjectError>) -> &str {
    match error {
        Some(ObjectError::Corrupt { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn bases_named_by_id_may_be_later_in_the_pack_or_in_another_pack_or_loose() {
    let dir = dir();
    let mut one = PackWriter::new();
    one.ref_delta(id(1), id(2), &append(3, "d"));
    one.undeltified(id(2), Kind::Blob, b"abc");
    one.ref_delta(id(3), id(11), &append(5, "!"));
    one.ref_delta(id(4), id(20), &append(5, "?"));
    let three = one.objects[2].1;
    one.ofs_delta(id(5), three, &append(6, "!"));
    one.write(dir.path(), "one");
    let mut two = PackWriter::new();
    two.ref_delta(id(11), id(1), &append(4, "e"));
    two.write(dir.path(), "two");
    let name = id(20).to_string();
    std::fs::create_dir(dir.path().join(&name[..2])).expect("created");
    let file = dir.path().join(&name[..2]).join(&name[2..]);
    std::fs::write(file, deflate(b"blob 5\0loose")).expect("written");

    let store = open(dir.path());
    let expected = blobs(&[
        (1, "abcd"),
        (2, "abc"),
        (3, "abcde!"),
        (4, "loose?"),
        (5, "abcde!!"),
        (11, "abcde"),
        (20, "loose"),
    ]);
    for threads in [1, 2] {
        assert_same(&all(&store, threads), &expected);
    }
    for (id, (kind, data)) in &expected {
        assert_eq!(store.read(id).expect("intact").data, *data);
        assert_eq!(store.header(id), Ok((*kind, data.len() as u64)));
    }
    assert_eq!(walk(&store, &[Kind::Tree, Kind::Commit], 1).0, Objects::new());
}

#[test]
fn cyclic_chains_are_reported_per_object() {
    let dir = dir();
    let mut one = PackWriter::new();
    let first = one.ref_delta(id(1), id(2), &append(1, "x"));
    one.ofs_delta(id(2), first, &append(1, "x"));
    one.ref_delta(id(3), id(3), &append(1, "x"));
    one.ref_delta(id(4), id(1), &append(1, "x"));
    one.ref_delta(id(5), id(11), &append(1, "x"));
    one.ref_delta(id(6), id(99), &append(1, "x"));
    one.undeltified(id(7), Kind::Blob, b"intact");
    one.write(dir.path(), "one");
    let mut two = PackWriter::new();
    two.ref_delta(id(11), id(5), &append(1, "x"));
    two.write(dir.path(), "two");
    let store = open(dir.path());
    let (objects, errors) = walk(&store, &ALL, 2);
    assert_same(&objects, &blobs(&[(7, "intact")]));
    let failed: Vec<_> = errors.keys().copied().collect();
    let mut expected: Vec<_> = [1, 2, 3, 4, 5, 6, 11].map(id).to_vec();
    expected.sort();
    assert_eq!(failed, expected);
    assert!(why(errors.get(&id(3))).contains("endless"));
    assert!(why(errors.get(&id(6))).contains(&format!("{} is missing", id(99))));
    for id in expected {
        assert!(store.read(&id).is_err());
        assert!(store.header(&id).is_err());
    }
}

#[test]
fn a_cycle_affects_only_objects_without_a_copy_outside_of_it() {
    let dir = dir();
    let mut one = PackWriter::new();
    one.ref_delta(id(1), id(2), &append(4, "1"));
    one.ref_delta(id(2), id(1), &append(5, "2"));
    one.ref_delta(id(3), id(1), &append(5, "3"));
    one.write(dir.path(), "one");
    let mut two = PackWriter::new();
    two.undeltified(id(1), Kind::Blob, b"base1");
    two.write(dir.path(), "two");
    let (objects, errors) = walk(&open(dir.path()), &ALL, 1);
    assert_same(&objects, &blobs(&[(1, "base1"), (3, "base13")]));
    assert_eq!(errors.into_keys().collect::<Vec<_>>(), [id(2)]);
}

#[test]
fn a_base_in_the_middle_of_a_chain_is_replaced_by_its_other_copy() {
    let dir = dir();
    let mut one = PackWriter::new();
    let bad = one.entry(id(1), 3, 5, &[], b"no zlib here");
    let middle = one.ofs_delta(id(2), bad, &append(5, "2"));
    one.ofs_delta(id(3), middle, &append(6, "3"));
    one.ref_delta(id(4), id(99), &append(5, "4"));
    one.ref_delta(id(5), id(4), &append(6, "5"));
    one.write(dir.path(), "one");
    let mut two = PackWriter::new();
    two.undeltified(id(2), Kind::Blob, b"base-2");
    two.undeltified(id(4), Kind::Blob, b"base-4");
    two.write(dir.path(), "two");
    let store = open(dir.path());
    let expected = blobs(&[(2, "base-2"), (3, "base-23"), (4, "base-4"), (5, "base-45")]);
    let (objects, errors) = walk(&store, &ALL, 1);
    assert_same(&objects, &expected);
    assert_eq!(errors.into_keys().collect::<Vec<_>>(), [id(1)]);
    for id in [2, 4, 5].map(id) {
        let object = store.read(&id).expect("another copy is intact");
        assert_eq!(object.data, expected[&id].1);
        assert_eq!(store.header(&id), Ok((Kind::Blob, object.data.len() as u64)));
    }
    // A single read searches for other copies of the damaged object only, not of the deltas that depend on it.
    assert!(store.read(&id(3)).is_err());
}

#[test]
fn a_chain_of_100_000_deltas_needs_no_deep_stack() {
    let dir = dir();
    let mut pack = PackWriter::new();
    let mut offset = pack.undeltified(id(0), Kind::Blob, b"0000000000");
    for n in 1..=100_000 {
        let text = format!("{n:010}");
        let instructions = [Instruction::Insert(text.into_bytes())];
        offset = pack.ofs_delta(id(n), offset, &delta(10, 10, &instructions));
    }
    pack.write(dir.path(), "deep");
    let store = open(dir.path());
    let objects = all(&store, 2);
    assert_eq!(objects.len(), 100_001);
    assert!((0..=100_000).all(|n| objects[&id(n)].1 == format!("{n:010}").as_bytes()));
    assert_eq!(store.read(&id(100_000)).expect("intact").data, b"0000100000");
    assert_eq!(store.header(&id(100_000)), Ok((Kind::Blob, 10)));
}

#[test]
fn each_delta_child_of_a_damaged_object_has_its_own_error_with_the_first_cause() {
    let dir = dir();
    let mut pack = PackWriter::new();
    let root = pack.entry(id(1), 3, 5, &[], b"no zlib here");
    let child = pack.ofs_delta(id(2), root, &append(5, "x"));
    pack.ofs_delta(id(3), child, &append(6, "x"));
    pack.ofs_delta(id(4), root, &append(5, "y"));
    let large = pack.undeltified(id(5), Kind::Blob, &[b'z'; 2000]);
    pack.ofs_delta(id(6), large, &delta(2000, 10, &[Instruction::Copy(0, 10)]));
    pack.undeltified(id(7), Kind::Tree, b"");
    pack.write(dir.path(), "one");
    let store = open(dir.path()).with_limit(1000);
    let (objects, errors) = walk(&store, &[Kind::Blob], 1);
    assert_eq!(objects, Objects::new());
    assert_eq!(errors.len(), 6);
    for n in 2..=4 {
        assert!(why(errors.get(&id(n))).contains(&id(1).to_string()), "{:?}", errors.get(&id(n)));
    }
    for n in [5, 6] {
        assert_eq!(errors[&id(n)], ObjectError::TooLarge { id: id(n), size: 2000, limit: 1000 });
    }
}

#[test]
fn objects_of_other_kinds_are_not_inflated() {
    let dir = dir();
    let mut pack = PackWriter::new();
    let tree = pack.entry(id(1), 2, 5, &[], b"no zlib here");
    pack.entry(id(2), 6, 5, &[(pack.bytes.len() as u64 - tree) as u8], b"nor here");
    pack.undeltified(id(3), Kind::Blob, b"wanted");
    pack.write(dir.path(), "one");
    let (objects, errors) = walk(&open(dir.path()), &[Kind::Blob], 2);
    assert_same(&objects, &blobs(&[(3, "wanted")]));
    assert!(errors.is_empty());
}

#[test]
fn wrong_sizes_offsets_and_types_affect_only_their_entry() {
    let dir = dir();
    let mut pack = PackWriter::new();
    let stream = deflate(b"12345");
    let base = pack.undeltified(id(0), Kind::Blob, b"base");
    pack.entry(id(1), 3, 4, &[], &stream);
    pack.entry(id(2), 3, 6, &[], &stream);
    pack.entry(id(3), 3, u64::MAX >> 3, &[], &stream);
    pack.entry(id(4), 0, 5, &[], &stream);
    pack.entry(id(5), 5, 5, &[], &stream);
    pack.entry(id(6), 6, 5, &[0], &stream);
    pack.entry(id(7), 6, 5, &[0xff; 12], &stream);
    pack.entry(id(8), 6, 5, &[0xfe, 0x7f], &stream);
    pack.entry(id(9), 6, 5, &[3], &stream);
    pack.ofs_delta(id(10), base, &append(5, "x"));
    pack.ofs_delta(id(11), base, &delta(4, 1 << 50, &[Instruction::Copy(0, 4)]));
    pack.ofs_delta(id(12), base, &delta(4, 9, &[Instruction::Copy(2, 9)]));
    pack.ofs_delta(id(13), base, b"\x04");
    pack.objects.push((id(14), 0));
    pack.objects.push((id(15), base + 1));
    pack.objects.push((id(16), 0x7fff_ffff));
    pack.objects.push((id(17), 0x8000_0000));
    pack.objects.push((id(18), base));
    pack.entry(id(19), 3, 5, &[], &stream[..stream.len() - 1]);
    pack.write(dir.path(), "wrong");
    let store = open(dir.path());
    let (objects, errors) = walk(&store, &ALL, 2);
    assert_same(&objects, &blobs(&[(0, "base"), (18, "base")]));
    assert_eq!(errors.len(), 18);
    assert_eq!(
        errors[&id(11)],
        ObjectError::TooLarge { id: id(11), size: 1 << 50, limit: crate::git::odb::store::DEFAULT_LIMIT }
    );
    for n in (1..18).chain([19]) {
        assert!(store.read(&id(n)).is_err(), "{n}");
    }
}

#[test]
fn a_small_delta_with_a_result_of_gigabytes_is_refused_by_its_header() {
    let dir = dir();
    let mut pack = PackWriter::new();
    let base = pack.undeltified(id(1), Kind::Blob, &vec![0; 0xff_ffff]);
    let copies = vec![Instruction::Copy(0, 0xff_ffff); 1000];
    let size = 1000 * 0xff_ffff;
    pack.ofs_delta(id(2), base, &delta(0xff_ffff, size, &copies));
    pack.write(dir.path(), "bomb");
    let store = open(dir.path()).with_limit(1 << 24);
    let (objects, errors) = walk(&store, &ALL, 1);
    assert_eq!(objects.len(), 1);
    assert_eq!(errors[&id(2)], ObjectError::TooLarge { id: id(2), size, limit: 1 << 24 });
}

#[test]
fn an_index_out_of_order_or_with_ids_twice_hides_nothing() {
    let dir = dir();
    let mut pack = PackWriter::new();
    for n in 0..20 {
        pack.undeltified(id(n), Kind::Blob, n.to_string().as_bytes());
    }
    pack.objects.extend_from_within(..3);
    pack.write(dir.path(), "one");
    // The first and the third id are swapped.
    let path = dir.path().join("pack/pack-one.idx");
    let mut index = std::fs::read(&path).expect("read");
    let ids = 8 + 1024;
    let (first, third): (Vec<u8>, Vec<u8>) =
        (index[ids..ids + 20].to_vec(), index[ids + 40..ids + 60].to_vec());
    index[ids..ids + 20].copy_from_slice(&third);
    index[ids + 40..ids + 60].copy_from_slice(&first);
    std::fs::write(path, index).expect("written");
    let objects = all(&open(dir.path()), 1);
    assert_eq!(objects.len(), 20);
}

/// A pack with whole objects, chains by offset and by id, and branches.
fn sample() -> (PackWriter, Objects) {
    let mut pack = PackWriter::new();
    let mut expected = Objects::new();
    let mut texts: Vec<(u64, String)> = Vec::new();
    for n in 0..40u32 {
        let kind = if n % 10 == 9 { Kind::Tree } else { Kind::Blob };
        let base = (n / 2) as usize;
        let (offset, text) = if n % 5 == 0 || n % 10 == 9 {
            let text = format!("whole object number {n} ").repeat(n as usize % 7 + 1);
            (pack.undeltified(id(n), kind, text.as_bytes()), text)
        } else {
            let (offset, base_text) = texts[base].clone();
            let tail = format!("and {n}");
            let text = format!("{base_text}{tail}");
            let delta = append(base_text.len(), &tail);
            let offset = if n % 2 == 0 {
                pack.ref_delta(id(n), id(base as u32), &delta)
            } else {
                pack.ofs_delta(id(n), offset, &delta)
            };
            (offset, text)
        };
        let root_kind = if n % 5 == 0 || n % 10 == 9 { kind } else { expected[&id(base as u32)].0 };
        expected.insert(id(n), (root_kind, text.clone().into_bytes()));
        texts.push((offset, text));
    }
    (pack, expected)
}

#[test]
fn the_sample_is_valid() {
    let dir = dir();
    let (pack, expected) = sample();
    pack.write(dir.path(), "sample");
    assert_same(&all(&open(dir.path()), 2), &expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn random_damage_is_reported_and_never_changes_a_length(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        index_too in prop::bool::weighted(0.3),
    ) {
        let dir = dir();
        let (pack, expected) = sample();
        pack.write(dir.path(), "sample");
        for ending in if index_too { &["pack", "idx"][..] } else { &["pack"] } {
            let path = dir.path().join("pack/pack-sample").with_extension(ending);
            let mut bytes = std::fs::read(&path).expect("read");
            damage.iter().for_each(|(at, value)| { let at = at.index(bytes.len()); bytes[at] = *value; });
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            std::fs::write(&path, bytes).expect("written");
        }
        let store = open(dir.path());
        let (objects, errors) = walk(&store, &ALL, 1);
        for id in expected.keys() {
            let _ = (store.read(id), store.header(id));
        }
        if !index_too {
            for (id, (_, data)) in &objects {
                prop_assert_eq!(data.len(), expected[id].1.len());
            }
            prop_assert_eq!(objects.len() + errors.len(), expected.len());
        }
    }
}
