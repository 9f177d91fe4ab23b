//! Values outside of file contents: in messages, in author, committer and tagger lines, and in names of files and refs.

use serde_json::Value;

use crate::report::{Report, commit, empty, history, id, text, write_dangling_blob};
use crate::support::World;
use crate::tokens::{line, token};

fn base() -> World {
    let world = empty();
    world.write("work/a.txt", "harmless\n");
    commit(&world, "base");
    world
}

/// Runs `git` with additional environment variables; it must succeed.
fn git_with(world: &World, variables: &[(&str, &str)], arguments: &[&str]) {
    let mut command = world.command("git", "work");
    let run = world.run(command.envs(variables.iter().copied()).args(arguments));
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// Asserts that the run is complete with exactly one finding, of this content kind, and returns it.
#[track_caller]
fn only_finding<'r>(report: &'r Report, content_kind: &str) -> &'r Value {
    assert_eq!((report.code, report.unscanned_kinds()), (1, vec![]));
    let [finding] = report.findings.as_slice() else { panic!("not one: {:?}", report.found()) };
    assert_eq!(text(finding, "content_kind"), content_kind);
    finding
}

#[test]
fn the_name_of_an_author() {
    let world = base();
    git_with(&world, &[("GIT_AUTHOR_NAME", &token(1))], &["commit", "-q", "--allow-empty", "-m", "x"]);
    let report = history(&world);
    let finding = only_finding(&report, "commit");
    assert_eq!(text(finding, "first_commit"), id(&world, "HEAD"));
    assert_eq!((&finding["reachable"], &finding["refs"]), (&true.into(), &["refs/heads/main"].into()));
}

#[test]
fn the_email_address_of_an_author() {
    let world = base();
    let mail = format!("{}@example.com", token(1));
    git_with(&world, &[("GIT_AUTHOR_EMAIL", &mail)], &["commit", "-q", "--allow-empty", "-m", "x"]);
    only_finding(&history(&world), "commit");
}

#[test]
fn the_name_of_a_committer() {
    let world = base();
    git_with(&world, &[("GIT_COMMITTER_NAME", &token(1))], &["commit", "-q", "--allow-empty", "-m", "x"]);
    only_finding(&history(&world), "commit");
}

#[test]
fn an_author_of_many_commits_is_one_finding_in_the_first_commit() {
    let world = base();
    let name = token(1);
    let variables = [("GIT_AUTHOR_NAME", name.as_str()), ("GIT_COMMITTER_NAME", name.as_str())];
    let commit = || git_with(&world, &variables, &["commit", "-q", "--allow-empty", "-m", "x"]);
    commit();
    let first = id(&world, "HEAD");
    (0..6).for_each(|_| commit());
    world.git(&["repack", "-q", "-ad"]);
    assert_eq!(text(only_finding(&history(&world), "commit"), "first_commit"), first);
}

#[test]
fn an_author_of_an_amended_commit() {
    let world = base();
    git_with(&world, &[("GIT_AUTHOR_NAME", &token(1))], &["commit", "-q", "--allow-empty", "-m", "x"]);
    world.git(&["commit", "-q", "--allow-empty", "--amend", "--reset-author", "-m", "y"]);
    assert_eq!(only_finding(&history(&world), "commit")["reachable"], false);
}

#[test]
fn the_tagger_of_a_tag() {
    let world = base();
    git_with(&world, &[("GIT_COMMITTER_NAME", &token(1))], &["tag", "-a", "-m", "x", "v1"]);
    assert_eq!(only_finding(&history(&world), "tag")["refs"], serde_json::json!(["refs/tags/v1"]));
}

#[test]
fn a_tag_of_a_tag() {
    let world = base();
    world.git(&["tag", "-a", "-m", &format!("inner {}", token(1)), "inner"]);
    world.git(&["tag", "-a", "-m", "outer", "outer", "inner"]);
    world.git(&["tag", "-d", "inner"]);
    assert_eq!(only_finding(&history(&world), "tag")["refs"], serde_json::json!(["refs/tags/outer"]));
}

