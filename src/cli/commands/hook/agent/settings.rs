//! Adds stopleak's hooks to the settings files of agents, and removes them. All other settings keep their order.
//!
//! By default agents allow a call when its hook cannot be started. Claude Code runs the command in a shell, where
//! `|| exit 2` turns any failure into a refusal; Cursor has the setting `failClosed`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use crate::cli::json_input;
use crate::cli::messages;
use crate::config::AGENT_TIMEOUT;
use crate::report::replace_file;

/// An AI coding agent with hooks.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agent {
    /// Claude Code: .claude/settings.json.
    Claude,
    /// Cursor: .cursor/hooks.json.
    Cursor,
}

/// Beginning of every command that runs stopleak as a hook; users may add options to it.
const COMMAND: &str = "stopleak hook run";

/// Tools of Claude Code that write, run or send text, as a regular expression. Tools that only read are left out.
const CLAUDE_TOOLS: &str = "Bash|PowerShell|Monitor|Edit|MultiEdit|NotebookEdit|Write|WebFetch|WebSearch|Task|Agent|SendMessage|mcp__.*";

impl Agent {
    /// All agents.
    pub(crate) const ALL: [Agent; 2] = [Agent::Claude, Agent::Cursor];

    /// Returns the path of its settings file in the project at `root`.
    fn file(self, root: &Path) -> PathBuf {
        root.join(match self {
            Agent::Claude => ".claude/settings.json",
            Agent::Cursor => ".cursor/hooks.json",
        })
    }

    /// Returns the product name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Agent::Claude => "Claude Code",
            Agent::Cursor => "Cursor",
        }
    }

    /// Returns the hook entries of stopleak with their events.
    fn entries(self) -> Vec<(&'static str, Value)> {
        match self {
            Agent::Claude => {
                let hook = json!({"type": "command", "command": format!("{COMMAND} || exit 2"), "timeout": AGENT_TIMEOUT});
                vec![
                    ("PreToolUse", json!({"matcher": CLAUDE_TOOLS, "hooks": [hook]})),
                    ("UserPromptSubmit", json!({"hooks": [hook]})),
                ]
            }
            Agent::Cursor => {
                let hook = json!({"command": COMMAND, "timeout": AGENT_TIMEOUT, "failClosed": true});
                let mut writes = hook.clone();
                writes["matcher"] = json!("Write|Edit|MultiEdit|NotebookEdit|Task");
                vec![
                    ("preToolUse", writes),
                    ("beforeShellExecution", hook.clone()),
                    ("beforeMCPExecution", hook.clone()),
                    ("beforeSubmitPrompt", hook.clone()),
                    ("afterFileEdit", hook),
                ]
            }
        }
    }

    /// Returns settings without any hook.
    fn empty(self) -> Value {
        match self {
            Agent::Claude => json!({}),
            Agent::Cursor => json!({"version": 1}),
        }
    }

    /// Returns settings with the hooks of stopleak only.
    fn fresh(self) -> Value {
        let mut settings = self.empty();
        let entries = self.entries().into_iter().map(|(event, entry)| (event.to_owned(), json!([entry])));
        settings["hooks"] = Value::Object(entries.collect());
        settings
    }

    /// Returns whether the settings of the project at `root` have the hooks of stopleak: `None` without any,
    /// `Some(false)` if they differ from those that [`Agent::install`] writes.
    ///
    /// # Errors
    ///
    /// A settings file that cannot be read or is not a JSON object.
    pub(crate) fn installed(self, root: &Path) -> anyhow::Result<Option<bool>> {
        let Some((_, settings)) = read(&self.file(root))? else { return Ok(None) };
        let has_entry = |(event, entry): &(&str, Value)| {
            let list = settings.get("hooks").and_then(|hooks| hooks.get(event)).and_then(Value::as_array);
            list.is_some_and(|list| list.contains(entry))
        };
        let has_all = self.entries().iter().all(has_entry);
        let mut without = settings.clone();
        Ok(match (has_all, remove_hooks(&mut without)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        })
    }

    /// Adds the hooks of stopleak to the settings of the project at `root`.
    ///
    /// # Errors
    ///
    /// A settings file that cannot be read or written, or whose `hooks` have another form.
    pub(crate) fn install(self, root: &Path) -> anyhow::Result<()> {
        let file = self.file(root);
        if self.installed(root)? == Some(true) {
            messages::note(&format!("already installed for {} in {}", self.name(), file.display()));
            return Ok(());
        }
        let existing = read(&file)?;
        let mut settings = existing.as_ref().map_or_else(|| self.empty(), |(_, settings)| settings.clone());
        remove_hooks(&mut settings);
        let wrong = || format!("{}: expected `hooks` to be a mapping of events to lists", file.display());
        let fields = settings.as_object_mut().with_context(wrong)?;
        let hooks = fields.entry("hooks").or_insert_with(|| json!({})).as_object_mut().with_context(wrong)?;
        for (event, entry) in self.entries() {
            let list = hooks.entry(event).or_insert_with(|| json!([]));
            list.as_array_mut().with_context(wrong)?.push(entry);
        }
        write(&file, &settings, existing.as_ref().map(|(text, _)| text.as_str()))?;
        messages::note(&format!("installed for {} in {}", self.name(), file.display()));
        messages::note(&format!(
            "  {} runs the `stopleak` in its PATH; without one, every call is refused",
            self.name()
        ));
        Ok(())
    }

    /// Removes the hooks of stopleak. Returns whether there were any.
    ///
    /// # Errors
    ///
    /// A settings file that cannot be read, written or removed.
    pub(crate) fn uninstall(self, root: &Path) -> anyhow::Result<bool> {
        let file = self.file(root);
        let Some((text, mut settings)) = read(&file)? else { return Ok(false) };
        if !remove_hooks(&mut settings) {
            return Ok(false);
        }
        // A file that [`Agent::install`] created is deleted.
        if text == render(None, &self.fresh())? {
            fs::remove_file(&file).with_context(|| file.display().to_string())?;
        } else {
            write(&file, &settings, Some(&text))?;
        }
        messages::note(&format!("removed from {}", file.display()));
        Ok(true)
    }
}

