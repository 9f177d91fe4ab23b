//! Runs the cleanup recipes that a report prints. Commands of git-filter-repo, which is not part of git, are only
//! compared with the expected text.

use crate::report::{commit, empty, id};
use crate::support::World;
use crate::tokens::{PREFIX, line, token};

const HISTORY: [&str; 3] = ["history", "--color", "never"];

/// Runs stopleak with `arguments` and returns the lines of the first cleanup recipe in its report.
fn recipe_of(world: &World, folder: &str, arguments: &[&str]) -> Vec<String> {
    let report = world.stopleak_in(folder, arguments).stdout;
    let recipe = report.split("\n  purge:").nth(1).unwrap_or_else(|| panic!("no recipe: {report}"));
    let recipe = recipe.split("\n  learn:").next().expect("a part");
    recipe.lines().map(|line| line.trim().to_owned()).collect()
}

fn recipe(world: &World) -> Vec<String> {
    recipe_of(world, "work", &HISTORY)
}

/// Runs the shell commands of a recipe in order, without those of its alternative (`Or, …`). `edit` is the edit that
/// the recipe describes in words; it is called before each `git commit --amend`.
#[track_caller]
fn run_recipe(world: &World, recipe: &[String], edit: impl Fn()) {
    let mut stash = String::new();
    let mut is_alternative = false;
    for line in recipe {
        is_alternative =
            (is_alternative || line.starts_with("Or,")) && !line.starts_with("Delete the reflogs");
        if is_alternative || !line.starts_with("git ") {
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

/// Runs the recipe of the only group, and asserts that the history has no findings afterwards.
#[track_caller]
fn assert_recipe_cleans(world: &World, edit: impl Fn()) {
    run_recipe(world, &recipe(world), edit);
    let after = world.stopleak(&HISTORY);
    assert_eq!(after.code, 0, "{}", after.stdout);
    assert!(after.stdout.contains("stopleak: clean."), "{}", after.stdout);
}

/// Creates a repository whose `main` was pushed to a remote.
fn pushed() -> World {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    commit(&world, "base");
    world.git(&["init", "-q", "--bare", "../remote.git"]);
    world.git(&["remote", "add", "origin", "../remote.git"]);
    world.git(&["push", "-q", "origin", "main"]);
    world
}

fn has_line(recipe: &[String], part: &str) -> bool {
    recipe.iter().any(|line| line.contains(part))
}

#[test]
fn the_last_commit_is_amended() {
    let world = pushed();
    world.write("work/it's new.env", line(1));
    commit(&world, "leak");
    let steps = recipe(&world);
    assert!(
        has_line(&steps, r"git add -- 'it'\''s new.env' && git commit --amend --allow-empty --no-edit"),
        "{steps:#?}"
    );
    assert!(
        !has_line(&steps, "rebase") && !has_line(&steps, "filter-repo") && !has_line(&steps, "revoke"),
        "{steps:#?}"
    );
    assert_recipe_cleans(&world, || world.write("work/it's new.env", "clean\n"));
}

#[test]
fn an_earlier_commit_is_amended_and_the_later_ones_are_rebased() {
    let world = pushed();
    world.write("work/s.env", line(1));
    let leak = commit(&world, "leak");
    for name in ["b", "c"] {
        world.write(&format!("work/{name}"), name);
        commit(&world, name);
    }
    let steps = recipe(&world);
    assert!(
        has_line(&steps, &format!("git rebase --rebase-merges --onto HEAD {} main", &leak[..12])),
        "{steps:#?}"
    );
    assert_recipe_cleans(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.git(&["log", "--format=%s"]).stdout, "c\nb\nleak\nbase\n");
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
    assert_recipe_cleans(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "HEAD"]).stdout, "1\n");
}

#[test]
fn a_merge_that_introduces_a_value_is_amended() {
    let world = pushed();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("work/side", "x");
    commit(&world, "side");
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    world.write("work/s.env", line(1));
    commit(&world, "merge with a new file");
    world.write("work/on", "x");
    commit(&world, "on");
    assert_recipe_cleans(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "HEAD"]).stdout, "1\n");
}

#[test]
fn a_message_is_reworded_and_a_file_renamed() {
    let world = pushed();
    commit(&world, &format!("with {}", token(1)));
    assert_recipe_cleans(&world, || ());
    let world = pushed();
    world.write(&format!("work/dir/{}.txt", token(1)), "x\n");
    commit(&world, "leak");
    let steps = recipe(&world);
    assert!(has_line(&steps, "git mv -- 'dir/ghp_********.txt' NEW && git commit --amend"), "{steps:#?}");
}

