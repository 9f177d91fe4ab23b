//! Writing, removing and listing hook files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::agent::settings::Agent;
use super::script;
use super::script::Manager;
use super::{HookName, InstallArgs, UninstallArgs};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::git::repo::Repo;

/// What stands where git looks for a hook.
enum Found {
    Nothing,
    Ours {
        content: Vec<u8>,
        executable: bool,
    },
    /// A hook that calls stopleak by itself.
    Calls,
    /// A folder, which git ignores.
    Folder,
    /// Written by a tool that has hooks of its own to call.
    Managed(Manager),
    /// Another hook, or a link to one.
    Other,
}

impl Found {
    fn at(path: &Path) -> anyhow::Result<Found> {
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error.into()),
        };
        if path.is_dir() {
            return Ok(Found::Folder);
        }
        let content = match fs::read(path) {
            Ok(content) => content,
            // A link that leads nowhere is a hook that git ignores.
            Err(error) if metadata.is_symlink() && error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        if metadata.is_file() && script::is_ours(&content) {
            return Ok(Found::Ours { content, executable: is_executable(&metadata) });
        }
        if script::calls_stopleak(&content) {
            return Ok(Found::Calls);
        }
        Ok(Manager::of(&content).map_or(Found::Other, Found::Managed))
    }
}

/// Where git looks for hooks here, and whether other repositories share the place.
struct HooksDir {
    path: PathBuf,
    shared: bool,
    /// A tool to which the whole folder belongs.
    manager: Option<Manager>,
    /// The root of the files, where there are any.
    work_tree: Option<PathBuf>,
}

/// One hook and what stands in its place.
struct Place {
    hook: HookName,
    path: PathBuf,
    found: Found,
    /// Where the hook that was there before is kept.
    kept: PathBuf,
    is_kept: bool,
}

impl HooksDir {
    fn of(env: &Environment) -> anyhow::Result<HooksDir> {
        let repo = Repo::with_env(&env.directory, env.git.clone())?;
        let Some(path) = repo.hooks_dir()? else {
            bail!("core.hooksPath is set to nothing: git runs no hooks of this repository");
        };
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let inside = |root: &Path| real(&path).starts_with(real(root));
        let shared = !inside(repo.common_dir()) && !repo.work_tree().is_some_and(inside);
        if path.exists() && !path.is_dir() {
            bail!("core.hooksPath leads to {}, which is no folder: git runs no hooks here", path.display());
        }
        let of_husky = path.components().any(|name| name.as_os_str() == ".husky");
        let work_tree = repo.work_tree().map(|root| root.components().collect());
        Ok(HooksDir { path, shared, manager: of_husky.then_some(Manager::Husky), work_tree })
    }

    fn look(&self, hook: HookName) -> anyhow::Result<Place> {
        let path = self.path.join(hook.as_str());
        let kept = self.path.join(script::kept_name(hook));
        let mut found = Found::at(&path).with_context(|| path.display().to_string())?;
        if let (Found::Nothing | Found::Other, Some(manager)) = (&found, self.manager) {
            found = Found::Managed(manager);
        }
        let is_kept = kept.symlink_metadata().is_ok();
        Ok(Place { hook, path, found, kept, is_kept })
    }
}

/// Installs what `args` name, or the hooks that a repository of this kind needs. All or none of the git
/// hooks: one that another tool has to call leaves every place as it is.
pub(crate) fn install(args: &InstallArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::of(env)?;
    let hooks = match (args.hooks.as_slice(), &dir.work_tree) {
        ([], _) if !args.agents.is_empty() => &[],
        ([], Some(_)) => &[HookName::PreCommit, HookName::PreMergeCommit][..],
        ([], None) => &[HookName::PreReceive],
        (named, _) => named,
    };
    install_in(&dir, hooks, env)?;
    for agent in &args.agents {
        agent.install(dir.root()?)?;
    }
    Ok(ExitCode::Complete)
}

fn install_in(dir: &HooksDir, hooks: &[HookName], env: &Environment) -> anyhow::Result<()> {
    let places = hooks.iter().map(|hook| dir.look(*hook)).collect::<Result<Vec<_>, _>>()?;
    let mut refused = false;
    for Place { hook, path, found, kept, is_kept } in &places {
        match found {
            Found::Managed(manager) => {
                let name = manager.name();
                messages::warning(&format!("{} belongs to {name} and stays as it is", path.display()));
                messages::help(&manager.advice(*hook));
                refused = true;
            }
            Found::Folder => {
                messages::warning(&format!("{} is a folder", path.display()));
                messages::help("git ignores it: give it another name, or delete it");
                refused = true;
            }
            Found::Other if *is_kept => {
                messages::warning(&format!(
                    "{} is a hook, and so is {}, which was there before",
                    path.display(),
                    kept.display()
                ));
                messages::help("join the two, or delete one of them");
                refused = true;
            }
            _ => {}
        }
    }
    if refused {
        bail!("nothing was installed");
    }
    if !hooks.is_empty() {
        fs::create_dir_all(&dir.path).with_context(|| dir.path.display().to_string())?;
    }
    for place in &places {
        place.install(env).with_context(|| place.path.display().to_string())?;
    }
    if places.iter().any(Place::brings_pre_commit) && !dir.look(HookName::PrePush)?.is_checked() {
        messages::note(
            "what cherry-pick, rebase and am bring is seen by pre-push: stopleak hook install --hook pre-push",
        );
    }
    if dir.shared && !hooks.is_empty() {
        messages::warning(&format!(
            "core.hooksPath leads out of this repository: every repository that uses {} runs these hooks",
            dir.path.display()
        ));
    }
    Ok(())
}

