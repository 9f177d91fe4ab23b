//! Compares with `git ls-files`, on every index format that git can write.

use std::os::unix::ffi::OsStrExt;

use proptest::prelude::*;

use super::*;
use crate::git::odb::tree::Mode;
use crate::git::testing::TestRepo;

fn index_of(test: &TestRepo) -> Index {
    let git_dir = test.path().join(".git");
    Index::read(&git_dir.join("index"), &git_dir, HashAlgorithm::Sha1).expect("a valid index")
}

fn mode_of(octal: &[u8]) -> Mode {
    let text = std::str::from_utf8(octal).expect("digits");
    Mode::from_bits(u32::from_str_radix(text, 8).expect("octal"))
}

/// Checks that the index has the entries that `git ls-files -s -z` lists.
#[track_caller]
fn assert_as_git_lists(test: &TestRepo) -> Index {
    let index = index_of(test);
    let listed = test.git(&["ls-files", "-s", "-z", "--sparse"]);
    let expected: Vec<_> = listed
        .split(|&byte| byte == 0)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut parts = line.splitn(2, |&byte| byte == b'\t');
            let facts: Vec<_> = parts.next().expect("facts").split(|&byte| byte == b' ').collect();
            let path = parts.next().expect("a path").to_vec();
            (mode_of(facts[0]), Oid::from_hex(facts[1]).expect("an id"), facts[2][0] - b'0', path)
        })
        .collect();
    let found: Vec<_> = index.entries().map(|e| (e.mode, e.id, e.stage, e.path.to_vec())).collect();
    assert_eq!(found, expected);
    index
}

fn populated() -> TestRepo {
    let test = TestRepo::new();
    for path in ["a", "dir/b", "dir/sub/c", "dir/sub/deep/d", "dir.txt", "dir0", "z/y/x"] {
        test.write(path, path);
    }
    test.write(std::ffi::OsStr::from_bytes(b"dir/\xff\n"), "odd");
    std::os::unix::fs::symlink("dir/b", test.path().join("link")).expect("symlinks work");
    test.commit_all("one");
    test
}

#[test]
fn a_missing_index_is_empty() {
    let test = TestRepo::new();
    assert!(index_of(&test).len() == 0);
}

#[test]
fn versions_two_three_and_four_give_the_same_entries() {
    let test = populated();
    for version in ["2", "4"] {
        test.git(&["update-index", "--index-version", version]);
        let index = assert_as_git_lists(&test);
        let cached = index.cached_tree.expect("just committed");
        assert_eq!(cached.root().id().expect("valid").to_string(), test.text(&["rev-parse", "HEAD^{tree}"]));
        let child = |dir: &CachedDir<'_>, name: &[u8]| dir.children().get(name).map(|dir| dir.id());
        let dir = cached.root().children().get(b"dir").expect("a directory");
        let sub = dir.children().get(b"sub").expect("a directory");
        assert_eq!(sub.id().expect("valid").to_string(), test.text(&["rev-parse", "HEAD:dir/sub"]));
        assert!(child(&sub, b"nope").is_none() && child(&sub, b"deep").is_some());
        // Flags of the work tree change nothing; an intent-to-add file has its flag (both need version 3 or 4).
        test.git(&["update-index", "--assume-unchanged", "a"]);
        test.git(&["update-index", "--skip-worktree", "dir/b"]);
        test.write("intended", "later");
        test.git(&["add", "-N", "intended"]);
        let index = assert_as_git_lists(&test);
        let intended: Vec<_> = index.entries().filter(|e| e.is_intent_to_add).map(|e| e.path).collect();
        assert_eq!(intended, [b"intended"]);
        assert_eq!(index.cached_tree.and_then(|cached| cached.root().id()), None);
        test.git(&["reset", "-q", "--hard"]);
    }
}

#[test]
fn paths_too_long_for_their_flags_are_read_to_their_end() {
    let test = TestRepo::new();
    test.write("f", "content");
    test.git(&["add", "f"]);
    let id = test.text(&["rev-parse", ":f"]);
    let names =
        [4093, 4094, 4095, 4096, 5000].map(|len| ["x/".repeat(len / 2), "y".repeat(len % 2 + 1)].concat());
    for name in &names {
        test.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{name}")]);
    }
    for version in ["2", "4"] {
        test.git(&["update-index", "--index-version", version]);
        let index = assert_as_git_lists(&test);
        assert!(names.iter().all(|name| index.entries().any(|entry| entry.path == name.as_bytes())));
    }
}

/// An index of version 2 with entries of id zero at these paths, in this order.
fn index_bytes(paths: &[&str]) -> Vec<u8> {
    let mut data = b"DIRC\0\0\0\x02".to_vec();
    data.extend((paths.len() as u32).to_be_bytes());
    for path in paths {
        let begin = data.len();
        data.extend([0; 60]);
        data.extend((path.len() as u16).to_be_bytes());
        data.extend(path.bytes());
        data.resize(begin + (data.len() - begin + 8) / 8 * 8, 0);
    }
    data.extend([0; 20]);
    data
}

#[test]
fn unsorted_entries_are_sorted() {
    let data = index_bytes(&["b/x", "a", "b.c", "b/a"]);
    let index = Index::from_bytes(&data, HashAlgorithm::Sha1, &|_| unreachable!("no link")).expect("valid");
    let paths: Vec<_> = index.entries().map(|entry| entry.path).collect();
    assert_eq!(paths, [&b"a"[..], b"b.c", b"b/a", b"b/x"]);
}

