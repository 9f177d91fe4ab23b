//! Real repositories for tests, built by the `git` command in an isolated environment: without system and user
//! configuration, with a fixed identity, and with a clock that advances by one minute per command.

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A scratch repository that is deleted with the value.
pub(crate) struct TestRepo {
    dir: TempDir,
    path: PathBuf,
    clock: Cell<u64>,
}

impl TestRepo {
    /// Creates an empty repository with a working tree and the branch `main`.
    pub(crate) fn new() -> TestRepo {
        TestRepo::init(&["init", "-q", "-b", "main"])
    }

    /// Creates an empty repository by running `git` with these arguments in a new directory.
    pub(crate) fn init(args: &[&str]) -> TestRepo {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().canonicalize().expect("it exists").join("repo");
        std::fs::create_dir(&path).expect("the parent exists");
        let repo = TestRepo { dir, path, clock: Cell::new(1_700_000_000) };
        repo.git(args);
        repo
    }

    /// The root of the working tree, or the bare repository.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path next to the repository that is deleted with it: for clones and linked worktrees.
    pub(crate) fn sibling_path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join(name)
    }

    /// The command `git` in the isolated environment, with the repository as current directory.
    pub(crate) fn command(&self) -> Command {
        let now = self.clock.get();
        self.clock.set(now + 60);
        let date = format!("{now} +0000");
        let mut command = Command::new("git");
        #[expect(
            clippy::disallowed_methods,
            reason = "git must not inherit the variables of a hook that runs the tests"
        )]
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("HOME", self.dir.path())
            .env("GIT_AUTHOR_NAME", "Author")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_NAME", "Committer")
            .env("GIT_COMMITTER_EMAIL", "committer@example.com")
            .env("GIT_COMMITTER_DATE", &date)
            .args(["-c", "core.autocrlf=false", "-c", "protocol.file.allow=always", "-c", "gc.auto=0"]);
        command
    }

    /// Runs git, which must succeed, and returns its standard output.
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> Vec<u8> {
        checked(self.command().args(args)).stdout
    }

    /// Runs git, which must succeed, and returns its standard output as trimmed text.
    pub(crate) fn text(&self, args: &[&str]) -> String {
        String::from_utf8(self.git(args)).expect("text").trim().to_owned()
    }

    /// Runs git with `input` on its standard input and returns its trimmed standard output.
    pub(crate) fn pipe(&self, args: &[&str], input: &[u8]) -> String {
        use std::io::{Seek, Write};
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(input).expect("room on the disk");
        file.rewind().expect("a plain file");
        let output = checked(self.command().args(args).stdin(file));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Writes a file of the working tree, and creates its directories.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("a plain directory");
        std::fs::write(path, content).expect("room on the disk");
    }

    /// Commits everything in the working tree and returns the commit's id.
    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.commit(message)
    }

    /// Commits the index, even if it is unchanged, and returns the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.text(&["rev-parse", "HEAD"])
    }
}

fn checked(command: &mut Command) -> Output {
    let output = command.output().expect("git is installed");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}
