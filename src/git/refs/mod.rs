//! Lists everything that names an object: refs, HEADs, reflogs and pseudo-refs, of all worktrees (gitglossary(7),
//! gitrepository-layout(5)).
//!
//! `git rev-list --all` leaves out most of these, and they contain secrets: in older stashes, amended commits, and
//! commits that a reset removed from a branch.

pub(crate) mod reftable;
mod tip;
pub(crate) mod tracking;
mod worktrees;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::env::path_from_bytes;
use super::odb::oid::Oid;
use super::plumbing::Plumbing;
use super::repo::{Repo, RepoError, read_if_exists};
pub(crate) use tip::{Tip, TipKind};
use worktrees::{is_per_worktree, read_dir, worktree_git_dirs};

/// Returns all tips of the repository, sorted, without duplicates.
///
/// # Errors
///
/// When refs or files of the git directory cannot be read.
pub(crate) fn read_tips(repo: &Repo) -> Result<Vec<Tip>, RepoError> {
    let mut tips = Vec::new();
    let mut ids_by_name: HashMap<String, Oid> = HashMap::new();
    for (name, id) in repo.refs()? {
        ids_by_name.insert(name.clone(), id);
        tips.push(Tip { kind: TipKind::Ref, name, id });
    }
    if repo.plumbing().is_none() {
        // libgit2 leaves out directories and files that it cannot read, without an error.
        for (name, file) in files_below(repo.common_dir(), "refs")? {
            if !ids_by_name.contains_key(&name) && !name.ends_with(".lock") {
                let id = first_id(&read_if_exists(&file)?);
                tips.extend(id.map(|id| Tip { kind: TipKind::Ref, name, id }));
            }
        }
    }
    if let Some(id) = repo.head()? {
        tips.push(Tip { kind: TipKind::Head, name: "HEAD".into(), id });
    }
    for (prefix, dir) in worktree_git_dirs(repo)? {
        if let Some(plumbing) = repo.plumbing().filter(|_| !prefix.is_empty()) {
            add_reftable_tips(&prefix, &Plumbing { git_dir: &dir, ..plumbing }, &mut tips)?;
        }
        add_pseudo_refs(&prefix, &dir, &ids_by_name, &mut tips)?;
        if dir != repo.common_dir() {
            for (name, file) in files_below(&dir, "refs")? {
                let id = first_id(&read_if_exists(&file)?);
                tips.extend(id.map(|id| Tip { kind: TipKind::Ref, name: format!("{prefix}{name}"), id }));
            }
        }
        for (name, file) in files_below(&dir, "logs")? {
            let name = format!("{prefix}{}", name.strip_prefix("logs/").unwrap_or(&name));
            let mut seen = HashSet::new();
            for id in reflog_ids(&read_if_exists(&file)?).filter(|id| seen.insert(*id)) {
                tips.push(Tip { kind: TipKind::Reflog, name: name.clone(), id });
            }
        }
    }
    tips.sort();
    tips.dedup();
    Ok(tips)
}

/// Adds HEAD of another worktree and its per-worktree refs, read from reftables.
fn add_reftable_tips(prefix: &str, worktree: &Plumbing<'_>, tips: &mut Vec<Tip>) -> Result<(), RepoError> {
    let head = worktree.rev_parse("HEAD")?;
    tips.extend(head.map(|id| Tip { kind: TipKind::Head, name: format!("{prefix}HEAD"), id }));
    let refs = worktree.refs()?.into_iter().filter(|(name, _)| is_per_worktree(name));
    tips.extend(refs.map(|(name, id)| Tip { kind: TipKind::Ref, name: format!("{prefix}{name}"), id }));
    Ok(())
}

/// Returns the reflogs of HEAD and of the stash if they are in reftables, where [`read_tips`] does not find them.
pub(crate) fn reftable_reflogs(repo: &Repo) -> Vec<Tip> {
    let Some(plumbing) = repo.plumbing() else { return Vec::new() };
    let tips = |name: &'static str| {
        let ids = plumbing.reflog(name).into_iter();
        ids.map(move |id| Tip { kind: TipKind::Reflog, name: name.to_owned(), id })
    };
    ["HEAD", "refs/stash"].into_iter().flat_map(tips).collect()
}

/// Returns the names of ref files that contain neither an id nor the name of another ref, as a crash can leave them:
/// git ignores them with a warning. `tips` are those of the repository.
///
/// # Errors
///
/// When files of the git directory cannot be read.
pub(crate) fn broken_refs(repo: &Repo, tips: &[Tip]) -> Result<Vec<String>, RepoError> {
    if repo.plumbing().is_some() {
        return Ok(Vec::new());
    }
    let resolved: HashSet<&str> =
        tips.iter().filter(|tip| tip.kind == TipKind::Ref).map(|tip| tip.name.as_str()).collect();
    let mut broken = Vec::new();
    for (name, file) in files_below(repo.common_dir(), "refs")? {
        if resolved.contains(name.as_str()) || name.ends_with(".lock") {
            continue;
        }
        let content = read_if_exists(&file)?;
        if !content.starts_with(b"ref:") && first_id(&content).is_none() {
            broken.push(name);
        }
    }
    broken.sort();
    Ok(broken)
}

