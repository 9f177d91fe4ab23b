//! The settings files of AI coding agents.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Run, World};

const CLAUDE: &str = "work/.claude/settings.json";
const CURSOR: &str = "work/.cursor/hooks.json";

fn install(world: &World, agent: &str) -> Run {
    world.stopleak(&["hook", "install", "--agent", agent])
}

fn uninstall(world: &World, agent: &str) -> Run {
    world.stopleak(&["hook", "uninstall", "--agent", agent])
}

fn json(world: &World, path: &str) -> Value {
    serde_json::from_str(&world.read(path)).expect("JSON")
}

#[test]
fn claude_code() {
    let world = World::repository();
    assert_snapshot!(install(&world, "claude").stderr, @r"
    installed for Claude Code in [WORLD]/work/.claude/settings.json
      Claude Code runs the `stopleak` in its PATH; without one, every call is refused
    ");
    assert_snapshot!(world.read(CLAUDE), @r#"
    {
      "hooks": {
        "PreToolUse": [
          {
            "matcher": "Bash|PowerShell|Monitor|Edit|MultiEdit|NotebookEdit|Write|WebFetch|WebSearch|Task|Agent|SendMessage|mcp__.*",
            "hooks": [
              {
                "type": "command",
                "command": "stopleak hook run || exit 2",
                "timeout": 30
              }
            ]
          }
        ],
        "UserPromptSubmit": [
          {
            "hooks": [
              {
                "type": "command",
                "command": "stopleak hook run || exit 2",
                "timeout": 30
              }
            ]
          }
        ]
      }
    }
    "#);
    assert!(!world.path("work/.git/hooks/pre-commit").exists(), "no git hook is installed");
}

#[test]
fn cursor() {
    let world = World::repository();
    assert_eq!(install(&world, "cursor").code, 0);
    let settings = json(&world, CURSOR);
    assert_eq!(settings["version"], 1);
    let hooks = settings["hooks"].as_object().expect("events");
    let events: Vec<&str> = hooks.keys().map(String::as_str).collect();
    assert_eq!(
        events,
        ["preToolUse", "beforeShellExecution", "beforeMCPExecution", "beforeSubmitPrompt", "afterFileEdit"]
    );
    for entry in hooks.values() {
        assert_eq!(
            (&entry[0]["command"], &entry[0]["failClosed"]),
            (&"stopleak hook run".into(), &true.into())
        );
    }
}

#[test]
fn install_is_idempotent_and_uninstall_removes_the_file() {
    for (agent, file) in [("claude", CLAUDE), ("cursor", CURSOR)] {
        let world = World::repository();
        assert_eq!(install(&world, agent).code, 0);
        let first = world.read(file);
        let run = install(&world, agent);
        assert!(run.code == 0 && run.stderr.contains("already"), "{}", run.stderr);
        assert_eq!(world.read(file), first);
        assert_eq!(uninstall(&world, agent).code, 0);
        assert!(!world.path(file).exists());
        let run = uninstall(&world, agent);
        assert!(
            run.code == 0 && run.stderr.contains("no stopleak hook in the settings of"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn existing_settings_keep_their_order_and_style() {
    let existing = r#"{
    "model": "m",
    "hooks": {
        "PreToolUse": [
            {
                "matcher": "Bash",
                "hooks": [
                    {
                        "type": "command",
                        "command": "./check.sh"
                    }
                ]
            }
        ],
        "Stop": []
    },
    "env": {
        "A": "b"
    }
}"#;
    let world = World::repository();
    world.write(CLAUDE, existing);
    fs::set_permissions(world.path(CLAUDE), fs::Permissions::from_mode(0o640)).expect("changed");
    assert_eq!(install(&world, "claude").code, 0);
    let installed = json(&world, CLAUDE);
    assert_eq!(installed["hooks"]["PreToolUse"][0]["hooks"][0]["command"], "./check.sh");
    assert_eq!(installed["hooks"]["PreToolUse"].as_array().map(Vec::len), Some(2));
    let keys: Vec<&str> = installed.as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!(keys, ["model", "hooks", "env"]);
    assert_eq!(uninstall(&world, "claude").code, 0);
    assert_eq!(world.read(CLAUDE), existing);
    assert_eq!(fs::metadata(world.path(CLAUDE)).expect("there").permissions().mode() & 0o777, 0o640);
}

#[test]
fn entries_of_an_older_stopleak_are_updated() {
    let world = World::repository();
    world.write(CURSOR, r#"{"version": 1, "hooks": {"stop": [{"command": "stopleak hook run"}]}}"#);
    let status = || world.stopleak(&["hook", "status"]).stdout;
    assert!(status().contains("Cursor            installed by another stopleak"), "{}", status());
    assert_eq!(install(&world, "cursor").code, 0);
    assert!(json(&world, CURSOR)["hooks"].get("stop").is_none());
    assert!(status().contains("Cursor            installed\n"), "{}", status());
}

#[test]
fn a_malformed_settings_file_is_not_changed() {
    for wrong in ["{ // a comment\n}", "[]", "{\"hooks\": []}", "{\"hooks\": {\"PreToolUse\": {}}}"] {
        let world = World::repository();
        world.write(CLAUDE, wrong);
        let run = install(&world, "claude");
        assert!(run.code == 2 && run.stderr.contains("settings.json"), "{}", run.stderr);
        assert_eq!(world.read(CLAUDE), wrong);
    }
}

#[test]
fn a_link_to_the_settings_stays_a_link() {
    let world = World::repository();
    world.write("elsewhere.json", "{\"model\": \"m\"}\n");
    fs::create_dir_all(world.path("work/.claude")).expect("made");
    symlink("../../elsewhere.json", world.path(CLAUDE)).expect("linked");
    assert_eq!(install(&world, "claude").code, 0);
    assert!(world.path(CLAUDE).is_symlink());
    assert!(world.read("elsewhere.json").contains("stopleak hook run"));
}

#[test]
fn settings_are_written_at_the_root_and_a_bare_repository_is_an_error() {
    let world = World::repository();
    world.write("work/sub/x", "");
    assert_eq!(world.stopleak_in("work/sub", &["hook", "install", "--agent", "claude"]).code, 0);
    assert!(world.path(CLAUDE).is_file());
    world.git(&["init", "-q", "--bare", "../bare"]);
    let run = world.stopleak_in("bare", &["hook", "install", "--agent", "claude"]);
    assert!(run.code == 2 && run.stderr.contains("bare repository"), "{}", run.stderr);
}

#[test]
fn the_installed_command_refuses_when_stopleak_is_missing() {
    let world = World::repository();
    assert_eq!(install(&world, "claude").code, 0);
    let settings = json(&world, CLAUDE);
    let command = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"].as_str().expect("a command");
    let run = world.run(world.command("sh", "work").args(["-c", command]));
    assert_eq!(run.code, 2, "{}", run.stderr);
}
