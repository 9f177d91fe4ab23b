//! Hook calls of AI coding agents, in the JSON that Claude Code and Cursor write to a hook's standard input.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Run, World, binary};
use crate::tokens::{RULE, line, private_key, token};

/// Runs `stopleak hook run` with `call` on standard input, in `folder`, and returns the run and its JSON answer.
/// Asserts that no file changed and no token was printed.
fn answer_in(world: &World, folder: &str, call: &str) -> (Run, Value) {
    world.write("call", call);
    let before = world.file_states();
    let mut command = world.command(binary(), folder);
    let input = File::open(world.path("call")).expect("just written");
    let run = world.run(command.args(["hook", "run"]).stdin(input));
    assert!(before == world.file_states(), "a check changed something");
    run.assert_no_token_shown();
    let answer = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
    (run, answer)
}

fn answer(world: &World, call: &Value) -> (Run, Value) {
    answer_in(world, "work", &call.to_string())
}

fn claude(world: &World, event: &str, rest: Value) -> Value {
    with(
        json!({"session_id": "s", "transcript_path": "t", "cwd": world.path("work"), "hook_event_name": event}),
        rest,
    )
}

fn cursor(world: &World, event: &str, rest: Value) -> Value {
    let common = json!({
        "conversation_id": "c", "generation_id": "g", "hook_event_name": event, "cursor_version": "2.0",
        "workspace_roots": [world.path("work")],
    });
    with(common, rest)
}

fn with(mut call: Value, rest: Value) -> Value {
    for (name, value) in rest.as_object().expect("fields") {
        call[name] = value.clone();
    }
    call
}

/// Returns a call of a tool of Claude Code.
fn tool(world: &World, name: &str, input: Value) -> Value {
    claude(world, "PreToolUse", json!({"tool_name": name, "tool_input": input, "tool_use_id": "u"}))
}

fn file(world: &World, name: &str) -> String {
    world.path("work").join(name).to_str().expect("text").to_owned()
}

/// Asserts that the answer denies Claude Code the tool, and returns the reason.
#[track_caller]
fn assert_denied(world: &World, call: &Value) -> String {
    let (run, answer) = answer(world, call);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let output = &answer["hookSpecificOutput"];
    assert_eq!(
        (&output["hookEventName"], &output["permissionDecision"]),
        (&json!("PreToolUse"), &json!("deny"))
    );
    output["permissionDecisionReason"].as_str().expect("a reason").to_owned()
}

/// Asserts that the answer is empty: Claude Code's own permission flow continues.
#[track_caller]
fn assert_passes(world: &World, call: &Value) {
    let (run, answer) = answer(world, call);
    assert_eq!((run.code, run.stderr.as_str(), answer), (0, "", json!({})));
}

#[test]
fn claude_writes_a_file() {
    let world = World::repository();
    let write = |content: &str| {
        tool(&world, "Write", json!({"file_path": file(&world, "b.txt"), "content": content}))
    };
    let reason = assert_denied(&world, &write(&format!("first\n{}", line(2))));
    for expected in [RULE, "b.txt:2", "ghp_********"] {
        assert!(reason.contains(expected), "{reason}");
    }
    assert_passes(&world, &write("harmless\n"));
}

#[test]
fn claude_overwrites_a_file_that_already_has_the_secret() {
    let world = World::repository();
    world.write("work/b.txt", line(2));
    let write = |content: &str| {
        tool(&world, "Write", json!({"file_path": file(&world, "b.txt"), "content": content}))
    };
    assert_passes(&world, &write(&format!("edited\n{}", line(2))));
    let reason = assert_denied(&world, &write(&format!("edited\n{}{}", line(2), line(3))));
    assert!(reason.contains("b.txt:3") && !reason.contains("b.txt:2"), "{reason}");
}

