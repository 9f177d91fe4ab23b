//! Damaged files with refs: git lists fewer refs and succeeds, the scan is incomplete.

use std::fs;
use std::path::PathBuf;

use crate::history_storage::{ALL_THREE, commit_three_files, overwrite};
use crate::report::{commit, history, text};
use crate::support::World;

fn reftable_world() -> World {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--ref-format=reftable", "."]);
    world
}

fn tables(world: &World, dir: &str) -> Vec<PathBuf> {
    let list = fs::read_to_string(world.path(dir).join("tables.list")).expect("readable");
    list.lines().map(|name| world.path(dir).join(name)).collect()
}

#[test]
fn a_damaged_reftable_makes_the_run_incomplete() {
    let world = reftable_world();
    world.write("work/a", "harmless\n");
    commit(&world, "x");
    world.git(&["pack-refs"]);
    assert_eq!(history(&world).code, 0);
    let path = tables(&world, "work/.git/reftable").remove(0);
    let intact = fs::read(&path).expect("readable");
    type Damage = (&'static str, fn(&mut Vec<u8>));
    let damages: [Damage; 6] = [
        ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
        ("empty", Vec::clear),
        ("zeroed block", |bytes| bytes[24..200].fill(0)),
        ("wrong header", |bytes| bytes[..4].copy_from_slice(b"TEFR")),
        ("a changed byte of the footer", |bytes| *bytes.last_mut().expect("not empty") ^= 1),
        ("a changed byte of a block", |bytes| bytes[24] = b's'),
    ];
    for (what, damage) in damages {
        overwrite(&path, damage);
        let report = history(&world);
        assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["corrupt"]), "{what}");
        let name = path.file_name().expect("a file").to_str().expect("text");
        assert!(text(&report.unscanned[0], "what").contains(name), "{what}");
        assert!(text(&report.unscanned[0], "remedy").contains("git fsck --lost-found"), "{what}");
        fs::write(&path, &intact).expect("written");
    }
    fs::remove_file(&path).expect("removed");
    assert_eq!(history(&world).code, 3);
    fs::write(&path, &intact).expect("written");
    fs::write(world.path("work/.git/reftable/tables.list"), "").expect("written");
    assert_eq!(history(&world).code, 3);
}

#[test]
fn a_damaged_reftable_of_a_linked_worktree_makes_the_run_incomplete() {
    let world = reftable_world();
    commit_three_files(&world);
    world.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    assert_eq!(history(&world).code, 1);
    overwrite(&tables(&world, "work/.git/worktrees/linked/reftable")[0], Vec::clear);
    let report = history(&world);
    assert_eq!((report.code, report.found()), (3, ALL_THREE.map(str::to_owned).to_vec()));
    assert!(text(&report.unscanned[0], "what").contains("worktrees/linked/reftable"));
}
