//! The `purge:` recipe of the human format for each situation, as a whole.

use super::plain;
use crate::model::{
    Command, CommitFacts, ContentKind, Evidence, Finding, Identity, RepoPath, ScanReport, Secret,
};
use crate::report::Format;
use crate::report::fixture::{Part, finding, historic, line, report, rule};

/// A finding that a commit introduced, whose id begins with `commit`, reachable from `refs`.
fn found(kind: ContentKind, path: &str, commit: &str, refs: &[&str]) -> Finding {
    let value = Secret::new("tok_0123456789abcdef");
    let context = line(&[Part::Text("token = '"), Part::Value(&value), Part::Text("'")], 0);
    let found = finding(&rule("example-token", "Example API token"), path.as_bytes(), context);
    let mut found = historic(found, kind, commit);
    found.provenance.refs = refs.iter().map(|name| (*name).to_owned()).collect();
    found
}

/// In a file that a commit introduced on the branch `main`.
fn in_file() -> Finding {
    found(ContentKind::File, "src/app.rs", "11", &["refs/heads/main"])
}

fn with_commit(mut finding: Finding, change: impl FnOnce(&mut CommitFacts)) -> Finding {
    change(finding.provenance.first_commit.as_mut().expect("introduced by a commit"));
    finding
}

/// The report of a clone with one remote-tracking branch.
fn cloned(command: Command, findings: Vec<Finding>) -> ScanReport {
    let mut report = report(command, findings);
    report.header.refs = vec!["refs/heads/main".to_owned(), "refs/remotes/origin/main".to_owned()];
    report
}

