//! Scans a target that needs no commits to be selected first: paths, standard input, the index, a whole history.

use std::path::Path;

use super::env::Environment;
use super::exit_code::ExitCode;
use super::options::ScanOptions;
use super::output;
use super::setup::Setup;
use crate::scan;
use crate::scan::{Settings, Target};

/// Scans `target` and writes the reports. The configuration is that of the repository that contains `start`.
///
/// # Errors
///
/// A usage or configuration error, a target that cannot be opened, or a report that could not be written.
pub(crate) fn run(
    target: &Target,
    start: &Path,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::check_report_files(&options.output)?;
    let setup = Setup::new(env, start, &options.rules, &options.thresholds)?;
    let settings = Settings { stats: options.output.stats, ..setup.scan_settings(env)? };
    output::finish(&scan::run(target, &settings)?, options, env)
}
