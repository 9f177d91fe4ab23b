//! Stand-in: replaced by the real reporters.
#![allow(missing_docs)]

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use crate::model::ScanReport;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    pub color: bool,
    pub show_secrets: bool,
    pub quiet: bool,
    pub width: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Human,
    Json,
    Jsonl,
    Sarif,
}

impl Format {
    pub const ALL: &'static [Format] = &[Format::Human, Format::Json, Format::Jsonl, Format::Sarif];

    pub fn as_str(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
        }
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(word: &str) -> Result<Format, String> {
        let found = Format::ALL.iter().copied().find(|format| format.as_str() == word);
        found.ok_or_else(|| "expected one of human, json, jsonl, sarif".to_owned())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

pub fn write(format: Format, report: &ScanReport, _: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{format}: {} findings, {}", report.findings.len(), report.verdict().as_str())
}

pub fn write_to_file(
    path: &Path,
    format: Format,
    report: &ScanReport,
    options: &ReportOptions,
) -> io::Result<()> {
    replace_file(path, |out| write(format, report, options, out))
}

pub fn replace_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    fill(&mut std::fs::File::create(path)?)
}