#[test]
fn a_tag_of_a_tree() {
    let world = base();
    world.write("work/dir/b.txt", line(1));
    world.git(&["add", "-A"]);
    let tree = world.git(&["write-tree"]).stdout.trim().to_owned();
    world.git(&["tag", "-a", "-m", "a tree", "tree", &tree]);
    world.git(&["reset", "-q", "--hard"]);
    let report = history(&world);
    let finding = only_finding(&report, "file");
    assert_eq!((&finding["refs"], &finding["reachable"]), (&["refs/tags/tree"].into(), &true.into()));
    // `range` reports the same path for the tag.
    assert_eq!(text(finding, "path"), "dir/b.txt");
    world.report(&["range", "HEAD..tree"]).assert_findings(&["new dir/b.txt:1"]);
}

#[test]
fn a_deleted_annotated_tag() {
    let world = base();
    world.git(&["tag", "-a", "-m", &token(1), "v1"]);
    world.git(&["tag", "-d", "v1"]);
    assert_eq!(only_finding(&history(&world), "tag")["reachable"], false);
}

#[test]
fn the_subject_and_the_body_of_a_commit_message() {
    let world = base();
    commit(&world, &format!("subject {}\n\nbody\n{}", token(1), token(2)));
    let report = history(&world);
    report.assert_findings(&["new commit:1", "new commit:4"]);
}

#[test]
fn one_value_in_two_messages_is_one_finding() {
    let world = base();
    let first = commit(&world, &token(1));
    commit(&world, &format!("again {}", token(1)));
    assert_eq!(text(only_finding(&history(&world), "commit"), "first_commit"), first);
}

#[test]
fn a_message_in_another_encoding() {
    let world = base();
    world.write("message", [b"caf\xe9 ".as_slice(), token(1).as_bytes()].concat());
    world.git(&["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F", "../message"]);
    only_finding(&history(&world), "commit");
}

#[test]
fn the_mergetag_header_of_a_commit() {
    let world = base();
    let head = id(&world, "HEAD");
    let tree = id(&world, "HEAD^{tree}");
    let commit = format!(
        "tree {tree}\nparent {head}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nmergetag object {head}\n \
         type commit\n tag v1\n tagger A <a@b> 1 +0000\n \n with {}\n\nmerge\n",
        token(1)
    );
    world.write("commit", commit);
    let made = world.git(&["hash-object", "-t", "commit", "-w", "../commit"]).stdout.trim().to_owned();
    world.git(&["update-ref", "refs/heads/merged", &made]);
    assert_eq!(text(only_finding(&history(&world), "commit"), "first_commit"), made);
}

#[test]
fn a_signature_is_not_scanned_as_a_secret() {
    let world = base();
    let (head, tree) = (id(&world, "HEAD"), id(&world, "HEAD^{tree}"));
    let body = "iQEzBAABCAAdFiEE0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP";
    let commit = format!(
        "tree {tree}\nparent {head}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\
         gpgsig -----BEGIN PGP SIGNATURE-----\n \n {body}\n {body}\n =AbCd\n -----END PGP SIGNATURE-----\n\nsigned\n"
    );
    world.write("commit", commit);
    let made = world.git(&["hash-object", "-t", "commit", "-w", "../commit"]).stdout.trim().to_owned();
    world.git(&["update-ref", "refs/heads/signed", &made]);
    world.report(&["history", "--confidence", "low"]).assert_findings(&[]);
}

#[test]
fn a_note() {
    let world = base();
    let noted = id(&world, "HEAD");
    world.git(&["notes", "add", "-m", &token(1), "HEAD"]);
    let report = history(&world);
    let finding = only_finding(&report, "file");
    assert_eq!(text(finding, "first_commit"), id(&world, "refs/notes/commits"));
    assert_eq!((text(finding, "path"), &finding["refs"]), (noted.as_str(), &["refs/notes/commits"].into()));
}

#[test]
fn a_note_that_was_removed() {
    let world = base();
    world.git(&["notes", "--ref=review", "add", "-m", &token(1), "HEAD"]);
    let noted = id(&world, "refs/notes/review");
    world.git(&["notes", "--ref=review", "remove", "HEAD"]);
    let report = history(&world);
    let finding = only_finding(&report, "file");
    assert_eq!(text(finding, "first_commit"), noted);
    assert_eq!((&finding["reachable"], &finding["at_head"]), (&true.into(), &false.into()));
}

#[test]
fn the_name_of_a_file() {
    let world = base();
    let path = format!("keys/{}.txt", token(1));
    world.write(&format!("work/{path}"), "harmless\n");
    let made = commit(&world, "x");
    let report = history(&world);
    let finding = only_finding(&report, "file-name");
    assert_eq!((text(finding, "first_commit"), &finding["at_head"]), (made.as_str(), &true.into()));
    assert_eq!(finding["refs"], serde_json::json!(["refs/heads/main"]));
    let path = text(finding, "path");
    assert!(path.starts_with("keys/") && path.ends_with(".txt") && !path.contains(&token(1)), "{path}");
}