#[test]
fn claude_edits_a_file() {
    let world = World::repository();
    world.write("work/b.txt", format!("first\n{}last\n", line(2)));
    let edit = |old: &str, new: &str| {
        tool(
            &world,
            "Edit",
            json!({"file_path": file(&world, "b.txt"), "old_string": old, "new_string": new}),
        )
    };
    let reason = assert_denied(&world, &edit("last", &line(3)));
    assert!(reason.contains("b.txt:3"), "{reason}");
    assert_passes(&world, &edit("first", "edited"));
    assert_passes(&world, &edit(&line(2), &format!("edited {}", line(2))));
    assert_passes(&world, &edit(&line(2), "gone"));
}

#[test]
fn an_edit_of_a_missing_file_is_checked_by_its_own_texts() {
    let world = World::repository();
    let edit = |old: &str, new: &str| {
        tool(
            &world,
            "Edit",
            json!({"file_path": file(&world, "gone.txt"), "old_string": old, "new_string": new}),
        )
    };
    assert_passes(&world, &edit(&line(2), &format!("edited {}", line(2))));
    assert_denied(&world, &edit("", &line(2)));
    assert_denied(&world, &edit("something", &line(2)));
}

#[test]
fn an_edit_that_completes_a_secret_is_denied() {
    let world = World::repository();
    let key = private_key(1);
    let middle = key.len() / 2;
    world.write("work/key.pem", format!("{}HERE", &key[..middle]));
    let input =
        json!({"file_path": file(&world, "key.pem"), "old_string": "HERE", "new_string": &key[middle..]});
    let reason = assert_denied(&world, &tool(&world, "Edit", input));
    assert!(reason.contains("key.pem:1"), "{reason}");
}

#[test]
fn claude_makes_several_edits() {
    let world = World::repository();
    world.write("work/b.txt", "one\ntwo\ntwo\n");
    let edits = |second: &str| {
        let edits = json!([
            {"old_string": "one", "new_string": "1"},
            {"old_string": "two", "new_string": second, "replace_all": true},
        ]);
        tool(&world, "MultiEdit", json!({"file_path": file(&world, "b.txt"), "edits": edits}))
    };
    let reason = assert_denied(&world, &edits(line(2).trim_end()));
    assert!(reason.contains("b.txt:2") && reason.contains("b.txt:3"), "{reason}");
    assert_passes(&world, &edits("2"));
}

#[test]
fn claude_edits_a_notebook() {
    let world = World::repository();
    let input = json!({"notebook_path": file(&world, "n.ipynb"), "new_source": line(2), "cell_id": "1"});
    assert!(assert_denied(&world, &tool(&world, "NotebookEdit", input)).contains("n.ipynb:1"));
}

#[test]
fn claude_runs_a_command() {
    let world = World::repository();
    let bash = |command: &str| tool(&world, "Bash", json!({"command": command, "description": "Call it"}));
    let reason = assert_denied(
        &world,
        &bash(&format!("curl -H 'Authorization: token {}' https://example.com", token(2))),
    );
    assert!(reason.contains("the shell command"), "{reason}");
    assert_passes(&world, &bash("curl -H \"Authorization: token $TOKEN\" https://example.com"));
}

#[test]
fn claude_calls_another_tool() {
    let world = World::repository();
    let call =
        |value: &str| tool(&world, "mcp__tracker__comment", json!({"issue": {"texts": [value]}, "id": 7}));
    assert_denied(&world, &call(&token(2)));
    assert_passes(&world, &call("harmless"));
}

#[test]
fn claude_reads_a_file() {
    let world = World::repository();
    world.write("work/b.txt", line(2));
    assert_denied(&world, &tool(&world, "Read", json!({"file_path": file(&world, "b.txt")})));
    assert_passes(&world, &tool(&world, "Read", json!({"file_path": file(&world, "a.txt")})));
    for path in ["gone.txt", "."] {
        assert_passes(&world, &tool(&world, "Read", json!({"file_path": file(&world, path)})));
    }
}

