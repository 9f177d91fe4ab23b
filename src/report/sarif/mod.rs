//! SARIF 2.1.0 for GitHub code scanning.
//!
//! The service rejects a whole upload if one result has no location or if there are too many results. Therefore every
//! result has a location, for every content kind, and results over the limit are dropped and counted.

mod model;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use crate::model::{Confidence, ContentKind, Severity, Status};

use super::escape::{sarif_message, uri_path};
use super::json_text::write_pretty;
use super::options::ReportOptions;
use super::schema::Scan;
use super::view::{Finding, View};
use model::*;

/// GitHub rejects a run with more results.
const MAX_RESULTS: usize = 25_000;

pub(super) fn write(view: View<'_>, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    write_pretty(&log(&view, &within_limit(&view, MAX_RESULTS)), out)
}

fn log<'d>(view: &'d View<'_>, findings: &'d [Finding]) -> Log<'d> {
    let rules = rules(findings);
    let results = findings
        .iter()
        .map(|finding| {
            let index = rules.binary_search_by_key(&finding.rule.as_str(), |rule| rule.id);
            result(view, finding, index.expect("the rules were taken from these findings"))
        })
        .collect();
    let scan = &view.scan;
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            automation_details: AutomationDetails { id: automation_id(scan) },
            invocations: [invocation(view, view.findings.sorted.len() - findings.len())],
            column_kind: "unicodeCodePoints",
            results,
            properties: json!({
                "target": scan.target,
                "ruleset": scan.ruleset,
                "rules": scan.rules,
                "policy": scan.policy,
                "summary": view.summary,
            }),
            tool: Tool {
                driver: Driver {
                    name: &scan.tool,
                    semantic_version: &scan.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules,
                },
            },
        }],
    }
}

/// The findings within the limit, in report order. Suppressed ones are dropped first, then old ones, then new ones that
/// do not block.
fn within_limit(view: &View<'_>, max_results: usize) -> Vec<Finding> {
    let mut order: Vec<(usize, &crate::model::Finding)> =
        view.findings.sorted.iter().copied().enumerate().collect();
    if order.len() > max_results {
        order.sort_by_key(|(_, finding)| {
            (finding.status, Reverse(finding.confidence), Reverse(finding.severity))
        });
        order.truncate(max_results);
        order.sort_by_key(|&(at, _)| at);
    }
    order.into_iter().map(|(_, finding)| (view.findings.mask)(finding)).collect()
}

/// The category: uploads of different commands, and of the shards of one command, do not replace one another.
fn automation_id(scan: &Scan) -> String {
    match scan.shard {
        Some(shard) => format!("{}/{}/{}-of-{}/", scan.tool, scan.command, shard.number, shard.of),
        None => format!("{}/{}/", scan.tool, scan.command),
    }
}

/// One descriptor for each rule with findings, sorted by id. In SARIF, severity and precision belong to the rule; the
/// highest among its findings is used, and each result has its own in `properties`.
fn rules(findings: &[Finding]) -> Vec<Rule<'_>> {
    let mut by_id: BTreeMap<&str, (&Finding, Severity, Confidence)> = BTreeMap::new();
    for finding in findings {
        let (_, severity, confidence) =
            by_id.entry(&finding.rule).or_insert((finding, finding.severity, finding.confidence));
        *severity = finding.severity.max(*severity);
        *confidence = finding.confidence.max(*confidence);
    }
    by_id.into_values().map(|(finding, severity, confidence)| rule(finding, severity, confidence)).collect()
}

fn rule<'d>(finding: &'d Finding, severity: Severity, confidence: Confidence) -> Rule<'d> {
    let help = [Some(&finding.help), finding.revoke.as_ref(), finding.revoke_url.as_ref()];
    let mut help: Vec<&str> =
        help.into_iter().flatten().map(String::as_str).filter(|text| !text.is_empty()).collect();
    // Code scanning rejects a rule without help.
    if help.is_empty() {
        help.push(&finding.name);
    }
    let mut tags = vec!["security", "secret"];
    tags.extend((!finding.provider.is_empty()).then_some(finding.provider.as_str()));
    Rule {
        id: &finding.rule,
        name: limited(&finding.name, 255),
        short_description: Message { text: limited(&finding.name, 1_024) },
        full_description: Message { text: limited(&format!("{}: {}", finding.name, finding.help), 1_024) },
        help: Message { text: help.join("\n") },
        default_configuration: Configuration { level: level(severity) },
        properties: RuleProperties {
            tags,
            precision: confidence.as_str(),
            security_severity: security_severity(severity),
        },
    }
}

fn result<'d>(view: &View<'_>, finding: &'d Finding, rule_index: usize) -> ResultEntry<'d> {
    ResultEntry {
        rule_id: &finding.rule,
        rule_index,
        level: if view.blocks(finding.status, finding.confidence) { level(finding.severity) } else { "note" },
        message: Message { text: message(finding) },
        locations: [Location { physical_location: location(finding) }],
        partial_fingerprints: PartialFingerprints { stopleak: &finding.fingerprint },
        baseline_state: if finding.status == Status::New { "new" } else { "unchanged" },
        suppressions: suppression(finding).into_iter().collect(),
        properties: ResultProperties {
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            why: &finding.why,
            status: finding.status.as_str(),
            content_kind: finding.content_kind.as_str(),
            object: finding.object.as_deref(),
            first_commit: finding.first_commit.as_deref(),
            author: finding.author.as_deref(),
            date: finding.date.as_deref(),
            committer: finding.committer.as_deref(),
            committed: finding.committed.as_deref(),
            moved_from: &finding.moved_from,
            merge: finding.merge,
            shallow: finding.shallow,
            at_head: finding.at_head,
            refs: &finding.refs,
            refs_count: finding.refs_count,
            reachable: finding.reachable,
            kept_by: &finding.kept_by,
            submodule: finding.submodule.as_deref(),
            first_seen: finding.first_seen.as_deref(),
            removed_in: &finding.removed_in,
            reintroduced_in: &finding.reintroduced_in,
            last_commit: finding.last_commit.as_deref(),
        },
    }
}

