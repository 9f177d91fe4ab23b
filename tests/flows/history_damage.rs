//! What is lost or damaged: it is listed, and the rest is scanned.

use std::fs;

use crate::history_storage::{THREE, all_three, damage, fill, loose, overwrite, packs, remove, three};
use crate::report::{commit, empty, history, history_of, id, incomplete, text};
use crate::tokens::line;

#[test]
fn a_lost_commit_is_listed_and_the_rest_scanned() {
    let world = three();
    remove(&world, &id(&world, "HEAD~1"));
    let lost = world.git(&["rev-parse", "HEAD"]);
    let report = history(&world);
    incomplete(&report, &["missing"], &THREE);
    assert_eq!(text(report.at("3.txt"), "first_commit"), lost.stdout.trim());
}

#[test]
fn a_damaged_commit_is_listed_and_the_rest_scanned() {
    let world = three();
    let commit = id(&world, "HEAD~1");
    damage(&world, &commit);
    let report = history(&world);
    // Once, although it is a parent too.
    incomplete(&report, &["corrupt"], &THREE);
    assert!(text(&report.coverage[0], "what").contains(&commit));
}

#[test]
fn a_damaged_tree_is_listed_although_nothing_was_found() {
    let world = empty();
    world.write("work/dir/a", "harmless\n");
    commit(&world, "x");
    let tree = id(&world, "HEAD:dir");
    damage(&world, &tree);
    let report = history(&world);
    incomplete(&report, &["corrupt"], &[]);
    assert!(text(&report.coverage[0], "what").contains(&tree));
}

#[test]
fn a_lost_tree_is_listed_although_nothing_was_found() {
    let world = empty();
    world.write("work/dir/a", "harmless\n");
    commit(&world, "x");
    remove(&world, &id(&world, "HEAD:dir"));
    incomplete(&history(&world), &["missing"], &[]);
}

#[test]
fn a_damaged_tree_costs_no_value() {
    let world = empty();
    world.write("work/dir/a", line(1));
    world.write("work/b", line(2));
    commit(&world, "x");
    damage(&world, &id(&world, "HEAD:dir"));
    incomplete(&history(&world), &["corrupt"], &["new b:1", "new file:1"]);
}

#[test]
fn a_damaged_blob_in_a_pack() {
    let world = empty();
    // Without deltas, so that one object is one object; and incompressible, so that its middle is content.
    let noise: String = (0..400u32).map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))).collect();
    world.write("work/large", &noise);
    fill(&world);
    world.git(&["-c", "pack.window=0", "repack", "-q", "-a", "-d"]);
    let blob = id(&world, "HEAD:large");
    let index = packs(&world, "idx").remove(0).display().to_string();
    let list = world.git(&["verify-pack", "-v", &index]).stdout;
    let row: Vec<&str> =
        list.lines().find(|row| row.starts_with(&blob)).expect("packed").split_whitespace().collect();
    let (size, offset): (usize, usize) =
        (row[3].parse().expect("a size"), row[4].parse().expect("an offset"));
    overwrite(&packs(&world, "pack")[0], |bytes| bytes[offset + size / 2] ^= 0x55);
    let report = history(&world);
    incomplete(&report, &["corrupt"], &THREE);
    assert!(text(&report.coverage[0], "what").contains(&blob));
}

#[test]
fn a_damaged_copy_beside_a_sound_one_costs_nothing() {
    let world = three();
    world.git(&["repack", "-q", "-a"]);
    let blob = id(&world, "HEAD:2.txt");
    assert!(loose(&world, &blob).exists(), "packed and loose");
    damage(&world, &blob);
    assert_eq!(history(&world).found(), THREE);
}

#[test]
fn an_empty_loose_object_is_told_with_its_path() {
    let world = three();
    let blob = id(&world, "HEAD:2.txt");
    overwrite(&loose(&world, &blob), Vec::clear);
    let report = history(&world);
    incomplete(&report, &["corrupt"], &["new 1.txt:1", "new 3.txt:1"]);
    assert_eq!(text(&report.coverage[0], "what"), format!("2.txt (object {blob})"));
}

#[test]
fn a_branch_that_names_what_is_not_there() {
    let world = empty();
    world.write("work/a", "harmless\n");
    commit(&world, "x");
    world.write("work/.git/refs/heads/broken", format!("{}\n", "1234567890".repeat(4)));
    let report = history(&world);
    incomplete(&report, &["missing"], &[]);
    assert!(text(&report.coverage[0], "what").contains("1234567890"));
}

#[test]
fn a_branch_that_names_nothing_is_said() {
    let world = three();
    for content in ["", "garbage\n", "0123\n"] {
        world.write("work/.git/refs/heads/broken", content);
        let report = history(&world);
        incomplete(&report, &["corrupt"], &THREE);
        assert_eq!(text(&report.coverage[0], "what"), "refs/heads/broken");
    }
}

#[test]
fn a_ref_to_a_branch_that_is_gone_is_no_damage() {
    let world = three();
    world.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone"]);
    world.write("work/.git/refs/heads/other.lock", "");
    all_three(&world);
}

#[test]
fn names_and_settings_that_do_not_read_are_refused() {
    for (path, content) in [("packed-refs", "nonsense\n"), ("config", "[bad\n"), ("shallow", "nonsense\n")] {
        let world = three();
        world.write(&format!("work/.git/{path}"), content);
        let run = world.stopleak(&["history"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{path}");
        assert!(!run.stderr.is_empty(), "{path}");
    }
}

#[test]
fn an_index_and_a_reflog_that_do_not_read_change_nothing() {
    let world = three();
    world.write("work/.git/index", "nonsense\n");
    world.write("work/.git/logs/HEAD", "nonsense\n");
    all_three(&world);
}

#[test]
fn a_pack_without_its_index_is_said() {
    let world = three();
    world.git(&["repack", "-q", "-ad"]);
    fs::remove_file(&packs(&world, "idx")[0]).expect("removed");
    let report = history(&world);
    assert_eq!((report.code, report.summary["complete"].as_bool()), (3, Some(false)));
    assert!(report.coverage.iter().any(|gap| text(gap, "what").ends_with(".pack")), "{:#?}", report.coverage);
}

#[test]
fn an_index_without_its_pack_is_said() {
    let world = three();
    world.git(&["repack", "-q", "-ad"]);
    fs::remove_file(&packs(&world, "pack")[0]).expect("removed");
    assert_eq!(history(&world).code, 3);
}

#[test]
fn alternates_that_are_gone_are_said() {
    let world = three();
    world.git(&["clone", "-q", "--shared", ".", "../one"]);
    fs::rename(world.path("work"), world.path("elsewhere")).expect("renamed");
    world.write("work/x", "");
    assert_eq!(history_of(&world, "one", &["history"]).code, 3);
}
