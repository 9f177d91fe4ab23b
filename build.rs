//! Checks every rule file below `rules/`, reports each error with file, line and reason, and writes the rules as
//! JSON with a table of their properties, so that nothing is parsed when the program starts (see
//! `src/rules/builtin.rs`). Does the same for the remediation advice (`src/rules/advice.rs`) and for the weights of
//! the detector for generic secrets.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use advice::Advice;

#[allow(dead_code, unreachable_pub)]
#[path = "src/rules/advice.rs"]
mod advice;
#[path = "src/rules/check_table.rs"]
mod check_table;
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
#[path = "build/weights.rs"]
mod weights;

#[expect(clippy::disallowed_methods, reason = "cargo passes its folders to a build script in variables")]
fn main() {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    for table in [weights::WEIGHTS, weights::LETTERS] {
        println!("cargo:rerun-if-changed={table}");
    }
    for shared in [
        "model/grade.rs",
        "rules/advice.rs",
        "rules/advice.yaml",
        "rules/check_table.rs",
        "rules/lint.rs",
        "rules/syntax.rs",
        "rules/token_run.rs",
    ] {
        println!("cargo:rerun-if-changed=src/{shared}");
    }
    let advice = fs::read_to_string("src/rules/advice.yaml").expect("the advice can be read");
    let advice: Advice = serde_yaml::from_str(&advice).expect("src/rules/advice.yaml is of its types");
    let mut files = Vec::new();
    list(Path::new("rules"), &mut files);
    files.sort();
    let mut rules = Vec::new();
    let mut metadata = HashMap::new();
    let mut errors = advice.undefined_names();
    for path in &files {
        let folder = folder_of(path);
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
                    let named = rule.kind.or((!rule.is_reported).then_some(syntax::SecretKind::Identifier));
                    match named.or_else(|| advice.kind_of(&rule.id, &folder)) {
                        Some(kind) => drop(metadata.insert(rule.id.clone(), (folder.clone(), kind))),
                        None => errors
                            .push(format!("{}: no kind in advice.yaml lists the folder `{folder}`", rule.id)),
                    }
                    rules.push(rule);
                }
            }
        }
    }
    errors.extend(lint::lint_set(rules.iter().map(lint::id_and_required_rule)));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    errors.extend(weights::write(&out).err());
    if !errors.is_empty() {
        for error in &errors {
            println!("cargo:error={error}");
        }
        panic!("{} errors in the rule files", errors.len());
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    write_rules(&rules, &out);
    write_metadata(&rules, &metadata, &advice, &out);
}

/// Returns the name of the folder below `rules/` that contains the file; empty for a file directly in `rules/`.
fn folder_of(path: &Path) -> String {
    let folder = path.components().nth(1).filter(|_| path.components().count() > 2);
    folder.map(|folder| folder.as_os_str().to_string_lossy().into_owned()).unwrap_or_default()
}

/// Writes the advice, and a table with folder and kind of each rule. A scan reads neither.
fn write_metadata(
    rules: &[syntax::Rule],
    metadata: &HashMap<String, (String, syntax::SecretKind)>,
    advice: &Advice,
    out: &Path,
) {
    let folders: BTreeSet<&str> = metadata.values().map(|(folder, _)| folder.as_str()).collect();
    let folders: Vec<&str> = folders.into_iter().collect();
    let mut table = format!("const FOLDERS: [&str; {}] = {folders:?};\n", folders.len());
    let _ = writeln!(table, "static METADATA: [(u8, SecretKind); {}] = [", rules.len());
    for rule in rules {
        let (folder, kind) = &metadata[&rule.id];
        let folder = folders.binary_search(&folder.as_str()).expect("all folders are listed");
        let _ = writeln!(table, "({folder}, SecretKind::{kind:?}),");
    }
    table.push_str("];\n");
    fs::write(out.join("metadata.rs"), table).expect("OUT_DIR can be written");
    let json = serde_json::to_string(advice).expect("advice is plain data");
    fs::write(out.join("advice.json"), json).expect("OUT_DIR can be written");
}

/// Writes the rules as a JSON list, the concatenated text of their words, and the table with the offsets of
/// both.
fn write_rules(rules: &[syntax::Rule], out: &Path) {
    let (mut headers, mut words) = (String::new(), String::new());
    let (mut text, mut word_text) = (String::from("["), String::new());
    let mut count = 0;
    for (number, rule) in rules.iter().enumerate() {
        text.push_str(if number == 0 { "" } else { "," });
        let json = serde_json::to_string(rule).expect("rules are plain data");
        assert!(json.starts_with(&format!(r#"{{"id":"{}","#, rule.id)), "the table reads the id from here");
        let requires = rule.requires.as_ref().map(|required| {
            rules
                .binary_search_by(|other| other.id.cmp(&required.with))
                .expect("lint_set has checked that the rule exists")
        });
        let literals = rule.literals.iter().map(|word| (word, false));
        let of_rule: Vec<_> = literals.chain(rule.keywords.iter().map(|word| (word, true))).collect();
        let _ = writeln!(
            headers,
            "RuleHeader {{ text: ({}, {}), id: {}, words: ({count}, {}), route: Route::{:?}, is_reported: {}, requires: {requires:?} }},",
            text.len(),
            json.len(),
            rule.id.len(),
            of_rule.len(),
            rule.route,
            rule.is_reported
        );
        for (word, is_keyword) in &of_rule {
            let (start, len) = (word_text.len(), word.len());
            let _ = writeln!(words, "HeaderWord {{ text: ({start}, {len}), is_keyword: {is_keyword} }},");
            word_text.push_str(word);
        }
        count += of_rule.len();
        text.push_str(&json);
    }
    text.push(']');
    let digest: String = Sha256::digest(&text)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let table = format!(
        "static HEADERS: [RuleHeader; {}] = [\n{headers}];\nstatic WORDS: [HeaderWord; {count}] = [\n{words}];\n\
         const TEXT: &str = include_str!(\"rules.json\");\n\
         const WORD_TEXT: &str = include_str!(\"words.txt\");\n\
         /// What [`super::RuleSet::digest`] gives for all of these rules.\n\
         pub(super) const DIGEST: &str = {digest:?};\n",
        rules.len()
    );
    for (name, content) in [("rules.json", text), ("words.txt", word_text), ("builtin.rs", table)] {
        fs::write(out.join(name), content).expect("OUT_DIR can be written");
    }
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
