//! The text of an installed hook. It runs under any `sh`, and it refuses when it cannot find stopleak:
//! a check that is silently skipped would be worse than none.
//!
//! A hook that was there before stands beside it under [`kept_name`] and runs too. Hooks that can still change
//! what is recorded run first, so that nothing is added behind the check; where nothing can change any more,
//! the check comes first, before another tool uploads anything.

use std::path::Path;

use super::HookName;
use crate::cli::exit_code::ExitCode;

/// By this second line a hook file is known as ours.
const MARK: &[u8] = b"# stopleak hook: ";

/// What is put behind the name of a hook that was there before.
const KEPT: &str = ".before-stopleak";

/// The name under which the hook that was there before is kept.
pub(crate) fn kept_name(hook: HookName) -> String {
    format!("{}{KEPT}", hook.as_str())
}

/// The hook file for `hook` that calls `binary`, or the `stopleak` in PATH when that is gone. `chained`: and
/// the hook that was there before.
pub(crate) fn render(hook: HookName, binary: Option<&Path>, chained: bool) -> Vec<u8> {
    let mut text = b"#!/bin/sh\n".to_vec();
    text.extend_from_slice(MARK);
    text.extend_from_slice(
        b"written by `stopleak hook install`, removed by `stopleak hook uninstall`; edits are lost.\nstopleak=",
    );
    text.extend(binary.map(quoted).unwrap_or_else(|| b"''".to_vec()));
    let (name, refused) = (hook.as_str(), ExitCode::Usage.number());
    let find = format!(
        r#"
if ! [ -f "$stopleak" ] || ! [ -x "$stopleak" ]; then
    stopleak=$(command -v stopleak) || stopleak=
fi
if [ -z "$stopleak" ]; then
    echo "error: stopleak was not found, so nothing was checked for secrets ($0)" >&2
    echo "help: install it again, or delete this hook file" >&2
    exit {refused}
fi
"#
    );
    text.extend_from_slice(find.as_bytes());
    if !chained {
        text.extend_from_slice(format!("exec \"$stopleak\" hook run {name} \"$@\"\n").as_bytes());
        return text;
    }
    // Not by the name of this file: other tools give it another one and still run it.
    let present = format!(
        r#"case $0 in
*/*) before=${{0%/*}} ;;
*) before=. ;;
esac
before=$before/{name}{KEPT}
if ! [ -e "$before" ] && ! [ -L "$before" ]; then
    echo "error: the hook that was here before is gone: $before" >&2
    echo "help: put it back, or run: stopleak hook install" >&2
    exit {refused}
fi
"#
    );
    text.extend_from_slice(present.as_bytes());
    // git ignores hooks that are not executable.
    let rest = match (hook.has_input(), hook.can_change_what_is_recorded()) {
        (false, true) => format!(
            r#"if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
exec "$stopleak" hook run {name} "$@"
"#
        ),
        (false, false) => format!(
            r#""$stopleak" hook run {name} "$@" || exit $?
[ -x "$before" ] || exit 0
exec "$before" "$@"
"#
        ),
        // Both read all of the input. The dot keeps the line ends that $( ) takes away.
        (true, _) => format!(
            r#"input=$(cat && echo .)
input=${{input%.}}
printf '%s' "$input" | "$stopleak" hook run {name} "$@" || exit $?
[ -x "$before" ] || exit 0
printf '%s' "$input" | "$before" "$@"
"#
        ),
    };
    text.extend_from_slice(rest.as_bytes());
    text
}

/// Whether stopleak wrote the hook file with this content.
pub(crate) fn is_ours(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(MARK))
}

/// Whether a hook of another tool calls stopleak already.
pub(crate) fn calls_stopleak(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').any(|line| {
        let is_comment = line.trim_ascii_start().starts_with(b"#");
        let has = |word: &[u8]| memchr::memmem::find(line, word).is_some();
        !is_comment && has(b"stopleak") && (has(b"hook run") || has(b"staged"))
    })
}

/// Whether a hook seems to ask by which name it was called.
pub(crate) fn asks_its_name(content: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(content, word.as_bytes()).is_some();
    has("${0##") || has("argv[0]") || has("$PROGRAM_NAME") || (has("basename") && has("$0"))
}

/// A tool that writes hook files anew, or that has hooks of its own to call: to be told in its own settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    /// pre-commit, and prek, which reads the same file.
    PreCommit,
    /// lefthook.
    Lefthook,
    /// husky.
    Husky,
    /// overcommit.
    Overcommit,
    /// simple-git-hooks, which replaces what it finds.
    SimpleGitHooks,
}

impl Manager {
    /// Who wrote a hook file, where its text tells.
    pub(crate) fn of(content: &[u8]) -> Option<Manager> {
        let known = [
            ("pre-commit.com", Manager::PreCommit),
            ("prek", Manager::PreCommit),
            ("lefthook", Manager::Lefthook),
            ("husky", Manager::Husky),
            ("overcommit", Manager::Overcommit),
            ("SIMPLE_GIT_HOOKS", Manager::SimpleGitHooks),
        ];
        let (_, manager) =
            known.iter().find(|(word, _)| memchr::memmem::find(content, word.as_bytes()).is_some())?;
        Some(*manager)
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Manager::PreCommit => "pre-commit",
            Manager::Lefthook => "lefthook",
            Manager::Husky => "husky",
            Manager::Overcommit => "overcommit",
            Manager::SimpleGitHooks => "simple-git-hooks",
        }
    }

    /// What to write where, so that it runs `hook`.
    pub(crate) fn advice(self, hook: HookName) -> String {
        let name = hook.as_str();
        match self {
            Manager::PreCommit => {
                let id = match hook {
                    HookName::PreCommit | HookName::PreMergeCommit => "stopleak",
                    HookName::CommitMsg => "stopleak-message",
                    HookName::PrePush => "stopleak-push",
                    // It knows no such stage.
                    HookName::PreReceive => return format!("add to the hook: {}", line_for_others(hook)),
                };
                format!(
                    "add to .pre-commit-config.yaml: - {{repo: https://github.com/stopleak/stopleak, rev: main, \
                     hooks: [{{id: {id}}}]}}"
                )
            }
            Manager::Lefthook => format!(
                "add to lefthook.yml: {name}: {{commands: {{stopleak: {{run: 'stopleak hook run {name} {{0}}', use_stdin: \
                 {}}}}}}}",
                hook.has_input()
            ),
            Manager::Husky => format!("add to .husky/{name}: {}", line_for_others(hook)),
            Manager::Overcommit => {
                format!("add a hook to .overcommit.yml that runs: {}", line_for_others(hook))
            }
            Manager::SimpleGitHooks => format!(
                "add to simple-git-hooks in package.json: \"{name}\": \"stopleak hook run {name} $1 $2\""
            ),
        }
    }
}

/// The line by which a hook of another tool can call stopleak too.
fn line_for_others(hook: HookName) -> String {
    format!("stopleak hook run {} \"$@\" || exit $?", hook.as_str())
}

/// A path as `sh` reads it back byte for byte.
fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = vec![b'\''];
    for &byte in bytes {
        match byte {
            b'\'' => text.extend_from_slice(br"'\''"),
            // The sh that comes with git takes either slash, but quotes differ between versions.
            b'\\' if cfg!(windows) => text.push(b'/'),
            other => text.push(other),
        }
    }
    text.push(b'\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_knows_itself_and_quotes_its_path() {
        let text = render(HookName::PrePush, Some(Path::new("/it's here/stopleak")), false);
        assert!(is_ours(&text));
        insta::assert_snapshot!(String::from_utf8(text).expect("UTF-8"), @r#"
        #!/bin/sh
        # stopleak hook: written by `stopleak hook install`, removed by `stopleak hook uninstall`; edits are lost.
        stopleak='/it'\''s here/stopleak'
        if ! [ -f "$stopleak" ] || ! [ -x "$stopleak" ]; then
            stopleak=$(command -v stopleak) || stopleak=
        fi
        if [ -z "$stopleak" ]; then
            echo "error: stopleak was not found, so nothing was checked for secrets ($0)" >&2
            echo "help: install it again, or delete this hook file" >&2
            exit 2
        fi
        exec "$stopleak" hook run pre-push "$@"
        "#);
        assert!(!is_ours(b"#!/bin/sh\nexec stopleak hook run pre-commit\n"));
        assert!(!is_ours(b""));
    }

    #[test]
    fn a_hook_that_asks_its_name_is_known() {
        assert!(asks_its_name(b"#!/bin/sh\nexec ./dispatch \"$(basename \"$0\")\"\n"));
        assert!(asks_its_name(b"name=${0##*/}\n"));
        assert!(!asks_its_name(b"#!/bin/sh\n. \"$(dirname \"$0\")/lib.sh\"\n"));
    }

    #[test]
    fn a_hook_that_calls_stopleak_is_known_by_a_line_that_is_no_comment() {
        assert!(calls_stopleak(b"#!/bin/sh\n  stopleak hook run pre-commit || exit $?\n"));
        assert!(calls_stopleak(b"exec /opt/bin/stopleak staged --quiet\n"));
        assert!(!calls_stopleak(b"# stopleak hook run pre-commit\nstopleak --version\n"));
    }
}
