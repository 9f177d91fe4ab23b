//! Parses the JSON of a call: the texts to scan, and the agent that sends it.
//!
//! Calls are classified by their fields, not by the names of tools, which agents rename and extend. A call with the
//! fields of a write or an edit is scanned as the resulting file; all other texts in the input of a tool are scanned too,
//! and so is a second field of the same meaning, because the agent may read that one.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::answer::ResponseFormat;
use super::edit::{Edit, EditedText, difference};
use crate::cli::json_input;
use crate::cli::json_input::JsonError;
use crate::model::memory;

/// Maximal size in bytes of a stored file that new content is compared with. For a larger file only the new text is
/// scanned.
const MAX_FILE: u64 = 64 * 1024 * 1024;

const FILE: [&str; 5] = ["file_path", "filePath", "path", "target_file", "notebook_path"];
const CONTENT: [&str; 5] = ["content", "contents", "file_text", "new_source", "new_content"];
const OLD: [&str; 3] = ["old_string", "old_str", "old_text"];
const NEW: [&str; 3] = ["new_string", "new_str", "new_text"];
const EDITS: &str = "edits";
const INPUT: &str = "tool_input";

/// Other fields that are read.
const OTHER: [&str; 14] = [
    "hook_event_name",
    "hookEventName",
    "workspace_roots",
    "cwd",
    "tool_name",
    "tool_response",
    "originalFile",
    "replace_all",
    "command",
    "prompt",
    "task",
    "session_id",
    INPUT,
    EDITS,
];

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
    /// The byte ranges of `content` in which it differs from the stored file, the last of `before`, if it is known.
    pub(crate) changed: Option<Vec<Range<usize>>>,
    /// Contents that it replaces. A secret that one of them contains is old.
    pub(crate) before: Arc<[Vec<u8>]>,
}

/// A call that the agent can understand in another way than stopleak.
#[derive(Debug, thiserror::Error)]
#[error("the call has several readings: {0}")]
pub(crate) struct AmbiguousCall(String);

type Fields = Map<String, Value>;

impl Call {
    /// Parses the JSON of a call. Relative paths in it are resolved against its own working directory, and that against
    /// `directory`.
    ///
    /// # Errors
    ///
    /// Input that is not a JSON object, an event without the text that it should have, or an [`AmbiguousCall`].
    pub(crate) fn parse(input: &[u8], directory: &Path) -> anyhow::Result<Call> {
        let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let Value::Object(mut call) = parse_json(input)? else {
            bail!("expected a call as a JSON object on standard input")
        };
        check_names(&call)?;
        let event = text(&call, &["hook_event_name", "hookEventName"]).unwrap_or_default().to_owned();
        let roots = call.get("workspace_roots").and_then(Value::as_array);
        let named = text(&call, &["cwd"]).or(roots.and_then(|roots| roots.first()?.as_str()));
        let directory =
            named.filter(|path| !path.is_empty()).map_or(directory.into(), |path| directory.join(path));
        let format = response_format(&event, &call);
        let input = call.shift_remove(INPUT);
        let texts = match (CallReader { call, event: &event, directory: &directory }).texts(input)? {
            None if format == ResponseFormat::Unknown || must_have_text(&event) => {
                bail!("expected a tool call, a command, a file's new content or a prompt; found none of them")
            }
            texts => texts.unwrap_or_default(),
        };
        Ok(Call { format, directory, texts })
    }
}

fn parse_json(json: &[u8]) -> anyhow::Result<Value> {
    let parsed = match json_input::parse(json) {
        Err(JsonError::Syntax(error)) => {
            json_input::parse(&json_input::replace_lone_surrogates(json)).map_err(|other| {
                if matches!(other, JsonError::Ambiguous(_)) { other } else { JsonError::Syntax(error) }
            })
        }
        parsed => parsed,
    };
    parsed.map_err(|error| match error {
        JsonError::Syntax(error) => anyhow!("expected a call as JSON on standard input: {error}"),
        JsonError::Ambiguous(error) => AmbiguousCall(error.to_string()).into(),
    })
}

