//! Turns command line options into the settings of a scan: finds and merges the configuration, checks rules and
//! globs, reads the baseline. An error in any of them ends the run here, before anything is scanned.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::env::Environment;
use super::messages;
use super::options::{RuleOptions, ThresholdOptions};
use super::policy_files::{BASELINE, PolicyFiles, without_foreign_content};
use crate::config::{Config, ConfigError, Layer, Origin, Resolved, Value, nearest};
use crate::engine::check_pattern;
use crate::git::repo::{OpenedRepo, Repo, RepoError};
use crate::policy::{AllowComments, Baseline, Policy, SkipPaths};
use crate::rules::RuleSet;
use crate::scan::{ScanError, Settings};

/// The effective settings of a run and the repository that they belong to.
pub(crate) struct Setup<'v> {
    /// What `root` is the root of.
    pub(crate) repo_kind: RepoKind,
    /// Root of the repository, or the scanned folder.
    pub(crate) root: PathBuf,
    /// Path of the configuration file, if there is one.
    pub(crate) config: Option<PathBuf>,
    /// All configuration layers merged.
    pub(crate) settings: Resolved,
    /// Path of the baseline, whether the file exists or not.
    pub(crate) baseline_path: PathBuf,
    /// Location of the repository's policy files.
    files: PolicyFiles<'v>,
    /// Location of the files whose allow comments are effective. `--no-config` does not change it: ignoring files must
    /// not make their content more trusted.
    allow_comments: PolicyFiles<'v>,
    /// Whether an option or variable names the configuration file, so that it is not a file of the repository.
    is_config_named: bool,
    /// The repository of the current directory, already open, for a scan without paths.
    repo: OpenedRepo,
}

/// Kind of repository that a run works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RepoKind {
    /// A repository with a work tree.
    WorkTree,
    /// A bare repository.
    Bare,
    /// None: a plain folder.
    None,
}

/// The repository or plain folder that a run works on.
pub(crate) struct RepoLocation {
    pub(crate) kind: RepoKind,
    pub(crate) root: PathBuf,
    repo: OpenedRepo,
}

