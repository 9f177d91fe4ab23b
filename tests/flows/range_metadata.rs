//! Metadata in ranges: names and email addresses, headers of commits, messages of tags, names of files.

use serde_json::Value;

use crate::report::{commit, id, raw_commit, text};
use crate::support::World;
use crate::tokens::token;

/// Creates a repository with one commit, tagged `base`.
fn repository() -> World {
    let world = World::repository();
    world.git(&["tag", "base"]);
    world
}

/// Returns the evidence of a finding as one text.
fn evidence(finding: &Value) -> String {
    finding["why"].as_array().expect("a list").iter().map(|why| why.as_str().expect("text")).collect()
}

/// Creates a commit with additional header lines after its committer.
fn raw_header(world: &World, more: &str) -> String {
    let person = "A <a@example.com> 1700000000 +0000";
    raw_commit(world, person, &format!("{person}\n{more}"), b"message\n")
}

#[test]
fn names_and_email_addresses_of_author_and_committer() {
    let world = repository();
    let author = format!("{} <a@example.com> 1700000000 +0000", token(2));
    let committer = format!("C <{}@example.com> 1700000000 +0000", token(3));
    let made = raw_commit(&world, &author, &committer, b"harmless\n");
    let report = world.report(&["range", "base..HEAD"]);
    report.assert_findings(&["new commit:1", "new commit:1"]);
    for (finding, role) in report.findings.iter().zip(["author", "committer"]) {
        assert_eq!((text(finding, "object"), text(finding, "first_commit")), (made.as_str(), made.as_str()));
        let why = report.findings.iter().map(evidence).collect::<String>();
        assert!(why.contains(role), "{why}");
    }
    let human = world.stopleak(&["range", "base..HEAD"]);
    human.assert_no_token_shown();
    // A second commit of the same people adds no finding.
    raw_commit(&world, &author, &committer, b"again\n");
    world.report(&["range", "base..HEAD"]).assert_findings(&["new commit:1", "new commit:1"]);
}

#[test]
fn mergetags_and_unknown_headers_are_scanned_and_signatures_are_not() {
    let world = repository();
    let base = id(&world, "base");
    let tag = format!(
        "mergetag object {base}\n type commit\n tag v\n tagger T <t@t> 1 +0000\n \n with {}",
        token(2)
    );
    let merged = raw_header(&world, &tag);
    let foreign = raw_header(&world, &format!("HG:extra {}", token(3)));
    for kind in ["PGP", "SSH"] {
        let (body, end) = ("Ab3d".repeat(30), format!("-----END {kind} SIGNATURE-----"));
        raw_header(&world, &format!("gpgsig -----BEGIN {kind} SIGNATURE-----\n \n {body}\n {end}"));
    }
    let report = world.report(&["range", "base..HEAD"]);
    let commits: Vec<&str> = report.findings.iter().map(|finding| text(finding, "first_commit")).collect();
    assert_eq!((report.code, report.findings.len()), (1, 2), "{:?}", report.found());
    assert!(commits.contains(&merged.as_str()) && commits.contains(&foreign.as_str()));
    // `history` reports the same.
    let history = world.report(&["history"]);
    assert_eq!(history.found(), report.found());
}

#[test]
fn the_tag_name_in_a_tag_object_that_differs_from_its_ref() {
    let world = repository();
    let tagger = "T <t@example.com> 1700000000 +0000";
    let tag =
        format!("object {}\ntype commit\ntag for-{}\ntagger {tagger}\n\nx\n", id(&world, "HEAD"), token(4));
    world.write("tag", tag);
    let made = world.git(&["hash-object", "-t", "tag", "-w", "../tag"]).stdout;
    world.git(&["update-ref", "refs/tags/v1", made.trim()]);
    world.report(&["range", "HEAD..v1"]).assert_findings(&["new tag:1"]);
}

#[test]
fn a_name_in_the_header_of_a_tag() {
    let world = repository();
    world.git(&["tag", "-a", "-m", "x", &format!("v-{}", token(2))]);
    let report = world.report(&["range", &format!("base..v-{}", token(2))]);
    assert_eq!((report.code, report.findings.len()), (1, 1), "{:?}", report.found());
    assert_eq!(report.findings[0]["content_kind"], "tag");
}

#[test]
fn names_of_files_and_folders() {
    let world = repository();
    world.write(&format!("work/{}.txt", token(2)), "harmless\n");
    world.write(&format!("work/{}/inner.txt", token(3)), "harmless\n");
    let introduction = commit(&world, "names");
    let report = world.report(&["range", "base..HEAD"]);
    assert_eq!(report.code, 1);
    let kinds: Vec<&str> = report.findings.iter().map(|finding| text(finding, "content_kind")).collect();
    assert_eq!(kinds, ["file-name", "file-name"]);
    assert!(report.findings.iter().all(|finding| finding["first_commit"] == introduction));
    world.stopleak(&["range", "base..HEAD"]).assert_no_token_shown();
    // Further files in that directory and edits of the file do not block.
    world.write(&format!("work/{}/second.txt", token(3)), "harmless\n");
    world.write(&format!("work/{}.txt", token(2)), "edited\n");
    commit(&world, "more");
    let report = world.report(&["range", "HEAD~..HEAD"]);
    assert_eq!((report.code, report.findings.len()), (0, 1));
    assert_eq!(text(&report.findings[0], "status"), "old");
    // Renaming the file or the directory does not block either.
    world.git(&["mv", &format!("{}.txt", token(2)), &format!("moved-{}.md", token(2))]);
    world.git(&["mv", &token(3), "elsewhere"]);
    world.git(&["mv", "elsewhere/inner.txt", &format!("elsewhere/{}", token(3))]);
    world.report(&["staged"]).findings.iter().for_each(|finding| assert_eq!(text(finding, "status"), "old"));
    commit(&world, "renamed");
    let report = world.report(&["range", "HEAD~..HEAD"]);
    assert_eq!((report.code, report.findings.len()), (0, 2), "{:?}", report.found());
    // An ordinary file name is not a finding.
    world.write("work/src/password_reset_token.rs", "harmless\n");
    commit(&world, "code");
    world.report(&["range", "HEAD~..HEAD"]).assert_findings(&[]);
}

#[test]
fn messages_of_nested_tags() {
    let world = repository();
    commit(&world, "two");
    world.git(&["tag", "-a", "inner", "-m", &format!("inner {}", token(2))]);
    world.git(&["tag", "-a", "outer", "-m", &format!("outer\n\n{}", token(3)), "inner"]);
    let report = world.report(&["range", "base..outer"]);
    report.assert_findings(&["new tag:1", "new tag:3"]);
    assert_eq!(report.count("commits"), 1);
    // The tags are read although the range has no commit.
    world.report(&["range", "HEAD..outer"]).assert_findings(&["new tag:1", "new tag:3"]);
    world.git(&["-c", &format!("user.name={}", token(4)), "tag", "-a", "who", "-m", "x"]);
    let mut command = world.command("git", "work");
    command.env("GIT_COMMITTER_NAME", token(5)).args(["tag", "-a", "tagger", "-m", "x"]);
    assert_eq!(world.run(&mut command).code, 0);
    let report = world.report(&["range", "HEAD..tagger"]);
    report.assert_findings(&["new tag:1"]);
    assert!(evidence(&report.findings[0]).contains("tagger"));
}
