//! Runs a target: each has a flow in a file of its own, and `assemble` turns the outcome of every flow into the report.

use crate::model::{Command, ScanReport, Unscanned};
use crate::source::paths::path_text;
use crate::source::selection::{RevisionRange, Selection};

use super::assemble::report;
use super::blob::blob_scanner::BlobScanner;
use super::error::ScanError;
use super::outcome::Outcome;
use super::settings::Settings;
use super::target::Target;
use super::{files, history, push, range, staged, texts};

/// Scans `target`. The report is the same for any number of threads.
///
/// # Errors
///
/// If no rule is active, a path glob of a rule does not compile, a path to scan does not exist, standard input
/// cannot be read, or the repository or a revision in it cannot be opened. Anything else that cannot be read is
/// listed in [`ScanReport::unscanned`].
pub(crate) fn run(target: &Target, settings: &Settings) -> Result<ScanReport, ScanError> {
    let scanner = scanner(settings)?;
    let (command, name, outcome) = match target {
        Target::Paths { paths, no_ignore } => {
            let names: Vec<String> = paths.iter().map(|path| path_text(path)).collect();
            (Command::Scan, names.join(" "), files::scan(&scanner, settings, paths, *no_ignore)?)
        }
        Target::Stdin { name } => (Command::Scan, name.clone(), files::scan_stdin(&scanner, settings, name)?),
        Target::Staged => (Command::Staged, String::new(), staged::scan(&scanner, settings)?),
        Target::Push { to, known, names, remote, address } => {
            let (remote, address) = (remote.clone(), address.clone());
            let name = format!("{} --not --remotes={remote}", to.join(" "));
            let commits =
                RevisionRange::NotOnRemote { to: to.clone(), known: known.clone(), remote, address };
            let outcome = push::scan(&scanner, settings, &commits, &name, names)?;
            (Command::Range, name, outcome)
        }
        Target::Receive { to, names } => {
            let name = format!("{} --not --all", to.join(" "));
            let commits = RevisionRange::NotInRefs { to: to.clone() };
            let outcome = push::scan(&scanner, settings, &commits, &name, names)?;
            (Command::Range, name, Outcome { is_server: true, ..outcome })
        }
        Target::Texts { texts } => (Command::Scan, String::new(), texts::scan(&scanner, texts)),
        Target::History { repo, full, recurse } => {
            let options = history::Options { full: *full, recurse: *recurse };
            (Command::History, path_text(repo), history::scan(&scanner, settings, repo, options)?)
        }
    };
    Ok(report(command, name, outcome, settings, &scanner))
}

/// Scans commits that are already selected, for `command`; `name` is the range as the user gave it.
///
/// # Errors
///
/// If no rule is active, or a path glob of a rule does not compile.
pub(crate) fn run_selected(
    selection: Selection,
    command: Command,
    name: &str,
    settings: &Settings,
) -> Result<ScanReport, ScanError> {
    let scanner = scanner(settings)?;
    let selection = selection.with_max_blob_size(settings.max_blob_size);
    let outcome = range::scan(&scanner, settings, &selection, name);
    Ok(report(command, name.to_owned(), outcome, settings, &scanner))
}

/// Returns the report of a run that could not read anything, because of `entry`.
///
/// # Errors
///
/// If a path glob of a rule does not compile.
pub(crate) fn report_unscanned(
    command: Command,
    name: &str,
    entry: Unscanned,
    settings: &Settings,
) -> Result<ScanReport, ScanError> {
    let scanner = BlobScanner::new(settings)?;
    let outcome = Outcome { unscanned: vec![entry], ..Outcome::default() };
    Ok(report(command, name.to_owned(), outcome, settings, &scanner))
}

/// Returns the report of a run that had nothing to read, with the reason.
///
/// # Errors
///
/// If a path glob of a rule does not compile.
pub(crate) fn report_nothing_scanned(
    command: Command,
    name: &str,
    why: String,
    settings: &Settings,
) -> Result<ScanReport, ScanError> {
    let scanner = BlobScanner::new(settings)?;
    let outcome = Outcome { nothing_scanned: Some(why), ..Outcome::default() };
    Ok(report(command, name.to_owned(), outcome, settings, &scanner))
}

fn scanner(settings: &Settings) -> Result<BlobScanner<'_>, ScanError> {
    if settings.rules.is_empty() {
        return Err(ScanError::NoRules);
    }
    BlobScanner::new(settings)
}
