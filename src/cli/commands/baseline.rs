//! `stopleak baseline`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::{GradeOptions, RuleOptions};
use crate::cli::setup::{Ground, Setup, read_baseline};
use crate::model::{Confidence, Status, Verdict};
use crate::policy::Baseline;
use crate::report;
use crate::scan;
use crate::scan::Target;

/// Keep findings that are known from blocking
#[derive(Subcommand, Debug)]
pub(crate) enum BaselineCommand {
    Create(CreateArgs),
    /// Print the known findings and how many each rule has
    Show(ShowArgs),
}

/// Write all findings of now into the baseline
///
/// Holds keyed hashes, never values. What is in it no longer blocks; a new secret still does. An existing
/// baseline is replaced with --force only: its key and its remarks stay, what is found now comes in, and
/// what is no longer found goes.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Take the findings of the whole history too, not only of the files
    #[arg(long)]
    history: bool,

    /// With --history: take those of the histories of submodules too
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
    let setup = Setup::new(env, &env.directory, &args.rules, &GradeOptions::default())?;
    let path = setup.baseline_path.clone();
    let existing = read_baseline(&path)?;
    if let Some(known) = existing.as_ref().filter(|_| !args.force) {
        bail!(
            "{} exists ({} findings); --force replaces them, keeping its key and remarks",
            path.display(),
            known.len()
        );
    }

    // The old entries must not suppress what is to be found again, and a missing file is no error here.
    let mut baseline = match existing {
        Some(known) => known,
        None => Baseline::with_random_key()?,
    };
    let mut settings = setup.settings_without_baseline(env)?;
    settings.policy.baseline = Baseline::with_key(baseline.key().clone());
    settings.confidence = Confidence::Low;
    settings.fail_on = Confidence::Low;

    // A repository without files has its history only.
    let mut targets = Vec::new();
    if setup.ground != Ground::Bare {
        targets.push(Target::Paths { paths: vec![setup.root.clone()], no_ignore: false });
    }
    if args.history || setup.ground == Ground::Bare {
        let recurse = args.recurse_submodules;
        targets.push(Target::History { repo: setup.root.clone(), full: false, recurse });
    }
    let mut found = BTreeMap::new();
    let mut gaps = Vec::new();
    for target in &targets {
        let report = scan::run(target, &settings)?;
        for finding in report.findings.iter().filter(|finding| finding.status != Status::Suppressed) {
            found.insert(finding.fingerprint.clone(), finding.rule.id.clone());
        }
        gaps.extend(report.coverage.into_iter().filter(|entry| entry.kind.is_gap()));
    }

    // An entry goes only when its rule looked everywhere and did not find it.
    let complete = gaps.is_empty();
    baseline.retain(|fingerprint, entry| {
        found.contains_key(fingerprint) || !complete || !settings.rules.contains(&entry.rule)
    });
    for (fingerprint, rule) in &found {
        baseline.insert(fingerprint.clone(), rule);
    }
    report::replace_file(&path, |out| out.write_all(baseline.render().as_bytes()))
        .with_context(|| path.display().to_string())?;
    messages::note(&format!("{}: {} findings are known now", path.display(), baseline.len()));
    for gap in &gaps {
        messages::warning(&format!("not looked at: {}: {}", gap.what, gap.reason));
    }
    Ok(if complete { ExitCode::Complete } else { ExitCode::of(Verdict::Incomplete, false) })
}

fn show(args: &ShowArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(env, &env.directory, &args.rules, &GradeOptions::default())?;
    let path = setup.baseline_path.clone();
    let Some(baseline) = setup.baseline()? else {
        bail!("there is no baseline at {}; stopleak baseline create makes one", path.display());
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
