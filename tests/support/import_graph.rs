//! The graph of imports between the files of `src/`: an edge leads from a file to the file that *defines* what it
//! names, so re-exports of a `mod.rs` are followed and cost their readers nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::rust_text::Code;

/// Files of `src/` and what each names in the others.
pub(crate) struct ImportGraph {
    /// By file, relative to `src/`: the files that it imports from.
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl ImportGraph {
    /// `files` are pairs of a path below `src/` and a text, without tests.
    pub(crate) fn new<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> ImportGraph {
        let files: Vec<Module> = files.into_iter().map(|(path, text)| Module::new(path, text)).collect();
        let by_name: HashMap<&[String], &Module> =
            files.iter().map(|file| (file.name.as_slice(), file)).collect();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in &files {
            let named = file.paths.iter().filter_map(|path| definition(&by_name, path, 0));
            let others = named.filter(|target| *target != file.path).map(str::to_owned);
            edges.insert(file.path.clone(), others.collect());
        }
        ImportGraph { edges }
    }

    /// Groups of files of one top folder in which each file leads to every other, with two files or more, sorted.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let reachable: HashMap<&str, BTreeSet<&str>> =
            self.edges.keys().map(|file| (file.as_str(), self.reachable(file))).collect();
        let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
        for (file, others) in &reachable {
            let circle: Vec<&str> =
                others.iter().filter(|other| reachable[*other].contains(file)).copied().collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    /// The files of the top folder of `file` that it leads to by one edge or more.
    fn reachable(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = vec![file];
        while let Some(next) = open.pop() {
            let targets = self.edges.get(next).into_iter().flatten().map(String::as_str);
            for target in targets.filter(|target| top(target) == top(file)) {
                if found.insert(target) {
                    open.push(target);
                }
            }
        }
        found
    }

    /// Edges from a file to the `mod.rs` of a folder around it: details that need their own facade.
    pub(crate) fn back_references(&self) -> Vec<(&str, &str)> {
        let all =
            self.edges.iter().flat_map(|(file, targets)| targets.iter().map(move |target| (file, target)));
        let is_back = |(file, target): &(&String, &String)| {
            target.strip_suffix("mod.rs").is_some_and(|folder| file.starts_with(folder))
        };
        all.filter(is_back).map(|(file, target)| (file.as_str(), target.as_str())).collect()
    }
}

/// The first folder of a path.
fn top(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// One file as a module.
struct Module {
    path: String,
    /// `["git", "odb"]` for `git/odb/mod.rs`.
    name: Vec<String>,
    /// Absolute paths without `crate`, of all that the file names in this crate.
    paths: Vec<Vec<String>>,
    /// Names that `use` brings in, with their absolute paths: what others may reach through this module.
    imports: HashMap<String, Vec<String>>,
}

impl Module {
    fn new(path: &str, text: &str) -> Module {
        let mut name: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if name.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
            name.pop();
        }
        let borrowed: Vec<&str> = name.iter().map(String::as_str).collect();
        let code = Code::new(text);
        let absolute = |named: Vec<String>| match named.first().map(String::as_str) {
            Some("crate") => named[1..].to_vec(),
            // A path that begins with a child module, a type or another crate: only the first kind is resolved.
            _ => [name.clone(), named].concat(),
        };
        let paths = code.paths(&borrowed).into_iter().map(|named| absolute(named.path)).collect();
        let imports = code.imports(&borrowed).into_iter();
        let imports = imports.map(|(alias, path)| (alias, absolute(path))).collect();
        Module { path: path.to_owned(), name, paths, imports }
    }
}

/// The file that defines what `path` names, through re-exports; `None` for other crates and unknown names.
fn definition<'m>(modules: &HashMap<&[String], &'m Module>, path: &[String], hops: usize) -> Option<&'m str> {
    // Two re-exports that name each other do not compile; the bound is for texts that are no program.
    if hops > 16 {
        return None;
    }
    let length = (1..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let module = modules[&path[..length]];
    let Some(item) = path.get(length) else { return Some(&module.path) };
    match module.imports.get(item) {
        Some(target) if target.as_slice() != path => {
            let rest = [target.as_slice(), &path[length + 1..]].concat();
            definition(modules, &rest, hops + 1)
        }
        _ => Some(&module.path),
    }
}