#[test]
fn claude_has_used_a_tool() {
    let world = World::repository();
    world.write("work/b.txt", format!("first\n{}", line(2)));
    let done = |old: &str, new: &str| {
        let input = json!({"file_path": file(&world, "b.txt"), "old_string": old, "new_string": new});
        claude(&world, "PostToolUse", json!({"tool_name": "Edit", "tool_input": input, "tool_response": {}}))
    };
    let (run, blocked) = answer(&world, &done("old\n", &line(2)));
    assert_eq!((run.code, &blocked["decision"]), (0, &json!("block")));
    assert!(blocked["reason"].as_str().expect("a reason").contains("b.txt:2"), "{blocked}");
    assert_passes(&world, &done("old", "first"));
    let input = json!({"file_path": file(&world, "b.txt"), "content": world.read("work/b.txt")});
    for (original, blocks) in [(json!(line(2)), false), (json!("first\n"), true), (Value::Null, true)] {
        let response = json!({"type": "update", "originalFile": original});
        let rest = json!({"tool_name": "Write", "tool_input": input, "tool_response": response});
        let (_, blocked) = answer(&world, &claude(&world, "PostToolUse", rest));
        assert_eq!(blocked["decision"] == "block", blocks, "{blocked}");
    }
}

#[test]
fn claude_requests_permission() {
    let world = World::repository();
    let call = |command: String| {
        claude(&world, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": command}}))
    };
    let (run, denied) = answer(&world, &call(format!("export TOKEN={}", token(2))));
    let output = &denied["hookSpecificOutput"];
    assert_eq!((run.code, &output["hookEventName"]), (0, &json!("PermissionRequest")));
    assert_eq!(output["decision"]["behavior"], "deny");
    let message = output["decision"]["message"].as_str().expect("a message");
    assert!(message.contains("the shell command"), "{message}");
    assert_passes(&world, &call("make".to_owned()));
}

#[test]
fn a_prompt_for_claude() {
    let world = World::repository();
    let prompt = |text: &str| claude(&world, "UserPromptSubmit", json!({"prompt": text}));
    let (run, blocked) = answer(&world, &prompt(&format!("use {}", token(2))));
    assert_eq!((run.code, &blocked["decision"]), (0, &json!("block")));
    assert!(blocked["reason"].as_str().expect("a reason").contains("the prompt"), "{blocked}");
    assert_passes(&world, &prompt("use the token of the environment"));
}

#[test]
fn events_without_outgoing_content_pass() {
    let world = World::repository();
    for event in ["SessionStart", "Stop", "SubagentStop", "Notification", "SessionEnd"] {
        assert_passes(&world, &claude(&world, event, json!({})));
    }
}

/// Asserts that the answer denies Cursor the action, with equal messages for the user and for the agent.
#[track_caller]
fn assert_cursor_denied(world: &World, call: &Value) -> String {
    let (run, answer) = answer(world, call);
    assert_eq!((run.code, &answer["permission"]), (0, &json!("deny")), "{}", run.stderr);
    assert_eq!(answer["user_message"], answer["agent_message"]);
    answer["agent_message"].as_str().expect("a reason").to_owned()
}

#[track_caller]
fn assert_cursor_allowed(world: &World, call: &Value) {
    let (run, answer) = answer(world, call);
    assert_eq!((run.code, run.stderr.as_str(), answer), (0, "", json!({"permission": "allow"})));
}

#[test]
fn cursor_runs_a_command() {
    let world = World::repository();
    let shell = |command: &str| {
        cursor(&world, "beforeShellExecution", json!({"command": command, "cwd": world.path("work")}))
    };
    assert!(
        assert_cursor_denied(&world, &shell(&format!("echo {}", token(2)))).contains("the shell command")
    );
    assert_cursor_allowed(&world, &shell("echo hello"));
}

#[test]
fn cursor_calls_an_mcp_tool() {
    let world = World::repository();
    let call = |text: &str| {
        let input = json!({"query": text}).to_string();
        cursor(
            &world,
            "beforeMCPExecution",
            json!({"tool_name": "search", "tool_input": input, "url": "https://example.com"}),
        )
    };
    assert_cursor_denied(&world, &call(&line(2)));
    assert_cursor_allowed(&world, &call("hello"));
}

#[test]
fn cursor_reads_a_file() {
    let world = World::repository();
    let read = |content: &str| {
        cursor(
            &world,
            "beforeReadFile",
            json!({"file_path": file(&world, "b.txt"), "content": content, "attachments": []}),
        )
    };
    world.write("work/b.txt", line(2));
    assert!(assert_cursor_denied(&world, &read(&line(2))).contains("b.txt:1"));
    assert_cursor_allowed(&world, &read("harmless\n"));
}

#[test]
fn cursor_has_edited_a_file() {
    let world = World::repository();
    world.write("work/b.txt", format!("first\n{}", line(2)));
    let edit = |old: &str, new: &str| {
        let edits = json!([{"old_string": old, "new_string": new}]);
        cursor(&world, "afterFileEdit", json!({"file_path": file(&world, "b.txt"), "edits": edits}))
    };
    assert!(assert_cursor_denied(&world, &edit("", &line(2))).contains("b.txt:2"));
    assert!(assert_cursor_denied(&world, &edit("old", &line(2))).contains("b.txt:2"));
    assert_cursor_allowed(&world, &edit("old", "first"));
    assert_cursor_allowed(&world, &edit(&format!("x{}", line(2)), &line(2)));
}

#[test]
fn cursor_uses_a_tool() {
    let world = World::repository();
    let write = |content: &str| {
        let input = json!({"path": file(&world, "b.txt"), "contents": content});
        cursor(&world, "preToolUse", json!({"tool_name": "Write", "tool_input": input, "tool_use_id": "u"}))
    };
    assert!(assert_cursor_denied(&world, &write(&line(2))).contains("b.txt:1"));
    assert_cursor_allowed(&world, &write("harmless\n"));
}

#[test]
fn cursor_starts_a_subagent() {
    let world = World::repository();
    let call = |event, task: String| cursor(&world, event, json!({"subagent_type": "shell", "task": task}));
    let task = format!("deploy with {}", token(2));
    assert!(assert_cursor_denied(&world, &call("subagentStart", task.clone())).contains("the task"));
    assert_cursor_allowed(&world, &call("subagentStart", "deploy".to_owned()));
    // The subagent has already ended.
    assert_cursor_allowed(&world, &call("subagentStop", task));
}

#[test]
fn a_prompt_for_cursor() {
    let world = World::repository();
    let prompt =
        |text: &str| cursor(&world, "beforeSubmitPrompt", json!({"prompt": text, "attachments": []}));
    let (run, stopped) = answer(&world, &prompt(&format!("use {}", token(2))));
    assert_eq!((run.code, &stopped["continue"]), (0, &json!(false)));
    assert!(stopped["user_message"].as_str().expect("a reason").contains("the prompt"), "{stopped}");
    let (run, answer) = answer(&world, &prompt("hello"));
    assert_eq!((run.code, answer), (0, json!({"continue": true})));
}

#[test]
fn an_unreadable_call_is_denied_with_an_error() {
    let world = World::repository();
    let secret = token(2);
    for call in [
        String::new(),
        "{".to_owned(),
        format!("not JSON: {secret}"),
        format!("[\"{secret}\"]"),
        format!("{{\"hook_event_name\": \"PreToolUse\", \"tool_input\": [\"{secret}\"]}}"),
        "{\"hook_event_name\": \"PreToolUse\"}".to_owned(),
        "{\"some\": \"thing\"}".to_owned(),
    ] {
        let (run, answer) = answer_in(&world, "work", &call);
        assert_eq!(run.code, 2, "{call}");
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains("expected"), "{}", run.stderr);
        // The answer also denies, for agents that read it and ignore the exit code.
        assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny");
        assert_eq!(answer["permission"], "deny");
    }
}