/// The first sentence is the alert's title.
fn message(finding: &Finding) -> String {
    let mut text = format!("{} ({}).", sarif_message(&finding.name), sarif_message(&finding.secret));
    if let Some(commit) = &finding.first_commit {
        let merge = if finding.merge == Some(true) { "merge " } else { "" };
        text += &match finding.shallow {
            Some(true) => format!(" In the history at or before {merge}commit {commit}."),
            _ => format!(" Introduced by {merge}commit {commit}."),
        };
        if let Some(first) = finding.first_seen.as_ref().filter(|first| *first != commit) {
            text += &format!(" First seen in commit {first}.");
        }
    }
    match (finding.at_head, finding.reachable) {
        (_, Some(false)) => text += " Unreachable from every ref.",
        (Some(true), _) => text += " Still at HEAD.",
        (Some(false), _) => text += " Not at HEAD.",
        (None, _) => {}
    }
    // An allow comment next to the value that has no effect.
    if let (Status::New, Some(reason)) = (finding.status, &finding.status_reason) {
        text += &format!(" Note: {}.", sarif_message(reason));
    }
    text
}

/// The path and region of a finding. A name has no text in a file, so its region is the beginning of the file. Content
/// outside of files gets a relative URI that identifies it.
fn location(finding: &Finding) -> PhysicalLocation {
    let object = finding.object.as_deref().or(finding.first_commit.as_deref()).unwrap_or("unknown");
    let path = uri_path(&finding.path);
    let (uri, in_tree) = match finding.content_kind {
        ContentKind::File if path.is_empty() => (format!("object/{}", uri_path(object)), false),
        ContentKind::File | ContentKind::Symlink | ContentKind::FileName => (path, true),
        ContentKind::RefName => (path, false),
        ContentKind::Commit => (format!("commit/{}", uri_path(object)), false),
        ContentKind::Tag => (format!("tag/{}", uri_path(object)), false),
        ContentKind::Stdin => ("stdin".to_owned(), false),
    };
    let region = match finding.content_kind {
        ContentKind::FileName | ContentKind::RefName => {
            Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 }
        }
        _ => Region {
            start_line: finding.start_line,
            start_column: finding.start_column,
            end_line: finding.end_line,
            end_column: finding.end_column + 1,
        },
    };
    let uri = if uri.is_empty() { "unknown".to_owned() } else { uri };
    let uri_base_id = (in_tree && !uri.starts_with('/')).then_some("%SRCROOT%");
    PhysicalLocation { artifact_location: ArtifactLocation { uri, uri_base_id }, region }
}

fn suppression(finding: &Finding) -> Option<Suppression> {
    (finding.status == Status::Suppressed).then(|| Suppression {
        kind: if finding.is_allowed_by_comment { "inSource" } else { "external" },
        justification: finding.status_reason.clone(),
    })
}

/// What was not read, and how many results were dropped.
fn invocation(view: &View<'_>, dropped: usize) -> Invocation {
    let mut notifications: Vec<Notification> = Vec::new();
    if dropped > 0 {
        notifications.push(Notification {
            descriptor: DescriptorReference { id: "results-dropped" },
            level: "warning",
            message: Message {
                text: format!(
                    "{dropped} results over the limit of code scanning were left out; the jsonl format has all of them"
                ),
            },
        });
    }
    let notes = view.summary.notes.iter().map(|note| ("note", note));
    for (id, text) in notes.chain([("verdict", &view.summary.line)]) {
        notifications.push(Notification {
            descriptor: DescriptorReference { id },
            level: "note",
            message: Message { text: sarif_message(text) },
        });
    }
    for entry in &view.unscanned {
        let mut text = format!("{}: {}", entry.what, entry.reason);
        if let Some(remedy) = &entry.remedy {
            text += &format!(". {remedy}");
        }
        notifications.push(Notification {
            descriptor: DescriptorReference { id: entry.kind.as_str() },
            level: if entry.kind.is_incomplete() { "error" } else { "note" },
            message: Message { text: sarif_message(&text) },
        });
    }
    Invocation { execution_successful: view.summary.complete, tool_execution_notifications: notifications }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// A value inside each of GitHub's ranges: over 9.0 critical, from 7.0 high, from 4.0 medium, below low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// The first `max_characters` characters.
fn limited(text: &str, max_characters: usize) -> String {
    text.chars().take(max_characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{assemble, fixture};

    #[test]
    fn results_over_the_limit_are_dropped_and_counted_suppressed_ones_first() {
        let report = fixture::rich();
        let view = assemble::view(&report, false);
        let (all, new) = (view.findings.sorted.len(), view.summary.findings.new);
        let within = within_limit(&view, new);
        let run = &log(&view, &within).runs[0];
        assert_eq!(run.results.len(), new);
        assert!(run.results.iter().all(|result| result.baseline_state == "new"));
        let notification = &run.invocations[0].tool_execution_notifications[0];
        assert_eq!(notification.descriptor.id, "results-dropped");
        assert!(notification.message.text.starts_with(&format!("{} results", all - new)));
    }
}
