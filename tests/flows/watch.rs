//! Wraps installed hooks to check that they do not modify the repository: objects, index, refs and status stay equal.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::World;
use crate::tokens::line;

/// Replaces a hook, runs the original, and exits with 99 if the repository's state differs before and after it.
const WATCHER: &str = r#"#!/bin/sh
look() {
    export GIT_TRACE=0
    git cat-file --batch-all-objects --batch-check --unordered | sort
    cksum < "${GIT_INDEX_FILE:-$(git rev-parse --git-path index)}"
    git --no-optional-locks status --porcelain
    git for-each-ref
    find "$(git rev-parse --git-common-dir)" "${GIT_QUARANTINE_PATH:-.}" -newer "$0.started"
}
: > "$0.started"
before=$(look < /dev/null 2>&1)
"$0.watched" "$@"
code=$?
after=$(look < /dev/null 2>&1)
if [ "$before" != "$after" ]; then
    printf 'changed:\n%s\n%s\n' "$before" "$after" >&2
    exit 99
fi
exit $code
"#;

impl World {
    /// Creates a repository by `git init` with these options, commits `old.txt` with token 1 in line 2, and installs
    /// the hooks.
    pub(crate) fn with_hooks(init: &[&str]) -> World {
        let world = World::repository_like(init);
        world.write("work/old.txt", format!("first\n{}last\n", line(1)));
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "-m", "old"]);
        world.install_hooks();
        world
    }

    /// Installs the hooks that run at a commit, and watches them.
    pub(crate) fn install_hooks(&self) {
        assert_eq!(self.stopleak(&["hook", "install"]).code, 0);
        self.watch("work/.git/hooks");
    }

    /// Wraps every hook of stopleak in `folder` with [`WATCHER`].
    pub(crate) fn watch(&self, folder: &str) {
        for entry in fs::read_dir(self.path(folder)).expect("a folder of hooks") {
            let hook = entry.expect("readable").path();
            let content = fs::read(&hook).expect("a file");
            if !String::from_utf8_lossy(&content).contains("stopleak hook: written by") {
                continue;
            }
            fs::rename(&hook, format!("{}.watched", hook.display())).expect("moved");
            fs::write(&hook, WATCHER).expect("written");
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("made executable");
        }
    }
}

#[test]
fn a_hook_that_modifies_the_repository_is_detected() {
    let world = World::repository();
    assert_eq!(world.stopleak(&["hook", "install", "--hook", "pre-commit"]).code, 0);
    world.watch("work/.git/hooks");
    world.write("work/.git/hooks/pre-commit.watched", "#!/bin/sh\necho x > new\ngit add new\n");
    let mut command = world.command("git", "work");
    let run = world.run(command.args(["commit", "-q", "--allow-empty", "-m", "x"]));
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("changed:"), "{}", run.stderr);
    assert!(!world.git(&["log", "--format=%s"]).stdout.contains('x'));
}
