//! A temporary directory or repository in which `git` and `stopleak` run isolated: without the configuration of the
//! machine, without inherited environment variables, with a fixed identity and date.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

pub(crate) mod planted;
pub(crate) mod traced;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A temporary directory that contains the directory `work` and is the home directory of all programs run in it.
pub(crate) struct World {
    dir: TempDir,
}

/// Exit code and output of a program.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// Creates a world whose `work` is an empty directory and not a repository.
    pub(crate) fn empty() -> World {
        let world = World { dir: tempfile::tempdir().expect("a temporary folder") };
        std::fs::create_dir(world.path("work")).expect("an empty world");
        world
    }

    /// Creates a world whose `work` is a repository with one commit.
    pub(crate) fn repository() -> World {
        World::repository_like(&[])
    }

    /// Creates a repository with one commit, with additional options for `git init`.
    pub(crate) fn repository_like(init: &[&str]) -> World {
        let world = World::empty();
        world.git(&[&["init", "-q", "-b", "main"], init, &["."]].concat());
        world.write("work/a.txt", "harmless\n");
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "-m", "first"]);
        world
    }

    /// Returns the absolute path of a file in the world.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        // The temporary directory can be behind a symbolic link, and programs report resolved paths.
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

    /// Returns a command that runs `program` in `folder`, isolated.
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

    /// Runs `stopleak` with these arguments in `work`.
    pub(crate) fn stopleak(&self, arguments: &[&str]) -> Run {
        self.stopleak_in("work", arguments)
    }

    pub(crate) fn stopleak_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = self.command(binary(), folder);
        self.run(command.args(arguments))
    }

    /// Runs `git` in `work`; it must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> Run {
        let run = self.run(self.command("git", "work").args(arguments));
        assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
        run
    }

    /// Runs a command. In its output the path of the world is replaced by `[WORLD]`.
    pub(crate) fn run(&self, command: &mut Command) -> Run {
        self.captured(command.output().expect("the program starts"))
    }

    /// Converts the output of a program; the path of the world is replaced by `[WORLD]`.
    pub(crate) fn captured(&self, output: Output) -> Run {
        let root = self.path("").to_string_lossy().trim_end_matches('/').to_owned();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8").replace(&root, "[WORLD]");
        Run {
            code: output.status.code().expect("not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Returns the PATH, the only environment variable that the isolated programs inherit.
#[expect(clippy::disallowed_methods, reason = "tests start git")]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// Returns the path of the built program.
pub(crate) fn binary() -> &'static Path {
    assert_cmd::cargo::cargo_bin!("stopleak")
}
