//! Finds files that are no regular files among those that libgit2 and git read when they open a repository. Both open
//! them without a check, and opening a named pipe blocks forever.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::env::path_from_bytes;
use super::odb::pack::regular_file_len;

/// Read by libgit2 while it opens a repository, or with the first ref.
const FILES: [&str; 8] =
    ["HEAD", "commondir", "gitdir", "config", "config.worktree", "packed-refs", "shallow", "info/grafts"];

/// Configuration files that are followed: git allows ten levels.
const MAX_INCLUDED: usize = 1_000;

/// Returns the first file that is no regular file among those of the repository at `path`, or above it if
/// `may_be_above`.
pub(super) fn find(path: &Path, may_be_above: bool) -> Option<PathBuf> {
    let git_dir = path.ancestors().take(if may_be_above { usize::MAX } else { 1 }).find_map(git_dir)?;
    let common_dir = match regular_text(&git_dir.join("commondir")) {
        Some(common) => git_dir.join(path_from_bytes(common.trim_ascii())),
        None => git_dir.clone(),
    };
    let dirs = if common_dir == git_dir { vec![git_dir] } else { vec![git_dir, common_dir] };
    let files: Vec<PathBuf> = dirs.iter().flat_map(|dir| FILES.map(|name| dir.join(name))).collect();
    let branch = regular_text(&dirs[0].join("HEAD"))
        .and_then(|head| Some(path_from_bytes(head.strip_prefix(b"ref:")?.trim_ascii())));
    let branches = branch.iter().flat_map(|name| dirs.iter().map(move |dir| dir.join(name)));
    let configs = dirs.iter().flat_map(|dir| [dir.join("config"), dir.join("config.worktree")]).collect();
    files.iter().cloned().chain(branches).find(|file| is_special(file)).or_else(|| find_included(configs))
}

/// The git directory of a working tree, or `dir` itself if it is one.
fn git_dir(dir: &Path) -> Option<PathBuf> {
    let dot_git = dir.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    if let Some(link) = regular_text(&dot_git) {
        return Some(dir.join(path_from_bytes(link.strip_prefix(b"gitdir:")?.trim_ascii())));
    }
    (dir.join("objects").is_dir() && dir.join("HEAD").symlink_metadata().is_ok()).then(|| dir.to_owned())
}

/// Whether something else than a file or a directory is there, which is an error at once.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn regular_text(path: &Path) -> Option<Vec<u8>> {
    regular_file_len(path).and_then(|_| std::fs::read(path)).ok()
}

/// Returns the first special file that one of these configuration files includes, directly or not. Conditions of
/// `includeIf` are taken as met.
fn find_included(mut files: Vec<PathBuf>) -> Option<PathBuf> {
    let mut seen: HashSet<PathBuf> = files.iter().cloned().collect();
    while let Some(file) = files.pop() {
        let Some(text) = regular_text(&file) else { continue };
        let dir = file.parent().unwrap_or(&file);
        for path in included_paths(&text) {
            let path = dir.join(path);
            if is_special(&path) {
                return Some(path);
            }
            if seen.len() < MAX_INCLUDED && seen.insert(path.clone()) {
                files.push(path);
            }
        }
    }
    None
}

/// The values of `path` in sections `include` and `includeIf` of a configuration file (git-config(1), "Syntax"). A line
/// that continues the value of the line above is read as a line of its own too, so that more may be returned.
fn included_paths(text: &[u8]) -> Vec<PathBuf> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut paths = Vec::new();
    let mut is_include = false;
    let mut at = 0;
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
        let mut line = text[at..end].trim_ascii_start();
        while let Some(header) = line.strip_prefix(b"[") {
            is_include = header.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"include"));
            line = after_header(header).trim_ascii_start();
        }
        let is_path = is_include && line.get(..4).is_some_and(|key| key.eq_ignore_ascii_case(b"path"));
        if let Some(value) = line.get(4..).filter(|_| is_path).and_then(|rest| {
            let rest = rest.trim_ascii_start().strip_prefix(b"=")?;
            Some(&text[end - rest.len()..])
        }) {
            paths.push(path_from_bytes(&unquoted(value)));
        }
        at = end + 1;
    }
    paths
}

/// What follows the end of a section header on its line.
fn after_header(header: &[u8]) -> &[u8] {
    let mut is_quoted = false;
    let mut at = 0;
    while let Some(&byte) = header.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => is_quoted = !is_quoted,
            b']' if !is_quoted => return &header[at + 1..],
            _ => {}
        }
        at += 1;
    }
    b""
}

/// The value that begins here, without quotes, escapes and comment.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut value = Vec::new();
    // Length of the value up to its last byte that is no trailing space.
    let mut kept = 0;
    let mut is_quoted = false;
    let mut bytes = text.trim_ascii_start().iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => break,
            b'\r' if bytes.peek() == Some(&b'\n') => break,
            b'#' | b';' if !is_quoted => break,
            b'"' => {
                is_quoted = !is_quoted;
                kept = value.len();
                continue;
            }
            b'\\' => match bytes.next() {
                Some(b'\r') if bytes.next_if_eq(&b'\n').is_some() => continue,
                Some(b'\n') | None => continue,
                Some(b't') => value.push(b'\t'),
                Some(b'n') => value.push(b'\n'),
                Some(b'b') => value.push(8),
                Some(other) => value.push(other),
            },
            byte => value.push(byte),
        }
        if is_quoted || !byte.is_ascii_whitespace() {
            kept = value.len();
        }
    }
    value.truncate(kept);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_paths_are_those_that_git_reads() {
        let text = br#"
[core]
    path = no
[Include] path = one ; comment
    PATH = "two # \"x\"" # comment
    path = thr\
ee
    other = no
[includeIf "gitdir:/a]\"b/"]
    path=four 4  
[a] b = c \
[include]
    path = five
[include "x"][core] path = no
"#;
        let expected = ["one", "two # \"x\"", "three", "four 4", "five"].map(PathBuf::from);
        assert_eq!(included_paths(text), expected);
        assert!(included_paths(b"[include]\npath\n[include").is_empty());
        assert_eq!(included_paths(b"\xef\xbb\xbf[include]\r\npath = a\r\n"), [PathBuf::from("a")]);
    }
}
