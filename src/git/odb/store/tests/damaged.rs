//! What git wrote and something else destroyed.

use std::fs;

use super::repository::{Repository, overwrite};
use super::{ALL, Objects, all, assert_same, walk};
use crate::git::{HashAlgorithm, ObjectError, ObjectStore, Oid, ReadObjects};

fn packed() -> (Repository, Objects) {
    let repository = Repository::new(HashAlgorithm::Sha1);
    repository.grow("main", 30);
    repository.git(&["repack", "-adfq"]);
    let expected = repository.expected();
    (repository, expected)
}

/// Each object is either as it was or told to be corrupt; returns how many are told.
fn assert_all_accounted_for(store: &ObjectStore, expected: &Objects) -> usize {
    let (objects, errors) = walk(store, &ALL, 2);
    for (id, object) in expected {
        match objects.get(id) {
            Some(found) => assert!(found == object, "{id} differs"),
            None => assert!(matches!(errors.get(id), Some(ObjectError::Corrupt { .. })), "{id}"),
        }
        assert_eq!(
            store.read(id).ok().map(|object| object.data),
            objects.get(id).map(|(_, data)| data.clone())
        );
    }
    assert_eq!(objects.len() + errors.len(), expected.len());
    errors.len()
}

#[test]
fn a_truncated_pack_gives_what_is_left_of_it() {
    let (repository, expected) = packed();
    let path = &repository.packed("pack")[0];
    let bytes = fs::read(path).expect("read");
    for cut in [bytes.len() - 1, bytes.len() / 2, 13] {
        overwrite(path, &bytes[..cut]);
        let store = repository.store();
        let problems = store.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(&problems[0].path, path);
        let lost = assert_all_accounted_for(&store, &expected);
        assert!(lost < expected.len() || cut == 13);
        assert!(lost > 0 || cut == bytes.len() - 1);
    }
    overwrite(path, b"");
    let store = repository.store();
    assert_eq!(assert_all_accounted_for(&store, &expected), expected.len());
    assert_eq!(store.problems().len(), 1);
}

#[test]
fn a_flipped_byte_costs_one_object_and_what_grows_from_it() {
    let (repository, expected) = packed();
    let path = &repository.packed("pack")[0];
    let bytes = fs::read(path).expect("read");
    for part in 1..10 {
        let mut damaged = bytes.clone();
        damaged[bytes.len() * part / 10] ^= 0x10;
        overwrite(path, &damaged);
        let lost = assert_all_accounted_for(&repository.store(), &expected);
        assert!(lost > 0 && lost < expected.len(), "{lost} lost");
    }
}

#[test]
fn another_copy_replaces_a_damaged_one_and_what_grows_from_it() {
    let (repository, expected) = packed();
    let damage = |path: &std::path::Path, from: usize| {
        let mut bytes = fs::read(path).expect("read");
        let places = (from..bytes.len() - 20).step_by(700);
        places.for_each(|at| bytes[at] ^= 0x10);
        overwrite(path, &bytes);
    };
    // Another pack with other chains, damaged in places that are few enough to spare one copy of each.
    let path = repository.packed("pack")[0].clone();
    let kept = repository.path().join("kept");
    fs::create_dir(&kept).expect("created");
    for ending in ["pack", "idx"] {
        let file = path.with_extension(ending);
        fs::rename(&file, kept.join(file.file_name().expect("a name"))).expect("moved");
    }
    let index = kept.join(path.file_name().expect("a name"));
    repository.git_with_input(&["unpack-objects", "-q"], &fs::read(&index).expect("read"));
    damage(&index, 500);
    for ending in ["pack", "idx"] {
        let file = path.with_extension(ending);
        fs::rename(kept.join(file.file_name().expect("a name")), &file).expect("moved back");
    }
    let store = repository.store();
    assert_same(&all(&store, 2), &expected);
    for (id, (_, data)) in &expected {
        assert!(store.read(id).expect("sound elsewhere").data == *data);
    }
}

