//! Options that several commands share. Parsing validates their form and accesses no file.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, ValueEnum};

use super::policy_files::PolicyOf;
use crate::config::{ByteSize, Layer, Origin, Value};
use crate::model::Confidence;
use crate::report::Format;

const RULES: &str = "Rules and configuration";
const RESULT: &str = "Result";

/// Options that select the configuration and the rules.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RuleOptions {
    /// Configuration file [default: stopleak.yaml at the root of the repository]
    #[arg(long, value_name = "FILE", help_heading = RULES, conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,

    /// Ignore the configuration and the baseline of the repository
    #[arg(long, help_heading = RULES)]
    pub(crate) no_config: bool,

    /// Baseline of known findings [default: .stopleak-baseline at the root of the repository]
    #[arg(long, value_name = "FILE", help_heading = RULES)]
    pub(crate) baseline: Option<PathBuf>,

    /// Add the rules of a YAML file, or of a folder of YAML files; may be repeated
    ///
    /// A rule with the id of a built-in one replaces it.
    #[arg(long, value_name = "FILE|DIR", help_heading = RULES)]
    pub(crate) rules: Vec<PathBuf>,

    /// Use these rules only; may be repeated
    ///
    /// They are used even if the configuration switches them off.
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', action = ArgAction::Append, help_heading = RULES)]
    pub(crate) only: Vec<String>,

    /// Do not use these rules; may be repeated
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', action = ArgAction::Append, help_heading = RULES)]
    pub(crate) skip: Vec<String>,

    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", help_heading = RULES)]
    pub(crate) threads: Option<usize>,

    /// Do not scan objects larger than this, nor files if it is given; the run is then incomplete [default: 100MB]
    #[arg(long, value_name = "SIZE", help_heading = RULES)]
    pub(crate) max_blob_size: Option<ByteSize>,
}

/// Confidence thresholds for reporting and failing.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ThresholdOptions {
    /// Report findings of at least this confidence [default: medium]
    #[arg(long, value_name = "high|medium|low", help_heading = RESULT, hide_possible_values = true,
          value_parser = words::<Confidence>(Confidence::ALL.iter().map(|confidence| confidence.as_str())))]
    pub(crate) confidence: Option<Confidence>,

    /// Fail on new findings of at least this confidence [default: medium]
    #[arg(long, value_name = "high|medium|low", help_heading = RESULT, hide_possible_values = true,
          value_parser = words::<Confidence>(Confidence::ALL.iter().map(|confidence| confidence.as_str())))]
    pub(crate) fail_on: Option<Confidence>,
}

/// Options for the output.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OutputOptions {
    /// Format of the report on stdout [default: human]
    #[arg(long, value_name = "FORMAT", help_heading = RESULT,
          value_parser = words::<Format>(Format::ALL.iter().map(|format| format.as_str())))]
    pub(crate) format: Option<Format>,

    /// Also write a report to a file (sarif=stopleak.sarif); may be repeated
    #[arg(long, value_name = "FORMAT=FILE", help_heading = RESULT)]
    pub(crate) report: Vec<ReportFile>,

    /// Show secrets unmasked, in the formats human, json and jsonl
    #[arg(long, help_heading = RESULT)]
    pub(crate) show_secrets: bool,

    /// Exit with 0 despite findings; errors and incomplete runs keep their exit codes
    #[arg(long, help_heading = RESULT)]
    pub(crate) exit_zero: bool,

    /// Print on stderr how much work each stage of the search did
    #[arg(long, help_heading = RESULT)]
    pub(crate) stats: bool,

    /// Print only findings and what could not be scanned
    #[arg(long, short, help_heading = RESULT)]
    pub(crate) quiet: bool,
}

/// All options of a command that scans.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScanOptions {
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Options that select the policy for proposed commits.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TrustOptions {
    /// Use configuration, baseline, rules and allow comments of the checked-out files instead of the base commit's
    #[arg(long, help_heading = RULES)]
    pub(crate) trust_head: bool,
}

impl TrustOptions {
    /// Returns `base`, or the checked-out files with `--trust-head`.
    pub(crate) fn policy(&self, base: PolicyOf) -> PolicyOf {
        if self.trust_head { PolicyOf::WorkTree } else { base }
    }
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    /// On a terminal, subject to NO_COLOR, CLICOLOR and CLICOLOR_FORCE.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Applies the choice to stdout and stderr.
    pub(crate) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Format and path of a report file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFile {
    /// Format of the report.
    pub(crate) format: Format,
    /// Path of the file.
    pub(crate) path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<ReportFile, String> {
        let (format, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("expected FORMAT=FILE, for example sarif=stopleak.sarif")?;
        Ok(ReportFile { format: format.parse()?, path: path.into() })
    }
}

impl RuleOptions {
    /// Returns the settings of these options.
    pub(crate) fn layer(&self) -> Layer {
        let rules = |ids: &[String], flag| -> Vec<Value<String>> {
            let ids = ids.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
            ids.map(|id| Value::new(id.to_owned(), Origin::Flag(flag))).collect()
        };
        let files = self.rules.iter();
        Layer {
            max_blob_size: self.max_blob_size.map(|size| Value::new(size, Origin::Flag("--max-blob-size"))),
            threads: self.threads.map(|count| Value::new(count, Origin::Flag("--threads"))),
            baseline: self.baseline.clone().map(|path| Value::new(path, Origin::Flag("--baseline"))),
            rules_off: rules(&self.skip, "--skip"),
            rules_only: rules(&self.only, "--only"),
            rule_files: files.map(|path| Value::new(path.clone(), Origin::Flag("--rules"))).collect(),
            ..Layer::default()
        }
    }
}

impl ThresholdOptions {
    /// Returns the settings of these options.
    pub(crate) fn layer(&self) -> Layer {
        Layer {
            confidence: self
                .confidence
                .map(|confidence| Value::new(confidence, Origin::Flag("--confidence"))),
            fail_on: self.fail_on.map(|confidence| Value::new(confidence, Origin::Flag("--fail-on"))),
            ..Layer::default()
        }
    }
}

/// Returns a parser that accepts the given words, so that clap lists them and suggests the nearest one.
pub(crate) fn words<T>(words: impl Iterator<Item = &'static str>) -> clap::builder::ValueParser
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: std::fmt::Debug,
{
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(words)
        .map(|word| word.parse::<T>().expect("the words are those of the type"))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_file_is_a_format_and_a_path() {
        let file: ReportFile = "json=a=b.json".parse().expect("a report file");
        assert_eq!(file, ReportFile { format: Format::Json, path: "a=b.json".into() });
        for wrong in ["json", "json=", "xml=a", "=a"] {
            assert!(wrong.parse::<ReportFile>().is_err(), "{wrong}");
        }
    }
}
