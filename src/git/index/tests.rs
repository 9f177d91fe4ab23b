//! Against `git ls-files`, on every form of index that git can be made to write.

use std::os::unix::ffi::OsStrExt;

use proptest::prelude::*;

use super::*;
use crate::git::testing::TestRepo;

fn index_of(test: &TestRepo) -> Index {
    let git_dir = test.path().join(".git");
    Index::read(&git_dir.join("index"), &git_dir, HashAlgorithm::Sha1).expect("a valid index")
}

fn mode_of(octal: &[u8]) -> Mode {
    let text = std::str::from_utf8(octal).expect("digits");
    Mode::from_bits(u32::from_str_radix(text, 8).expect("octal"))
}

/// Checks that the index reads as `git ls-files -s -z` says.
#[track_caller]
fn assert_as_git_lists(test: &TestRepo) -> Index {
    let index = index_of(test);
    let listed = test.git(&["ls-files", "-s", "-z", "--sparse"]);
    let want: Vec<_> = listed
        .split(|&byte| byte == 0)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut parts = line.splitn(2, |&byte| byte == b'\t');
            let facts: Vec<_> = parts.next().expect("facts").split(|&byte| byte == b' ').collect();
            let path = parts.next().expect("a path").to_vec();
            (mode_of(facts[0]), Oid::from_hex(facts[1]).expect("an id"), facts[2][0] - b'0', path)
        })
        .collect();
    let got: Vec<_> = index.entries.iter().map(|e| (e.mode, e.id, e.stage, e.path.clone())).collect();
    assert_eq!(got, want);
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
    assert!(index_of(&test).entries.is_empty());
}

#[test]
fn versions_two_three_and_four_read_alike() {
    let test = populated();
    for version in ["2", "4"] {
        test.git(&["update-index", "--index-version", version]);
        let index = assert_as_git_lists(&test);
        let cached = index.cached_tree.expect("just committed");
        assert_eq!(cached.root().id().expect("valid").to_string(), test.text(&["rev-parse", "HEAD^{tree}"]));
        let sub = cached.root().child(b"dir").and_then(|dir| dir.child(b"sub")).expect("a directory");
        assert_eq!(sub.id().expect("valid").to_string(), test.text(&["rev-parse", "HEAD:dir/sub"]));
        assert!(sub.child(b"nope").is_none());
        // Flags of the work tree change nothing; an intended file is marked (both need version 3 or 4).
        test.git(&["update-index", "--assume-unchanged", "a"]);
        test.git(&["update-index", "--skip-worktree", "dir/b"]);
        test.write("intended", "later");
        test.git(&["add", "-N", "intended"]);
        let index = assert_as_git_lists(&test);
        let intended: Vec<_> =
            index.entries.iter().filter(|e| e.intent_to_add).map(|e| &e.path[..]).collect();
        assert_eq!(intended, [b"intended"]);
        assert_eq!(index.cached_tree.and_then(|cached| cached.root().id()), None);
        test.git(&["reset", "-q", "--hard"]);
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
    assert_eq!(index.entries.iter().map(|entry| entry.stage).collect::<Vec<_>>(), [1, 2, 3]);
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
    assert!(index.entries.iter().any(|entry| entry.path == b"dir/new"));
    let raw = std::fs::read(test.path().join(".git/index")).expect("there");
    assert!(raw.len() < 1000 && raw.windows(4).any(|word| word == b"link"), "git wrote no split index");
    // The temporary index of a hook lies elsewhere; the shared part does not.
    let moved = test.beside("index");
    std::fs::write(&moved, &raw).expect("room on the disk");
    let again = Index::read(&moved, &test.path().join(".git"), HashAlgorithm::Sha1).expect("a valid index");
    assert_eq!(again.entries, index.entries);
    let lost = Index::read(&moved, &test.path().join("nowhere"), HashAlgorithm::Sha1);
    assert!(matches!(lost, Err(IndexError::Io { .. })));
}

#[test]
fn a_sparse_index_keeps_directories_folded() {
    let test = populated();
    test.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "z"]);
    let index = assert_as_git_lists(&test);
    let folded: Vec<_> = index.entries.iter().filter(|e| e.mode == Mode::Tree).map(|e| &e.path[..]).collect();
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
        assert_eq!(index.entries[0].id.to_string(), test.text(&["rev-parse", ":some/file"]));
        assert!(index.cached_tree.is_some());
    }
}

#[test]
fn extensions_are_skipped_only_where_that_is_safe() {
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

/// Three real files to damage: plain, compressed, split.
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
