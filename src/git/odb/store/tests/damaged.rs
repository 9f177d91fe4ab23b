//! Files that git wrote and that were damaged afterwards.

use std::fs;

use super::repository::{Repository, overwrite};
use super::{ALL, Objects, all, assert_same, walk};
use crate::git::{HashAlgorithm, ObjectError, ObjectStore, Oid, ReadObjects};

fn packed() -> (Repository, Objects) {
    let repository = Repository::new(HashAlgorithm::Sha1);
    repository.commit_versions("main", 30);
    repository.git(&["repack", "-adfq"]);
    let expected = repository.expected();
    (repository, expected)
}

/// Checks that each object is either intact or reported as corrupt; returns the number of corrupt ones.
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
fn the_remaining_objects_of_a_truncated_pack_are_read() {
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
fn a_flipped_byte_only_affects_one_object_and_its_delta_children() {
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
fn another_copy_replaces_a_damaged_object_and_its_delta_children() {
    let (repository, expected) = packed();
    let damage = |path: &std::path::Path, from: usize| {
        let mut bytes = fs::read(path).expect("read");
        let offsets = (from..bytes.len() - 20).step_by(700);
        offsets.for_each(|at| bytes[at] ^= 0x10);
        overwrite(path, &bytes);
    };
    // A damaged pack, and intact loose copies of its objects.
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
        assert!(store.read(id).expect("another copy is intact").data == *data);
    }
}

#[test]
fn a_damaged_loose_file_affects_only_its_object() {
    let repository = Repository::new(HashAlgorithm::Sha1);
    repository.commit_versions("main", 3);
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
    // Files whose names are not object ids are skipped.
    fs::write(file(&victims[0]).with_file_name("tmp_obj_x"), b"x").expect("written");
    let store = repository.store();
    assert_eq!(assert_all_accounted_for(&store, &expected), victims.len());
    assert_eq!(store.problems(), []);

    // A directory that cannot be listed is reported once, however often it is listed.
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
fn named_pipes_instead_of_files_are_reported_and_do_not_block() {
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
    let reported: Vec<_> = store.problems().into_iter().map(|problem| problem.path).collect();
    assert_eq!(reported, pipes[..3]);
}

#[test]
fn an_unreadable_pack_or_index_affects_only_its_objects() {
    let (repository, expected) = packed();
    let intact = repository.packed("idx")[0].clone();
    let dir = repository.objects().join("pack");
    fs::copy(intact.with_extension("pack"), dir.join("pack-alone.pack")).expect("copied");
    fs::copy(&intact, dir.join("pack-lost.idx")).expect("copied");
    fs::write(dir.join("pack-bad.idx"), b"not an index").expect("written");
    fs::write(dir.join("pack-bad.pack"), b"not a pack").expect("written");
    fs::write(dir.join("tmp_pack_Xyz.pack"), b"being written").expect("written");
    fs::create_dir(dir.join("pack-folder.pack")).expect("created");
    fs::copy(&intact, dir.join("pack-folder.idx")).expect("copied");
    let store = repository.store();
    assert_same(&all(&store, 2), &expected);
    let mut reported: Vec<_> =
        store.problems().iter().map(|problem| problem.path.file_name().expect("a name").to_owned()).collect();
    reported.sort();
    assert_eq!(
        reported,
        ["pack-alone.pack", "pack-bad.idx", "pack-bad.pack", "pack-folder.pack", "pack-lost.idx"]
    );

    let missing = dir.join("no/such/objects");
    let store = ObjectStore::open(&[repository.objects(), missing.clone()], HashAlgorithm::Sha1);
    assert!(store.problems().iter().any(|problem| problem.path == missing));
    assert_same(&all(&store, 1), &expected);
}