#[test]
fn an_unreadable_call_passes_if_the_configuration_allows_it() {
    let world = World::repository();
    world.write("work/stopleak.yaml", "hooks: {agent-unreadable: warn}\n");
    let (run, answer) = answer_in(&world, "work", "nonsense");
    assert_eq!((run.code, answer), (0, json!({})));
    assert!(run.stderr.contains("nothing was checked"), "{}", run.stderr);
}

#[test]
fn an_unknown_agent_gets_an_exit_code_and_the_answer_of_every_agent() {
    let world = World::repository();
    let (run, answer) = answer(&world, &json!({"file_path": file(&world, "b.txt"), "content": line(2)}));
    assert_eq!((run.code, &answer["permission"], &answer["decision"]), (2, &json!("deny"), &json!("block")));
    assert!(run.stderr.contains("b.txt:1"), "{}", run.stderr);
    let (run, answer) = answer_in(&world, "work", "{\"command\": \"ls\"}");
    assert_eq!((run.code, answer), (0, json!({})));
}

#[test]
fn an_invalid_configuration_denies_every_call() {
    let world = World::repository();
    world.write("work/stopleak.yaml", "no: configuration\n");
    let (run, answer) = answer(&world, &tool(&world, "Bash", json!({"command": "ls"})));
    assert_eq!((run.code, &answer["hookSpecificOutput"]["permissionDecision"]), (2, &json!("deny")));
    assert!(run.stderr.contains("unknown key"), "{}", run.stderr);
}

