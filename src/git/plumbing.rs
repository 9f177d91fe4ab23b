//! What libgit2 cannot read, asked of git itself: refs in the reftable format, and configuration that the
//! command line of the calling git sets.
//!
//! Plumbing only, in machine form, with its exit status checked. Of reflogs only those are asked for that people
//! look into: a scan of history reads the commits that all of them name from the store anyway.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::env::{GitEnv, path_from_bytes};
use super::odb::oid::Oid;
use super::repo::RepoError;

/// Runs `git` for one repository.
pub(crate) struct Plumbing<'a> {
    pub(super) git_dir: &'a Path,
    /// What the environment's relative paths are relative to.
    pub(super) base: &'a Path,
    pub(super) env: &'a GitEnv,
}

/// The git directory that git finds at `path` and trusts, its links resolved.
pub(super) fn trusted(path: &Path, env: &GitEnv) -> Option<PathBuf> {
    let mut command = Command::new("git");
    command.current_dir(path).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env("LC_ALL", "C");
    if env.git_dir.is_some() {
        command.arg("--git-dir=.");
    }
    if let Some(file) = &env.config_global {
        command.env("GIT_CONFIG_GLOBAL", std::path::absolute(file).ok()?);
    }
    let output = command.args(["rev-parse", "--absolute-git-dir"]).output().ok()?;
    let said = output.status.success().then(|| path_from_bytes(output.stdout.trim_ascii_end()))?;
    std::fs::canonicalize(said).ok()
}

impl Plumbing<'_> {
    /// The commit that a revision names; `None` when git knows no such commit.
    pub(super) fn resolve(&self, rev: &str) -> Result<Option<Oid>, RepoError> {
        self.id(&format!("{rev}^{{commit}}"))
    }

    /// The object that a revision names, tags not peeled; `None` when git knows no such name.
    pub(super) fn id(&self, rev: &str) -> Result<Option<Oid>, RepoError> {
        let output = self.run(&["rev-parse", "--quiet", "--verify", "--end-of-options", rev])?;
        Ok(Some(output)
            .filter(|output| output.status.success())
            .and_then(|o| Oid::from_hex(o.stdout.trim_ascii())))
    }

    /// The object that HEAD or a ref names; `None` when git knows no such ref.
    pub(super) fn named(&self, name: &str) -> Result<Option<Oid>, RepoError> {
        let ask = ["rev-parse", "--quiet", "--verify", "--symbolic-full-name", "--end-of-options", name];
        let output = self.run(&ask)?;
        let full = output.stdout.trim_ascii();
        // Nothing is said of ids and of what is found by way of objects.
        if !output.status.success() || full.is_empty() { Ok(None) } else { self.id(name) }
    }

    /// All refs with the objects they name.
    pub(super) fn refs(&self) -> Result<Vec<(String, Oid)>, RepoError> {
        let list = self.checked(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
        let lines = list.split(|&byte| byte == b'\n');
        let parse = |line: &[u8]| {
            let space = memchr::memchr(b' ', line)?;
            Some((String::from_utf8_lossy(&line[space + 1..]).into_owned(), Oid::from_hex(&line[..space])?))
        };
        Ok(lines.filter_map(parse).collect())
    }

    /// What the reflog of a ref names, newest first; nothing where it has none.
    pub(super) fn reflog(&self, name: &str) -> Vec<Oid> {
        let listed = self.run(&["rev-list", "--walk-reflogs", "--end-of-options", name, "--"]);
        let output = listed.ok().filter(|output| output.status.success());
        let lines = output.iter().flat_map(|output| output.stdout.split(|&byte| byte == b'\n'));
        lines.filter_map(Oid::from_hex).collect()
    }

    /// Keys that match a pattern, in lower case, with their values; the last one of a key holds. `None` when
    /// git cannot be asked.
    pub(super) fn config(&self, pattern: &str) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let output = self.run(&["config", "-z", "--get-regexp", pattern]).ok()?;
        // It returns 1 when there is none.
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

    /// A path that is configured; inside, `None` where there is none. `None` when git cannot be asked.
    pub(super) fn path_setting(&self, key: &str) -> Option<Option<PathBuf>> {
        let output = self.run(&["config", "-z", "--type=path", "--get", key]).ok()?;
        match output.status.code() {
            Some(0) => Some(Some(path_from_bytes(output.stdout.strip_suffix(b"\0")?))),
            Some(1) => Some(None),
            _ => None,
        }
    }

    fn checked(&self, args: &[&str]) -> Result<Vec<u8>, RepoError> {
        let output = self.run(args)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(RepoError::UnsupportedRepository { what: format!("git could not list the refs: {said}") })
    }

    fn run(&self, args: &[&str]) -> Result<Output, RepoError> {
        let mut command = Command::new("git");
        command
            .current_dir(self.base)
            .arg("--git-dir")
            .arg(self.git_dir)
            .arg("--no-replace-objects")
            .args(args);
        command.env("GIT_GRAFT_FILE", "/dev/null");
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
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
            what: format!("its refs are in the reftable format, which needs git itself: {error}"),
        })
    }
}
