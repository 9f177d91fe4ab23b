//! Runs the git command for what libgit2 cannot read: refs in the reftable format, and configuration from the command
//! line of the calling git.
//!
//! Only plumbing commands with machine-readable output are run, and their exit status is checked. Of the reflogs in
//! reftables, only those of HEAD and the stash are read, which users inspect: a scan of history reads the commits in
//! all reflogs from the object store anyway.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::env::{GitEnv, path_from_bytes};
use super::odb::oid::Oid;
use super::repo::RepoError;

/// Runs `git` for one repository.
pub(crate) struct Plumbing<'a> {
    pub(super) git_dir: &'a Path,
    /// The directory to which relative paths of the environment are relative.
    pub(super) base: &'a Path,
    pub(super) env: &'a GitEnv,
}

/// A call of `git` that opens no socket: the variables of its tracing, and settings of the user, can name one
/// (git-config(1), `trace2`).
fn git() -> Command {
    let mut command = Command::new("git");
    command
        .env("LC_ALL", "C")
        .env("GIT_TRACE2", "0")
        .env("GIT_TRACE2_EVENT", "0")
        .env("GIT_TRACE2_PERF", "0");
    command
}

/// Returns the git directory that git finds at `path`, canonical, if git trusts its ownership.
pub(super) fn trusted_git_dir(path: &Path, env: &GitEnv) -> Option<PathBuf> {
    let mut command = git();
    command.current_dir(path).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    if env.git_dir.is_some() {
        command.arg("--git-dir=.");
    }
    if let Some(file) = &env.config_global {
        command.env("GIT_CONFIG_GLOBAL", std::path::absolute(file).ok()?);
    }
    let output = command.args(["rev-parse", "--absolute-git-dir"]).output().ok()?;
    let git_dir = output.status.success().then(|| path_from_bytes(output.stdout.trim_ascii_end()))?;
    std::fs::canonicalize(git_dir).ok()
}

impl Plumbing<'_> {
    /// Resolves a revision to a commit; `None` when there is no such commit.
    pub(super) fn rev_parse_commit(&self, rev: &str) -> Result<Option<Oid>, RepoError> {
        self.rev_parse(&format!("{rev}^{{commit}}"))
    }

    /// Resolves a revision to an object, without peeling tags; `None` when there is no such object.
    pub(super) fn rev_parse(&self, rev: &str) -> Result<Option<Oid>, RepoError> {
        let output = self.run(&["rev-parse", "--quiet", "--verify", "--end-of-options", rev])?;
        Ok(Some(output)
            .filter(|output| output.status.success())
            .and_then(|o| Oid::from_hex(o.stdout.trim_ascii())))
    }

    /// Resolves HEAD or a ref to an object; `None` when there is no such ref.
    pub(super) fn resolve_ref(&self, name: &str) -> Result<Option<Oid>, RepoError> {
        let args = ["rev-parse", "--quiet", "--verify", "--symbolic-full-name", "--end-of-options", name];
        let output = self.run(&args)?;
        let full_name = output.stdout.trim_ascii();
        // The output is empty for ids and other revisions that are no ref names.
        if !output.status.success() || full_name.is_empty() { Ok(None) } else { self.rev_parse(name) }
    }

    /// Lists all refs with the ids of their objects.
    pub(super) fn refs(&self) -> Result<Vec<(String, Oid)>, RepoError> {
        let list = self.run_checked(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
        let lines = list.split(|&byte| byte == b'\n');
        let parse = |line: &[u8]| {
            let space = memchr::memchr(b' ', line)?;
            Some((String::from_utf8_lossy(&line[space + 1..]).into_owned(), Oid::from_hex(&line[..space])?))
        };
        Ok(lines.filter_map(parse).collect())
    }

    /// Lists the ids in the reflog of a ref, newest first. Empty if there is no reflog.
    pub(super) fn reflog(&self, name: &str) -> Vec<Oid> {
        let listed = self.run(&["rev-list", "--walk-reflogs", "--end-of-options", name, "--"]);
        let output = listed.ok().filter(|output| output.status.success());
        let lines = output.iter().flat_map(|output| output.stdout.split(|&byte| byte == b'\n'));
        lines.filter_map(Oid::from_hex).collect()
    }

    /// Returns the configuration keys that match a regular expression, in lower case, with their values. The last value
    /// of a key is effective. `None` when git fails or is not installed.
    pub(super) fn config(&self, pattern: &str) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let output = self.run(&["config", "-z", "--get-regexp", pattern]).ok()?;
        // The exit status is 1 when no key matches.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return None;
        }
        let entries = output.stdout.split(|&byte| byte == 0).filter(|entry| !entry.is_empty());
        let parse = |entry: &[u8]| {
            let end = memchr::memchr(b'\n', entry).unwrap_or(entry.len());
            (entry[..end].to_vec(), entry.get(end + 1..).unwrap_or_default().to_vec())
        };
        Some(entries.map(parse).collect())
    }

    /// Reads a setting of type path: `Some(None)` when it is not set, `None` when git fails or is not installed.
    pub(super) fn config_path(&self, key: &str) -> Option<Option<PathBuf>> {
        let output = self.run(&["config", "-z", "--type=path", "--get", key]).ok()?;
        match output.status.code() {
            Some(0) => Some(Some(path_from_bytes(output.stdout.strip_suffix(b"\0")?))),
            Some(1) => Some(None),
            _ => None,
        }
    }

    fn run_checked(&self, args: &[&str]) -> Result<Vec<u8>, RepoError> {
        let output = self.run(args)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(RepoError::UnsupportedRepository { what: format!("git could not list the refs: {error}") })
    }

    fn run(&self, args: &[&str]) -> Result<Output, RepoError> {
        let mut command = git();
        command
            .current_dir(self.base)
            .arg("--git-dir")
            .arg(self.git_dir)
            .arg("--no-replace-objects")
            .args(args);
        command.env("GIT_GRAFT_FILE", "/dev/null");
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0");
        if let Some(dir) = &self.env.object_directory {
            command.env("GIT_OBJECT_DIRECTORY", self.base.join(dir));
        }
        if let Some(list) = &self.env.alternates {
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", list);
        }
        if let Some(file) = &self.env.config_global {
            command.env("GIT_CONFIG_GLOBAL", self.base.join(file));
        }
        command.output().map_err(|error| RepoError::UnsupportedRepository {
            what: format!("its refs are in the reftable format, which requires the git command: {error}"),
        })
    }
}
