//! Writes, removes and lists hook files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::agent::settings::Agent;
use super::args::{InstallArgs, UninstallArgs};
use super::manager::HookManager;
use super::name::HookName;
use super::script;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::git::repo::Repo;
use crate::rules::regular_file;

/// State of the path at which git looks for a hook.
enum HookState {
    /// There is no file.
    Absent,
    /// A hook that stopleak wrote.
    Installed { content: Vec<u8>, is_executable: bool },
    /// Another hook, which calls stopleak.
    CallsStopleak,
    /// A directory, which git ignores.
    Directory,
    /// A hook of a tool with its own configuration.
    Managed(HookManager),
    /// Another hook, or a symbolic link.
    Other,
}

impl HookState {
    fn read(path: &Path) -> anyhow::Result<HookState> {
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HookState::Absent),
            Err(error) => return Err(error.into()),
        };
        if path.is_dir() {
            return Ok(HookState::Directory);
        }
        let content = match regular_file::read(path) {
            Ok(content) => content,
            // git ignores a dangling symbolic link.
            Err(error) if metadata.is_symlink() && error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        if metadata.is_file() && script::is_stopleak_hook(&content) {
            return Ok(HookState::Installed { content, is_executable: is_executable(&metadata) });
        }
        if script::calls_stopleak(&content) {
            return Ok(HookState::CallsStopleak);
        }
        Ok(HookManager::detect(&content).map_or(HookState::Other, HookState::Managed))
    }
}

/// The directory in which git looks for the hooks of a repository.
struct HooksDir {
    path: PathBuf,
    /// Whether it is outside of the repository, so that other repositories may use it too.
    is_shared: bool,
    /// The tool that manages the whole directory, if any.
    manager: Option<HookManager>,
    /// Root of the work tree; `None` in a bare repository.
    work_tree: Option<PathBuf>,
}

/// The file of one hook.
struct HookFile {
    hook: HookName,
    path: PathBuf,
    state: HookState,
    /// Path to which an existing hook is renamed.
    previous: PathBuf,
    has_previous: bool,
}

impl HooksDir {
    fn find(env: &Environment) -> anyhow::Result<HooksDir> {
        let repo = Repo::with_env(&env.directory, env.git.clone())?;
        let Some(path) = repo.hooks_dir()? else {
            bail!("core.hooksPath is empty: git runs no hooks in this repository");
        };
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let inside = |root: &Path| real(&path).starts_with(real(root));
        let is_shared = !inside(repo.common_dir()) && !repo.work_tree().is_some_and(inside);
        if path.exists() && !path.is_dir() {
            bail!(
                "core.hooksPath is {}, which is not a directory: git runs no hooks in this repository",
                path.display()
            );
        }
        let is_husky = path.components().any(|name| name.as_os_str() == ".husky");
        let work_tree = repo.work_tree().map(|root| root.components().collect());
        Ok(HooksDir { path, is_shared, manager: is_husky.then_some(HookManager::Husky), work_tree })
    }

    fn hook_file(&self, hook: HookName) -> anyhow::Result<HookFile> {
        let path = self.path.join(hook.as_str());
        let previous = self.path.join(script::previous_name(hook));
        let mut state = HookState::read(&path).with_context(|| path.display().to_string())?;
        if let (HookState::Absent | HookState::Other, Some(manager)) = (&state, self.manager) {
            state = HookState::Managed(manager);
        }
        let has_previous = previous.symlink_metadata().is_ok();
        Ok(HookFile { hook, path, state, previous, has_previous })
    }
}

/// Installs the hooks that `args` name, or the default hooks of this kind of repository. Installs all of the git hooks
/// or none: if another tool manages one of them, no hook file is changed.
pub(crate) fn install(args: &InstallArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::find(env)?;
    let hooks = match (args.hooks.as_slice(), &dir.work_tree) {
        ([], _) if !args.agents.is_empty() => &[],
        ([], Some(_)) => &[HookName::PreCommit, HookName::PreMergeCommit][..],
        ([], None) => &[HookName::PreReceive],
        (named, _) => named,
    };
    install_git_hooks(&dir, hooks, env)?;
    for agent in &args.agents {
        agent.install(dir.root()?)?;
    }
    Ok(ExitCode::Complete)
}

