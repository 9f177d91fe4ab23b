//! Helpers that run the binary, parse its JSON Lines report and assert on its findings, and helpers that create commits
//! and objects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Run, World, binary};
use crate::tokens::PREFIX;

/// The records of one run.
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) scan: Value,
    pub(crate) findings: Vec<Value>,
    pub(crate) unscanned: Vec<Value>,
    pub(crate) summary: Value,
}

impl Report {
    fn parse(run: &Run) -> Report {
        let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON Lines"));
        let mut by_type: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for record in lines {
            by_type.entry(text(&record, "type").to_owned()).or_default().push(record);
        }
        let mut take = |name| by_type.remove(name).unwrap_or_default();
        let (findings, unscanned, summary) = (take("finding"), take("unscanned"), take("summary"));
        let scan = take("scan");
        let one = |mut records: Vec<Value>| {
            assert_eq!(records.len(), 1, "exit code {}\n{}{}", run.code, run.stdout, run.stderr);
            records.remove(0)
        };
        Report { code: run.code, scan: one(scan), findings, unscanned, summary: one(summary) }
    }

    /// Returns `status path:line` of each finding, sorted. Without a path, the content kind is in its place.
    pub(crate) fn found(&self) -> Vec<String> {
        let mut found: Vec<String> = self
            .findings
            .iter()
            .map(|finding| {
                let place = match text(finding, "path") {
                    "" => text(finding, "content_kind"),
                    path => path,
                };
                format!("{} {place}:{}", text(finding, "status"), finding["start_line"])
            })
            .collect();
        found.sort();
        found
    }

    /// Returns the kinds of the unscanned entries, in the order of the report.
    pub(crate) fn unscanned_kinds(&self) -> Vec<&str> {
        self.unscanned.iter().map(|entry| text(entry, "kind")).collect()
    }

    /// Returns the finding at `path`; there must be exactly one.
    pub(crate) fn finding_at(&self, path: &str) -> &Value {
        let mut here = self.findings.iter().filter(|finding| finding["path"] == path);
        let (Some(finding), None) = (here.next(), here.next()) else {
            panic!("not exactly one finding at {path}: {:?}", self.found());
        };
        finding
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.summary["counts"][what].as_u64().expect("a count")
    }

    /// Asserts the findings, the corresponding exit code, and that the run was complete.
    #[track_caller]
    pub(crate) fn assert_findings(&self, expected: &[&str]) {
        assert_eq!(self.found(), expected, "{:#?}", self.unscanned);
        let blocks = expected.iter().any(|found| found.starts_with("new "));
        assert_eq!((self.code, self.summary["complete"].as_bool()), (i32::from(blocks), Some(true)));
    }
}

/// Returns the text of a field; panics if it is missing or no text.
pub(crate) fn text<'v>(record: &'v Value, field: &str) -> &'v str {
    record[field].as_str().unwrap_or_else(|| panic!("no text {field}: {record}"))
}

impl World {
    /// Runs `stopleak` with these arguments in `work` and returns the report.
    #[track_caller]
    pub(crate) fn report(&self, arguments: &[&str]) -> Report {
        self.report_in("work", arguments)
    }

    #[track_caller]
    pub(crate) fn report_in(&self, folder: &str, arguments: &[&str]) -> Report {
        self.report_of(self.command(binary(), folder).args(arguments))
    }

    /// Runs a prepared command and returns its report. Asserts that it changes no file and prints no token.
    #[track_caller]
    pub(crate) fn report_of(&self, command: &mut Command) -> Report {
        let before = self.file_states();
        let run = self.run(command.args(["--format", "jsonl"]));
        assert!(before == self.file_states(), "a scan changed something");
        run.assert_no_token_shown();
        Report::parse(&run)
    }

    /// Returns the modification time and content of every file, including the index, the objects and the work tree.
    pub(crate) fn file_states(&self) -> BTreeMap<PathBuf, (Option<std::time::SystemTime>, Vec<u8>)> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("readable") {
                let path = entry.expect("readable").path();
                let metadata = path.symlink_metadata().expect("it is there");
                let content = match metadata.file_type() {
                    kind if kind.is_dir() => {
                        folders.push(path.clone());
                        Vec::new()
                    }
                    kind if kind.is_symlink() => link_target(&path),
                    _ => fs::read(&path).expect("readable"),
                };
                all.insert(path, (metadata.modified().ok(), content));
            }
        }
        all
    }
}

fn link_target(path: &Path) -> Vec<u8> {
    fs::read_link(path).expect("a link").into_os_string().into_encoded_bytes()
}

impl Run {
    /// Asserts that no whole token is in the output.
    #[track_caller]
    pub(crate) fn assert_no_token_shown(&self) {
        for output in [&self.stdout, &self.stderr] {
            for (at, _) in output.match_indices(PREFIX) {
                let rest = &output[at + PREFIX.len()..];
                let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
                assert!(length < 36, "a token is shown: {output}");
            }
        }
    }
}

/// Commits everything and returns the id.
pub(crate) fn commit(world: &World, message: &str) -> String {
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", message]);
    id(world, "HEAD")
}

/// Writes one file and commits it under its own name.
pub(crate) fn commit_file(world: &World, path: &str, content: &str) {
    world.write(&format!("work/{path}"), content);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", path]);
}

pub(crate) fn id(world: &World, revision: &str) -> String {
    world.git(&["rev-parse", revision]).stdout.trim().to_owned()
}

/// Creates a repository without commits.
pub(crate) fn empty() -> World {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "."]);
    world
}

/// Writes an unreferenced blob and returns its id.
pub(crate) fn write_dangling_blob(world: &World, content: &str) -> String {
    world.write("dangling", content);
    world.git(&["hash-object", "-w", "../dangling"]).stdout.trim().to_owned()
}

/// Returns the report of `history`, after asserting that it is the same with one thread and with two.
#[track_caller]
pub(crate) fn history(world: &World) -> Report {
    history_of(world, "work", &["history"])
}

#[track_caller]
pub(crate) fn history_of(world: &World, folder: &str, arguments: &[&str]) -> Report {
    let run = |threads| {
        let more = ["--format", "jsonl", "--threads", threads];
        world.stopleak_in(folder, &[arguments, &more[..]].concat())
    };
    let (one, two) = (run("1"), run("2"));
    assert_eq!(one.stdout, two.stdout, "the report depends on the number of threads");
    world.report_in(folder, arguments)
}

/// Asserts that the run is incomplete, with these kinds of unscanned entries and these findings.
#[track_caller]
pub(crate) fn assert_incomplete(report: &Report, unscanned: &[&str], found: &[&str]) {
    assert_eq!((report.code, report.summary["complete"].as_bool()), (3, Some(false)));
    assert_eq!(report.unscanned_kinds(), unscanned, "{:#?}", report.unscanned);
    assert_eq!(report.found(), found);
}

/// Writes a commit object with the tree and parent of HEAD, and resets HEAD to it.
pub(crate) fn raw_commit(world: &World, author: &str, committer: &str, message: &[u8]) -> String {
    let (tree, parent) = (id(world, "HEAD^{tree}"), id(world, "HEAD"));
    let header = format!("tree {tree}\nparent {parent}\nauthor {author}\ncommitter {committer}\n\n");
    world.write("commit", [header.as_bytes(), message].concat());
    let made = world.git(&["hash-object", "-t", "commit", "-w", "--literally", "../commit"]).stdout;
    world.git(&["reset", "-q", "--hard", made.trim()]);
    made.trim().to_owned()
}
