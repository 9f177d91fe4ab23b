//! Layouts that git makes: the walk and single reads equal `git cat-file`.

use std::fs;

use super::repository::{Repository, overwrite};
use super::{ALL, all, assert_same, walk};
use crate::git::odb::pack::MultiIndex;
use crate::git::{HashAlgorithm, Kind, ObjectError, ReadObjects};

const SHA1: HashAlgorithm = HashAlgorithm::Sha1;

/// Everything a sound repository promises, by walking and by reading, on one and two threads.
fn assert_equals_git(repository: &Repository) {
    assert_equals(repository, &repository.expected());
}

fn assert_equals(repository: &Repository, expected: &super::Objects) {
    let store = repository.store();
    for threads in [1, 2] {
        assert_same(&all(&store, threads), expected);
    }
    for kind in ALL {
        let mut only = expected.clone();
        only.retain(|_, (found, _)| *found == kind);
        let (objects, errors) = walk(&store, &[kind], 2);
        assert_same(&objects, &only);
        assert!(errors.is_empty());
    }
    for (id, (kind, data)) in expected {
        assert!(store.contains(id));
        assert_eq!(store.header(id), Ok((*kind, data.len() as u64)));
        let object = store.read(id).expect("sound");
        assert!((object.kind, &object.data) == (*kind, data), "{id} differs");
    }
    assert_eq!(store.problems(), []);
}

#[test]
fn an_empty_repository_has_nothing_and_no_problems() {
    assert_equals_git(&Repository::new(SHA1));
}

#[test]
fn loose_objects_only() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 12);
    assert!(repository.packed("pack").is_empty());
    assert_equals_git(&repository);
}

#[test]
fn one_pack_with_delta_chains() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 60);
    repository.git(&["repack", "-adfq"]);
    assert_equals_git(&repository);
}

#[test]
fn several_packs_and_loose_objects_with_everything_in_more_than_one_place() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 15);
    repository.git(&["repack", "-q"]);
    repository.grow("side", 15);
    repository.git(&["repack", "-aq"]);
    repository.grow("third", 5);
    repository.git(&["repack", "-q"]);
    repository.grow("loose", 3);
    assert_eq!(repository.packed("pack").len(), 3);
    assert_equals_git(&repository);
}

#[test]
fn version_1_indexes() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 15);
    repository.git(&["-c", "pack.indexVersion=1", "repack", "-adq"]);
    assert!(!fs::read(&repository.packed("idx")[0]).expect("read").starts_with(b"\xfftOc"));
    assert_equals_git(&repository);
}

#[test]
fn unreachable_objects_in_a_cruft_pack() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 5);
    repository.grow("gone", 10);
    repository.git(&["update-ref", "-d", "refs/heads/gone"]);
    repository.git(&["tag", "-d", "last-of-gone"]);
    repository.git(&["gc", "--quiet", "--cruft", "--prune=never"]);
    assert_eq!(repository.packed("mtimes").len(), 1);
    let gone = repository.expected().values().filter(|(_, data)| data.starts_with(b"gone line")).count();
    assert!(gone > 10);
    assert_equals_git(&repository);
}

#[test]
fn objects_borrowed_through_alternates() {
    let lender = Repository::new(SHA1);
    lender.grow("main", 10);
    lender.git(&["repack", "-adq"]);
    lender.grow("loose", 2);
    let between = Repository::sharing(&lender);
    between.grow("main", 13);
    let borrower = Repository::sharing(&between);
    borrower.grow("own", 2);
    assert_equals_git(&borrower);

    // A relative path starts at the objects directory.
    let alternates = between.objects().join("info/alternates");
    let link = between.objects().join("lender");
    fs::rename(lender.objects(), &link).expect("moved");
    fs::write(alternates, "# moved\n\nlender\n").expect("written");
    assert_equals_git(&borrower);
    fs::rename(&link, between.path().join("elsewhere")).expect("moved");
    let problems = borrower.store().problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].path.ends_with("lender"));
}