#[test]
fn a_damaged_loose_file_costs_itself() {
    let repository = Repository::new(HashAlgorithm::Sha1);
    repository.grow("main", 3);
    let expected = repository.expected();
    let file = |id: &Oid| {
        let name = id.to_string();
        repository.objects().join(&name[..2]).join(&name[2..])
    };
    let victims: Vec<_> = expected.keys().copied().take(5).collect();
    for (number, id) in victims.iter().enumerate() {
        let mut bytes = fs::read(file(id)).expect("read");
        match number {
            0 => bytes.clear(),
            1 => bytes.truncate(10),
            2 => bytes[0] = 0,
            3 => *bytes.last_mut().expect("not empty") ^= 1,
            _ => bytes = crate::git::odb::pack::writer::deflate(b"blob 5\0four"),
        }
        overwrite(&file(id), &bytes);
    }
    // Names that are no objects are passed over.
    fs::write(file(&victims[0]).with_file_name("tmp_obj_x"), b"x").expect("written");
    let store = repository.store();
    assert_eq!(assert_all_accounted_for(&store, &expected), victims.len());
    assert_eq!(store.problems(), []);

    // A directory that cannot be listed is told, once however often it is tried.
    let digits = (0..=0xff).map(|first| format!("{first:02x}"));
    let free = digits.map(|name| repository.objects().join(name)).find(|path| !path.exists());
    let free = free.expect("fewer than 256 objects");
    fs::write(&free, b"no directory").expect("written");
    assert_eq!(assert_all_accounted_for(&store, &expected), victims.len());
    assert_eq!(assert_all_accounted_for(&store, &expected), victims.len());
    assert_eq!(store.problems().into_iter().map(|problem| problem.path).collect::<Vec<_>>(), [free]);
}

#[cfg(unix)]
#[test]
fn pipes_in_place_of_files_are_told_and_not_waited_for() {
    let (repository, expected) = packed();
    let id = crate::git::odb::pack::writer::id(1);
    let loose = repository.objects().join(&id.to_string()[..2]);
    fs::create_dir_all(&loose).expect("created");
    let pipes = [
        repository.objects().join("info/alternates"),
        repository.objects().join("pack/pack-pipe.idx"),
        repository.objects().join("pack/pack-pipe.pack"),
        loose.join(&id.to_string()[2..]),
    ];
    let made = std::process::Command::new("mkfifo").args(&pipes).status().expect("mkfifo is there");
    assert!(made.success());
    let store = repository.store();
    let (objects, errors) = walk(&store, &ALL, 1);
    assert_same(&objects, &expected);
    assert_eq!(errors.into_keys().collect::<Vec<_>>(), [id]);
    let told: Vec<_> = store.problems().into_iter().map(|problem| problem.path).collect();
    assert_eq!(told, pipes[..3]);
}

#[test]
fn a_pack_or_index_that_cannot_be_opened_costs_itself() {
    let (repository, expected) = packed();
    let sound = repository.packed("idx")[0].clone();
    let dir = repository.objects().join("pack");
    fs::copy(sound.with_extension("pack"), dir.join("pack-alone.pack")).expect("copied");
    fs::copy(&sound, dir.join("pack-lost.idx")).expect("copied");
    fs::write(dir.join("pack-bad.idx"), b"not an index").expect("written");
    fs::write(dir.join("pack-bad.pack"), b"not a pack").expect("written");
    fs::write(dir.join("tmp_pack_Xyz.pack"), b"being written").expect("written");
    fs::create_dir(dir.join("pack-folder.pack")).expect("created");
    fs::copy(&sound, dir.join("pack-folder.idx")).expect("copied");
    let store = repository.store();
    assert_same(&all(&store, 2), &expected);
    let mut told: Vec<_> =
        store.problems().iter().map(|problem| problem.path.file_name().expect("a name").to_owned()).collect();
    told.sort();
    assert_eq!(
        told,
        ["pack-alone.pack", "pack-bad.idx", "pack-bad.pack", "pack-folder.pack", "pack-lost.idx"]
    );

    let nowhere = dir.join("no/such/objects");
    let store = ObjectStore::open(&[repository.objects(), nowhere.clone()], HashAlgorithm::Sha1);
    assert!(store.problems().iter().any(|problem| problem.path == nowhere));
    assert_same(&all(&store, 1), &expected);
}