#[test]
fn the_author_of_the_last_commit_is_reset() {
    let world = pushed();
    let mut git = world.command("git", "work");
    git.args(["commit", "-q", "--allow-empty", "-m", "x"]).env("GIT_AUTHOR_NAME", token(1));
    assert_eq!(world.run(&mut git).code, 0);
    assert_recipe_cleans(&world, || ());
}

#[test]
fn a_tag_is_deleted_if_no_other_ref_contains_the_value() {
    let world = pushed();
    world.git(&["checkout", "-q", "--detach"]);
    world.write("work/s.env", line(1));
    commit(&world, "leak");
    world.git(&["tag", "v1"]);
    world.git(&["checkout", "-q", "main"]);
    let steps = recipe(&world);
    assert!(
        has_line(&steps, "refs/tags/v1 contains it. If the tag was pushed, revoke the secret first"),
        "{steps:#?}"
    );
    assert_recipe_cleans(&world, || ());
}

#[test]
fn an_annotated_tag_is_deleted() {
    let world = pushed();
    world.git(&["tag", "-a", "-m", &format!("key {}", token(1)), "v1"]);
    assert_recipe_cleans(&world, || ());
}

#[test]
fn a_branch_is_renamed() {
    let world = pushed();
    world.git(&["checkout", "-q", "-b", &token(1)]);
    let steps = recipe(&world);
    assert!(has_line(&steps, "git branch -m 'ghp_********' NEW"), "{steps:#?}");
    let whole: Vec<String> =
        steps.iter().map(|line| line.replace(&format!("{PREFIX}********"), &token(1))).collect();
    run_recipe(&world, &whole, || ());
    assert_eq!(world.stopleak(&HISTORY).code, 0);
}

#[test]
fn an_older_stash_is_dropped_and_the_other_kept() {
    let world = pushed();
    world.write("work/a.txt", line(1));
    world.git(&["stash", "-q"]);
    world.write("work/a.txt", "another\n");
    world.git(&["stash", "-q"]);
    assert_recipe_cleans(&world, || ());
    assert_eq!(world.git(&["stash", "list"]).stdout.lines().count(), 1);
    assert!(world.git(&["stash", "show", "-p"]).stdout.contains("another"));
}

#[test]
fn an_older_stash_is_recognised_in_a_reftable_repository() {
    let world = World::empty();
    world.git(&["init", "-q", "-b", "main", "--ref-format=reftable", "."]);
    world.write("work/a.txt", "harmless\n");
    commit(&world, "base");
    for content in [line(1), "another\n".to_owned()] {
        world.write("work/a.txt", content);
        world.git(&["stash", "-q"]);
    }
    let steps = recipe(&world);
    assert!(has_line(&steps, "git stash drop stash@{N}"), "{steps:#?}");
}

#[test]
fn reflog_entries_are_deleted_and_stashes_are_kept() {
    let world = pushed();
    world.write("work/a.txt", "to be kept\n");
    world.git(&["stash", "-q"]);
    world.write("work/s.env", line(1));
    commit(&world, "leak");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let report = world.stopleak(&HISTORY).stdout;
    assert!(
        report.contains(
            "unreachable from any ref, but kept by reflogs or pseudo-refs: HEAD, ORIG_HEAD, refs/heads/main"
        ),
        "{report}"
    );
    assert_recipe_cleans(&world, || ());
    assert_eq!(world.git(&["stash", "list"]).stdout.lines().count(), 1);
}

#[test]
fn several_branches_are_rewritten_together() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "leak");
    world.git(&["branch", "other"]);
    world.git(&["tag", "v1"]);
    let steps = recipe(&world);
    let expected = "git filter-repo --force --refs refs/heads/main refs/heads/other refs/tags/v1 \
                    $(git rev-parse --not --remotes) --replace-text ../purge.txt";
    assert!(steps.contains(&expected.to_owned()), "{steps:#?}");
    assert!(steps.contains(&"printf '%s\\n' 'literal:ghp_********==>REMOVED' > ../purge.txt".to_owned()));
}

#[test]
fn a_pushed_secret_is_revoked_first_and_rewritten_for_each_remote() {
    let world = pushed();
    for path in ["s.env", "new\nline.env", "-dash.env"] {
        world.write(&format!("work/{path}"), line(1));
    }
    commit(&world, "leak");
    world.git(&["init", "-q", "--bare", "../fork.git"]);
    world.git(&["remote", "add", "fork", "../fork.git"]);
    world.git(&["push", "-q", "origin", "main"]);
    world.git(&["push", "-q", "fork", "main:refs/heads/topic"]);
    let steps = recipe(&world);
    assert!(
        steps[0].starts_with("It was pushed to fork and to origin: revoke the secret first."),
        "{steps:#?}"
    );
    let at = |expected: &str| {
        steps.iter().position(|line| line == expected).unwrap_or_else(|| panic!("{steps:#?}"))
    };
    assert!(at("url=$(git remote get-url fork); git clone --mirror \"$url\" ../purge-fork.git") > 0);
    let paths = r"git filter-repo --invert-paths --path='-dash.env' --path $'new\nline.env' --path s.env";
    assert!(at("git filter-repo --replace-text ../purge.txt") < at(paths));
    at("url=$(git remote get-url origin); git clone --mirror \"$url\" ../purge-origin.git");
    let refs = "This rewrites refs/heads/main, refs/remotes/fork/topic, refs/remotes/origin/main.";
    assert!(has_line(&steps, refs) && has_line(&steps, "git push --force --mirror \"$url\""), "{steps:#?}");
    assert!(!has_line(&steps, "amend"), "{steps:#?}");
}

