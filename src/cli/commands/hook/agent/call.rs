//! Parses the JSON of a call: the texts to scan, and the agent that sends it.
//!
//! Calls are classified by their fields, not by the names of tools, which agents rename and extend. A call with the
//! fields of a write or an edit is scanned as the resulting file; all other texts in the input of a tool are scanned too.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use memchr::memmem;
use serde_json::{Map, Value};

use super::answer::ResponseFormat;
use crate::cli::json_input;

/// Maximal size in bytes of a stored file that new content is compared with. For a larger file only the new text is
/// scanned.
const MAX_FILE: u64 = 64 * 1024 * 1024;

const FILE: [&str; 5] = ["file_path", "filePath", "path", "target_file", "notebook_path"];
const CONTENT: [&str; 5] = ["content", "contents", "file_text", "new_source", "new_content"];
const OLD: [&str; 3] = ["old_string", "old_str", "old_text"];
const NEW: [&str; 3] = ["new_string", "new_str", "new_text"];

/// A parsed call.
#[derive(Debug)]
pub(crate) struct Call {
    /// Format of the answer that the agent expects.
    pub(crate) format: ResponseFormat,
    /// Working directory of the agent.
    pub(crate) directory: PathBuf,
    /// The texts to scan; empty for events without a text.
    pub(crate) texts: Vec<CallText>,
}

/// A text that a call would write, run or send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallText {
    /// Description of the text for the user; not shown for a file, which has a path.
    pub(crate) label: &'static str,
    /// Absolute path of the file with this content, if it is a file.
    pub(crate) file: Option<PathBuf>,
    /// The text to scan.
    pub(crate) content: Vec<u8>,
    /// Contents that it replaces. A secret that one of them contains is old.
    pub(crate) before: Vec<Vec<u8>>,
}

type Fields = Map<String, Value>;

impl Call {
    /// Parses the JSON of a call. Relative paths in it are resolved against its own working directory, and that against
    /// `directory`.
    ///
    /// # Errors
    ///
    /// Input that is not a JSON object, or an event without the text that it should have.
    pub(crate) fn parse(input: &[u8], directory: &Path) -> anyhow::Result<Call> {
        let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let call: Value = serde_json::from_slice(input)
            .or_else(|error| serde_json::from_slice(&replace_lone_surrogates(input)).map_err(|_| error))
            .map_err(|error| anyhow!("expected a call as JSON on standard input: {error}"))?;
        let Value::Object(call) = call else { bail!("expected a call as a JSON object on standard input") };
        let event = text(&call, &["hook_event_name", "hookEventName"]).unwrap_or_default();
        let roots = call.get("workspace_roots").and_then(Value::as_array);
        let named = text(&call, &["cwd"]).or(roots.and_then(|roots| roots.first()?.as_str()));
        let directory =
            named.filter(|path| !path.is_empty()).map_or(directory.into(), |path| directory.join(path));
        let format = response_format(event, &call);
        let reader = CallReader { call: &call, event, directory: &directory };
        let texts = match reader.texts()? {
            None if format == ResponseFormat::Unknown || must_have_text(event) => {
                bail!("expected a tool call, a command, a file's new content or a prompt; found none of them")
            }
            texts => texts.unwrap_or_default(),
        };
        Ok(Call { format, directory, texts })
    }
}

/// Replaces the escape of each lone surrogate with that of U+FFFD. JavaScript writes lone surrogates where a text was cut
/// inside a pair, and they have no UTF-8 encoding.
fn replace_lone_surrogates(json: &[u8]) -> Vec<u8> {
    let surrogate = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        (0xd800..0xe000).contains(&unit).then_some(unit)
    };
    let mut json_text = Vec::with_capacity(json.len());
    let mut at = 0;
    while at < json.len() {
        let taken = match (json[at], surrogate(at), surrogate(at + 6)) {
            (b'\\', Some(..0xdc00), Some(0xdc00..)) => 12,
            (b'\\', Some(_), _) => {
                json_text.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', None, _) => 2,
            _ => 1,
        };
        let end = json.len().min(at + taken);
        json_text.extend_from_slice(&json[at..end]);
        at = end;
    }
    json_text
}

/// Returns whether an event always has a text to scan, so that a call without one is an error.
fn must_have_text(event: &str) -> bool {
    let known = ["PreToolUse", "preToolUse", "PermissionRequest", "UserPromptSubmit", "afterFileEdit"];
    known.contains(&event) || event.starts_with("before")
}

