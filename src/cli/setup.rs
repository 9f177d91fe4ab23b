//! From options to what a scan needs: the configuration found and joined, rules and globs checked, the
//! baseline read. Everything that can be wrong with them ends the run here, before anything is scanned.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::env::Environment;
use super::messages;
use super::options::{GradeOptions, RuleOptions};
use super::policy_files::PolicyFiles;
use crate::config::{Config, ConfigError, Layer, Origin, Resolved, Value, nearest};
use crate::engine::check_pattern;
use crate::git::repo::{OpenedRepo, Repo, RepoError};
use crate::policy::{Baseline, Marks, Policy, SkipPaths};
use crate::rules::RuleSet;
use crate::scan::{ScanError, Settings};

/// The name of the baseline at the repository's root.
pub(super) const BASELINE: &str = ".stopleak-baseline";

/// A [`SetupFrom`] files that are checked out.
pub(crate) type Setup = SetupFrom<'static>;

/// Where a run stands and what was asked of it.
pub(crate) struct SetupFrom<'v> {
    /// What kind of folder `root` is.
    pub(crate) ground: Ground,
    /// The repository's root, or the folder that is scanned.
    pub(crate) root: PathBuf,
    /// The configuration file, where there is one.
    pub(crate) config: Option<PathBuf>,
    /// All layers joined.
    pub(crate) settings: Resolved,
    /// Where the baseline is, whether there is one or not.
    pub(crate) baseline_path: PathBuf,
    /// Where what the configuration names is read, if it is the repository's own.
    files: PolicyFiles<'v>,
    /// Whose marks hold: `--no-config` is about files, and makes nobody more trusted.
    marks_of: PolicyFiles<'v>,
    /// Whether `config` was named by somebody, and is no file of the repository.
    config_is_named: bool,
    /// That of `start`, where it is the current directory: what a scan without paths opens.
    repo: OpenedRepo,
}

/// What kind of folder a run stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// The root of a repository's files.
    WorkTree,
    /// A repository without files.
    Bare,
    /// No repository.
    Folder,
}

/// The repository or folder that a run stands in.
pub(crate) struct Place {
    pub(crate) ground: Ground,
    pub(crate) root: PathBuf,
    repo: OpenedRepo,
}