#[test]
fn the_policy_of_the_repository_of_the_file_applies() {
    let world = World::repository();
    world.write("work/stopleak.yaml", "skip-paths: [skipped/**]\n");
    let write = |path: &str| tool(&world, "Write", json!({"file_path": path, "content": line(2)}));
    assert_passes(&world, &write(&file(&world, "skipped/b.txt")));
    assert_denied(&world, &write(&file(&world, "b.txt")));
    // A relative path is resolved against the agent's working directory, not the hook's.
    let (_, answer) = answer_in(&world, "", &write("skipped/b.txt").to_string());
    assert_eq!(answer, json!({}));
    let outside = world.path("outside.txt");
    assert_denied(&world, &write(outside.to_str().expect("text")));
}

#[test]
fn allow_comments_and_the_baseline_apply() {
    let world = World::repository();
    let allowed = format!("{} # stopleak:allow {RULE} of the test server\n", line(2).trim_end());
    let write = |content: &str| {
        tool(&world, "Write", json!({"file_path": file(&world, "b.txt"), "content": content}))
    };
    assert_passes(&world, &write(&allowed));
    world.write("work/known.txt", line(3));
    assert_eq!(world.stopleak(&["baseline", "create"]).code, 0);
    assert_passes(&world, &write(&line(3)));
    assert_denied(&world, &write(&line(2)));
}

#[test]
fn a_secret_in_a_path_is_not_shown() {
    let world = World::repository();
    let path = file(&world, &format!("{}/b.txt", token(4)));
    let reason =
        assert_denied(&world, &tool(&world, "Write", json!({"file_path": path, "content": line(2)})));
    assert!(reason.contains("b.txt:1"), "{reason}");
}

#[test]
fn at_most_five_findings_are_listed() {
    let world = World::repository();
    let content: String = (0..9).map(|seed| line(seed + 1)).collect();
    let reason = assert_denied(
        &world,
        &tool(&world, "Write", json!({"file_path": file(&world, "b.txt"), "content": content})),
    );
    assert!(reason.contains("b.txt:5") && !reason.contains("b.txt:6"), "{reason}");
    assert!(reason.contains("and 4 more"), "{reason}");
}

#[test]
fn calls_outside_of_a_repository_and_without_variables_are_checked() {
    let world = World::empty();
    assert_denied(
        &world,
        &tool(&world, "Write", json!({"file_path": file(&world, "b.txt"), "content": line(2)})),
    );
    world.write("call", tool(&world, "Bash", json!({"command": line(2)})).to_string());
    let mut command = world.command(binary(), "work");
    let input = File::open(world.path("call")).expect("just written");
    let run = world.run(command.env_clear().args(["hook", "run", "agent"]).stdin(input));
    assert!(run.code == 0 && run.stdout.contains("\"deny\""), "{}{}", run.stdout, run.stderr);
}

