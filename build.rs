//! Reads every rule file below `rules/`, refuses what is wrong with file, line and reason, and
//! writes the set as one JSON text, so that no YAML is parsed when the program starts.

use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code, unreachable_pub)]
#[path = "src/model/grade.rs"]
mod grade;
#[allow(dead_code, unreachable_pub)]
#[path = "src/rules/lint.rs"]
mod lint;
mod model {
    pub(crate) use crate::grade::{Confidence, Severity};
}
#[allow(dead_code, unreachable_pub)]
#[path = "src/rules/syntax.rs"]
mod syntax;
#[allow(dead_code, unreachable_pub)]
#[path = "src/rules/token_run.rs"]
mod token_run;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folders this way")]
fn main() {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=build.rs");
    for shared in ["model/grade.rs", "rules/lint.rs", "rules/syntax.rs", "rules/token_run.rs"] {
        println!("cargo:rerun-if-changed=src/{shared}");
    }
    let mut files = Vec::new();
    list(Path::new("rules"), &mut files);
    files.sort();
    let mut rules = Vec::new();
    let mut errors = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).expect("a listed rule file can be read");
        match serde_yaml::from_str::<syntax::RuleFile>(&text) {
            Err(error) => errors.push(format!("{}: {error}", path.display())),
            Ok(file) => {
                for mut rule in file.rules {
                    let line = lint::line_of(&rule.id, &text);
                    let wrong = lint::lint(&rule);
                    let place = |error| format!("{}:{line}: {}: {error}", path.display(), rule.id);
                    errors.extend(wrong.into_iter().map(place));
                    rule.route = lint::route(&rule);
                    rule.provider.get_or_insert_with(|| file.provider.clone());
                    rules.push(rule);
                }
            }
        }
    }
    errors.extend(lint::lint_set(rules.iter()));
    if !errors.is_empty() {
        for error in &errors {
            println!("cargo:error={error}");
        }
        panic!("{} errors in the rule files", errors.len());
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let json = serde_json::to_string(&rules).expect("rules are plain data");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("rules.json"), json).expect("OUT_DIR can be written");
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the rules folder can be read");
    for entry in entries {
        let path = entry.expect("the rules folder can be read").path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