impl HooksDir {
    /// Where agents look for the settings of a project.
    fn root(&self) -> anyhow::Result<&Path> {
        self.work_tree.as_deref().context("a bare repository has no place for an agent's settings")
    }
}

impl Place {
    /// Whether stopleak runs here, as far as can be seen.
    fn is_checked(&self) -> bool {
        matches!(self.found, Found::Ours { .. } | Found::Calls | Found::Managed(_))
    }

    fn brings_pre_commit(&self) -> bool {
        self.hook == HookName::PreCommit && !self.is_checked()
    }

    fn install(&self, env: &Environment) -> io::Result<()> {
        let chains = matches!(self.found, Found::Other);
        let content = script::render(self.hook, env.executable.as_deref(), chains || self.is_kept);
        match &self.found {
            Found::Ours { content: known, executable: true } if *known == content => {
                messages::note(&format!("{} is installed already", self.path.display()));
                return Ok(());
            }
            Found::Calls => {
                messages::note(&format!("{} calls stopleak already", self.path.display()));
                return Ok(());
            }
            Found::Other => fs::rename(&self.path, &self.kept)?,
            Found::Ours { .. } | Found::Managed(_) | Found::Folder | Found::Nothing => {}
        }
        let written = write_executable(&self.path, &content);
        if written.is_err() && chains {
            // The error that matters is the first one.
            let _ = fs::rename(&self.kept, &self.path);
        }
        written?;
        messages::note(&format!("installed {}", self.path.display()));
        if chains {
            let order = if self.hook.can_change_what_is_recorded() { "first" } else { "after it" };
            messages::note(&format!(
                "  the hook that was there before is {} now and runs {order}",
                self.kept.display()
            ));
            if fs::read(&self.kept).is_ok_and(|content| script::asks_its_name(&content)) {
                messages::warning("it asks by which name it was called, and that is another one now");
                messages::help("see that it still does what it should");
            }
        }
        messages::note(&format!("  {}", self.hook.when()));
        Ok(())
    }
}

/// Removes what [`install`] wrote: the agents that `args` name, or every git hook. What was there before is
/// back in its place then, byte for byte.
pub(crate) fn uninstall(args: &UninstallArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::of(env)?;
    for agent in &args.agents {
        if !agent.uninstall(dir.root()?)? {
            messages::note(&format!("nothing of stopleak in the settings of {}", agent.name()));
        }
    }
    if !args.agents.is_empty() {
        return Ok(ExitCode::Complete);
    }
    let mut removed = false;
    for hook in HookName::ALL {
        let Place { path, found, kept, is_kept, .. } = dir.look(hook)?;
        match (found, is_kept) {
            (Found::Ours { .. }, true) => {
                fs::rename(&kept, &path).with_context(|| path.display().to_string())?;
                messages::note(&format!(
                    "removed {}; the hook that was there before is back",
                    path.display()
                ));
                removed = true;
            }
            (Found::Ours { .. }, false) => {
                fs::remove_file(&path).with_context(|| path.display().to_string())?;
                messages::note(&format!("removed {}", path.display()));
                removed = true;
            }
            (_, true) => {
                messages::warning(&format!(
                    "{} is of no hook of stopleak any more and stays",
                    kept.display()
                ));
            }
            (_, false) => {}
        }
    }
    if !removed {
        messages::note(&format!("no hook of stopleak in {}", dir.path.display()));
    }
    Ok(ExitCode::Complete)
}

/// Says what stands where.
pub(crate) fn status(env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::of(env)?;
    let mut text = format!("hooks in {}\n", dir.path.display());
    for hook in HookName::ALL {
        let Place { found, is_kept, .. } = dir.look(hook)?;
        let state = match found {
            Found::Nothing => "absent".to_owned(),
            Found::Folder => "a folder: git ignores it".to_owned(),
            Found::Managed(manager) => {
                format!("left to {0}; what it runs stands in the settings of {0}", manager.name())
            }
            Found::Calls => "another hook, which calls stopleak".to_owned(),
            Found::Other => "another hook".to_owned(),
            Found::Ours { executable: false, .. } => {
                "installed, but not executable: git ignores it".to_owned()
            }
            Found::Ours { content, .. }
                if content == script::render(hook, env.executable.as_deref(), is_kept) =>
            {
                if is_kept { "installed, with the hook that was there before" } else { "installed" }
                    .to_owned()
            }
            Found::Ours { .. } => "installed by another stopleak; install again to renew it".to_owned(),
        };
        text.push_str(&format!("  {:<18}{state}\n", hook.as_str()));
    }
    for agent in Agent::ALL.into_iter().filter(|_| dir.work_tree.is_some()) {
        let state = match agent.installed(dir.root()?)? {
            None => "absent",
            Some(true) => "installed",
            Some(false) => "installed by another stopleak; install again to renew it",
        };
        text.push_str(&format!("  {:<18}{state}\n", agent.name()));
    }
    text.push_str(
        "git runs no hooks for --no-verify, nor pre-commit for cherry-pick and rebase: let CI be the gate \
         (stopleak range A..B)\n",
    );
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::Complete)
}

/// Puts `content` at `path`, whole or not at all.
fn write_executable(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("stopleak-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
    let mut file = options.open(&temporary)?;
    let written = file.write_all(content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error that matters is the first one.
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
