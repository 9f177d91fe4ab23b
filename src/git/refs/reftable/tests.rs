//! Every kind of damage to a table that can be detected is.

use std::path::PathBuf;

use super::*;
use crate::git::refs::read_tips;
use crate::git::testing::TestRepo;

/// A repository with so many refs that each table has an index, several blocks of refs and of reflogs.
fn repo(format: &str) -> TestRepo {
    let test = TestRepo::init(&["init", "-q", "-b", "main", "--ref-format=reftable", format]);
    let first = test.commit("one");
    let second = test.commit("two");
    let mut input = String::new();
    for number in 0..400 {
        let id = if number % 2 == 0 { &first } else { &second };
        input += &format!("create refs/heads/topic/{:x}-{number} {id}\n", number * 7919);
    }
    test.pipe(&["update-ref", "--create-reflog", "--stdin"], input.as_bytes());
    test.git(&["tag", "-am", "annotated", "v1"]);
    test.git(&["branch", "-q", "-D", "topic/0-0"]);
    test
}

fn dir(test: &TestRepo) -> PathBuf {
    test.path().join(".git/reftable")
}

fn tables(test: &TestRepo) -> Vec<PathBuf> {
    let list = fs::read_to_string(dir(test).join("tables.list")).expect("readable");
    list.lines().map(|name| dir(test).join(name)).collect()
}

