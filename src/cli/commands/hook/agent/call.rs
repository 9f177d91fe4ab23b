//! Reading what an agent is about to do, and which agent it is.
//!
//! Fields decide, not names of tools: agents rename those and add new ones. What has the form of a write or an
//! edit is judged as the file that comes out of it; every other text that a tool is handed is judged too.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use memchr::memmem;
use serde_json::{Map, Value};

use super::answer::Form;

/// A file that is replaced is compared with up to so many bytes; of a larger one the new text alone is judged.
const MAX_FILE: u64 = 64 * 1024 * 1024;

const FILE: [&str; 5] = ["file_path", "filePath", "path", "target_file", "notebook_path"];
const CONTENT: [&str; 5] = ["content", "contents", "file_text", "new_source", "new_content"];
const OLD: [&str; 3] = ["old_string", "old_str", "old_text"];
const NEW: [&str; 3] = ["new_string", "new_str", "new_text"];

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    /// How the agent wants to be answered.
    pub(crate) form: Form,
    /// Where the agent works.
    pub(crate) directory: PathBuf,
    /// What to look at; empty for events that carry nothing out.
    pub(crate) judged: Vec<Judged>,
}

/// A text that a call would write, run or pass on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// What it is, for people; of a file the path says so.
    pub(crate) what: &'static str,
    /// The file that it becomes, absolute.
    pub(crate) file: Option<PathBuf>,
    /// The text.
    pub(crate) content: Vec<u8>,
    /// What it replaces.
    pub(crate) before: Vec<Vec<u8>>,
}

type Fields = Map<String, Value>;

impl Call {
    /// Reads the JSON of a call. Relative paths in it, and a missing directory, mean `directory`.
    pub(crate) fn parse(input: &[u8], directory: &Path) -> anyhow::Result<Call> {
        let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let call: Value = serde_json::from_slice(input)
            .or_else(|error| serde_json::from_slice(&whole_characters(input)).map_err(|_| error))
            .map_err(|error| anyhow!("expected a call as JSON on standard input: {error}"))?;
        let Value::Object(call) = call else { bail!("expected a call as a JSON object on standard input") };
        let event = text(&call, &["hook_event_name", "hookEventName"]).unwrap_or_default();
        let roots = call.get("workspace_roots").and_then(Value::as_array);
        let named = text(&call, &["cwd"]).or(roots.and_then(|roots| roots.first()?.as_str()));
        let directory =
            named.filter(|path| !path.is_empty()).map_or(directory.into(), |path| directory.join(path));
        let form = form(event, &call);
        let reader = Reader { call: &call, event, directory: &directory };
        let judged = match reader.judged()? {
            None if form == Form::Unknown || carries_out(event) => {
                bail!("expected a tool call, a command, a file's new content or a prompt; found none of them")
            }
            judged => judged.unwrap_or_default(),
        };
        Ok(Call { form, directory, judged })
    }
}

/// The JSON with U+FFFD for each half of a character. JavaScript writes halves where a text was cut in two, and no
/// UTF-8 has room for them.
fn whole_characters(json: &[u8]) -> Vec<u8> {
    let half = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        (0xd800..0xe000).contains(&unit).then_some(unit)
    };
    let mut whole = Vec::with_capacity(json.len());
    let mut at = 0;
    while at < json.len() {
        let taken = match (json[at], half(at), half(at + 6)) {
            (b'\\', Some(..0xdc00), Some(0xdc00..)) => 12,
            (b'\\', Some(_), _) => {
                whole.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', None, _) => 2,
            _ => 1,
        };
        let end = json.len().min(at + taken);
        whole.extend_from_slice(&json[at..end]);
        at = end;
    }
    whole
}

/// Whether an event is about something that can be judged.
fn carries_out(event: &str) -> bool {
    let known = ["PreToolUse", "preToolUse", "PermissionRequest", "UserPromptSubmit", "afterFileEdit"];
    known.contains(&event) || event.starts_with("before")
}

/// Claude Code writes events like `PreToolUse`, Cursor like `preToolUse`. A call without one is told by the
/// other fields that each of the two always sends.
fn form(event: &str, call: &Fields) -> Form {
    let has = |names: &[&str]| names.iter().any(|name| call.contains_key(*name));
    let of_cursor = has(&["conversation_id", "generation_id", "cursor_version", "workspace_roots"]);
    match event.chars().next() {
        Some(_) if event == "PreToolUse" => Form::ClaudeBefore,
        Some(_) if event == "PermissionRequest" => Form::ClaudePermission,
        Some(_) if event == "beforeSubmitPrompt" => Form::CursorPrompt,
        Some(first) if first.is_ascii_uppercase() => Form::ClaudeOther,
        Some(_) if event.starts_with("before") || of_cursor => Form::CursorPermission,
        Some(_) if event.starts_with("pre") || event.starts_with("after") => Form::CursorPermission,
        None if of_cursor && has(&["prompt"]) => Form::CursorPrompt,
        None if of_cursor => Form::CursorPermission,
        None if has(&["session_id", "transcript_path"]) => match has(&["tool_input"]) {
            true if !has(&["tool_response"]) => Form::ClaudeBefore,
            _ => Form::ClaudeOther,
        },
        _ => Form::Unknown,
    }
}

