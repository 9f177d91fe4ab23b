//! The settings files in which agents look for their hooks: our entries are added and taken out, everything
//! else keeps its place.
//!
//! Agents let a call pass when a hook cannot be started, unless they are told not to. Claude Code runs the
//! command in a shell, which turns any failure into the code that refuses; Cursor has a setting for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use crate::cli::messages;
use crate::report::replace_file;

/// An AI coding agent with hooks.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agent {
    /// Claude Code: .claude/settings.json.
    Claude,
    /// Cursor: .cursor/hooks.json.
    Cursor,
}

/// What every command of ours begins with, whatever options its owner added.
const COMMAND: &str = "stopleak hook run";

/// Seconds after which an agent gives up on us.
const TIMEOUT: u32 = 30;

/// Tools of Claude Code that write, run or pass on text. Those that only read are left out.
const CLAUDE_TOOLS: &str = "Bash|PowerShell|Monitor|Edit|MultiEdit|NotebookEdit|Write|WebFetch|WebSearch|Task|Agent|SendMessage|mcp__.*";

impl Agent {
    /// All of them.
    pub(crate) const ALL: [Agent; 2] = [Agent::Claude, Agent::Cursor];

    /// Its settings file in a project.
    fn file(self, root: &Path) -> PathBuf {
        root.join(match self {
            Agent::Claude => ".claude/settings.json",
            Agent::Cursor => ".cursor/hooks.json",
        })
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Agent::Claude => "Claude Code",
            Agent::Cursor => "Cursor",
        }
    }

    /// Our entries, by event.
    fn entries(self) -> Vec<(&'static str, Value)> {
        match self {
            Agent::Claude => {
                let hook =
                    json!({"type": "command", "command": format!("{COMMAND} || exit 2"), "timeout": TIMEOUT});
                vec![
                    ("PreToolUse", json!({"matcher": CLAUDE_TOOLS, "hooks": [hook]})),
                    ("UserPromptSubmit", json!({"hooks": [hook]})),
                ]
            }
            Agent::Cursor => {
                let hook = json!({"command": COMMAND, "timeout": TIMEOUT, "failClosed": true});
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

    /// A file with nothing of anybody in it.
    fn empty(self) -> Value {
        match self {
            Agent::Claude => json!({}),
            Agent::Cursor => json!({"version": 1}),
        }
    }

    /// A file with our entries alone.
    fn fresh(self) -> Value {
        let mut settings = self.empty();
        let entries = self.entries().into_iter().map(|(event, entry)| (event.to_owned(), json!([entry])));
        settings["hooks"] = Value::Object(entries.collect());
        settings
    }

    /// Whether our entries are in the settings of the project at `root`: `None` for none, `Some(false)` for
    /// other ones than this program would write.
    pub(crate) fn installed(self, root: &Path) -> anyhow::Result<Option<bool>> {
        let Some((_, settings)) = read(&self.file(root))? else { return Ok(None) };
        let ours = |(event, entry): &(&str, Value)| {
            let list = settings.get("hooks").and_then(|hooks| hooks.get(event)).and_then(Value::as_array);
            list.is_some_and(|list| list.contains(entry))
        };
        let all = self.entries().iter().all(ours);
        let mut without = settings.clone();
        Ok(match (all, take_out(&mut without)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        })
    }

    /// Adds our entries to the settings of the project at `root`.
    pub(crate) fn install(self, root: &Path) -> anyhow::Result<()> {
        let file = self.file(root);
        if self.installed(root)? == Some(true) {
            messages::note(&format!("{} is installed in {} already", self.name(), file.display()));
            return Ok(());
        }
        let known = read(&file)?;
        let mut settings = known.as_ref().map_or_else(|| self.empty(), |(_, settings)| settings.clone());
        take_out(&mut settings);
        let wrong = || format!("{}: expected `hooks` to be a mapping of events to lists", file.display());
        let fields = settings.as_object_mut().with_context(wrong)?;
        let hooks = fields.entry("hooks").or_insert_with(|| json!({})).as_object_mut().with_context(wrong)?;
        for (event, entry) in self.entries() {
            let list = hooks.entry(event).or_insert_with(|| json!([]));
            list.as_array_mut().with_context(wrong)?.push(entry);
        }
        write(&file, &settings, known.as_ref().map(|(text, _)| text.as_str()))?;
        messages::note(&format!("installed for {} in {}", self.name(), file.display()));
        messages::note(
            "  it calls the `stopleak` in its PATH, and is refused every call where there is none",
        );
        Ok(())
    }

    /// Takes our entries out again. Says whether there were any.
    pub(crate) fn uninstall(self, root: &Path) -> anyhow::Result<bool> {
        let file = self.file(root);
        let Some((text, mut settings)) = read(&file)? else { return Ok(false) };
        if !take_out(&mut settings) {
            return Ok(false);
        }
        // Written by us from nothing, it goes as a whole.
        if text == in_style_of(None, &self.fresh())? {
            fs::remove_file(&file).with_context(|| file.display().to_string())?;
        } else {
            write(&file, &settings, Some(&text))?;
        }
        messages::note(&format!("removed from {}", file.display()));
        Ok(true)
    }
}

/// Removes every command of ours, and what is empty without it. Says whether there was one.
fn take_out(settings: &mut Value) -> bool {
    let Some(hooks) = settings.get_mut("hooks").and_then(Value::as_object_mut) else { return false };
    let mut found = false;
    let mut emptied: Vec<String> = Vec::new();
    for (event, list) in hooks.iter_mut() {
        let Some(list) = list.as_array_mut() else { continue };
        let before = list.len();
        // Claude Code groups hooks by the tools that they are for.
        for group in list.iter_mut().filter_map(Value::as_object_mut) {
            found |= take_out_of_group(group);
        }
        list.retain(|entry| !is_ours(entry) && !is_emptied(entry));
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

fn take_out_of_group(group: &mut Map<String, Value>) -> bool {
    let Some(list) = group.get_mut("hooks").and_then(Value::as_array_mut) else { return false };
    let before = list.len();
    list.retain(|hook| !is_ours(hook));
    let found = list.len() < before;
    if found && list.is_empty() {
        group.insert("hooks".to_owned(), Value::Null);
    }
    found
}

/// A group of which nothing was left.
fn is_emptied(entry: &Value) -> bool {
    entry.get("hooks").is_some_and(Value::is_null)
}

fn is_ours(hook: &Value) -> bool {
    hook.get("command")
        .and_then(Value::as_str)
        .is_some_and(|command| command.trim_start().starts_with(COMMAND))
}

/// The file's text and what it says; `None` when there is no such file.
fn read(file: &Path) -> anyhow::Result<Option<(String, Value)>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| file.display().to_string()),
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ Value::Object(_)) => Ok(Some((text, value))),
        Ok(_) => bail!("{}: expected a JSON object; the file stays as it is", file.display()),
        // Settings can hold credentials, and the parser quotes none of its input.
        Err(error) => bail!("{}: {error}; the file stays as it is", file.display()),
    }
}

