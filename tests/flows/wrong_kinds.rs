//! Trees that list a tree as a file, or a file as a tree: incomplete, with the path.

use crate::report::{Report, commit, empty, history, id, text};
use crate::support::{World, binary};
use crate::tokens::line;

/// Writes a tree with the file `a.txt` of HEAD and one more entry, and returns its id.
fn tree_with(world: &World, mode: &str, name: &str, object: &str) -> String {
    let raw = |id: &str| -> Vec<u8> {
        (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).expect("hex")).collect()
    };
    let entry =
        |mode: &str, name: &str, id: &str| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &raw(id)].concat();
    let file = entry("100644", "a.txt", &id(world, "HEAD:a.txt"));
    world.write("tree", [file, entry(mode, name, object)].concat());
    world.git(&["hash-object", "-t", "tree", "-w", "--literally", "../tree"]).stdout.trim().to_owned()
}

/// Commits this tree on top of HEAD as the branch `odd`.
fn commit_tree(world: &World, tree: &str) {
    let made = world.git(&["commit-tree", "-p", "HEAD", "-m", "odd", tree]).stdout;
    world.git(&["branch", "-f", "odd", made.trim()]);
}

/// Creates a repository with `a.txt` and `dir/f`.
fn two_files() -> World {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    world.write("work/dir/f", "harmless too\n");
    commit(&world, "first");
    world
}

#[track_caller]
fn assert_corrupt(report: &Report, what: &str) {
    assert_eq!((report.code, report.unscanned_kinds()), (3, vec!["corrupt"]), "{:#?}", report.unscanned);
    assert_eq!(text(&report.unscanned[0], "what"), what);
}

/// The cases: mode, name, object, and the path in reports of `history` and of `range`.
fn cases(world: &World) -> [(&'static str, &'static str, String, &'static str); 3] {
    [
        ("100644", "odd", id(world, "HEAD:dir"), "odd"),
        ("120000", "odd", id(world, "HEAD:dir"), "odd"),
        ("40000", "odd", id(world, "HEAD:dir/f"), "odd/"),
    ]
}

/// Packs all objects. `git repack` refuses these trees.
fn pack_all(world: &World) {
    let ids = world.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]).stdout;
    world.write("ids", ids);
    let ids = std::fs::File::open(world.path("ids")).expect("just written");
    let mut command = world.command("git", "work");
    command.args(["pack-objects", "-q", ".git/objects/pack/pack"]).stdin(ids);
    assert_eq!(world.run(&mut command).code, 0);
    world.git(&["prune-packed", "-q"]);
}

#[test]
fn history_lists_entries_of_the_wrong_kind() {
    // Without a value no paths are read at first; with one they are.
    for content in ["harmless\n".to_owned(), line(1)] {
        for case in 0..3 {
            let world = two_files();
            let (mode, name, object, _) = cases(&world)[case].clone();
            world.write("work/a.txt", &content);
            commit(&world, "x");
            assert_eq!(history(&world).unscanned_kinds(), [""; 0]);
            commit_tree(&world, &tree_with(&world, mode, name, &object));
            assert_corrupt(&history(&world), &format!("odd (object {object})"));
            pack_all(&world);
            assert_corrupt(&history(&world), &format!("odd (object {object})"));
        }
    }
}

#[test]
fn pre_receive_refuses_entries_of_the_wrong_kind() {
    let world = two_files();
    for (mode, name, object, path) in cases(&world) {
        commit_tree(&world, &tree_with(&world, mode, name, &object));
        let new = id(&world, "odd");
        world.git(&["branch", "-q", "-D", "odd"]);
        world.write("input", format!("{} {new} refs/heads/odd\n", "0".repeat(40)));
        let mut command = world.command(binary(), "work");
        let input = std::fs::File::open(world.path("input")).expect("just written");
        let run = world.run(command.args(["hook", "run", "pre-receive"]).stdin(input));
        assert_eq!(run.code, 3, "{}", run.stderr);
        assert!(run.stderr.contains(&format!("{path} (object {object})")), "{}", run.stderr);
    }
}

#[test]
fn a_commit_whose_tree_is_a_file_is_listed() {
    let world = two_files();
    let blob = id(&world, "HEAD:a.txt");
    let header = format!("tree {blob}\nparent {}\n", id(&world, "HEAD"));
    let who = "Test <test@example.com> 1700000000 +0000";
    world.write("commit", format!("{header}author {who}\ncommitter {who}\n\nodd\n"));
    let made = world.git(&["hash-object", "-t", "commit", "-w", "--literally", "../commit"]).stdout;
    world.write("work/.git/refs/heads/odd", made);
    assert_corrupt(&history(&world), &format!("object {blob}"));
    assert_corrupt(&world.report(&["range", "main..odd"]), &format!("object {blob}"));
}

#[test]
fn range_and_staged_list_entries_of_the_wrong_kind() {
    let world = two_files();
    for (mode, name, object, path) in cases(&world) {
        commit_tree(&world, &tree_with(&world, mode, name, &object));
        assert_corrupt(&world.report(&["range", "main..odd"]), &format!("{path} (object {object})"));
    }
    let tree = id(&world, "HEAD:dir");
    world.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{tree},odd")]);
    assert_corrupt(&world.report(&["staged"]), &format!("odd (object {tree})"));
}
