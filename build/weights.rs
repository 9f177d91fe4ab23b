//! Generates the tables of the detector for generic secrets from their data files, so that nothing is parsed when the
//! program starts: features and words for the engine, roles of paths for `policy::role`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The file of weights.
pub(crate) const WEIGHTS: &str = "src/engine/heuristics/generic/weights.yaml";
/// The frequencies of letter pairs.
pub(crate) const LETTERS: &str = "src/engine/heuristics/generic/letters.txt";

/// Letters from a to z.
const LETTER_COUNT: usize = 26;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    medium: i16,
    low: i16,
    features: BTreeMap<String, Feature>,
    roles: Vec<Role>,
    words: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feature {
    weight: i16,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    why: String,
    #[serde(default)]
    example: bool,
    #[serde(default)]
    hashes: bool,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    endings: Vec<String>,
    #[serde(default)]
    stems: Vec<String>,
    #[serde(default)]
    only: Vec<String>,
    password: i16,
    token: i16,
}

/// Writes `weights.rs` and `roles.rs` to `out`.
///
/// # Errors
///
/// Returns a message with the name of the file that has an error.
pub(crate) fn write(out: &Path) -> Result<(), String> {
    let text = fs::read_to_string(WEIGHTS).map_err(|error| format!("{WEIGHTS}: {error}"))?;
    let file: File = serde_yaml::from_str(&text).map_err(|error| format!("{WEIGHTS}: {error}"))?;
    if let Some(role) = file.roles.iter().find(|role| role.password.max(role.token) > 0) {
        return Err(format!("{WEIGHTS}: the role `{}` raises the score; a path can only lower it", role.why));
    }
    let mut engine = format!(
        "pub(super) const MEDIUM: i16 = {};\npub(super) const LOW: i16 = {};\n",
        file.medium, file.low,
    );
    for (name, Feature { weight, why }) in &file.features {
        let name = constant(name);
        let _ = writeln!(
            engine,
            "pub(super) const {name}: Feature = Feature {{ weight: {weight}, why: {why:?} }};"
        );
    }
    engine.push_str("pub(super) mod words {\n");
    for (name, words) in &file.words {
        let mut words: Vec<_> = words.split_whitespace().collect();
        words.sort_unstable();
        words.dedup();
        let _ = writeln!(engine, "pub(in super::super) const {}: &[&str] = &{words:?};", constant(name));
    }
    engine.push_str("}\n");
    let _ = writeln!(
        engine,
        "pub(super) static LETTERS: [[i8; {LETTER_COUNT}]; {LETTER_COUNT}] = {:?};",
        letters()?
    );
    let roles: String = file.roles.iter().map(|role| format!("{},\n", entry(role))).collect();
    let roles = format!("static ROLES: [Entry; {}] = [\n{roles}];\n", file.roles.len());
    for (name, content) in [("weights.rs", engine), ("roles.rs", roles)] {
        fs::write(out.join(name), content).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn constant(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

fn entry(role: &Role) -> String {
    let Role { why, example, hashes, words, endings, stems, only, password, token } = role;
    format!(
        "Entry {{ why: {why:?}, example: {example}, hashes: {hashes}, words: &{words:?}, endings: &{endings:?}, \
         stems: &{stems:?}, only: &{only:?}, password: {password}, token: {token} }}"
    )
}

/// Parses the table of letter pairs: a line for each first letter, with a number for each second letter.
fn letters() -> Result<Vec<Vec<i8>>, String> {
    let text = fs::read_to_string(LETTERS).map_err(|error| format!("{LETTERS}: {error}"))?;
    let row = |line: &str| line.split_whitespace().skip(1).map(str::parse).collect::<Result<Vec<i8>, _>>();
    let rows: Result<Vec<_>, _> = text.lines().filter(|line| !line.starts_with('#')).map(row).collect();
    let rows = rows.map_err(|error| format!("{LETTERS}: {error}"))?;
    match rows.len() == LETTER_COUNT && rows.iter().all(|row| row.len() == LETTER_COUNT) {
        true => Ok(rows),
        false => Err(format!("{LETTERS}: not {LETTER_COUNT} lines of {LETTER_COUNT} numbers")),
    }
}
