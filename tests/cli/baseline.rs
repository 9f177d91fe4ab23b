//! The baseline file: creating, updating and showing it, and its errors.

use crate::support::World;

const FILE: &str = "work/.stopleak-baseline";

fn key(world: &World) -> String {
    let text = world.read(FILE);
    text.lines().find(|line| line.starts_with("key: ")).expect("a key").to_owned()
}

#[test]
fn creating_again_needs_force_and_keeps_the_key() {
    let world = World::repository();
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    let first = world.read(FILE);
    let refused = world.stopleak(&["baseline", "create"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(world.read(FILE), first);
    assert_eq!(world.stopleak(&["baseline", "create", "--force"]).code, 0);
    assert_eq!(world.read(FILE), first, "an unchanged repository gives the same file");
}

#[test]
fn each_repository_has_its_own_key() {
    let worlds = [World::repository(), World::repository()];
    for world in &worlds {
        assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    }
    assert_ne!(key(&worlds[0]), key(&worlds[1]));
}

#[test]
fn an_entry_is_removed_only_if_its_rule_was_active() {
    let world = World::repository();
    let entry = format!("1:{} some-rule-of-long-ago # rotated", "a".repeat(26));
    let obsolete = format!("1:{} generic-password", "b".repeat(26));
    world.write(FILE, format!("key: {}\n{entry}\n{obsolete}\n", "0".repeat(32)));
    assert_eq!(world.stopleak(&["baseline", "create", "--force"]).code, 0);
    let text = world.read(FILE);
    assert!(text.ends_with(&format!("key: {}\n{entry}\n", ["00000000"; 4].join(" "))), "{text}");
}

#[test]
fn show_lists_entries_and_counts() {
    let world = World::repository();
    assert_eq!(world.stopleak(&["baseline", "show"]).code, 2);
    let entry = format!("1:{} generic-password # rotated", "a".repeat(26));
    world.write(FILE, format!("key: {}\n{entry}\n", "0".repeat(32)));
    let run = world.stopleak(&["baseline", "show"]);
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.stdout, @r"
    1:aaaaaaaaaaaaaaaaaaaaaaaaaa generic-password # rotated

    1 findings in .stopleak-baseline
         1 generic-password
    ");
}

#[test]
fn a_malformed_baseline_is_an_error_with_its_line() {
    let world = World::repository();
    world.write(FILE, format!("key: {}\n<<<<<<< HEAD\n", "0".repeat(32)));
    for arguments in [&["staged"][..], &["baseline", "show"], &["baseline", "create", "--force"]] {
        let run = world.stopleak(arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(".stopleak-baseline:2:1: expected a fingerprint"), "{}", run.stderr);
    }
    assert_eq!(world.stopleak(&["config", "check", "--no-config"]).code, 0);
}
