//! The recipes that a report prints, done as they are printed. Those for git-filter-repo, which is no part of git,
//! are only read.

use crate::report::{commit, empty, id};
use crate::support::World;
use crate::tokens::{PREFIX, line, token};

const HISTORY: [&str; 3] = ["history", "--color", "never"];

/// The lines of the recipe in the report of `arguments`, of its first group.
fn recipe_of(world: &World, folder: &str, arguments: &[&str]) -> Vec<String> {
    let told = world.stopleak_in(folder, arguments).stdout;
    let recipe = told.split("\n  purge:").nth(1).unwrap_or_else(|| panic!("no recipe: {told}"));
    let recipe = recipe.split("\n  learn:").next().expect("a part");
    recipe.lines().map(|line| line.trim().to_owned()).collect()
}

fn recipe(world: &World) -> Vec<String> {
    recipe_of(world, "work", &HISTORY)
}

/// Does what the lines for a shell say, one after the other. `edit` is what the words ask for, done before
/// something is recorded.
#[track_caller]
fn follow(world: &World, recipe: &[String], edit: impl Fn()) {
    let mut stash = String::new();
    let mut is_other_way = false;
    for line in recipe {
        is_other_way = (is_other_way || line.starts_with("or,")) && !line.starts_with("end what");
        if is_other_way || !line.starts_with("git ") {
            continue;
        }
        if line.contains("--amend") {
            edit();
        }
        let line = line.replace("stash@{N}", &stash).replace(" NEW", " renamed");
        let mut shell = world.command("sh", "work");
        let run = world.run(shell.env("GIT_EDITOR", "echo reworded >").args(["-c", &line]));
        assert_eq!(run.code, 0, "{line}: {}\n{recipe:#?}", run.stderr);
        stash = run.stdout.lines().next().unwrap_or_default().to_owned();
    }
}

/// Follows the recipe of the only group; afterwards there is nothing.
#[track_caller]
fn clean(world: &World, edit: impl Fn()) {
    follow(world, &recipe(world), edit);
    let after = world.stopleak(&HISTORY);
    assert_eq!(after.code, 0, "{}", after.stdout);
    assert!(after.stdout.contains("stopleak: clean."), "{}", after.stdout);
}

/// A repository whose `main` a remote has.
fn pushed() -> World {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    commit(&world, "base");
    world.git(&["init", "-q", "--bare", "../remote.git"]);
    world.git(&["remote", "add", "origin", "../remote.git"]);
    world.git(&["push", "-q", "origin", "main"]);
    world
}

fn has(recipe: &[String], wanted: &str) -> bool {
    recipe.iter().any(|line| line.contains(wanted))
}

#[test]
fn the_last_commit_is_amended() {
    let world = pushed();
    world.write("work/it's new.env", line(1));
    commit(&world, "brings it");
    let steps = recipe(&world);
    assert!(
        has(&steps, r"git add -- 'it'\''s new.env' && git commit --amend --allow-empty --no-edit"),
        "{steps:#?}"
    );
    assert!(!has(&steps, "rebase") && !has(&steps, "filter-repo") && !has(&steps, "revoke"), "{steps:#?}");
    clean(&world, || world.write("work/it's new.env", "clean\n"));
}

#[test]
fn an_earlier_commit_is_amended_and_the_others_follow() {
    let world = pushed();
    world.write("work/s.env", line(1));
    let brings = commit(&world, "brings it");
    for name in ["b", "c"] {
        world.write(&format!("work/{name}"), name);
        commit(&world, name);
    }
    let steps = recipe(&world);
    assert!(
        has(&steps, &format!("git rebase --rebase-merges --onto HEAD {} main", &brings[..12])),
        "{steps:#?}"
    );
    clean(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.git(&["log", "--format=%s"]).stdout, "c\nb\nbrings it\nbase\n");
    assert_eq!(world.git(&["branch", "--show-current"]).stdout, "main\n");
}

#[test]
fn a_root_commit_is_amended_and_a_merge_above_it_stays() {
    let world = empty();
    world.write("work/s.env", line(1));
    commit(&world, "root");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side", "x");
    commit(&world, "side");
    world.git(&["checkout", "-q", "main"]);
    world.write("work/main", "x");
    commit(&world, "main");
    world.git(&["merge", "-q", "--no-edit", "side"]);
    world.git(&["branch", "-q", "-D", "side"]);
    clean(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "HEAD"]).stdout, "1\n");
}

#[test]
fn a_merge_that_brings_a_value_is_amended() {
    let world = pushed();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side", "x");
    commit(&world, "side");
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    world.write("work/s.env", line(1));
    commit(&world, "evil");
    world.write("work/on", "x");
    commit(&world, "on");
    clean(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "HEAD"]).stdout, "1\n");
}

#[test]
fn a_message_is_reworded_and_a_file_renamed() {
    let world = pushed();
    commit(&world, &format!("with {}", token(1)));
    clean(&world, || ());
    let world = pushed();
    world.write(&format!("work/dir/{}.txt", token(1)), "x\n");
    commit(&world, "brings it");
    let steps = recipe(&world);
    assert!(has(&steps, "git mv -- 'dir/ghp_********.txt' NEW && git commit --amend"), "{steps:#?}");
}