impl RepoLocation {
    /// Finds the repository that contains `start`; without one, the folder of `start` itself.
    fn find(env: &Environment, start: &Path) -> anyhow::Result<RepoLocation> {
        let is_current = start == env.directory;
        let start = env.directory.join(start);
        // The path may be a file, or not exist; the scan reports the latter itself.
        let folder = start.ancestors().find(|folder| folder.is_dir()).unwrap_or(&start).to_path_buf();
        match Repo::with_env(&folder, env.git.clone()) {
            Ok(repo) => {
                let location = RepoLocation::from_repo(&repo);
                // The scan opens the current directory. A path elsewhere may be in another repository.
                let opened = Some(repo).filter(|_| is_current).map(OpenedRepo::from);
                Ok(RepoLocation { repo: opened.unwrap_or_default(), ..location })
            }
            Err(RepoError::NotARepository { .. }) => {
                let root = folder.components().collect();
                Ok(RepoLocation { kind: RepoKind::None, root, repo: OpenedRepo::default() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the location of an open repository.
    pub(crate) fn from_repo(repo: &Repo) -> RepoLocation {
        // libgit2 ends its paths with a slash; collecting the components drops it.
        let (kind, root) = match repo.work_tree() {
            Some(root) => (RepoKind::WorkTree, root.components().collect()),
            None => (RepoKind::Bare, repo.common_dir().components().collect()),
        };
        RepoLocation { kind, root, repo: OpenedRepo::default() }
    }
}

impl Setup<'static> {
    /// Finds and merges the configuration layers. The configuration file is that of the repository that contains
    /// `start`, the path that is scanned.
    ///
    /// # Errors
    ///
    /// A configuration that cannot be read or is not valid, or a repository that cannot be opened.
    pub(crate) fn new(
        env: &Environment,
        start: &Path,
        rules: &RuleOptions,
        thresholds: &ThresholdOptions,
    ) -> anyhow::Result<Setup<'static>> {
        Setup::from_policy_files(
            env,
            RepoLocation::find(env, start)?,
            PolicyFiles::WorkTree,
            rules,
            thresholds,
        )
    }

    /// Creates the setup of the pre-receive hook. The configuration is read from the git directory, or from the path that
    /// an option or variable names, and never from a work tree, whose files may come from an earlier push.
    ///
    /// # Errors
    ///
    /// As for [`Setup::new`].
    pub(crate) fn for_receiving(env: &Environment, rules: &RuleOptions) -> anyhow::Result<Setup<'static>> {
        let repo = Repo::with_env(&env.directory, env.git.clone())?;
        let root = repo.common_dir().components().collect();
        let location = RepoLocation { kind: RepoKind::Bare, root, repo: OpenedRepo::from(repo) };
        Setup::from_policy_files(env, location, PolicyFiles::WorkTree, rules, &ThresholdOptions::default())
    }
}

impl<'v> Setup<'v> {
    /// Like [`Setup::new`], with the repository's policy files read from `files`.
    ///
    /// # Errors
    ///
    /// As for [`Setup::new`].
    pub(crate) fn from_policy_files(
        env: &Environment,
        location: RepoLocation,
        files: PolicyFiles<'v>,
        rules: &RuleOptions,
        thresholds: &ThresholdOptions,
    ) -> anyhow::Result<Setup<'v>> {
        for name in env.unknown_variables() {
            let near = nearest(&name, Environment::known_variables());
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            messages::warning(&format!("unknown variable {name}{hint}"));
        }
        let RepoLocation { kind: repo_kind, root, repo } = location;
        let is_isolated =
            rules.no_config || (env.is_enabled("STOPLEAK_NO_CONFIG")? && rules.config.is_none());
        let allow_comments = files;
        let files = if is_isolated { PolicyFiles::None } else { files };
        let named = rules.config.clone().or_else(|| env.get("STOPLEAK_CONFIG").map(PathBuf::from));
        let is_config_named = named.is_some();
        let config = match named {
            _ if is_isolated => None,
            Some(path) => Some(Config::read(&path)?),
            None => files.context(files.config(&root, env))?,
        };
        let file = config.as_ref().map(Layer::from).unwrap_or_default();
        let flags = rules.layer().over(thresholds.layer());
        let own = if is_config_named { PolicyFiles::WorkTree } else { files };
        let settings = flags.over(env.layer()?.over(file)).resolve().map_err(anyhow::Error::from);
        let settings = own.context_of_values(settings)?;
        let baseline_path = match (&settings.baseline, files) {
            (Some(named), _) => named.value.clone(),
            (None, PolicyFiles::Commit(_)) => PathBuf::from(BASELINE),
            (None, _) => env.relative(root.join(BASELINE)),
        };
        let config = config.map(|config| config.path);
        Ok(Setup {
            repo_kind,
            root,
            config,
            settings,
            baseline_path,
            files,
            allow_comments,
            is_config_named,
            repo,
        })
    }

    /// Returns the location of the files that a setting with this origin names.
    fn files_of(&self, origin: &Origin) -> PolicyFiles<'v> {
        match origin {
            Origin::Default => self.files,
            Origin::File(..) if !self.is_config_named => self.files,
            _ => PolicyFiles::WorkTree,
        }
    }

    /// Whether the repository's own configuration has a setting, or it has its default.
    fn is_of_repository(&self, origin: &Origin) -> bool {
        matches!(origin, Origin::Default) || matches!(origin, Origin::File(..)) && !self.is_config_named
    }

    /// Returns the paths of policy files that the repository's configuration names, besides the default names.
    pub(crate) fn named_files(&self) -> Vec<PathBuf> {
        let is_own = |origin: &Origin| matches!(origin, Origin::File(..)) && !self.is_config_named;
        let all = self.settings.rule_files.iter().chain(&self.settings.baseline);
        all.filter(|named| is_own(&named.origin)).map(|named| named.value.clone()).collect()
    }