/// Checks that no field that is read here has a second name that differs only in letter case: some readers of JSON ignore
/// the case, and take the last one.
fn check_names(fields: &Fields) -> anyhow::Result<()> {
    // As in Unicode's simple case folding, which has two characters that fold to ASCII letters.
    let folded = |name: &str| name.to_lowercase().replace('\u{17f}', "s");
    let mut known = [&FILE[..], &CONTENT, &OLD, &NEW, &OTHER].into_iter().flatten();
    let is_variant = |known: &str, name: &str| {
        name != known && name.chars().count() == known.len() && folded(name) == folded(known)
    };
    let has_variant = |known: &str| fields.keys().any(|name| is_variant(known, name));
    match known.find(|known| fields.contains_key(**known) && has_variant(known)) {
        Some(known) => {
            Err(AmbiguousCall(format!("the field {known} is there twice, with other letter case")).into())
        }
        None => Ok(()),
    }
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

/// Parses a string that may be JSON; `None` for other text.
fn parse_embedded(text: &str) -> anyhow::Result<Option<Value>> {
    if !looks_like_json(text) {
        return Ok(None);
    }
    json_input::check(json_input::CALL, text.as_bytes())?;
    match parse_json(text.as_bytes()) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is::<AmbiguousCall>() => Err(error),
        Err(_) => Ok(None),
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with(['{', '[', '"'])
}

struct CallReader<'c> {
    /// The fields of the call but `tool_input`.
    call: Fields,
    event: &'c str,
    directory: &'c Path,
}

impl CallReader<'_> {
    /// Returns the texts to scan; `None` if the call has none of the known fields.
    fn texts(mut self, input: Option<Value>) -> anyhow::Result<Option<Vec<CallText>>> {
        const LABEL: &str = "the tool's input";
        let fields = match input {
            None | Some(Value::Null) if self.event.ends_with("reToolUse") => {
                bail!("expected tool_input in the call of a tool")
            }
            None | Some(Value::Null) => return self.event_texts(),
            // Cursor passes the input of MCP tools as a string of JSON.
            Some(Value::String(text)) => match parse_embedded(&text)? {
                Some(Value::Object(fields)) => fields,
                value => {
                    let mut texts = vec![plain_text(LABEL, &text)];
                    match value {
                        Some(value) => {
                            collect_strings(&value, &mut |text| texts.push(plain_text(LABEL, text)))
                        }
                        // The agent may be able to read what is no valid JSON here.
                        None if looks_like_json(&text) => {
                            texts.push(plain_text(LABEL, &json_input::unescaped(&text)));
                        }
                        None => {}
                    }
                    return Ok(Some(texts));
                }
            },
            Some(Value::Object(fields)) => fields,
            Some(_) => bail!("expected tool_input to be a JSON object"),
        };
        check_names(&fields)?;
        Ok(Some(self.tool_texts(fields)?))
    }

    /// Returns the texts of events without a tool.
    fn event_texts(&mut self) -> anyhow::Result<Option<Vec<CallText>>> {
        let is_read = matches!(self.event, "beforeReadFile" | "beforeTabFileRead");
        let mut fields = std::mem::take(&mut self.call);
        let mut texts = self.file_texts(&mut fields, is_read)?.unwrap_or_default();
        let task = if self.event == "subagentStart" { "task" } else { "" };
        let named = [("command", "the shell command"), ("prompt", "the prompt"), (task, "the task")];
        texts.extend(
            named.iter().filter_map(|(name, label)| Some(plain_text(label, text(&fields, &[*name])?))),
        );
        if !texts.is_empty() && !is_read {
            let others = [&CONTENT[..], &NEW].concat().into_iter().filter_map(|name| fields.get(name));
            let mut take = |text: &str| texts.push(plain_text("the file", text));
            others.chain(fields.get(EDITS)).for_each(|value| collect_strings(value, &mut take));
        }
        Ok(Some(texts).filter(|texts| !texts.is_empty()))
    }

    /// Returns the texts in the input of a tool.
    fn tool_texts(&self, mut input: Fields) -> anyhow::Result<Vec<CallText>> {
        let tool = text(&self.call, &["tool_name"]).unwrap_or_default();
        let is_read = matches!(tool, "Read" | "read_file");
        let mut texts = self.file_texts(&mut input, is_read)?.unwrap_or_default();
        if is_read {
            return Ok(texts);
        }
        let is_command = input.get("command").is_some_and(Value::is_string);
        let label = if is_command { "the shell command" } else { "the tool's input" };
        let rest = Value::Object(input);
        // The JSON itself is scanned too: the name of a field can show that its value is a secret.
        if !is_command && texts.is_empty() {
            texts.push(plain_text(label, &rest.to_string()));
        }
        collect_strings(&rest, &mut |text| texts.push(plain_text(label, text)));
        Ok(texts)
    }

    /// Returns the resulting file of a write or an edit, or the file that is read with `is_read`, and removes the fields
    /// that describe it; `None` for other calls.
    fn file_texts(&self, fields: &mut Fields, is_read: bool) -> anyhow::Result<Option<Vec<CallText>>> {
        let Some((name, path)) = named_text(fields, &FILE) else { return Ok(None) };
        let (name, file) = (name.to_owned(), self.directory.join(path));
        let is_after_tool = self.event.starts_with("Post") || self.event.starts_with("after");
        let content = take_text(fields, &CONTENT).map(String::into_bytes);
        let texts = if is_read {
            content
                .or_else(|| read(&file))
                .map(|content| vec![file_text(&file, content, None, Arc::default())])
        } else if let Some(content) = content {
            // After the tool has run, the stored file is the new text itself.
            let before = if is_after_tool { self.original_file() } else { read(&file) };
            let changed = before.as_ref().map(|before| difference(before, &content));
            Some(vec![file_text(&file, content, changed, before.into_iter().collect())])
        } else {
            take_edits(fields)?.map(|edits| edited_file(&file, edits, is_after_tool)).transpose()?
        };
        if texts.is_some() {
            fields.shift_remove(&name);
        }
        Ok(texts)
    }

    /// Returns the content that a tool has replaced.
    fn original_file(&self) -> Option<Vec<u8>> {
        let response = self.call.get("tool_response").and_then(Value::as_object)?;
        text(response, &["originalFile"]).map(|text| text.as_bytes().to_vec())
    }
}