#[test]
fn a_name_in_the_last_commit_is_reset() {
    let world = pushed();
    let mut git = world.command("git", "work");
    git.args(["commit", "-q", "--allow-empty", "-m", "x"]).env("GIT_AUTHOR_NAME", token(1));
    assert_eq!(world.run(&mut git).code, 0);
    clean(&world, || ());
}

#[test]
fn a_tag_is_deleted_where_nothing_else_has_it() {
    let world = pushed();
    world.git(&["checkout", "-q", "--detach"]);
    world.write("work/s.env", line(1));
    commit(&world, "brings it");
    world.git(&["tag", "v1"]);
    world.git(&["checkout", "-q", "main"]);
    let steps = recipe(&world);
    assert!(has(&steps, "refs/tags/v1 has it; where it was pushed, revoke the value first"), "{steps:#?}");
    clean(&world, || ());
}

#[test]
fn an_annotated_tag_is_deleted() {
    let world = pushed();
    world.git(&["tag", "-a", "-m", &format!("key {}", token(1)), "v1"]);
    clean(&world, || ());
}

#[test]
fn the_name_of_a_branch_is_changed() {
    let world = pushed();
    world.git(&["checkout", "-q", "-b", &token(1)]);
    let steps = recipe(&world);
    assert!(has(&steps, "git branch -m 'ghp_********' NEW"), "{steps:#?}");
    let whole: Vec<String> =
        steps.iter().map(|line| line.replace(&format!("{PREFIX}********"), &token(1))).collect();
    follow(&world, &whole, || ());
    assert_eq!(world.stopleak(&HISTORY).code, 0);
}

#[test]
fn an_older_stash_is_dropped_and_the_other_kept() {
    let world = pushed();
    world.write("work/a.txt", line(1));
    world.git(&["stash", "-q"]);
    world.write("work/a.txt", "another\n");
    world.git(&["stash", "-q"]);
    clean(&world, || ());
    assert_eq!(world.git(&["stash", "list"]).stdout.lines().count(), 1);
    assert!(world.git(&["stash", "show", "-p"]).stdout.contains("another"));
}

#[test]
fn what_only_a_reflog_has_goes_and_stashes_stay() {
    let world = pushed();
    world.write("work/a.txt", "to be kept\n");
    world.git(&["stash", "-q"]);
    world.write("work/s.env", line(1));
    commit(&world, "brings it");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let told = world.stopleak(&HISTORY).stdout;
    assert!(
        told.contains("no ref leads to it; reflogs and the like do: HEAD, ORIG_HEAD, refs/heads/main"),
        "{told}"
    );
    clean(&world, || ());
    assert_eq!(world.git(&["stash", "list"]).stdout.lines().count(), 1);
}

#[test]
fn several_branches_are_rewritten_together() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "brings it");
    world.git(&["branch", "other"]);
    world.git(&["tag", "v1"]);
    let steps = recipe(&world);
    let expected = "git filter-repo --force --refs refs/heads/main refs/heads/other refs/tags/v1 \
                    $(git rev-parse --not --remotes) --replace-text ../purge.txt";
    assert!(steps.contains(&expected.to_owned()), "{steps:#?}");
    assert!(steps.contains(&"printf '%s\\n' 'literal:ghp_********==>REMOVED' > ../purge.txt".to_owned()));
}

#[test]
fn what_was_pushed_is_revoked_first_and_rewritten_for_each_remote() {
    let world = pushed();
    for path in ["s.env", "new\nline.env", "-dash.env"] {
        world.write(&format!("work/{path}"), line(1));
    }
    commit(&world, "brings it");
    world.git(&["init", "-q", "--bare", "../fork.git"]);
    world.git(&["remote", "add", "fork", "../fork.git"]);
    world.git(&["push", "-q", "origin", "main"]);
    world.git(&["push", "-q", "fork", "main:refs/heads/topic"]);
    let steps = recipe(&world);
    assert!(steps[0].starts_with("it was pushed to fork and to origin: revoke it first."), "{steps:#?}");
    let at =
        |wanted: &str| steps.iter().position(|line| line == wanted).unwrap_or_else(|| panic!("{steps:#?}"));
    assert!(at("url=$(git remote get-url fork); git clone --mirror \"$url\" ../purge-fork.git") > 0);
    let paths = r"git filter-repo --invert-paths --path='-dash.env' --path $'new\nline.env' --path s.env";
    assert!(at("git filter-repo --replace-text ../purge.txt") < at(paths));
    at("url=$(git remote get-url origin); git clone --mirror \"$url\" ../purge-origin.git");
    let refs = "that rewrites refs/heads/main, refs/remotes/fork/topic, refs/remotes/origin/main.";
    assert!(has(&steps, refs) && has(&steps, "git push --force --mirror \"$url\""), "{steps:#?}");
    assert!(!has(&steps, "amend"), "{steps:#?}");
}

