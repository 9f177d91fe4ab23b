//! Hook managers: tools that write hook files themselves. Their hooks have to be added to their own configuration.

use super::name::HookName;

/// A tool that overwrites hook files, or that has a configuration with the hooks to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookManager {
    /// pre-commit, and prek, which reads the same configuration.
    PreCommit,
    /// lefthook.
    Lefthook,
    /// husky.
    Husky,
    /// overcommit.
    Overcommit,
    /// simple-git-hooks, which overwrites existing hooks.
    SimpleGitHooks,
}

impl HookManager {
    /// Returns the manager that wrote the hook file with this content, if its text names one.
    pub(crate) fn detect(content: &[u8]) -> Option<HookManager> {
        let known = [
            ("pre-commit.com", HookManager::PreCommit),
            ("prek", HookManager::PreCommit),
            ("lefthook", HookManager::Lefthook),
            ("husky", HookManager::Husky),
            ("overcommit", HookManager::Overcommit),
            ("SIMPLE_GIT_HOOKS", HookManager::SimpleGitHooks),
        ];
        let (_, manager) =
            known.iter().find(|(word, _)| memchr::memmem::find(content, word.as_bytes()).is_some())?;
        Some(*manager)
    }

    /// Returns the name of the tool.
    pub(crate) fn name(self) -> &'static str {
        match self {
            HookManager::PreCommit => "pre-commit",
            HookManager::Lefthook => "lefthook",
            HookManager::Husky => "husky",
            HookManager::Overcommit => "overcommit",
            HookManager::SimpleGitHooks => "simple-git-hooks",
        }
    }

    /// Returns what to add to the manager's configuration so that it runs `hook`, as text for the user.
    pub(crate) fn advice(self, hook: HookName) -> String {
        let name = hook.as_str();
        match self {
            HookManager::PreCommit => {
                let id = match hook {
                    HookName::PreCommit | HookName::PreMergeCommit => "stopleak",
                    HookName::CommitMsg => "stopleak-message",
                    HookName::PrePush => "stopleak-push",
                    // The pre-commit framework has no such stage.
                    HookName::PreReceive => return format!("add to the hook: {}", shell_line(hook)),
                };
                format!(
                    "add to .pre-commit-config.yaml: - {{repo: https://github.com/stopleak/stopleak, rev: main, \
                     hooks: [{{id: {id}}}]}}"
                )
            }
            HookManager::Lefthook => format!(
                "add to lefthook.yml: {name}: {{commands: {{stopleak: {{run: 'stopleak hook run {name} {{0}}', use_stdin: \
                 {}}}}}}}",
                hook.has_input()
            ),
            HookManager::Husky => format!("add to .husky/{name}: {}", shell_line(hook)),
            HookManager::Overcommit => {
                format!("add a hook to .overcommit.yml that runs: {}", shell_line(hook))
            }
            HookManager::SimpleGitHooks => format!(
                "add to simple-git-hooks in package.json: \"{name}\": \"stopleak hook run {name} $1 $2\""
            ),
        }
    }
}

/// Returns the line with which the hook script of another tool calls stopleak.
fn shell_line(hook: HookName) -> String {
    format!("stopleak hook run {} \"$@\" || exit $?", hook.as_str())
}
