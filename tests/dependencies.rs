//! Where the dependencies come from, and under which licences: what `cargo deny check licenses sources` checks with
//! `deny.toml`, without another tool.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// As in `deny.toml`, which leaves development dependencies out; `MIT-0` is the licence of one of those.
const LICENCES: [&str; 5] = ["Apache-2.0", "MIT", "Unicode-3.0", "Zlib", "MIT-0"];

/// The packages that link a C library or compile one. Each is described in SECURITY.md.
const C_CODE: [&str; 2] = ["libgit2-sys", "libz-sys"];

fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--format-version", "1"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("a list").clone()
}

/// Whether the expression is satisfied by [`LICENCES`]: each part joined by AND has an allowed alternative.
fn is_allowed(expression: &str) -> bool {
    let parts = expression.replace(['(', ')'], " ");
    parts.split(" AND ").all(|part| {
        let alternatives = part.replace('/', " OR ");
        alternatives.split(" OR ").any(|licence| LICENCES.contains(&licence.trim()))
    })
}

#[test]
fn dependencies_have_allowed_licences_and_come_from_the_registry() {
    let packages = packages();
    assert!(packages.len() > 50, "{}", packages.len());
    for package in packages.iter().filter(|package| package["name"] != "stopleak") {
        let id = &package["id"];
        assert_eq!(package["source"], "registry+https://github.com/rust-lang/crates.io-index", "{id}");
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence), "{id}: {licence}");
    }
    assert!(!is_allowed("GPL-3.0") && !is_allowed("MIT AND GPL-3.0") && is_allowed("GPL-2.0 OR MIT"));
}

#[test]
fn the_licences_are_those_of_deny_toml() {
    let list = include_str!("../deny.toml").lines().find_map(|line| line.strip_prefix("allow = "));
    let list: BTreeSet<String> = serde_json::from_str(list.expect("a line")).expect("a list of strings");
    assert_eq!(list, LICENCES[..4].iter().map(|&licence| licence.to_owned()).collect());
}

#[test]
fn packages_with_c_code_are_described() {
    let packages = packages();
    let builds_c = |package: &&Value| {
        let dependencies = package["dependencies"].as_array().expect("a list");
        dependencies.iter().any(|other| other["name"] == "cc" && other["kind"] == "build")
    };
    // Those of benchmarks only: `alloca` of criterion.
    let names: BTreeSet<&str> = packages
        .iter()
        .filter(builds_c)
        .map(|package| package["name"].as_str().expect("a name"))
        .filter(|&name| name != "alloca")
        .collect();
    assert_eq!(names, C_CODE.into());
    let security = include_str!("../SECURITY.md");
    for package in
        packages.iter().filter(|package| C_CODE.contains(&package["name"].as_str().unwrap_or_default()))
    {
        let cell = format!(
            "| `{}` {} |",
            package["name"].as_str().expect("a name"),
            package["version"].as_str().expect("one")
        );
        assert!(security.contains(&cell), "SECURITY.md lacks {cell}");
    }
}
