//! Builds the [`View`] of a report. All masking happens here, before any format reads a value.

use crate::model;
use crate::model::{Evidence, Excerpt, RefSet, ScanReport, Secret, Status, StatusReason};

use super::redact::Redactor;
use super::schema;
use super::schema::{SCHEMA, Scan, Shard, StatusCounts, Summary, Unscanned, UnscannedCounts};
use super::verdict;
use super::view::{Finding, Findings, View};

/// Maximum number of refs of one kind that a finding lists. A mirror of a repository on a forge has one for each pull
/// request.
const MAX_REFS: usize = 250;

/// Builds the view of `report`. Unless `show_secrets`, each value is masked wherever it occurs: in its own field, and
/// in paths, ref names, author lines and reasons.
pub(super) fn view(report: &ScanReport, show_secrets: bool) -> View<'_> {
    let redactor = match show_secrets {
        true => Redactor::transparent(),
        false => Redactor::new(report.findings.iter().map(|finding| &finding.secret).chain(&report.in_names)),
    };
    let mut findings: Vec<&model::Finding> = report.findings.iter().collect();
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let mut unscanned: Vec<&model::Unscanned> = report.unscanned.iter().collect();
    unscanned.sort();
    let mut view = View {
        scan: scan(report, &redactor),
        is_server: report.header.is_server,
        unscanned: unscanned.iter().map(|entry| self::unscanned(entry, &redactor)).collect(),
        summary: summary(report, &redactor),
        findings: Findings {
            sorted: findings,
            mask: Box::new(move |finding: &model::Finding| self::finding(finding, &redactor, show_secrets)),
        },
    };
    view.summary.line = verdict::line(&view);
    view
}

fn scan(report: &ScanReport, redactor: &Redactor<'_>) -> Scan {
    let header = &report.header;
    Scan {
        schema: SCHEMA,
        tool: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: header.command,
        target: redactor.text(&header.target),
        ruleset: header.ruleset.clone(),
        rules: header.rules,
        fail_on: report.fail_on,
        refs: header.refs.iter().map(|name| redactor.text(name)).collect(),
        shard: header.shard.map(|(number, of)| Shard { number, of }),
        policy: header.policy.clone(),
    }
}

/// The summary, still without its line.
fn summary(report: &ScanReport, redactor: &Redactor<'_>) -> Summary {
    let mut findings = StatusCounts::default();
    for finding in &report.findings {
        *match finding.status {
            Status::New => &mut findings.new,
            Status::Old => &mut findings.old,
            Status::Suppressed => &mut findings.suppressed,
        } += 1;
    }
    let mut unscanned = UnscannedCounts::default();
    report.unscanned.iter().for_each(|entry| unscanned.add(entry.kind));
    Summary {
        complete: report.is_complete(),
        verdict: report.verdict(),
        counts: report.counts,
        unscanned,
        findings,
        notes: report.notes.iter().map(|note| redactor.text(note)).collect(),
        nothing_scanned: report.nothing_scanned.as_ref().map(|reason| redactor.text(reason)),
        line: String::new(),
    }
}

fn finding(finding: &model::Finding, redactor: &Redactor<'_>, show_secrets: bool) -> Finding {
    let (rule, location, origin) = (&finding.rule, &finding.location, &finding.provenance);
    let commit = origin.first_commit.as_ref();
    let timeline = origin.timeline.as_deref().cloned().unwrap_or_default();
    let record = schema::Finding {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        provider: rule.provider.clone(),
        severity: finding.severity,
        confidence: finding.confidence,
        why: finding.why.iter().map(|fact| redactor.text(fact.phrase())).collect(),
        path: redactor.path(&origin.path),
        submodule: origin.submodule.as_ref().map(|path| redactor.path(path)),
        start_line: location.start_line,
        start_column: location.start_column,
        end_line: location.end_line,
        end_column: location.end_column,
        secret: value_text(&finding.secret, show_secrets),
        fingerprint: finding.fingerprint.as_str().to_owned(),
        content_kind: origin.content_kind,
        object: origin.object.clone(),
        first_commit: commit.map(|commit| commit.id.clone()),
        author: commit.map(|commit| redactor.text(&commit.author)),
        date: commit.map(|commit| commit.date.clone()),
        committer: commit.map(|commit| redactor.text(&commit.committer)),
        committed: commit.map(|commit| commit.committed.clone()),
        moved_from: origin.moved_from.iter().map(|path| redactor.path(path)).collect(),
        merge: commit.map(|commit| commit.is_merge),
        shallow: commit.map(|commit| commit.is_shallow),
        at_head: origin.is_at_head,
        refs: listed(&origin.refs).map(|name| redactor.text(name)).collect(),
        refs_count: origin.refs.len(),
        reachable: origin.is_reachable,
        kept_by: origin.kept_by.iter().map(|name| redactor.text(name)).collect(),
        first_seen: timeline.first,
        removed_in: timeline.removed_in,
        reintroduced_in: timeline.reintroduced_in,
        last_commit: timeline.last,
        status: finding.status,
        status_reason: finding.status_reason.as_ref().map(|reason| redactor.text(&reason.to_string())),
        help: rule.help.clone(),
        revoke: rule.revoke.clone(),
        revoke_url: rule.revoke_url.clone(),
    };
    Finding {
        record,
        excerpt: excerpt(finding, redactor, show_secrets),
        is_head: commit.is_some_and(|commit| commit.is_head),
        is_pushed: commit.is_some_and(|commit| commit.is_pushed),
        is_in_name_or_email: finding.why.iter().any(|fact| matches!(fact, Evidence::InNameOrEmail(_))),
        is_allowed_by_comment: finding.status_reason.as_ref().is_some_and(StatusReason::is_allow_comment),
    }
}

fn unscanned(entry: &model::Unscanned, redactor: &Redactor<'_>) -> Unscanned {
    Unscanned {
        kind: entry.kind,
        what: redactor.text(&entry.what),
        reason: redactor.text(&entry.reason),
        remedy: entry.remedy.as_ref().map(|remedy| redactor.text(remedy)),
    }
}

/// The refs that a finding lists, sorted: at most [`MAX_REFS`] of each kind.
fn listed(refs: &RefSet) -> impl Iterator<Item = &str> {
    let mut counts = [0; 4];
    refs.iter().filter(move |name| {
        let kinds = ["refs/heads/", "refs/remotes/", "refs/tags/"];
        let kind = kinds.iter().position(|kind| name.starts_with(kind)).unwrap_or(kinds.len());
        counts[kind] += 1;
        counts[kind] <= MAX_REFS
    })
}

fn value_text(secret: &Secret, show_secrets: bool) -> String {
    if show_secrets { String::from_utf8_lossy(secret.expose()).into_owned() } else { secret.redacted() }
}

/// The excerpt with the mask of the value, or with the value itself. Offsets outside of the text are clamped, so that
/// a wrong offset never prevents a report.
fn excerpt(finding: &model::Finding, redactor: &Redactor<'_>, show_secrets: bool) -> Excerpt {
    let Excerpt { text, start, end } = &finding.excerpt;
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    let start = byte(*start);
    let end = byte(*end).max(start);
    let before = redactor.text(&text[..start]);
    let value = match show_secrets {
        true => value_text(&finding.secret, true),
        false => redactor.text(&text[start..end]),
    };
    let start = before.chars().count();
    let after = redactor.text(&text[end..]);
    Excerpt { start, end: start + value.chars().count(), text: before + &value + &after }
}
