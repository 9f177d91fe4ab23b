//! `stopleak baseline`: writes or shows the baseline of known findings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::{RuleOptions, ThresholdOptions};
use crate::cli::policy_files::read_baseline;
use crate::cli::setup::{RepoKind, Setup};
use crate::model::{Confidence, Status, Verdict};
use crate::policy::Baseline;
use crate::report;
use crate::scan;
use crate::scan::Target;

/// Create or show the baseline of known findings, which do not block
#[derive(Subcommand, Debug)]
pub(crate) enum BaselineCommand {
    Create(CreateArgs),
    /// Print the known findings and their number for each rule
    Show(ShowArgs),
}

/// Write all current findings into the baseline
///
/// The baseline contains keyed hashes, never values. Findings in it no longer block; new secrets still do. An existing
/// baseline is replaced only with --force: its key and its remarks are kept, current findings are added, and findings
/// that no longer exist are removed.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Include the findings of the whole history, not only of the files
    #[arg(long)]
    history: bool,

    /// With --history: include the histories of submodules
    #[arg(long, requires = "history")]
    recurse_submodules: bool,

    /// Replace the findings of an existing baseline
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    rules: RuleOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    rules: RuleOptions,
}

impl BaselineCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            BaselineCommand::Create(args) => create(&args, env),
            BaselineCommand::Show(args) => show(&args, env),
        }
    }
}

fn create(args: &CreateArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(env, &env.directory, &args.rules, &ThresholdOptions::default())?;
    let path = setup.baseline_path.clone();
    let existing = read_baseline(&path)?;
    if let Some(known) = existing.as_ref().filter(|_| !args.force) {
        bail!(
            "{} exists ({} findings); to replace them, and keep its key and remarks: --force",
            path.display(),
            known.len()
        );
    }

    // The scan uses an empty baseline with the same key, because old entries would suppress the findings.
    let mut baseline = match existing {
        Some(existing) => existing,
        None => Baseline::with_random_key()?,
    };
    let mut settings = setup.settings_without_baseline(env)?;
    settings.policy.baseline = Baseline::with_key(baseline.key().clone());
    settings.confidence = Confidence::Low;
    settings.fail_on = Confidence::Low;

    // A bare repository has no files, only its history.
    let mut targets = Vec::new();
    if setup.repo_kind != RepoKind::Bare {
        targets.push(Target::Paths { paths: vec![setup.root.clone()], no_ignore: false });
    }
    if args.history || setup.repo_kind == RepoKind::Bare {
        let recurse = args.recurse_submodules;
        targets.push(Target::History { repo: setup.root.clone(), full: false, recurse });
    }
    let mut found = BTreeMap::new();
    let mut incomplete = Vec::new();
    for target in &targets {
        let report = scan::run(target, &settings)?;
        for finding in report.findings.iter().filter(|finding| finding.status != Status::Suppressed) {
            found.insert(finding.fingerprint.clone(), finding.rule.id.clone());
        }
        incomplete.extend(report.unscanned.into_iter().filter(|entry| entry.kind.is_incomplete()));
    }

    // Remove an entry only if its rule was active, everything was scanned, and the finding no longer exists.
    let is_complete = incomplete.is_empty();
    baseline.retain(|fingerprint, entry| {
        found.contains_key(fingerprint) || !is_complete || !settings.rules.contains(&entry.rule)
    });
    for (fingerprint, rule) in &found {
        baseline.insert(fingerprint.clone(), rule);
    }
    report::replace_file(&path, |out| out.write_all(baseline.render().as_bytes()))
        .with_context(|| path.display().to_string())?;
    messages::note(&format!("{}: {} known findings", path.display(), baseline.len()));
    for entry in &incomplete {
        messages::warning(&format!("not scanned: {}: {}", entry.what, entry.reason));
    }
    Ok(if is_complete { ExitCode::Complete } else { ExitCode::from_verdict(Verdict::Incomplete, false) })
}

fn show(args: &ShowArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(env, &env.directory, &args.rules, &ThresholdOptions::default())?;
    let path = setup.baseline_path.clone();
    let Some(baseline) = setup.baseline()? else {
        bail!("there is no baseline at {}; create one with: stopleak baseline create", path.display());
    };
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    for (fingerprint, entry) in baseline.entries() {
        *rules.entry(&entry.rule).or_default() += 1;
        let remark = entry.remark.as_deref().map(|remark| format!(" # {remark}")).unwrap_or_default();
        let _ = writeln!(text, "{fingerprint} {}{remark}", entry.rule);
    }
    let _ = writeln!(text, "\n{} findings in {}", baseline.len(), path.display());
    for (rule, count) in rules {
        let _ = writeln!(text, "{count:>6} {rule}");
    }
    io::stdout().write_all(messages::visible(&messages::masked(&text)).as_bytes())?;
    Ok(ExitCode::Complete)
}
