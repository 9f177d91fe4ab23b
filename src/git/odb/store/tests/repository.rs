//! Repositories written by the real `git`, without any user or system configuration.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::Objects;
use crate::git::{HashAlgorithm, Kind, ObjectStore, Oid};

pub(crate) struct Repository {
    home: TempDir,
    algorithm: HashAlgorithm,
}

impl Repository {
    /// A bare repository without objects.
    pub(crate) fn new(algorithm: HashAlgorithm) -> Repository {
        let repository = Repository { home: tempfile::tempdir().expect("temporary directory"), algorithm };
        let format = if algorithm == HashAlgorithm::Sha1 { "sha1" } else { "sha256" };
        let path = repository.path();
        fs::create_dir(&path).expect("create");
        repository.git(&["init", "--quiet", "--bare", "--object-format", format, "."]);
        repository
    }

    /// A bare clone that borrows the objects of `other`.
    pub(crate) fn sharing(other: &Repository) -> Repository {
        let repository = Repository {
            home: tempfile::tempdir().expect("temporary directory"),
            algorithm: other.algorithm,
        };
        fs::create_dir(repository.path()).expect("create");
        let source = other.path();
        repository.git(&["clone", "--quiet", "--bare", "--shared", source.to_str().expect("UTF-8"), "."]);
        repository
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.home.path().join("repository")
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.path().join("objects")
    }

    pub(crate) fn store(&self) -> ObjectStore {
        ObjectStore::open(&[self.objects()], self.algorithm)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Vec<u8> {
        self.git_with_input(arguments, b"")
    }

    pub(crate) fn git_with_input(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        #[expect(clippy::disallowed_methods, reason = "git is found through it")]
        let path = std::env::var_os("PATH");
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(path.map(|path| ("PATH", path)))
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git is installed");
        let mut stdin = child.stdin.take().expect("piped");
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(input));
            child.wait_with_output().expect("git ran")
        });
        assert!(output.status.success(), "git {arguments:?}");
        output.stdout
    }

    /// Commits `count` versions of a few files on `branch` and tags the last, all as loose objects.
    pub(crate) fn commit_versions(&self, branch: &str, count: usize) {
        let mut stream = String::new();
        let data = |stream: &mut String, text: &str| {
            write!(stream, "data {}\n{text}\n", text.len()).expect("memory");
        };
        for version in 0..count {
            writeln!(stream, "commit refs/heads/{branch}").expect("memory");
            writeln!(stream, "committer A U Thor <a@example.com> {} +0000", 1_700_000_000 + version)
                .expect("memory");
            data(&mut stream, &format!("version {version} on {branch}"));
            let line = |n: usize| format!("{branch} line {n} {}\n", n.wrapping_mul(2_654_435_761) % 99_991);
            let changed = (0..400).map(|n| if n % 40 == version % 40 { line(n + version) } else { line(n) });
            stream.push_str("M 100644 inline deep/er/changing.txt\n");
            data(&mut stream, &changed.collect::<String>());
            writeln!(stream, "M 100644 inline new-{version}.txt").expect("memory");
            data(&mut stream, &line(version * 1000));
            stream.push_str("M 100644 inline empty\n");
            data(&mut stream, "");
        }
        writeln!(stream, "tag last-of-{branch}\nfrom refs/heads/{branch}").expect("memory");
        stream.push_str("tagger A U Thor <a@example.com> 1700000000 +0000\n");
        data(&mut stream, "an annotated tag");
        self.git_with_input(
            &["-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet"],
            stream.as_bytes(),
        );
    }

    /// All objects, as read by `git cat-file`.
    pub(crate) fn expected(&self) -> Objects {
        let output = self.git(&["cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"]);
        let mut objects = Objects::new();
        let mut rest = &output[..];
        while !rest.is_empty() {
            let end = rest.iter().position(|&byte| byte == b'\n').expect("a header line");
            let header = std::str::from_utf8(&rest[..end]).expect("plain text");
            let mut fields = header.split(' ');
            let id = Oid::from_hex(fields.next().expect("id").as_bytes()).expect("an id");
            let kind = match fields.next() {
                Some("commit") => Kind::Commit,
                Some("tree") => Kind::Tree,
                Some("blob") => Kind::Blob,
                Some("tag") => Kind::Tag,
                other => panic!("{other:?}"),
            };
            let size: usize = fields.next().expect("size").parse().expect("a number");
            let data = rest[end + 1..][..size].to_vec();
            rest = &rest[end + 1 + size + 1..];
            objects.insert(id, (kind, data));
        }
        objects
    }

    /// The files of the pack directory with this ending, sorted.
    pub(crate) fn packed(&self, ending: &str) -> Vec<PathBuf> {
        files_with(&self.objects().join("pack"), ending)
    }
}

pub(crate) fn files_with(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("listed").map(|entry| entry.expect("listed").path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    paths.sort();
    paths
}

/// Writes to a file that git made read-only.
pub(crate) fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).expect("removed");
    fs::write(path, bytes).expect("written");
}
