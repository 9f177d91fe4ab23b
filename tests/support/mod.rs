//! A scratch folder or repository, and the two programs in a world of their own: no configuration of the
//! machine, no variables of the surroundings, a fixed identity and date.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

pub(crate) mod planted;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub(crate) struct World {
    dir: TempDir,
}

/// What a program did.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// An empty folder `work` that is no repository.
    pub(crate) fn empty() -> World {
        let world = World { dir: tempfile::tempdir().expect("a temporary folder") };
        std::fs::create_dir(world.path("work")).expect("an empty world");
        world
    }

    /// The same as a repository with one commit.
    pub(crate) fn repository() -> World {
        World::repository_like(&[])
    }

    /// The same with more options for `git init`.
    pub(crate) fn repository_like(init: &[&str]) -> World {
        let world = World::empty();
        world.git(&[&["init", "-q", "-b", "main"], init, &["."]].concat());
        world.write("work/a.txt", "harmless\n");
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "-m", "first"]);
        world
    }

    /// A path in the world; `work/…` is in the folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        // Temporary folders can stand behind a link, and programs report real paths.
        self.dir.path().canonicalize().expect("it exists").join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("folders are made");
        std::fs::write(path, content).expect("written");
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).expect("a text file")
    }

    /// `program` in `folder`, isolated.
    pub(crate) fn command(&self, program: impl AsRef<Path>, folder: &str) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.path(""))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", self.path(""))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Test")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "test@example.com")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), "1700000000 +0000")))
            .current_dir(self.path(folder))
            .stdin(Stdio::null());
        command
    }

    /// `stopleak` with these arguments in `work`.
    pub(crate) fn stopleak(&self, arguments: &[&str]) -> Run {
        self.stopleak_in("work", arguments)
    }

    pub(crate) fn stopleak_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = self.command(binary(), folder);
        self.run(command.args(arguments))
    }

    /// `git` in `work`; it must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> Run {
        let run = self.run(self.command("git", "work").args(arguments));
        assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
        run
    }

    /// Runs a command; in its output the world's path is `[WORLD]`.
    pub(crate) fn run(&self, command: &mut Command) -> Run {
        self.told(command.output().expect("the program starts"))
    }

    pub(crate) fn told(&self, output: Output) -> Run {
        let root = self.path("").to_string_lossy().trim_end_matches('/').to_owned();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8").replace(&root, "[WORLD]");
        Run {
            code: output.status.code().expect("not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Where programs are found; the one variable that tests take from their surroundings.
#[expect(clippy::disallowed_methods, reason = "tests start git")]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// The built program.
pub(crate) fn binary() -> &'static Path {
    assert_cmd::cargo::cargo_bin!("stopleak")
}
