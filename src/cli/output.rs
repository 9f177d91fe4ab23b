//! Writes reports to stdout, stderr and files, and derives the exit code.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anstream::AutoStream;
use anyhow::bail;

use super::env::Environment;
use super::exit_code::ExitCode;
use super::messages;
use super::options::{OutputOptions, ReportFile, ScanOptions};
use super::stats;
use crate::config::ConfigError;
use crate::model::ScanReport;
use crate::report;
use crate::report::{Format, ReportOptions};

/// A report could not be written: the scan is done, but its result is lost.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be written{}: {source}", to.as_deref().map(|to| format!(" to {to}")).unwrap_or_default())]
pub(crate) struct DeliveryError {
    to: Option<String>,
    source: io::Error,
}

/// Checks before the scan that the report files can be written.
///
/// # Errors
///
/// Two reports with one path, a folder that does not exist, or a path as in [`report::check_target`].
pub(crate) fn check_report_files(options: &OutputOptions) -> anyhow::Result<()> {
    for (index, ReportFile { path, .. }) in options.report.iter().enumerate() {
        if options.report[..index].iter().any(|other| other.path == *path) {
            bail!("--report: two reports have the same file, {}", path.display());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let source = io::Error::new(io::ErrorKind::NotFound, "no such folder (--report)");
            return Err(ConfigError::Io { path: folder.to_path_buf(), source }.into());
        }
        report::check_target(path).map_err(|source| ConfigError::Io { path: path.clone(), source })?;
    }
    Ok(())
}

/// Writes the report to stdout and to the files of `--report`, prints the table of `--stats`, and returns the exit
/// code.
///
/// # Errors
///
/// [`DeliveryError`] when a report could not be written.
pub(crate) fn finish(
    report: &ScanReport,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    write_reports(report, &options.output, env)?;
    if let Some(text) = stats::text(&report.work_stats) {
        messages::note(&text);
    }
    Ok(ExitCode::from_verdict(report.verdict(), options.output.exit_zero))
}

/// Writes the report to stdout and to the files of `--report`.
fn write_reports(
    report: &ScanReport,
    options: &OutputOptions,
    env: &Environment,
) -> Result<(), DeliveryError> {
    let report_options = |color| ReportOptions {
        color,
        show_secrets: options.show_secrets,
        quiet: options.quiet,
        width: env.columns,
    };
    for ReportFile { format, path } in &options.report {
        report::write_to_file(path, *format, report, &report_options(false))
            .map_err(|source| DeliveryError { to: Some(path.display().to_string()), source })?;
    }
    let color = AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let format = options.format.unwrap_or(Format::Human);
    let mut out = BufWriter::new(io::stdout().lock());
    let written = report::write(format, report, &report_options(color), &mut out).and_then(|()| out.flush());
    // A reader that closes the pipe early (`| head`) is not an error: the exit code still carries the verdict. Drop
    // the rest of the buffer without writing it.
    let _ = out.into_parts();
    match written {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(DeliveryError { to: None, source }),
        _ => Ok(()),
    }
}

/// Writes the report in human form to stderr, where git shows the output of its hooks.
///
/// # Errors
///
/// [`DeliveryError`] when stderr cannot be written.
pub(crate) fn write_to_stderr(report: &ScanReport, env: &Environment) -> Result<(), DeliveryError> {
    let color = AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let report_options = ReportOptions { color, show_secrets: false, quiet: false, width: env.columns };
    let mut text = Vec::new();
    let written = report::write(Format::Human, report, &report_options, &mut text)
        .and_then(|()| io::stderr().lock().write_all(&text));
    written.map_err(|source| DeliveryError { to: None, source })
}
