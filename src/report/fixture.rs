//! The reports that every format is tested with. No value in them is a real secret.

use std::sync::Arc;

use crate::model::{
    Command, CommitFacts, Confidence, ContentKind, Counts, Evidence, Excerpt, Finding, Fingerprint,
    FingerprintKey, Location, Provenance, RefSet, RepoPath, RuleInfo, ScanHeader, ScanReport, Secret,
    Severity, Status, StatusReason, Timeline, Unscanned, UnscannedKind, WorkStats,
};

/// A part of a line of context.
pub(super) enum Part<'p> {
    Text(&'p str),
    Value(&'p Secret),
}
use Part::{Text, Value};

/// The masked line with the span of the value with index `which`, and that value.
pub(super) fn line(parts: &[Part<'_>], which: usize) -> (Excerpt, Secret) {
    let (mut excerpt, mut found, mut seen) = (Excerpt::default(), None, 0);
    for part in parts {
        let start = excerpt.text.chars().count();
        match part {
            Text(text) => excerpt.text.push_str(text),
            Value(secret) => {
                excerpt.text.push_str(&secret.redacted());
                if seen == which {
                    (excerpt.start, excerpt.end) = (start, excerpt.text.chars().count());
                    found = Some((*secret).clone());
                }
                seen += 1;
            }
        }
    }
    (excerpt, found.expect("the line has that value"))
}

pub(super) fn rule(id: &str, name: &str) -> Arc<RuleInfo> {
    Arc::new(RuleInfo {
        id: id.to_owned(),
        name: name.to_owned(),
        provider: "Example".to_owned(),
        help: "Replace it by a variable\nof the environment.".to_owned(),
        revoke: None,
        revoke_url: None,
    })
}

fn token_rule() -> Arc<RuleInfo> {
    Arc::new(RuleInfo {
        revoke: Some("Delete it under Settings, Tokens:".to_owned()),
        revoke_url: Some("https://example.org/settings/tokens".to_owned()),
        ..(*rule("example-token", "Example API token")).clone()
    })
}

/// A new finding of high confidence of `rule` in the file at `path`, on line 3.
pub(super) fn finding(rule: &Arc<RuleInfo>, path: &[u8], (excerpt, secret): (Excerpt, Secret)) -> Finding {
    let columns = (excerpt.start + 1, excerpt.start + secret.expose().len().max(1));
    Finding {
        rule: Arc::clone(rule),
        severity: Severity::Critical,
        confidence: Confidence::High,
        why: vec![Evidence::ChecksumVerified, Evidence::ExactShape],
        fingerprint: Fingerprint::new(&FingerprintKey::DEFAULT, &rule.id, &secret),
        secret,
        location: Location { start_line: 3, start_column: columns.0, end_line: 3, end_column: columns.1 },
        excerpt,
        provenance: Provenance::file(RepoPath::new(path)),
        status: Status::New,
        status_reason: None,
    }
}

/// A finding of a history: in `content_kind`, introduced by a commit whose id begins with `commit`.
pub(super) fn historic(mut finding: Finding, content_kind: ContentKind, commit: &str) -> Finding {
    let id = |digit: &str| format!("{commit}{}", digit.repeat(40 - commit.len()));
    finding.provenance = Provenance {
        content_kind,
        object: Some(id("b")),
        first_commit: Some(CommitFacts {
            id: id("c"),
            author: "Ann Example <ann@example.org>".to_owned(),
            date: "2026-01-02T03:04:05+01:00".to_owned(),
            committer: "Cy Example <cy@example.org>".to_owned(),
            committed: "2026-01-03T03:04:05+01:00".to_owned(),
            summary: "Add the app".to_owned(),
            is_head: false,
            is_pushed: false,
            is_merge: false,
            is_shallow: false,
        }),
        is_at_head: Some(true),
        refs: ["refs/heads/main", "refs/tags/v1"].map(str::to_owned).into_iter().collect(),
        is_reachable: Some(true),
        ..finding.provenance
    };
    finding
}

fn unscanned(kind: UnscannedKind, what: &str, reason: &str, remedy: Option<&str>) -> Unscanned {
    Unscanned { kind, what: what.to_owned(), reason: reason.to_owned(), remedy: remedy.map(str::to_owned) }
}

pub(super) fn report(command: Command, findings: Vec<Finding>) -> ScanReport {
    ScanReport {
        header: ScanHeader {
            command,
            target: ".".to_owned(),
            ruleset: "0123456789abcdef".to_owned(),
            rules: 134,
            refs: Vec::new(),
            is_server: false,
            shard: None,
            policy: None,
        },
        findings,
        unscanned: Vec::new(),
        in_names: Vec::new(),
        counts: Counts { files: 12, bytes: 34_120, ..Counts::default() },
        work_stats: WorkStats::default(),
        fail_on: Confidence::Medium,
        notes: Vec::new(),
        nothing_scanned: None,
    }
}

/// A report of `staged`: two values on one line, one of them at six more locations, and a finding of low confidence.
pub(super) fn staged() -> ScanReport {
    let (first, second) = (Secret::new("tok_0123456789abcdefgh"), Secret::new("hunter2hunter"));
    let both = [Text("\tconnect(\""), Value(&first), Text("\", \""), Value(&second), Text("\"); // 鍵 ok")];
    let (token, password) = (token_rule(), rule("generic-password", "Password"));
    let mut findings = vec![
        finding(&token, b"src/app.rs", line(&both, 0)),
        finding(&password, b"src/app.rs", line(&both, 1)),
    ];
    for number in 1..=6 {
        let path = format!("deploy/{number}.env");
        findings.push(finding(&token, path.as_bytes(), line(&[Text("TOKEN="), Value(&first)], 0)));
    }
    let guess = Secret::new("correct horse");
    let mut guess = finding(&password, b"test/login.rs", line(&[Text("pw = "), Value(&guess)], 0));
    (guess.confidence, guess.severity) = (Confidence::Low, Severity::Medium);
    guess.why = Vec::new();
    findings.push(guess);
    let mut old = finding(&password, b"src/old.rs", line(&[Text("pw = "), Value(&second)], 0));
    (old.status, old.status_reason) = (Status::Old, Some(StatusReason::InPreviousVersion));
    findings.push(old);
    let mut report = report(Command::Staged, findings);
    report.counts.skipped = 7;
    report
}

/// Every content kind, status and kind of unscanned entry in one report, with hostile names.
pub(super) fn rich() -> ScanReport {
    let token = token_rule();
    let value = |name: &str| Secret::new(format!("tok_{name}_0123456789abcdef"));
    let plain = |name: &str| line(&[Text("token = '"), Value(&value(name)), Text("'")], 0);
    let mut findings = Vec::new();

    // One value in every content kind but files.
    let shared = value("shared");
    for (content_kind, path) in [
        (ContentKind::Commit, String::new()),
        (ContentKind::Tag, "refs/tags/v1".to_owned()),
        (ContentKind::Symlink, "link".to_owned()),
        (ContentKind::FileName, format!("keys/{}.txt", String::from_utf8_lossy(shared.expose()))),
        (ContentKind::RefName, format!("refs/heads/{}", String::from_utf8_lossy(shared.expose()))),
    ] {
        let found = finding(&token, path.as_bytes(), line(&[Text("see "), Value(&shared)], 0));
        findings.push(historic(found, content_kind, "11"));
    }

    // Commits: a merge, the end of a shallow clone, and an unreachable object.
    let mut merged = historic(finding(&token, b"merged.txt", plain("merged")), ContentKind::File, "22");
    if let Some(commit) = &mut merged.provenance.first_commit {
        commit.is_merge = true;
        commit.author = "\u{202e}Eve\x1b[31m <eve@example.org>".to_owned();
    }
    let mut shallow =
        historic(finding(&token, b"old/shallow.txt", plain("shallow")), ContentKind::File, "33");
    if let Some(commit) = &mut shallow.provenance.first_commit {
        commit.is_shallow = true;
    }
    shallow.provenance.is_at_head = Some(false);
    let removed_in = vec!["5".repeat(40), "7".repeat(40)];
    let timeline = Timeline {
        first: Some("4".repeat(40)),
        removed_in,
        reintroduced_in: vec!["6".repeat(40)],
        last: None,
    };
    shallow.provenance.moved_from = vec![RepoPath::new("old/before.txt")];
    shallow.provenance.timeline = Some(Arc::new(Timeline { last: Some("6".repeat(40)), ..timeline }));
    let mut dangling = historic(finding(&token, b"dangling.txt", plain("dangling")), ContentKind::File, "44");
    (dangling.provenance.is_at_head, dangling.provenance.is_reachable) = (Some(false), Some(false));
    dangling.provenance.refs = RefSet::default();
    dangling.provenance.first_commit = None;
    findings.extend([merged, shallow, dangling]);

    // Paths and lines.
    findings.push(finding(&token, b"caf\xe9/100% [x]{0}.md", plain("bytes")));
    findings.push(finding(&token, b"evil\x1b[2J\n::error::\xe2\x80\xae.md", plain("evil")));
    let long = value("long");
    let text = "lorem ipsum ".repeat(30);
    findings.push(finding(&token, b"dist/app.min.js", line(&[Text(&text), Value(&long), Text(&text)], 0)));
    let hostile = value("hostile");
    let parts = [Text("\x1b]0;x\x07\t"), Value(&hostile), Text("\u{202e}\u{9b}")];
    findings.push(finding(&token, b"hostile.txt", line(&parts, 0)));
    let mut stdin = finding(&token, b"", plain("stdin"));
    stdin.provenance.content_kind = ContentKind::Stdin;
    findings.push(stdin);
    let mut key = finding(&rule("private-key", "Private key"), b"id_ed25519", plain("key"));
    (key.location.start_line, key.location.end_line, key.location.end_column) = (1, 7, 33);
    key.severity = Severity::High;
    findings.push(key);

    // Findings that do not block.
    for (name, status, reason) in [
        ("commented", Status::Suppressed, StatusReason::AllowComment { reason: "test data".to_owned() }),
        ("remarked", Status::Suppressed, StatusReason::Baseline { remark: Some("a fixture".to_owned()) }),
        ("known", Status::Suppressed, StatusReason::Baseline { remark: None }),
        ("before", Status::Old, StatusReason::InPreviousVersion),
    ] {
        let mut found = finding(&token, format!("allowed/{name}.txt").as_bytes(), plain(name));
        (found.status, found.status_reason) = (status, Some(reason));
        found.severity = Severity::Medium;
        findings.push(found);
    }

    let mut report = report(Command::History, findings);
    report.header.refs = vec!["refs/heads/main".to_owned()];
    report.header.shard = Some((1, 3));
    report.counts = Counts { commits: 85_013, objects: 165_291, files: 0, bytes: 5_600_000_000, skipped: 1 };
    report.unscanned = vec![
        unscanned(UnscannedKind::Elsewhere, "vendor/lib", "a submodule", None),
        unscanned(UnscannedKind::Unreadable, "secret%0Adir", "permission denied", Some("run as its owner")),
        unscanned(UnscannedKind::Corrupt, &"5".repeat(40), "its zlib stream ends early", Some("git fsck")),
        unscanned(UnscannedKind::Missing, &"6".repeat(40), "no pack holds it", Some("git fetch --refetch")),
        unscanned(UnscannedKind::TooLarge, "big.bin", "it has 200 MB", Some("--max-blob-size 1G")),
        unscanned(UnscannedKind::Shallow, ".", "history is cut off", Some("git fetch --unshallow")),
        unscanned(UnscannedKind::Aborted, "deep.zip", "nested too deep\x1b[0m", None),
    ];
    report.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    report
}