/// Removes every hook of stopleak, and the groups and events that are empty then. Returns whether there was one.
fn remove_hooks(settings: &mut Value) -> bool {
    let Some(hooks) = settings.get_mut("hooks").and_then(Value::as_object_mut) else { return false };
    let mut found = false;
    let mut emptied: Vec<String> = Vec::new();
    for (event, list) in hooks.iter_mut() {
        let Some(list) = list.as_array_mut() else { continue };
        let before = list.len();
        // Claude Code groups hooks by a pattern of tool names.
        for group in list.iter_mut().filter_map(Value::as_object_mut) {
            found |= remove_from_group(group);
        }
        list.retain(|entry| !is_stopleak_hook(entry) && !is_emptied(entry));
        found |= list.len() < before;
        if list.is_empty() && before > 0 {
            emptied.push(event.clone());
        }
    }
    emptied.iter().for_each(|event| {
        hooks.shift_remove(event);
    });
    if found
        && hooks.is_empty()
        && let Some(fields) = settings.as_object_mut()
    {
        fields.shift_remove("hooks");
    }
    found
}

fn remove_from_group(group: &mut Map<String, Value>) -> bool {
    let Some(list) = group.get_mut("hooks").and_then(Value::as_array_mut) else { return false };
    let before = list.len();
    list.retain(|hook| !is_stopleak_hook(hook));
    let found = list.len() < before;
    if found && list.is_empty() {
        group.insert("hooks".to_owned(), Value::Null);
    }
    found
}

/// Returns whether [`remove_from_group`] removed the last hook of this group.
fn is_emptied(entry: &Value) -> bool {
    entry.get("hooks").is_some_and(Value::is_null)
}

fn is_stopleak_hook(hook: &Value) -> bool {
    hook.get("command")
        .and_then(Value::as_str)
        .is_some_and(|command| command.trim_start().starts_with(COMMAND))
}

