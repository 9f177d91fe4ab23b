//! Every place that names an object: refs, HEADs, reflogs and pseudo-refs, of all work trees.
//!
//! `git rev-list --all` leaves out most of these, and secrets lie there: the older stashes, amended
//! commits, what a reset threw away.

pub mod tracking;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::env::path_from_bytes;
use super::odb::oid::Oid;
use super::plumbing::Plumbing;
use super::repo::{Repo, RepoError, read_if_there};

/// What sort of name a [`Tip`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TipClass {
    /// Something below `refs/`.
    Ref,
    /// HEAD of this or another work tree.
    Head,
    /// An old or new side of a reflog entry; the object may be gone already.
    Reflog,
    /// ORIG_HEAD, FETCH_HEAD, MERGE_HEAD and their like; may name a tree.
    Pseudo,
}

/// One name for one object, which may be of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tip {
    /// What sort of name it is.
    pub class: TipClass,
    /// Full name, `refs/heads/main`; names of other work trees begin with `worktrees/NAME/` or
    /// `main-worktree/`. A reflog's tips have the name of their ref. Invalid UTF-8 is replaced.
    pub name: String,
    /// The object it names; tags are not peeled.
    pub id: Oid,
}

/// All tips of the repository, sorted, each once.
pub fn tips(repo: &Repo) -> Result<Vec<Tip>, RepoError> {
    let mut tips = Vec::new();
    let mut named: HashMap<String, Oid> = HashMap::new();
    for (name, id) in repo.refs()? {
        named.insert(name.clone(), id);
        tips.push(Tip { class: TipClass::Ref, name, id });
    }
    if let Some(id) = repo.head()? {
        tips.push(Tip { class: TipClass::Head, name: "HEAD".into(), id });
    }
    for (prefix, dir) in work_tree_dirs(repo)? {
        if let Some(plumbing) = repo.plumbing().filter(|_| !prefix.is_empty()) {
            in_tables(&prefix, &Plumbing { git_dir: &dir, ..plumbing }, &mut tips)?;
        }
        pseudo_refs(&prefix, &dir, &named, &mut tips)?;
        if dir != repo.common_dir() {
            for (name, file) in files_below(&dir, "refs")? {
                let id = first_id(&read_if_there(&file)?);
                tips.extend(id.map(|id| Tip { class: TipClass::Ref, name: format!("{prefix}{name}"), id }));
            }
        }
        for (name, file) in files_below(&dir, "logs")? {
            let name = format!("{prefix}{}", name.strip_prefix("logs/").unwrap_or(&name));
            let mut seen = HashSet::new();
            for id in reflog_ids(&read_if_there(&file)?).filter(|id| seen.insert(*id)) {
                tips.push(Tip { class: TipClass::Reflog, name: name.clone(), id });
            }
        }
    }
    tips.sort();
    tips.dedup();
    Ok(tips)
}

/// HEAD of another work tree, and the refs that it alone has.
fn in_tables(prefix: &str, there: &Plumbing<'_>, tips: &mut Vec<Tip>) -> Result<(), RepoError> {
    let head = there.id("HEAD")?;
    tips.extend(head.map(|id| Tip { class: TipClass::Head, name: format!("{prefix}HEAD"), id }));
    let is_own = |name: &str| {
        ["refs/bisect/", "refs/worktree/", "refs/rewritten/"].iter().any(|own| name.starts_with(own))
    };
    let own = there.refs()?.into_iter().filter(|(name, _)| is_own(name));
    tips.extend(own.map(|(name, id)| Tip { class: TipClass::Ref, name: format!("{prefix}{name}"), id }));
    Ok(())
}

/// The reflogs of HEAD and of stashes, where [`tips`] knows none because no file holds them.
pub fn reflogs_of_tables(repo: &Repo) -> Vec<Tip> {
    let Some(plumbing) = repo.plumbing() else { return Vec::new() };
    let of = |name: &'static str| {
        let ids = plumbing.reflog(name).into_iter();
        ids.map(move |id| Tip { class: TipClass::Reflog, name: name.to_owned(), id })
    };
    ["HEAD", "refs/stash"].into_iter().flat_map(of).collect()
}

/// The files of refs that name neither an object nor another ref, as a crash can leave them: git passes over them
/// with a warning. `tips` are those of the repository.
pub fn broken(repo: &Repo, tips: &[Tip]) -> Result<Vec<String>, RepoError> {
    if repo.plumbing().is_some() {
        return Ok(Vec::new());
    }
    let named: HashSet<&str> =
        tips.iter().filter(|tip| tip.class == TipClass::Ref).map(|tip| tip.name.as_str()).collect();
    let mut broken = Vec::new();
    for (name, file) in files_below(repo.common_dir(), "refs")? {
        if named.contains(name.as_str()) || name.ends_with(".lock") {
            continue;
        }
        let content = read_if_there(&file)?;
        if !content.starts_with(b"ref:") && first_id(&content).is_none() {
            broken.push(name);
        }
    }
    broken.sort();
    Ok(broken)
}

