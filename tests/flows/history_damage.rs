//! Missing and corrupt objects, refs and packs: they are listed as unscanned, and the rest is scanned.

use std::fs;

use crate::history_storage::{
    ALL_THREE, assert_all_three_found, commit_three_files, corrupt_object, loose_object_path, overwrite,
    packs, remove_object, three_files,
};
use crate::report::{assert_incomplete, commit, empty, history, history_of, id, text};
use crate::tokens::line;

#[test]
fn a_missing_commit_is_listed_and_the_rest_is_scanned() {
    let world = three_files();
    remove_object(&world, &id(&world, "HEAD~1"));
    let lost = world.git(&["rev-parse", "HEAD"]);
    let report = history(&world);
    assert_incomplete(&report, &["missing"], &ALL_THREE);
    assert_eq!(text(report.finding_at("3.txt"), "first_commit"), lost.stdout.trim());
}

#[test]
fn a_corrupt_commit_is_listed_and_the_rest_is_scanned() {
    let world = three_files();
    let commit = id(&world, "HEAD~1");
    corrupt_object(&world, &commit);
    let report = history(&world);
    // Listed once, although the commit is read as a parent too.
    assert_incomplete(&report, &["corrupt"], &ALL_THREE);
    assert!(text(&report.unscanned[0], "what").contains(&commit));
}

#[test]
fn a_corrupt_tree_is_listed_without_any_finding() {
    let world = empty();
    world.write("work/dir/a", "harmless\n");
    commit(&world, "x");
    let tree = id(&world, "HEAD:dir");
    corrupt_object(&world, &tree);
    let report = history(&world);
    assert_incomplete(&report, &["corrupt"], &[]);
    assert!(text(&report.unscanned[0], "what").contains(&tree));
}

#[test]
fn a_missing_tree_is_listed_without_any_finding() {
    let world = empty();
    world.write("work/dir/a", "harmless\n");
    commit(&world, "x");
    remove_object(&world, &id(&world, "HEAD:dir"));
    assert_incomplete(&history(&world), &["missing"], &[]);
}

#[test]
fn blobs_of_a_corrupt_tree_are_scanned() {
    let world = empty();
    world.write("work/dir/a", line(1));
    world.write("work/b", line(2));
    commit(&world, "x");
    corrupt_object(&world, &id(&world, "HEAD:dir"));
    assert_incomplete(&history(&world), &["corrupt"], &["new b:1", "new file:1"]);
}

#[test]
fn a_corrupt_blob_in_a_pack() {
    let world = empty();
    // The pack has no deltas, so that only one object is corrupted; the content is incompressible, so that the middle
    // of the entry is data and not a header.
    let noise: String = (0..400u32).map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))).collect();
    world.write("work/large", &noise);
    commit_three_files(&world);
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
    assert_incomplete(&report, &["corrupt"], &ALL_THREE);
    assert!(text(&report.unscanned[0], "what").contains(&blob));
}

#[test]
fn a_corrupt_copy_of_an_intact_object_does_not_hide_it() {
    let world = three_files();
    world.git(&["repack", "-q", "-a"]);
    let blob = id(&world, "HEAD:2.txt");
    assert!(loose_object_path(&world, &blob).exists(), "packed and loose");
    corrupt_object(&world, &blob);
    assert_eq!(history(&world).found(), ALL_THREE);
}

#[test]
fn an_empty_loose_object_is_listed_with_its_path() {
    let world = three_files();
    let blob = id(&world, "HEAD:2.txt");
    overwrite(&loose_object_path(&world, &blob), Vec::clear);
    let report = history(&world);
    assert_incomplete(&report, &["corrupt"], &["new 1.txt:1", "new 3.txt:1"]);
    assert_eq!(text(&report.unscanned[0], "what"), format!("2.txt (object {blob})"));
}

#[test]
fn a_branch_that_names_a_missing_commit_is_listed() {
    let world = empty();
    world.write("work/a", "harmless\n");
    commit(&world, "x");
    world.write("work/.git/refs/heads/broken", format!("{}\n", "1234567890".repeat(4)));
    let report = history(&world);
    assert_incomplete(&report, &["missing"], &[]);
    assert!(text(&report.unscanned[0], "what").contains("1234567890"));
}

#[test]
fn a_malformed_branch_is_listed() {
    let world = three_files();
    for content in ["", "garbage\n", "0123\n"] {
        world.write("work/.git/refs/heads/broken", content);
        let report = history(&world);
        assert_incomplete(&report, &["corrupt"], &ALL_THREE);
        assert_eq!(text(&report.unscanned[0], "what"), "refs/heads/broken");
    }
}

#[test]
fn a_symbolic_ref_to_a_missing_branch_is_not_corrupt() {
    let world = three_files();
    world.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone"]);
    world.write("work/.git/refs/heads/other.lock", "");
    assert_all_three_found(&world);
}

#[test]
fn malformed_refs_configuration_and_shallow_files_are_errors() {
    for (path, content) in [("packed-refs", "nonsense\n"), ("config", "[bad\n"), ("shallow", "nonsense\n")] {
        let world = three_files();
        world.write(&format!("work/.git/{path}"), content);
        let run = world.stopleak(&["history"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{path}");
        assert!(!run.stderr.is_empty(), "{path}");
    }
}

#[test]
fn a_malformed_index_and_reflog_are_ignored() {
    let world = three_files();
    world.write("work/.git/index", "nonsense\n");
    world.write("work/.git/logs/HEAD", "nonsense\n");
    assert_all_three_found(&world);
}

#[test]
fn a_pack_without_its_index_is_listed() {
    let world = three_files();
    world.git(&["repack", "-q", "-ad"]);
    fs::remove_file(&packs(&world, "idx")[0]).expect("removed");
    let report = history(&world);
    assert_eq!((report.code, report.summary["complete"].as_bool()), (3, Some(false)));
    assert!(
        report.unscanned.iter().any(|entry| text(entry, "what").ends_with(".pack")),
        "{:#?}",
        report.unscanned
    );
}

#[test]
fn a_pack_index_without_its_pack_makes_the_run_incomplete() {
    let world = three_files();
    world.git(&["repack", "-q", "-ad"]);
    fs::remove_file(&packs(&world, "pack")[0]).expect("removed");
    assert_eq!(history(&world).code, 3);
}

#[test]
fn missing_alternates_make_the_run_incomplete() {
    let world = three_files();
    world.git(&["clone", "-q", "--shared", ".", "../one"]);
    fs::rename(world.path("work"), world.path("elsewhere")).expect("renamed");
    world.write("work/x", "");
    assert_eq!(history_of(&world, "one", &["history"]).code, 3);
}
