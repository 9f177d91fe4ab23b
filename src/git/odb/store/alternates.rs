//! Finds the objects directories that `info/alternates` lead to.
//!
//! One path a line; empty lines and lines that begin with `#` say nothing; a path in double quotes is escaped
//! as in C; a relative one starts at the objects directory whose file names it.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::Problems;
use crate::git::env::path_from_bytes;
use crate::git::odb::pack::regular_file_len;
use crate::git::quote::unquote;

/// Git stops at five.
const MAX_DEPTH: usize = 8;

/// All directories, each once, the given ones first.
pub(crate) fn resolve(given: &[PathBuf], problems: &Problems) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<(PathBuf, usize)> = given.iter().map(|dir| (dir.clone(), 0)).collect();
    let mut next = 0;
    while let Some((dir, depth)) = open.get(next).cloned() {
        next += 1;
        let place = match fs::canonicalize(&dir) {
            Ok(place) if place.is_dir() => place,
            Ok(_) => {
                problems.add(&dir, "is not a directory; its objects are not seen");
                continue;
            }
            Err(error) => {
                problems.add(&dir, format!("cannot be opened, so its objects are not seen: {error}"));
                continue;
            }
        };
        if !seen.insert(place) {
            continue;
        }
        let file = dir.join("info").join("alternates");
        match regular_file_len(&file).and_then(|_| fs::read(&file)) {
            Ok(_) if depth == MAX_DEPTH => {
                problems.add(&file, "alternates are nested too deep; the rest is not seen")
            }
            Ok(list) => {
                let paths = list.split(|&byte| byte == b'\n').filter_map(line);
                open.extend(paths.map(|path| (dir.join(path), depth + 1)));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => {
                problems.add(&file, format!("cannot be read, so its objects are not seen: {error}"))
            }
        }
        found.push(dir);
    }
    found
}

fn line(line: &[u8]) -> Option<PathBuf> {
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
        let line = |text: &str| line(text.as_bytes()).map(|path| path.to_string_lossy().into_owned());
        assert_eq!(line("# ../x"), None);
        assert_eq!(line(""), None);
        assert_eq!(line("../x/objects").as_deref(), Some("../x/objects"));
        assert_eq!(line(r#""/a \"b\"\303\244""#).as_deref(), Some("/a \"b\"ä"));
        assert_eq!(line(r#""half"#).as_deref(), Some(r#""half"#));
    }

    #[test]
    fn circles_end_and_missing_directories_are_told() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = |name: &str| root.path().join(name).join("objects");
        for (name, lines) in
            [("a", "../../b/objects\n"), ("b", "# back\n../../a/objects\n../../gone/objects\n")]
        {
            fs::create_dir_all(dir(name).join("info")).expect("create");
            fs::write(dir(name).join("info/alternates"), lines).expect("write");
        }
        let problems = Problems::default();
        let found = resolve(&[dir("a"), dir("a")], &problems);
        let found: Vec<_> = found.iter().map(|dir| fs::canonicalize(dir).expect("exists")).collect();
        let expected: Vec<_> =
            [dir("a"), dir("b")].iter().map(|dir| fs::canonicalize(dir).expect("exists")).collect();
        assert_eq!(found, expected);
        assert_eq!(problems.lock().len(), 1);
        assert!(problems.lock()[0].path.ends_with("gone/objects"));
    }
}