/// The directories that hold a HEAD, with the prefix of their names; this work tree's first.
fn work_tree_dirs(repo: &Repo) -> Result<Vec<(String, PathBuf)>, RepoError> {
    let own = repo.git_dir();
    let mut dirs = vec![(String::new(), own.to_path_buf())];
    if own != repo.common_dir() {
        dirs.push(("main-worktree/".into(), repo.common_dir().to_path_buf()));
    }
    let real = own.canonicalize().ok();
    for (name, dir, is_dir) in list(&repo.common_dir().join("worktrees"))? {
        if is_dir && dir.canonicalize().ok() != real {
            dirs.push((format!("worktrees/{name}/"), dir));
        }
    }
    Ok(dirs)
}

/// The files of `dir` that are named like `ORIG_HEAD`. Of this work tree HEAD itself is known.
fn pseudo_refs(
    prefix: &str,
    dir: &Path,
    named: &HashMap<String, Oid>,
    tips: &mut Vec<Tip>,
) -> Result<(), RepoError> {
    for (name, file, is_dir) in list(dir)? {
        let like_head = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if is_dir || !like_head || (name == "HEAD" && prefix.is_empty()) {
            continue;
        }
        let class = if name == "HEAD" { TipClass::Head } else { TipClass::Pseudo };
        let content = read_if_there(&file)?;
        for line in content.split(|&byte| byte == b'\n') {
            let id = match line.strip_prefix(b"ref:") {
                Some(target) => named.get(&*String::from_utf8_lossy(target.trim_ascii())).copied(),
                None => first_id(line),
            };
            tips.extend(id.map(|id| Tip { class, name: format!("{prefix}{name}"), id }));
        }
    }
    Ok(())
}

/// The old and new ids of each line of a reflog.
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

fn first_id(line: &[u8]) -> Option<Oid> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    Oid::from_hex(word).filter(|id| !id.is_zero())
}

/// All files below `root/top`, each with its path from `root`. Links are not followed.
fn files_below(root: &Path, top: &str) -> Result<Vec<(String, PathBuf)>, RepoError> {
    let mut files = Vec::new();
    let mut dirs = vec![(top.to_owned(), root.join(path_from_bytes(top.as_bytes())))];
    while let Some((prefix, dir)) = dirs.pop() {
        for (name, path, is_dir) in list(&dir)? {
            let name = format!("{prefix}/{name}");
            if is_dir { dirs.push((name, path)) } else { files.push((name, path)) }
        }
    }
    Ok(files)
}

/// Name, path and whether it is a directory, of everything in `dir`; a missing one is empty.
fn list(dir: &Path) -> Result<Vec<(String, PathBuf, bool)>, RepoError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let failed = |source| RepoError::Io { path: dir.into(), source };
    let entries = match fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(Vec::new()),
        result => result.map_err(failed)?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let is_dir = entry.file_type().map_err(failed)?.is_dir();
        all.push((entry.file_name().to_string_lossy().into_owned(), entry.path(), is_dir));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;
    use crate::git::testing_objects::oid;

    fn has(tips: &[Tip], class: TipClass, name: &str, id: &str) -> bool {
        tips.contains(&Tip { class, name: name.into(), id: oid(id) })
    }

    #[test]
    fn an_unborn_repository_has_no_tips() {
        let test = TestRepo::new();
        assert_eq!(tips(&Repo::open(test.path()).expect("a repository")).expect("readable"), []);
    }

    #[test]
    fn every_place_that_names_an_object_is_found() {
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
        let linked = test.beside("linked");
        test.git(&["worktree", "add", "-q", "--detach", linked.to_str().expect("text")]);
        let there = linked.to_str().expect("text");
        test.git(&["-C", there, "commit", "-q", "--allow-empty", "-m", "detached"]);
        let detached = test.text(&["-C", there, "rev-parse", "HEAD"]);
        test.git(&["-C", there, "update-ref", "refs/bisect/bad", &dropped]);
        test.git(&["fetch", "-q", ".", "packed"]);

        let all = tips(&Repo::open(test.path()).expect("a repository")).expect("readable");
        use TipClass::*;
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
        assert!(has(&all, Pseudo, "ORIG_HEAD", &dropped) || has(&all, Pseudo, "ORIG_HEAD", &first));
        assert!(has(&all, Pseudo, "FETCH_HEAD", &first));
        assert!(all.iter().all(|tip| !tip.id.is_zero()));

        // Seen from the other work tree the names turn round.
        let all = tips(&Repo::open(&linked).expect("a repository")).expect("readable");
        assert!(has(&all, Head, "HEAD", &detached));
        assert!(has(&all, Head, "main-worktree/HEAD", &first));
        assert!(has(&all, Reflog, "main-worktree/HEAD", &dropped));
        assert!(has(&all, Ref, "refs/heads/main", &first));
    }

    #[test]
    fn broken_lines_of_a_reflog_are_passed_over() {
        let id = "a".repeat(40);
        let log = format!("garbage\n{} {id} A <a@b> 1 +0000\tcommit\n\n{id}", "0".repeat(40));
        assert_eq!(reflog_ids(log.as_bytes()).collect::<Vec<_>>(), [oid(&id), oid(&id)]);
    }
}
