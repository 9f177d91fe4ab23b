//! From the outcome of a flow to the report: filters, sorts, and finds values in names that the report prints.

use std::collections::{BTreeSet, HashSet};

use crate::model::{Command, Counts, RepoPath, ScanHeader, ScanReport};

use super::blob::blob_scanner::BlobScanner;
use super::outcome::Outcome;
use super::settings::Settings;

/// Returns the report of a run. `target` is the paths, range or repository as the user gave them.
pub(super) fn report(
    command: Command,
    target: String,
    outcome: Outcome,
    settings: &Settings,
    scanner: &BlobScanner<'_>,
) -> ScanReport {
    let Outcome {
        mut findings,
        mut unscanned,
        counts,
        refs,
        is_server,
        mut work_stats,
        remainder,
        notes,
        nothing_scanned,
    } = outcome;
    let header = ScanHeader {
        command,
        target,
        ruleset: settings.rules.digest(),
        rules: settings.rules.len(),
        refs,
        is_server,
        shard: None,
        policy: settings.policy_of.map(|commit| commit.to_string()),
    };
    work_stats.stages = scanner.stage_counts();
    findings.retain(|finding| finding.confidence >= settings.confidence);
    // A stable sort would copy half of the findings; those with equal keys are equal.
    findings.sort_unstable_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    unscanned.extend(remainder.unscanned());
    unscanned.sort();
    unscanned.dedup();
    let is_clean = findings.is_empty() && !unscanned.iter().any(|entry| entry.kind.is_incomplete());
    let nothing_scanned = match is_clean {
        true => nothing_scanned.or_else(|| why_nothing_scanned(command, &counts, !unscanned.is_empty())),
        false => nothing_scanned,
    };
    let mut report = ScanReport {
        header,
        findings,
        unscanned,
        in_names: Vec::new(),
        counts,
        work_stats,
        fail_on: settings.fail_on,
        notes: [settings.notes.clone(), notes].concat(),
        nothing_scanned,
    };
    report.in_names = scanner.values_to_mask(&printed_names(&report)).into_iter().collect();
    report.in_names.sort();
    report
}

/// Returns why nothing was read, if nothing was: a clean verdict on no input must show that.
fn why_nothing_scanned(command: Command, counts: &Counts, is_elsewhere: bool) -> Option<String> {
    if (counts.commits, counts.objects, counts.files) != (0, 0, 0) {
        return None;
    }
    let why = match command {
        _ if counts.skipped > 0 => "the configuration leaves out every file",
        _ if is_elsewhere => "everything is kept elsewhere",
        Command::Staged => "nothing that is staged adds content",
        Command::History => "the repository holds neither files nor commits",
        Command::Scan => "there are no files",
        Command::Range | Command::Ci => return None,
    };
    Some(why.to_owned())
}

/// Returns every name that a report prints, one per line: a name can contain a secret too.
fn printed_names(report: &ScanReport) -> Vec<u8> {
    let reasons: Vec<String> = report
        .findings
        .iter()
        .filter_map(|finding| Some(finding.status_reason.as_ref()?.to_string()))
        .collect();
    let mut names: BTreeSet<&[u8]> = BTreeSet::from([report.header.target.as_bytes()]);
    names.extend(reasons.iter().map(String::as_bytes));
    names.extend(report.header.refs.iter().map(String::as_bytes));
    names.extend(report.notes.iter().chain(&report.nothing_scanned).map(String::as_bytes));
    let mut lists = HashSet::new();
    for finding in &report.findings {
        names.insert(finding.provenance.path.as_bytes());
        // Nearly all findings share one list.
        let list = finding.provenance.refs.list();
        if lists.insert(list.as_ptr()) {
            names.extend(list.iter().map(String::as_bytes));
        }
        names.extend(finding.provenance.kept_by.iter().map(String::as_bytes));
        names.extend(finding.provenance.moved_from.iter().map(RepoPath::as_bytes));
        if let Some(commit) = &finding.provenance.first_commit {
            names.extend([commit.author.as_bytes(), commit.committer.as_bytes()]);
        }
    }
    for entry in &report.unscanned {
        names.extend([entry.what.as_bytes(), entry.reason.as_bytes()]);
        names.extend(entry.remedy.iter().map(String::as_bytes));
    }
    names.into_iter().collect::<Vec<_>>().join(&b'\n')
}
