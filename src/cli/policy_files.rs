//! Where a repository's own policy is read: its configuration, baseline and rules.
//!
//! For what somebody proposes it is the commit that they started from: a change must not excuse itself.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow};

use crate::config;
use crate::config::{Config, ConfigError, FILE_NAMES, Origin};
use crate::policy::Baseline;
use crate::rules::{Rule, RuleSet, load};
use crate::source::commit_files::{CommitFiles, normal};
use crate::source::view::path_bytes;

use super::env::Environment;
use super::setup::{BASELINE, in_short, parse_baseline, read_baseline};

/// Where the repository's own files of policy are.
#[derive(Clone, Copy)]
pub(crate) enum PolicyFiles<'v> {
    /// In the files that are checked out.
    WorkTree,
    /// In a commit. What its configuration names outside of the repository is read where it is.
    Commit(CommitFiles<'v>),
    /// There are none.
    Nowhere,
}

impl PolicyFiles<'_> {
    /// The configuration file, `None` when there is none. `root` is the repository's.
    pub(crate) fn config(&self, root: &Path, env: &Environment) -> anyhow::Result<Option<Config>> {
        match self {
            PolicyFiles::WorkTree => {
                let found = config::find(root)?.map(|path| in_short(path, env));
                Ok(found.map(|path| Config::read(&path)).transpose()?)
            }
            PolicyFiles::Nowhere => Ok(None),
            PolicyFiles::Commit(files) => {
                let mut found: Option<Config> = None;
                for name in FILE_NAMES {
                    let path = PathBuf::from(name);
                    let Some(bytes) = files.read(name.as_bytes())? else { continue };
                    if let Some(Config { path: first, .. }) = found {
                        return Err(ConfigError::TwoFiles { first, second: path }.into());
                    }
                    found = Some(Config::from_bytes(&path, &bytes)?);
                }
                Ok(found)
            }
        }
    }

    /// The baseline at `path`, which a file of the repository names, or is the default; `None` when it is not
    /// there.
    pub(crate) fn baseline(&self, path: &Path, root: &Path) -> anyhow::Result<Option<Baseline>> {
        match self {
            PolicyFiles::Nowhere => Ok(None),
            PolicyFiles::WorkTree => read_baseline(path),
            PolicyFiles::Commit(files) => match inside(path) {
                Some(inside) => files.read(&inside)?.map(|bytes| parse_baseline(&bytes, path)).transpose(),
                None => read_baseline(&root.join(path)),
            },
        }
    }

    /// The rules of a file or folder that a file of the repository names.
    pub(crate) fn rules(&self, path: &Path, root: &Path) -> anyhow::Result<Vec<Rule>> {
        let (files, at) = match self {
            PolicyFiles::Commit(files) => match inside(path) {
                Some(at) => (files, at),
                None => return Ok(RuleSet::load(&root.join(path))?),
            },
            PolicyFiles::WorkTree | PolicyFiles::Nowhere => return Ok(RuleSet::load(path)?),
        };
        let name = |path: &[u8]| PathBuf::from(String::from_utf8_lossy(path).into_owned());
        let parse = |path: &[u8], bytes: &[u8]| -> anyhow::Result<Vec<Rule>> {
            let text = std::str::from_utf8(bytes)
                .with_context(|| format!("{}: expected UTF-8 text", name(path).display()))?;
            Ok(load::parse(text, &name(path))?)
        };
        if let Some(bytes) = files.read(&at)? {
            return parse(&at, &bytes);
        }
        let Some(mut below) = files.files_below(&at)? else {
            return Err(anyhow!("{}: there is no such rule file or folder in it", path.display()));
        };
        below.retain(|path| path.ends_with(b".yaml"));
        if below.is_empty() {
            return Err(load::RuleError::Empty { path: path.to_path_buf() }.into());
        }
        let mut rules = Vec::new();
        for path in below {
            rules.extend(parse(&path, &files.read(&path)?.unwrap_or_default())?);
        }
        Ok(rules)
    }

    /// Which of the files at `named` and of those that are looked for everywhere `other` has different.
    pub(crate) fn changed_in(&self, other: &CommitFiles<'_>, named: &[PathBuf]) -> Vec<String> {
        let PolicyFiles::Commit(files) = self else { return Vec::new() };
        let known = FILE_NAMES.into_iter().chain([BASELINE]).map(PathBuf::from);
        let mut changed: Vec<String> = known
            .chain(named.iter().cloned())
            .filter(|path| {
                // Behind a link the content may have changed. What cannot be read may have, too: better one
                // name too many.
                inside(path).is_some_and(|path| {
                    let state =
                        |files: &CommitFiles<'_>| Some((files.entry(&path).ok()?, files.read(&path).ok()?));
                    match (state(files), state(other)) {
                        (Some(here), Some(there)) => here != there,
                        _ => true,
                    }
                })
            })
            .map(|path| path.display().to_string())
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// An error of these files with the commit that they are in.
    pub(crate) fn context<T>(&self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        match self {
            PolicyFiles::Commit(files) => result.with_context(|| {
                let id = files.commit().to_string();
                format!("the policy of base commit {} does not hold", &id[..12])
            }),
            PolicyFiles::WorkTree | PolicyFiles::Nowhere => result,
        }
    }

    /// The same where a value is wrong that stands in these files, and not on the command line.
    pub(crate) fn context_of_values<T>(&self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        let is_own = |error: &anyhow::Error| {
            let value = error.chain().find_map(|cause| cause.downcast_ref::<ConfigError>());
            matches!(value, Some(ConfigError::Value { origin: Origin::File(..), .. }))
        };
        match result {
            Err(error) if is_own(&error) => self.context(Err(error)),
            result => result,
        }
    }
}

/// `path` as the tree names it; `None` when it is outside.
fn inside(path: &Path) -> Option<Vec<u8>> {
    let is_relative =
        path.components().all(|part| !matches!(part, Component::Prefix(_) | Component::RootDir));
    normal(&path_bytes(path)).filter(|path| is_relative && !path.is_empty())
}