#[test]
fn packs_that_only_a_multi_pack_index_lists() {
    let repository = Repository::new(SHA1);
    for branch in ["one", "two", "three"] {
        repository.grow(branch, 12);
        repository.git(&["repack", "-q"]);
    }
    repository.git(&["repack", "-aq"]);
    repository.git(&["prune-packed", "--quiet"]);
    repository.git(&["multi-pack-index", "write"]);
    let expected = repository.expected();
    assert_equals(&repository, &expected);
    assert_eq!(repository.packed("idx").len(), 4);
    repository.packed("idx").iter().for_each(|path| fs::remove_file(path).expect("removed"));
    assert_equals(&repository, &expected);

    let index = repository.objects().join("pack/multi-pack-index");
    let bytes = fs::read(&index).expect("read");
    for cut in [0, 3, 11, 20, 100, bytes.len() / 2] {
        overwrite(&index, &bytes[..cut]);
        let store = repository.store();
        assert!(all(&store, 1).len() < expected.len());
        assert!(store.problems().len() >= 4);
    }
    // Whatever a changed byte says, it is an error or an index that can be asked.
    let names = repository.packed("pack");
    let names = names.iter().map(|path| path.with_extension("idx").file_name().expect("a name").to_owned());
    let names: Vec<_> = names.map(|name| name.into_string().expect("UTF-8")).collect();
    for at in (0..200).chain((200..bytes.len()).step_by(97)) {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            overwrite(&index, &damaged);
            let Ok(multi) = MultiIndex::open(&index, SHA1) else { continue };
            for index in names.iter().filter_map(|name| multi.index_of(name)) {
                assert!((0..index.len()).all(|position| index.offset(position).is_some()));
            }
        }
    }
}

#[test]
fn packs_that_only_layers_of_a_multi_pack_index_list() {
    let repository = Repository::new(SHA1);
    for branch in ["one", "two", "three"] {
        repository.grow(branch, 6);
        repository.git(&["repack", "-dq"]);
        repository.git(&["multi-pack-index", "write", "--incremental"]);
    }
    let expected = repository.expected();
    repository.packed("idx").iter().for_each(|path| fs::remove_file(path).expect("removed"));
    assert_equals(&repository, &expected);
}

#[test]
fn sha_256() {
    let repository = Repository::new(HashAlgorithm::Sha256);
    repository.grow("main", 30);
    repository.git(&["repack", "-adfq"]);
    repository.grow("loose", 3);
    assert_equals_git(&repository);
    repository.git(&["-c", "pack.indexVersion=1", "repack", "-adq"]);
    assert_equals_git(&repository);
    repository.git(&["multi-pack-index", "write"]);
    let expected = repository.expected();
    repository.packed("idx").iter().for_each(|path| fs::remove_file(path).expect("removed"));
    assert_equals(&repository, &expected);
}

#[test]
fn an_object_over_the_limit_is_told_with_its_size_and_everything_else_comes() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 3);
    let big: Vec<u8> = (0..200_000u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
    let id = repository.git_with_input(&["hash-object", "-w", "--stdin"], &big);
    let id = crate::git::Oid::from_hex(id.trim_ascii()).expect("an id");
    let over = ObjectError::TooLarge { id, size: 800_000, limit: 100_000 };
    for packed in [false, true] {
        if packed {
            repository.git(&["update-ref", "refs/keep/big", &id.to_string()]);
            repository.git(&["repack", "-adfq"]);
        }
        let store = repository.store().with_limit(100_000);
        let mut expected = repository.expected();
        expected.remove(&id);
        let (objects, errors) = walk(&store, &ALL, 2);
        assert_same(&objects, &expected);
        assert!(errors.into_values().eq([over.clone()]));
        assert_eq!(store.read(&id), Err(over.clone()));
        assert_eq!(store.header(&id), Ok((Kind::Blob, 800_000)));
    }
}

#[test]
fn objects_that_a_gc_moves_after_opening_are_found_again() {
    let repository = Repository::new(SHA1);
    repository.grow("main", 5);
    repository.git(&["repack", "-adq"]);
    repository.grow("loose", 2);
    let store = repository.store();
    repository.grow("later", 4);
    let expected = repository.expected();
    repository.git(&["repack", "-adfq"]);
    assert_eq!(fs::read_dir(repository.objects()).expect("listed").count(), 2, "only info and pack");
    for (id, (kind, data)) in &expected {
        assert_eq!(store.header(id), Ok((*kind, data.len() as u64)));
        assert!(store.read(id).expect("found").data == *data);
    }
    assert_same(&all(&store, 2), &expected);
    let absent = crate::git::odb::pack::writer::id(1);
    assert_eq!(store.read(&absent), Err(ObjectError::Missing { id: absent }));
    assert!(!store.contains(&absent));
}
