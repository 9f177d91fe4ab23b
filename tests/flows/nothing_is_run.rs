//! No command executes anything that a repository names, or opens a socket: every command runs traced in repositories
//! whose configuration, hooks and attributes name programs and addresses wherever git reads one.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::traced::{Trace, trace};
use crate::support::{World, binary};
use crate::tokens::line;

/// A command, the arguments that follow it, its standard input, and the exit codes that prove that it did its work.
type Case = (&'static str, &'static [&'static str], &'static str, &'static [i32]);

/// At least one case for each command of `stopleak --help` and of the help of its subcommands.
const CASES: &[Case] = &[
    ("scan", &[], "", &[1, 3]),
    ("scan", &["--no-ignore", "."], "", &[1, 3]),
    ("staged", &[], "", &[1, 3]),
    ("range", &["HEAD~1..HEAD"], "", &[1, 3]),
    ("range", &["@{upstream}..HEAD"], "", &[0, 1, 2, 3]),
    ("ci", &["--base", "HEAD~1"], "", &[1, 3]),
    ("history", &[], "", &[1, 3]),
    ("history", &["--recurse-submodules"], "", &[1, 3]),
    ("hook status", &[], "", &[0]),
    ("hook run", &["pre-commit"], "", &[1, 3]),
    ("hook run", &["pre-merge-commit"], "", &[1, 3]),
    ("hook run", &["commit-msg", "message"], "", &[1, 3]),
    (
        "hook run",
        &["pre-push", "origin", "ext::sh -c canary"],
        "refs/heads/main HEAD refs/heads/main ZERO\n",
        &[1, 3],
    ),
    ("hook run", &["pre-receive"], "ZERO HEAD refs/heads/other\n", &[1, 3]),
    ("hook run", &["agent"], CALL, &[0, 2]),
    ("hook install", &[], "", &[0, 1, 2]),
    ("hook install", &["--hook", "pre-push"], "", &[0, 1, 2]),
    ("hook uninstall", &[], "", &[0, 1, 2]),
    ("config show", &[], "", &[0]),
    ("config check", &[], "", &[0]),
    ("rules list", &[], "", &[0]),
    ("rules show", &["github-classic-pat"], "", &[0]),
    ("rules test", &["github-classic-pat", "a.txt"], "", &[0, 1]),
    ("rules check", &["own.yaml"], "", &[0, 1, 2]),
    ("rules sample", &["github-classic-pat"], "", &[0]),
    ("completions", &["bash"], "", &[0]),
    ("man", &[], "", &[0]),
    ("baseline create", &["--history"], "", &[0, 3]),
    ("baseline show", &[], "", &[0, 2]),
];

/// A call of an agent that runs git.
const CALL: &str = r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_use_id": "u", "tool_input": {"command": "git commit -m x && git push"}}"#;

/// Settings that name a program which git runs in some situation; `CANARY` becomes the path of a program.
const PROGRAMS: &[(&str, &str)] = &[
    ("core.fsmonitor", "CANARY"),
    ("core.sshCommand", "CANARY"),
    ("core.gitProxy", "CANARY"),
    ("core.pager", "CANARY"),
    ("core.editor", "CANARY"),
    ("core.askPass", "CANARY"),
    ("core.alternateRefsCommand", "CANARY"),
    ("sequence.editor", "CANARY"),
    ("pager.config", "CANARY"),
    ("pager.rev-parse", "CANARY"),
    ("pager.rev-list", "CANARY"),
    ("pager.for-each-ref", "CANARY"),
    ("alias.rev-parse", "!CANARY"),
    ("alias.rev-list", "!CANARY"),
    ("alias.config", "!CANARY"),
    ("credential.helper", "!CANARY"),
    ("diff.external", "CANARY"),
    ("diff.hostile.command", "CANARY"),
    ("diff.hostile.textconv", "CANARY"),
    ("merge.hostile.driver", "CANARY %A %O %B"),
    ("filter.hostile.clean", "CANARY"),
    ("filter.hostile.smudge", "CANARY"),
    ("filter.hostile.process", "CANARY"),
    ("filter.hostile.required", "true"),
    ("interactive.diffFilter", "CANARY"),
    ("gpg.program", "CANARY"),
    ("gpg.ssh.program", "CANARY"),
    ("gpg.ssh.defaultKeyCommand", "CANARY"),
    ("log.showSignature", "true"),
    ("trailer.x.command", "CANARY"),
    ("uploadpack.packObjectsHook", "CANARY"),
    ("receive.procReceiveRefs", "refs"),
    ("remote.origin.uploadpack", "CANARY"),
    ("remote.origin.receivepack", "CANARY"),
    ("remote.origin.url", "ext::sh -c CANARY"),
    ("remote.origin.promisor", "true"),
    ("remote.origin.partialclonefilter", "blob:none"),
    ("remote.web.url", "http://127.0.0.1:9/x.git"),
    ("remote.web.proxy", "http://127.0.0.1:9"),
    ("remote.web.promisor", "true"),
    ("remote.vcs.vcs", "canary"),
    ("url.ext::sh -c CANARY.insteadOf", "https://github.com/"),
    ("protocol.allow", "always"),
    ("protocol.ext.allow", "always"),
    ("branch.main.remote", "origin"),
    ("branch.main.merge", "refs/heads/main"),
    ("submodule.sub.update", "!CANARY"),
    ("submodule.sub.url", "ext::sh -c CANARY"),
    ("submodule.sub.active", "true"),
    ("submodule.recurse", "true"),
    ("fetch.recurseSubmodules", "true"),
    ("init.templateDir", "/nowhere"),
    ("include.path", "included"),
    ("includeIf.gitdir:/**.path", "also-included"),
];

/// Variables that name a program for git.
const VARIABLES: &[&str] = &[
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "PAGER",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "EDITOR",
    "VISUAL",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "BROWSER",
];

const HOOKS: &[&str] = &[
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-push",
    "pre-receive",
    "update",
    "post-update",
    "post-receive",
    "reference-transaction",
    "post-index-change",
    "post-checkout",
    "pre-auto-gc",
    "fsmonitor-watchman",
    "push-to-checkout",
    "proc-receive",
];

/// Creates a repository that names a program in every place, with a token in a commit and in the index, and a missing blob.
fn hostile(init: &[&str]) -> World {
    let world = World::repository_like(init);
    world.write("canary", "#!/bin/sh\ntouch \"$(dirname \"$0\")/was-run\"\n");
    std::fs::set_permissions(world.path("canary"), Permissions::from_mode(0o755)).expect("executable");
    let canary = world.path("canary").display().to_string();
    world.write("work/gone.txt", "not there\n");
    world.write("work/.gitattributes", "* filter=hostile diff=hostile merge=hostile\n");
    world.write(
        "work/.gitmodules",
        format!("[submodule \"sub\"]\n\tpath = sub\n\turl = ext::sh -c {canary}\n\tupdate = !{canary}\n"),
    );
    world.git(&["add", "."]);
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},sub", "1".repeat(40))]);
    world.git(&["commit", "-q", "-m", "attributes"]);
    world.write("work/a.txt", line(1));
    world.write("work/b.txt", "harmless\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "second"]);
    world.write("work/b.txt", line(2));
    world.git(&["add", "."]);
    world.write("message", line(3));
    world.write("work/message", line(3));
    world.write("work/own.yaml", "rules: []\n");
    let blob = world.git(&["rev-parse", "HEAD:gone.txt"]).stdout;
    let (folder, rest) = blob.trim().split_at(2);
    std::fs::remove_file(world.path(&format!("work/.git/objects/{folder}/{rest}"))).expect("a loose object");
    world.write("work/.git/objects/info/alternates", "http://127.0.0.1:9/objects\n");
    world.write("work/.git/objects/info/http-alternates", "http://127.0.0.1:9/objects\n");
    for folder in ["work/.git/hooks", "work/.hostile-hooks"] {
        for hook in HOOKS {
            let path = format!("{folder}/{hook}");
            world.write(&path, format!("#!/bin/sh\nexec {canary}\n"));
            std::fs::set_permissions(world.path(&path), Permissions::from_mode(0o755)).expect("executable");
        }
    }
    for file in ["work/.git/included", "work/.git/also-included"] {
        world.write(file, format!("[core]\n\tfsmonitor = {canary}\n\thooksPath = .hostile-hooks\n"));
    }
    for (key, value) in PROGRAMS {
        world.git(&["config", &key.replace("CANARY", &canary), &value.replace("CANARY", &canary)]);
    }
    assert!(!world.path("was-run").exists(), "run while the repository was made");
    world
}

/// Runs `stopleak` traced in `work`, with variables that name programs.
fn run(world: &World, (command, arguments, input, _): Case) -> Trace {
    let read = |rev| world.git(&["rev-parse", rev]).stdout.trim().to_owned();
    world.write("input", input.replace("ZERO", &"0".repeat(40)).replace("HEAD", &read("HEAD")));
    let mut program = world.command(binary(), "work");
    program.args(command.split(' ')).args(arguments);
    program.stdin(File::open(world.path("input")).expect("written"));
    for name in VARIABLES {
        program.env(name, world.path("canary"));
    }
    for name in ["GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF"] {
        program.env(name, format!("af_unix:{}", world.path("trace").display()));
    }
    trace(&mut program, &world.path(""))
}

/// Whether it is one of the plumbing commands of git that stopleak runs (`src/git/plumbing.rs`).
fn is_allowed(executed: &[String]) -> bool {
    let words: Vec<&str> = executed.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["git", "rev-parse", "--absolute-git-dir"]
        | ["git", "--git-dir=.", "rev-parse", "--absolute-git-dir"] => true,
        ["git", "--git-dir", _, "--no-replace-objects", rest @ ..] => matches!(
            rest,
            ["rev-parse", "--quiet", "--verify", ..]
                | ["for-each-ref", "--format=%(objectname) %(refname)"]
                | ["rev-list", "--walk-reflogs", "--end-of-options", _, "--"]
                | ["config", "-z", "--get-regexp", _]
                | ["config", "-z", "--type=path", "--get", _]
        ),
        _ => false,
    }
}

/// Every leaf of the tree of commands, from `--help`.
fn commands(world: &World, prefix: &str) -> BTreeSet<String> {
    let mut arguments: Vec<&str> = prefix.split_terminator(' ').collect();
    arguments.push("--help");
    let help = world.stopleak(&arguments).stdout;
    let Some((_, list)) = help.split_once("Commands:\n") else {
        return [prefix.to_owned()].into();
    };
    let names = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| {
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        name.split_whitespace().next().filter(|&name| name != "help")
    });
    names.flat_map(|name| commands(world, format!("{prefix} {name}").trim_start())).collect()
}

