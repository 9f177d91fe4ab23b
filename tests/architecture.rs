//! The walls of the house: who may name whom, what only one folder may do, how large a file may grow.
//!
//! Tests may look over the walls, so code under `#[cfg(test)]` is not read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[path = "support/rust_text.rs"]
mod rust_text;

use rust_text::{Code, Named};

/// A folder and the folders that it may name besides itself.
const FOLDERS: [(&str, &[&str]); 11] = [
    ("model", &[]),
    ("rules", &["model"]),
    ("engine", &["model", "rules"]),
    ("decode", &["model"]),
    ("git", &["model"]),
    ("source", &["model", "git", "decode"]),
    ("policy", &["model"]),
    ("report", &["model"]),
    ("config", &["model", "rules"]),
    ("scan", &["model", "rules", "engine", "decode", "git", "source", "policy", "report", "config"]),
    ("cli", &["model", "rules", "engine", "decode", "git", "source", "policy", "report", "config", "scan"]),
];

/// A path, and the only folders that may name it or anything below it.
const KEPT: [(&str, &[&str]); 15] = [
    ("anyhow", &["cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("git2", &["git"]),
    ("std::env", &["cli", "git"]),
    ("std::fs", &["cli", "config", "git", "report", "rules", "source"]),
    ("std::net", &[]),
    ("std::os::unix::net", &[]),
    ("std::process::Command", &["git"]),
    ("std::process::abort", &[]),
    ("std::process::exit", &[]),
    // What git stores is bytes with ids, whatever they mean.
    ("crate::model::Finding", &["cli", "policy", "report", "scan"]),
    ("crate::model::ScanReport", &["cli", "report", "scan"]),
    ("crate::model::Secret", &["cli", "policy", "report", "scan"]),
];

/// Macros that write to the streams of the process. `cli` goes through `talk` and `output`.
const PRINTING: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];

/// The only files with `unsafe` in them.
const UNSAFE: [&str; 4] = [
    "engine/prefilter/blocks/avx2.rs",
    "engine/prefilter/blocks/neon.rs",
    "git/odb/pack/mmap.rs",
    "git/safe_open.rs",
];

/// Past this a file has a second subject.
const MAX_LINES: usize = 600;

/// What is wrong with the file at `path` below `src/`.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let code = Code::new(text);
    let module = module(path);
    let folder = module.first().copied().unwrap_or_default();
    let mut wrong = Vec::new();
    let mut complain = |line: usize, what: String| wrong.push(format!("src/{path}:{line}: {what}"));

    let known = FOLDERS.iter().find(|(name, _)| *name == folder);
    for Named { line, path: named } in code.paths(&module) {
        let joined = named.join("::");
        let other = named.get(1).filter(|_| named[0] == "crate").map(String::as_str).unwrap_or_default();
        let is_folder = FOLDERS.iter().any(|(name, _)| *name == other);
        if let Some((_, allowed)) = known
            && is_folder
            && other != folder
            && !allowed.contains(&other)
        {
            complain(line, format!("{folder} may not name {joined}"));
        }
        for (kept, keepers) in KEPT {
            let is_below =
                joined.strip_prefix(kept).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            if is_below && !keepers.contains(&folder) {
                complain(line, format!("{folder} may not name {joined}"));
            }
        }
    }
    for name in PRINTING {
        for line in code.lines_with(name) {
            complain(line, format!("{name} writes past the reports"));
        }
    }
    for line in code.lines_with("unsafe") {
        if !UNSAFE.contains(&path) {
            complain(line, "unsafe outside of its named places".to_owned());
        }
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        complain(lines, format!("{lines} lines; split it at its second subject"));
    }
    let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    if path.ends_with("/mod.rs") && head.is_empty() {
        complain(1, "a module begins with its purpose (//!)".to_owned());
    }
    let is_box = path == format!("{folder}/mod.rs");
    if is_box && !["In: ", "Out: ", "Never: "].iter().all(|word| head.contains(word)) {
        complain(1, "a folder says first what comes in, what goes out and what it never does".to_owned());
    }
    if known.is_none() && !matches!(path, "lib.rs" | "main.rs") {
        complain(1, "a folder that the table of walls does not know".to_owned());
    }
    wrong
}

/// `git/pack/mod.rs` is `[git, pack]`, `git/store.rs` is `[git, store]`.
fn module(path: &str) -> Vec<&str> {
    let mut names: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if matches!(names.last(), Some(&("mod" | "lib" | "main"))) {
        names.pop();
    }
    names
}

/// All Rust files below `folder`, relative to it, with `/`.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder of the repository") {
            let path = entry.expect("a folder of the repository").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(folder).expect("found below it");
                let name = relative.to_str().expect("plain names").replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    found
}