fn install_git_hooks(dir: &HooksDir, hooks: &[HookName], env: &Environment) -> anyhow::Result<()> {
    let files = hooks.iter().map(|hook| dir.hook_file(*hook)).collect::<Result<Vec<_>, _>>()?;
    let mut is_refused = false;
    for HookFile { hook, path, state, previous, has_previous } in &files {
        match state {
            HookState::Managed(manager) => {
                messages::warning(&format!(
                    "{} is managed by {}; not changed",
                    path.display(),
                    manager.name()
                ));
                messages::help(&manager.advice(*hook));
                is_refused = true;
            }
            HookState::Directory => {
                messages::warning(&format!("{} is a directory, which git ignores", path.display()));
                messages::help("rename or delete it");
                is_refused = true;
            }
            HookState::Other if *has_previous => {
                messages::warning(&format!(
                    "{} is another hook, but {} already exists from an earlier installation",
                    path.display(),
                    previous.display()
                ));
                messages::help("merge the two files, or delete one of them");
                is_refused = true;
            }
            _ => {}
        }
    }
    if is_refused {
        bail!("nothing was installed");
    }
    if !hooks.is_empty() {
        fs::create_dir_all(&dir.path).with_context(|| dir.path.display().to_string())?;
    }
    for file in &files {
        file.install(env).with_context(|| file.path.display().to_string())?;
    }
    if files.iter().any(HookFile::is_new_pre_commit) && !dir.hook_file(HookName::PrePush)?.is_checked() {
        messages::note(
            "to check commits made by cherry-pick, rebase and am before a push: stopleak hook install --hook pre-push",
        );
    }
    if dir.is_shared && !hooks.is_empty() {
        messages::warning(&format!(
            "core.hooksPath is outside of this repository: every repository that uses {} runs these hooks",
            dir.path.display()
        ));
    }
    Ok(())
}

impl HooksDir {
    /// Returns the folder that contains the project settings of agents.
    fn root(&self) -> anyhow::Result<&Path> {
        self.work_tree.as_deref().context("a bare repository has no work tree for the settings of an agent")
    }
}

impl HookFile {
    /// Returns whether stopleak runs in this hook, or may run there through the configuration of a hook manager.
    fn is_checked(&self) -> bool {
        matches!(self.state, HookState::Installed { .. } | HookState::CallsStopleak | HookState::Managed(_))
    }

    fn is_new_pre_commit(&self) -> bool {
        self.hook == HookName::PreCommit && !self.is_checked()
    }

    fn install(&self, env: &Environment) -> io::Result<()> {
        let replaces_hook = matches!(self.state, HookState::Other);
        let is_chained = replaces_hook || self.has_previous;
        let content = script::render(self.hook, env.executable.as_deref(), is_chained);
        match &self.state {
            HookState::Installed { content: current, is_executable: true } if *current == content => {
                messages::note(&format!("{} is already installed", self.path.display()));
                return Ok(());
            }
            HookState::CallsStopleak => {
                messages::note(&format!("{} already calls stopleak", self.path.display()));
                return Ok(());
            }
            HookState::Other => keep(&self.path, &self.previous)?,
            HookState::Installed { .. }
            | HookState::Managed(_)
            | HookState::Directory
            | HookState::Absent => {}
        }
        let written = write_executable(&self.path, &content);
        if written.is_err() && replaces_hook {
            // Report the first error; ignore a second one from restoring the hook.
            let _ = match self.path.symlink_metadata() {
                Ok(_) => fs::remove_file(&self.previous),
                Err(_) => fs::rename(&self.previous, &self.path),
            };
        }
        written?;
        messages::note(&format!("installed {}", self.path.display()));
        if replaces_hook {
            let order = if self.hook.may_change_content() { "before" } else { "after" };
            messages::note(&format!(
                "  the existing hook was renamed to {} and runs {order} stopleak",
                self.previous.display()
            ));
            if regular_file::read(&self.previous).is_ok_and(|content| script::uses_own_name(&content)) {
                messages::warning("the existing hook uses its own file name, which has changed");
                messages::help("check that it still works");
            }
        }
        messages::note(&format!("  runs for {}", self.hook.runs_for()));
        messages::note(&format!("  does not run for {}", self.hook.does_not_run_for()));
        Ok(())
    }
}