/// Detects the agent and the event. Claude Code names events like `PreToolUse`, Cursor like `preToolUse`. A call without
/// an event is recognized by the other fields that each of the two always sends.
fn response_format(event: &str, call: &Fields) -> ResponseFormat {
    let has = |names: &[&str]| names.iter().any(|name| call.contains_key(*name));
    let is_cursor = has(&["conversation_id", "generation_id", "cursor_version", "workspace_roots"]);
    match event.chars().next() {
        Some(_) if event == "PreToolUse" => ResponseFormat::ClaudePreToolUse,
        Some(_) if event == "PermissionRequest" => ResponseFormat::ClaudePermissionRequest,
        Some(_) if event == "beforeSubmitPrompt" => ResponseFormat::CursorPrompt,
        Some(first) if first.is_ascii_uppercase() => ResponseFormat::ClaudeOther,
        Some(_) if event.starts_with("before") || is_cursor => ResponseFormat::CursorPermission,
        Some(_) if event.starts_with("pre") || event.starts_with("after") => ResponseFormat::CursorPermission,
        None if is_cursor && has(&["prompt"]) => ResponseFormat::CursorPrompt,
        None if is_cursor => ResponseFormat::CursorPermission,
        None if has(&["session_id", "transcript_path"]) => match has(&["tool_input"]) {
            true if !has(&["tool_response"]) => ResponseFormat::ClaudePreToolUse,
            _ => ResponseFormat::ClaudeOther,
        },
        _ => ResponseFormat::Unknown,
    }
}

/// Parses a string of JSON; `None` for other text, and for one with too many values, which is then scanned as text.
fn parse_embedded(text: &str) -> Option<Value> {
    json_input::check(json_input::CALL, text.as_bytes()).ok()?;
    serde_json::from_str(text).ok()
}

struct CallReader<'c> {
    call: &'c Fields,
    event: &'c str,
    directory: &'c Path,
}

impl CallReader<'_> {
    /// Returns the texts to scan; `None` if the call has none of the known fields.
    fn texts(&self) -> anyhow::Result<Option<Vec<CallText>>> {
        let input = match self.call.get("tool_input") {
            None | Some(Value::Null) if self.event.ends_with("reToolUse") => {
                bail!("expected tool_input in the call of a tool")
            }
            None | Some(Value::Null) => return Ok(self.event_texts()),
            // Cursor passes the input of MCP tools as a string of JSON.
            Some(Value::String(text)) => match parse_embedded(text) {
                Some(Value::Object(fields)) => fields,
                _ => return Ok(Some(vec![plain_text("the tool's input", text)])),
            },
            Some(Value::Object(fields)) => fields.clone(),
            Some(_) => bail!("expected tool_input to be a JSON object"),
        };
        let tool = text(self.call, &["tool_name"]).unwrap_or_default();
        Ok(Some(self.tool_texts(tool, &input)))
    }

    /// Returns the texts of events without a tool.
    fn event_texts(&self) -> Option<Vec<CallText>> {
        let call = self.call;
        let is_read = matches!(self.event, "beforeReadFile" | "beforeTabFileRead");
        if let Some(file) = self.file_texts(call, is_read) {
            return Some(file);
        }
        let task = if self.event == "subagentStart" { "task" } else { "" };
        let named = [("command", "the shell command"), ("prompt", "the prompt"), (task, "the task")];
        let texts = named.iter().filter_map(|(name, label)| Some(plain_text(label, text(call, &[name])?)));
        Some(texts.collect()).filter(|texts: &Vec<CallText>| !texts.is_empty())
    }

    /// Returns the texts in the input of a tool.
    fn tool_texts(&self, tool: &str, input: &Fields) -> Vec<CallText> {
        let is_read = matches!(tool, "Read" | "read_file");
        let written = self.file_texts(input, is_read);
        if is_read {
            return written.unwrap_or_default();
        }
        let is_command = input.get("command").is_some_and(Value::is_string);
        let (mut texts, rest) = match written {
            Some(texts) => {
                let mut rest = input.clone();
                for name in [&FILE[..], &CONTENT, &OLD, &NEW, &["edits"]].concat() {
                    rest.remove(name);
                }
                (texts, rest)
            }
            None => (Vec::new(), input.clone()),
        };
        let label = if is_command { "the shell command" } else { "the tool's input" };
        // The JSON itself is scanned too: the name of a field can show that its value is a secret.
        if !is_command && texts.is_empty() {
            texts.push(plain_text(label, &Value::Object(rest.clone()).to_string()));
        }
        collect_strings(&Value::Object(rest), &mut |text| texts.push(plain_text(label, text)));
        texts
    }

    /// Returns the resulting file of a write or an edit, or the file that is read with `is_read`; `None` for other calls.
    fn file_texts(&self, fields: &Fields, is_read: bool) -> Option<Vec<CallText>> {
        let file = self.directory.join(text(fields, &FILE)?);
        let stored = read(&file);
        let file_text = |content: Vec<u8>, before| CallText {
            label: "the file",
            file: Some(file.clone()),
            content,
            before,
        };
        let is_after_tool = self.event.starts_with("Post") || self.event.starts_with("after");
        let content = text(fields, &CONTENT).map(|content| content.as_bytes().to_vec());
        if is_read {
            return content.or(stored).map(|content| vec![file_text(content, Vec::new())]);
        }
        if let Some(content) = content {
            // After the tool has run, the stored file is the new text itself.
            let response = self.call.get("tool_response").and_then(Value::as_object);
            let original = response.and_then(|fields| text(fields, &["originalFile"]));
            let before = if is_after_tool { original.map(|text| text.as_bytes().to_vec()) } else { stored };
            return Some(vec![file_text(content, before.into_iter().collect())]);
        }
        let edits = edits(fields)?;
        let olds = || edits.iter().map(|edit| edit.old.as_bytes().to_vec());
        let changed = stored.as_ref().and_then(|stored| match is_after_tool {
            true => Some((stored.clone(), edits.iter().rev().try_fold(stored.clone(), Edit::revert)?)),
            false => Some((edits.iter().try_fold(stored.clone(), Edit::apply)?, stored.clone())),
        });
        Some(match changed {
            Some((new, old)) => vec![file_text(new, olds().chain([old]).collect())],
            // The edit does not apply to the stored file, or there is no file yet: scan the new text alone.
            None => {
                let before: Vec<_> = olds().chain(stored.filter(|_| !is_after_tool)).collect();
                edits.iter().map(|edit| file_text(edit.new.as_bytes().to_vec(), before.clone())).collect()
            }
        })
    }
}