    /// Returns the location of the repository's policy files.
    pub(crate) fn files(&self) -> PolicyFiles<'v> {
        self.files
    }

    /// Returns all rules, active or not: the built-in ones and those of the rule files.
    ///
    /// # Errors
    ///
    /// A rule file that cannot be read or parsed, or a pattern that does not compile: a rule that matches nothing would
    /// make the run look clean.
    pub(crate) fn all_rules(&self) -> anyhow::Result<RuleSet> {
        let mut rules = RuleSet::builtin();
        for file in &self.settings.rule_files {
            let origin = || format!("rules from {}", file.origin);
            let files = self.files_of(&file.origin);
            let mut loaded = files.rules(&file.value, &self.root);
            if self.is_of_repository(&file.origin) {
                loaded = without_foreign_content(loaded, &file.value, &self.root);
            }
            let loaded = files.context(loaded.with_context(origin))?;
            for rule in &loaded {
                check_pattern(rule).map_err(|error| {
                    let path = file.value.display();
                    anyhow!("{path}: rule {}: the pattern does not compile: {error}", rule.id)
                })?;
            }
            rules.extend(loaded).with_context(origin)?;
        }
        Ok(rules)
    }

    /// Returns the active rules.
    ///
    /// # Errors
    ///
    /// As for [`Setup::all_rules`]; an unknown rule id, which may be a misspelt one, wherever it is set; no active rule.
    pub(crate) fn rules(&self) -> anyhow::Result<RuleSet> {
        let mut rules = self.all_rules()?;
        let Resolved { rules_off: off, rules_only: only, .. } = &self.settings;
        for id in off.iter().chain(only) {
            check_rule_id(&rules, &id.value)
                .map_err(|message| ConfigError::Value { origin: id.origin.clone(), message })?;
        }
        if !off.is_empty() || !only.is_empty() {
            let names = |list: &[Value<String>], id: &str| list.iter().any(|named| named.value == id);
            rules.retain(|id| (only.is_empty() || names(only, id)) && !names(off, id));
        }
        if rules.is_empty() {
            return Err(ScanError::NoRules.into());
        }
        Ok(rules)
    }

    /// Returns the globs of files that are not scanned.
    ///
    /// # Errors
    ///
    /// A glob that is not valid, with the place where it is set.
    pub(crate) fn skip_paths(&self) -> anyhow::Result<SkipPaths> {
        let globs = &self.settings.skip_paths;
        SkipPaths::new(globs.iter().map(|glob| &glob.value)).map_err(|error| {
            match globs.iter().find(|glob| glob.value == error.glob) {
                Some(glob) => {
                    ConfigError::Value { origin: glob.origin.clone(), message: error.to_string() }.into()
                }
                None => anyhow::Error::from(error),
            }
        })
    }

    /// Reads the baseline; `None` when none is configured and the default file does not exist.
    ///
    /// # Errors
    ///
    /// A baseline that cannot be read or parsed, or a configured one that does not exist.
    pub(crate) fn baseline(&self) -> anyhow::Result<Option<Baseline>> {
        let origin = self.settings.baseline.as_ref().map_or(&Origin::Default, |named| &named.origin);
        let files = self.files_of(origin);
        let mut found = files.baseline(&self.baseline_path, &self.root);
        if self.is_of_repository(origin) {
            found = without_foreign_content(found, &self.baseline_path, &self.root);
        }
        let found = found.and_then(|found| match (&self.settings.baseline, found) {
            (Some(named), None) => Err(ConfigError::Io {
                path: named.value.clone(),
                source: io::Error::new(io::ErrorKind::NotFound, format!("no such file ({})", named.origin)),
            }
            .into()),
            (_, found) => Ok(found),
        });
        files.context(found)
    }

    /// Returns the settings of a scan.
    ///
    /// # Errors
    ///
    /// As for [`Setup::rules`], [`Setup::skip_paths`] and [`Setup::baseline`].
    pub(crate) fn scan_settings(&self, env: &Environment) -> anyhow::Result<Settings> {
        let own = self.files_of(&Origin::File(PathBuf::new(), None));
        let mut settings = own.context_of_values(self.settings_without_baseline(env))?;
        settings.policy.baseline = self.baseline()?.unwrap_or_default();
        Ok(settings)
    }

    /// Returns the settings of a scan with an empty baseline, which `baseline create` needs.
    ///
    /// # Errors
    ///
    /// As for [`Setup::rules`] and [`Setup::skip_paths`].
    pub(crate) fn settings_without_baseline(&self, env: &Environment) -> anyhow::Result<Settings> {
        let (allow_comments, policy_of) = match self.allow_comments {
            PolicyFiles::Commit(files) => (AllowComments::Untrusted, Some(*files.commit())),
            PolicyFiles::WorkTree => (AllowComments::Trusted, None),
            PolicyFiles::None => (AllowComments::Untrusted, None),
        };
        let policy = Policy { skip: self.skip_paths()?, allow_comments, ..Policy::default() };
        let size = &self.settings.max_blob_size;
        Ok(Settings {
            policy,
            confidence: self.settings.confidence.value,
            fail_on: self.settings.fail_on.value,
            threads: self.settings.threads.value,
            max_blob_size: size.value.bytes(),
            max_file_size: (size.origin != Origin::Default).then(|| size.value.bytes()),
            directory: env.directory.clone(),
            env: env.git.clone(),
            repo: self.repo.clone(),
            policy_of,
            ..Settings::new(self.rules()?, self.root.clone())
        })
    }
}

/// Checks that `rules` contains a rule with this id. The error names the nearest id.
pub(crate) fn check_rule_id(rules: &RuleSet, id: &str) -> Result<(), String> {
    if rules.contains(id) {
        return Ok(());
    }
    let near = nearest(id, rules.ids()).map(|near| format!("; did you mean `{near}`?"));
    Err(format!("there is no rule `{id}`{}", near.unwrap_or_default()))
}