/// The recipe of the only group of `report`, without its indentation.
fn recipe(report: &ScanReport) -> String {
    let page = plain(Format::Human, report);
    let (_, recipe) = page.split_once("\n  purge:").expect("a recipe");
    let (recipe, _) = recipe.split_once("\n  learn:").expect("the line after the recipe");
    recipe.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The recipe of `history` in a clone.
fn in_clone(findings: Vec<Finding>) -> String {
    recipe(&cloned(Command::History, findings))
}

#[test]
fn the_last_commit() {
    insta::assert_snapshot!(in_clone(vec![with_commit(in_file(), |commit| commit.is_head = true)]), @r#"
    If only you have 11cccccccccc, your last commit: remove the secret from src/app.rs, then:
    git add -- src/app.rs && git commit --amend --allow-empty --no-edit
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn an_earlier_commit() {
    insta::assert_snapshot!(in_clone(vec![in_file()]), @r#"
    If only you have 11cccccccccc: check it out, remove the secret from src/app.rs, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
    git checkout 11cccccccccc
    git add -- src/app.rs && git commit --amend --allow-empty --no-edit
    git rebase --rebase-merges --onto HEAD 11cccccccccc main
    Or, if later commits move or change the value, with git-filter-repo:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --force --refs refs/heads/main $(git rev-parse --not --remotes) --replace-text ../purge.txt
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn a_clone_without_remote_tracking_branches() {
    insta::assert_snapshot!(recipe(&report(Command::History, vec![in_file()])), @r#"
    Cannot tell whether this was pushed (no remote-tracking branch). If it was, revoke the secret first.
    If only you have 11cccccccccc: check it out, remove the secret from src/app.rs, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
    git checkout 11cccccccccc
    git add -- src/app.rs && git commit --amend --allow-empty --no-edit
    git rebase --rebase-merges --onto HEAD 11cccccccccc main
    Or, if later commits move or change the value, with git-filter-repo:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --force --refs refs/heads/main $(git rev-parse --not --remotes) --replace-text ../purge.txt
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn a_range_of_commits_that_are_not_pushed() {
    let mut finding = in_file();
    finding.provenance.refs = Default::default();
    insta::assert_snapshot!(recipe(&report(Command::Range, vec![finding])), @r#"
    If only you have 11cccccccccc: check it out, remove the secret from src/app.rs, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
    git checkout 11cccccccccc
    git add -- src/app.rs && git commit --amend --allow-empty --no-edit
    git rebase --rebase-merges --onto HEAD 11cccccccccc "$(git rev-parse --abbrev-ref @{-1})"
    "#);
}

#[test]
fn a_range_of_pushed_commits() {
    let mut finding = with_commit(in_file(), |commit| commit.is_pushed = true);
    finding.provenance.refs = Default::default();
    insta::assert_snapshot!(recipe(&report(Command::Range, vec![finding])), @r#"
    It was pushed: revoke the secret first. Then, with git-filter-repo, in a fresh clone of each remote (git clone --mirror), where stopleak history lists the refs that contain it:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --replace-text ../purge.txt
    Or instead, to delete the files (necessary for those with NUL bytes, which --replace-text does not change):
    git filter-repo --invert-paths --path src/app.rs
    git push --force --mirror URL
    Replace every clone, including yours, with a fresh one.
    "#);
}

#[test]
fn commits_that_ci_checks() {
    let mut finding = in_file();
    finding.provenance.refs = Default::default();
    insta::assert_snapshot!(recipe(&report(Command::Ci, vec![finding])), @r#"
    It was pushed for this check: revoke the secret first.
    If only you have 11cccccccccc: check it out, remove the secret from src/app.rs, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
    git checkout 11cccccccccc
    git add -- src/app.rs && git commit --amend --allow-empty --no-edit
    git rebase --rebase-merges --onto HEAD 11cccccccccc "$(git rev-parse --abbrev-ref @{-1})"
    git push --force-with-lease
    "#);
}

#[test]
fn a_message_and_a_file_name() {
    let message = found(ContentKind::Commit, "", "11", &["refs/heads/main"]);
    let name = found(ContentKind::FileName, "tok_0123456789abcdef.txt", "11", &["refs/heads/main"]);
    insta::assert_snapshot!(in_clone(vec![message, name]), @r#"
    If only you have 11cccccccccc: check it out, rename the file, remove the secret from the message, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
    git checkout 11cccccccccc
    git mv -- 'tok_********.txt' NEW && git commit --amend --allow-empty
    git rebase --rebase-merges --onto HEAD 11cccccccccc main
    Or, if later commits move or change the value, with git-filter-repo:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --force --refs refs/heads/main $(git rev-parse --not --remotes) --replace-message ../purge.txt --filename-callback 'return filename.replace(b"tok_********", b"REMOVED")'
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn the_name_of_an_author() {
    let mut author = found(ContentKind::Commit, "", "11", &["refs/heads/main"]);
    author.why.push(Evidence::InNameOrEmail(Identity::Author));
    insta::assert_snapshot!(in_clone(vec![author.clone()]), @r#"
    If only you have refs/heads/main: rewrite with git-filter-repo:
    git filter-repo --force --refs refs/heads/main $(git rev-parse --not --remotes) --name-callback 'return name.replace(b"tok_********", b"REMOVED")' --email-callback 'return email.replace(b"tok_********", b"REMOVED")'
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
    insta::assert_snapshot!(in_clone(vec![with_commit(author, |commit| commit.is_head = true)]), @r#"
    If only you have 11cccccccccc, your last commit: correct user.name and user.email, then:
    git commit --amend --allow-empty --no-edit --reset-author
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn several_branches_and_a_tag() {
    let refs = ["refs/heads/main", "refs/heads/topic", "refs/tags/v1"];
    insta::assert_snapshot!(in_clone(vec![found(ContentKind::File, "src/app.rs", "11", &refs)]), @r#"
    If only you have refs/heads/main, refs/heads/topic, refs/tags/v1: rewrite with git-filter-repo:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --force --refs refs/heads/main refs/heads/topic refs/tags/v1 $(git rev-parse --not --remotes) --replace-text ../purge.txt
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn a_value_of_several_lines() {
    let mut finding = found(ContentKind::File, "id_rsa", "11", &["refs/heads/main", "refs/heads/topic"]);
    finding.location.end_line += 2;
    insta::assert_snapshot!(in_clone(vec![finding]), @r#"
    If only you have refs/heads/main, refs/heads/topic: rewrite with git-filter-repo:
    Write the line regex:VALUE==>REMOVED to ../purge.txt, with \n for the line endings of the value and \+ for +
    git filter-repo --force --refs refs/heads/main refs/heads/topic $(git rev-parse --not --remotes) --replace-text ../purge.txt
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn two_remotes() {
    let refs = ["refs/heads/main", "refs/remotes/fork/main", "refs/remotes/origin/main"];
    let findings = ["a.env", "b.env"].map(|path| found(ContentKind::File, path, "11", &refs));
    insta::assert_snapshot!(in_clone(findings.to_vec()), @r#"
    It was pushed to fork and to origin: revoke the secret first. Then, with git-filter-repo, in a fresh clone:
    url=$(git remote get-url fork); git clone --mirror "$url" ../purge-fork.git
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    cd ../purge-fork.git
    git filter-repo --replace-text ../purge.txt
    Or instead, to delete the files (necessary for those with NUL bytes, which --replace-text does not change):
    git filter-repo --invert-paths --path a.env --path b.env
    git push --force --mirror "$url"; cd -
    And for origin:
    url=$(git remote get-url origin); git clone --mirror "$url" ../purge-origin.git
    cd ../purge-origin.git
    git filter-repo --replace-text ../purge.txt
    git push --force --mirror "$url"; cd -
    This rewrites refs/heads/main, refs/remotes/fork/main, refs/remotes/origin/main. Replace every clone, including yours, with a fresh one. The server keeps the old commits until its garbage collection: contact its administrator.
    "#);
}

#[test]
fn a_server() {
    let mut report = report(Command::History, vec![in_file()]);
    report.header.refs = vec!["refs/heads/main".to_owned()];
    report.header.is_server = true;
    insta::assert_snapshot!(recipe(&report), @r#"
    If anyone has fetched it, revoke the secret first. Then, with git-filter-repo:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --force --replace-text ../purge.txt
    Or instead, to delete the files (necessary for those with NUL bytes, which --replace-text does not change):
    git filter-repo --force --invert-paths --path src/app.rs
    This rewrites refs/heads/main. Replace every clone with a fresh one.
    "#);
}

#[test]
fn the_end_of_a_shallow_clone() {
    insta::assert_snapshot!(in_clone(vec![with_commit(in_file(), |commit| commit.is_shallow = true)]), @r#"
    The shallow clone ends at that commit: fetch the older commits and scan again:
    git fetch --unshallow
    "#);
}

#[test]
fn refs_that_are_not_branches() {
    for refs in [["refs/tags/v1"], ["refs/changes/1"], ["main-worktree/HEAD"]] {
        assert!(in_clone(vec![found(ContentKind::File, "src/app.rs", "11", &refs)]).starts_with(refs[0]));
    }
    let refs = ["main-worktree/HEAD", "refs/changes/1", "refs/tags/v1"];
    insta::assert_snapshot!(in_clone(vec![found(ContentKind::File, "src/app.rs", "11", &refs)]), @r#"
    main-worktree/HEAD of another work tree contains it: run stopleak history there
    refs/changes/1 contains it. This deletes the ref:
    git update-ref -d refs/changes/1
    refs/tags/v1 contains it. If the tag was pushed, revoke the secret first and delete the tag there (git push REMOTE --delete v1). Here:
    git tag -d v1
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn an_annotated_tag() {
    let mut tag = found(ContentKind::Tag, "", "11", &["refs/tags/v1"]);
    tag.provenance.first_commit = None;
    insta::assert_snapshot!(in_clone(vec![tag]), @r#"
    refs/tags/v1 contains it. If the tag was pushed, revoke the secret first and delete the tag there (git push REMOTE --delete v1). Here:
    git tag -d v1
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn a_stash() {
    let finding = found(ContentKind::File, "src/app.rs", "11", &["refs/stash"]);
    let mut alone = cloned(Command::History, vec![finding]);
    alone.header.refs.push("refs/stash".to_owned());
    insta::assert_snapshot!(recipe(&alone), @r#"
    A stash contains it: find it and drop it (if the first command prints none, the stash was made on a commit that contains it):
    git log -g -m --find-object=11bbbbbbbbbb --format=%gd refs/stash
    git stash drop stash@{N}
    Delete the reflogs and all unreachable objects:
    git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now gc --prune=now
    "#);
    let finding = found(ContentKind::File, "src/app.rs", "11", &["refs/heads/main", "refs/stash"]);
    let mut based_on_a_branch = cloned(Command::History, vec![finding]);
    based_on_a_branch.header.refs.push("refs/stash".to_owned());
    insta::assert_snapshot!(recipe(&based_on_a_branch), @r#"
    If only you have 11cccccccccc: check it out, remove the secret from src/app.rs, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
    git checkout 11cccccccccc
    git add -- src/app.rs && git commit --amend --allow-empty --no-edit
    git rebase --rebase-merges --onto HEAD 11cccccccccc main
    Or, if later commits move or change the value, with git-filter-repo:
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    git filter-repo --force --refs refs/heads/main $(git rev-parse --not --remotes) --replace-text ../purge.txt
    The stash is based on a rewritten commit: apply it to the new commits:
    git stash pop
    Delete the reflogs and all unreachable objects:
    git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now gc --prune=now
    "#);
}

#[test]
fn names_of_refs() {
    let name = |prefix: &str| {
        let mut finding = found(ContentKind::RefName, &format!("{prefix}tok_0123456789abcdef"), "11", &[]);
        finding.provenance.first_commit = None;
        finding
    };
    let names = ["refs/heads/", "refs/tags/", "refs/changes/", "refs/remotes/origin/"].map(name);
    insta::assert_snapshot!(in_clone(names.to_vec()), @r#"
    It is in the name of a ref. If the ref was pushed, revoke the secret first and delete the ref there (git push REMOTE --delete REF). Here:
    git update-ref refs/NEW 'refs/changes/tok_********' && git update-ref -d 'refs/changes/tok_********'
    It is in the name of a ref. If the ref was pushed, revoke the secret first and delete the ref there (git push REMOTE --delete REF). Here:
    git branch -m 'tok_********' NEW
    It was pushed as the name of a branch: revoke the secret first and push the branch under another name. Then:
    git push origin --delete 'tok_********'
    It is in the name of a ref. If the ref was pushed, revoke the secret first and delete the ref there (git push REMOTE --delete REF). Here:
    git tag NEW 'tok_********'^{} && git tag -d 'tok_********'
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn unreachable_objects() {
    let mut finding = found(ContentKind::File, "src/app.rs", "11", &[]);
    finding.provenance.first_commit = None;
    (finding.provenance.is_at_head, finding.provenance.is_reachable) = (Some(false), Some(false));
    finding.provenance.kept_by = vec!["HEAD".to_owned()];
    insta::assert_snapshot!(in_clone(vec![finding.clone()]), @r#"
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
    finding.provenance.kept_by = vec!["refs/stash".to_owned()];
    insta::assert_snapshot!(in_clone(vec![finding]), @r#"
    A stash contains it: find it and drop it (if the first command prints none, the stash was made on a commit that contains it):
    git log -g -m --find-object=11bbbbbbbbbb --format=%gd refs/stash
    git stash drop stash@{N}
    Delete the reflogs and all unreachable objects:
    git reflog expire --expire=now --all && git gc --prune=now
    "#);
}

#[test]
fn a_submodule() {
    let refs = ["refs/heads/main", "refs/remotes/origin/main"];
    let mut finding = found(ContentKind::File, "libs/a/src/app.rs", "11", &refs);
    finding.provenance.submodule = Some(RepoPath::new("libs/a"));
    insta::assert_snapshot!(in_clone(vec![finding]), @r#"
    In the submodule libs/a, a separate repository with its own remotes:
    cd libs/a
    It was pushed to origin: revoke the secret first. Then, with git-filter-repo, in a fresh clone:
    url=$(git remote get-url origin); git clone --mirror "$url" ../purge-origin.git
    Put the whole value in place of the masked one:
    printf '%s\n' 'literal:tok_********==>REMOVED' > ../purge.txt
    cd ../purge-origin.git
    git filter-repo --replace-text ../purge.txt
    Or instead, to delete the files (necessary for those with NUL bytes, which --replace-text does not change):
    git filter-repo --invert-paths --path src/app.rs
    git push --force --mirror "$url"; cd -
    This rewrites refs/heads/main, refs/remotes/origin/main. Replace every clone, including yours, with a fresh one. The server keeps the old commits until its garbage collection: contact its administrator.
    "#);
}

/// The `allow:` line of a page with one finding.
fn allow(report: &ScanReport) -> String {
    let page = plain(Format::Human, report);
    let line = page.lines().find_map(|line| line.strip_prefix("  allow:")).expect("an allow line");
    line.trim().to_owned()
}

#[test]
fn allowed_in_the_baseline_that_is_effective() {
    let mut submodule = in_file();
    submodule.provenance.submodule = Some(RepoPath::new("libs/a"));
    let mut base = report(Command::Ci, vec![in_file()]);
    base.header.policy = Some("c".repeat(40));
    let mut server = report(Command::Range, vec![in_file()]);
    server.header.is_server = true;
    let reports = [report(Command::History, vec![submodule]), base, server];
    insta::assert_snapshot!(reports.iter().map(allow).collect::<Vec<_>>().join("\n"), @r#"
    stopleak baseline create --history --recurse-submodules (allow comments do not apply to history and names)
    stopleak baseline create --history (the baseline of the base commit is effective: commit it there)
    stopleak baseline create --history (in a clone; effective once the administrator of the server puts the file next to the repository's `config`)
    "#);
}