/// Writes the settings in the style of the text that they replace.
fn write(file: &Path, settings: &Value, before: Option<&str>) -> anyhow::Result<()> {
    let text = in_style_of(before, settings)?;
    let place = || file.display().to_string();
    fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).with_context(place)?;
    let Ok(metadata) = fs::metadata(file) else { return fs::write(file, text).with_context(place) };
    replace_file(file, |out| out.write_all(text.as_bytes()))
        .and_then(|()| fs::set_permissions(file, metadata.permissions()))
        .with_context(place)
}

/// The settings as text, indented as `before` is.
fn in_style_of(before: Option<&str>, settings: &Value) -> anyhow::Result<String> {
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
    fn entries_of_others_stay_and_ours_go_wherever_they_stand() {
        let theirs = json!({"hooks": [{"type": "command", "command": "lint"}]});
        let mixed = json!({"hooks": {
            "PreToolUse": [
                theirs,
                {"matcher": "Bash", "hooks": [{"command": "other"}, {"command": "stopleak hook run --rules x"}]},
                {"hooks": [{"command": "stopleak hook run"}]},
            ],
            "Stop": [{"hooks": [{"command": " stopleak hook run || exit 2"}]}],
            "Odd": 7,
        }, "model": "m"});
        let mut settings = mixed;
        assert!(take_out(&mut settings));
        let left = json!({"hooks": {
            "PreToolUse": [theirs, {"matcher": "Bash", "hooks": [{"command": "other"}]}],
            "Odd": 7,
        }, "model": "m"});
        assert_eq!(settings, left);
        assert!(!take_out(&mut settings));
    }

    #[test]
    fn indentation_and_the_last_line_end_are_kept() {
        let settings = json!({"a": [1]});
        assert_eq!(
            in_style_of(Some("{\n\t\"b\": 1\n}"), &settings).expect("text"),
            "{\n\t\"a\": [\n\t\t1\n\t]\n}"
        );
        assert_eq!(in_style_of(None, &settings).expect("text"), "{\n  \"a\": [\n    1\n  ]\n}\n");
    }
}
