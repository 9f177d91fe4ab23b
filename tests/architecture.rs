//! The walls between the folders of `src/`: allowed imports, operations reserved for one folder, sizes of files,
//! circles of imports, and the words of comments and messages.
//!
//! Tests may import anything, so code under `#[cfg(test)]` is not read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[path = "support/rust_text.rs"]
mod rust_text;

#[path = "support/import_graph.rs"]
mod import_graph;

use import_graph::ImportGraph;
use rust_text::{Code, Named, prose};

/// A folder and the folders that it may import besides itself.
const FOLDERS: [(&str, &[&str]); 12] = [
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
    // The fuzz targets, which no other folder imports.
    (
        "fuzz",
        &["model", "rules", "engine", "decode", "git", "source", "policy", "report", "config", "scan", "cli"],
    ),
];

/// A path, and the only folders that may import it or anything below it.
const KEPT: [(&str, &[&str]); 15] = [
    ("anyhow", &["cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("git2", &["git"]),
    ("std::env", &["cli", "fuzz", "git"]),
    ("std::fs", &["cli", "config", "fuzz", "git", "report", "rules", "source"]),
    ("std::net", &[]),
    ("std::os::unix::net", &[]),
    ("std::process::Command", &["git"]),
    ("std::process::abort", &[]),
    ("std::process::exit", &[]),
    // The git reader returns bytes and ids, and assigns them no meaning.
    ("crate::model::Finding", &["cli", "fuzz", "policy", "report", "scan"]),
    ("crate::model::ScanReport", &["cli", "fuzz", "report", "scan"]),
    ("crate::model::Secret", &["cli", "policy", "report", "scan"]),
];

/// Macros that write to the streams of the process. `cli` writes through `messages` and `output`.
const PRINTING: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];

/// The only files with `unsafe` in them.
const UNSAFE: [&str; 4] = [
    "engine/prefilter/blocks/avx2.rs",
    "engine/prefilter/blocks/neon.rs",
    "git/odb/pack/mmap.rs",
    "git/safe_open.rs",
];

/// A longer file has a second subject.
const MAX_LINES: usize = 600;

/// Returns the violations in the file at `path` below `src/`.
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
            complain(line, format!("{name} bypasses the reports"));
        }
    }
    for line in code.lines_with("unsafe") {
        if !UNSAFE.contains(&path) {
            complain(line, "unsafe outside of the files in UNSAFE".to_owned());
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
        complain(
            1,
            "a folder begins with its input (In:), its output (Out:) and what it never does (Never:)"
                .to_owned(),
        );
    }
    if known.is_none() && !matches!(path, "lib.rs" | "main.rs") {
        complain(1, "a folder that FOLDERS does not list".to_owned());
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

/// The test modules that `files` declare, as `is_test` takes them.
fn test_modules(files: &[(String, String)]) -> BTreeSet<String> {
    let mut test_modules = BTreeSet::new();
    for (path, text) in files {
        // A file with `#[path]` names the file itself, relative to its own folder.
        let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for name in Code::new(text).test_modules {
            test_modules.insert([&module(path).join("/"), "/", &name].concat());
            test_modules.insert([beside, "/", &name].concat());
        }
    }
    test_modules
}

#[test]
fn imports_respect_the_walls() {
    let files = files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    let test_modules = test_modules(&files);
    let (tests, code): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| is_test(path, &test_modules));
    assert!(code.len() > 80 && !tests.is_empty(), "{} files and {} tests", code.len(), tests.len());
    let mut wrong: Vec<String> = code.iter().flat_map(|(path, text)| complaints(path, text)).collect();
    let long = tests.iter().filter(|(_, text)| text.lines().count() > MAX_LINES);
    wrong.extend(long.map(|(path, _)| format!("src/{path}: longer than {MAX_LINES} lines")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_unsafe_file_has_a_safety_comment() {
    for path in UNSAFE {
        let text = std::fs::read_to_string(Path::new("src").join(path)).expect("a named place");
        assert!(!Code::new(&text).lines_with("unsafe").is_empty(), "{path} has none: remove it from UNSAFE");
        assert!(text.contains("// SAFETY: "), "{path}");
    }
}

#[test]
fn a_breach_is_found_in_every_form_of_import() {
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
        ("git/x.rs", "pub use crate::model::{Unscanned, Secret};"),
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
fn what_is_allowed_or_only_mentioned_is_no_breach() {
    for (path, text) in [
        (
            "engine/x.rs",
            "use crate::model::Span;\nuse super::prefilter;\nuse self::y::Z;\nuse crate::rules::{Rule, lint};",
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
        ("main.rs", "fn main() { stopleak::internals::main() }"),
    ] {
        // A module with tests begins with a module comment.
        let text = format!("//! A.\n{text}");
        assert_eq!(complaints(path, &text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn test_modules_are_known_by_their_declaration() {
    let code = Code::new(
        "#[cfg(test)]\npub(crate) mod testing;\n#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;\nmod b;\n\
         #[cfg(all(test, unix))]\nmod c;",
    );
    assert_eq!(code.test_modules, ["testing", "a_tests", "c"]);
    let modules = BTreeSet::from(["git/store/tests".to_owned()]);
    assert!(is_test("git/store/tests/mod.rs", &modules) && is_test("git/store/tests.rs", &modules));
    assert!(!is_test("git/store/tests_of_others.rs", &modules));
}

/// Words that comments and string literals may not contain.
fn forbidden_words() -> BTreeSet<&'static str> {
    let lines = include_str!("support/forbidden_words.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '='])).collect()
}

/// Whether `word` is quoted from elsewhere in the file at `path`: lines `= WORD in PATH` of the list.
fn is_quoted(path: &str, word: &str) -> bool {
    include_str!("support/forbidden_words.txt").lines().any(|line| line == format!("= {word} in {path}"))
}

/// The forbidden words of `text` with their 1-based lines.
fn forbidden_in(text: &str, words: &BTreeSet<&str>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, prose) in prose(text) {
        let all = prose.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase);
        found.extend(all.filter(|word| words.contains(word.as_str())).map(|word| (line, word)));
    }
    found
}

/// All Rust files that people read, with paths below the repository's root.
fn written_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found =
        vec![("build.rs".to_owned(), std::fs::read_to_string(root.join("build.rs")).expect("text"))];
    for folder in ["src", "tests", "benches", "build", "examples", "fuzz/src", "fuzz/fuzz_targets"] {
        let below = files(&root.join(folder)).into_iter();
        found.extend(below.map(|(path, text)| (format!("{folder}/{path}"), text)));
    }
    found
}

#[test]
fn comments_and_literals_use_the_words_of_the_field() {
    let words = forbidden_words();
    let mut wrong = Vec::new();
    for (path, text) in written_files() {
        let found = forbidden_in(&text, &words).into_iter();
        let found = found.filter(|(_, word)| !is_quoted(&path, word));
        wrong.extend(found.map(|(line, word)| format!("{path}:{line}: `{word}`")));
    }
    assert!(wrong.is_empty(), "{} forbidden words\n{}", wrong.len(), wrong.join("\n"));
}

/// Of 1,000 comment lines in `src/`, this many may contain one of the first twelve forbidden words.
const MAX_DIALECT_PER_MILLE: usize = 3;

#[test]
fn the_share_of_comment_lines_in_dialect_stays_low() {
    let list: Vec<&str> = include_str!("support/forbidden_words.txt").lines().collect();
    let first = list.iter().filter(|line| !line.starts_with(['#', '=']) && !line.is_empty()).take(12);
    let words: BTreeSet<&str> = first.copied().collect();
    assert_eq!(words.len(), 12);
    let (mut lines, mut dialect) = (0, 0);
    for (_, text) in written_files().iter().filter(|(path, _)| path.starts_with("src/")) {
        let comments = text.lines().filter(|line| line.trim_start().starts_with("//"));
        for line in comments {
            lines += 1;
            dialect += usize::from(!forbidden_in(line, &words).is_empty());
        }
    }
    assert!(lines > 1_000, "{lines} comment lines");
    assert!(dialect * 1_000 <= lines * MAX_DIALECT_PER_MILLE, "{dialect} of {lines} comment lines");
}

#[test]
fn every_forbidden_word_is_found_in_comments_and_literals_only() {
    let words = forbidden_words();
    assert!(words.len() > 30, "{words:?}");
    for word in &words {
        let lines = |text: &str| -> Vec<usize> {
            let text = text.replace("WORD", word).replace("UPPER", &word.to_uppercase());
            forbidden_in(&text, &words).into_iter().map(|(line, _)| line).collect()
        };
        for text in [
            "// What UPPER here.",
            "/// WORD.\nfn f() {}",
            "//! One (WORD), two.\n",
            "/* WORD */",
            "const A: &str = \"WORD\";",
            "const A: &str = r#\"\"WORD\"#;",
            "const A: &[u8] = b\"WORD\";",
            "fn f() { g(\"a\"); } // WORD",
        ] {
            assert_eq!(lines(text), [1], "{word}: {text}");
        }
        assert_eq!(lines("const A: &str = \"one \\\n    two WORD\";"), [2]);
        for text in ["fn WORD() {}", "let WORD = 1;", "// underWORD, WORDance", "// WORD_alone", "\"_WORD\""]
        {
            assert_eq!(lines(text), [0; 0], "{word}: {text}");
        }
    }
}

/// Circles of files (in which each leads to every other by its imports) that remain, in one top folder each.
/// A pair of files is allowed; a longer circle is listed here with the reason.
const LONG_CIRCLES: [&[&str]; 0] = [];

/// Imports of a file from the `mod.rs` of a folder around it that *defines* the imported item. At most so many.
const MAX_BACK_REFERENCES: usize = 5;

/// The imports of `src/` without tests.
fn import_graph() -> ImportGraph {
    let files = files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    let test_modules = test_modules(&files);
    let code = files.iter().filter(|(path, _)| !is_test(path, &test_modules));
    ImportGraph::new(code.map(|(path, text)| (path.as_str(), text.as_str())))
}

#[test]
fn no_long_circle_of_files_comes_back() {
    let graph = import_graph();
    let long: Vec<Vec<&str>> = graph.circles().into_iter().filter(|circle| circle.len() > 2).collect();
    assert_eq!(long, LONG_CIRCLES, "circles of imports with more than two files");
    let back = graph.back_references();
    let listed: Vec<String> = back.iter().map(|(file, target)| format!("{file} -> {target}")).collect();
    assert_eq!(back.len(), MAX_BACK_REFERENCES, "lower the figure where it fell:\n{}", listed.join("\n"));
}

#[test]
fn circles_and_back_references_are_counted_through_re_exports() {
    let graph = ImportGraph::new([
        ("a/mod.rs", "mod b;\nmod c;\npub use b::B;\npub struct A;"),
        // Through the facade, but defined in b.rs: no reference back.
        ("a/c.rs", "use super::B;\npub struct C;"),
        ("a/b.rs", "use super::c::C;\nuse crate::d::D;"),
        ("d/mod.rs", "mod e;\npub struct D;\nfn f(e: e::E) {}"),
        ("d/e.rs", "pub struct E(super::D);"),
        ("d/f.rs", "use crate::d::{D as G, e};\nfn f() -> e::E {}"),
    ]);
    assert_eq!(graph.circles(), [vec!["a/b.rs", "a/c.rs"], vec!["d/e.rs", "d/mod.rs"]]);
    assert_eq!(graph.back_references(), [("d/e.rs", "d/mod.rs"), ("d/f.rs", "d/mod.rs")]);
    let three =
        [("g/a.rs", "use super::b::B;"), ("g/b.rs", "use super::c::C;"), ("g/c.rs", "use super::a::A;")];
    assert_eq!(ImportGraph::new(three).circles(), [["g/a.rs", "g/b.rs", "g/c.rs"]]);
}