#[test]
fn messages_names_and_people_have_their_own_options() {
    let world = pushed();
    world.write(&format!("work/{}", token(1)), "x\n");
    world.git(&["add", "."]);
    let mut git = world.command("git", "work");
    git.args(["commit", "-q", "-m", &format!("with {}", token(1))]).env("GIT_AUTHOR_NAME", token(1));
    assert_eq!(world.run(&mut git).code, 0);
    world.git(&["push", "-q", "origin", "main"]);
    let steps = recipe(&world);
    let line = steps.iter().find(|line| line.starts_with("git filter-repo")).expect("a line");
    let callback = r#"-callback 'return filename.replace(b"ghp_********", b"REMOVED")'"#;
    for wanted in ["--replace-message ../purge.txt", "--name-callback", "--email-callback", callback] {
        assert!(line.contains(wanted), "{line}");
    }
    assert!(!line.contains("--replace-text"), "no file has it: {line}");
}

#[test]
fn a_server_is_rewritten_where_it_stands() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "brings it");
    world.git(&["push", "-q", "origin", "main"]);
    let steps = recipe_of(&world, "remote.git", &HISTORY);
    assert!(steps[0].starts_with("if anybody has fetched it, revoke it first"), "{steps:#?}");
    assert!(has(&steps, "git filter-repo --force --replace-text ../purge.txt"), "{steps:#?}");
}

#[test]
fn the_recipe_of_a_submodule_is_for_its_own_repository_and_path() {
    let world = empty();
    world.git(&["init", "-q", "-b", "main", "../library"]);
    world.write("library/s.env", line(1));
    let git = |arguments: &[&str]| {
        let run = world.run(world.command("git", "library").args(arguments));
        assert_eq!(run.code, 0, "{}", run.stderr);
    };
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "in"]);
    world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "libs/a"]);
    world.write("work/s.env", line(1));
    commit(&world, "the same in both");
    let steps = recipe_of(&world, "work", &["history", "--recurse-submodules", "--color", "never"]);
    let at = steps.iter().position(|line| line == "cd libs/a").unwrap_or_else(|| panic!("{steps:#?}"));
    let (own, inner) = steps.split_at(at);
    assert!(has(own, "git add -- s.env && git commit --amend"), "{steps:#?}");
    assert!(has(own, "in the submodule libs/a, which is a repository of its own"), "{steps:#?}");
    assert!(has(inner, "it was pushed to origin: revoke it first"), "{steps:#?}");
    assert!(has(inner, "git filter-repo --invert-paths --path s.env"), "{steps:#?}");
    assert!(!has(&steps, "--path libs/a"), "{steps:#?}");
}

#[test]
fn a_range_knows_the_commit_and_asks_for_the_branch_that_was_left() {
    let world = pushed();
    world.write("work/s.env", line(1));
    let brings = commit(&world, "brings it");
    world.write("work/b", "b");
    commit(&world, "on");
    let steps = recipe_of(&world, "work", &["range", "origin/main..HEAD", "--color", "never"]);
    follow(&world, &steps, || world.write("work/s.env", "clean\n"));
    assert_ne!(id(&world, "main~1"), brings);
    assert_eq!(world.stopleak(&["range", "origin/main..main"]).code, 0);
}

#[test]
fn a_stash_on_top_is_put_on_the_new_commits() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "brings it");
    world.write("work/a.txt", "work in progress\n");
    world.git(&["stash", "-q"]);
    clean(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.read("work/a.txt"), "work in progress\n");
}

#[test]
fn a_tag_that_names_a_file_is_deleted_on_a_server_too() {
    let world = pushed();
    world.write("work/s.env", line(1));
    let blob = world.git(&["hash-object", "-w", "s.env"]).stdout;
    std::fs::remove_file(world.path("work/s.env")).expect("removed");
    world.git(&["tag", "file", blob.trim()]);
    world.git(&["push", "-q", "origin", "file"]);
    let steps = recipe_of(&world, "remote.git", &HISTORY);
    assert!(has(&steps, "git tag -d file") && !has(&steps, "filter-repo"), "{steps:#?}");
    clean(&world, || ());
}

#[test]
fn a_range_of_what_was_pushed_says_revoke_first() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "brings it");
    let range = ["range", "HEAD~1..HEAD", "--color", "never"];
    assert!(has(&recipe_of(&world, "work", &range), "git commit --amend"));
    world.git(&["push", "-q", "origin", "main"]);
    let steps = recipe_of(&world, "work", &range);
    assert!(steps[0].starts_with("it was pushed: revoke it first."), "{steps:#?}");
    assert!(has(&steps, "git filter-repo --invert-paths --path s.env"), "{steps:#?}");
    assert!(!has(&steps, "amend"), "{steps:#?}");
    let checked = recipe_of(&world, "work", &["ci", "--base", "HEAD~1", "--color", "never"]);
    assert!(checked[0].starts_with("it was pushed for this check: revoke it first."), "{checked:#?}");
    assert!(has(&checked, "git commit --amend") && has(&checked, "git push --force-with-lease"));
}
