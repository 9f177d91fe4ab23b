//! Stand-in: replaced by the real scan.
#![allow(missing_docs)]

use std::path::PathBuf;

use crate::git::env::GitEnv;
use crate::model::{Confidence, Counts, ScanHeader, ScanReport};
use crate::policy::Policy;
use crate::rules::RuleSet;

#[derive(Debug)]
pub enum Target {
    Paths { paths: Vec<PathBuf>, no_ignore: bool },
    Stdin { name: String },
    Staged,
    Range { spec: String },
    History { repo: PathBuf },
}

pub struct Settings {
    pub rules: RuleSet,
    pub policy: Policy,
    pub confidence: Confidence,
    pub fail_on: Confidence,
    pub threads: usize,
    pub max_blob_size: u64,
    pub directory: PathBuf,
    pub env: GitEnv,
}

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("{} is not inside a git repository", path.display())]
    NotARepository { path: PathBuf },
    #[error("no such revision: {rev}")]
    UnknownRevision { rev: String },
    #[error("no rule is active")]
    NoRules,
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Git(#[from] crate::git::repo::RepoError),
}

pub fn run(target: &Target, settings: &Settings) -> Result<ScanReport, ScanError> {
    let command = match target {
        Target::Paths { .. } | Target::Stdin { .. } => "scan",
        Target::Staged => "staged",
        Target::Range { spec } if spec.contains("unknown") => {
            return Err(ScanError::UnknownRevision { rev: spec.clone() });
        }
        Target::Range { .. } => "range",
        Target::History { .. } => "history",
    };
    Ok(ScanReport {
        header: ScanHeader {
            command: command.to_owned(),
            target: String::new(),
            ruleset: String::new(),
            rules: settings.rules.len(),
            refs: Vec::new(),
            shard: None,
        },
        findings: Vec::new(),
        coverage: Vec::new(),
        counts: Counts::default(),
        fail_on: settings.fail_on,
    })
}