/// One replacement in a file.
struct Edit<'c> {
    old: &'c str,
    new: &'c str,
    all: bool,
}

impl Edit<'_> {
    fn apply(text: Vec<u8>, edit: &Edit<'_>) -> Option<Vec<u8>> {
        replace(&text, edit.old.as_bytes(), edit.new.as_bytes(), edit.all)
    }

    fn revert(text: Vec<u8>, edit: &Edit<'_>) -> Option<Vec<u8>> {
        replace(&text, edit.new.as_bytes(), edit.old.as_bytes(), edit.all)
    }
}

/// Replaces the first occurrence of `old`, or all; `None` if there is none.
fn replace(text: &[u8], old: &[u8], new: &[u8], all: bool) -> Option<Vec<u8>> {
    if old.is_empty() {
        return text.is_empty().then(|| new.to_vec());
    }
    let mut result = Vec::with_capacity(text.len() + new.len());
    let mut rest = 0;
    for at in memmem::find_iter(text, old).take(if all { usize::MAX } else { 1 }) {
        result.extend_from_slice(&text[rest..at]);
        result.extend_from_slice(new);
        rest = at + old.len();
    }
    result.extend_from_slice(&text[rest..]);
    (rest > 0).then_some(result)
}

/// Returns the replacements of a call; `None` if it has not the fields of an edit.
fn edits(fields: &Fields) -> Option<Vec<Edit<'_>>> {
    fn one(fields: &Fields) -> Option<Edit<'_>> {
        let all = fields.get("replace_all").and_then(Value::as_bool).unwrap_or(false);
        Some(Edit { old: text(fields, &OLD).unwrap_or_default(), new: text(fields, &NEW)?, all })
    }
    match fields.get("edits").and_then(Value::as_array) {
        Some(list) => list.iter().map(|edit| one(edit.as_object()?)).collect(),
        None => one(fields).map(|edit| vec![edit]),
    }
}

fn plain_text(label: &'static str, text: &str) -> CallText {
    CallText { label, file: None, content: text.as_bytes().to_vec(), before: Vec::new() }
}

/// Returns the first of the fields with these names that is a string.
fn text<'c>(fields: &'c Fields, names: &[&str]) -> Option<&'c str> {
    names.iter().find_map(|name| fields.get(*name)?.as_str())
}

/// Passes every string in `value` to `take`, at any depth: serde_json parses at most 128 levels.
fn collect_strings(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(list) => list.iter().for_each(|value| collect_strings(value, take)),
        Value::Object(fields) => fields.values().for_each(|value| collect_strings(value, take)),
        _ => {}
    }
}

