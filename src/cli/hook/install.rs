//! Writing, removing and listing hook files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{HookName, script};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::talk;
use crate::git::repo::Repo;

/// What stands where git looks for a hook.
enum Found {
    Nothing,
    Ours {
        content: Vec<u8>,
        executable: bool,
    },
    /// Another tool's file, a link, or something that cannot be read: not to be touched.
    Other {
        tool: Option<&'static str>,
    },
}

impl Found {
    fn at(path: &Path) -> io::Result<Found> {
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        if !metadata.is_file() {
            return Ok(Found::Other { tool: None });
        }
        let content = fs::read(path)?;
        if !script::is_ours(&content) {
            return Ok(Found::Other { tool: script::other_tool(&content) });
        }
        Ok(Found::Ours { content, executable: is_executable(&metadata) })
    }
}

/// Where git looks for hooks here, and whether other repositories share the place.
struct HooksDir {
    path: PathBuf,
    shared: bool,
}

impl HooksDir {
    fn of(env: &Environment) -> anyhow::Result<HooksDir> {
        let repo = Repo::with_env(&env.directory, env.git.clone())?;
        let path = repo.hooks_dir()?;
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let inside = |root: &Path| real(&path).starts_with(real(root));
        let shared = !inside(repo.common_dir()) && !repo.work_tree().is_some_and(inside);
        if path.exists() && !path.is_dir() {
            bail!("core.hooksPath leads to {}, which is no folder: git runs no hooks here", path.display());
        }
        Ok(HooksDir { path, shared })
    }

    fn look(&self, hook: HookName) -> anyhow::Result<(PathBuf, Found)> {
        let path = self.path.join(hook.as_str());
        let found = Found::at(&path).with_context(|| path.display().to_string())?;
        Ok((path, found))
    }
}

/// Installs `hooks`, or the two that a commit needs. All or none: another tool's hook in one place leaves
/// every place as it is.
pub(super) fn install(hooks: &[HookName], env: &Environment) -> anyhow::Result<ExitCode> {
    let hooks = if hooks.is_empty() { &[HookName::PreCommit, HookName::PreMergeCommit] } else { hooks };
    let dir = HooksDir::of(env)?;
    let found = hooks.iter().map(|hook| dir.look(*hook)).collect::<Result<Vec<_>, _>>()?;
    let mut refused = false;
    for (hook, (path, found)) in hooks.iter().zip(&found) {
        if let Found::Other { tool } = found {
            let whose = tool.map(|tool| format!(" ({tool})")).unwrap_or_default();
            talk::warning(&format!("{} is another tool's hook{whose} and stays as it is", path.display()));
            talk::help(&format!("add this line to it: {}", script::line_for_others(*hook)));
            refused = true;
        }
    }
    if refused {
        bail!("nothing was installed");
    }
    fs::create_dir_all(&dir.path).with_context(|| dir.path.display().to_string())?;
    for (hook, (path, found)) in hooks.iter().zip(found) {
        let content = script::render(*hook, env.executable.as_deref());
        match found {
            Found::Ours { content: known, executable: true } if known == content => {
                talk::note(&format!("{} is installed already", path.display()));
            }
            _ => {
                write_executable(&path, &content).with_context(|| path.display().to_string())?;
                talk::note(&format!("installed {}", path.display()));
            }
        }
    }
    if dir.shared {
        talk::warning(&format!(
            "core.hooksPath leads out of this repository: every repository that uses {} runs these hooks",
            dir.path.display()
        ));
    }
    Ok(ExitCode::Complete)
}

/// Removes what [`install`] wrote.
pub(super) fn uninstall(env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::of(env)?;
    let mut removed = false;
    for hook in HookName::ALL {
        let (path, found) = dir.look(hook)?;
        if let Found::Ours { .. } = found {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
            talk::note(&format!("removed {}", path.display()));
            removed = true;
        }
    }
    if !removed {
        talk::note(&format!("no hook of stopleak in {}", dir.path.display()));
    }
    Ok(ExitCode::Complete)
}

/// Says what stands where.
pub(super) fn status(env: &Environment) -> anyhow::Result<ExitCode> {
    let dir = HooksDir::of(env)?;
    let mut text = format!("hooks in {}\n", dir.path.display());
    for hook in HookName::ALL {
        let (_, found) = dir.look(hook)?;
        let state = match found {
            Found::Nothing => "absent".to_owned(),
            Found::Other { tool: Some(tool) } => format!("another tool's ({tool})"),
            Found::Other { tool: None } => "another tool's".to_owned(),
            Found::Ours { executable: false, .. } => {
                "installed, but not executable: git ignores it".to_owned()
            }
            Found::Ours { content, .. } if content == script::render(hook, env.executable.as_deref()) => {
                "installed".to_owned()
            }
            Found::Ours { .. } => "installed by another stopleak; install again to renew it".to_owned(),
        };
        text.push_str(&format!("  {:<18}{state}\n", hook.as_str()));
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
