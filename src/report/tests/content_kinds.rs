//! The human format for each content kind, as a whole page.

use super::plain;
use crate::model::{Command, ContentKind, Finding, Secret};
use crate::report::Format;
use crate::report::fixture::{Part, finding, historic, line, report, rule};

fn found(kind: ContentKind, path: &str) -> Finding {
    let value = Secret::new("tok_0123456789abcdef");
    let context = line(&[Part::Text("token = '"), Part::Value(&value), Part::Text("'")], 0);
    let mut finding = finding(&rule("example-token", "Example API token"), path.as_bytes(), context);
    finding.provenance.content_kind = kind;
    finding
}

fn page(command: Command, finding: Finding) -> String {
    plain(Format::Human, &report(command, vec![finding]))
}

/// A page of `scan`.
fn scanned(kind: ContentKind, path: &str) -> String {
    page(Command::Scan, found(kind, path))
}

/// A page of `range`: introduced by one commit.
fn in_range(kind: ContentKind, path: &str) -> String {
    let mut finding = historic(found(kind, path), kind, "11");
    finding.provenance.refs = Default::default();
    (finding.provenance.is_at_head, finding.provenance.is_reachable) = (None, None);
    page(Command::Range, finding)
}

#[test]
fn file() {
    insta::assert_snapshot!(scanned(ContentKind::File, "src/app.rs"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      src/app.rs:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^

      help:   Replace it by a variable of the environment.
      learn:  stopleak rules show example-token
      allow:  end the line with a comment: stopleak:allow example-token REASON

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
    insta::assert_snapshot!(in_range(ContentKind::File, "src/app.rs"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      src/app.rs:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^
        introduced by 11cccccccccc, 2026-01-02T03:04:05+01:00, Ann Example <ann@example.org>; committed 2026-01-03T03:04:05+01:00, Cy Example <cy@example.org>

      help:   Replace it by a variable of the environment.
      purge:  If only you have 11cccccccccc: check it out, remove the secret from src/app.rs, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
              git checkout 11cccccccccc
              git add -- src/app.rs && git commit --amend --allow-empty --no-edit
              git rebase --rebase-merges --onto HEAD 11cccccccccc "$(git rev-parse --abbrev-ref @{-1})"
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create --history (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn blob_without_a_path() {
    let mut finding = historic(found(ContentKind::File, ""), ContentKind::File, "11");
    (finding.provenance.first_commit, finding.provenance.refs) = (None, Default::default());
    (finding.provenance.is_at_head, finding.provenance.is_reachable) = (Some(false), Some(false));
    finding.provenance.kept_by = vec!["ORIG_HEAD".to_owned(), "refs/heads/main".to_owned()];
    insta::assert_snapshot!(page(Command::History, finding), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      object 11bbbbbbbbbb:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^
        not at HEAD; unreachable from any ref, but kept by reflogs or pseudo-refs: ORIG_HEAD, refs/heads/main

      help:   Replace it by a variable of the environment.
      purge:  Delete the reflogs and all unreachable objects:
              git reflog expire --expire=now --all && git gc --prune=now
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create --history (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn symbolic_link() {
    insta::assert_snapshot!(scanned(ContentKind::Symlink, "link"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      link (target of the symbolic link)
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^

      help:   Replace it by a variable of the environment.
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
    insta::assert_snapshot!(in_range(ContentKind::Symlink, "link"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      link (target of the symbolic link)
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^
        introduced by 11cccccccccc, 2026-01-02T03:04:05+01:00, Ann Example <ann@example.org>; committed 2026-01-03T03:04:05+01:00, Cy Example <cy@example.org>

      help:   Replace it by a variable of the environment.
      purge:  If only you have 11cccccccccc: check it out, remove the secret from link, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
              git checkout 11cccccccccc
              git add -- link && git commit --amend --allow-empty --no-edit
              git rebase --rebase-merges --onto HEAD 11cccccccccc "$(git rev-parse --abbrev-ref @{-1})"
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create --history (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn commit() {
    insta::assert_snapshot!(in_range(ContentKind::Commit, ""), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      commit 11bbbbbbbbbb:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^
        introduced by 11cccccccccc, 2026-01-02T03:04:05+01:00, Ann Example <ann@example.org>; committed 2026-01-03T03:04:05+01:00, Cy Example <cy@example.org>

      help:   Replace it by a variable of the environment.
      purge:  If only you have 11cccccccccc: check it out, remove the secret from the message, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
              git checkout 11cccccccccc
              git commit --amend --allow-empty
              git rebase --rebase-merges --onto HEAD 11cccccccccc "$(git rev-parse --abbrev-ref @{-1})"
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create --history (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn message_of_a_commit_that_is_being_made() {
    insta::assert_snapshot!(scanned(ContentKind::Commit, ""), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      commit message:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^

      help:   Replace it by a variable of the environment.
      learn:  stopleak rules show example-token
      allow:  not possible in a commit message: remove the secret

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn tag() {
    let mut finding = historic(found(ContentKind::Tag, ""), ContentKind::Tag, "11");
    (finding.provenance.first_commit, finding.provenance.is_at_head) = (None, None);
    finding.provenance.refs = ["refs/tags/v1".to_owned()].into_iter().collect();
    insta::assert_snapshot!(page(Command::History, finding), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      tag 11bbbbbbbbbb:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^
        in refs/tags/v1

      help:   Replace it by a variable of the environment.
      purge:  Cannot tell whether this was pushed (no remote-tracking branch). If it was, revoke the secret first.
              refs/tags/v1 contains it. If the tag was pushed, revoke the secret first and delete the tag there (git push REMOTE --delete v1). Here:
              git tag -d v1
              Delete the reflogs and all unreachable objects:
              git reflog expire --expire=now --all && git gc --prune=now
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create --history (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn file_name() {
    insta::assert_snapshot!(scanned(ContentKind::FileName, "keys/tok_0123456789abcdef.txt"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      keys/tok_********.txt (name of the file)
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^

      help:   Replace it by a variable of the environment.
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
    insta::assert_snapshot!(in_range(ContentKind::FileName, "keys/tok_0123456789abcdef.txt"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      keys/tok_********.txt (name of the file)
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^
        introduced by 11cccccccccc, 2026-01-02T03:04:05+01:00, Ann Example <ann@example.org>; committed 2026-01-03T03:04:05+01:00, Cy Example <cy@example.org>

      help:   Replace it by a variable of the environment.
      purge:  If only you have 11cccccccccc: check it out, rename the file, amend the commit and rebase the later ones onto it (after a conflict: git rebase --continue):
              git checkout 11cccccccccc
              git mv -- 'keys/tok_********.txt' NEW && git commit --amend --allow-empty --no-edit
              git rebase --rebase-merges --onto HEAD 11cccccccccc "$(git rev-parse --abbrev-ref @{-1})"
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create --history (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn ref_name() {
    insta::assert_snapshot!(scanned(ContentKind::RefName, "refs/heads/tok_0123456789abcdef"), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      refs/heads/tok_******** (name of the ref)
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^

      help:   Replace it by a variable of the environment.
      purge:  It is in the name of a ref. If the ref was pushed, revoke the secret first and delete the ref there (git push REMOTE --delete REF). Here:
              git branch -m 'tok_********' NEW
      learn:  stopleak rules show example-token
      allow:  stopleak baseline create (allow comments do not apply to history and names)

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}

#[test]
fn standard_input() {
    insta::assert_snapshot!(scanned(ContentKind::Stdin, ""), @r#"
    Example API token [example-token]
      high confidence, critical severity: checksum verified, exact shape

      <stdin>:3:10
        3 | token = 'tok_********'
          |          ^^^^^^^^^^^^

      help:   Replace it by a variable of the environment.
      learn:  stopleak rules show example-token
      allow:  end the line with a comment: stopleak:allow example-token REASON

    stopleak: 1 secret in 1 place. Read 12 files, 34.1 kB; 134 rules.
    "#);
}