#[test]
fn only_regular_files_are_read() {
    let world = World::repository();
    assert_denied(&world, &tool(&world, "Write", json!({"file_path": "/dev/zero", "content": line(2)})));
    assert_passes(
        &world,
        &tool(&world, "Write", json!({"file_path": file(&world, "sub"), "content": "harmless"})),
    );
}

#[test]
fn a_call_with_two_readings_is_denied_whatever_the_configuration_says() {
    let world = World::repository();
    world.write("work/stopleak.yaml", "hooks: {agent-unreadable: warn}\n");
    let command = Value::from(format!("curl -H 'Authorization: token {}'", token(2)));
    for (first, last) in [(&json!("ls"), &command), (&command, &json!("ls"))] {
        for name in ["command", "\\u0063ommand", "Command"] {
            let input = format!("{{\"command\":{first},\"{name}\":{last}}}");
            let call = format!(
                "{{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"tool_input\":{input}}}"
            );
            let (run, answer) = answer_in(&world, "work", &call);
            assert_eq!((run.code, &answer["hookSpecificOutput"]["permissionDecision"]), (2, &json!("deny")));
            let reason = answer["reason"].as_str().expect("a reason");
            assert!(reason.contains("several readings"), "{reason}");
        }
    }
}

#[test]
fn what_follows_the_call_and_bytes_that_are_not_utf_8_are_denied() {
    let world = World::repository();
    let call = tool(&world, "Bash", json!({"command": "ls"})).to_string();
    for rest in ["{}", "x", "\0"] {
        let (run, answer) = answer_in(&world, "work", &format!("{call}{rest}"));
        assert_eq!((run.code, &answer["permission"]), (2, &json!("deny")));
    }
    let (run, _) = answer_in(&world, "work", &format!("{call} \n"));
    assert_eq!(run.code, 0);
    let mut bytes = call.clone().into_bytes();
    let at = call.find("ls").expect("the command");
    bytes[at] = 0xff;
    world.write("call", bytes);
    let mut command = world.command(binary(), "work");
    let input = File::open(world.path("call")).expect("just written");
    let run = world.run(command.args(["hook", "run"]).stdin(input));
    assert!(run.code == 2 && run.stdout.contains("\"deny\""), "{}{}", run.stdout, run.stderr);
}

/// The other end of the pipe is open until the answer is there.
#[test]
fn an_agent_that_never_closes_standard_input_gets_one_answer() {
    let world = World::repository();
    let call = tool(&world, "Bash", json!({"command": "ls"})).to_string();
    for sent in ["", "{", call.as_str()] {
        let mut command = world.command(binary(), "work");
        command.args(["hook", "run", "--budget", "0s"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut input = child.stdin.take().expect("a pipe");
        // The process may have ended already.
        let _ = input.write_all(sent.as_bytes());
        let mut stdout = String::new();
        child.stdout.take().expect("a pipe").read_to_string(&mut stdout).expect("text");
        let code = child.wait().expect("it ends").code();
        drop(input);
        let answer: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}"));
        assert_eq!((code, &answer["permission"]), (Some(2), &json!("deny")));
        let reason = answer["reason"].as_str().expect("a reason");
        assert!(reason.contains("the time for it was over after 0s"), "{reason}");
    }
}

#[test]
fn an_edit_of_a_large_file_is_checked_where_it_edits() {
    let world = World::repository();
    let filling = "nothing of interest\n".repeat(100_000);
    world.write("work/b.txt", format!("{}{filling}HERE\n{filling}", line(3)));
    let edit = |new: &str| {
        let input = json!({"file_path": file(&world, "b.txt"), "old_string": "HERE", "new_string": new});
        tool(&world, "Edit", input)
    };
    assert!(assert_denied(&world, &edit(line(2).trim_end())).contains("b.txt:100002"));
    assert_passes(&world, &edit(line(3).trim_end()));
    assert_passes(&world, &edit("harmless"));
}