/// Reads a settings file as text and as JSON; `None` when there is no such file.
fn read(file: &Path) -> anyhow::Result<Option<(String, Value)>> {
    let bytes = match json_input::SETTINGS.read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| file.display().to_string()),
    };
    json_input::check(json_input::SETTINGS, &bytes).with_context(|| file.display().to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("{}: expected UTF-8 text", file.display()))?;
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ Value::Object(_)) => Ok(Some((text, value))),
        Ok(_) => bail!("{}: expected a JSON object; the file was not changed", file.display()),
        // Settings can contain credentials; the parser's messages quote nothing of the input.
        Err(error) => bail!("{}: {error}; the file was not changed", file.display()),
    }
}

/// Writes the settings, indented like `before`, the text that they replace.
fn write(file: &Path, settings: &Value, before: Option<&str>) -> anyhow::Result<()> {
    let text = render(before, settings)?;
    let path = || file.display().to_string();
    fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).with_context(path)?;
    let Ok(metadata) = fs::metadata(file) else { return fs::write(file, text).with_context(path) };
    replace_file(file, |out| out.write_all(text.as_bytes()))
        .and_then(|()| fs::set_permissions(file, metadata.permissions()))
        .with_context(path)
}

/// Returns the settings as text, with the indentation and the final newline of `before`.
fn render(before: Option<&str>, settings: &Value) -> anyhow::Result<String> {
    let line = before.and_then(|text| text.lines().find(|line| line.starts_with([' ', '\t'])));
    let indent = line.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    let mut text = Vec::new();
    let style = PrettyFormatter::with_indent(indent.as_bytes());
    settings.serialize(&mut Serializer::with_formatter(&mut text, style))?;
    if before.is_none_or(|text| text.ends_with('\n')) {
        text.push(b'\n');
    }
    Ok(String::from_utf8(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hooks_of_stopleak_are_removed() {
        let existing = json!({"hooks": [{"type": "command", "command": "lint"}]});
        let mixed = json!({"hooks": {
            "PreToolUse": [
                existing,
                {"matcher": "Bash", "hooks": [{"command": "other"}, {"command": "stopleak hook run --rules x"}]},
                {"hooks": [{"command": "stopleak hook run"}]},
            ],
            "Stop": [{"hooks": [{"command": " stopleak hook run || exit 2"}]}],
            "Odd": 7,
        }, "model": "m"});
        let mut settings = mixed;
        assert!(remove_hooks(&mut settings));
        let left = json!({"hooks": {
            "PreToolUse": [existing, {"matcher": "Bash", "hooks": [{"command": "other"}]}],
            "Odd": 7,
        }, "model": "m"});
        assert_eq!(settings, left);
        assert!(!remove_hooks(&mut settings));
    }

    /// An agent that stops waiting may carry out the call.
    #[test]
    fn the_hook_answers_before_the_agent_stops_waiting() {
        use crate::config::Budget;

        for agent in Agent::ALL {
            let settings = agent.fresh().to_string();
            let timeouts: Vec<u64> = settings
                .split("\"timeout\":")
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().expect("a number"))
                .map(|number| number.parse().expect("a number"))
                .collect();
            assert!(timeouts.len() >= 2, "{settings}");
            for timeout in timeouts {
                // Time to start the process and to write the answer.
                let longest = Budget::AGENT.duration().max(Budget::MAX_AGENT.duration()).as_secs();
                assert!(longest + 5 <= timeout, "{settings}");
            }
        }
    }

    #[test]
    fn indentation_and_the_final_newline_are_kept() {
        let settings = json!({"a": [1]});
        assert_eq!(
            render(Some("{\n\t\"b\": 1\n}"), &settings).expect("text"),
            "{\n\t\"a\": [\n\t\t1\n\t]\n}"
        );
        assert_eq!(render(None, &settings).expect("text"), "{\n  \"a\": [\n    1\n  ]\n}\n");
    }
}