#[test]
fn a_wrong_path_length_is_an_error() {
    let mut data = index_bytes(&["abc"]);
    let read = |data: &[u8]| Index::from_bytes(data, HashAlgorithm::Sha1, &|_| unreachable!("no link"));
    assert!(read(&data).is_ok());
    // The low byte of the flags.
    for (len, _) in [(2, "too short"), (9, "into the padding"), (200, "past the end")] {
        data[12 + 61] = len;
        assert!(read(&data).is_err(), "{len}");
    }
}

#[test]
fn a_conflict_has_stages() {
    let test = TestRepo::new();
    test.write("f", "base");
    test.commit_all("base");
    test.git(&["checkout", "-qb", "side"]);
    test.write("f", "side");
    test.commit_all("side");
    test.git(&["checkout", "-q", "main"]);
    test.write("f", "main");
    test.commit_all("main");
    let _ = test.command().args(["merge", "-q", "side"]).output().expect("git is installed");
    let index = assert_as_git_lists(&test);
    assert_eq!(index.entries().map(|entry| entry.stage).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_split_index_is_joined() {
    let test = populated();
    test.git(&["config", "splitIndex.maxPercentChange", "100"]);
    test.git(&["update-index", "--split-index"]);
    assert_as_git_lists(&test);
    test.write("a", "replaced");
    test.write("dir/new", "added");
    test.git(&["add", "a", "dir/new"]);
    test.git(&["rm", "-q", "dir/sub/c", "z/y/x"]);
    let index = assert_as_git_lists(&test);
    assert!(index.entries().any(|entry| entry.path == b"dir/new"));
    let raw = std::fs::read(test.path().join(".git/index")).expect("there");
    assert!(raw.len() < 1000 && raw.windows(4).any(|word| word == b"link"), "git wrote no split index");
    // The temporary index of a hook is in another directory; the shared part is not.
    let moved = test.sibling_path("index");
    std::fs::write(&moved, &raw).expect("room on the disk");
    let again = Index::read(&moved, &test.path().join(".git"), HashAlgorithm::Sha1).expect("a valid index");
    assert!(again.entries().eq(index.entries()));
    let lost = Index::read(&moved, &test.path().join("missing"), HashAlgorithm::Sha1);
    assert!(matches!(lost, Err(IndexError::Io { .. })));
}

#[test]
fn a_sparse_index_keeps_directories_folded() {
    let test = populated();
    test.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "z"]);
    let index = assert_as_git_lists(&test);
    let folded: Vec<_> = index.entries().filter(|e| e.mode == Mode::Tree).map(|e| e.path).collect();
    assert_eq!(folded, [b"dir/"]);
}

#[test]
fn sha256_ids_are_longer() {
    let test = TestRepo::init(&["init", "-q", "--object-format=sha256"]);
    test.write("some/file", "x");
    test.commit_all("one");
    for version in ["2", "4"] {
        test.git(&["update-index", "--index-version", version]);
        let git_dir = test.path().join(".git");
        let index = Index::read(&git_dir.join("index"), &git_dir, HashAlgorithm::Sha256).expect("valid");
        assert_eq!(index.entry(0).id.to_string(), test.text(&["rev-parse", ":some/file"]));
        assert!(index.cached_tree.is_some());
    }
}

#[test]
fn only_optional_extensions_are_skipped() {
    let with = |signature: &[u8]| {
        let mut data = b"DIRC\0\0\0\x02\0\0\0\0".to_vec();
        data.extend_from_slice(signature);
        data.extend_from_slice(b"\0\0\0\x03abc");
        data.extend_from_slice(&[0; 20]);
        Index::from_bytes(&data, HashAlgorithm::Sha1, &|_| unreachable!("no link"))
    };
    assert!(with(b"XYZW").is_ok());
    assert!(matches!(with(b"xyzw"), Err(IndexError::Unsupported(_))));
    let version = b"DIRC\0\0\0\x05\0\0\0\0".to_vec();
    let data = [version, vec![0; 20]].concat();
    let result = Index::from_bytes(&data, HashAlgorithm::Sha1, &|_| unreachable!("no link"));
    assert!(matches!(result, Err(IndexError::Unsupported(_))));
}

/// Three files that git wrote: version 2, version 4, split.
fn samples() -> Vec<Vec<u8>> {
    let test = populated();
    let raw = || std::fs::read(test.path().join(".git/index")).expect("there");
    let mut samples = vec![raw()];
    test.git(&["update-index", "--index-version", "4"]);
    samples.push(raw());
    test.git(&["config", "splitIndex.maxPercentChange", "100"]);
    test.git(&["update-index", "--split-index"]);
    test.git(&["rm", "-q", "a"]);
    samples.push(raw());
    samples
}

#[test]
fn damaged_bytes_never_panic() {
    let samples = samples();
    let read = |data: &[u8]| {
        let base = &samples[0];
        Index::from_bytes(data, HashAlgorithm::Sha1, &|_| Ok(base.clone()))
    };
    for sample in &samples {
        for len in 0..sample.len() {
            let _ = read(&sample[..len]);
        }
        assert!(read(&sample[..40]).is_err());
    }
    let change = (0..samples.len(), any::<prop::sample::Index>(), any::<u8>(), any::<prop::sample::Index>());
    proptest!(ProptestConfig::with_cases(2000), |((which, at, byte, other) in change)| {
        let mut data = samples[which].clone();
        let (at, other) = (at.index(data.len()), other.index(data.len()));
        data[at] = byte;
        data[other] ^= byte;
        let _ = read(&data);
    });
}
