//! Reads the policy files of a repository: configuration, baseline and rule files.
//!
//! For proposed commits they are read from the tip of the target branch, so that a change cannot suppress its own findings.

use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow};

use crate::config;
use crate::config::{Config, ConfigError, FILE_NAMES, Origin};
use crate::git::Oid;
use crate::policy::Baseline;
use crate::rules::{Rule, RuleSet, input, load};
use crate::source::commit_files::{CommitFiles, normalize_path};
use crate::source::paths::path_bytes;

use super::env::Environment;

/// Name of the baseline file at the root of a repository.
pub(crate) const BASELINE: &str = ".stopleak-baseline";

/// Whose configuration, baseline, rules and allow comments are effective for a range of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyOf {
    /// Those of the checked-out files, and all allow comments.
    WorkTree,
    /// Those of the excluded side: `A` in `A..B`.
    Base,
    /// Those of this commit.
    Commit(Oid),
    /// None: the commit that would be trusted is not known or not in the clone.
    None,
}

/// Location of the repository's own policy files.
#[derive(Clone, Copy)]
pub(crate) enum PolicyFiles<'v> {
    /// The checked-out files.
    WorkTree,
    /// A commit. Files outside of the repository that its configuration names are read from the file system.
    Commit(CommitFiles<'v>),
    /// None are read.
    None,
}

impl PolicyFiles<'_> {
    /// Reads the configuration file of the repository with root `root`; `None` when it has none.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or parsed, or more than one configuration file.
    pub(crate) fn config(&self, root: &Path, env: &Environment) -> anyhow::Result<Option<Config>> {
        match self {
            PolicyFiles::WorkTree => {
                let Some(path) = config::find(root)? else { return Ok(None) };
                let config = Config::read(&env.relative(path.clone())).map_err(anyhow::Error::from);
                without_foreign_content(config, &path, root).map(Some)
            }
            PolicyFiles::None => Ok(None),
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

    /// Reads the baseline at `path`: the default path, or one that a file of the repository names. `None` when there
    /// is no such file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or parsed.
    pub(crate) fn baseline(&self, path: &Path, root: &Path) -> anyhow::Result<Option<Baseline>> {
        match self {
            PolicyFiles::None => Ok(None),
            PolicyFiles::WorkTree => read_baseline(path),
            PolicyFiles::Commit(files) => match tree_path(path) {
                Some(at) => files.read(&at)?.map(|bytes| parse_baseline(&bytes, path)).transpose(),
                None => read_baseline(&root.join(path)),
            },
        }
    }

    /// Reads the rules of a file or folder that a file of the repository names.
    ///
    /// # Errors
    ///
    /// A file that is missing or cannot be read or parsed, or a folder without rule files.
    pub(crate) fn rules(&self, path: &Path, root: &Path) -> anyhow::Result<Vec<Rule>> {
        let (files, at) = match self {
            PolicyFiles::Commit(files) => match tree_path(path) {
                Some(at) => (files, at),
                None => return Ok(RuleSet::load(&root.join(path))?),
            },
            PolicyFiles::WorkTree | PolicyFiles::None => return Ok(RuleSet::load(path)?),
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
        let Some(below) = files.files_below(&at, load::MAX_FILES)? else {
            return Err(anyhow!("{}: no such rule file or folder in the commit", path.display()));
        };
        let below_count = if below.is_complete { below.paths.len() } else { usize::MAX };
        load::check_count(below_count, "files and folders", load::MAX_FILES, path)?;
        let mut below = below.paths;
        below.retain(|path| path.ends_with(b".yaml"));
        if below.is_empty() {
            return Err(load::RuleError::Empty { path: path.to_path_buf() }.into());
        }
        let mut rules = Vec::new();
        let folder = path;
        for path in below {
            rules.extend(parse(&path, &files.read(&path)?.unwrap_or_default())?);
            load::check_count(rules.len(), "rules", load::MAX_RULES, folder)?;
        }
        Ok(rules)
    }

    /// Returns the paths of the policy files that differ between these files and `other`, sorted: the default names and
    /// `named`. Empty unless these are the files of a commit.
    pub(crate) fn changed_in(&self, other: &CommitFiles<'_>, named: &[PathBuf]) -> Vec<String> {
        let PolicyFiles::Commit(files) = self else { return Vec::new() };
        let known = FILE_NAMES.into_iter().chain([BASELINE]).map(PathBuf::from);
        let mut changed: Vec<String> = known
            .chain(named.iter().cloned())
            .filter(|path| {
                // The entry of a symbolic link can be equal while the content of its target differs. A file that
                // cannot be read counts as changed.
                tree_path(path).is_some_and(|path| {
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

    /// Adds the commit that these files belong to to an error.
    pub(crate) fn context<T>(&self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        match self {
            PolicyFiles::Commit(files) => result.with_context(|| {
                let id = files.commit().to_string();
                format!("invalid policy in base commit {}", &id[..12])
            }),
            PolicyFiles::WorkTree | PolicyFiles::None => result,
        }
    }

    /// Like [`PolicyFiles::context`], but only for errors about a value that is set in these files, not on the command
    /// line or in the environment.
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

/// Returns `result`, the content of the file or folder at `path` that the repository at `root` names. If a link or the
/// path leads out of the work tree, or into the git directory, an error shows nothing of the content: the author of the
/// repository could choose a file of the user who runs the program.
pub(super) fn without_foreign_content<T>(
    result: anyhow::Result<T>,
    path: &Path,
    root: &Path,
) -> anyhow::Result<T> {
    result.map_err(|error| {
        let target = path.canonicalize().or_else(|_| root.join(path).canonicalize());
        let (Ok(target), Ok(real_root)) = (target, root.canonicalize()) else { return error };
        match target.strip_prefix(&real_root) {
            Ok(inside) if !inside.starts_with(".git") => error,
            _ => anyhow!(
                "{}: cannot be used; why is not shown, because the file is outside of the repository (name it with an \
                 option to see the reason)",
                path.display()
            ),
        }
    })
}

/// Returns `path` as a path in a tree; `None` when it is outside of the repository.
fn tree_path(path: &Path) -> Option<Vec<u8>> {
    let is_relative =
        path.components().all(|part| !matches!(part, Component::Prefix(_) | Component::RootDir));
    normalize_path(&path_bytes(path)).filter(|path| is_relative && !path.is_empty())
}

/// Reads the baseline file at `path`; `None` when there is no such file.
///
/// # Errors
///
/// A file that cannot be read or parsed.
pub(crate) fn read_baseline(path: &Path) -> anyhow::Result<Option<Baseline>> {
    let bytes = match input::BASELINE.read(path) {
        Ok(bytes) => bytes,
        // A link to nothing is an error: a baseline that was meant to be there would be ignored silently.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
        Err(source) => return Err(ConfigError::Io { path: path.to_path_buf(), source }.into()),
    };
    parse_baseline(&bytes, path).map(Some)
}

/// Parses the content of a baseline file; `path` is its name in errors.
fn parse_baseline(bytes: &[u8], path: &Path) -> anyhow::Result<Baseline> {
    let limit = |source| ConfigError::Limit { path: path.to_path_buf(), source };
    input::BASELINE.check_len(bytes.len()).map_err(limit)?;
    let parsed = Baseline::parse(bytes).map_err(|error| ConfigError::Syntax {
        path: path.to_path_buf(),
        at: Some((error.line, 1)),
        message: error.message,
    })?;
    Ok(parsed)
}
