//! Compares reports of random histories with a slow and simple reference implementation.
//!
//! The reference uses only commits, their parents and their whole trees, as git prints them. If several commits qualify
//! as the first (each introduced the value independently), it accepts any of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::report::{Report, empty, text};
use crate::support::World;
use crate::tokens::token;

const PATHS: [&str; 5] = ["a.txt", "b.txt", "dir/a.txt", "dir/sub/c.txt", "with space.txt"];

/// A pseudo-random number generator with the same sequence in every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }

    fn choose<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A file: the seeds of its values, and a number by which contents with equal values differ.
type File = (Vec<u64>, usize);
type Tree = BTreeMap<&'static str, File>;

/// Creates a repository of `size` commits, with merges of any number of parents, moves, copies, reverts, forged dates
/// and several roots.
fn random_repository(seed: u64, size: usize) -> World {
    let mut rng = Rng(seed);
    let mut made: Vec<(Tree, Vec<usize>)> = Vec::new();
    let mut stream = String::new();
    for at in 0..size {
        let parents = match rng.below(16) {
            _ if at == 0 => Vec::new(),
            0 => Vec::new(),
            1..=9 => vec![at - 1 - rng.below(at.min(4))],
            10 => vec![rng.below(at)],
            many => (0..if many == 15 { 4 } else { 2 }).map(|_| rng.below(at)).collect(),
        };
        let parents: Vec<usize> = parents.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut tree = parents.first().map(|&parent| made[parent].0.clone()).unwrap_or_default();
        let takes_both = rng.below(2) == 0;
        for &parent in parents.iter().skip(1).filter(|_| takes_both) {
            tree.extend(made[parent].0.clone());
        }
        for _ in 0..rng.below(if parents.len() > 1 { 2 } else { 4 }) {
            let (path, other) = (rng.choose(&PATHS), rng.choose(&PATHS));
            match (rng.below(7), tree.get(path).cloned()) {
                (0 | 1, _) => {
                    let values = (0..3).filter(|_| rng.below(2) == 0).collect();
                    _ = tree.insert(path, (values, rng.below(3)));
                }
                (2, Some(file)) => {
                    tree.remove(path);
                    tree.insert(other, file);
                }
                (3, Some(file)) => _ = tree.insert(other, file),
                (4, _) => _ = tree.remove(path),
                (5, Some((values, _))) => _ = tree.insert(path, (values, rng.below(9))),
                (6, _) if at > 0 => {
                    let older = made[rng.below(at)].0.get(path).cloned();
                    tree.extend(older.map(|file| (path, file)));
                }
                _ => {}
            }
        }
        let dates = [0, 1, 1_700_000_000, 1_600_000_000 - at * 1000, 4_000_000_000];
        let (author, committer) = (rng.choose(&dates), rng.choose(&dates));
        stream += &format!("commit refs/commits/{at}\nmark :{}\n", at + 1);
        stream += &format!("author A{at} <a{at}@example.org> {author} +0130\n");
        stream += &format!("committer C{at} <c{at}@example.org> {committer} -0800\ndata 1\nm\n");
        for (number, parent) in parents.iter().enumerate() {
            stream += &format!("{} :{}\n", if number == 0 { "from" } else { "merge" }, parent + 1);
        }
        stream += "deleteall\n";
        for (path, (values, number)) in &tree {
            let lines: Vec<String> = values.iter().map(|seed| format!("k = {}\n", token(*seed))).collect();
            let content = format!("{number}\n{}", lines.concat());
            stream += &format!("M 100644 inline \"{path}\"\ndata {}\n{content}\n", content.len());
        }
        made.push((tree, parents));
    }
    let world = empty();
    let mut git = world.command("git", "work");
    let import = git.args(["fast-import", "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = import.spawn().expect("git starts");
    child.stdin.take().expect("a pipe").write_all(stream.as_bytes()).expect("git reads");
    assert!(child.wait().expect("git ends").success());
    for at in 0..size {
        let is_parent = made.iter().any(|(_, parents)| parents.contains(&at));
        let name = match rng.below(10) {
            0 => format!("refs/tags/t{at}"),
            1 => format!("refs/remotes/origin/r{at}"),
            2..=7 if !is_parent => format!("refs/heads/b{at}"),
            _ => String::new(),
        };
        if !name.is_empty() {
            world.git(&["update-ref", &name, &format!("refs/commits/{at}")]);
        }
    }
    world.git(&["update-ref", "refs/heads/main", &format!("refs/commits/{}", size - 1 - rng.below(3))]);
    for at in 0..size {
        world.git(&["update-ref", "-d", &format!("refs/commits/{at}")]);
    }
    world
}

/// A commit as git prints it, with its values and their paths.
struct Commit {
    parents: Vec<String>,
    author: String,
    committer: String,
    values: BTreeSet<(u64, String)>,
}

struct Reference {
    commits: BTreeMap<String, Commit>,
    /// Each commit's ancestors and itself.
    ancestors: BTreeMap<String, BTreeSet<String>>,
    refs: BTreeMap<String, String>,
    head: String,
}

impl Reference {
    fn from_repository(world: &World) -> Reference {
        let objects = world.git(&["cat-file", "--batch-all-objects", "--batch-check"]).stdout;
        let ids = |kind: &str| -> Vec<String> {
            let lines = objects.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            lines.filter(|words| words[1] == kind).map(|words| words[0].to_owned()).collect()
        };
        let values_in = |content: &str| (0..3).filter(|seed| content.contains(&token(*seed))).collect();
        let values: BTreeMap<String, Vec<u64>> = ids("blob")
            .into_iter()
            .map(|id| (id.clone(), values_in(&world.git(&["cat-file", "blob", &id]).stdout)))
            .collect();
        let mut commits = BTreeMap::new();
        for id in ids("commit") {
            let raw = world.git(&["cat-file", "commit", &id]).stdout;
            let fields = |name: &str| -> Vec<String> {
                let head = raw.split("\n\n").next().unwrap_or_default().lines();
                head.filter_map(|line| line.strip_prefix(name)).map(str::to_owned).collect()
            };
            let mut commit_values = BTreeSet::new();
            for entry in world.git(&["ls-tree", "-r", "-z", &id]).stdout.split_terminator('\0') {
                let (about, path) = entry.split_once('\t').expect("an entry");
                let blob = about.split(' ').nth(2).expect("an id");
                commit_values.extend(values[blob].iter().map(|value| (*value, path.to_owned())));
            }
            let (author, committer) = (fields("author ").concat(), fields("committer ").concat());
            commits
                .insert(id, Commit { parents: fields("parent "), author, committer, values: commit_values });
        }
        let ancestors = commits.keys().map(|id| (id.clone(), ancestors(&commits, id))).collect();
        let refs = world.git(&["for-each-ref", "--format=%(refname) %(objectname)"]).stdout;
        let pair = |line: &str| line.split_once(' ').map(|(name, id)| (name.to_owned(), id.to_owned()));
        let refs = refs.lines().filter_map(pair).collect();
        let head = world.git(&["rev-parse", "HEAD"]).stdout.trim().to_owned();
        Reference { commits, ancestors, refs, head }
    }

    fn is_reachable(&self, id: &str) -> bool {
        self.refs.values().any(|tip| self.ancestors[tip].contains(id))
    }

    /// Returns the reachable commits that match; the unreachable ones if no reachable commit matches.
    fn matching(&self, matches: impl Fn(&Commit) -> bool) -> Vec<&str> {
        let all = self.commits.iter().filter(|(_, commit)| matches(commit)).map(|(id, _)| id.as_str());
        let (reachable, unreachable): (Vec<&str>, Vec<&str>) = all.partition(|id| self.is_reachable(id));
        if reachable.is_empty() { unreachable } else { reachable }
    }

    /// Returns those of `ids` that have no other of `ids` among their ancestors.
    fn earliest<'i>(&self, ids: &[&'i str]) -> Vec<&'i str> {
        let has_none =
            |id: &&str| !ids.iter().any(|other| other != id && self.ancestors[*id].contains(*other));
        ids.iter().copied().filter(has_none).collect()
    }

    /// Returns those of `ids` that are not ancestors of any other of `ids`.
    fn latest<'i>(&self, ids: &[&'i str]) -> Vec<&'i str> {
        let has_none =
            |id: &&str| !ids.iter().any(|other| other != id && self.ancestors[*other].contains(*id));
        ids.iter().copied().filter(has_none).collect()
    }

    /// Asserts the fields of one finding that depend on the history.
    fn check(&self, value: u64, path: &str, finding: &Value, context: &str) {
        let place = (value, path.to_owned());
        let has_value = |commit: &Commit| commit.values.iter().any(|(held, _)| *held == value);
        let had_value = |id: &String| self.ancestors[id].iter().any(|id| has_value(&self.commits[id]));
        let here = self.matching(|commit| commit.values.contains(&place));
        let anywhere = self.matching(has_value);
        let assert_one_of = |field: &str, ids: Vec<&str>| {
            assert!(ids.contains(&text(finding, field)), "{context}: {field}: {finding}\n{ids:?}");
        };
        assert_one_of("first_commit", self.earliest(&here));
        assert_one_of("first_seen", self.earliest(&anywhere));
        assert_one_of("last_commit", self.latest(&anywhere));

        let first = &self.commits[text(finding, "first_commit")];
        for (person, date, raw) in
            [("author", "date", &first.author), ("committer", "committed", &first.committer)]
        {
            let (name, when) = raw.rsplit_once("> ").expect("a name, an email address and a date");
            assert_eq!(text(finding, person), format!("{name}>"), "{context}");
            let zone = if person == "author" { "+01:30" } else { "-08:00" };
            assert!(text(finding, date).ends_with(zone), "{context}: {when}: {finding}");
        }
        let is_reachable = self.is_reachable(here[0]);
        let names =
            self.refs.iter().filter(|(_, tip)| here.iter().any(|id| self.ancestors[*tip].contains(*id)));
        let names: Vec<&String> = names.map(|(name, _)| name).collect();
        let mut before: BTreeSet<&String> = BTreeSet::new();
        for parent in first.parents.iter().filter(|_| is_reachable) {
            let left = self.commits[parent].values.difference(&first.values);
            before.extend(left.filter(|(held, _)| *held == value).map(|(_, path)| path));
        }
        for (field, expected) in [
            ("refs", serde_json::json!(names)),
            ("reachable", is_reachable.into()),
            ("at_head", self.commits[&self.head].values.contains(&place).into()),
            ("merge", (first.parents.len() > 1).into()),
            ("shallow", false.into()),
            ("moved_from", serde_json::json!(before)),
        ] {
            assert_eq!(finding[field], expected, "{context}: {field}: {finding}");
        }

        let counts = |id: &&String| self.is_reachable(id) == self.is_reachable(anywhere[0]);
        let changed = |field: &str, is: &dyn Fn(&String) -> bool| {
            let expected: BTreeSet<&str> =
                self.commits.keys().filter(counts).filter(|id| is(id)).map(String::as_str).collect();
            let reported: Vec<&str> =
                finding[field].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            assert_eq!(
                reported.iter().copied().collect::<BTreeSet<_>>(),
                expected,
                "{context}: {field}: {finding}"
            );
            for (at, id) in reported.iter().enumerate() {
                let later = reported[at + 1..].iter().any(|other| self.ancestors[*id].contains(*other));
                assert!(!later, "{context}: {field} is not in the order of the graph");
            }
        };
        let parents = |id: &String| self.commits[id].parents.iter();
        let has = |id: &String| has_value(&self.commits[id]);
        changed("removed_in", &|id| {
            !has(id) && parents(id).any(has) && !parents(id).any(|id| !has(id) && had_value(id))
        });
        changed("reintroduced_in", &|id| has(id) && !parents(id).any(has) && parents(id).any(had_value));
    }
}

