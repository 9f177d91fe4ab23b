//! Named pipes, sockets, devices and links to nothing where a file is expected: an error or an unscanned entry, and never
//! a wait.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Run, World, binary};
use crate::tokens::{line, token};

/// Runs `stopleak` in `work`. It must end by itself within seconds; otherwise it is killed and the test fails.
#[track_caller]
fn bounded(world: &World, arguments: &[&str]) -> Run {
    bounded_command(world, world.command(binary(), "work").args(arguments))
}

#[track_caller]
fn bounded_command(world: &World, command: &mut Command) -> Run {
    let (out, err) = (world.path("stdout"), world.path("stderr"));
    let file = |path| Stdio::from(std::fs::File::create(path).expect("created"));
    let mut child = command.stdout(file(&out)).stderr(file(&err)).spawn().expect("the program starts");
    let end = Instant::now() + Duration::from_secs(20);
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if Instant::now() > end {
            child.kill().expect("killed");
            child.wait().expect("ended");
            panic!("still running after 20 s: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let read = |path| std::fs::read_to_string(path).expect("UTF-8");
    Run { code: status.code().expect("not killed"), stdout: read(&out), stderr: read(&err) }
}

#[track_caller]
fn mkfifo(world: &World, path: &str) {
    assert_eq!(world.run(world.command("mkfifo", "").arg(path)).code, 0);
}

/// Creates `pipe`, `socket` and `gone`, a link to nothing, in `work`. The socket lives as long as the result.
fn special_files(world: &World) -> UnixListener {
    mkfifo(world, "work/pipe");
    symlink("nothing", world.path("work/gone")).expect("linked");
    symlink("pipe", world.path("work/link")).expect("linked");
    UnixListener::bind(world.path("work/socket")).expect("a short path")
}

#[test]
fn a_named_path_that_is_no_file_is_unscanned() {
    let world = World::repository();
    let _socket = special_files(&world);
    for (path, reason) in [
        ("pipe", "a named pipe"),
        ("link", "a named pipe"),
        ("socket", "a socket"),
        ("/dev/zero", "a character device"),
        ("gone", "a symbolic link to nothing"),
    ] {
        for options in [&[][..], &["--no-ignore"]] {
            let run = bounded(&world, &[&["scan", path], options].concat());
            assert_eq!(run.code, 3, "{path}: {}{}", run.stdout, run.stderr);
            assert!(run.stdout.contains(reason) && !run.stdout.contains("clean"), "{path}: {}", run.stdout);
        }
    }
    // What else is named is scanned, and the target of a link to nothing too.
    world.write("work/b.txt", line(1));
    symlink(format!("/gone/{}", token(2)), world.path("work/dangling")).expect("linked");
    let run = bounded(&world, &["scan", "pipe", "b.txt", "dangling", "--format", "jsonl"]);
    assert_eq!((run.code, run.stdout.matches("\"type\":\"finding\"").count()), (3, 2), "{}", run.stdout);
}

#[test]
fn special_files_in_a_walk_are_listed_unless_ignored_or_skipped() {
    let world = World::repository();
    let _socket = special_files(&world);
    let run = bounded(&world, &["scan"]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(run.stdout.contains("pipe (unreadable): a named pipe"), "{}", run.stdout);
    assert!(run.stdout.contains("socket (unreadable): a socket"), "{}", run.stdout);
    world.write("work/.git/info/exclude", "pipe\nsocket\n");
    assert_eq!(bounded(&world, &["scan"]).code, 0);
    assert_eq!(bounded(&world, &["scan", "--no-ignore"]).code, 3);
    world.write("work/.git/info/exclude", "");
    world.write("work/stopleak.yaml", "skip-paths: [pipe, socket]\n");
    assert_eq!(bounded(&world, &["scan"]).code, 0);
}

#[test]
fn an_ignore_file_that_is_a_named_pipe_is_not_opened() {
    let world = World::repository();
    std::fs::remove_file(world.path("work/.git/info/exclude")).expect("git wrote one");
    mkfifo(&world, "work/.git/info/exclude");
    world.write("work/new.txt", line(1));
    assert_eq!(bounded(&world, &["scan"]).code, 1);
    mkfifo(&world, "work/.gitignore");
    assert_eq!(bounded(&world, &["scan"]).code, 3);
}

#[test]
fn policy_files_that_are_no_files_are_errors() {
    for path in ["stopleak.yaml", ".stopleak.yaml", ".stopleak-baseline"] {
        let world = World::repository();
        mkfifo(&world, &format!("work/{path}"));
        for command in ["scan", "staged"] {
            let run = bounded(&world, &[command]);
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{path} {command}");
            assert!(run.stderr.contains("not a regular file"), "{path}: {}", run.stderr);
        }
        std::fs::remove_file(world.path(&format!("work/{path}"))).expect("removed");
        symlink("nothing", world.path(&format!("work/{path}"))).expect("linked");
        assert_eq!(bounded(&world, &["scan"]).code, 2, "{path}");
    }
    let world = World::repository();
    let _socket = special_files(&world);
    world.write("work/rules/a.txt", "");
    mkfifo(&world, "work/rules/own.yaml");
    for option in ["--config", "--baseline", "--rules"] {
        for path in ["pipe", "link", "socket", "gone", "/dev/zero"] {
            assert_eq!(bounded(&world, &["staged", option, path]).code, 2, "{option} {path}");
        }
    }
    assert_eq!(bounded(&world, &["staged", "--rules", "rules"]).code, 2);
    assert_eq!(bounded(&world, &["rules", "check", "pipe"]).code, 2);
    assert_eq!(bounded(&world, &["rules", "test", "github-classic-pat", "pipe"]).code, 2);
    for path in ["pipe", "gone"] {
        assert_eq!(bounded(&world, &["hook", "run", "commit-msg", path]).code, 2, "{path}");
    }
}

#[test]
fn a_report_is_not_written_to_a_pipe_a_socket_or_a_link_to_nothing() {
    let world = World::repository();
    let _socket = special_files(&world);
    for path in ["pipe", "link", "socket", "gone"] {
        let run = bounded(&world, &["staged", "--report", &format!("json={path}")]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{path}: {}", run.stderr);
    }
    assert!(world.path("work/gone").is_symlink() && !world.path("work/nothing").exists());
    // An open descriptor is written to.
    let run = bounded(&world, &["staged", "--report", "json=/dev/stderr"]);
    assert!(run.code == 0 && run.stderr.contains("\"summary\""), "{}", run.stderr);
    assert_eq!(bounded(&world, &["staged", "--report", "json=/dev/null"]).code, 0);
}

#[test]
fn a_submodule_that_is_not_fetched_is_listed() {
    let world = World::repository();
    let id = world.git(&["rev-parse", "HEAD"]).stdout;
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},libs/sub", id.trim())]);
    std::fs::create_dir_all(world.path("work/libs/sub")).expect("created");
    for (arguments, path) in
        [(&["scan"][..], "libs/sub"), (&["scan", "libs/sub"], "libs/sub"), (&["scan", "libs"], "libs/sub")]
    {
        let report = world.report(arguments);
        assert_eq!((report.code, report.unscanned_kinds()), (0, vec!["elsewhere"]), "{arguments:?}");
        assert_eq!(report.unscanned[0]["what"], path);
    }
    // One that is fetched is scanned and not listed.
    for arguments in [&["init", "-q", "."][..], &["add", "a.txt"]] {
        world.write("work/libs/sub/a.txt", line(1));
        assert_eq!(world.run(world.command("git", "work/libs/sub").args(arguments)).code, 0);
    }
    let report = world.report(&["scan"]);
    report.assert_findings(&["new libs/sub/a.txt:1"]);
    assert_eq!(report.unscanned_kinds(), [""; 0]);
}

/// libgit2 and git open each of these files without a check, and would wait for a writer of the pipe.
#[test]
fn a_pipe_in_the_git_directory_is_an_error() {
    let world = World::repository();
    let commands: [&[&str]; 6] = [
        &["scan"],
        &["staged"],
        &["ci", "--base", "HEAD"],
        &["history"],
        &["hook", "status"],
        &["config", "show"],
    ];
    let cases =
        ["HEAD", "config", "packed-refs", "shallow", "info/grafts", "refs/heads/main", "gitdir", "commondir"];
    let assert_error = |name: &str| {
        for arguments in commands {
            let run = bounded(&world, arguments);
            assert!(run.code == 2 && run.stderr.contains(name), "{name} {arguments:?}: {}", run.stderr);
            assert!(run.stderr.contains("not a regular file"), "{}", run.stderr);
        }
    };
    for name in cases {
        let (path, kept) = (world.path(&format!("work/.git/{name}")), world.path("kept"));
        let is_moved = std::fs::rename(&path, &kept).is_ok();
        mkfifo(&world, &format!("work/.git/{name}"));
        assert_error(name);
        std::fs::remove_file(&path).expect("removed");
        if is_moved {
            std::fs::rename(&kept, &path).expect("moved back");
        }
    }
    let config = world.read("work/.git/config");
    mkfifo(&world, "work/.git/pipe");
    for include in [
        "[include]\n\tpath = pipe\n".to_owned(),
        "[includeIf \"gitdir:/nowhere\"] path = \"pi\\\npe\" # comment\n".to_owned(),
        format!("[Include]\n\tPath = {}\n", world.path("work/.git/pipe").display()),
        "[include]\n\tpath = further\n".to_owned(),
    ] {
        world.write("work/.git/config", format!("{config}{include}"));
        world.write("work/.git/further", "[include]\n\tpath = ../.git/pipe\n");
        assert_error("pipe");
    }
    world.write("work/.git/config", config);
    assert_eq!(bounded(&world, &["staged"]).code, 0);
}
