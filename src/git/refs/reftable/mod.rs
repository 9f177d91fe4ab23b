//! Reads the tables of a reftable repository, to find what git leaves out.
//!
//! `git for-each-ref` prints no ref and succeeds when a table is damaged or missing. So all tables are read here too:
//! what does not fit is a problem, and refs that git does not list are tips as well. Bytes inside a ref block have no
//! checksum: a changed letter of a name that keeps the order, or a ref that was overwritten by its older value, cannot
//! be detected. A changed id names an object that does not exist, which the scan of a history reports.
//!
//! Format: git's `reftable` (Documentation/technical).

mod records;
mod table;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use self::table::{RefValue, Table};
use crate::git::odb::oid::HashAlgorithm;
use crate::git::odb::pack::regular_file_len;
use crate::git::refs::tip::{Tip, TipKind};
use crate::git::refs::worktrees::{is_per_worktree, worktree_git_dirs};
use crate::git::repo::{Repo, RepoError};
use crate::git::{ProblemCause, StoreProblem};

/// How many times a stack is read while git replaces its tables.
const MAX_READS: usize = 5;
/// Longer than git needs between writing a table and its list.
const RETRY_DELAY: Duration = Duration::from_millis(5);

/// Reads the tables of all worktrees. Adds the refs that are missing from `tips`, and returns what does not fit.
///
/// # Errors
///
/// When the worktrees cannot be listed.
pub(crate) fn add_tips(repo: &Repo, tips: &mut Vec<Tip>) -> Result<Vec<StoreProblem>, RepoError> {
    let mut problems = Vec::new();
    if repo.plumbing().is_none() {
        return Ok(problems);
    }
    let mut known: HashSet<(TipKind, String)> = tips.iter().map(|tip| (tip.kind, tip.name.clone())).collect();
    for (prefix, dir) in worktree_git_dirs(repo)? {
        let is_common = dir == repo.common_dir();
        let stack = Stack::read(&dir.join("reftable"), repo.algorithm());
        for (name, value) in stack.refs {
            let RefValue::Id(id) = value else { continue };
            let name = String::from_utf8_lossy(&name).into_owned();
            let kind = match name.as_str() {
                "HEAD" => TipKind::Head,
                name if name.starts_with("refs/") => TipKind::Ref,
                _ => TipKind::PseudoRef,
            };
            let is_shared = is_common && kind == TipKind::Ref && !is_per_worktree(&name);
            let name = if is_shared { name } else { format!("{prefix}{name}") };
            if known.insert((kind, name.clone())) {
                tips.push(Tip { kind, name, id });
            }
        }
        problems.extend(stack.problems);
    }
    Ok(problems)
}

/// The tables of one `reftable` folder, newer ones over older ones.
#[derive(Default)]
struct Stack {
    refs: BTreeMap<Vec<u8>, RefValue>,
    problems: Vec<StoreProblem>,
}

impl Stack {
    /// Reads the stack in `dir`, and again while its list changes.
    fn read(dir: &Path, algorithm: HashAlgorithm) -> Stack {
        let list = dir.join("tables.list");
        for _ in 1..MAX_READS {
            let before = fs::read(&list).ok();
            let stack = Stack::read_once(dir, &list, algorithm);
            if stack.problems.is_empty() {
                return stack;
            }
            std::thread::sleep(RETRY_DELAY);
            if before.is_some() && before == fs::read(&list).ok() {
                // Once more without a change: a table that is being added is in the list by now.
                return Stack::read_once(dir, &list, algorithm);
            }
        }
        Stack::read_once(dir, &list, algorithm)
    }

    fn read_once(dir: &Path, list: &Path, algorithm: HashAlgorithm) -> Stack {
        let mut stack = Stack::default();
        let names = match regular_file_len(list).and_then(|_| fs::read(list)) {
            Ok(names) => names,
            Err(error) => {
                stack.add(list, format!("cannot be read, so its refs are not known: {error}"));
                return stack;
            }
        };
        let mut listed = HashSet::new();
        let mut last = None;
        let mut is_complete = true;
        for name in names.split(|byte| *byte == b'\n').filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(name).into_owned();
            let path = dir.join(&name);
            listed.insert(name.clone());
            if name.contains('/') || !name.ends_with(".ref") {
                stack.add(list, "has a line that is no name of a table: refs may be missing");
                is_complete = false;
                continue;
            }
            match stack.add_table(&path, algorithm) {
                Ok((first, _)) if last.is_some_and(|last: u64| last.checked_add(1) != Some(first)) => {
                    stack.add(
                        &path,
                        "does not follow the table before it: a table may be missing from tables.list",
                    );
                    is_complete = false;
                }
                Ok((_, end)) => last = Some(end),
                Err(why) => {
                    stack.add(&path, format!("is damaged, so refs may be missing: {why}"));
                    (last, is_complete) = (None, false);
                }
            }
        }
        if is_complete {
            stack.check_end(dir, list, &listed, last);
        }
        stack
    }

    /// Adds the refs of the table at `path`. Returns the numbers of its first and last update.
    fn add_table(&mut self, path: &Path, algorithm: HashAlgorithm) -> Result<(u64, u64), String> {
        let bytes = match regular_file_len(path).and_then(|_| fs::read(path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err("tables.list names it, and it does not exist".into());
            }
            bytes => bytes.map_err(|error| format!("it cannot be read: {error}"))?,
        };
        let table = Table::parse(&bytes, algorithm).map_err(|error| error.to_string())?;
        self.refs.extend(table.refs);
        Ok(table.updates)
    }

    /// Checks that the list is not cut: HEAD is in a table, and no table that it leaves out has later updates.
    fn check_end(&mut self, dir: &Path, list: &Path, listed: &HashSet<String>, last: Option<u64>) {
        if !matches!(self.refs.get(&b"HEAD"[..]), Some(RefValue::Id(_) | RefValue::Symbolic)) {
            self.add(list, "names no table with HEAD: refs are missing");
        }
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let first = name.split('-').next().and_then(|first| first.strip_prefix("0x"));
            let first = first.and_then(|first| u64::from_str_radix(first, 16).ok());
            let is_later = first.is_some_and(|first| last.is_none_or(|last| first > last));
            if name.ends_with(".ref") && is_later && !listed.contains(&name) {
                self.add(
                    &entry.path(),
                    "has later updates than the tables in tables.list, which does not name it",
                );
            }
        }
    }

    fn add(&mut self, path: &Path, why: impl Into<String>) {
        self.problems.push(StoreProblem {
            path: path.to_owned(),
            cause: ProblemCause::Damage,
            why: why.into(),
        });
    }
}

#[cfg(all(test, unix))]
mod tests;