/// Adds what the files of `dir` with names like `ORIG_HEAD` contain. HEAD of this worktree is left out: it is known
/// already.
fn add_pseudo_refs(
    prefix: &str,
    dir: &Path,
    ids_by_name: &HashMap<String, Oid>,
    tips: &mut Vec<Tip>,
) -> Result<(), RepoError> {
    for (name, file, is_dir) in read_dir(dir)? {
        let is_pseudo_ref = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if is_dir || !is_pseudo_ref || (name == "HEAD" && prefix.is_empty()) {
            continue;
        }
        let kind = if name == "HEAD" { TipKind::Head } else { TipKind::PseudoRef };
        let content = read_if_exists(&file)?;
        for line in content.split(|&byte| byte == b'\n') {
            let id = match line.strip_prefix(b"ref:") {
                Some(target) => ids_by_name.get(&*String::from_utf8_lossy(target.trim_ascii())).copied(),
                None => first_id(line),
            };
            tips.extend(id.map(|id| Tip { kind, name: format!("{prefix}{name}"), id }));
        }
    }
    Ok(())
}

/// Returns the old and new id of each line of a reflog, without null ids.
fn reflog_ids(log: &[u8]) -> impl Iterator<Item = Oid> {
    log.split(|&byte| byte == b'\n').flat_map(|line| {
        let mut words = line.splitn(3, |&byte| byte == b' ');
        [words.next(), words.next()]
            .into_iter()
            .flatten()
            .filter_map(Oid::from_hex)
            .filter(|id| !id.is_zero())
    })
}

/// Returns the id at the start of a line, unless it is the null id.
fn first_id(line: &[u8]) -> Option<Oid> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    Oid::from_hex(word).filter(|id| !id.is_zero())
}

/// Returns all files below `root/top`, each with its path relative to `root`. Symbolic links are not followed.
fn files_below(root: &Path, top: &str) -> Result<Vec<(String, PathBuf)>, RepoError> {
    let mut files = Vec::new();
    let mut dirs = vec![(top.to_owned(), root.join(path_from_bytes(top.as_bytes())))];
    while let Some((prefix, dir)) = dirs.pop() {
        for (name, path, is_dir) in read_dir(&dir)? {
            let name = format!("{prefix}/{name}");
            if is_dir { dirs.push((name, path)) } else { files.push((name, path)) }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::oid;

    fn has(tips: &[Tip], kind: TipKind, name: &str, id: &str) -> bool {
        tips.contains(&Tip { kind, name: name.into(), id: oid(id) })
    }

    #[test]
    fn an_unborn_repository_has_no_tips() {
        let test = TestRepo::new();
        assert_eq!(read_tips(&Repo::open(test.path()).expect("a repository")).expect("readable"), []);
    }

    #[test]
    fn everything_that_names_an_object_is_found() {
        let test = TestRepo::new();
        test.write("f", "1");
        let first = test.commit_all("one");
        test.git(&["branch", "packed"]);
        test.git(&["tag", "-am", "annotated", "v1"]);
        test.git(&["pack-refs", "--all"]);
        test.write("f", "2");
        let dropped = test.commit_all("two");
        test.git(&["reset", "-q", "--hard", "HEAD~"]);
        let blob = test.text(&["rev-parse", "HEAD:f"]);
        test.git(&["tag", "blob", &blob]);
        test.write("f", "stashed");
        test.git(&["stash", "-q"]);
        let old_stash = test.text(&["rev-parse", "stash"]);
        test.write("f", "stashed again");
        test.git(&["stash", "-q"]);
        let linked = test.sibling_path("linked");
        test.git(&["worktree", "add", "-q", "--detach", linked.to_str().expect("text")]);
        let worktree = linked.to_str().expect("text");
        test.git(&["-C", worktree, "commit", "-q", "--allow-empty", "-m", "detached"]);
        let detached = test.text(&["-C", worktree, "rev-parse", "HEAD"]);
        test.git(&["-C", worktree, "update-ref", "refs/bisect/bad", &dropped]);
        test.git(&["fetch", "-q", ".", "packed"]);

        let all = read_tips(&Repo::open(test.path()).expect("a repository")).expect("readable");
        use TipKind::*;
        for name in ["refs/heads/main", "refs/heads/packed"] {
            assert!(has(&all, Ref, name, &first), "{name}");
        }
        assert!(has(&all, Ref, "refs/tags/v1", &test.text(&["rev-parse", "v1"])));
        assert!(has(&all, Ref, "refs/tags/blob", &blob));
        assert!(has(&all, Head, "HEAD", &first));
        assert!(has(&all, Head, "worktrees/linked/HEAD", &detached));
        assert!(has(&all, Ref, "worktrees/linked/refs/bisect/bad", &dropped));
        assert!(has(&all, Reflog, "refs/heads/main", &dropped));
        assert!(has(&all, Reflog, "HEAD", &dropped));
        assert!(has(&all, Reflog, "refs/stash", &old_stash));
        assert!(has(&all, Reflog, "worktrees/linked/HEAD", &detached));
        assert!(has(&all, PseudoRef, "ORIG_HEAD", &dropped) || has(&all, PseudoRef, "ORIG_HEAD", &first));
        assert!(has(&all, PseudoRef, "FETCH_HEAD", &first));
        assert!(all.iter().all(|tip| !tip.id.is_zero()));

        // From the other worktree, the names are reversed.
        let all = read_tips(&Repo::open(&linked).expect("a repository")).expect("readable");
        assert!(has(&all, Head, "HEAD", &detached));
        assert!(has(&all, Head, "main-worktree/HEAD", &first));
        assert!(has(&all, Reflog, "main-worktree/HEAD", &dropped));
        assert!(has(&all, Ref, "refs/heads/main", &first));
    }

    #[test]
    fn malformed_lines_of_a_reflog_are_skipped() {
        let id = "a".repeat(40);
        let log = format!("garbage\n{} {id} A <a@b> 1 +0000\tcommit\n\n{id}", "0".repeat(40));
        assert_eq!(reflog_ids(log.as_bytes()).collect::<Vec<_>>(), [oid(&id), oid(&id)]);
    }
}