fn file_text(
    file: &Path,
    content: Vec<u8>,
    changed: Option<Vec<Range<usize>>>,
    before: Arc<[Vec<u8>]>,
) -> CallText {
    CallText { label: "the file", file: Some(file.to_path_buf()), content, changed, before }
}

/// Returns the file with the edits made, or the new texts alone where they do not apply to the stored file.
fn edited_file(file: &Path, edits: Vec<Edit>, is_after_tool: bool) -> anyhow::Result<Vec<CallText>> {
    let stored = read(file);
    // For the file before and after the edits, and a copy while it changes.
    memory::check(3 * stored.as_ref().map_or(0, Vec::len))?;
    let edited = stored.as_ref().and_then(|stored| match is_after_tool {
        true => {
            let before = EditedText::reverted(stored.clone(), &edits)?;
            let changed = difference(&before, stored);
            Some((EditedText { text: stored.clone(), changed }, before))
        }
        false => Some((EditedText::new(stored.clone(), &edits)?, stored.clone())),
    });
    let olds = |edits: Vec<Edit>| edits.into_iter().map(|edit| edit.old.into_bytes());
    Ok(match edited {
        Some((new, old)) => {
            let before = olds(edits).chain([old]).collect();
            vec![file_text(file, new.text, Some(new.changed), before)]
        }
        None => {
            let news: Vec<Vec<u8>> = edits.iter().map(|edit| edit.new.as_bytes().to_vec()).collect();
            // Shared: with a copy for each edit, many edits of a large file would need memory for all of them.
            let before: Arc<[_]> = olds(edits).chain(stored.filter(|_| !is_after_tool)).collect();
            news.into_iter().map(|new| file_text(file, new, None, Arc::clone(&before))).collect()
        }
    })
}

/// Removes the replacements of a call from `fields`; `None` if it has not the fields of an edit.
fn take_edits(fields: &mut Fields) -> anyhow::Result<Option<Vec<Edit>>> {
    fn take_edit(fields: &mut Fields) -> Option<Edit> {
        let all = fields.get("replace_all").and_then(Value::as_bool).unwrap_or(false);
        let new = take_text(fields, &NEW)?;
        Some(Edit { old: take_text(fields, &OLD).unwrap_or_default(), new, all })
    }
    let Some(list) = fields.get_mut(EDITS).and_then(Value::as_array_mut) else {
        return Ok(take_edit(fields).map(|edit| vec![edit]));
    };
    let is_edit = |edit: &Value| edit.as_object().is_some_and(|edit| text(edit, &NEW).is_some());
    if !list.iter().all(is_edit) {
        return Ok(None);
    }
    let mut edits = Vec::with_capacity(list.len());
    for edit in list.iter_mut().filter_map(Value::as_object_mut) {
        check_names(edit)?;
        edits.extend(take_edit(edit));
    }
    Ok(Some(edits))
}

fn plain_text(label: &'static str, text: &str) -> CallText {
    CallText { label, file: None, content: text.as_bytes().to_vec(), changed: None, before: Arc::default() }
}