/// Reads the current content of a regular file of at most [`MAX_FILE`] bytes. Others could block or never end.
fn read(file: &Path) -> Option<Vec<u8>> {
    let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_FILE);
    is_regular.then(|| std::fs::read(file).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(call: &str) -> anyhow::Result<Call> {
        Call::parse(call.as_bytes(), Path::new("/nowhere"))
    }

    fn format_of(call: &str) -> ResponseFormat {
        parse(call).expect("a call").format
    }

    #[test]
    fn lone_surrogates_are_accepted() {
        let read = |text: &str| {
            let call = format!(r#"{{"hook_event_name":"UserPromptSubmit","prompt":"{text}"}}"#);
            String::from_utf8(parse(&call).expect("a call").texts[0].content.clone()).expect("text")
        };
        assert_eq!(read(r"a\ud83db \ud83d\ude00 \\ud83d"), "a\u{fffd}b \u{1f600} \\ud83d");
        assert_eq!(read(r"\ude00\ud83d\ud83d\ude00"), "\u{fffd}\u{fffd}\u{1f600}");
        assert!(parse(r#"{"prompt":"\ud83"}"#).is_err());
    }

    #[test]
    fn agents_and_events_are_distinguished() {
        let claude = r#""session_id":"s","transcript_path":"t","cwd":"/nowhere""#;
        let cursor = r#""conversation_id":"c","generation_id":"g","workspace_roots":["/nowhere"]"#;
        let bash = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;
        let calls = [
            format!(r#"{{{claude},"hook_event_name":"PreToolUse",{bash}}}"#),
            format!(r#"{{{claude},{bash}}}"#),
            format!(r#"{{{claude},"hook_event_name":"PostToolUse",{bash},"tool_response":{{}}}}"#),
            format!(r#"{{{claude},"hook_event_name":"UserPromptSubmit","prompt":"hello"}}"#),
            format!(r#"{{{claude},"hook_event_name":"SessionStart"}}"#),
            format!(r#"{{{cursor},"hook_event_name":"beforeShellExecution","command":"ls"}}"#),
            format!(r#"{{{cursor},"hook_event_name":"preToolUse",{bash}}}"#),
            format!(r#"{{{cursor},"command":"ls"}}"#),
            format!(r#"{{{cursor},"hook_event_name":"beforeSubmitPrompt","prompt":"hello"}}"#),
            format!(r#"{{{cursor},"hook_event_name":"PreToolUse",{bash}}}"#),
            r#"{"command":"ls"}"#.to_owned(),
        ];
        use ResponseFormat::{ClaudeOther, ClaudePreToolUse, CursorPermission, CursorPrompt, Unknown};
        let expected = [
            ClaudePreToolUse,
            ClaudePreToolUse,
            ClaudeOther,
            ClaudeOther,
            ClaudeOther,
            CursorPermission,
            CursorPermission,
            CursorPermission,
            CursorPrompt,
            ClaudePreToolUse,
            Unknown,
        ];
        assert_eq!(calls.map(|call| format_of(&call)), expected);
    }

    #[test]
    fn a_call_without_the_expected_text_is_an_error() {
        for wrong in [
            "",
            "{",
            "[]",
            "{}",
            "nonsense",
            r#"{"hook_event_name":"PreToolUse","tool_name":"Bash"}"#,
            r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":7}"#,
            r#"{"hook_event_name":"beforeShellExecution","command":7}"#,
            r#"{"hook_event_name":"UserPromptSubmit"}"#,
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse(r#"{"hook_event_name":"Stop"}"#).expect("fine").texts.is_empty());
        assert!(parse(&format!("{}{}", "[".repeat(9999), "]".repeat(9999))).is_err());
    }

    #[test]
    fn every_text_of_an_unknown_tool_is_scanned() {
        let call = r#"{"hook_event_name":"PreToolUse","tool_name":"mcp__x__y","tool_input":{"a":[{"b":"c"}],"d":"e"}}"#;
        let texts = parse(call).expect("a call").texts;
        let texts: Vec<_> = texts.iter().map(|text| String::from_utf8_lossy(&text.content)).collect();
        assert_eq!(texts, [r#"{"a":[{"b":"c"}],"d":"e"}"#, "c", "e"]);
    }

    #[test]
    fn edits_are_applied_in_order() {
        let edits = [Edit { old: "a", new: "b", all: false }, Edit { old: "b", new: "c", all: true }];
        let edited = edits.iter().try_fold(b"a b a".to_vec(), Edit::apply).expect("found");
        assert_eq!(edited, b"c c a");
        assert_eq!(replace(b"x", b"y", b"z", true), None);
        assert_eq!(replace(b"", b"", b"z", false).as_deref(), Some(&b"z"[..]));
    }
}
