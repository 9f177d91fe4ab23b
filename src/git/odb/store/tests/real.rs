//! Layouts that git writes: visiting all objects and reading single ones equal `git cat-file`.

use std::fs;

use super::repository::{Repository, overwrite};
use super::{ALL, all, assert_same, walk};
use crate::git::odb::pack::MultiPackIndex;
use crate::git::{HashAlgorithm, Kind, ObjectError, ReadObjects};

const SHA1: HashAlgorithm = HashAlgorithm::Sha1;

/// Checks all objects of an intact repository, by visiting and by reading, on one and two threads.
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
        let object = store.read(id).expect("intact");
        assert!((object.kind, &object.data) == (*kind, data), "{id} differs");
    }
    assert_eq!(store.problems(), []);
}

#[test]
fn an_empty_repository_has_no_objects_and_no_problems() {
    assert_equals_git(&Repository::new(SHA1));
}

#[test]
fn loose_objects_only() {
    let repository = Repository::new(SHA1);
    repository.commit_versions("main", 12);
    assert!(repository.packed("pack").is_empty());
    assert_equals_git(&repository);
}

#[test]
fn one_pack_with_delta_chains() {
    let repository = Repository::new(SHA1);
    repository.commit_versions("main", 60);
    repository.git(&["repack", "-adfq"]);
    assert_equals_git(&repository);
}

#[test]
fn several_packs_and_loose_objects_with_many_duplicates() {
    let repository = Repository::new(SHA1);
    repository.commit_versions("main", 15);
    repository.git(&["repack", "-q"]);
    repository.commit_versions("side", 15);
    repository.git(&["repack", "-aq"]);
    repository.commit_versions("third", 5);
    repository.git(&["repack", "-q"]);
    repository.commit_versions("loose", 3);
    assert_eq!(repository.packed("pack").len(), 3);
    assert_equals_git(&repository);
}

#[test]
fn version_1_indexes() {
    let repository = Repository::new(SHA1);
    repository.commit_versions("main", 15);
    repository.git(&["-c", "pack.indexVersion=1", "repack", "-adq"]);
    assert!(!fs::read(&repository.packed("idx")[0]).expect("read").starts_with(b"\xfftOc"));
    assert_equals_git(&repository);
}

#[test]
fn unreachable_objects_in_a_cruft_pack() {
    let repository = Repository::new(SHA1);
    repository.commit_versions("main", 5);
    repository.commit_versions("gone", 10);
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
    lender.commit_versions("main", 10);
    lender.git(&["repack", "-adq"]);
    lender.commit_versions("loose", 2);
    let between = Repository::sharing(&lender);
    between.commit_versions("main", 13);
    let borrower = Repository::sharing(&between);
    borrower.commit_versions("own", 2);
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
        repository.commit_versions(branch, 12);
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
    // Each changed byte gives an error, or an index whose lookups work.
    let names = repository.packed("pack");
    let names = names.iter().map(|path| path.with_extension("idx").file_name().expect("a name").to_owned());
    let names: Vec<_> = names.map(|name| name.into_string().expect("UTF-8")).collect();
    for at in (0..200).chain((200..bytes.len()).step_by(97)) {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            overwrite(&index, &damaged);
            let Ok(multi) = MultiPackIndex::open(&index, SHA1) else { continue };
            for index in names.iter().filter_map(|name| multi.pack_index(name)) {
                assert!((0..index.len()).all(|position| index.offset(position).is_some()));
            }
        }
    }
}

#[test]
fn packs_that_only_layers_of_a_multi_pack_index_list() {
    let repository = Repository::new(SHA1);
    for branch in ["one", "two", "three"] {
        repository.commit_versions(branch, 6);
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
    repository.commit_versions("main", 30);
    repository.git(&["repack", "-adfq"]);
    repository.commit_versions("loose", 3);
    assert_equals_git(&repository);
    repository.git(&["-c", "pack.indexVersion=1", "repack", "-adq"]);
    assert_equals_git(&repository);
    repository.git(&["multi-pack-index", "write"]);
    let expected = repository.expected();
    repository.packed("idx").iter().for_each(|path| fs::remove_file(path).expect("removed"));
    assert_equals(&repository, &expected);
}

#[test]
fn an_object_over_the_limit_is_reported_with_its_size_and_all_others_are_visited() {
    let repository = Repository::new(SHA1);
    repository.commit_versions("main", 3);
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
    repository.commit_versions("main", 5);
    repository.git(&["repack", "-adq"]);
    repository.commit_versions("loose", 2);
    let store = repository.store();
    repository.commit_versions("later", 4);
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
