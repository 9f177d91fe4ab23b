//! Where reports go: stdout, stderr, files.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anstream::AutoStream;
use anyhow::bail;

use super::env::Environment;
use super::options::{OutputOptions, ReportFile};
use crate::config::ConfigError;
use crate::model::ScanReport;
use crate::report;
use crate::report::{Format, ReportOptions};

/// A report could not be delivered. The scan is done, and nobody sees its result.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be written{}: {source}", to.as_deref().map(|to| format!(" to {to}")).unwrap_or_default())]
pub(crate) struct Undelivered {
    to: Option<String>,
    source: io::Error,
}

/// Refuses report files that cannot work, before the scan takes its time.
pub(crate) fn check(options: &OutputOptions) -> anyhow::Result<()> {
    for (index, ReportFile { path, .. }) in options.report.iter().enumerate() {
        if options.report[..index].iter().any(|other| other.path == *path) {
            bail!("--report: two reports are to be written to {}", path.display());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no such folder (--report)");
            return Err(ConfigError::Io { path: folder.to_path_buf(), source }.into());
        }
    }
    Ok(())
}

/// Writes the report to stdout and to every file that was asked for.
pub(crate) fn deliver(
    report: &ScanReport,
    options: &OutputOptions,
    env: &Environment,
) -> Result<(), Undelivered> {
    let how = |color| ReportOptions {
        color,
        show_secrets: options.show_secrets,
        quiet: options.quiet,
        width: env.columns,
    };
    for ReportFile { format, path } in &options.report {
        report::write_to_file(path, *format, report, &how(false))
            .map_err(|source| Undelivered { to: Some(path.display().to_string()), source })?;
    }
    let color = AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let format = options.format.unwrap_or(Format::Human);
    let mut out = BufWriter::new(io::stdout().lock());
    let written = report::write(format, report, &how(color), &mut out).and_then(|()| out.flush());
    // A reader that has seen enough is no error; the exit code still tells the verdict. What is left in
    // the buffer has nowhere to go.
    let _ = out.into_parts();
    match written {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(Undelivered { to: None, source }),
        _ => Ok(()),
    }
}

/// Writes the report for a person to stderr, where git shows what its hooks say.
pub(crate) fn tell(report: &ScanReport, env: &Environment) -> Result<(), Undelivered> {
    let color = AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let how = ReportOptions { color, show_secrets: false, quiet: false, width: env.columns };
    let mut text = Vec::new();
    let written = report::write(Format::Human, report, &how, &mut text)
        .and_then(|()| io::stderr().lock().write_all(&text));
    written.map_err(|source| Undelivered { to: None, source })
}