#[test]
fn messages_file_names_and_authors_need_their_own_filter_repo_options() {
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
    for part in ["--replace-message ../purge.txt", "--name-callback", "--email-callback", callback] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("--replace-text"), "no file contains the value: {line}");
}

#[test]
fn a_bare_repository_is_rewritten_in_place() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "leak");
    world.git(&["push", "-q", "origin", "main"]);
    let steps = recipe_of(&world, "remote.git", &HISTORY);
    assert!(steps[0].starts_with("If anyone has fetched it, revoke the secret first"), "{steps:#?}");
    assert!(has_line(&steps, "git filter-repo --force --replace-text ../purge.txt"), "{steps:#?}");
}

#[test]
fn the_recipe_for_a_submodule_names_its_own_repository_and_paths() {
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
    assert!(has_line(own, "git add -- s.env && git commit --amend"), "{steps:#?}");
    assert!(has_line(own, "In the submodule libs/a, a separate repository"), "{steps:#?}");
    assert!(has_line(inner, "It was pushed to origin: revoke the secret first"), "{steps:#?}");
    assert!(has_line(inner, "git filter-repo --invert-paths --path s.env"), "{steps:#?}");
    assert!(!has_line(&steps, "--path libs/a"), "{steps:#?}");
}

#[test]
fn the_recipe_of_a_range_amends_the_commit_and_rebases_the_branch() {
    let world = pushed();
    world.write("work/s.env", line(1));
    let leak = commit(&world, "leak");
    world.write("work/b", "b");
    commit(&world, "on");
    let steps = recipe_of(&world, "work", &["range", "origin/main..HEAD", "--color", "never"]);
    run_recipe(&world, &steps, || world.write("work/s.env", "clean\n"));
    assert_ne!(id(&world, "main~1"), leak);
    assert_eq!(world.stopleak(&["range", "origin/main..main"]).code, 0);
}

#[test]
fn the_latest_stash_is_applied_to_the_rewritten_commits() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "leak");
    world.write("work/a.txt", "work in progress\n");
    world.git(&["stash", "-q"]);
    assert_recipe_cleans(&world, || world.write("work/s.env", "clean\n"));
    assert_eq!(world.read("work/a.txt"), "work in progress\n");
}

#[test]
fn a_tag_of_a_blob_is_deleted_in_the_clone_and_on_the_server() {
    let world = pushed();
    world.write("work/s.env", line(1));
    let blob = world.git(&["hash-object", "-w", "s.env"]).stdout;
    std::fs::remove_file(world.path("work/s.env")).expect("removed");
    world.git(&["tag", "file", blob.trim()]);
    world.git(&["push", "-q", "origin", "file"]);
    let steps = recipe_of(&world, "remote.git", &HISTORY);
    assert!(has_line(&steps, "git tag -d file") && !has_line(&steps, "filter-repo"), "{steps:#?}");
    assert_recipe_cleans(&world, || ());
}

#[test]
fn the_recipe_for_a_pushed_range_begins_with_revoking() {
    let world = pushed();
    world.write("work/s.env", line(1));
    commit(&world, "leak");
    let range = ["range", "HEAD~1..HEAD", "--color", "never"];
    assert!(has_line(&recipe_of(&world, "work", &range), "git commit --amend"));
    world.git(&["push", "-q", "origin", "main"]);
    let steps = recipe_of(&world, "work", &range);
    assert!(steps[0].starts_with("It was pushed: revoke the secret first."), "{steps:#?}");
    assert!(has_line(&steps, "git filter-repo --invert-paths --path s.env"), "{steps:#?}");
    assert!(!has_line(&steps, "amend"), "{steps:#?}");
    let checked = recipe_of(&world, "work", &["ci", "--base", "HEAD~1", "--color", "never"]);
    assert!(checked[0].starts_with("It was pushed for this check: revoke the secret first."), "{checked:#?}");
    assert!(has_line(&checked, "git commit --amend") && has_line(&checked, "git push --force-with-lease"));
}