#[test]
fn the_name_of_a_directory() {
    let world = base();
    for file in ["a", "b", "deep/c"] {
        world.write(&format!("work/{}/{file}", token(1)), "harmless\n");
    }
    let made = commit(&world, "x");
    assert_eq!(text(only_finding(&history(&world), "file-name"), "first_commit"), made);
}

#[test]
fn a_file_name_in_many_trees_is_one_finding_in_the_first_commit() {
    let world = base();
    let path = format!("work/{}", token(1));
    world.write(&path, "0\n");
    let first = commit(&world, "first");
    for version in 1..8 {
        world.write(&path, format!("{version}\n"));
        world.write("work/a.txt", format!("{version}\n"));
        commit(&world, "next");
    }
    std::fs::remove_file(world.path(&path)).expect("removed");
    commit(&world, "gone");
    world.git(&["repack", "-q", "-adf"]);
    let report = history(&world);
    let finding = only_finding(&report, "file-name");
    assert_eq!((text(finding, "first_commit"), &finding["at_head"]), (first.as_str(), &false.into()));
}

#[test]
fn a_name_and_a_value_in_the_same_file_are_two_findings() {
    let world = base();
    world.write(&format!("work/{}", token(1)), line(2));
    let made = commit(&world, "x");
    let report = history(&world);
    assert_eq!(
        (report.code, report.unscanned_kinds(), report.findings.len()),
        (1, vec![], 2),
        "{:?}",
        report.found()
    );
    for finding in &report.findings {
        assert_eq!(text(finding, "first_commit"), made);
    }
}

#[test]
fn the_name_of_a_link_and_its_target() {
    let world = base();
    std::os::unix::fs::symlink(token(1), world.path("work/target")).expect("linked");
    std::os::unix::fs::symlink("a.txt", world.path(&format!("work/{}", token(2)))).expect("linked");
    commit(&world, "x");
    let report = history(&world);
    let kinds: Vec<&str> = report.findings.iter().map(|finding| text(finding, "content_kind")).collect();
    assert_eq!((report.code, kinds.len()), (1, 2), "{:?}", report.found());
    assert!(kinds.contains(&"symlink") && kinds.contains(&"file-name"), "{kinds:?}");
}

#[test]
fn the_name_of_a_file_in_a_dangling_tree() {
    let world = base();
    world.write(&format!("work/{}", token(1)), "harmless\n");
    world.git(&["add", "-A"]);
    world.git(&["write-tree"]);
    world.git(&["reset", "-q", "--hard"]);
    assert_eq!(only_finding(&history(&world), "file-name")["reachable"], false);
}

#[test]
fn a_file_name_below_a_skipped_path_is_not_reported() {
    let world = base();
    world.write("work/stopleak.yaml", "skip-paths:\n  - fixtures/\n");
    world.write(&format!("work/fixtures/{}", token(1)), "harmless\n");
    commit(&world, "x");
    history(&world).assert_findings(&[]);
}

#[test]
fn the_name_of_a_branch() {
    let world = base();
    world.git(&["branch", &format!("try-{}", token(1))]);
    let report = history(&world);
    let finding = only_finding(&report, "ref-name");
    assert!(text(finding, "path").starts_with("refs/heads/try-"), "{finding}");
    assert_eq!(finding["reachable"], true);
}

#[test]
fn the_name_of_a_packed_branch() {
    let world = base();
    world.git(&["branch", &token(1)]);
    world.git(&["pack-refs", "--all"]);
    only_finding(&history(&world), "ref-name");
}

#[test]
fn the_name_of_a_remote_branch() {
    let world = base();
    world.git(&["update-ref", &format!("refs/remotes/origin/{}", token(1)), "HEAD"]);
    only_finding(&history(&world), "ref-name");
}

#[test]
fn the_name_of_a_tag() {
    let world = base();
    world.git(&["tag", &token(1)]);
    only_finding(&history(&world), "ref-name");
}

#[test]
fn the_name_of_an_annotated_tag_is_one_finding() {
    let world = base();
    world.git(&["tag", "-a", "-m", "x", &token(1)]);
    only_finding(&history(&world), "ref-name");
}

