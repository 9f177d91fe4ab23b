//! Hooks of AI coding agents.

use insta::assert_snapshot;

use super::transcript;
use crate::support::World;

#[test]
fn installed_and_removed() {
    let world = World::repository();
    let commands = [
        "install --agent claude --agent cursor",
        "install --agent claude",
        "status",
        "uninstall --agent claude --agent cursor",
        "uninstall --agent cursor",
    ];
    assert_snapshot!(transcript(&world, &commands), @r"
    $ stopleak hook install --agent claude --agent cursor
    installed for Claude Code in [WORLD]/work/.claude/settings.json
      Claude Code runs the `stopleak` in its PATH; without one, every call is refused
    installed for Cursor in [WORLD]/work/.cursor/hooks.json
      Cursor runs the `stopleak` in its PATH; without one, every call is refused
    $ stopleak hook install --agent claude
    already installed for Claude Code in [WORLD]/work/.claude/settings.json
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        not installed
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       installed
      Cursor            installed
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook uninstall --agent claude --agent cursor
    removed from [WORLD]/work/.claude/settings.json
    removed from [WORLD]/work/.cursor/hooks.json
    $ stopleak hook uninstall --agent cursor
    no stopleak hook in the settings of Cursor
    ");
}

#[test]
fn malformed_settings() {
    let world = World::repository();
    let mut text = String::new();
    for content in ["{ // a comment\n}", "[]", "{\"hooks\": []}"] {
        world.write("work/.claude/settings.json", content);
        text.push_str(&transcript(&world, &["install --agent claude"]));
    }
    assert_snapshot!(text, @r"
    $ stopleak hook install --agent claude
    error: [WORLD]/work/.claude/settings.json: key must be a string at line 1 column 3; the file was not changed
    exit code 2
    $ stopleak hook install --agent claude
    error: [WORLD]/work/.claude/settings.json: expected a JSON object; the file was not changed
    exit code 2
    $ stopleak hook install --agent claude
    error: [WORLD]/work/.claude/settings.json: expected `hooks` to be a mapping of events to lists
    exit code 2
    ");
}

#[test]
fn outdated_hooks() {
    let world = World::repository();
    world.write(
        "work/.cursor/hooks.json",
        r#"{"version": 1, "hooks": {"stop": [{"command": "stopleak hook run"}]}}"#,
    );
    assert_snapshot!(transcript(&world, &["status", "install --agent cursor"]), @r"
    $ stopleak hook status
    hooks in [WORLD]/work/.git/hooks
      pre-commit        not installed
      pre-merge-commit  not installed
      commit-msg        not installed
      pre-push          not installed
      pre-receive       not installed
      Claude Code       not installed
      Cursor            installed by another stopleak binary or version; install again to update it
    git skips hooks with --no-verify, and pre-commit also for cherry-pick and rebase; so scan in CI too: stopleak ci, or stopleak range A..B
    $ stopleak hook install --agent cursor
    installed for Cursor in [WORLD]/work/.cursor/hooks.json
      Cursor runs the `stopleak` in its PATH; without one, every call is refused
    ");
}
