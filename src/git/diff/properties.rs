//! Compares the walks, which skip unchanged directories, with a naive definition, on random small trees.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;

use super::*;
use crate::git::index::Index;
use crate::git::odb::object::{Kind, Object};
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// Files by path, with a mode and a number that represents their content.
type Files = BTreeMap<String, (u32, u8)>;

fn files() -> impl Strategy<Value = Files> {
    let name = prop::sample::select(vec!["a", "b", "a.x", "b0"]);
    let path = proptest::collection::vec(name, 1..4).prop_map(|names| names.join("/"));
    let mode = prop::sample::select(vec![0o100_644, 0o100_755, 0o120_000, 0o160_000]);
    proptest::collection::vec((path, mode, 0u8..3), 0..10).prop_map(|entries| {
        let mut files = Files::new();
        for (path, mode, content) in entries {
            let inside = |outer: &str, inner: &str| inner.starts_with(&format!("{outer}/"));
            if !files.keys().any(|other: &String| inside(other, &path) || inside(&path, other)) {
                files.insert(path, (mode, content));
            }
        }
        files
    })
}

fn blob(content: u8) -> Oid {
    Oid::from_bytes(&[content + 1; 20]).expect("20 bytes")
}

/// Stores the tree of these files, and adds the ids of all directories by path to `dirs`.
fn store(
    files: &Files,
    objects: &mut HashMap<Oid, Object>,
    dirs: &mut BTreeMap<String, Oid>,
    at: &str,
) -> Oid {
    let mut data = Vec::new();
    let mut names: Vec<&str> = files
        .keys()
        .filter_map(|path| path.strip_prefix(at))
        .map(|p| p.split('/').next().expect("one"))
        .collect();
    names.dedup();
    names.sort();
    names.dedup();
    for name in names {
        let path = format!("{at}{name}");
        let (mode, id) = match files.get(&path) {
            Some((mode, content)) => (*mode, blob(*content)),
            None => (0o40_000, store(files, objects, dirs, &format!("{path}/"))),
        };
        data.extend(format!("{mode:o} {name}\0").bytes());
        data.extend(id.as_bytes());
    }
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    let id = Oid::from_bytes(&[&hasher.finish().to_be_bytes()[..], &[9; 12]].concat()).expect("20 bytes");
    objects.insert(id, Object { kind: Kind::Tree, data });
    dirs.insert(at.to_owned(), id);
    id
}

/// The naive definition: compares path by path.
fn expected(new: &Files, parents: &[&Files]) -> Vec<(String, bool)> {
    let kind = |mode: u32| mode & 0o170_000;
    let same = |left: &(u32, u8), right: &(u32, u8)| left.1 == right.1 && kind(left.0) == kind(right.0);
    let changed = new
        .iter()
        .filter(|(path, file)| {
            !parents.iter().any(|parent| parent.get(*path).is_some_and(|old| same(old, file)))
        })
        .map(|(path, _)| (path.clone(), true));
    let candidates = parents.first().into_iter().flat_map(|first| first.keys());
    let deleted = candidates
        .filter(|path| !new.contains_key(*path) && parents.iter().all(|parent| parent.contains_key(*path)))
        .map(|path| (path.clone(), false));
    let mut all: Vec<_> = changed.chain(deleted).collect();
    all.sort();
    all
}

fn found(diff: &Diff) -> Vec<(String, bool)> {
    assert_eq!(diff.problems, []);
    let path = |change: &Change| String::from_utf8(change.path.clone()).expect("text");
    let mut all: Vec<_> = diff.changes.iter().map(|change| (path(change), change.new.is_some())).collect();
    all.sort();
    all
}

/// An index of these files whose cached tree has the ids of the directories for which `is_cached` is true.
fn index(files: &Files, dirs: &BTreeMap<String, Oid>, is_cached: &dyn Fn(&str) -> bool) -> Index {
    let mut data = b"DIRC\0\0\0\x02".to_vec();
    data.extend((files.len() as u32).to_be_bytes());
    for (path, (mode, content)) in files {
        let mut entry = vec![0; 24];
        entry.extend(mode.to_be_bytes());
        entry.extend([0; 12]);
        entry.extend(blob(*content).as_bytes());
        entry.extend((path.len() as u16).to_be_bytes());
        entry.extend(path.bytes());
        entry.resize((entry.len() + 8) / 8 * 8, 0);
        data.extend(entry);
    }
    let mut cached = Vec::new();
    for (path, id) in dirs {
        let name = path.trim_end_matches('/');
        let below = |other: &&String| {
            other.len() > path.len()
                && other.starts_with(path)
                && other[path.len()..].matches('/').count() == 1
        };
        let children = dirs.keys().filter(below).count();
        cached.extend(name.rsplit('/').next().expect("one").bytes());
        let entries = if is_cached(path) { 1 } else { -1 };
        cached.extend(format!("\0{entries} {children}\n").bytes());
        cached.extend(Some(id.as_bytes()).filter(|_| entries > 0).unwrap_or_default());
    }
    data.extend(b"TREE");
    data.extend((cached.len() as u32).to_be_bytes());
    data.extend(cached);
    data.extend([0; 20]);
    Index::from_bytes(&data, HashAlgorithm::Sha1, &|_| unreachable!("no link")).expect("a valid index")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn every_walk_finds_the_changes_of_the_naive_definition(
        new in files(),
        parents in proptest::collection::vec(files(), 0..4),
        is_similar in any::<[bool; 4]>(),
        uncached in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        // Parents that have most files of the new tree, so that directories are skipped.
        let parents: Vec<Files> = parents
            .iter()
            .zip(is_similar)
            .map(|(parent, is_similar)| {
                let mut files = if is_similar { new.clone() } else { parent.clone() };
                if is_similar && let Some((path, file)) = parent.iter().next()
                    && files.contains_key(path) {
                    files.insert(path.clone(), *file);
                }
                files
            })
            .collect();
        let (mut objects, mut dirs) = (HashMap::new(), BTreeMap::new());
        let trees: Vec<Oid> = parents.iter().map(|files| store(files, &mut objects, &mut BTreeMap::new(), "")).collect();
        let new_tree = store(&new, &mut objects, &mut dirs, "");
        let expected = expected(&new, &parents.iter().collect::<Vec<_>>());
        let some: Vec<_> = trees.iter().copied().map(Some).collect();
        prop_assert_eq!(found(&diff_trees(&objects, Some(new_tree), &some)), expected.clone());

        // A directory has a cached id only if all below it have one, as git writes it.
        let paths: Vec<&String> = dirs.keys().collect();
        let uncached: Vec<&str> = uncached.iter().map(|at| paths[at.index(paths.len())].as_str()).collect();
        let is_cached = |path: &str| !uncached.iter().any(|uncached| uncached.starts_with(path));
        let index = index(&new, &dirs, &is_cached);
        prop_assert_eq!(found(&diff_index_with_parents(&objects, &index, &trees)), expected);
    }
}
