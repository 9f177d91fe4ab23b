//! Finds the objects directories that `info/alternates` files name.
//!
//! One path a line; empty lines and lines that begin with `#` are ignored; a path in double quotes is escaped as in
//! C; a relative path starts at the objects directory of the file.
//!
//! Format: git's `gitrepository-layout`.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::problems::ProblemLog;
use crate::git::env::path_from_bytes;
use crate::git::odb::pack::regular_file_len;
use crate::git::quote::unquote;

/// Git's own limit is five.
const MAX_DEPTH: usize = 8;

/// Returns the directories `roots` and all their alternates, each once, the roots first.
pub(crate) fn resolve(roots: &[PathBuf], problems: &ProblemLog) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<(PathBuf, usize)> = roots.iter().map(|dir| (dir.clone(), 0)).collect();
    let mut next = 0;
    while let Some((dir, depth)) = open.get(next).cloned() {
        next += 1;
        let canonical = match fs::canonicalize(&dir) {
            Ok(path) if path.is_dir() => path,
            Ok(_) => {
                problems.add(&dir, "is not a directory; its objects are not read");
                continue;
            }
            Err(error) => {
                problems.add(&dir, format!("cannot be opened, so its objects are not read: {error}"));
                continue;
            }
        };
        if !seen.insert(canonical) {
            continue;
        }
        let file = dir.join("info").join("alternates");
        match regular_file_len(&file).and_then(|_| fs::read(&file)) {
            Ok(_) if depth == MAX_DEPTH => {
                problems.add(&file, "alternates are nested too deep; the rest is not read")
            }
            Ok(list) => {
                let paths = list.split(|&byte| byte == b'\n').filter_map(parse_line);
                open.extend(paths.map(|path| (dir.join(path), depth + 1)));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => {
                problems.add(&file, format!("cannot be read, so its objects are not read: {error}"))
            }
        }
        found.push(dir);
    }
    found
}

fn parse_line(line: &[u8]) -> Option<PathBuf> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let quoted = unquote(line).filter(|(_, rest)| rest.is_empty());
    Some(path_from_bytes(&quoted.map_or_else(|| line.to_vec(), |(content, _)| content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_comments_paths_or_quoted_paths() {
        let line = |text: &str| parse_line(text.as_bytes()).map(|path| path.to_string_lossy().into_owned());
        assert_eq!(line("# ../x"), None);
        assert_eq!(line(""), None);
        assert_eq!(line("../x/objects").as_deref(), Some("../x/objects"));
        assert_eq!(line(r#""/a \"b\"\303\244""#).as_deref(), Some("/a \"b\"ä"));
        assert_eq!(line(r#""half"#).as_deref(), Some(r#""half"#));
    }

    #[test]
    fn cycles_end_and_missing_directories_are_reported() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = |name: &str| root.path().join(name).join("objects");
        for (name, lines) in
            [("a", "../../b/objects\n"), ("b", "# back\n../../a/objects\n../../gone/objects\n")]
        {
            fs::create_dir_all(dir(name).join("info")).expect("create");
            fs::write(dir(name).join("info/alternates"), lines).expect("write");
        }
        let problems = ProblemLog::default();
        let found = resolve(&[dir("a"), dir("a")], &problems);
        let found: Vec<_> = found.iter().map(|dir| fs::canonicalize(dir).expect("exists")).collect();
        let expected: Vec<_> =
            [dir("a"), dir("b")].iter().map(|dir| fs::canonicalize(dir).expect("exists")).collect();
        assert_eq!(found, expected);
        assert_eq!(problems.lock().len(), 1);
        assert!(problems.lock()[0].path.ends_with("gone/objects"));
    }
}