#[test]
fn the_name_in_an_annotated_tag_without_a_ref() {
    let world = base();
    world.git(&["tag", "-a", "-m", "x", &token(1)]);
    world.git(&["tag", "-d", &token(1)]);
    only_finding(&history(&world), "tag");
}

#[test]
fn a_tag_of_a_blob_that_no_tree_contains() {
    let world = base();
    let blob = write_dangling_blob(&world, &line(1));
    world.git(&["tag", "blob", &blob]);
    assert_eq!(only_finding(&history(&world), "file")["refs"], serde_json::json!(["refs/tags/blob"]));
}

#[test]
fn ordinary_names_of_files_and_branches_are_not_reported() {
    let world = base();
    for name in
        ["0123456789abcdef0123456789abcdef01234567.json", "a-rather-long-name_of.test.snap", "\u{fffe}ab"]
    {
        world.write(&format!("work/password/{name}"), "harmless\n");
        world.git(&["branch", &format!("feature/{name}")]);
    }
    commit(&world, "x");
    history(&world).assert_findings(&[]);
}

#[test]
fn keywords_such_as_password_in_a_name_do_not_make_it_a_finding() {
    let world = base();
    for (n, seed) in [("password=", 1), ("secret_", 2), ("db_password = ", 3)] {
        let value = &token(seed)[6..30];
        world.write(&format!("work/{n}{value}"), "harmless\n");
        world.git(&["update-ref", &format!("refs/heads/{}{value}", n.replace(' ', "")), "HEAD"]);
    }
    commit(&world, "x");
    let report = history(&world);
    assert!(
        !report.findings.iter().any(|finding| text(finding, "content_kind").ends_with("-name")),
        "{:?}",
        report.found()
    );
    assert_eq!(report.code % 3, 0, "the run is complete");
    assert_eq!(report.unscanned_kinds(), [""; 0]);
}

#[test]
fn human_output_describes_names_without_showing_the_value() {
    let world = base();
    world.write(&format!("work/{}", token(1)), "harmless\n");
    world.git(&["branch", &token(2)]);
    git_with(&world, &[("GIT_AUTHOR_NAME", &token(3))], &["commit", "-q", "--allow-empty", "-m", "x"]);
    commit(&world, "y");
    for format in ["human", "json", "sarif"] {
        let run = world.stopleak(&["history", "--format", format]);
        run.assert_no_token_shown();
        assert_eq!(run.code, 1, "{}", run.stderr);
    }
    let human = world.stopleak(&["history", "--color", "never"]).stdout;
    assert!(human.contains("(name of the file)") && human.contains("(name of the ref)"), "{human}");
    for recipe in ["git mv -- 'ghp_********' NEW", "git branch -m 'ghp_********' NEW", "--name-callback"] {
        assert!(human.contains(recipe), "no {recipe} in {human}");
    }
    assert!(!human.contains("--invert-paths"), "no command contains a masked path: {human}");
}

#[test]
fn history_and_range_report_author_and_committer_alike() {
    let world = base();
    let base = id(&world, "HEAD");
    let name = token(1);
    let message = format!("with\n\n{name} in it");
    let mail = format!("{}@example.com", token(2));
    let variables = [("GIT_AUTHOR_NAME", name.as_str()), ("GIT_COMMITTER_EMAIL", mail.as_str())];
    git_with(&world, &variables, &["commit", "-q", "--allow-empty", "-m", &message]);
    let commits_and_evidence = |arguments: &[&str]| {
        let report = world.report(arguments);
        let mut lines: Vec<String> = report
            .findings
            .iter()
            .map(|found| {
                let place =
                    ["start_line", "start_column", "end_column"].map(|field| found[field].to_string());
                format!("{} {} {}", text(found, "first_commit"), place.join(":"), found["why"])
            })
            .collect();
        lines.sort();
        lines
    };
    let by_range = commits_and_evidence(&["range", &format!("{base}..HEAD")]);
    assert_eq!(commits_and_evidence(&["history"]), by_range);
    assert_eq!(by_range.len(), 3, "{by_range:#?}");
    for role in ["author", "committer"] {
        let phrase = format!("in the name or mail of the {role}");
        assert_eq!(by_range.iter().filter(|line| line.contains(&phrase)).count(), 1, "{by_range:#?}");
    }
    let human = world.stopleak(&["history", "--color", "never"]).stdout;
    assert!(!human.contains("| author "), "{human}");
}
