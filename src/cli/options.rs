//! Options that several commands share. Parsing checks their form and reads no file.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, ValueEnum};

use super::range_scan::PolicyOf;
use crate::config::{ByteSize, Layer, Origin, Value};
use crate::model::Confidence;
use crate::report::Format;

const RULES: &str = "Rules and configuration";
const RESULT: &str = "Result";

/// Which configuration and which rules.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RuleOptions {
    /// Configuration file [default: stopleak.yaml at the repository's root]
    #[arg(long, value_name = "FILE", help_heading = RULES, conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,

    /// Use no file of the repository: neither its configuration nor its baseline
    #[arg(long, help_heading = RULES)]
    pub(crate) no_config: bool,

    /// Baseline of known findings [default: .stopleak-baseline at the repository's root]
    #[arg(long, value_name = "FILE", help_heading = RULES)]
    pub(crate) baseline: Option<PathBuf>,

    /// Add the rules of a YAML file or a folder of them; may be repeated
    ///
    /// A rule with the id of a built-in one replaces it.
    #[arg(long, value_name = "FILE|DIR", help_heading = RULES)]
    pub(crate) rules: Vec<PathBuf>,

    /// Look for these rules only; may be repeated
    ///
    /// They are on even where the configuration switches them off.
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', action = ArgAction::Append, help_heading = RULES)]
    pub(crate) only: Vec<String>,

    /// Switch these rules off; may be repeated
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', action = ArgAction::Append, help_heading = RULES)]
    pub(crate) skip: Vec<String>,

    /// Threads to use [default: one a core]
    #[arg(long, value_name = "N", help_heading = RULES)]
    pub(crate) threads: Option<usize>,

    /// Do not read objects larger than this, nor files if it is given; the run is then incomplete [default: 100MB]
    #[arg(long, value_name = "SIZE", help_heading = RULES)]
    pub(crate) max_blob_size: Option<ByteSize>,
}

/// How sure a finding must be.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct GradeOptions {
    /// Report findings of at least this confidence [default: medium]
    #[arg(long, value_name = "high|medium|low", help_heading = RESULT, hide_possible_values = true,
          value_parser = words::<Confidence>(Confidence::ALL.iter().map(|grade| grade.as_str())))]
    pub(crate) confidence: Option<Confidence>,

    /// Fail on new findings of at least this confidence [default: medium]
    #[arg(long, value_name = "high|medium|low", help_heading = RESULT, hide_possible_values = true,
          value_parser = words::<Confidence>(Confidence::ALL.iter().map(|grade| grade.as_str())))]
    pub(crate) fail_on: Option<Confidence>,
}

/// What is written where.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OutputOptions {
    /// Format of the report on stdout [default: human]
    #[arg(long, value_name = "FORMAT", help_heading = RESULT,
          value_parser = words::<Format>(Format::ALL.iter().map(|format| format.as_str())))]
    pub(crate) format: Option<Format>,

    /// Write a report to a file as well (sarif=stopleak.sarif); may be repeated
    #[arg(long, value_name = "FORMAT=FILE", help_heading = RESULT)]
    pub(crate) report: Vec<ReportFile>,

    /// Show values as they are, in formats that stay with you (human, json, jsonl)
    #[arg(long, help_heading = RESULT)]
    pub(crate) show_secrets: bool,

    /// Return 0 in spite of findings; errors and incomplete runs keep their codes
    #[arg(long, help_heading = RESULT)]
    pub(crate) exit_zero: bool,

    /// Say on stderr how often each stage of the search was reached
    #[arg(long, help_heading = RESULT)]
    pub(crate) stats: bool,

    /// Say nothing but findings and what could not be read
    #[arg(long, short, help_heading = RESULT)]
    pub(crate) quiet: bool,
}

/// All options of a command that scans.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScanOptions {
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    #[command(flatten)]
    pub(crate) grades: GradeOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Whose policy holds for proposed commits.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TrustOptions {
    /// Let the checked-out files excuse what they bring: take configuration, baseline and rules from them, and
    /// marks wherever they stand
    #[arg(long, help_heading = RULES)]
    pub(crate) trust_head: bool,
}

impl TrustOptions {
    /// `base`, unless the head is trusted.
    pub(crate) fn policy(&self, base: PolicyOf) -> PolicyOf {
        if self.trust_head { PolicyOf::WorkTree } else { base }
    }
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    /// On a terminal, and as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Makes stdout and stderr follow it.
    pub(crate) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// A report that goes to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFile {
    /// How it is written.
    pub(crate) format: Format,
    /// Where to.
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
    /// What these options set.
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

impl GradeOptions {
    /// What these options set.
    pub(crate) fn layer(&self) -> Layer {
        Layer {
            confidence: self.confidence.map(|grade| Value::new(grade, Origin::Flag("--confidence"))),
            fail_on: self.fail_on.map(|grade| Value::new(grade, Origin::Flag("--fail-on"))),
            ..Layer::default()
        }
    }
}

/// A parser of one of `words`, so that clap lists them and finds the nearest one.
pub(crate) fn words<T>(words: impl Iterator<Item = &'static str>) -> clap::builder::ValueParser
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: std::fmt::Debug,
{
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(words)
        .map(|word| word.parse::<T>().expect("the type's own list of words"))
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