/// Returns the first of the fields with these names that is a string.
fn text<'c>(fields: &'c Fields, names: &[&'static str]) -> Option<&'c str> {
    named_text(fields, names).map(|(_, text)| text)
}

/// Returns the name and the text of the first of the fields with these names that is a string.
fn named_text<'c>(fields: &'c Fields, names: &[&'static str]) -> Option<(&'static str, &'c str)> {
    names.iter().find_map(|name| Some((*name, fields.get(*name)?.as_str()?)))
}

/// Removes that field, and returns its text.
fn take_text(fields: &mut Fields, names: &[&'static str]) -> Option<String> {
    let (name, _) = named_text(fields, names)?;
    match fields.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
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
    fn a_call_with_two_readings_is_ambiguous() {
        let in_tool = |input: &str| {
            format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{input}}}"#)
        };
        let embedded = |input: &str| in_tool(&Value::from(input).to_string());
        for call in [
            r#"{"command":"ls","command":"ls"}"#.to_owned(),
            r#"{"command":"ls","\u0063ommand":"ls"}"#.to_owned(),
            r#"{"command":"ls","Command":"ls"}"#.to_owned(),
            r#"{"prompt":"a","tool_input":{"command":"ls"},"Tool_Input":{}}"#.to_owned(),
            "{\"task\":\"a\",\"ta\u{17f}\u{212a}\":\"b\",\"command\":\"ls\"}".to_owned(),
            in_tool(r#"{"command":"ls","command":"ls"}"#),
            in_tool(r#"{"command":"ls","COMMAND":"ls"}"#),
            in_tool(r#"{"a":[{"b":1,"b":2}]}"#),
            in_tool(r#"{"path":"a","edits":[{"new_str":"a","New_Str":"b"}]}"#),
            embedded(r#"{"a":1,"a":2}"#),
            embedded(r#"{"command":"ls","Command":"ls"}"#),
            embedded(r#"["\ud83d",{"a":1,"a":2}]"#),
        ] {
            let error = parse(&call).expect_err("ambiguous");
            assert!(error.is::<AmbiguousCall>(), "{call}: {error}");
        }
        assert!(parse(&in_tool(r#"{"a":1,"A":2,"headers":{"Path":"x","path":"y"}}"#)).is_ok());
    }

    #[test]
    fn every_field_with_the_meaning_of_another_is_scanned() {
        let texts = |input: &str| -> Vec<String> {
            let call = format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"W","tool_input":{input}}}"#);
            let texts = parse(&call).expect("a call").texts;
            texts.iter().map(|text| String::from_utf8_lossy(&text.content).into_owned()).collect()
        };
        assert_eq!(texts(r#"{"path":"a","content":"b","contents":"c"}"#), ["b", "c"]);
        assert_eq!(texts(r#"{"path":"a","file_path":"d","content":"b"}"#), ["b", "a"]);
        assert_eq!(texts(r#"{"path":"a","content":"b","new_string":"c","edits":["d"]}"#), ["b", "c", "d"]);
        let two = r#"{"path":"a","edits":[{"old_str":"x","new_str":"b","new_text":"c"}]}"#;
        assert_eq!(texts(two), ["b", "c"]);
        let event = r#"{"hook_event_name":"beforeShellExecution","command":"a","path":"b","content":"c"}"#;
        let texts = parse(event).expect("a call").texts;
        let texts: Vec<_> = texts.iter().map(|text| String::from_utf8_lossy(&text.content)).collect();
        assert_eq!(texts, ["c", "a"]);
    }

    #[test]
    fn embedded_json_is_scanned_with_its_escapes_replaced() {
        let texts = |input: &str| -> Vec<String> {
            let input = Value::from(input);
            let call = format!(r#"{{"hook_event_name":"beforeMCPExecution","tool_input":{input}}}"#);
            let texts = parse(&call).expect("a call").texts;
            texts.iter().map(|text| String::from_utf8_lossy(&text.content).into_owned()).collect()
        };
        assert_eq!(texts(r#"["\u0061b"]"#), [r#"["\u0061b"]"#, "ab"]);
        assert_eq!(
            texts(r#"{"c":"\u0061b"} trailing"#),
            [r#"{"c":"\u0061b"} trailing"#, r#"{"c":"ab"} trailing"#]
        );
        assert_eq!(texts(r"plain \u0061b"), [r"plain \u0061b"]);
        let deep = format!("{}\"\\u0061b\"{}", "[".repeat(300), "]".repeat(300));
        assert!(texts(&deep)[1].contains("[\"ab\"]"));
    }

    #[test]
    fn edits_that_do_not_apply_share_what_they_replace() {
        let edits: Vec<Value> = (0..3).map(|number| {
            serde_json::json!({"old_string": format!("old {number}"), "new_string": format!("new {number}")})
        }).collect();
        let call = serde_json::json!({
            "hook_event_name": "PreToolUse", "tool_name": "MultiEdit",
            "tool_input": {"file_path": "gone", "edits": edits},
        });
        let texts = parse(&call.to_string()).expect("a call").texts;
        assert_eq!(texts.len(), 3);
        assert_eq!(texts[0].before.len(), 3);
        assert!(texts.iter().all(|text| Arc::ptr_eq(&text.before, &texts[0].before)));
    }
}