fn ancestors(commits: &BTreeMap<String, Commit>, id: &str) -> BTreeSet<String> {
    let (mut known, mut open) = (BTreeSet::new(), vec![id.to_owned()]);
    while let Some(id) = open.pop() {
        if known.insert(id.clone()) {
            open.extend(commits[&id].parents.iter().cloned());
        }
    }
    known
}

/// Returns the seed of each value by its fingerprint, from a scan in which the file name is the seed.
fn fingerprints() -> BTreeMap<String, u64> {
    let world = empty();
    for seed in 0..3 {
        world.write(&format!("work/{seed}"), token(seed));
    }
    let report = world.report(&["scan", "--no-ignore"]);
    let pair = |finding: &Value| {
        (text(finding, "fingerprint").to_owned(), text(finding, "path").parse().expect("a seed"))
    };
    report.findings.iter().map(pair).collect()
}

#[test]
fn reports_of_random_histories_equal_the_reference() {
    let seeds = fingerprints();
    let mut compared = 0;
    for seed in 0..12 {
        let world = random_repository(seed, 6 + 2 * seed as usize);
        if seed % 3 == 0 {
            world.git(&["-c", "gc.reflogExpire=never", "repack", "-adkq"]);
        }
        let report: Report = world.report(&["history"]);
        let reference = Reference::from_repository(&world);
        let mut found: BTreeMap<(u64, String), &Value> = BTreeMap::new();
        for finding in &report.findings {
            let value = seeds[text(finding, "fingerprint")];
            let again = found.insert((value, text(finding, "path").to_owned()), finding);
            assert!(again.is_none(), "history {seed}: reported twice: {finding}");
        }
        let expected: BTreeSet<&(u64, String)> =
            reference.commits.values().flat_map(|commit| &commit.values).collect();
        assert_eq!(found.keys().collect::<BTreeSet<_>>(), expected, "history {seed}");
        for ((value, path), finding) in &found {
            reference.check(*value, path, finding, &format!("history {seed}"));
        }
        compared += found.len();
    }
    assert!(compared > 60, "only {compared} findings were compared");
}
