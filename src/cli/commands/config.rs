//! `stopleak config`: shows or checks the effective configuration.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::{Args, Subcommand};

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::{RuleOptions, ThresholdOptions};
use crate::cli::setup::Setup;
use crate::config::{FILE_NAMES, HookLayer, Origin, Value};

/// Show or check the configuration
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Print the effective configuration, and where each value comes from
    Show(ConfigArgs),
    /// Check the configuration, its rule files and the baseline, without a scan
    Check(ConfigArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    #[command(flatten)]
    rules: RuleOptions,
    #[command(flatten)]
    thresholds: ThresholdOptions,
}

impl ConfigCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        let (ConfigCommand::Show(args) | ConfigCommand::Check(args)) = &self;
        let setup = Setup::new(env, &env.directory, &args.rules, &args.thresholds)?;
        let text = match self {
            ConfigCommand::Show(_) => show(&setup),
            ConfigCommand::Check(_) => check(&setup, env)?,
        };
        // Globs, paths and ids are text of the user, with a secret in it where one was pasted.
        io::stdout().write_all(messages::shown(&text).as_bytes())?;
        Ok(ExitCode::Complete)
    }
}

/// Returns the effective configuration as a configuration file, with the origins as comments.
fn show(setup: &Setup<'_>) -> String {
    let settings = &setup.settings;
    let mut text = String::new();
    line(&mut text, "confidence", &settings.confidence);
    line(&mut text, "fail-on", &settings.fail_on);
    line(&mut text, "max-blob-size", &settings.max_blob_size);
    let default_baseline = Value::new(setup.baseline_path.clone(), Origin::Default);
    let baseline = settings.baseline.as_ref().unwrap_or(&default_baseline);
    line(&mut text, "baseline", &Value::new(baseline.value.display(), baseline.origin.clone()));
    list(&mut text, "skip-paths", "", &settings.skip_paths);
    if !(settings.rules_off.is_empty() && settings.rule_files.is_empty()) {
        text.push_str("rules:\n");
        list(&mut text, "off", "  ", &settings.rules_off);
        let files: Vec<_> = settings
            .rule_files
            .iter()
            .map(|file| Value::new(file.value.display().to_string(), file.origin.clone()))
            .collect();
        list(&mut text, "files", "  ", &files);
    }
    hooks(&mut text, &settings.hooks);
    // Settings that only flags and variables can set have no key in the file.
    for id in &settings.rules_only {
        comment_line(&mut text, &format!("only: {}", id.value), &id.origin);
    }
    if settings.threads.origin != Origin::Default {
        comment_line(&mut text, &format!("threads: {}", settings.threads.value), &settings.threads.origin);
    }
    text
}

/// Adds the keys below `hooks:` that are set.
fn hooks(text: &mut String, hooks: &HookLayer) {
    fn key<T: ToString>(lines: &mut String, name: &str, value: &Option<Value<T>>) {
        if let Some(value) = value {
            line_with_origin(lines, &format!("  {name}: {}", value.value.to_string()), &value.origin);
        }
    }
    let mut lines = String::new();
    key(&mut lines, "receive-budget", &hooks.receive_budget);
    key(&mut lines, "receive-unfinished", &hooks.receive_unfinished);
    key(&mut lines, "receive-marks", &hooks.receive_marks);
    key(&mut lines, "agent-unreadable", &hooks.agent_unreadable);
    key(&mut lines, "agent-budget", &hooks.agent_budget);
    if !lines.is_empty() {
        text.push_str("hooks:\n");
        text.push_str(&lines);
    }
}

fn check(setup: &Setup<'_>, env: &Environment) -> anyhow::Result<String> {
    let scan = setup.scan_settings(env)?;
    let mut text = match &setup.config {
        Some(path) => format!("configuration: {}\n", path.display()),
        None => format!(
            "configuration: none (searched for {} in {})\n",
            FILE_NAMES.join(", "),
            setup.root.display()
        ),
    };
    match setup.baseline()? {
        Some(known) => {
            let _ = writeln!(text, "baseline: {} ({} findings)", setup.baseline_path.display(), known.len());
        }
        None => text.push_str("baseline: none\n"),
    }
    let _ = writeln!(text, "rules: {} active\nok", scan.rules.len());
    Ok(text)
}

fn line<T: ToString>(text: &mut String, key: &str, value: &Value<T>) {
    line_with_origin(text, &format!("{key}: {}", scalar(&value.value.to_string())), &value.origin);
}

fn list(text: &mut String, key: &str, indent: &str, values: &[Value<String>]) {
    if !values.is_empty() {
        let _ = writeln!(text, "{indent}{key}:");
    }
    for value in values {
        line_with_origin(text, &format!("{indent}  - {}", scalar(&value.value)), &value.origin);
    }
}

fn line_with_origin(text: &mut String, setting: &str, origin: &Origin) {
    let _ = writeln!(text, "{setting:<32} # {origin}");
}

fn comment_line(text: &mut String, setting: &str, origin: &Origin) {
    line_with_origin(text, &format!("# {setting}"), origin);
}

/// Returns a string as YAML, quoted where it would have another meaning without quotes.
fn scalar(text: &str) -> String {
    serde_yaml::to_string(text).map(|yaml| yaml.trim_end().to_owned()).unwrap_or_else(|_| text.to_owned())
}