/// Returns the tips that are missing from those that git lists, and the problems.
fn read(test: &TestRepo) -> (Vec<String>, Vec<String>) {
    let repo = Repo::open(test.path()).expect("a repository");
    // Git itself crashes on some tables: an error of the run.
    let mut tips = match read_tips(&repo) {
        Ok(tips) => tips,
        Err(error) => {
            let stack = Stack::read(&dir(test), repo.algorithm());
            assert!(!stack.problems.is_empty(), "{error}");
            Vec::new()
        }
    };
    let listed = tips.len();
    let problems = add_tips(&repo, &mut tips).expect("readable");
    let added = tips[listed..].iter().map(|tip| tip.name.clone()).collect();
    (added, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn intact_tables_have_the_refs_that_git_lists() {
    for format in ["--object-format=sha1", "--object-format=sha256"] {
        let test = repo(format);
        assert_eq!(read(&test), (vec![], vec![]));
        let repo = Repo::open(test.path()).expect("a repository");
        let stack = Stack::read(&dir(&test), repo.algorithm());
        let ids = |(name, value): (Vec<u8>, RefValue)| match value {
            RefValue::Id(id) => Some((String::from_utf8(name).expect("text"), id)),
            RefValue::Deleted | RefValue::Symbolic => None,
        };
        let refs: Vec<_> = stack.refs.into_iter().filter_map(ids).collect();
        assert_eq!(refs, repo.refs().expect("readable"));
        assert_eq!(refs.len(), 401);
        for command in
            [&["pack-refs"][..], &["update-ref", "-d", "refs/tags/v1"], &["reflog", "expire", "--all"]]
        {
            test.git(command);
            assert_eq!(read(&test), (vec![], vec![]), "{command:?}");
        }
        test.git(&["worktree", "add", "-q", "--detach", "../linked"]);
        test.git(&["-C", "../linked", "update-ref", "refs/bisect/bad", "HEAD"]);
        test.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone"]);
        // A pseudo-ref, which `git for-each-ref` leaves out.
        assert_eq!(read(&test), (vec!["worktrees/linked/ORIG_HEAD".into()], vec![]));
    }
}

#[test]
fn tables_that_are_cut_zeroed_or_missing_are_problems() {
    let test = repo("--object-format=sha1");
    test.git(&["worktree", "add", "-q", "../linked"]);
    let mut paths = tables(&test);
    let linked = test.path().join(".git/worktrees/linked/reftable");
    let list = fs::read_to_string(linked.join("tables.list")).expect("readable");
    paths.extend(list.lines().map(|name| linked.join(name)));
    assert!(paths.len() > 1);
    for path in paths {
        let intact = fs::read(&path).expect("readable");
        let mut variants: Vec<(String, Vec<u8>)> =
            [0, 1, 23, 24, 60, 68, 92, intact.len() / 2, intact.len() - 1]
                .into_iter()
                .filter(|len| *len < intact.len())
                .map(|len| (format!("cut at {len}"), intact[..len].to_vec()))
                .collect();
        for start in [0, 24, 100, intact.len() / 2] {
            let mut zeroed = intact.clone();
            let end = (start + 4096).min(intact.len());
            zeroed[start..end].fill(0);
            variants.push((format!("zeroed from {start}"), zeroed));
        }
        let doubled = [&intact[..], &intact[..]].concat();
        variants.push(("doubled".into(), doubled));
        for (what, bytes) in variants {
            fs::write(&path, bytes).expect("room on the disk");
            let (_, problems) = read(&test);
            let name = path.file_name().expect("a file").to_str().expect("text");
            assert!(problems.iter().any(|problem| problem.contains(name)), "{what}: {problems:?}");
        }
        fs::remove_file(&path).expect("it exists");
        assert!(read(&test).1[0].contains("does not exist"), "{}", path.display());
        fs::write(&path, intact).expect("room on the disk");
        assert_eq!(read(&test).1, [""; 0]);
    }
}

#[test]
fn a_shortened_list_is_a_problem() {
    let test = repo("--object-format=sha1");
    test.git(&["-c", "core.logAllRefUpdates=false", "update-ref", "refs/heads/later", "HEAD"]);
    let list = dir(&test).join("tables.list");
    let intact = fs::read_to_string(&list).expect("readable");
    let lines: Vec<&str> = intact.lines().collect();
    assert!(lines.len() > 1, "{intact}");
    let mut variants: Vec<String> = (0..lines.len())
        .map(|without| {
            let kept = lines.iter().enumerate().filter(|(number, _)| *number != without);
            kept.map(|(_, line)| format!("{line}\n")).collect()
        })
        .collect();
    variants.extend([String::new(), "\0".repeat(intact.len()), intact[..intact.len() / 2].to_owned()]);
    for variant in variants {
        fs::write(&list, &variant).expect("room on the disk");
        assert!(!read(&test).1.is_empty(), "{variant:?}");
    }
    fs::remove_file(&list).expect("it exists");
    assert!(read(&test).1[0].contains("tables.list"));
}

/// In blocks of refs, changed letters of names, update numbers and ids remain; the latter name no object.
#[test]
fn a_changed_byte_outside_of_names_and_ids_is_a_problem() {
    let test = repo("--object-format=sha1");
    let largest = tables(&test).into_iter().max_by_key(|path| fs::read(path).expect("readable").len());
    let path = largest.expect("a table");
    let intact = fs::read(&path).expect("readable");
    let expected = Table::parse(&intact, HashAlgorithm::Sha1).expect("intact");
    assert!(intact.len() > 3 * 4096, "{}", intact.len());
    let mut undetected = 0;
    for at in (0..intact.len()).step_by(3) {
        let mut bytes = intact.clone();
        bytes[at] ^= 1 << (at % 8);
        match Table::parse(&bytes, HashAlgorithm::Sha1) {
            Err(_) => (),
            Ok(table) if table == expected => undetected += 1,
            Ok(table) => {
                assert_eq!(table.refs.len(), expected.refs.len(), "byte {at}");
                let pairs = table.refs.iter().zip(&expected.refs);
                // One value, or the names of a block that share a prefix: never fewer refs.
                assert!(pairs.clone().any(|(found, expected)| found != expected));
                assert!(
                    pairs.clone().filter(|(found, expected)| found.1 != expected.1).count() <= 1,
                    "byte {at}"
                );
            }
        }
    }
    // Update numbers within the table, and peeled ids.
    assert!(undetected < 60, "{undetected} of {}", intact.len());
}
