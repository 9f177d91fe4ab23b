//! The script of an installed hook. It runs under any `sh`, and refuses when it cannot find stopleak: a check that is
//! silently skipped would be worse than none.
//!
//! A hook that existed before is renamed to [`previous_name`], in the same folder, and runs too. Where a hook can still
//! change the scanned content, the previous hook runs first, so that stopleak scans its result. Otherwise stopleak runs
//! first, before the previous hook uploads anything.

use std::path::Path;

use super::name::HookName;
use crate::cli::exit_code::ExitCode;

/// Beginning of the second line of a hook file that stopleak wrote.
const SIGNATURE: &[u8] = b"# stopleak hook: ";

/// Suffix of the file name of a hook that existed before.
const PREVIOUS_SUFFIX: &str = ".before-stopleak";

/// Returns the file name to which an existing hook is renamed.
pub(crate) fn previous_name(hook: HookName) -> String {
    format!("{}{PREVIOUS_SUFFIX}", hook.as_str())
}

/// Returns the script for `hook`. It calls `binary`, or the `stopleak` in PATH when that file is missing, and with
/// `is_chained` also the hook that existed before.
pub(crate) fn render(hook: HookName, binary: Option<&Path>, is_chained: bool) -> Vec<u8> {
    let mut text = b"#!/bin/sh\n".to_vec();
    text.extend_from_slice(SIGNATURE);
    text.extend_from_slice(
        b"written by `stopleak hook install`, removed by `stopleak hook uninstall`; edits are lost.\nstopleak=",
    );
    text.extend(binary.map(single_quoted).unwrap_or_else(|| b"''".to_vec()));
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
    if !is_chained {
        text.extend_from_slice(format!("exec \"$stopleak\" hook run {name} \"$@\"\n").as_bytes());
        return text;
    }
    // Not derived from the name of this file: other tools rename it and still run it.
    let present = format!(
        r#"case $0 in
*/*) previous=${{0%/*}} ;;
*) previous=. ;;
esac
previous=$previous/{name}{PREVIOUS_SUFFIX}
if ! [ -e "$previous" ] && ! [ -L "$previous" ]; then
    echo "error: the previous hook is missing: $previous" >&2
    echo "help: restore it, or run: stopleak hook install" >&2
    exit {refused}
fi
"#
    );
    text.extend_from_slice(present.as_bytes());
    // git ignores hooks that are not executable.
    let rest = match (hook.has_input(), hook.may_change_content()) {
        (false, true) => format!(
            r#"if [ -x "$previous" ]; then
    "$previous" "$@" || exit $?
fi
exec "$stopleak" hook run {name} "$@"
"#
        ),
        (false, false) => format!(
            r#""$stopleak" hook run {name} "$@" || exit $?
[ -x "$previous" ] || exit 0
exec "$previous" "$@"
"#
        ),
        // Both hooks read all of the input. The dot keeps the trailing newlines that $( ) removes.
        (true, _) => format!(
            r#"input=$(cat && echo .)
input=${{input%.}}
printf '%s' "$input" | "$stopleak" hook run {name} "$@" || exit $?
[ -x "$previous" ] || exit 0
printf '%s' "$input" | "$previous" "$@"
"#
        ),
    };
    text.extend_from_slice(rest.as_bytes());
    text
}

/// Returns whether stopleak wrote the hook file with this content.
pub(crate) fn is_stopleak_hook(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(SIGNATURE))
}

/// Returns whether the hook script of another tool calls stopleak: a line that is not a comment has its name and a
/// command.
pub(crate) fn calls_stopleak(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').any(|line| {
        let is_comment = line.trim_ascii_start().starts_with(b"#");
        let has = |word: &[u8]| memchr::memmem::find(line, word).is_some();
        !is_comment && has(b"stopleak") && (has(b"hook run") || has(b"staged"))
    })
}

/// Returns whether a hook seems to read its own file name, as scripts do that dispatch on the name of the hook.
pub(crate) fn uses_own_name(content: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(content, word.as_bytes()).is_some();
    has("${0##") || has("argv[0]") || has("$PROGRAM_NAME") || (has("basename") && has("$0"))
}

/// Returns the path as a single-quoted word of `sh`, which expands to the same bytes.
fn single_quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = vec![b'\''];
    for &byte in bytes {
        match byte {
            b'\'' => text.extend_from_slice(br"'\''"),
            // The sh of Git for Windows accepts either slash, but how it reads a quoted backslash depends on its version.
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
    fn the_script_has_the_signature_and_quotes_the_path() {
        let text = render(HookName::PrePush, Some(Path::new("/it's here/stopleak")), false);
        assert!(is_stopleak_hook(&text));
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
        assert!(!is_stopleak_hook(b"#!/bin/sh\nexec stopleak hook run pre-commit\n"));
        assert!(!is_stopleak_hook(b""));
    }

    #[test]
    fn a_hook_that_uses_its_own_name_is_detected() {
        assert!(uses_own_name(b"#!/bin/sh\nexec ./dispatch \"$(basename \"$0\")\"\n"));
        assert!(uses_own_name(b"name=${0##*/}\n"));
        assert!(!uses_own_name(b"#!/bin/sh\n. \"$(dirname \"$0\")/lib.sh\"\n"));
    }

    #[test]
    fn a_hook_that_calls_stopleak_is_detected_outside_of_comments() {
        assert!(calls_stopleak(b"#!/bin/sh\n  stopleak hook run pre-commit || exit $?\n"));
        assert!(calls_stopleak(b"exec /opt/bin/stopleak staged --quiet\n"));
        assert!(!calls_stopleak(b"# stopleak hook run pre-commit\nstopleak --version\n"));
    }
}
