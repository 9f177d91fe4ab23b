//! Runs with little memory: every one ends with findings, as incomplete, with an error or by a signal, never as clean.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::Stdio;

use crate::support::{Run, World, binary};
use crate::tokens::line;

/// Limits of the address space in kilobytes, from too little for the program itself to enough.
const LIMITS: [u32; 5] = [10_000, 26_000, 40_000, 60_000, 1_500_000];

/// Returns a large text with a secret at its end.
fn large(megabytes: usize, seed: u64) -> String {
    let mut state = seed;
    let mut text = String::new();
    while text.len() < megabytes * 1_000_000 {
        // Not compressible, so that the stored object is large too.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{} ", state >> 40));
        if state >> 60 == 0 {
            text.push('\n');
        }
    }
    text + "\n" + &line(seed)
}

/// A repository with a large file in a pack, a version of it that is stored as a delta, a UTF-16 file, and a staged file.
fn repository() -> World {
    let world = World::repository();
    let text = large(3, 2);
    world.write("work/large.txt", &text);
    let units = large(1, 3);
    let utf16: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
    world.write("work/utf16.txt", [&[0xff, 0xfe][..], &utf16].concat());
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "first"]);
    world.write("work/large.txt", format!("{text}{}", line(4)));
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "second"]);
    world.git(&["repack", "-adq"]);
    world.write("work/staged.txt", large(2, 5));
    world.git(&["add", "."]);
    world
}

/// Adds a commit of what is staged to no branch, and returns its id.
fn pushed_commit(world: &World) -> String {
    let run =
        |arguments: &[&str]| world.run(world.command("git", "work").args(arguments)).stdout.trim().to_owned();
    let tree = run(&["write-tree"]);
    run(&["commit-tree", &tree, "-p", "HEAD", "-m", "pushed"])
}

fn limited(world: &World, kilobytes: u32, arguments: &[&str], input: Option<&str>) -> Run {
    let mut command = world.command("bash", "work");
    command
        .arg("-c")
        .arg(format!("ulimit -v {kilobytes}; \"$0\" \"$@\"; exit $?"))
        .arg(binary())
        .args(arguments);
    command.stdin(match input {
        Some(text) => {
            world.write("input", text);
            Stdio::from(File::open(world.path("input")).expect("just written"))
        }
        None => Stdio::null(),
    });
    world.run(&mut command)
}

#[test]
fn with_too_little_memory_no_run_is_clean() {
    let world = repository();
    let zeros = "0".repeat(40);
    let pushed = format!("{zeros} {} refs/heads/x\n", pushed_commit(&world));
    let mut is_reported = false;
    for (arguments, input) in [
        (&["scan", ".", "--threads", "2"][..], None),
        (&["staged"], None),
        (&["range", "HEAD~..HEAD"], None),
        (&["ci", "--base", "HEAD~"], None),
        (&["history", "--threads", "2"], None),
        (&["hook", "run", "pre-commit"], None),
        (&["hook", "run", "pre-receive"], Some(pushed.as_str())),
    ] {
        for kilobytes in LIMITS {
            let run = limited(&world, kilobytes, arguments, input);
            // 1 is for complete runs with findings; each command has at least one to find.
            let is_incomplete = run.stdout.contains("INCOMPLETE") || run.stderr.contains("INCOMPLETE");
            match run.code {
                1 => assert!(!is_incomplete, "{arguments:?} {kilobytes}: {}", run.stdout),
                3 => {
                    let report = run.stdout + &run.stderr;
                    // libgit2 calls what it has no memory for missing.
                    let is_explained = report.contains("memory");
                    assert!(
                        is_explained || report.contains("(missing)"),
                        "{arguments:?} {kilobytes}: {report}"
                    );
                    assert!(!report.contains("(corrupt)"), "{arguments:?} {kilobytes}: {report}");
                    assert_ne!(kilobytes, LIMITS[4], "{arguments:?}: {report}");
                    is_reported |= is_explained;
                    continue;
                }
                2 => assert!(!run.stderr.is_empty(), "{arguments:?} {kilobytes}"),
                // A signal, or bash could not start the program.
                code => assert!(code > 100, "{arguments:?} {kilobytes}: {code} {}", run.stdout),
            }
            assert!(kilobytes != LIMITS[4] || run.code == 1, "{arguments:?}: {}{}", run.stdout, run.stderr);
        }
    }
    assert!(is_reported, "no limit was between too little and enough");
}

#[test]
fn with_too_little_memory_no_call_of_an_agent_is_allowed() {
    let world = repository();
    let file = world.path("work/large.txt");
    for input in [
        serde_json::json!({"file_path": file, "old_string": line(2), "new_string": line(6)}),
        serde_json::json!({"file_path": file, "content": large(1, 7)}),
    ] {
        let call = serde_json::json!({
            "session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Write", "tool_input": input,
        });
        for kilobytes in LIMITS {
            let run = limited(&world, kilobytes, &["hook", "run"], Some(&call.to_string()));
            let is_denied = run.stdout.contains("\"permissionDecision\":\"deny\"");
            match run.code {
                0 => assert!(is_denied, "{kilobytes}: {}{}", run.stdout, run.stderr),
                code => assert!(code == 2 || code > 100, "{kilobytes}: {code} {}", run.stdout),
            }
            assert!(kilobytes != LIMITS[4] || run.code == 0, "{}{}", run.stdout, run.stderr);
        }
    }
}