/// Removes the hooks that [`install`] wrote: those of the agents that `args` name, otherwise all git hooks. A hook that
/// existed before is restored, byte for byte.
pub(crate) fn uninstall(args: &UninstallArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::find(env)?;
    for agent in &args.agents {
        if !agent.uninstall(dir.root()?)? {
            messages::note(&format!("no stopleak hook in the settings of {}", agent.name()));
        }
    }
    if !args.agents.is_empty() {
        return Ok(ExitCode::Complete);
    }
    let mut removed = false;
    for hook in HookName::ALL {
        let HookFile { path, state, previous, has_previous, .. } = dir.hook_file(hook)?;
        match (state, has_previous) {
            (HookState::Installed { .. }, true) => {
                fs::rename(&previous, &path).with_context(|| path.display().to_string())?;
                messages::note(&format!("removed {}; restored the previous hook", path.display()));
                removed = true;
            }
            (HookState::Installed { .. }, false) => {
                fs::remove_file(&path).with_context(|| path.display().to_string())?;
                messages::note(&format!("removed {}", path.display()));
                removed = true;
            }
            (_, true) => {
                messages::warning(&format!(
                    "{} was not restored, because {} is not a stopleak hook",
                    previous.display(),
                    path.display()
                ));
            }
            (_, false) => {}
        }
    }
    if !removed {
        messages::note(&format!("no stopleak hook in {}", dir.path.display()));
    }
    Ok(ExitCode::Complete)
}

/// State of a hook or agent entry that differs from what this binary would write.
const OUTDATED: &str = "installed by another stopleak binary or version; install again to update it";

/// Prints the state of every hook.
pub(crate) fn status(env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::find(env)?;
    let mut text = format!("hooks in {}\n", dir.path.display());
    for hook in HookName::ALL {
        let HookFile { state, has_previous, .. } = dir.hook_file(hook)?;
        let state = match state {
            HookState::Absent => "not installed".to_owned(),
            HookState::Directory => "a directory, which git ignores".to_owned(),
            HookState::Managed(manager) => {
                format!("managed by {0}; see the configuration of {0} for what it runs", manager.name())
            }
            HookState::CallsStopleak => "another hook, which calls stopleak".to_owned(),
            HookState::Other => "another hook".to_owned(),
            HookState::Installed { is_executable: false, .. } => {
                "installed, but not executable: git ignores it".to_owned()
            }
            HookState::Installed { content, .. }
                if content == script::render(hook, env.executable.as_deref(), has_previous) =>
            {
                if has_previous { "installed; also runs the previous hook" } else { "installed" }.to_owned()
            }
            HookState::Installed { .. } => OUTDATED.to_owned(),
        };
        text.push_str(&format!("  {:<18}{state}\n", hook.as_str()));
    }
    for agent in Agent::ALL.into_iter().filter(|_| dir.work_tree.is_some()) {
        let state = match agent.installed(dir.root()?)? {
            None => "not installed",
            Some(true) => "installed",
            Some(false) => OUTDATED,
        };
        text.push_str(&format!("  {:<18}{state}\n", agent.name()));
    }
    text.push_str(
        "git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: \
         stopleak ci, or stopleak range A..B\n",
    );
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::Complete)
}

/// Keeps a hook under the name `previous`. It stays in place as well, so that there is a hook at any time until the new one
/// replaces it; on a file system without hard links it is renamed.
fn keep(path: &Path, previous: &Path) -> io::Result<()> {
    fs::hard_link(path, previous).or_else(|_| fs::rename(path, previous))
}

/// Writes an executable file atomically: to a temporary file in the same folder, which is then renamed to `path`.
fn write_executable(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("stopleak-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
    let mut file = options.open(&temporary)?;
    let written = file.write_all(content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // Report the first error; ignore a second one from removing the temporary file.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}
