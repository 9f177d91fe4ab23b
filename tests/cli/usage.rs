//! Usage errors, which are reported before anything is scanned, and commands that scan nothing.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{World, binary};

#[test]
fn usage_errors_exit_with_2_and_print_a_message() {
    let world = World::repository();
    for arguments in [
        &[][..],
        &["scna"],
        &["scan", "--format", "xml"],
        &["scan", "--confidence", "hihg"],
        &["scan", "--max-blob-size", "0"],
        &["scan", "--report", "json"],
        &["scan", "--config", "x", "--no-config"],
        &["scan", "-", "a.txt"],
        &["scan", "--confidence", "high", "--fail-on", "low"],
        &["scan", "--report", "json=gone/out.json"],
        &["scan", "--report", "json=out", "--report", "sarif=out"],
        &["scan", "--config", "gone.yaml"],
        &["scan", "--baseline", "gone"],
        &["scan", "--rules", "gone.yaml"],
        &["range"],
        &["range", "main"],
        &["hook", "run", "post-commit"],
    ] {
        let run = world.stopleak(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn exit_zero_does_not_apply_to_usage_errors() {
    assert_eq!(World::repository().stopleak(&["scan", "--exit-zero", "--rules", "gone.yaml"]).code, 2);
}

#[test]
fn an_unknown_rule_is_an_error_that_names_the_nearest_one() {
    let world = World::repository();
    let run = world.stopleak(&["staged", "--skip", "generic-pasword"]);
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr, @r"
    error: --skip: there is no rule `generic-pasword`; did you mean `generic-password`?
    help: list all rules with: stopleak rules list
    ");
}

#[test]
fn no_active_rule_is_an_error() {
    let world = World::repository();
    let run = world.stopleak(&["staged", "--only", "generic-password", "--skip", "generic-password"]);
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr, @r"
    error: no rule is active, so nothing would be found
    help: check `rules: off` in the configuration, --only and --skip
    ");
}

#[test]
fn control_characters_of_arguments_do_not_reach_the_terminal() {
    let argument = "a\u{1b}[2Jb\u{9b}31m\u{202e}c\u{7f}";
    let world = World::repository();
    for arguments in [
        &["staged", "--skip", argument][..],
        &["scan", "--format", argument],
        &["scan", &format!("--{argument}")],
        &["scan", "--only", argument, "--color", "always"],
        &["scan", "--threads", argument, "--color", "always"],
        &["range", argument],
        &["rules", "show", argument],
        &[argument],
    ] {
        let run = world.stopleak(arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        let hidden = ["\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{7f}"];
        assert!(!hidden.iter().any(|text| run.stderr.contains(text)), "{arguments:?}: {:?}", run.stderr);
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let world = World::empty();
    for arguments in [&["--help"][..], &["--version"], &["scan", "--help"], &["help", "hook"]] {
        let run = world.stopleak(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
    }
    let help = world.stopleak(&["--help"]).stdout;
    assert!(help.contains("Exit codes:") && help.contains("takes precedence over 1"), "{help}");
}

#[test]
fn completions_and_manual_pages_are_generated() {
    let world = World::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = world.stopleak(&["completions", shell]);
        assert!(run.code == 0 && run.stdout.contains("staged"), "{shell}");
    }
    assert!(world.stopleak(&["man"]).stdout.contains(".TH stopleak 1"));
    assert_eq!(world.stopleak(&["man", "--dir", "pages"]).code, 0);
    assert!(world.read("work/pages/stopleak-staged.1").contains("stopleak-staged"));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let world = World::empty();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = world.command(binary(), "work");
    let output = command.args(["completions", "bash"]).stdout(writer).stderr(Stdio::piped()).output();
    let run = world.captured(output.expect("it starts"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_makes_the_run_incomplete() {
    let world = World::repository();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = world.command(binary(), "work");
    let output = command.args(["staged", "--format", "json"]).stdout(full).stderr(Stdio::piped()).output();
    let run = world.captured(output.expect("it starts"));
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("could not be written"), "{}", run.stderr);
}