struct Reader<'c> {
    call: &'c Fields,
    event: &'c str,
    directory: &'c Path,
}

impl Reader<'_> {
    /// `None` for calls with nothing in them that we know.
    fn judged(&self) -> anyhow::Result<Option<Vec<Judged>>> {
        let input = match self.call.get("tool_input") {
            None | Some(Value::Null) if self.event.ends_with("reToolUse") => {
                bail!("expected tool_input in the call of a tool")
            }
            None | Some(Value::Null) => return Ok(self.of_event()),
            // Cursor hands the input of MCP tools on as text.
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Object(fields)) => fields,
                _ => return Ok(Some(vec![passed_on("the tool's input", text)])),
            },
            Some(Value::Object(fields)) => fields.clone(),
            Some(_) => bail!("expected tool_input to be a JSON object"),
        };
        let tool = text(self.call, &["tool_name"]).unwrap_or_default();
        Ok(Some(self.of_tool(tool, &input)))
    }

    /// Events that are about no tool.
    fn of_event(&self) -> Option<Vec<Judged>> {
        let call = self.call;
        let reads = matches!(self.event, "beforeReadFile" | "beforeTabFileRead");
        if let Some(file) = self.written(call, reads) {
            return Some(file);
        }
        let task = if self.event == "subagentStart" { "task" } else { "" };
        let named = [("command", "the shell command"), ("prompt", "the prompt"), (task, "the task")];
        let texts = named.iter().filter_map(|(name, what)| Some(passed_on(what, text(call, &[name])?)));
        Some(texts.collect()).filter(|texts: &Vec<Judged>| !texts.is_empty())
    }

    fn of_tool(&self, tool: &str, input: &Fields) -> Vec<Judged> {
        let reads = matches!(tool, "Read" | "read_file");
        let written = self.written(input, reads);
        if reads {
            return written.unwrap_or_default();
        }
        let is_command = input.get("command").is_some_and(Value::is_string);
        let (mut judged, rest) = match written {
            Some(judged) => {
                let mut rest = input.clone();
                for name in [&FILE[..], &CONTENT, &OLD, &NEW, &["edits"]].concat() {
                    rest.remove(name);
                }
                (judged, rest)
            }
            None => (Vec::new(), input.clone()),
        };
        let what = if is_command { "the shell command" } else { "the tool's input" };
        // The name of a field says what its value is.
        if !is_command && judged.is_empty() {
            judged.push(passed_on(what, &Value::Object(rest.clone()).to_string()));
        }
        strings(&Value::Object(rest), &mut |text| judged.push(passed_on(what, text)));
        judged
    }

    /// The file that comes out of a call with the form of a write or an edit; `None` for other calls.
    fn written(&self, fields: &Fields, reads: bool) -> Option<Vec<Judged>> {
        let file = self.directory.join(text(fields, &FILE)?);
        let stored = read(&file);
        let judged =
            |content: Vec<u8>, before| Judged { what: "the file", file: Some(file.clone()), content, before };
        let is_done = self.event.starts_with("Post") || self.event.starts_with("after");
        let content = text(fields, &CONTENT).map(|content| content.as_bytes().to_vec());
        if reads {
            return content.or(stored).map(|content| vec![judged(content, Vec::new())]);
        }
        if let Some(content) = content {
            // What is stored afterwards is the new text itself.
            let response = self.call.get("tool_response").and_then(Value::as_object);
            let original = response.and_then(|fields| text(fields, &["originalFile"]));
            let before = if is_done { original.map(|text| text.as_bytes().to_vec()) } else { stored };
            return Some(vec![judged(content, before.into_iter().collect())]);
        }
        let edits = edits(fields)?;
        let olds = || edits.iter().map(|edit| edit.old.as_bytes().to_vec());
        let changed = stored.as_ref().and_then(|stored| match is_done {
            true => Some((stored.clone(), edits.iter().rev().try_fold(stored.clone(), Edit::undone)?)),
            false => Some((edits.iter().try_fold(stored.clone(), Edit::done)?, stored.clone())),
        });
        Some(match changed {
            Some((new, old)) => vec![judged(new, olds().chain([old]).collect())],
            // The agent will not manage this edit either, or the file is not there yet.
            None => {
                let before: Vec<_> = olds().chain(stored.filter(|_| !is_done)).collect();
                edits.iter().map(|edit| judged(edit.new.as_bytes().to_vec(), before.clone())).collect()
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
    fn done(text: Vec<u8>, edit: &Edit<'_>) -> Option<Vec<u8>> {
        replaced(&text, edit.old.as_bytes(), edit.new.as_bytes(), edit.all)
    }

    fn undone(text: Vec<u8>, edit: &Edit<'_>) -> Option<Vec<u8>> {
        replaced(&text, edit.new.as_bytes(), edit.old.as_bytes(), edit.all)
    }
}

/// `None` where there is nothing to replace.
fn replaced(text: &[u8], old: &[u8], new: &[u8], all: bool) -> Option<Vec<u8>> {
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

/// The replacements of a call; `None` where it has not their form.
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

fn passed_on(what: &'static str, text: &str) -> Judged {
    Judged { what, file: None, content: text.as_bytes().to_vec(), before: Vec::new() }
}

/// The first of the fields that is a text.
fn text<'c>(fields: &'c Fields, names: &[&str]) -> Option<&'c str> {
    names.iter().find_map(|name| fields.get(*name)?.as_str())
}

/// Every text in `value`, at any depth: the parser allows no more than 128.
fn strings(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(list) => list.iter().for_each(|value| strings(value, take)),
        Value::Object(fields) => fields.values().for_each(|value| strings(value, take)),
        _ => {}
    }
}

/// A plain file, as it is stored now; anything else might never end.
fn read(file: &Path) -> Option<Vec<u8>> {
    let is_plain = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_FILE);
    is_plain.then(|| std::fs::read(file).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(call: &str) -> anyhow::Result<Call> {
        Call::parse(call.as_bytes(), Path::new("/nowhere"))
    }

    fn form_of(call: &str) -> Form {
        parse(call).expect("a call").form
    }

    #[test]
    fn half_characters_are_no_reason_to_refuse() {
        let read = |text: &str| {
            let call = format!(r#"{{"hook_event_name":"UserPromptSubmit","prompt":"{text}"}}"#);
            String::from_utf8(parse(&call).expect("a call").judged[0].content.clone()).expect("text")
        };
        assert_eq!(read(r"a\ud83db \ud83d\ude00 \\ud83d"), "a\u{fffd}b \u{1f600} \\ud83d");
        assert_eq!(read(r"\ude00\ud83d\ud83d\ude00"), "\u{fffd}\u{fffd}\u{1f600}");
        assert!(parse(r#"{"prompt":"\ud83"}"#).is_err());
    }

    #[test]
    fn the_agents_are_told_apart() {
        let claude = r#""session_id":"s","transcript_path":"t","cwd":"/nowhere""#;
        let cursor = r#""conversation_id":"c","generation_id":"g","workspace_roots":["/nowhere"]"#;
        let bash = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;
        let forms = [
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
        use Form::{ClaudeBefore, ClaudeOther, CursorPermission, CursorPrompt, Unknown};
        let expected = [
            ClaudeBefore,
            ClaudeBefore,
            ClaudeOther,
            ClaudeOther,
            ClaudeOther,
            CursorPermission,
            CursorPermission,
            CursorPermission,
            CursorPrompt,
            ClaudeBefore,
            Unknown,
        ];
        assert_eq!(forms.map(|call| form_of(&call)), expected);
    }

    #[test]
    fn what_cannot_be_judged_is_an_error() {
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
        assert!(parse(r#"{"hook_event_name":"Stop"}"#).expect("fine").judged.is_empty());
        assert!(parse(&format!("{}{}", "[".repeat(9999), "]".repeat(9999))).is_err());
    }

    #[test]
    fn every_text_of_an_unknown_tool_is_judged() {
        let call = r#"{"hook_event_name":"PreToolUse","tool_name":"mcp__x__y","tool_input":{"a":[{"b":"c"}],"d":"e"}}"#;
        let judged = parse(call).expect("a call").judged;
        let texts: Vec<_> = judged.iter().map(|judged| String::from_utf8_lossy(&judged.content)).collect();
        assert_eq!(texts, [r#"{"a":[{"b":"c"}],"d":"e"}"#, "c", "e"]);
    }

    #[test]
    fn edits_are_done_and_undone_in_order() {
        let edits = [Edit { old: "a", new: "b", all: false }, Edit { old: "b", new: "c", all: true }];
        let done = edits.iter().try_fold(b"a b a".to_vec(), Edit::done).expect("found");
        assert_eq!(done, b"c c a");
        assert_eq!(replaced(b"x", b"y", b"z", true), None);
        assert_eq!(replaced(b"", b"", b"z", false).as_deref(), Some(&b"z"[..]));
    }
}