/// Whether one of `test_modules` (`git/store/tests`) is this file or a folder above it.
fn is_test(path: &str, test_modules: &BTreeSet<String>) -> bool {
    let name = path.trim_end_matches(".rs");
    test_modules.iter().any(|module| {
        name.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[test]
fn the_walls_stand() {
    let files = files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    let mut test_modules = BTreeSet::new();
    for (path, text) in &files {
        // A file with `#[path]` names the file itself, relative to its own folder.
        let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for name in Code::new(text).test_modules {
            test_modules.insert([&module(path).join("/"), "/", &name].concat());
            test_modules.insert([beside, "/", &name].concat());
        }
    }
    let (tests, code): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| is_test(path, &test_modules));
    assert!(code.len() > 80 && !tests.is_empty(), "{} files and {} tests", code.len(), tests.len());
    let mut wrong: Vec<String> = code.iter().flat_map(|(path, text)| complaints(path, text)).collect();
    let long = tests.iter().filter(|(_, text)| text.lines().count() > MAX_LINES);
    wrong.extend(long.map(|(path, _)| format!("src/{path}: longer than {MAX_LINES} lines")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_unsafe_place_says_why_it_is_safe() {
    for path in UNSAFE {
        let text = std::fs::read_to_string(Path::new("src").join(path)).expect("a named place");
        assert!(
            !Code::new(&text).lines_with("unsafe").is_empty(),
            "{path} has none: strike it from the list"
        );
        assert!(text.contains("// SAFETY: "), "{path}");
    }
}

#[test]
fn a_breach_is_seen_in_whatever_form_it_comes() {
    for (path, text) in [
        ("engine/x.rs", "use crate::git::Oid;"),
        ("engine/x.rs", "use crate::{model::Span, git};"),
        ("engine/x.rs", "use crate::{\n    model::{Span, Locator as S},\n    config::{ByteSize},\n};"),
        ("engine/proof/x.rs", "use super::super::super::git::Oid;"),
        ("engine/mod.rs", "//! In: a. Out: b. Never: c.\nuse super::source;"),
        ("engine/x.rs", "fn f() -> crate::git::Oid { todo() }"),
        ("engine/x.rs", "use std::{fs, io};"),
        ("engine/x.rs", "fn f() { let _ = std::env::var(\"A\"); }"),
        ("engine/x.rs", "const A: char = '\"'; use std::fs; const B: &str = \"\\\"\";"),
        ("engine/x.rs", "const A: &str = r#\"\"//\"#; use std::fs;"),
        ("engine/x.rs", "fn f<'a>(a: &'a str) {} use std::fs;"),
        ("engine/x.rs", "#[cfg(test)]\nmod tests { fn f() { [0; 2]; } }\nuse std::fs;"),
        ("git/x.rs", "use crate::rules::Rule;"),
        ("git/x.rs", "pub use crate::model::{Coverage, Secret};"),
        ("report/x.rs", "use crate::policy::Policy;"),
        ("policy/x.rs", "use crate::engine::Match;"),
        ("policy/x.rs", "use std::fs::File;"),
        ("model/x.rs", "use crate::rules::Rule;"),
        ("scan/x.rs", "use crate::cli::main;"),
        ("scan/x.rs", "use anyhow::Context as _;"),
        ("scan/x.rs", "fn f() { git2::Repository::open(a); }"),
        ("source/x.rs", "fn f() { eprintln!(\"a\"); }"),
        ("source/x.rs", "use std::net::TcpStream;"),
        ("cli/x.rs", "fn f() { std::process::exit(1) }"),
        ("cli/x.rs", "fn f() { println!() }"),
        ("git/x.rs", "fn f() { unsafe { g() } }"),
        ("extra/x.rs", ""),
        ("extra.rs", ""),
        ("git/mod.rs", "//! Packs.\n"),
        ("git/pack/mod.rs", "use super::Oid;"),
    ] {
        assert_eq!(complaints(path, text).len(), 1, "{path}: {text}\n{:?}", complaints(path, text));
    }
    assert_eq!(complaints("git/x.rs", &"\n".repeat(MAX_LINES + 1)).len(), 1);
}

#[test]
fn what_is_allowed_or_only_said_is_no_breach() {
    for (path, text) in [
        (
            "engine/x.rs",
            "use crate::model::Span;\nuse super::anchors;\nuse self::y::Z;\nuse crate::rules::{Rule, lint};",
        ),
        (
            "engine/x.rs",
            "/// See [`crate::git::Oid`]; println! is not called.\n/* use /* std::fs */ std::env; */",
        ),
        (
            "engine/x.rs",
            "const A: &str = \"use std::fs;\"; const B: &[u8] = br##\"unsafe \"# { \"##; const C: char = '{';",
        ),
        ("engine/x.rs", "#[cfg(test)]\n#[path = \"x_tests.rs\"]\nmod tests;\n#[cfg(test)]\nuse std::fs;\n"),
        (
            "engine/x.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::git::Oid;\n    fn f() { println!(\"}\"); }\n}\n",
        ),
        ("engine/x.rs", "fn f() -> impl Iterator + use<'_> { std::iter::empty() }"),
        ("cli/x.rs", "use crate::scan::run;\nuse anyhow::bail;\nuse std::process::ExitCode;"),
        ("git/odb/pack/mmap.rs", "fn f() { unsafe { g() } }"),
        ("main.rs", "fn main() { stopleak::cli::main() }"),
    ] {
        // A file with tests of its own begins like a module.
        let text = format!("//! A.\n{text}");
        assert_eq!(complaints(path, &text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn test_modules_are_known_by_their_declaration() {
    let code = Code::new(
        "#[cfg(test)]\npub(crate) mod testing;\n#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;\nmod b;",
    );
    assert_eq!(code.test_modules, ["testing", "a_tests"]);
    let modules = BTreeSet::from(["git/store/tests".to_owned()]);
    assert!(is_test("git/store/tests/mod.rs", &modules) && is_test("git/store/tests.rs", &modules));
    assert!(!is_test("git/store/tests_of_others.rs", &modules));
}