#[test]
fn every_command_is_traced() {
    let world = World::repository();
    let traced: BTreeSet<String> = CASES.iter().map(|(command, ..)| (*command).to_owned()).collect();
    assert_eq!(traced, commands(&world, ""), "CASES needs a case for each command");
}

#[track_caller]
fn assert_nothing_is_run(world: &World) {
    for &case in CASES {
        let trace = run(world, case);
        let shown = format!("{case:?}\n{}{}{:?}", trace.stdout, trace.stderr, trace.executed);
        assert_eq!(trace.sockets, 0, "a socket: {shown}");
        for executed in &trace.executed[1..] {
            assert!(is_allowed(executed), "{executed:?} was run: {shown}");
        }
        assert!(!world.path("was-run").exists(), "the program was run: {shown}");
        assert!(trace.code.is_some_and(|code| case.3.contains(&code)), "exit code {:?}: {shown}", trace.code);
    }
}

#[test]
fn no_command_runs_what_a_repository_names() {
    assert_nothing_is_run(&hostile(&[]));
}

#[test]
fn no_command_runs_what_a_repository_with_reftables_names() {
    assert_nothing_is_run(&hostile(&["--ref-format=reftable"]));
}

/// What the tests above would miss if it did not hold.
#[test]
fn the_trace_reports_programs_and_sockets() {
    let world = hostile(&[]);
    let traced = |command: &mut Command| trace(command, &world.path(""));
    let commit = traced(world.command("git", "work").args(["commit", "-q", "-m", "x"]));
    assert!(
        commit
            .executed
            .iter()
            .any(|executed| !is_allowed(executed) && executed.iter().any(|word| word.ends_with("canary"))),
        "{:?}",
        commit.executed
    );
    assert!(world.path("was-run").exists());
    let remote = traced(world.command("git", "").args(["ls-remote", "git://127.0.0.1:9/x"]));
    assert!(remote.sockets > 0 && remote.code != Some(0), "{}", remote.stderr);
}