impl Place {
    /// The one that holds `start`.
    fn find(env: &Environment, start: &Path) -> anyhow::Result<Place> {
        let is_here = start == env.directory;
        let start = env.directory.join(start);
        // The path may be a file, or lead nowhere; the scan has its own words for that.
        let folder = start.ancestors().find(|folder| folder.is_dir()).unwrap_or(&start).to_path_buf();
        match Repo::with_env(&folder, env.git.clone()) {
            Ok(repo) => {
                let place = Place::of(&repo);
                // A place elsewhere may be in another repository.
                let opened = Some(repo).filter(|_| is_here).map(OpenedRepo::from);
                Ok(Place { repo: opened.unwrap_or_default(), ..place })
            }
            Err(RepoError::NotARepository { .. }) => {
                let root = folder.components().collect();
                Ok(Place { ground: Ground::Folder, root, repo: OpenedRepo::default() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// That of a repository that is open already.
    pub(crate) fn of(repo: &Repo) -> Place {
        // libgit2 puts a slash behind its paths, which the components leave out.
        let (ground, root) = match repo.work_tree() {
            Some(root) => (Ground::WorkTree, root.components().collect()),
            None => (Ground::Bare, repo.common_dir().components().collect()),
        };
        Place { ground, root, repo: OpenedRepo::default() }
    }
}

impl Setup {
    /// Finds and joins the layers. `start` is what the run looks at: the configuration is that of the
    /// repository which holds it.
    pub(crate) fn new(
        env: &Environment,
        start: &Path,
        rules: &RuleOptions,
        grades: &GradeOptions,
    ) -> anyhow::Result<Setup> {
        SetupFrom::with(env, Place::find(env, start)?, PolicyFiles::WorkTree, rules, grades)
    }

    /// For a hook of a repository that is being sent something: its files, if it has any, may be what was
    /// sent before. Only what its owner put beside its objects and refs, or names, counts.
    pub(crate) fn receiving(env: &Environment, rules: &RuleOptions) -> anyhow::Result<Setup> {
        let repo = Repo::with_env(&env.directory, env.git.clone())?;
        let root = repo.common_dir().components().collect();
        let place = Place { ground: Ground::Bare, root, repo: OpenedRepo::from(repo) };
        SetupFrom::with(env, place, PolicyFiles::WorkTree, rules, &GradeOptions::default())
    }
}

impl<'v> SetupFrom<'v> {
    /// The same where the repository's own policy is read from `files`.
    pub(crate) fn with(
        env: &Environment,
        place: Place,
        files: PolicyFiles<'v>,
        rules: &RuleOptions,
        grades: &GradeOptions,
    ) -> anyhow::Result<SetupFrom<'v>> {
        for name in env.unknown() {
            let near = nearest(&name, Environment::known()).map(|near| format!("; did you mean {near}?"));
            messages::warning(&format!("{name} is no variable of stopleak{}", near.unwrap_or_default()));
        }
        let Place { ground, root, repo } = place;
        let isolated = rules.no_config || (env.says_yes("STOPLEAK_NO_CONFIG")? && rules.config.is_none());
        let marks_of = files;
        let files = if isolated { PolicyFiles::Nowhere } else { files };
        let named = rules.config.clone().or_else(|| env.get("STOPLEAK_CONFIG").map(PathBuf::from));
        let config_is_named = named.is_some();
        let config = match named {
            _ if isolated => None,
            Some(path) => Some(Config::read(&path)?),
            None => files.context(files.config(&root, env))?,
        };
        let file = config.as_ref().map(Layer::from).unwrap_or_default();
        let flags = rules.layer().over(grades.layer());
        let own = if config_is_named { PolicyFiles::WorkTree } else { files };
        let settings = flags.over(env.layer()?.over(file)).resolve().map_err(anyhow::Error::from);
        let settings = own.context_of_values(settings)?;
        let baseline_path = match (&settings.baseline, files) {
            (Some(named), _) => named.value.clone(),
            (None, PolicyFiles::Commit(_)) => PathBuf::from(BASELINE),
            (None, _) => in_short(root.join(BASELINE), env),
        };
        let config = config.map(|config| config.path);
        Ok(SetupFrom {
            ground,
            root,
            config,
            settings,
            baseline_path,
            files,
            marks_of,
            config_is_named,
            repo,
        })
    }

    /// Where what was written at `origin` names files.
    fn files_of(&self, origin: &Origin) -> PolicyFiles<'v> {
        match origin {
            Origin::Default => self.files,
            Origin::File(..) if !self.config_is_named => self.files,
            _ => PolicyFiles::WorkTree,
        }
    }

    /// The files of the repository's own policy, besides those that are looked for everywhere.
    pub(crate) fn own_files(&self) -> Vec<PathBuf> {
        let is_own = |origin: &Origin| matches!(origin, Origin::File(..)) && !self.config_is_named;
        let all = self.settings.rule_files.iter().chain(&self.settings.baseline);
        all.filter(|named| is_own(&named.origin)).map(|named| named.value.clone()).collect()
    }

    /// Whose policy it is.
    pub(crate) fn files(&self) -> PolicyFiles<'v> {
        self.files
    }

    /// All rules, active or not: the built-in ones and those of the rule files. A pattern that cannot
    /// be built ends the run here: it would match nothing, and the run would be called clean.
    pub(crate) fn known_rules(&self) -> anyhow::Result<RuleSet> {
        let mut rules = RuleSet::builtin();
        for file in &self.settings.rule_files {
            let origin = || format!("rules from {}", file.origin);
            let files = self.files_of(&file.origin);
            let loaded = files.context(files.rules(&file.value, &self.root).with_context(origin))?;
            for rule in &loaded {
                check_pattern(rule).map_err(|error| {
                    let path = file.value.display();
                    anyhow!("{path}: rule {}: the pattern cannot be built: {error}", rule.id)
                })?;
            }
            rules.extend(loaded).with_context(origin)?;
        }
        Ok(rules)
    }

    /// The active rules. An id that no rule has is an error wherever it was written: it might be a
    /// misspelt one that somebody believes to be on, or off.
    pub(crate) fn rules(&self) -> anyhow::Result<RuleSet> {
        let mut rules = self.known_rules()?;
        let Resolved { rules_off: off, rules_only: only, .. } = &self.settings;
        for id in off.iter().chain(only) {
            known_rule(&rules, &id.value)
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

    /// The files to leave out.
    pub(crate) fn skip_paths(&self) -> anyhow::Result<SkipPaths> {
        for glob in &self.settings.skip_paths {
            SkipPaths::new([&glob.value]).map_err(|error| ConfigError::Value {
                origin: glob.origin.clone(),
                message: error.to_string(),
            })?;
        }
        Ok(SkipPaths::new(self.settings.skip_paths.iter().map(|glob| &glob.value))?)
    }

    /// The baseline; `None` when nobody named one and the repository has none. One that was named must
    /// be there.
    pub(crate) fn baseline(&self) -> anyhow::Result<Option<Baseline>> {
        let origin = self.settings.baseline.as_ref().map_or(&Origin::Default, |named| &named.origin);
        let files = self.files_of(origin);
        let found = files.baseline(&self.baseline_path, &self.root).and_then(|found| {
            match (&self.settings.baseline, found) {
                (Some(named), None) => Err(ConfigError::Io {
                    path: named.value.clone(),
                    source: io::Error::new(
                        io::ErrorKind::NotFound,
                        format!("no such file ({})", named.origin),
                    ),
                }
                .into()),
                (_, found) => Ok(found),
            }
        });
        files.context(found)
    }

    /// Everything that a scan needs.
    pub(crate) fn scan_settings(&self, env: &Environment) -> anyhow::Result<Settings> {
        let own = self.files_of(&Origin::File(PathBuf::new(), None));
        let mut settings = own.context_of_values(self.settings_without_baseline(env))?;
        settings.policy.baseline = self.baseline()?.unwrap_or_default();
        Ok(settings)
    }

    /// The same before there is a baseline, for making one.
    pub(crate) fn settings_without_baseline(&self, env: &Environment) -> anyhow::Result<Settings> {
        let (marks, policy_of) = match self.marks_of {
            PolicyFiles::Commit(files) => (Marks::Told, Some(*files.commit())),
            PolicyFiles::WorkTree => (Marks::Trusted, None),
            PolicyFiles::Nowhere => (Marks::Told, None),
        };
        let policy = Policy { skip: self.skip_paths()?, marks, ..Policy::default() };
        let size = &self.settings.max_blob_size;
        Ok(Settings {
            rules: self.rules()?,
            policy,
            confidence: self.settings.confidence.value,
            fail_on: self.settings.fail_on.value,
            threads: self.settings.threads.value,
            max_blob_size: size.value.bytes(),
            max_file_size: (size.origin != Origin::Default).then(|| size.value.bytes()),
            directory: env.directory.clone(),
            root: self.root.clone(),
            env: env.git.clone(),
            deadline: None,
            stats: false,
            repo: self.repo.clone(),
            policy_of,
            notes: Vec::new(),
        })
    }
}

/// Says what is wrong with an id that no rule has.
pub(crate) fn known_rule(rules: &RuleSet, id: &str) -> Result<(), String> {
    if rules.contains(id) {
        return Ok(());
    }
    let near = nearest(id, rules.ids()).map(|near| format!("; did you mean `{near}`?"));
    Err(format!("there is no rule `{id}`{}", near.unwrap_or_default()))
}

/// The baseline at `path`; `None` when there is no such file.
pub(crate) fn read_baseline(path: &Path) -> anyhow::Result<Option<Baseline>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ConfigError::Io { path: path.to_path_buf(), source }.into()),
    };
    parse_baseline(&bytes, path).map(Some)
}

/// The baseline in `bytes`, which stand at `path`.
pub(super) fn parse_baseline(bytes: &[u8], path: &Path) -> anyhow::Result<Baseline> {
    let parsed = Baseline::parse(bytes).map_err(|error| ConfigError::Syntax {
        path: path.to_path_buf(),
        at: Some((error.line, 1)),
        message: error.message,
    })?;
    Ok(parsed)
}

/// A path below the current directory as the user would write it.
pub(super) fn in_short(path: PathBuf, env: &Environment) -> PathBuf {
    path.strip_prefix(&env.directory).map(Path::to_path_buf).unwrap_or(path)
}
